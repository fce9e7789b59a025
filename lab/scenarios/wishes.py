"""What a scenario's `params` wish for, and how each client wire says it.

A field that the wire has, or that none has, goes as it is written. One that another wire has goes as the same
wish in this wire's words, if it has any; else it raises Untranslatable. A budget of thinking in tokens has no
counterpart in efforts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from lab.names import PATH_NAMES, ClientWire
from lab.wires import CLIENT_KINDS, wirefields

Json = dict[str, Any]
Wish = tuple[str, Any]

# Fields of the published types that are contents or headers there, and are written under `params` here.
_BESIDE: Final[Mapping[ClientWire, frozenset[str]]] = {
    "anthropic": frozenset({"user_profile_id", "workspace_id"}),
    "openai": frozenset({"functions"}),
    "responses": frozenset({"input", "instructions"}),
}
# The fields of a request on each wire, without those that scenarios have names of their own for.
FIELDS: Final[Mapping[ClientWire, frozenset[str]]] = {
    wire: frozenset(name.partition(".")[0] for name in wirefields.FIELDS[CLIENT_KINDS[wire]])
    - {"max_tokens", "stream"}
    | beside
    for wire, beside in _BESIDE.items()
}
MOST_STOPS: Final = 4  # OpenAI's API reference: up to 4 sequences
_LOGPROBS: Final = "message.output_text.logprobs"
_TIERS: Final = {"standard_only": "default", "default": "standard_only"}
_CHOICES: Final = frozenset({"auto", "any", "tool", "none"})


class Untranslatable(Exception):
    """What a scenario has that a wire has not; the text is a clause, `it` is the scenario."""


def params_on(wire: ClientWire, params: Mapping[str, Any]) -> Json:
    """The parameters in the words of this wire; raises Untranslatable."""
    said: Json = {}
    for name, value in params.items():
        if _native(wire, name, value):
            _put(said, {name: value})
            continue
        if value in ([], {}, ""):
            raise Untranslatable(f"it sends an empty {name}, which has no counterpart")
        for wish, wanted in _wishes(name, value):
            _put(said, _say(wire, wish, wanted, name))
    return said


def _put(said: Json, more: Json) -> None:
    """Objects of one name are one: `text` holds a format and a verbosity."""
    for name, value in more.items():
        both = isinstance(value, dict) and isinstance(said.get(name), dict)
        said[name] = said[name] | value if both else value


def _native(wire: ClientWire, name: str, value: Any) -> bool:
    """Whether the wire has this field, in this shape; what none is known to have is somebody's experiment."""
    if name not in FIELDS[wire]:
        return not any(name in fields for fields in FIELDS.values())
    if name == "tool_choice":
        return wire in _choosing(value)
    if name == "metadata" and wire != "anthropic":
        return not (isinstance(value, dict) and "user_id" in value)
    if name == "service_tier":
        return value not in _TIERS or (value == "standard_only") == (wire == "anthropic")
    return True


def _choosing(value: Any) -> frozenset[ClientWire]:
    """The wires whose words choose a tool like this."""
    if not isinstance(value, dict):
        return frozenset({"openai", "responses"})
    if value.get("type") in _CHOICES:
        return frozenset({"anthropic"})
    nested = any(isinstance(value.get(key), dict) for key in ("function", "custom", "allowed_tools"))
    return frozenset({"openai"}) if nested else frozenset({"responses"})


def _wishes(name: str, value: Any) -> Iterator[Wish]:
    reader = _READERS.get(name)
    if reader is None:
        raise Untranslatable(f"it sets {name}, which has no counterpart")
    yield from reader(value)


def _stop(value: Any) -> Iterator[Wish]:
    yield "stop", [value] if isinstance(value, str) else value


def _metadata(value: Json) -> Iterator[Wish]:
    if "user_id" in value:
        yield "user", value["user_id"]
    if others := {key: one for key, one in value.items() if key != "user_id"}:
        yield "metadata", others


def _thinking(value: Json) -> Iterator[Wish]:
    if value.get("type") == "disabled":
        yield "effort", "none"
    else:
        yield "thinking", value


def _tool_choice(value: Any) -> Iterator[Wish]:
    if isinstance(value, str):
        yield "choice", {"required": "any"}.get(value, value)
        return
    kind = value.get("type")
    if kind not in {*_CHOICES, "function"}:
        raise Untranslatable(f"it chooses {kind}, which has no counterpart")
    named = value.get("name") or (value.get("function") or {}).get("name")
    yield "choice", f"tool:{named}" if kind in {"tool", "function"} else kind
    if value.get("disable_parallel_tool_use") is not None:
        yield "parallel", not value["disable_parallel_tool_use"]


def _output_config(value: Json) -> Iterator[Wish]:
    for name, item in value.items():
        if name == "effort":
            yield "effort", item
        elif name == "format" and item.get("type") == "json_schema":
            yield "schema", {"name": "answer", "strict": True, "schema": item["schema"]}
        else:
            raise Untranslatable(f"it sets output_config.{name}, which has no counterpart")


