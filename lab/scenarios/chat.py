"""Translates the body of a scenario, written on the Anthropic wire, to a body of /v1/chat/completions.

What that wire has no place for raises Untranslatable; nothing is left out on the way. Texts, tool calls with
their arguments, tool results and schemas stay as they are: both bodies hold the same tokens and facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import orjson

Json = dict[str, Any]

_BODY: Final = frozenset({"model", "max_tokens", "system", "messages", "tools", "stream"})


class Untranslatable(Exception):
    """What a scenario has that /v1/chat/completions has not; the text is a clause, `it` is the scenario."""


def chat_body(body: Mapping[str, Any]) -> Json:
    """The same request on the chat wire; it shares texts and schemas with `body`. Raises Untranslatable."""
    chat: Json = {"model": body["model"], "max_tokens": body["max_tokens"]}
    chat["messages"] = [*_system(body.get("system")), *_messages(body["messages"])]
    if body.get("tools"):
        chat["tools"] = [_tool(tool) for tool in body["tools"]]
    for name, value in body.items():
        if name not in _BODY:
            chat |= _param(name, value)
    if body.get("stream"):
        # Without this option a stream has no usage on this wire, and there would be no claim to judge.
        chat |= {"stream": True, "stream_options": {"include_usage": True}}
    return chat


# Parameters


def _param(name: str, value: Any) -> Json:
    if name not in _PARAMS:
        raise Untranslatable(f"it sets {name}, which has no counterpart")
    if value in ([], {}, ""):
        raise Untranslatable(f"it sends an empty {name}, which has no counterpart")
    return _PARAMS[name](value)


def _metadata(value: Json) -> Json:
    if set(value) != {"user_id"}:
        raise Untranslatable("it sends metadata other than user_id, which has no counterpart")
    return {"user": value["user_id"]}


def _tool_choice(value: Json) -> Json:
    kind = value["type"]
    choice: Any = {"any": "required"}.get(kind, kind)
    if kind == "tool":
        choice = {"type": "function", "function": {"name": value["name"]}}
    alone = value.get("disable_parallel_tool_use")
    return {"tool_choice": choice} | ({} if alone is None else {"parallel_tool_calls": not alone})


_PARAMS: Final[Mapping[str, Callable[[Any], Json]]] = {
    "temperature": lambda value: {"temperature": value},
    "top_p": lambda value: {"top_p": value},
    "stop_sequences": lambda value: {"stop": value},
    "service_tier": lambda value: {"service_tier": {"standard_only": "default"}.get(value, value)},
    "metadata": _metadata,
    "tool_choice": _tool_choice,
}


def _tool(tool: Json) -> Json:
    _only(tool, "a tool", {"name", "description", "input_schema"})
    function = {"name": tool["name"]}
    function |= {"description": tool["description"]} if "description" in tool else {}
    return {"type": "function", "function": function | {"parameters": tool["input_schema"]}}


# Messages


def _system(value: Any) -> Iterator[Json]:
    if value:
        yield {"role": "system", "content": value if isinstance(value, str) else _texts(value)}


def _messages(messages: Sequence[Json]) -> Iterator[Json]:
    if messages and messages[-1].get("role") == "assistant":
        raise Untranslatable("it begins the answer, which has no counterpart")
    for message in messages:
        _only(message, "a message", {"role", "content"})
        content = message["content"]
        if isinstance(content, str):
            yield dict(message)
        elif message["role"] == "assistant":
            yield _assistant(content)
        else:
            yield from _user(content)


def _assistant(blocks: Sequence[Json]) -> Json:
    said = _texts(block for block in blocks if block.get("type") != "tool_use")
    calls = [_call(block) for block in blocks if block.get("type") == "tool_use"]
    return {"role": "assistant", "content": said or None} | ({"tool_calls": calls} if calls else {})


def _call(block: Json) -> Json:
    _only(block, "a tool call", {"type", "id", "name", "input"})
    arguments = orjson.dumps(block["input"]).decode()
    return {
        "id": block["id"],
        "type": "function",
        "function": {"name": block["name"], "arguments": arguments},
    }


def _user(blocks: Sequence[Json]) -> Iterator[Json]:
    """A message for each tool result, and then one with all that the user says beside them."""
    yield from (_result(block) for block in blocks if block.get("type") == "tool_result")
    said = [_part(block) for block in blocks if block.get("type") != "tool_result"]
    if said:
        yield {"role": "user", "content": said}


def _result(block: Json) -> Json:
    """A tool message; that a result is an error has no place there, and only its text can say so."""
    _only(block, "a tool result", {"type", "tool_use_id", "content", "is_error"})
    content = block.get("content") or ""
    texts = content if isinstance(content, str) else _texts(content, "in a tool result")
    return {"role": "tool", "tool_call_id": block["tool_use_id"], "content": texts}


def _texts(blocks: Iterable[Json], where: str = "") -> list[Json]:
    parts = [_part(block) for block in blocks]
    if any(part["type"] != "text" for part in parts):
        raise Untranslatable(f"it sends an image {where}".rstrip() + ", where this wire takes text alone")
    return parts


def _part(block: Json) -> Json:
    kind = block.get("type")
    if kind == "text":
        _only(block, "a text", {"type", "text"})
        return {"type": "text", "text": block["text"]}
    if kind == "image":
        _only(block, "an image", {"type", "source"})
        return {"type": "image_url", "image_url": {"url": _address(block["source"])}}
    raise Untranslatable(f"it sends a {str(kind).replace('_', ' ')} block, which has no counterpart")


def _address(source: Json) -> str:
    if source.get("type") == "base64":
        return f"data:{source['media_type']};base64,{source['data']}"
    if source.get("type") == "url":
        return str(source["url"])
    raise Untranslatable(f"it sends an image by {source.get('type')}, which has no counterpart")


def _only(value: Json, what: str, known: set[str]) -> None:
    """Raises Untranslatable for a field that would be left out."""
    for name in value:
        if name not in known:
            raise Untranslatable(f"it puts {name} on {what}, which has no counterpart")
