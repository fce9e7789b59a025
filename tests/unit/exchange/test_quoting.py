"""Short quotations of what differs."""

from __future__ import annotations

from typing import Any

import pytest

from lab.exchange.quoting import pair, quoted, value

LONG = "user_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef_account__session_11111111-2222"


def test_a_long_text_is_counted_without_its_quotes() -> None:
    """A reader compares the number with the limit of a field."""
    assert value(LONG).endswith(f'…" ({len(LONG)} characters)')
    assert value('"' * 100).endswith("(100 characters)")
    assert value("short") == '"short"'


@pytest.mark.parametrize("cut", [64, 99])
def test_two_long_texts_are_shown_from_where_they_part(cut: int) -> None:
    """Each with its own length, even where the beginning is the same."""
    before, after = pair(LONG, LONG[:cut])
    assert before.endswith(f"({len(LONG)} characters)")
    assert after.endswith(f"({cut} characters)")
    assert before.rpartition(" (")[0] != after.rpartition(" (")[0]


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (5, 6, ("5", "6")),
        ("a", "b", ('"a"', '"b"')),
        (("A",), ["B"], ('["A"]', '["B"]')),
        ({"a": None}, True, ('{"a": null}', "true")),
    ],
)
def test_short_values_are_json(before: Any, after: Any, shown: tuple[str, str]) -> None:
    """As they stand in a request."""
    assert pair(before, after) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u200bb", '"a\\u200bb"'),
        ("\ufeff", '"\\ufeff"'),
        ("a\u00a0b", '"a\\u00a0b"'),
        ("a\u202eb", '"a\\u202eb"'),
        ("Zoë 😀 東京", '"Zoë 😀 東京"'),
        ("a\tb", '"a\\tb"'),
    ],
)
def test_what_nobody_can_see_is_spelled_out(text: str, shown: str) -> None:
    """A reason that seems to quote nothing says nothing."""
    assert quoted(text) == shown