def _response_format(value: Json) -> Iterator[Wish]:
    if value.get("type") == "json_schema":
        yield "schema", value["json_schema"]
    else:
        yield "format", value


def _text(value: Json) -> Iterator[Wish]:
    for name, item in value.items():
        if name == "verbosity":
            yield "verbosity", item
        elif name == "format" and item.get("type") == "json_schema":
            yield "schema", {key: given for key, given in item.items() if key != "type"}
        elif name == "format":
            yield "format", item
        else:
            raise Untranslatable(f"it sets text.{name}, which has no counterpart")


def _reasoning(value: Json) -> Iterator[Wish]:
    for name, item in value.items():
        if name != "effort":
            raise Untranslatable(f"it sets reasoning.{name}, which has no counterpart")
        yield "effort", item


def _include(value: Any) -> Iterator[Wish]:
    if value != [_LOGPROBS]:
        raise Untranslatable("it sets include, which has no counterpart")
    yield "logprobs", True


def _as(wish: str) -> Callable[[Any], Iterator[Wish]]:
    def read(value: Any) -> Iterator[Wish]:
        yield wish, value

    return read


_READERS: Final[Mapping[str, Callable[[Any], Iterator[Wish]]]] = {
    "stop_sequences": _stop,
    "stop": _stop,
    "metadata": _metadata,
    "thinking": _thinking,
    "user": _as("user"),
    "tool_choice": _tool_choice,
    "parallel_tool_calls": _as("parallel"),
    "service_tier": _as("service_tier"),
    "output_config": _output_config,
    "reasoning_effort": _as("effort"),
    "reasoning": _reasoning,
    "response_format": _response_format,
    "text": _text,
    "verbosity": _as("verbosity"),
    "logprobs": _as("logprobs"),
    "include": _include,
    "max_completion_tokens": _as("max_tokens"),
    "max_output_tokens": _as("max_tokens"),
}


def _say(wire: ClientWire, wish: str, value: Any, name: str) -> Json:
    writer = _WRITERS[wire].get(wish)
    if writer is None:
        units = _OTHER_UNITS.get((wire, wish))
        other = f"which this wire has in other units, as {units}, and so " if units else "which "
        raise Untranslatable(f"it sets {name}, {other}has no counterpart")
    if wish == "effort" and value == "max" and wire != "anthropic":
        raise Untranslatable("it asks for the effort max, which has no counterpart")
    if wish == "effort" and value in ("none", "minimal") and wire == "anthropic":
        raise Untranslatable(f"it asks for the effort {value}, which has no counterpart")
    return writer(value)


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


def _one_at_a_time(value: bool) -> Json:
    return {"tool_choice": {"type": "auto", "disable_parallel_tool_use": not value}}


def _schema_alone(value: Json) -> Json:
    return {"type": "json_schema", "schema": value["schema"]}


def _named(field: str) -> Callable[[Any], Json]:
    return lambda value: {field: value}


# What has no counterpart though the wire has something alike.
_OTHER_UNITS: Final[Mapping[tuple[ClientWire, str], str]] = {
    ("openai", "thinking"): "reasoning_effort",
    ("responses", "thinking"): "reasoning.effort",
}
_OPENAI: Final[dict[str, Callable[[Any], Json]]] = {
    "user": _named("user"),
    "metadata": _named("metadata"),
    "parallel": _named("parallel_tool_calls"),
    "service_tier": lambda value: {"service_tier": _TIERS.get(value, value)},
}
_WRITERS: Final[Mapping[ClientWire, Mapping[str, Callable[[Any], Json]]]] = {
    "anthropic": {
        "stop": _named("stop_sequences"),
        "user": lambda value: {"metadata": {"user_id": value}},
        "choice": _choose,
        "parallel": _one_at_a_time,
        "effort": lambda value: {"output_config": {"effort": value}},
        "schema": lambda value: {
            "output_config": {"format": {"type": "json_schema", "schema": value["schema"]}}
        },
        "max_tokens": _named("max_tokens"),
        "service_tier": lambda value: {"service_tier": _TIERS.get(value, value)},
    },
    "openai": _OPENAI
    | {
        "stop": _stop_on_chat,
        "choice": _choose_on_chat,
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
        "effort": lambda value: {"reasoning": {"effort": value}},
        "schema": lambda value: {"text": {"format": {"type": "json_schema", **value}}},
        "format": lambda value: {"text": {"format": value}},
        "verbosity": lambda value: {"text": {"verbosity": value}},
        "logprobs": lambda value: {"include": [_LOGPROBS]} if value else {},
        "max_tokens": _named("max_output_tokens"),
    },
}


def wire_words(wire: ClientWire) -> str:
    """The wire's name in a sentence."""
    return f"{PATH_NAMES[wire]} wire"
