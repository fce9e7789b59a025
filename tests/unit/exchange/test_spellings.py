"""A word is found however it is spelled, and not within another word."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote

import pytest

from lab.exchange.spellings import plain, says, spellings

TEXT = "Zoë's key is heron-77, as ledger_rw said."
BASE64 = base64.b64encode(TEXT.encode()).decode()


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        TEXT.upper(),
        json.dumps({"said": TEXT}),
        json.dumps(json.dumps({"said": TEXT})),
        html.escape(TEXT).replace("ë", "&euml;"),
        quote(TEXT),
        TEXT.replace("ë", "e\u0308"),
        TEXT.replace("heron", "her\u200bon").replace("ledger", "led\u00adger"),
        TEXT.replace("77", "\uff17\uff17"),
        TEXT.replace("ë", "\\xeb"),
        f"data: {BASE64}",
        BASE64.rstrip("="),
        base64.urlsafe_b64encode(TEXT.encode()).decode(),
    ],
)
@pytest.mark.parametrize("word", ["Zoë", "heron-77", "ledger_rw", "ledger"])
def test_a_word_is_found_in_every_spelling(text: str, word: str) -> None:
    """Escapes, references, percents, base64, composed and compatible letters, and what has no width."""
    assert says(spellings(text), word)


@pytest.mark.parametrize(
    ("text", "word"),
    [("We start at ten", "art"), ("heron-771", "heron-77"), ("2077", "77"), ("départ", "part"), ("", "x")],
)
def test_a_piece_of_a_word_is_not_the_word(text: str, word: str) -> None:
    """Short words would be everywhere."""
    assert not says(spellings(text), word)


def test_scripts_without_spaces_have_words_within_texts() -> None:
    """Nothing parts them."""
    assert says(plain("私は東京に住んでいます"), "東京")


def test_what_the_client_sent_in_base64_itself_is_passed_over() -> None:
    """It is no news to the model, and may be long."""
    assert not says(spellings(f"see {BASE64}", known=BASE64), "heron-77")
