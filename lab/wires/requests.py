"""Reads requests of any wire into the neutral form, leniently: whatever the JSON, it never raises."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from lab.wires.canonical import TOO_DEEP
from lab.wires.media import bare_images
from lab.wires.neutral import Message, NeutralRequest, Part, Tool
from lab.wires.parts import (
    block_parts,
    cache_of,
    chat_parts,
    content_parts,
    each,
    item_parts,
    text_of,
    unknown,
)
from lab.wires.routes import KINDS, kind_of

Read = tuple[list[Part], list[Message]]

_SYSTEM_ROLES: Final = frozenset({"system", "developer"})
# What each kind of request says in its contents; every other key is a parameter.
_COMMON: Final = frozenset({"model", "messages", "tools", "stream"})
_CONTENTS: Final[dict[str, frozenset[str]]] = {
    "messages": _COMMON | {"system"},
    "chat": _COMMON | {"functions"},
    "responses": _COMMON - {"messages"} | {"instructions", "input"},
    "ollama_chat": _COMMON,
    "ollama_generate": _COMMON - {"messages"} | {"system", "prompt", "suffix", "images"},
    "embeddings": frozenset({"model", "input", "prompt"}),
}


def read_request(wire_path_or_kind: str, body: Any) -> NeutralRequest:
    """A request's JSON body in neutral form; what no kind explains is kept as parts of kind `other`."""
    kind = wire_path_or_kind if wire_path_or_kind in KINDS else kind_of(wire_path_or_kind)
    if not isinstance(body, dict):
        return NeutralRequest(model=None)
    try:
        system, messages = _READERS.get(kind, _read_chat)(body)
    except RecursionError:
        system, messages = [], [Message("user", (Part("other", TOO_DEEP),))]
    model = body.get("model")
    return NeutralRequest(
        model=model if isinstance(model, str) else None,
        system=tuple(part.text for part in system),
        messages=tuple(messages),
        tools=tuple(_tools(body)),
        stream=_streams(kind, body),
        params={key: value for key, value in body.items() if key not in _CONTENTS.get(kind, _COMMON)},
        system_cache=tuple(part.cache for part in system) if any(part.cache for part in system) else (),
    )


def _streams(kind: str, body: dict[str, Any]) -> bool:
    default = kind in ("ollama_chat", "ollama_generate")  # Ollama streams unless told not to
    return body.get("stream", default) is True


def _read_messages(body: dict[str, Any]) -> Read:
    system = _system_texts(body.get("system"))
    more, messages = _split_system(each(body.get("messages")), block_parts)
    return system + more, messages


def _read_chat(body: dict[str, Any]) -> Read:
    return _split_system(each(body.get("messages")), chat_parts)


def _read_responses(body: dict[str, Any]) -> Read:
    system = _system_texts(body.get("instructions"))
    given = body.get("input")
    if isinstance(given, str):
        return system, [Message("user", (Part("text", given),))]
    more, messages = _split_system(each(given), item_parts)
    return system + more, messages


def _read_generate(body: dict[str, Any]) -> Read:
    system = _system_texts(body.get("system"))
    parts = [Part("text", text) for text in (body.get("prompt"), body.get("suffix")) if isinstance(text, str)]
    return system, [Message("user", (*parts, *bare_images(body.get("images"))))]


def _read_embeddings(body: dict[str, Any]) -> Read:
    given = body.get("input", body.get("prompt"))
    texts = [given] if isinstance(given, str) else [text for text in each(given) if isinstance(text, str)]
    return [], [Message("user", (Part("text", text),)) for text in texts]


_READERS: Final[dict[str, Callable[[dict[str, Any]], Read]]] = {
    "messages": _read_messages,
    "chat": _read_chat,
    "responses": _read_responses,
    "ollama_chat": _read_chat,
    "ollama_generate": _read_generate,
    "embeddings": _read_embeddings,
}


def _split_system(items: Iterable[Any], parts_of: Callable[[dict[str, Any]], Iterator[Part]]) -> Read:
    system: list[Part] = []
    messages: list[Message] = []
    for item in items:
        if not isinstance(item, dict):
            messages.append(Message("user", (unknown(item),)))
            continue
        role = item.get("role")
        if isinstance(role, str) and role in _SYSTEM_ROLES:
            system += [part for part in parts_of(item) if part.text]
        else:
            messages.append(Message(_role(item), tuple(parts_of(item))))
    return system, messages


def _role(item: dict[str, Any]) -> str:
    role = item.get("role")
    if isinstance(role, str):
        return role
    outputs = ("function_call_output", "custom_tool_call_output")
    return "tool" if item.get("type") in outputs else "assistant" if item.get("type") else "user"


def _tools(body: dict[str, Any]) -> Iterator[Tool]:
    for tool in (*each(body.get("tools")), *each(body.get("functions"))):
        if not isinstance(tool, dict):
            continue
        function = tool.get("function", tool.get("custom"))
        inner = function if isinstance(function, dict) else tool
        schema = next(
            (inner[k] for k in ("input_schema", "parameters") if isinstance(inner.get(k), dict)), None
        )
        name = text_of(inner, "name") or text_of(tool, "type")
        yield Tool(name, text_of(inner, "description"), schema, cache_of(tool) or cache_of(inner))


def _system_texts(value: Any) -> list[Part]:
    """A system prompt: a string, or blocks; empty texts say nothing."""
    return [part for part in content_parts(value) if part.text]
