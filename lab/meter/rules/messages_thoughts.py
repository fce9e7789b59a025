"""Rules of /v1/messages on thinking blocks that are handed back, and on where they must stand."""

from __future__ import annotations

from typing import Any

from lab.meter.rules.claude import claude
from lab.meter.rules.media import decoded
from lab.meter.rules.rule import Ask, Body, Example, bad, rule

_ENABLED: Body = {"max_tokens": 2048, "thinking": {"type": "enabled", "budget_tokens": 1024}}
_TOOL = {"name": "run", "input_schema": {"type": "object", "properties": {}}}
_USER = {"role": "user", "content": "Run it."}
_CALL = {"type": "tool_use", "id": "toolu_1", "name": "run", "input": {}}
_RESULT = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "a"}]}
_THOUGHT = {"type": "thinking", "thinking": "I run it.", "signature": "c2lnbmF0dXJl"}
_HIDDEN = {"type": "redacted_thinking", "data": "ZW5jcnlwdGVk"}
_WORDS = {"type": "text", "text": "I run it."}
_THOUGHTS = ("thinking", "redacted_thinking")
_NOT_FIRST = (
    "messages.{0}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{1}`. When "
    "`thinking` is "
    "enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of "
    "`tool_use` and `tool_result` blocks). We recommend you include thinking blocks from previous turns. "
    "To avoid "
    "this requirement, disable `thinking`. Please consult our documentation at "
    "https://docs.claude.com/en/docs/build-with-claude/extended-thinking"
)


def _kind(ask: Ask) -> str | None:
    kind: str | None = (ask.body.get("thinking") or {}).get("type")
    return kind


def _turns(*blocks: Body) -> Body:
    return {"messages": [_USER, {"role": "assistant", "content": list(blocks)}, _RESULT], "tools": [_TOOL]}


def _past(*blocks: Body) -> Body:
    return {"messages": [_USER, {"role": "assistant", "content": list(blocks)}, _USER]}


@rule(
    "messages/thinking-first",
    "While thinking is enabled: a prefill, and a tool call whose turn does not begin with a thinking block",
    source="https://github.com/deepset-ai/haystack-core-integrations/issues/2146",
    date="2025-08-04",
    legal=(
        Example({**_ENABLED, **_turns(_THOUGHT, _CALL)}),
        Example({**_ENABLED, **_turns(_HIDDEN, _CALL)}),
        Example(_turns(_CALL)),
        Example(
            {
                **_ENABLED,
                "messages": [_USER, {"role": "assistant", "content": "Done."}, _USER],
            }
        ),
    ),
    illegal=(
        Example({**_ENABLED, **_turns(_CALL)}, _NOT_FIRST.format(1, "tool_use")),
        Example(
            {**_ENABLED, **_turns({"type": "text", "text": "I run it."}, _CALL)}, _NOT_FIRST.format(1, "text")
        ),
        Example(
            {**_ENABLED, "messages": [_USER, {"role": "assistant", "content": "["}]},
            _NOT_FIRST.format(1, "text"),
        ),
    ),
)
def _first(ask: Ask) -> None:
    if _kind(ask) != "enabled":
        return
    turn = _open_turn(ask.body["messages"])
    kinds = [(index, _kinds_of(content)) for index, content in turn]
    kinds = [(index, found) for index, found in kinds if found]
    if kinds and not any(found[0] in ("thinking", "redacted_thinking") for _, found in kinds):
        index, found = kinds[-1]
        raise bad(_NOT_FIRST.format(index, found[0]))


def _open_turn(messages: list[Body]) -> list[tuple[int, Any]]:
    """The assistant's messages of the open turn: those after the last user message without results."""
    turn: list[tuple[int, Any]] = []
    for index in range(len(messages) - 1, -1, -1):
        role, content = messages[index]["role"], messages[index]["content"]
        if role == "assistant":
            turn.insert(0, (index, content))
        elif role == "user" and "tool_result" not in _kinds_of(content):
            break
    return turn


def _kinds_of(content: Any) -> list[str]:
    return [block["type"] for block in content] if isinstance(content, list) else ["text"] if content else []


