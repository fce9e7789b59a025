"""Rules of /v1/messages on roles, and on contents that are empty or out of place."""

from __future__ import annotations

from lab.meter.rules.pieces import CALL, RESULT, USER, assistant, said, text, user
from lab.meter.rules.rule import Ask, Body, Example, bad, rule
from lab.meter.rules.turns import blocks, placed, turns


def _marked(words: str) -> Body:
    return {**text(words), "cache_control": {"type": "ephemeral"}}


@rule(
    "messages/roles",
    "No message at all, and roles other than user and assistant",
    source="https://portkey.ai/error-library/input-validation-error-10154",
    date="2026-11",
    legal=(Example(said(USER, USER)),),
    illegal=(
        Example({"messages": []}, "messages: at least one message is required"),
        Example(
            said({"role": "tool", "content": "x"}),
            'messages: Unexpected role "tool". Allowed roles are "user" or "assistant"',
        ),
    ),
)
def _roles(ask: Ask) -> None:
    if not ask.body["messages"]:
        raise bad("messages: at least one message is required")
    for message in ask.body["messages"]:
        if message["role"] not in ("user", "assistant", "system"):
            raise bad(
                f'messages: Unexpected role "{message["role"]}". Allowed roles are "user" or "assistant"'
            )


@rule(
    "messages/marks-on-texts",
    "Cache marks on empty text blocks",
    source="https://github.com/anthropics/claude-code/issues/50082",
    date="2026-04-17",
    legal=(Example(said(user(_marked("a")))), Example({"system": [_marked("a")]})),
    illegal=(
        Example(
            said(user(text("a"), _marked(""))),
            "messages.0.content.1.text: cache_control cannot be set for empty text blocks",
        ),
        Example({"system": [_marked("")]}, "system.0: cache_control cannot be set for empty text blocks"),
        Example(
            said(USER, assistant(CALL), user({**RESULT, "content": [_marked("")]})),
            "messages.2.content.0.tool_result.content.0.text: cache_control cannot be set for empty text "
            "blocks",
        ),
    ),
)
def _marked_texts(ask: Ask) -> None:
    for where, block in placed(ask.body):
        if block.get("type") == "text" and not block["text"] and block.get("cache_control"):
            place = where if where.startswith("system.") else f"{where}.text"
            raise bad(f"{place}: cache_control cannot be set for empty text blocks")


@rule(
    "messages/texts",
    "Text blocks that are empty or only white space",
    source="https://portkey.ai/error-library/input-validation-error-10487",
    date="2026-11",
    legal=(Example(said(user(text(" a "))), headers={}), Example({"system": ""})),
    illegal=(
        Example(said(user(text(""))), "messages: text content blocks must be non-empty"),
        Example(said(user(text(" \n"))), "messages: text content blocks must contain non-whitespace text"),
        Example({"system": [text("")]}, "system: text content blocks must be non-empty"),
    ),
)
def _texts(ask: Ask) -> None:
    for block in ask.body["system"] if isinstance(ask.body.get("system"), list) else ():
        if not block["text"]:
            raise bad("system: text content blocks must be non-empty")
    for message in ask.body["messages"]:
        for block in blocks(message["content"]) if message["role"] != "system" else ():
            if block["type"] != "text":
                continue
            if not block["text"]:
                raise bad("messages: text content blocks must be non-empty")
            if not block["text"].strip():
                raise bad("messages: text content blocks must contain non-whitespace text")


@rule(
    "messages/block-roles",
    "Calls and thinking in a user's message, results in an assistant's",
    source="https://github.com/tghamm/Anthropic.SDK/issues/128",
    date="2025-08-03",
    legal=(Example(said(USER, assistant(CALL), user(RESULT))),),
    illegal=(
        Example(
            said(user(CALL)),
            "messages.0: `tool_use` blocks can only be in `assistant` messages",
        ),
        Example(
            said(USER, assistant(RESULT), USER),
            "messages.1: `tool_result` blocks can only be in `user` messages",
        ),
    ),
)
def _block_roles(ask: Ask) -> None:
    for index, message in enumerate(ask.body["messages"]):
        for block in blocks(message["content"]):
            kind, role = block["type"], message["role"]
            if kind in ("tool_use", "thinking", "redacted_thinking") and role == "user":
                raise bad(f"messages.{index}: `{kind}` blocks can only be in `assistant` messages")
            if kind == "tool_result" and role == "assistant":
                raise bad(f"messages.{index}: `tool_result` blocks can only be in `user` messages")


@rule(
    "messages/empty-messages",
    "Messages without content, but for the last of the assistant and those beside others of their turn",
    source="https://portkey.ai/error-library/message-content-error-10492",
    date="2026-11",
    legal=(Example(said(USER, user())), Example(said(USER, assistant()))),
    illegal=(
        Example(
            said({"role": "user", "content": ""}), "messages.0: user messages must have non-empty content"
        ),
        Example(
            said(USER, assistant(), USER),
            "messages.1: all messages must have non-empty content except for the optional final assistant "
            "message",
        ),
    ),
)
def _empty(ask: Ask) -> None:
    messages = ask.body["messages"]
    covered = {index for _, turn in turns(messages) for index, _, _ in turn}
    for index, message in enumerate(messages):
        if message["role"] == "system" or index in covered or _covered_beside(messages, index, covered):
            continue
        if message["role"] == "user":
            raise bad(f"messages.{index}: user messages must have non-empty content")
        if index != len(messages) - 1:
            raise bad(
                f"messages.{index}: all messages must have non-empty content except for the optional final "
                "assistant message"
            )


def _covered_beside(messages: list[Body], index: int, covered: set[int]) -> bool:
    role = messages[index]["role"]
    for step in (-1, 1):
        at = index + step
        while 0 <= at < len(messages) and messages[at]["role"] == role:
            if at in covered:
                return True
            at += step
    return False


@rule(
    "messages/prefill-end",
    "A beginning of the answer that ends with white space",
    models="those that take it, Claude up to 4.5",
    source="https://github.com/tailcallhq/forgecode/issues/1872",
    date="2025-11-08",
    legal=(Example(said(USER, assistant(text("The answer is")))),),
    illegal=(
        Example(
            said(USER, {"role": "assistant", "content": "The "}),
            "messages: final assistant content cannot end with trailing whitespace",
        ),
    ),
)
def _ending(ask: Ask) -> None:
    message = ask.body["messages"][-1]
    found = blocks(message["content"])
    if message["role"] != "assistant" or not found or found[-1]["type"] != "text":
        return
    if found[-1]["text"] != found[-1]["text"].rstrip():
        raise bad("messages: final assistant content cannot end with trailing whitespace")
