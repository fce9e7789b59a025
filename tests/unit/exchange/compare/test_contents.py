"""What differs in the conversation, in words."""

from __future__ import annotations

from typing import Any

import pytest

from lab import wires
from lab.exchange.arguments import BEYOND
from lab.exchange.compare.differences import compare

BIG = 2512292042121000001


def messages(given: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A request whose conversation holds a call with this input."""
    call = {"type": "tool_use", "id": "t1", "name": "find_row", "input": given}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": "none"}
    said = [("user", "Find it."), ("assistant", [call]), ("user", [result])]
    return {"messages": [{"role": role, "content": content} for role, content in said]} | more


def chat(given: str) -> dict[str, Any]:
    """The same on the chat wire, with the arguments as a text."""
    call = {"id": "t1", "type": "function", "function": {"name": "find_row", "arguments": given}}
    return {
        "messages": [
            {"role": "user", "content": "Find it."},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "t1", "content": "none"},
        ]
    }


def told(kind: str, body: dict[str, Any], given: dict[str, Any]) -> list[str]:
    """What is said of a request that arrived as `body`."""
    sent = wires.read_request("messages", given)
    return [one.why for one in compare("messages", sent, kind, wires.read_request(kind, body)).found]


@pytest.mark.parametrize(
    ("kind", "body", "beyond"),
    [
        ("messages", messages({"id": BIG - 1}), True),
        ("messages", messages({"id": float(BIG)}), True),
        ("chat", chat('{"id": 2512292042121000000}'), True),
        ("chat", chat('{"id": 2.512292042121e+18}'), True),
        ("messages", messages({"id": 1}), False),
        ("messages", messages({"id": str(BIG)}), False),
        ("chat", chat('{"id": 2512292042121000000, "a": 1}'), False),
        ("chat", chat("no JSON"), False),
    ],
)
def test_an_integer_of_the_history_that_was_rounded_is_marked(
    kind: str, body: dict[str, Any], beyond: bool
) -> None:
    """As it is in an answer: a reader of JSON need not hold more than a double does."""
    (why,) = told(kind, body, messages({"id": BIG}))
    assert why.startswith("the call of find_row")
    assert (BEYOND[:-1] in why) is beyond


@pytest.mark.parametrize(("seed", "beyond"), [(BIG - 1, True), (1, False)])
def test_a_parameter_that_was_rounded_is_marked(seed: int, beyond: bool) -> None:
    """On whatever wire."""
    given = {"messages": [{"role": "user", "content": "Hi"}], "seed": BIG}
    (why,) = (
        one.why
        for one in compare(
            "chat",
            wires.read_request("chat", given),
            "chat",
            wires.read_request("chat", given | {"seed": seed}),
        ).found
    )
    assert why.endswith(BEYOND) is beyond
