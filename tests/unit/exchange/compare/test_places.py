"""Where a system text stands in a conversation."""

from __future__ import annotations

from typing import Any

import pytest

from lab import wires
from lab.exchange.compare.differences import compare

USER = {"role": "user", "content": "Begin the task."}
MORE = {"role": "user", "content": "Go on, please."}
SAID = {"role": "assistant", "content": "It is begun."}
SYSTEM = {"role": "system", "content": "Two helpers are at hand."}
FIRST = {"role": "system", "content": "You are brief."}


def told(
    sent: Any, arrived: Any, kind: str = "messages", sent_kind: str = "messages"
) -> list[tuple[str, bool]]:
    """What became of the system texts, and whether it is excused."""
    bodies = [{"messages": one} if isinstance(one, list) else one for one in (sent, arrived)]
    ours, theirs = wires.read_request(sent_kind, bodies[0]), wires.read_request(kind, bodies[1])
    found = compare(sent_kind, ours, kind, theirs).found
    return [(one.why, one.excuse is not None) for one in found if one.aspect == "system"]


def moved(where: str) -> list[tuple[str, bool]]:
    """One text that stands elsewhere."""
    return [(f'the system text "Two helpers are at hand." arrived {where}', False)]


@pytest.mark.parametrize(
    ("sent", "arrived", "where"),
    [
        ([USER, SYSTEM], [USER, SYSTEM], ""),
        ([USER, SYSTEM], [SYSTEM, USER], "ahead of the conversation"),
        ([USER, SYSTEM], {"system": SYSTEM["content"], "messages": [USER]}, "ahead of the conversation"),
        ([USER, SAID, SYSTEM, MORE], [USER, SYSTEM, SAID, MORE], "earlier in the conversation"),
        ([USER, SYSTEM, SAID, MORE], [USER, SAID, SYSTEM, MORE], "later in the conversation"),
        ([SYSTEM, USER, SAID], [USER, SYSTEM, SAID], "within the conversation"),
        ({"system": SYSTEM["content"], "messages": [USER]}, [SYSTEM, USER], ""),
        ([USER, SYSTEM, MORE], [USER, SYSTEM, MORE], ""),
        (
            [FIRST, USER, SYSTEM],
            {"system": "You are brief.\n\nTwo helpers are at hand.", "messages": [USER]},
            "ahead of",
        ),
        (
            [USER, SYSTEM, MORE],
            [{"role": "user", "content": "Begin the task.\nGo on, please."}, SYSTEM],
            "later in",
        ),
    ],
)
def test_a_system_text_stays_where_it_was(sent: Any, arrived: Any, where: str) -> None:
    """What was said before it, and what after it, is part of what it says."""
    found = told(sent, arrived)
    assert [one[0].startswith(moved(where)[0][0]) for one in found] == ([True] if where else [])
    assert not any(excused for _, excused in found)


def test_its_place_is_kept_on_other_wires() -> None:
    """Chat and responses take one anywhere; Anthropic under a beta only, so a translated one may go ahead."""
    assert told([USER, SYSTEM], [USER, SYSTEM], "chat") == []
    assert told([USER, SYSTEM], [USER, {"role": "developer", "content": SYSTEM["content"]}], "chat") == []
    assert told([USER, SYSTEM], [SYSTEM, USER], "chat") == moved("ahead of the conversation")
    items = {"input": [USER, SYSTEM]}
    assert told([USER, SYSTEM], items, "responses") == []
    ahead = {"instructions": SYSTEM["content"], "input": [USER]}
    assert told([USER, SYSTEM], ahead, "responses") == moved("ahead of the conversation")
    top = {"system": SYSTEM["content"], "messages": [USER]}
    ((why, excused),) = told([USER, SYSTEM], top, "messages", "chat")
    assert why.startswith(moved("ahead of the conversation")[0][0])
    assert excused


def test_results_in_another_order_move_no_system_text() -> None:
    """Wires have calls and results elsewhere in their turn."""
    call = {"type": "tool_use", "id": "t1", "name": "run", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": "a"}
    sent = [
        USER,
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [result]},
        SYSTEM,
        SAID,
    ]
    function = {"name": "run", "arguments": "{}"}
    arrived = [
        USER,
        {"role": "assistant", "tool_calls": [{"id": "t1", "type": "function", "function": function}]},
        {"role": "tool", "tool_call_id": "t1", "content": "a"},
        SYSTEM,
        SAID,
    ]
    assert told(sent, arrived, "chat") == []
