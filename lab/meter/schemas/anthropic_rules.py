"""What the provider refuses on /v1/messages beyond each field's type, in its own words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lab.meter.refusal import Refusal
from lab.meter.schemas import json_schema
from lab.meter.schemas.anthropic import BETA_FIELDS

Message = dict[str, Any]
Turn = list[tuple[int, int, dict[str, Any]]]  # index of the message, of the block, and the block

# Models that take system messages within a conversation: Claude Opus 4.8, and every family from 5 on.
_TAKES_SYSTEM = re.compile(r"^claude-(opus-4-([89]|\d\d(?!\d))|[a-z]+-([5-9]|\d\d)(?!\d))")
_MAX_CACHE_MARKS = 4
# The version of the API that took out the sampling parameters, and citations and documents out of place.
NO_SAMPLING = "2026-10-21"
_SCHEMA_BROKEN = (
    "JSON schema is invalid. It must match JSON Schema draft 2020-12 (https://json-schema.org/draft/2020-12)."
)


def without_betas(body: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
    """The body as the general API sees it: beta fields are known only if a beta was asked for."""
    if "anthropic-beta" not in headers or not BETA_FIELDS & body.keys():
        return body
    return {key: value for key, value in body.items() if key not in BETA_FIELDS}


def check_rules(body: dict[str, Any], version: str) -> None:
    """Raises Refusal (400) for the first rule of an API version that a well-typed body breaks."""
    if version == NO_SAMPLING:
        _check_removed(body)
    _check_roles(body)
    _check_tools(body)
    turns = list(_turns(body["messages"]))
    _check_contents(body["messages"], turns)
    _check_tool_pairs(turns)
    _check_thinking(body)
    _check_cache_marks(body)


def _check_removed(body: dict[str, Any]) -> None:
    for key in ("temperature", "top_p", "top_k"):
        if key in body:
            raise _bad(f"{key}: Extra inputs are not permitted")
    for index, message in enumerate(body["messages"]):
        for n, block in enumerate(_blocks(message["content"])):
            where = f"messages.{index}.content.{n}"
            if message["role"] == "assistant" and block["type"] == "document":
                raise _bad(f"{where}: `document` blocks can only be in `user` messages")
            if message["role"] == "user" and block["type"] == "text" and block.get("citations"):
                raise _bad(f"{where}.text.citations: Extra inputs are not permitted")


def _bad(message: str) -> Refusal:
    return Refusal(400, message)


def _blocks(content: Any) -> list[dict[str, Any]]:
    return content if isinstance(content, list) else [{"type": "text", "text": content}] if content else []


def _turns(messages: list[Message]) -> Iterator[tuple[str, Turn]]:
    """Consecutive messages of one role as one turn, as the provider combines them; system is left out."""
    role, turn = "", Turn()
    for index, message in enumerate(messages):
        if message["role"] == "system":
            continue
        if message["role"] != role and role:
            yield role, turn
            turn = []
        role = message["role"]
        turn += [(index, n, block) for n, block in enumerate(_blocks(message["content"]))]
    if role:
        yield role, turn


def _check_roles(body: dict[str, Any]) -> None:
    messages = body["messages"]
    if not messages:
        raise _bad("messages: at least one message is required")
    for index, message in enumerate(messages):
        role = message["role"]
        if role == "system":
            _check_system(body["model"], messages, index)
        elif role not in ("user", "assistant"):
            raise _bad(f'messages: Unexpected role "{role}". Allowed roles are "user" or "assistant"')


def _check_system(model: str, messages: list[Message], index: int) -> None:
    if not _TAKES_SYSTEM.match(model):
        raise _bad(
            'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, '
            'not "system" as an input message role.'
        )
    blocks = _blocks(messages[index]["content"])
    following = messages[index + 1]["role"] if index + 1 < len(messages) else "assistant"
    if not blocks:
        raise _bad(f"messages.{index}: system content must contain at least one block")
    if any(block["type"] not in ("text", "tool_addition", "tool_removal") for block in blocks):
        raise _bad(
            f"messages.{index}: role 'system' supports text, tool_addition, and tool_removal blocks only"
        )
    if index == 0:
        raise _bad("messages.0: use the top-level 'system' parameter for the initial system prompt")
    if following == "user":
        raise _bad(f"messages.{index}: role 'system' must precede an 'assistant' message or end the array")
    if any(block["type"] == "text" and not block["text"].strip() for block in blocks):
        raise _bad(f"messages.{index}: system text blocks must contain non-whitespace text")


def _check_tools(body: dict[str, Any]) -> None:
    tools = body.get("tools", [])
    names = [tool["name"] for tool in tools if isinstance(tool.get("name"), str)]
    if len(set(names)) != len(names):
        raise _bad("tools: Tool names must be unique.")
    for index, tool in enumerate(tools):
        if tool.get("type") in (None, "custom"):
            _check_input_schema(f"tools.{index}.custom.input_schema", tool["input_schema"])
    choice = body.get("tool_choice", {})
    if choice.get("type") == "any" and not tools:
        raise _bad("tool_choice.any may only be specified while providing tools")
    if choice.get("type") == "tool":
        if choice.get("name") is None:
            raise _bad("tool_choice.tool.name: Field required")
        if choice["name"] not in names:
            raise _bad(f"Tool '{choice['name']}' not found in provided tools")


def _check_input_schema(where: str, schema: dict[str, Any]) -> None:
    if "type" not in schema:
        raise _bad(f"{where}.type: Field required")
    if schema["type"] != "object":
        raise _bad(f"{where}.type: Input should be 'object'")
    if any(key in schema for key in ("oneOf", "allOf", "anyOf")):
        raise _bad(f"{where}: input_schema does not support oneOf, allOf, or anyOf at the top level")
    if json_schema.broken(schema):
        raise _bad(f"{where}: {_SCHEMA_BROKEN}")


def _check_contents(messages: list[Message], turns: list[tuple[str, Turn]]) -> None:
    for index, message in enumerate(messages):
        _check_texts(index, message)
    # An empty message is no fault beside others of its turn; an empty last assistant turn is no prefill.
    covered = {index for _, turn in turns for index, _, _ in turn}
    last = len(messages) - 1
    for index, message in enumerate(messages):
        if message["role"] == "system" or index in covered or _covered_beside(messages, index, covered):
            continue
        if message["role"] == "user":
            raise _bad(f"messages.{index}: user messages must have non-empty content")
        if index != last:
            raise _bad(
                f"messages.{index}: all messages must have non-empty content except for the optional final "
                "assistant message"
            )
    _check_ending(messages[-1])


def _covered_beside(messages: list[Message], index: int, covered: set[int]) -> bool:
    role = messages[index]["role"]
    for step in (-1, 1):
        at = index + step
        while 0 <= at < len(messages) and messages[at]["role"] == role:
            if at in covered:
                return True
            at += step
    return False


def _check_texts(index: int, message: Message) -> None:
    if message["role"] == "system":
        return
    for n, block in enumerate(_blocks(message["content"])):
        kind = block["type"]
        if kind == "text" and not block["text"]:
            raise _bad("messages: text content blocks must be non-empty")
        if kind == "text" and not block["text"].strip():
            raise _bad("messages: text content blocks must contain non-whitespace text")
        if kind in ("tool_use", "thinking", "redacted_thinking") and message["role"] == "user":
            raise _bad(f"messages.{index}.content.{n}: `{kind}` blocks can only be in `assistant` messages")
        if kind == "tool_result" and message["role"] == "assistant":
            raise _bad(f"messages.{index}.content.{n}: `tool_result` blocks can only be in `user` messages")


def _check_ending(message: Message) -> None:
    blocks = _blocks(message["content"])
    if message["role"] != "assistant" or not blocks or blocks[-1]["type"] != "text":
        return
    if blocks[-1]["text"] != blocks[-1]["text"].rstrip():
        raise _bad("messages: final assistant content cannot end with trailing whitespace")


def _check_tool_pairs(turns: list[tuple[str, Turn]]) -> None:
    seen: set[str] = set()
    asked: list[str] = []
    asked_at = 0
    for role, turn in turns:
        answered = _results(turn, asked) if role == "user" else []
        unanswered = [call for call in asked if call not in answered]
        if unanswered:
            raise _unanswered(asked_at, unanswered)
        asked = []
        for index, n, block in turn:
            if block["type"] != "tool_use":
                continue
            if block["id"] in seen:
                raise _bad(f"messages.{index}.content.{n}: `tool_use` ids must be unique")
            seen.add(block["id"])
            asked.append(block["id"])
            asked_at = index
    if asked:
        raise _unanswered(asked_at, asked)


def _unanswered(index: int, ids: list[str]) -> Refusal:
    return _bad(
        f"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after: "
        f"{', '.join(ids)}. Each `tool_use` block must have a corresponding `tool_result` block in the next "
        "message."
    )


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
            raise _bad(
                f"messages.{index}.content.{n}: unexpected `tool_use_id` found in `tool_result` blocks: "
                f"{call}. Each `tool_result` block must have a corresponding `tool_use` block in the "
                "previous message."
            )
        if call in answered:
            raise _bad(
                f"messages.{index}.content.{n}: each tool_use must have a single result. Found multiple "
                f"`tool_result` blocks with id: {call}"
            )
        if leading:
            answered.append(call)
    return answered


def _check_thinking(body: dict[str, Any]) -> None:
    thinking = body.get("thinking", {})
    if thinking.get("type") != "enabled":
        return
    budget = thinking.get("budget_tokens")
    if budget is None:
        raise _bad("thinking.enabled.budget_tokens: Field required")
    if budget >= body["max_tokens"]:
        raise _bad("`max_tokens` must be greater than `thinking.budget_tokens`.")
    if body.get("tool_choice", {}).get("type") in ("any", "tool"):
        raise _bad("Thinking may not be enabled when tool_choice forces tool use.")
    if body.get("temperature", 1) != 1:
        raise _bad("`temperature` may only be set to 1 when thinking is enabled.")


def _check_cache_marks(body: dict[str, Any]) -> None:
    blocks = [*body.get("tools", []), *_blocks(body.get("system"))]
    for message in body["messages"]:
        for block in _blocks(message["content"]):
            blocks.append(block)
            if block["type"] == "tool_result":
                blocks += _blocks(block.get("content"))
    found = sum(1 for block in blocks if block.get("cache_control"))
    if found > _MAX_CACHE_MARKS:
        raise _bad(
            f"A maximum of {_MAX_CACHE_MARKS} blocks with cache_control may be provided. Found {found}."
        )
