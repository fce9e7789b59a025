"""What a scenario's `params` wish for, and how each client wire says it.

A field that the wire has, or that none has, goes as it is written. One that another wire has goes as the same
wish in this wire's words, if it has any; else it raises Untranslatable. Which wire has a field for what is in
the table of units (lab.wires.units), by which requests are compared too. A budget of thinking in tokens is
none of efforts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from lab.names import ClientWire
from lab.scenarios.untranslatable import Untranslatable, unsaid
from lab.scenarios.wordings import LOGPROBS, say, takes_all
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
_CHOICES: Final = frozenset({"auto", "any", "tool", "none"})


def params_on(wire: ClientWire, params: Mapping[str, Any]) -> Json:
    """The parameters in the words of this wire; raises Untranslatable."""
    said: Json = {}
    users = {str(params[name]) for name in ("user", "safety_identifier") if name in params}
    if wire == "anthropic" and len(users) > 1:
        raise Untranslatable("it sets user beside safety_identifier, which are one here")
    for name, value in params.items():
        if _native(wire, name, value):
            _put(said, {name: value})
            continue
        if value in ([], {}, "") and name != "web_search_options":  # which speaks by being there
            raise Untranslatable(f"it sends an empty {name}, which has no counterpart")
        try:
            for wish, wanted in _wishes(wire, name, value):
                _put(said, say(wire, wish, wanted, name))
        except (AttributeError, KeyError, TypeError) as exc:
            raise Untranslatable(f"it sets {name} in a form that no other wire has") from exc
    return said


def _put(said: Json, more: Json) -> None:
    """Objects of one name are one: `text` holds a format and a verbosity."""
    for name, value in more.items():
        both = isinstance(value, dict) and isinstance(said.get(name), dict)
        if not both:
            said[name] = value
        elif name == "tool_choice":  # to forbid parallel calls leaves the choice as it is
            said[name] = (
                value | said[name] | {key: one for key, one in value.items() if value["type"] != "auto"}
            )
        else:
            said[name] = said[name] | value


def _native(wire: ClientWire, name: str, value: Any) -> bool:
    """Whether the wire has this field, in this shape; what none is known to have is somebody's experiment."""
    if name not in FIELDS[wire]:
        return not any(name in fields for fields in FIELDS.values())
    if name == "tool_choice":
        return wire in _choosing(value)
    if name == "service_tier":
        own = wirefields.TIERS["messages" if wire == "anthropic" else "chat"]
        known = isinstance(value, str) and any(value in tiers for tiers in wirefields.TIERS.values())
        return not known or value in own
    if name == "context_management":
        return not isinstance(value, dict if wire == "responses" else list)
    holds = name in wirefields.HOLDERS and isinstance(value, dict)
    return not holds or not any(_foreign(wire, f"{name}.{inner}") for inner in value)


def _foreign(wire: ClientWire, path: str) -> bool:
    """Whether only other wires have this field."""
    if path == "metadata.user_id":  # OpenAI's wires would take it for a label like any other
        return wire != "anthropic"
    has = [kind for kind in CLIENT_KINDS.values() if wirefields.wire_has(kind, path)]
    return bool(has) and CLIENT_KINDS[wire] not in has


def _choosing(value: Any) -> frozenset[ClientWire]:
    """The wires whose words choose a tool like this."""
    if not isinstance(value, dict):
        return frozenset({"openai", "responses"})
    if value.get("type") in _CHOICES:
        return frozenset({"anthropic"})
    nested = any(isinstance(value.get(key), dict) for key in ("function", "custom", "allowed_tools"))
    return frozenset({"openai"}) if nested else frozenset({"responses"})


def _wishes(wire: ClientWire, name: str, value: Any) -> Iterator[Wish]:
    reader = _READERS.get(name)
    if reader is None:
        inner = value if name in wirefields.HOLDERS and isinstance(value, dict) else {}
        foreign = (path for key in inner if _foreign(wire, path := f"{name}.{key}"))
        raise unsaid(wire, next(foreign, name))
    yield from reader(value)


def _stop(value: Any) -> Iterator[Wish]:
    yield "stop", [value] if isinstance(value, str) else value


def _metadata(value: Json) -> Iterator[Wish]:
    if "user_id" in value:
        yield "user", value["user_id"]
    if others := {key: one for key, one in value.items() if key != "user_id"}:
        yield f"metadata.{next(iter(others))}", others


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
    inner = value.get(str(kind), value)
    if kind == "allowed_tools":
        tools = [(tool["type"], tool.get(tool["type"], tool)["name"]) for tool in inner["tools"]]
        yield "allowed_tools", (inner["mode"], tools)
    elif kind in {"custom", *_CHOICES, "function"}:
        named = inner.get("name")
        yield "custom" if kind == "custom" else "choice", f"tool:{named}" if named else kind
    else:
        yield "server tool", kind
    if value.get("disable_parallel_tool_use") is not None:
        yield "parallel", not value["disable_parallel_tool_use"]


def _output_config(value: Json) -> Iterator[Wish]:
    for name, item in value.items():
        if name == "effort":
            yield "effort", item
        elif name == "format" and item.get("type") == "json_schema":
            strict = {"strict": True} if takes_all(item["schema"]) else {}
            yield "schema", {"name": "answer", **strict, "schema": item["schema"]}
        else:
            yield f"output_config.{name}", item


def _output_format(value: Json) -> Iterator[Wish]:
    yield from _output_config({"format": value})


def _stream_options(value: Json) -> Iterator[Wish]:
    for name, item in value.items():
        yield f"stream_options.{name}", item


def _function_call(value: Any) -> Iterator[Wish]:
    yield "choice", value if isinstance(value, str) else f"tool:{value['name']}"


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
            yield f"text.{name}", item


def _reasoning(value: Json) -> Iterator[Wish]:
    for name, item in value.items():
        yield "effort" if name == "effort" else f"reasoning.{name}", item


def _include(value: Any) -> Iterator[Wish]:
    if value != [LOGPROBS]:
        others = ", ".join(str(one) for one in value if one != LOGPROBS)
        raise Untranslatable(f"it includes {others}, which has no counterpart")
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
    "safety_identifier": _as("user"),
    "function_call": _function_call,
    "output_format": _output_format,
    "stream_options": _stream_options,
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
