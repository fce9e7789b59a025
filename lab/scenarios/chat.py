"""Translates the body of a scenario, written on the Anthropic wire, to a body of /v1/chat/completions.

What is written in that wire's own words goes as it is: fields that only it has, its roles and its parts. What
it has no place for raises Untranslatable; nothing is left out on the way. Texts, tool calls with their
arguments, tool results and schemas stay as they are: both bodies hold the same tokens and facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from lab.scenarios.blocks import (
    arguments,
    begins_the_answer,
    file_data,
    image_address,
    in_chat_form,
    is_function,
    no_counterpart,
    of_kind,
    only,
    other_tool,
    plain_tool,
)
from lab.scenarios.untranslatable import Untranslatable
from lab.scenarios.wishes import params_on
from lab.wires.toolsorts import home_of_tool

Json = dict[str, Any]

_BODY: Final = frozenset({"model", "max_tokens", "system", "messages", "tools", "stream"})


def chat_body(body: Mapping[str, Any]) -> Json:
    """The same request on the chat wire; it shares texts and schemas with `body`. Raises Untranslatable."""
    chat: Json = {"model": body["model"], "max_tokens": body["max_tokens"]}
    chat["messages"] = [*_system(body.get("system")), *_messages(body["messages"])]
    if body.get("tools"):
        chat["tools"] = [_tool(tool) for tool in body["tools"]]
    chat |= params_on("openai", {name: value for name, value in body.items() if name not in _BODY})
    if "max_completion_tokens" in chat:
        del chat["max_tokens"]
    if body.get("stream"):
        # Without this option a stream has no usage on this wire, and there would be no claim to judge.
        chat |= {"stream": True, "stream_options": _with_usage(chat)}
    return chat


def _with_usage(chat: Json) -> Any:
    given = chat.get("stream_options", {})
    return {"include_usage": True} | given if isinstance(given, dict) else given


def _tool(tool: Json) -> Json:
    if is_function(tool):
        if home_of_tool(str(tool["type"])):
            raise other_tool("openai", str(tool["type"]))
        return tool
    name, said = plain_tool("openai", tool)
    strict = {"strict": tool["strict"]} if "strict" in tool else {}
    return {"type": "function", "function": {"name": name} | said | strict}


# Messages


def _system(value: Any) -> Iterator[Json]:
    if value:
        yield {"role": "system", "content": value if isinstance(value, str) else _texts(value)}


def _messages(messages: Sequence[Json]) -> Iterator[Json]:
    if begins_the_answer(messages):
        raise Untranslatable("it begins the answer, which has no counterpart")
    for message in messages:
        if in_chat_form(message):
            yield dict(message)
            continue
        only(message, "a message", {"role", "content"})
        content = message["content"]
        if isinstance(content, str):
            yield dict(message)
        elif message["role"] == "assistant":
            yield _assistant(content)
        elif message["role"] == "system":
            yield {"role": "system", "content": _texts(content)}
        else:
            yield from _user(content)


def _assistant(blocks: Sequence[Json]) -> Json:
    said = _texts(block for block in blocks if block.get("type") != "tool_use")
    calls = [_call(block) for block in of_kind(blocks, "tool_use")]
    return {"role": "assistant", "content": said or None} | ({"tool_calls": calls} if calls else {})


def _call(block: Json) -> Json:
    function = {"name": block["name"], "arguments": arguments(block)}
    return {"id": block["id"], "type": "function", "function": function}


def _user(blocks: Sequence[Json]) -> Iterator[Json]:
    """A message for each tool result, and then one with all that the user says beside them."""
    yield from map(_result, of_kind(blocks, "tool_result"))
    said = [_part(block) for block in blocks if block.get("type") != "tool_result"]
    if said:
        yield {"role": "user", "content": said}


def _result(block: Json) -> Json:
    """A tool message; that a result is an error has no place there, and only its text can say so."""
    only(block, "a tool result", {"type", "tool_use_id", "content", "is_error"})
    content = block.get("content") or ""
    texts = content if isinstance(content, str) else _texts(content, "in a tool result")
    return {"role": "tool", "tool_call_id": block["tool_use_id"], "content": texts}


def _texts(blocks: Iterable[Json], where: str = "") -> list[Json]:
    parts = [_part(block) for block in blocks]
    if any(part["type"] != "text" for part in parts):
        kind = "an image" if any(part["type"] == "image_url" for part in parts) else "a document"
        raise Untranslatable(f"it sends {kind} {where}".rstrip() + ", where this wire takes text alone")
    return parts


def _part(block: Json) -> Json:
    kind = block.get("type")
    if kind == "text":
        only(block, "a text", {"type", "text"})
        return {"type": "text", "text": block["text"]}
    if kind == "image":
        only(block, "an image", {"type", "source"})
        return {"type": "image_url", "image_url": {"url": image_address(block["source"])}}
    if kind == "document":
        only(block, "a document", {"type", "source", "title"})
        name = block.get("title") or "document.pdf"
        return {"type": "file", "file": {"filename": name, "file_data": file_data(block["source"])}}
    raise no_counterpart(kind)
