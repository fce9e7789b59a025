"""Where a text stands in a prompt, and whether the model read it there."""

from __future__ import annotations

import pytest

from lab.exchange.got.reading import Reading, reading_of
from lab.records.models import ModelInput

WORDS = " ".join(f"word{n}" for n in range(2000))


def cut(tokens: int, whole: int, keep: int | None = 4) -> ModelInput:
    """A prompt cut by its server."""
    return ModelInput(seen_by="trace", tokens=tokens, tokens_whole=whole, keep=keep, cut=True)


def test_an_uncut_prompt_was_read_whole() -> None:
    """Every text of it is kept, wherever it stands."""
    reading = reading_of(
        ModelInput(seen_by="trace", tokens=9, tokens_whole=9, cut=False), "<s>one</s><u>two</u>"
    )
    assert not reading.cut
    assert reading.read == "<s>one</s><u>two</u>"
    for text in ("one", "two"):
        place = reading.place(text)
        assert place is not None
        assert place.fate == "kept"


def test_of_a_cut_prompt_the_end_was_read_and_the_front_was_not() -> None:
    """The server keeps four tokens of the front, and then the end."""
    prompt = f"FRONT {WORDS} MIDDLE {WORDS} BACK"
    reading = reading_of(cut(1000, 10_000), prompt)
    fates = {}
    for text in ("MIDDLE", "word1999 BACK", f"{WORDS} BACK"):
        place = reading.place(text)
        assert place is not None
        fates[text[:8]] = place.fate
    assert fates == {"MIDDLE": "lost", "word1999": "kept", "word0 wo": "in part"}


def test_near_the_cut_it_is_not_known_what_was_read() -> None:
    """The cut is told in the model's tokens, and its place in the text is an estimate."""
    prompt = " ".join(f"w{n}" for n in range(10_000, 30_000))
    reading = reading_of(cut(5_000, 10_000, keep=0), prompt)
    assert reading.head == 0
    assert 0 < reading.first < len(prompt) / 2 < reading.sure
    middle = prompt.index(" ", (reading.first + reading.sure) // 2) + 1
    near = reading.place(prompt[middle : middle + 6])
    assert near is not None
    assert near.fate == "unsure"


@pytest.mark.parametrize("given", [cut(10, 10), cut(20, 10), ModelInput(cut=True), cut(4, 10, keep=None)])
def test_a_cut_of_unknown_place_takes_nothing_away(given: ModelInput) -> None:
    """What is lost is then told by the lengths alone."""
    assert not reading_of(given, "some prompt").cut


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("  padded \n", "<u>padded</u>"),
        ('say "hi"\n', '{"content": "say \\"hi\\"\\n"}'),
        ("a < b & c", '{"content":"a \\u003c b \\u0026 c"}'),
        ("café", '{"content": "caf\\u00e9"}'),
    ],
)
def test_a_template_may_write_a_text_in_its_own_way(text: str, prompt: str) -> None:
    """Without the white space around it, or within JSON."""
    assert Reading(prompt).place(text) is not None


def test_a_text_within_a_word_is_no_text_of_its_own() -> None:
    """A short turn must not be found in another one's words."""
    assert Reading("the lookout").place("look") is None
    assert Reading("look out").place("look") is not None


def test_a_place_belongs_to_one_text_alone() -> None:
    """Of two equal turns, one that was dropped is not found in the other's place."""
    reading = Reading("<u>yes</u>")
    first = reading.place("yes")
    assert first is not None
    reading.take(first)
    assert reading.place("yes") is None


def test_the_first_or_the_last_place_is_given() -> None:
    """System prompts stand in front, and turns are looked for from the end."""
    reading = Reading("rule; said: rule")
    last, first = reading.place("rule"), reading.place("rule", first=True)
    assert last is not None
    assert first is not None
    assert (first.start, last.start) == (0, 12)
