"""Rules of /v1/messages on roles, empty contents, and calls with their results."""

from __future__ import annotations

from lab.meter.rules import sources as src
from lab.meter.rules.claude import claude
from lab.meter.rules.pieces import CALL, RESULT, USER, assistant, said, text, user
from lab.meter.rules.rule import Ask, Body, Example, bad, rule
from lab.meter.rules.turns import blocks, turns

_NO_SYSTEM = (
    'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, '
    'not "system" as an input message role.'
)


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
    "messages/system-within",
    "System messages: on models without them, as the first message, before a user's, and empty ones",
    models="taken by Opus 4.8 and all Claude from 5 on",
    source=src.CLAUDE_SYSTEM,
    date=src.CLAUDE_READ,
    sure=False,
    legal=(Example(said(USER, {"role": "system", "content": "x"}, model="claude-opus-4-8")),),
    illegal=(
        Example(said(USER, {"role": "system", "content": "x"}), _NO_SYSTEM),
        Example(
            said({"role": "system", "content": "x"}, USER, model="claude-opus-4-8"),
            "messages.0: use the top-level 'system' parameter for the initial system prompt",
        ),
        Example(
            said(USER, {"role": "system", "content": "x"}, USER, model="claude-opus-4-8"),
            "messages.1: role 'system' must precede an 'assistant' message or end the array",
        ),
    ),
)
def _system(ask: Ask) -> None:
    messages = ask.body["messages"]
    model = claude(ask.model)
    for index, message in enumerate(messages):
        if message["role"] != "system":
            continue
        if model is None or not model.takes_system:
            raise bad(_NO_SYSTEM)
        _check_system(messages, index)


def _check_system(messages: list[Body], index: int) -> None:
    found = blocks(messages[index]["content"])
    following = messages[index + 1]["role"] if index + 1 < len(messages) else "assistant"
    if not found:
        raise bad(f"messages.{index}: system content must contain at least one block")
    if any(block["type"] not in ("text", "tool_addition", "tool_removal") for block in found):
        raise bad(
            f"messages.{index}: role 'system' supports text, tool_addition, and tool_removal blocks only"
        )
    only_tools = all(block["type"] != "text" for block in found)
    if index == 0 and not only_tools:
        raise bad("messages.0: use the top-level 'system' parameter for the initial system prompt")
    if following == "user" and not only_tools:
        raise bad(f"messages.{index}: role 'system' must precede an 'assistant' message or end the array")
    if any(block["type"] == "text" and not block["text"].strip() for block in found):
        raise bad(f"messages.{index}: system text blocks must contain non-whitespace text")


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
    source=src.ANTHROPIC_TYPES,
    date=src.TYPES_DATE,
    sure=False,
    legal=(Example(said(USER, assistant(CALL), user(RESULT))),),
    illegal=(
        Example(
            said(user(CALL)),
            "messages.0.content.0: `tool_use` blocks can only be in `assistant` messages",
        ),
        Example(
            said(USER, assistant(RESULT), USER),
            "messages.1.content.0: `tool_result` blocks can only be in `user` messages",
        ),
    ),
)
def _block_roles(ask: Ask) -> None:
    for index, message in enumerate(ask.body["messages"]):
        for n, block in enumerate(blocks(message["content"])):
            kind, role = block["type"], message["role"]
            if kind in ("tool_use", "thinking", "redacted_thinking") and role == "user":
                raise bad(
                    f"messages.{index}.content.{n}: `{kind}` blocks can only be in `assistant` messages"
                )
            if kind == "tool_result" and role == "assistant":
                raise bad(
                    f"messages.{index}.content.{n}: `tool_result` blocks can only be in `user` messages"
                )


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
