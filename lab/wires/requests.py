"""Reads requests of any wire into the neutral form, leniently: whatever the JSON, it never raises."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from lab.wires.canonical import TOO_DEEP, canonical_json
from lab.wires.details import details_of, message_details
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


@dataclass(slots=True)
class Read:
    """A conversation being read: system parts, how many messages stand before each, and messages."""

    system: list[Part] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    places: list[int] = field(default_factory=list)

    def instruct(self, parts: Iterable[Part]) -> None:
        """Note system texts where the conversation stands; empty ones say nothing."""
        for part in parts:
            if part.text:
                self.system.append(part)
                self.places.append(len(self.messages))


_SCHEMAS: Final = ("input_schema", "parameters")
_READ: Final = frozenset({"name", "description", "function", "custom", *_SCHEMAS})
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
        read = _READERS.get(kind, _read_chat)(body)
    except RecursionError:
        read = Read(messages=[Message("user", (Part("other", TOO_DEEP),))])
    model, system, tools = body.get("model"), read.system, tuple(read_tools(kind, body))
    return NeutralRequest(
        model=model if isinstance(model, str) else None,
        system=tuple(part.text for part in system),
        messages=tuple(read.messages),
        tools=tools,
        stream=_streams(kind, body),
        params={key: value for key, value in body.items() if key not in _CONTENTS.get(kind, _COMMON)},
        system_cache=tuple(part.cache for part in system) if any(part.cache for part in system) else (),
        system_places=tuple(read.places) if any(read.places) else (),
        system_details=tuple(part.details for part in system) if any(part.details for part in system) else (),
        empty_tools=not tools and any(body.get(key) == [] for key in ("tools", "functions")),
    )


def _streams(kind: str, body: dict[str, Any]) -> bool:
    default = kind in ("ollama_chat", "ollama_generate")  # Ollama streams unless told not to
    return body.get("stream", default) is True


def _read_messages(body: dict[str, Any]) -> Read:
    read = _instructed(body.get("system"))
    _converse(read, each(body.get("messages")), block_parts)
    return read


def _read_chat(body: dict[str, Any]) -> Read:
    read = Read()
    _converse(read, each(body.get("messages")), chat_parts)
    return read


def _read_responses(body: dict[str, Any]) -> Read:
    read = _instructed(body.get("instructions"))
    given = body.get("input")
    if isinstance(given, str):
        read.messages.append(Message("user", (Part("text", given),)))
    else:
        _converse(read, each(given), item_parts)
    return read


def _read_generate(body: dict[str, Any]) -> Read:
    read = _instructed(body.get("system"))
    parts = [Part("text", text) for text in (body.get("prompt"), body.get("suffix")) if isinstance(text, str)]
    read.messages.append(Message("user", (*parts, *bare_images(body.get("images")))))
    return read


def _read_embeddings(body: dict[str, Any]) -> Read:
    given = body.get("input", body.get("prompt"))
    texts = [given] if isinstance(given, str) else [text for text in each(given) if isinstance(text, str)]
    return Read(messages=[Message("user", (Part("text", text),)) for text in texts])


_READERS: Final[dict[str, Callable[[dict[str, Any]], Read]]] = {
    "messages": _read_messages,
    "chat": _read_chat,
    "responses": _read_responses,
    "ollama_chat": _read_chat,
    "ollama_generate": _read_generate,
    "embeddings": _read_embeddings,
}


def _instructed(given: Any) -> Read:
    """A conversation that begins with a system prompt: a string, or blocks."""
    read = Read()
    read.instruct(content_parts(given))
    return read


def _converse(read: Read, items: Iterable[Any], parts_of: Callable[[dict[str, Any]], Iterator[Part]]) -> None:
    """Read messages or items; those of the system are kept apart, with their places among the others."""
    for item in items:
        if not isinstance(item, dict):
            read.messages.append(Message("user", (unknown(item),)))
            continue
        role = item.get("role")
        parts, said = list(parts_of(item)), message_details(item)
        if parts and said:
            parts[0] = replace(parts[0], details=said | parts[0].details)
        if isinstance(role, str) and role in _SYSTEM_ROLES:
            read.instruct(parts)
        else:
            read.messages.append(Message(_role(item), tuple(parts)))


def _role(item: dict[str, Any]) -> str:
    role = item.get("role")
    if isinstance(role, str):
        return role
    outputs = ("function_call_output", "custom_tool_call_output")
    return "tool" if item.get("type") in outputs else "assistant" if item.get("type") else "user"


def read_tools(kind: str, body: dict[str, Any]) -> Iterator[Tool]:
    """The tools under `tools` and `functions`; what is no object is one of a type that nobody knows."""
    for tool in (*each(body.get("tools")), *each(body.get("functions"))):
        if not isinstance(tool, dict):
            yield Tool(tool if isinstance(tool, str) else canonical_json(tool), type="no object")
            continue
        function = tool.get("function", tool.get("custom"))
        inner = function if isinstance(function, dict) else tool
        schema = next((inner[k] for k in _SCHEMAS if isinstance(inner.get(k), dict)), None)
        name = text_of(inner, "name") or text_of(tool, "type")
        cache = cache_of(tool) or cache_of(inner)
        # No wire reads `strict` beside a function, so that it says nothing of it there.
        beside = _READ if inner is tool else _READ | {"strict"}
        details = details_of(tool, beside) | details_of(inner, _READ)
        if kind == "responses" and inner.get("strict") is False:
            details["strict"] = False  # the default of the other wires, and not of this one
        yield Tool(name, text_of(inner, "description"), schema, cache, _type(kind, tool), details)


def _type(kind: str, tool: dict[str, Any]) -> str:
    """What sort of tool it is; Anthropic calls one with the client's own schema `custom`, or nothing."""
    if "function" in tool or "custom" in tool:
        return "function" if "function" in tool else "custom"
    named = text_of(tool, "type") or "function"
    return "function" if kind == "messages" and named == "custom" else named
