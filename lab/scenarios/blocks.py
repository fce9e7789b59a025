"""What the two OpenAI wires share in saying what is written on the messages wire."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from lab.names import ClientWire
from lab.scenarios.untranslatable import Untranslatable
from lab.wires import CLIENT_KINDS, exact
from lab.wires.toolsorts import home_of_tool, tool_elsewhere

Json = dict[str, Any]

# What only a message in the form of /v1/chat/completions has.
_CHAT_ROLES: Final = frozenset({"developer", "tool", "function"})
_CHAT_KEYS: Final = frozenset(
    {"tool_calls", "function_call", "refusal", "audio", "name", "reasoning_content"}
)
_CHAT_PARTS: Final = frozenset({"image_url", "input_audio", "file", "refusal"})


def in_chat_form(message: Mapping[str, Any]) -> bool:
    """Whether a message is written in the form of the chat wire, so that only this wire has it as it is."""
    if message.get("role") in _CHAT_ROLES or _CHAT_KEYS & set(message) or message.get("content") is None:
        return True
    content = message["content"]
    parts = content if isinstance(content, list) else []
    return any(isinstance(part, dict) and part.get("type") in _CHAT_PARTS for part in parts)


def is_function(tool: Mapping[str, Any]) -> bool:
    """Whether a tool is written in the form of an OpenAI wire, or is one of the wire's own."""
    kind = tool.get("type")
    if kind == "function" or (kind == "custom" and "input_schema" not in tool):
        return True
    return bool(kind) and "name" not in tool and home_of_tool(str(kind)) != "messages"


def other_tool(wire: ClientWire, tool_type: str) -> Untranslatable:
    """What is said of a provider's own tool that this wire does not have as it is."""
    place = tool_elsewhere(CLIENT_KINDS[wire], tool_type)
    other = f"which this wire has in other units, as {place}" if place else "which has no counterpart"
    return Untranslatable(f"it offers the tool {tool_type}, {other}")


def only(value: Mapping[str, Any], what: str, known: set[str]) -> None:
    """Raises Untranslatable for a field that would be left out."""
    for name in value:
        if name not in known:
            none = "which has no counterpart"
            if name == "cache_control":
                none = "which this wire has in other units, as prompt_cache_breakpoint"
            raise Untranslatable(f"it puts {name} on {what}, {none}")


def no_counterpart(kind: Any) -> Untranslatable:
    """What is said of a block that the wire has not."""
    return Untranslatable(f"it sends a {str(kind).replace('_', ' ')} block, which has no counterpart")


def plain_tool(wire: ClientWire, tool: Json) -> tuple[str, Json]:
    """A client's own tool: its name, and what OpenAI wires say of it beside its name."""
    if str(tool.get("type", "custom")) != "custom":
        raise other_tool(wire, str(tool["type"]))
    only(tool, "a tool", {"type", "name", "description", "input_schema", "strict"})
    said = {"description": tool["description"]} if "description" in tool else {}
    schema = tool["input_schema"]
    if schema.get("type") == "object" and "properties" not in schema:
        schema = schema | {"properties": {}}  # these wires refuse an object that does not name them
    return tool["name"], said | {"parameters": schema}


def arguments(block: Mapping[str, Any]) -> str:
    """A call's input as the text of a JSON object."""
    only(block, "a tool call", {"type", "id", "name", "input"})
    return exact.dumps(block["input"]).decode()


def image_address(source: Json) -> str:
    """An image as an address: its own, or one that holds its data."""
    if source.get("type") == "base64":
        return f"data:{source['media_type']};base64,{source['data']}"
    if source.get("type") == "url":
        return str(source["url"])
    raise Untranslatable(f"it sends an image by {source.get('type')}, which has no counterpart")


def file_data(source: Json) -> str:
    """A document's data as an address that holds it."""
    if source.get("type") != "base64":
        raise Untranslatable(f"it sends a document by {source.get('type')}, which has no counterpart")
    return f"data:{source['media_type']};base64,{source['data']}"


def begins_the_answer(messages: Sequence[Json]) -> bool:
    """Whether the last message is the assistant's, which the model is to go on with."""
    return bool(messages) and messages[-1].get("role") == "assistant"


def of_kind(blocks: Iterable[Json], kind: str) -> list[Json]:
    """The blocks of one kind."""
    return [block for block in blocks if block.get("type") == kind]
