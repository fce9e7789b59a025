"""Names and ids that a provider's own rule refuses: to replace them by legal ones is a repair, and no fault.

A repair gives equal ones the same new name and others another, so that calls, results and tools still match.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from lab.wires.canonical import canonical_json
from lab.wires.neutral import Message, NeutralRequest, Part, Tool

# Anthropic: the pattern in its documented errors, names of up to 128 characters. OpenAI: "Must be a-z, A-Z,
# 0-9, or contain underscores and dashes, with a maximum length of 64" (FunctionDefinition in its types).
_NAMES: Final = {
    "messages": re.compile(r"[a-zA-Z0-9_-]{1,128}"),
    "chat": re.compile(r"[a-zA-Z0-9_-]{1,64}"),
    "responses": re.compile(r"[a-zA-Z0-9_-]{1,64}"),
}
# Anthropic: the pattern in its documented errors. OpenAI: "string too long. Expected a string with maximum
# length 40" for calls of chat, and 64 for `call_id` of responses; it documents no pattern for them.
_IDS: Final = {
    "messages": re.compile(r"[a-zA-Z0-9_-]+"),
    "chat": re.compile(r".{1,40}", re.DOTALL),
    "responses": re.compile(r".{1,64}", re.DOTALL),
}


def legal_name(kind: str, name: str) -> bool:
    """Whether a wire takes a tool of this name."""
    return kind not in _NAMES or bool(_NAMES[kind].fullmatch(name))


def legal_id(kind: str, call_id: str) -> bool:
    """Whether a wire takes a tool call with this id."""
    return kind not in _IDS or bool(_IDS[kind].fullmatch(call_id))


def refusing(kinds: Iterable[str], call_id: str) -> str:
    """The first of these wires that takes no tool call with this id; empty if all do."""
    return next((kind for kind in kinds if not legal_id(kind, call_id)), "")


def repaired_id(kinds: Collection[str], sent: str, arrived: str, all_arrived: Iterable[str]) -> bool:
    """Whether an id that one of these wires refuses was replaced by a legal one that no other call got."""
    alone = sum(one == arrived for one in all_arrived) <= 1
    return bool(sent and refusing(kinds, sent)) and bool(arrived) and not refusing(kinds, arrived) and alone


def renamed_tools(kind: str, sent: NeutralRequest, arrived: NeutralRequest) -> dict[str, str]:
    """The new name of each tool whose name the wire refuses, if all of them were replaced by legal ones."""
    known = {tool.name for tool in sent.tools} | {part.name for part in _calls(sent)}
    wrong = {name for name in known if name and not legal_name(kind, name)}
    if not wrong:
        return {}
    free = [tool for tool in arrived.tools if tool.name not in known and legal_name(kind, tool.name)]
    names: dict[str, str] = {}
    for alike in (_says_the_same, _has_the_same_letters):
        for tool in sent.tools:
            same = next((one for one in free if alike(tool, one)), None)
            if tool.name in wrong and tool.name not in names and same is not None:
                names[tool.name] = same.name
                free.remove(same)
    came = _calls(arrived)
    for n, part in enumerate(_calls(sent)):
        if part.name in wrong and part.name not in names and n < len(came):
            there = came[n]
            if there.text == part.text and there.name not in known and legal_name(kind, there.name):
                names[part.name] = there.name
    return names if len(set(names.values())) == len(names) else {}


def rename(request: NeutralRequest, names: Mapping[str, str]) -> NeutralRequest:
    """The request as it would be with the tools under these names, wherever it names them."""
    if not names:
        return request
    tools = tuple(replace(tool, name=names.get(tool.name, tool.name)) for tool in request.tools)
    messages = tuple(
        Message(message.role, tuple(_renamed(part, names) for part in message.parts))
        for message in request.messages
    )
    params = {key: _chosen(key, value, names) for key, value in request.params.items()}
    return replace(request, tools=tools, messages=messages, params=params)


def _renamed(part: Part, names: Mapping[str, str]) -> Part:
    return replace(part, name=names[part.name]) if part.kind == "tool_call" and part.name in names else part


def _chosen(key: str, value: Any, names: Mapping[str, str]) -> Any:
    """A choice of tools under the new names."""
    if key not in ("tool_choice", "name", "function", "custom", "allowed_tools", "tools"):
        return value
    if isinstance(value, dict):
        return {inner: _chosen(inner, one, names) for inner, one in value.items()}
    if isinstance(value, list):
        return [_chosen("tool_choice", one, names) for one in value]
    return names.get(value, value) if key == "name" and isinstance(value, str) else value


def _calls(request: NeutralRequest) -> list[Part]:
    return [part for message in request.messages for part in message.parts if part.kind == "tool_call"]


def _says_the_same(sent: Tool, arrived: Tool) -> bool:
    """Whether two tools are equal but for their names."""
    said, came = ((tool.type, tool.description, canonical_json(tool.schema)) for tool in (sent, arrived))
    return said == came


def _has_the_same_letters(sent: Tool, arrived: Tool) -> bool:
    """Whether two names begin with the same letters and digits, so that one was made of the other."""
    one, other = (re.sub(r"[^a-z0-9]", "", name.casefold()) for name in (sent.name, arrived.name))
    return bool(other) and one.startswith(other[:40]) and other.startswith(one[:40])
