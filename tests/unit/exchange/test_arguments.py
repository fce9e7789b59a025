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