@rule(
    "messages/thinking-before",
    "While thinking is enabled, and may not interleave with tools: a message with thinking that does not "
    "begin with "
    "it",
    models="Claude up to 4.5",
    source="https://github.com/anthropics/claude-code/issues/20691",
    date="2026-01-25",
    legal=(
        Example({**_ENABLED, **_past(_THOUGHT, _WORDS)}),
        Example(
            {**_ENABLED, **_past(_WORDS, _THOUGHT, _WORDS)},
            headers={"anthropic-beta": "interleaved-thinking-2025-05-14"},
        ),
    ),
    illegal=(
        Example(
            {**_ENABLED, **_past(_WORDS, _THOUGHT, _WORDS)},
            "messages.1.content.0: If an assistant message contains any thinking blocks, the first block "
            "must be "
            "`thinking` or `redacted_thinking`. Found `text`.",
        ),
    ),
)
def _before(ask: Ask) -> None:
    model = claude(ask.model)
    interleaved = any(beta.startswith("interleaved-thinking-") for beta in ask.betas)
    if _kind(ask) != "enabled" or interleaved or model is None or not model.takes_prefill:
        return
    for index, message in enumerate(ask.body["messages"]):
        kinds = _kinds_of(message["content"]) if message["role"] == "assistant" else []
        if kinds and kinds[0] not in _THOUGHTS and any(kind in _THOUGHTS for kind in kinds):
            raise bad(
                f"messages.{index}.content.0: If an assistant message contains any thinking blocks, the "
                "first "
                f"block must be `thinking` or `redacted_thinking`. Found `{kinds[0]}`."
            )


@rule(
    "messages/thinking-off-last",
    "A last assistant message with a thinking block while thinking is off",
    models="Claude up to 4.5",
    source="https://github.com/tailcallhq/forgecode/issues/1853",
    date="2025-11-07",
    legal=(Example(_turns(_THOUGHT, _CALL)),),
    illegal=(
        Example(
            {
                "messages": [
                    _USER,
                    {"role": "assistant", "content": [_THOUGHT, {"type": "text", "text": "So"}]},
                ]
            },
            "messages.1.content.0: When thinking is disabled, an `assistant` message in the final position "
            "cannot "
            "contain `thinking`. To use thinking blocks, enable `thinking` in your request.",
        ),
    ),
)
def _off_last(ask: Ask) -> None:
    model, last = claude(ask.model), len(ask.body["messages"]) - 1
    message = ask.body["messages"][last]
    if model is None or not model.takes_prefill or message["role"] != "assistant":
        return
    if _kind(ask) not in (None, "disabled"):
        return
    for n, kind in enumerate(_kinds_of(message["content"])):
        if kind in ("thinking", "redacted_thinking"):
            raise bad(
                f"messages.{last}.content.{n}: When thinking is disabled, an `assistant` message in the "
                "final "
                f"position cannot contain `{kind}`. To use thinking blocks, enable `thinking` in your "
                "request."
            )


@rule(
    "messages/thinking-signature",
    "A thinking block whose signature is empty or no base64, or that is empty altogether; whether a "
    "signature "
    "is genuine only the provider can tell",
    source="https://github.com/anthropics/claude-code/issues/10627",
    date="2025-10-30",
    legal=(
        Example({**_ENABLED, **_turns(_THOUGHT, _CALL)}),
        Example({**_ENABLED, **_turns({**_THOUGHT, "thinking": ""}, _CALL)}),
    ),
    illegal=(
        Example(
            {**_ENABLED, **_turns({**_THOUGHT, "thinking": "", "signature": ""}, _CALL)},
            "messages.1.content.0.thinking: each thinking block must contain thinking",
        ),
        Example(
            {**_ENABLED, **_turns({**_THOUGHT, "signature": ""}, _CALL)},
            "messages.1.content.0: Invalid `signature` in `thinking` block",
        ),
        Example(
            {**_ENABLED, **_turns({**_THOUGHT, "signature": "not a signature"}, _CALL)},
            "messages.1.content.0: Invalid `signature` in `thinking` block",
        ),
    ),
)
def _signature(ask: Ask) -> None:
    for index, message in enumerate(ask.body["messages"]):
        for n, block in enumerate(message["content"] if isinstance(message["content"], list) else ()):
            if block["type"] != "thinking":
                continue
            if not block["thinking"] and not block["signature"]:
                raise bad(f"messages.{index}.content.{n}.thinking: each thinking block must contain thinking")
            if decoded(block["signature"]) is None:
                raise bad(f"messages.{index}.content.{n}: Invalid `signature` in `thinking` block")
