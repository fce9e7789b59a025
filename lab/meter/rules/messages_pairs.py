"""Rules of /v1/messages on calls and their results."""

from __future__ import annotations

from lab.meter.refusal import Refusal
from lab.meter.rules.pieces import CALL, RESULT, USER, assistant, said, text, user
from lab.meter.rules.rule import Ask, Example, bad, rule
from lab.meter.rules.turns import Turn, blocks, placed, turns

_NOTHING = "messages.2.content.0.tool_result: content cannot be empty if `is_error` is true"
_PICTURE = {"type": "image", "source": {"type": "url", "url": "https://x/y"}}
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


@rule(
    "messages/tool-pairs",
    "Calls without results at the start of the next turn, results without calls, and ids used twice",
    source="https://github.com/anthropics/claude-code/issues/1237",
    date="2025-05-22",
    legal=(
        Example(said(USER, assistant(CALL), user(RESULT, text("go on")))),
        Example(
            said(
                USER,
                assistant(CALL, {**CALL, "id": "b"}),
                user(RESULT),
                user({**RESULT, "tool_use_id": "b"}),
            )
        ),
    ),
    illegal=(
        Example(said(USER, assistant(CALL), USER), _UNANSWERED.format(1, "toolu_1")),
        Example(said(USER, assistant(CALL)), _UNANSWERED.format(1, "toolu_1")),
        Example(said(USER, assistant(CALL), user(text("x"), RESULT)), _UNANSWERED.format(1, "toolu_1")),
        Example(said(user(RESULT)), _UNASKED.format(0, 0, "toolu_1")),
        Example(
            said(USER, assistant(CALL, CALL), user(RESULT)),
            "messages.1.content.1: `tool_use` ids must be unique",
        ),
        Example(
            said(USER, assistant(CALL), user(RESULT, RESULT)),
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


@rule(
    "messages/failed-results",
    "Results that say is_error and are empty, or hold anything but text",
    source="https://github.com/can1357/oh-my-pi/issues/12809",
    date="2026-09-22",
    legal=(
        Example(said(USER, assistant(CALL), user({**RESULT, "is_error": True}))),
        Example(said(USER, assistant(CALL), user({**RESULT, "content": "", "is_error": False}))),
        Example(said(USER, assistant(CALL), user({**RESULT, "content": [text("no")], "is_error": True}))),
    ),
    illegal=(
        Example(said(USER, assistant(CALL), user({**RESULT, "content": "", "is_error": True})), _NOTHING),
        Example(said(USER, assistant(CALL), user({**RESULT, "content": [], "is_error": True})), _NOTHING),
        Example(
            said(
                USER, assistant(CALL), user({**RESULT, "content": [text("no"), _PICTURE], "is_error": True})
            ),
            "messages.2.content.0.tool_result: all content must be type `text` if `is_error` is true",
        ),
    ),
)
def _failed(ask: Ask) -> None:
    for where, block in placed(ask.body):
        if block.get("type") == "tool_result" and block.get("is_error"):
            found = blocks(block.get("content"))
            if not found:
                raise bad(f"{where}.tool_result: content cannot be empty if `is_error` is true")
            if any(inner["type"] != "text" for inner in found):
                raise bad(f"{where}.tool_result: all content must be type `text` if `is_error` is true")
