"""Cache marks: on the same content, the same one of several that are equal, and for as long."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.exchange.compare.test_blocks import CALL, RESULT, told

MARK = {"type": "ephemeral"}


def text(words: str, **mark: Any) -> dict[str, Any]:
    """A text block, with a mark if there is one."""
    return {"type": "text", "text": words, **({"cache_control": MARK | mark} if mark else {})}


ON: dict[str, Any] = {"ttl": "5m"}


def asked(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A user's message of these blocks."""
    return {"messages": [{"role": "user", "content": list(blocks)}], **more}


def results(*marked: int) -> dict[str, Any]:
    """Three rounds of a call whose result says nothing, with marks on some of them."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Go."}]
    for n in range(3):
        call, result = CALL | {"id": f"t{n}"}, RESULT | {"tool_use_id": f"t{n}", "content": "ok"}
        mark = {"cache_control": MARK} if n in marked else {}
        messages += [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result | mark]}]
    return {"messages": messages}


@pytest.mark.parametrize(
    ("sent", "arrived", "same"),
    [
        (asked(text("a", **ON), text("x"), text("a")), asked(text("a"), text("x"), text("a", **ON)), False),
        (asked(text("a"), text("x"), text("a", **ON)), asked(text("a\nx\na", **ON)), True),
        (asked(text("a"), text("x", **ON)), asked(text("a\nx", **ON)), True),
        (asked(text("a", **ON), text("x")), asked(text("a\nx", **ON)), False),
        (results(2), results(2), True),
        (results(2), results(0), False),
        (results(1, 2), results(2), False),
        (
            asked(text("q"), system=[text("s", **ON), text("t"), text("s")]),
            asked(text("q"), system=[text("s"), text("t"), text("s", **ON)]),
            False,
        ),
        (
            asked(text("q"), system=[text("s"), text("t"), text("s", **ON)]),
            asked(text("q"), system=[text("s\n\nt\n\ns", **ON)]),
            True,
        ),
    ],
)
def test_a_mark_stays_on_its_own_of_several_equal_contents(
    sent: dict[str, Any], arrived: dict[str, Any], same: bool
) -> None:
    """What is cached ends there, and not where the same words were said before."""
    assert (told(sent, arrived) == []) is same
    assert told(sent, sent) == []


@pytest.mark.parametrize(
    ("mark", "why"),
    [
        ({"ttl": "1h"}, "lasts 1h in place of 5m"),
        ({"type": "persistent"}, "lasts 5m, type persistent in place of 5m"),
        ({"scope": "global"}, "lasts 5m, scope global in place of 5m"),
        ({"ttl": "5m"}, ""),
        ({"ttl": None}, ""),
    ],
)
def test_a_mark_lasts_as_long_and_is_of_the_same_type(mark: dict[str, Any], why: str) -> None:
    """Five minutes are what is meant if nothing is said."""
    plain, other = ({"type": "text", "text": "a", "cache_control": MARK | one} for one in ({}, mark))
    assert told(asked(plain), asked(other)) == ([f'the cache mark on user text "a" {why}'] if why else [])


def test_a_mark_is_kept_where_the_rest_has_changed() -> None:
    """Contents that are gone are told as such, and no mark after them counts as moved."""
    sent = asked(text("a"), text("x"), text("a", **ON))
    found = told(sent, asked(text("x"), text("a", **ON)))
    assert found == ['the user text 1 of 3 "a" was dropped']
