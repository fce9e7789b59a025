"""Pieces of conversations on /v1/messages, of which examples of rules are made."""

from __future__ import annotations

from typing import Any, Final

from lab.meter.rules.rule import Body

USER: Final[Body] = {"role": "user", "content": "hi"}
CALL: Final[Body] = {"type": "tool_use", "id": "toolu_1", "name": "t", "input": {}}
RESULT: Final[Body] = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "a"}


def said(*messages: Body, **fields: Any) -> Body:
    """A request's fields with these messages."""
    return {"messages": list(messages), **fields}


def text(words: str) -> Body:
    """A block of text."""
    return {"type": "text", "text": words}


def user(*content: Body) -> Body:
    """A user's message of these blocks."""
    return {"role": "user", "content": list(content)}


def assistant(*content: Body) -> Body:
    """A model's message of these blocks."""
    return {"role": "assistant", "content": list(content)}
