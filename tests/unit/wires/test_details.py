"""The fields of a tool, a block or a message that say something."""

from __future__ import annotations

from typing import Any

import pytest

from lab import wires
from lab.tokens import count_parts
from lab.wires.details import details_of, message_details, says_nothing


@pytest.mark.parametrize(
    ("key", "value", "nothing"),
    [
        ("title", None, True),
        ("title", "", True),
        ("title", "x", False),
        ("strict", False, True),
        ("strict", 0, False),
        ("strict", True, False),
        ("citations", {"enabled": False}, True),
        ("citations", {"enabled": True}, False),
        ("detail", "auto", True),
        ("detail", "low", False),
        ("max_uses", 0, False),
        ("unheard_of", [], False),
    ],
)
def test_a_field_says_nothing_if_it_says_the_default(key: str, value: Any, nothing: bool) -> None:
    """Null is left out; 0 is not false, and an empty list of nobody's knowledge is something."""
    assert says_nothing(key, value) is nothing


def test_details_are_the_fields_that_nothing_else_reads() -> None:
    """Types and cache marks are read elsewhere."""
    block = {"type": "text", "text": "a", "cache_control": {}, "citations": [1], "novel": 0}
    assert details_of(block, ("text",)) == {"citations": [1], "novel": 0}


def test_a_message_says_who_speaks() -> None:
    """A tool's message has a name of another kind, and items have ids of their own."""
    assert message_details({"role": "user", "name": "anna", "content": "x"}) == {"message name": "anna"}
    assert message_details({"role": "tool", "name": "run", "content": "x"}) == {}
    assert message_details({"role": "assistant", "id": "m1", "status": "completed", "content": "x"}) == {}


def test_details_cost_no_tokens() -> None:
    """Counted are texts, calls, results and tools; what is compared besides is not."""
    tool = {"name": "a", "input_schema": {"type": "object"}}
    block = {"type": "text", "text": "Hello there."}
    more = {"strict": True, "input_examples": [{"a": 1}], "defer_loading": True}
    requests = [
        {"tools": [one], "messages": [{"role": "user", "content": [two]}]}
        for one, two in ((tool, block), (tool | more, block | {"citations": [{"cited_text": "Hello"}]}))
    ]
    bare, whole = (count_parts(wires.read_request("messages", one)) for one in requests)
    assert bare == whole
    document = {"type": "document", "title": "T", "source": {"type": "text", "data": "Hello there."}}
    other = wires.read_request("messages", {"messages": [{"role": "user", "content": [document]}]})
    assert count_parts(other).messages == bare.messages
