"""Rules of /v1/messages on system messages within a conversation."""

from __future__ import annotations

from lab.meter.rules import sources as src
from lab.meter.rules.claude import claude
from lab.meter.rules.pieces import USER, assistant, said, text
from lab.meter.rules.rule import Ask, Body, Example, bad, rule
from lab.meter.rules.turns import blocks

_NO_SYSTEM = (
    'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, '
    'not "system" as an input message role.'
)
_ANYWHERE = "; the directive-only form (content: [] with output_config) is accepted at any position"
_FIRST = f"messages.0: use the top-level 'system' parameter for the initial system prompt{_ANYWHERE}"
_PRECEDE = f"messages.{{0}}: role 'system' must precede an 'assistant' message or end the array{_ANYWHERE}"
_FOLLOW = (
    "messages.{0}: role 'system' must follow a 'user' message or an 'assistant' message ending in a server "
    "tool "
    f"result{_ANYWHERE}"
)
_SYSTEM: Body = {"role": "system", "content": "x"}
_SEARCHED = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
_OPUS = "claude-opus-4-8"


@rule(
    "messages/system-role",
    "System messages after the first, on models without them",
    models="taken by Opus 4.8 and all Claude from 5 on",
    source="https://github.com/Maol-1997/cursor-claude-connector/issues/3",
    date="2025-07-17",
    legal=(Example(said(USER, _SYSTEM, model=_OPUS)),),
    illegal=(Example(said(USER, _SYSTEM), _NO_SYSTEM),),
)
def _role(ask: Ask) -> None:
    model = claude(ask.model)
    later = any(message["role"] == "system" for message in ask.body["messages"][1:])
    if later and (model is None or not model.takes_system):
        raise bad(_NO_SYSTEM)


@rule(
    "messages/system-within",
    "System messages that are empty, first, before a user's, or after an assistant's without a server tool's "
    "result",
    source=src.MEASURED,
    date="2026-09-01",
    legal=(
        Example(said(USER, _SYSTEM, _SYSTEM, assistant(text("a")), USER, model=_OPUS)),
        Example(said(USER, assistant(_SEARCHED), _SYSTEM, model=_OPUS)),
    ),
    illegal=(
        Example(said(_SYSTEM, USER), _FIRST),
        Example(said(USER, _SYSTEM, USER, model=_OPUS), _PRECEDE.format(1)),
        Example(said(USER, _SYSTEM, _SYSTEM, USER, model=_OPUS), _PRECEDE.format(2)),
        Example(said(USER, assistant(text("a")), _SYSTEM, model=_OPUS), _FOLLOW.format(2)),
        Example(
            said(USER, {**_SYSTEM, "content": []}, model=_OPUS),
            "messages.1: system content must contain at least one block",
        ),
        Example(
            said(USER, {**_SYSTEM, "content": [text(" ")]}, model=_OPUS),
            "messages.1: system text blocks must contain non-whitespace text",
        ),
    ),
)
def _within(ask: Ask) -> None:
    for index, message in enumerate(ask.body["messages"]):
        if message["role"] == "system":
            _check(ask.body["messages"], index)


def _check(messages: list[Body], index: int) -> None:
    found = blocks(messages[index]["content"])
    if not found:
        raise bad(f"messages.{index}: system content must contain at least one block")
    if any(block["type"] not in ("text", "tool_addition", "tool_removal") for block in found):
        raise bad(
            f"messages.{index}: role 'system' supports text, tool_addition, and tool_removal blocks only"
        )
    if any(block["type"] == "text" for block in found):
        _check_place(messages, index)
    if any(block["type"] == "text" and not block["text"].strip() for block in found):
        raise bad(f"messages.{index}: system text blocks must contain non-whitespace text")


def _check_place(messages: list[Body], index: int) -> None:
    """Where a run of system messages may stand; its first and its last message are held to it."""
    if index == 0:
        raise bad(_FIRST)
    before, after = messages[index - 1], messages[index + 1 : index + 2]
    if before["role"] == "assistant":
        last = blocks(before["content"])[-1:]
        kind = str(last[0]["type"]) if last else ""
        if kind == "tool_result" or not kind.endswith("_tool_result"):
            raise bad(_FOLLOW.format(index))
    if after and after[0]["role"] == "user":
        raise bad(_PRECEDE.format(index))
