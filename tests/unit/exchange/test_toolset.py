"""What became of a request's tools: selection, descriptions, and what was added."""

from __future__ import annotations

from typing import Any

from lab import wires
from lab.exchange.toolset import toolset_between
from lab.tokens import count_parts


def offering(kind: str, *tools: dict[str, Any]) -> Any:
    """A request with these tools."""
    return wires.read_request(kind, {"tools": list(tools)})


def function(name: str, description: str = "Reads.") -> dict[str, Any]:
    """A tool on chat."""
    return {"type": "function", "function": {"name": name, "description": description}}


def test_a_legal_name_for_an_illegal_one_is_no_other_tool() -> None:
    """It is neither missing nor added, and its description is compared."""
    long = "read_" * 20
    sent = offering("messages", {"name": long, "description": "Reads.", "input_schema": {}})
    seen = toolset_between("chat", sent, offering("chat", function(long[:64])), [long])
    assert seen.selection is not None
    assert (seen.selection.precision, seen.selection.recall) == (1, 1)
    assert (seen.compared, seen.redescribed, seen.added_tokens) == ((long[:64],), (), 0)


def test_added_tools_are_priced_and_needed_ones_looked_for() -> None:
    """One of two needed tools arrives, shortened, beside one that nobody sent."""
    sent = offering("chat", function("a"), function("b"))
    arrived = offering("chat", function("a", "R"), function("c"))
    seen = toolset_between("chat", sent, arrived, ["a", "b"])
    assert seen.selection is not None
    assert (seen.selection.precision, seen.selection.recall) == (0.5, 0.5)
    assert (seen.redescribed, seen.shortened) == (("a",), ("a",))
    assert seen.added_tokens == count_parts(offering("chat", function("c"))).tools
