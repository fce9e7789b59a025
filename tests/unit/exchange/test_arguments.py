"""The first argument of a tool call that arrives otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from lab.exchange.arguments import first_difference


@pytest.mark.parametrize(
    ("given", "got", "why"),
    [
        ({"a": 1, "b": "x"}, {"b": "x", "a": 1.0}, ""),
        ({"a": 1, "b": "x"}, {"a": 1, "b": "y"}, 'b "x" arrived as "y"'),
        ({"a": 1}, {"a": "1"}, 'a 1 arrived as "1"'),
        ({"a": True}, {"a": 1}, "a true arrived as 1"),
        ({"a": 1}, {}, "a 1 was dropped"),
        ({}, {"a b": None}, '"a b" null was added'),
        ({"a": [{"n": 1}, {"n": 2}]}, {"a": [{"n": 1}, {"n": 3}]}, "a[1].n 2 arrived as 3"),
        ({"a": [1]}, {"a": [1, 2]}, "a [1] arrived as [1, 2]"),
        (
            {"id": 9007199254740993},
            {"id": 9007199254740992},
            "id 9007199254740993 (beyond 2^53) arrived as 9007199254740992",
        ),
        ({"a": 1}, None, '{"a": 1} arrived as null'),
    ],
)
def test_first_difference(given: Any, got: Any, why: str) -> None:
    """Where it is, what stood there and what arrived; integers that no double can hold are named as such."""
    assert first_difference(given, got) == why


def test_long_and_hostile_arguments_are_cut() -> None:
    """A reason stays a sentence of one line."""
    why = first_difference({"\x1b[31m": "x" * 9000}, {"\x1b[31m": "x" * 8000 + "\n\u202e"})
    assert len(why) < 250
    assert why.isprintable()


BIG = 9007199254740993


@pytest.mark.parametrize(
    ("given", "got", "only"),
    [
        ({"id": BIG}, {"id": 9007199254740992}, True),
        ({"id": BIG}, {"id": 9007199254740992.0}, True),
        ({"id": -BIG}, {"id": -9007199254740992}, True),
        ({"id": 10**30 + 1}, {"id": 1e30}, True),
        ({"ids": [1, BIG, {"n": BIG}]}, {"ids": [1, BIG - 1, {"n": BIG - 1}]}, True),
        ({"id": BIG}, {"id": str(BIG)}, False),
        ({"id": BIG}, {"id": 1}, False),
        ({"id": BIG}, {"id": True}, False),
        ({"id": BIG}, {}, False),
        ({"id": BIG, "a": 1}, {"id": BIG - 1, "a": 2}, False),
        ({"id": BIG}, {"id": BIG - 1, "a": 2}, False),
        ({"id": 5}, {"id": 6}, False),
    ],
)
def test_rounding_beyond_the_interoperable_range_is_told_apart(given: Any, got: Any, only: bool) -> None:
    """RFC 8259 expects no more of a reader than a double; any other change is a change."""
    assert first_difference(given, got)
    assert (first_difference(given, got, beyond=False) == "") is only
