"""Translates the body of a scenario, written on the Anthropic wire, to a body of /v1/chat/completions.

What is written in that wire's own words stays as it is: fields that only it has, its roles and its parts.
What it has no place for raises Untranslatable; nothing is left out on the way. Texts, tool calls with
their arguments, tool results and schemas stay as they are: both bodies hold the same tokens and facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import orjson

from lab.wires.wirefields import FIELDS

Json = dict[str, Any]

_BODY: Final = frozenset({"model", "max_tokens", "system", "messages", "tools", "stream"})
_STOPS: Final = 4  # at most (openai 3.54.0, CompletionCreateParams.stop)
# What a message has on this wire beside its role and content.
_OWN_KEYS: Final = frozenset({"audio", "function_call", "name", "refusal", "tool_call_id", "tool_calls"})
_OWN_ROLES: Final = frozenset({"developer", "system", "tool", "function"})
_OWN_PARTS: Final = frozenset({"image_url", "input_audio", "file", "refusal"})


def _fields(wire: str) -> frozenset[str]:
    return frozenset(path.partition(".")[0] for path in FIELDS[wire])


# Parameters that this wire has and /v1/messages has not.
OWN_PARAMS: Final = (_fields("chat") | {"functions"}) - _fields("messages")


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
    if "max_completion_tokens" in chat:
        del chat["max_tokens"]
    if body.get("stream"):
        # Without this option a stream has no usage on this wire, and there would be no claim to judge.
        chat |= {"stream": True, "stream_options": {"include_usage": True, **chat.get("stream_options", {})}}
    return chat


def own_words(params: Iterable[str], messages: Iterable[Json]) -> str:
    """The first thing that only this wire has, in words; empty if there is none."""
    own = next((f"sets {name}" for name in params if name in OWN_PARAMS), "")
    roles = (str(message.get("role")) for message in messages)
    said = next((role for role in roles if role in _OWN_ROLES - {"system"}), "")
    return own or (f"has a message of the role {said}" if said else "")


# Parameters


def _param(name: str, value: Any) -> Json:
    if name in OWN_PARAMS:
        return {name: value}
    if name not in _PARAMS:
        raise Untranslatable(f"it sets {name}, which has no counterpart")
    if value in ([], {}, ""):
        raise Untranslatable(f"it sends an empty {name}, which has no counterpart")
    return _PARAMS[name](value)


def _metadata(value: Json) -> Json:
    others = {key: one for key, one in value.items() if key != "user_id"}
    user = {"user": value["user_id"]} if "user_id" in value else {}
    return user | ({"metadata": others} if others else {})


def _stop(value: Sequence[str]) -> Json:
    if len(value) > _STOPS:
        raise Untranslatable(f"it sets {len(value)} stop sequences, of which this wire takes {_STOPS}")
    return {"stop": value}


def _thinking(value: Json) -> Json:
    if value.get("type") == "disabled":
        return {"reasoning_effort": "none"}
    raise Untranslatable("it sets thinking, which this wire has in other units, as reasoning_effort")


def _output(value: Json) -> Json:
    chat: Json = {}
    for name, one in value.items():
        if name == "effort":
            chat["reasoning_effort"] = one
        elif name == "format":
            chat |= _format(one)
        else:
            raise Untranslatable(f"it sets output_config.{name}, which has no counterpart")
    return chat


def _format(value: Json) -> Json:
    """Anthropic always keeps to the schema, which is called strict here; a name must be there."""
    schema = {"name": "answer", "schema": value["schema"], "strict": True}
    return {"response_format": {"type": "json_schema", "json_schema": schema}}


def _tool_choice(value: Any) -> Json:
    if isinstance(value, str) or value["type"] in ("function", "custom", "allowed_tools"):
        return {"tool_choice": value}
    kind = value["type"]
    choice: Any = {"any": "required"}.get(kind, kind)
    if kind == "tool":
        choice = {"type": "function", "function": {"name": value["name"]}}
    alone = value.get("disable_parallel_tool_use")
    return {"tool_choice": choice} | ({} if alone is None else {"parallel_tool_calls": not alone})


_PARAMS: Final[Mapping[str, Callable[[Any], Json]]] = {
    "temperature": lambda value: {"temperature": value},
    "top_p": lambda value: {"top_p": value},
    "stop_sequences": _stop,
    "thinking": _thinking,
    "output_config": _output,
    "output_format": _format,
    "service_tier": lambda value: {"service_tier": {"standard_only": "default"}.get(value, value)},
    "metadata": _metadata,
    "tool_choice": _tool_choice,
}


def _tool(tool: Json) -> Json:
    if "function" in tool:
        return tool
    kind = str(tool.get("type", "custom"))
    if kind.startswith("web_search"):
        raise Untranslatable(
            "it offers web_search, which this wire has in other units, as web_search_options"
        )
    plain = {"type"} if kind == "custom" else set()  # what a tool is that names no type
    _only(tool, "a tool", {"name", "description", "input_schema", "strict"} | plain)
    function = {"name": tool["name"]} | ({"strict": tool["strict"]} if "strict" in tool else {})
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
        if message.get("role") in _OWN_ROLES or message.keys() & _OWN_KEYS:
            said = message.get("content")
            yield dict(message) | ({"content": _texts(said)} if isinstance(said, list) and said else {})
            continue
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
    if kind in _OWN_PARTS:
        return block
    if kind == "document":
        raise Untranslatable("it sends a document block, which this wire has only as a file")
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
            none = "which has no counterpart"
            if name == "cache_control":
                none = "which this wire has in other units, as prompt_cache_breakpoint"
            raise Untranslatable(f"it puts {name} on {what}, {none}")
