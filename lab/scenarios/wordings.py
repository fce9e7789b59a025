"""How each client wire words a wish that is written in the words of another one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from lab.names import ClientWire
from lab.scenarios.untranslatable import Untranslatable, unsaid
from lab.wires import CLIENT_KINDS
from lab.wires.toolsorts import tool_elsewhere

Json = dict[str, Any]

MOST_STOPS: Final = 4  # OpenAI's API reference: up to 4 sequences
LOGPROBS: Final = "message.output_text.logprobs"
# The same tier of service by its name on the other provider's wires.
TIERS: Final = {"standard_only": "default", "default": "standard_only"}
_FAST: Final = frozenset({"fast", "priority"})


def say(wire: ClientWire, wish: str, value: Any, name: str) -> Json:
    """A wish in the words of this wire; `name` is the field it was written in. Raises Untranslatable."""
    writer = _WRITERS[wire].get("metadata" if wish.startswith("metadata.") else wish)
    if wish == "service_tier" and wire == "anthropic" and value in _FAST:
        raise Untranslatable(
            f"it asks for the tier {value}, which this wire has in other units, as speed fast"
        )
    if wish == "service_tier" and value not in TIERS:
        raise Untranslatable(f"it asks for the tier {value}, which has no counterpart")
    if wish == "server tool":
        there = tool_elsewhere(CLIENT_KINDS[wire], str(value))
        form = "this wire has in another form" if there else "has no counterpart"
        raise Untranslatable(f"it chooses {value}, which {form}")
    if wish in ("custom", "allowed_tools") and writer is None:
        raise Untranslatable(f"it chooses {wish.replace('_', ' ')}, which has no counterpart")
    if writer is None:
        raise unsaid(wire, wish if "." in wish else name)
    if wish == "effort" and value == "minimal" and wire == "anthropic":
        raise Untranslatable(f"it asks for the effort {value}, which has no counterpart")
    return writer(value)


def _effort_on_messages(value: str) -> Json:
    return {"thinking": {"type": "disabled"}} if value == "none" else {"output_config": {"effort": value}}


def _as_before(name: str) -> Callable[[Any], Json]:
    """A key of stream_options by its own name."""
    return lambda value: {"stream_options": {name: value}}


def _comes_anyway(_: Any) -> Json:
    """Usage comes with every stream there."""
    return {}


def _only_the_default(name: str, default: Any) -> Callable[[Any], Json]:
    """A wish that a wire has no field for, but for what it does anyway."""

    def say(value: Any) -> Json:
        if value != default:
            kind = value.get("type") if isinstance(value, dict) else value
            raise Untranslatable(f"it asks for the {name} {kind}, which has no counterpart")
        return {}

    return say


def _stop_on_chat(value: list[str]) -> Json:
    if len(value) > MOST_STOPS:
        raise Untranslatable(f"it has {len(value)} stop sequences, and this wire takes {MOST_STOPS} at most")
    return {"stop": value}


def _choose(value: str) -> Json:
    kind, _, named = value.partition(":")
    return {"tool_choice": {"type": kind, "name": named} if named else {"type": kind}}


def _choose_on_chat(value: str) -> Json:
    named = value.removeprefix("tool:")
    choice: Any = {"any": "required"}.get(value, value)
    return {"tool_choice": {"type": "function", "function": {"name": named}} if named != value else choice}


def _choose_on_responses(value: str) -> Json:
    named = value.removeprefix("tool:")
    choice: Any = {"any": "required"}.get(value, value)
    return {"tool_choice": {"type": "function", "name": named} if named != value else choice}


def _custom_on_chat(value: str) -> Json:
    return {"tool_choice": {"type": "custom", "custom": {"name": value.removeprefix("tool:")}}}


def _custom_on_responses(value: str) -> Json:
    return {"tool_choice": {"type": "custom", "name": value.removeprefix("tool:")}}


def _some_on_chat(value: tuple[str, list[tuple[str, str]]]) -> Json:
    mode, tools = value
    allowed = {"mode": mode, "tools": [{"type": kind, kind: {"name": name}} for kind, name in tools]}
    return {"tool_choice": {"type": "allowed_tools", "allowed_tools": allowed}}


def _some_on_responses(value: tuple[str, list[tuple[str, str]]]) -> Json:
    mode, tools = value
    listed = [{"type": kind, "name": name} for kind, name in tools]
    return {"tool_choice": {"type": "allowed_tools", "mode": mode, "tools": listed}}


def _one_at_a_time(value: bool) -> Json:
    return {"tool_choice": {"type": "auto", "disable_parallel_tool_use": not value}}


def takes_all(schema: Any) -> bool:
    """Whether OpenAI takes a schema as strict: its objects are closed, and all their properties required."""
    nodes = list(_nodes(schema))
    return _is_closed(nodes) and all(
        isinstance(node.get("required"), list) and set(node["properties"]) <= set(node["required"])
        for node in nodes
        if isinstance(node.get("properties"), dict) and node["properties"]
    )


def _is_closed(nodes: Iterable[Json]) -> bool:
    return all(node.get("additionalProperties") is False for node in nodes if node.get("type") == "object")


def _nodes(schema: Any) -> Iterator[Json]:
    """All objects within a schema, itself first."""
    if isinstance(schema, dict):
        yield schema
    for inner in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from _nodes(inner)


def _schema_on_messages(value: Json) -> Json:
    """The schema alone, as this wire has no other field for a form; what a model reads is not left out."""
    if value.get("description"):
        raise Untranslatable("it describes the form of the answer, which has no counterpart")
    if not _is_closed(_nodes(value["schema"])):
        raise Untranslatable("it asks for a form with open objects, and this wire takes closed ones alone")
    return {"output_config": {"format": {"type": "json_schema", "schema": value["schema"]}}}


def _named(field: str) -> Callable[[Any], Json]:
    return lambda value: {field: value}


_OPENAI: Final[dict[str, Callable[[Any], Json]]] = {
    "user": _named("user"),
    "metadata": _named("metadata"),
    "parallel": _named("parallel_tool_calls"),
    "service_tier": lambda value: {"service_tier": TIERS[value]},
    "stream_options.include_obfuscation": _as_before("include_obfuscation"),
}
_WRITERS: Final[Mapping[ClientWire, Mapping[str, Callable[[Any], Json]]]] = {
    "anthropic": {
        "stop": _named("stop_sequences"),
        "user": lambda value: {"metadata": {"user_id": value}},
        "choice": _choose,
        "parallel": _one_at_a_time,
        "effort": _effort_on_messages,
        "format": _only_the_default("format", {"type": "text"}),
        "logprobs": _only_the_default("logprobs", False),
        "stream_options.include_usage": _comes_anyway,
        "schema": _schema_on_messages,
        "max_tokens": _named("max_tokens"),
        "service_tier": lambda value: {"service_tier": TIERS[value]},
    },
    "openai": _OPENAI
    | {
        "stop": _stop_on_chat,
        "choice": _choose_on_chat,
        "custom": _custom_on_chat,
        "allowed_tools": _some_on_chat,
        "stream_options.include_usage": _as_before("include_usage"),
        "effort": _named("reasoning_effort"),
        "schema": lambda value: {"response_format": {"type": "json_schema", "json_schema": value}},
        "format": _named("response_format"),
        "verbosity": _named("verbosity"),
        "logprobs": _named("logprobs"),
        "max_tokens": _named("max_completion_tokens"),
    },
    "responses": _OPENAI
    | {
        "choice": _choose_on_responses,
        "custom": _custom_on_responses,
        "allowed_tools": _some_on_responses,
        "stream_options.include_usage": _comes_anyway,
        "effort": lambda value: {"reasoning": {"effort": value}},
        "schema": lambda value: {"text": {"format": {"type": "json_schema", **value}}},
        "format": lambda value: {"text": {"format": value}},
        "verbosity": lambda value: {"text": {"verbosity": value}},
        "logprobs": lambda value: {"include": [LOGPROBS]} if value else {},
        "max_tokens": _named("max_output_tokens"),
    },
}
