"""Rules of /v1/messages on calls and their results."""

from __future__ import annotations

from typing import Any

from lab.meter.refusal import Refusal
from lab.meter.rules.rule import Ask, Body, Example, bad, rule
from lab.meter.rules.turns import Turn, turns

_USER = {"role": "user", "content": "hi"}
_CALL = {"type": "tool_use", "id": "toolu_1", "name": "t", "input": {}}
_RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "a"}
_UNANSWERED = (
    "messages.{0}: `tool_use` ids were found without `tool_result` blocks immediately after: {1}. Each "
    "`tool_use` "
    "block must have a corresponding `tool_result` block in the next message."
)
_UNASKED = (
    "messages.{0}.content.{1}: unexpected `tool_use_id` found in `tool_result` blocks: {2}. Each "
    "`tool_result` "
    "block must have a corresponding `tool_use` block in the previous message."
)


def _said(*messages: Body, **fields: Any) -> Body:
    return {"messages": list(messages), **fields}


def _text(text: str) -> Body:
    return {"type": "text", "text": text}


def _user(*content: Body) -> Body:
    return {"role": "user", "content": list(content)}


def _assistant(*content: Body) -> Body:
    return {"role": "assistant", "content": list(content)}


@rule(
    "messages/tool-pairs",
    "Calls without results at the start of the next turn, results without calls, and ids used twice",
    source="https://github.com/anthropics/claude-code/issues/1237",
    date="2025-05-22",
    legal=(
        Example(_said(_USER, _assistant(_CALL), _user(_RESULT, _text("go on")))),
        Example(
            _said(
                _USER,
                _assistant(_CALL, {**_CALL, "id": "b"}),
                _user(_RESULT),
                _user({**_RESULT, "tool_use_id": "b"}),
            )
        ),
    ),
    illegal=(
        Example(_said(_USER, _assistant(_CALL), _USER), _UNANSWERED.format(1, "toolu_1")),
        Example(_said(_USER, _assistant(_CALL)), _UNANSWERED.format(1, "toolu_1")),
        Example(
            _said(_USER, _assistant(_CALL), _user(_text("x"), _RESULT)), _UNANSWERED.format(1, "toolu_1")
        ),
        Example(_said(_user(_RESULT)), _UNASKED.format(0, 0, "toolu_1")),
        Example(
            _said(_USER, _assistant(_CALL, _CALL), _user(_RESULT)),
            "messages.1.content.1: `tool_use` ids must be unique",
        ),
        Example(
            _said(_USER, _assistant(_CALL), _user(_RESULT, _RESULT)),
            "messages.2.content.1: each tool_use must have a single result. Found multiple `tool_result` "
            "blocks "
            "with id: toolu_1",
        ),
    ),
)
def _pairs(ask: Ask) -> None:
    seen: set[str] = set()
    asked: list[str] = []
    asked_at = 0
    for role, turn in turns(ask.body["messages"]):
        answered = _results(turn, asked) if role == "user" else []
        if unanswered := [call for call in asked if call not in answered]:
            raise _unanswered(asked_at, unanswered)
        asked = []
        for index, n, block in turn:
            if block["type"] != "tool_use":
                continue
            if block["id"] in seen:
                raise bad(f"messages.{index}.content.{n}: `tool_use` ids must be unique")
            seen.add(block["id"])
            asked.append(block["id"])
            asked_at = index
    if asked:
        raise _unanswered(asked_at, asked)


def _unanswered(index: int, ids: list[str]) -> Refusal:
    return bad(_UNANSWERED.format(index, ", ".join(ids)))


def _results(turn: Turn, asked: list[str]) -> list[str]:
    """Ids answered at the turn's start; results after other content do not count as immediate."""
    answered: list[str] = []
    leading = True
    for index, n, block in turn:
        if block["type"] != "tool_result":
            leading = False
            continue
        call = block["tool_use_id"]
        if call not in asked:
            raise bad(_UNASKED.format(index, n, call))
        if call in answered:
            raise bad(
                f"messages.{index}.content.{n}: each tool_use must have a single result. Found multiple "
                f"`tool_result` blocks with id: {call}"
            )
        if leading:
            answered.append(call)
    return answered
