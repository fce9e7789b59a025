"""The parameters of a request: field by field as they were sent, and read as the table of units says.

A field has a dotted path. Objects that hold parameters of their own are taken apart, and so is a tool choice
that forbids parallel calls. What is null or empty at the top says nothing and is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lab.wires.canonical import canonical_json
from lab.wires.neutral import NeutralRequest
from lab.wires.units import BY_NAME, UNITS, Params, Unit
from lab.wires.wirefields import HOLDERS, family, wire_has

ALONE: Final = "disable_parallel_tool_use"
# An empty object there is a wish: the first turn opts in to diagnostics with a null in it
# (https://platform.claude.com/docs/en/api/messages), and to search the web by the defaults is to search.
_SPEAKS: Final = frozenset({"diagnostics", "web_search_options"})

# What a wire does when a field is left out, by the docs of each field (docs/api-reference on either site, the
# docstrings of both SDKs, Ollama's docs/modelfile.md); nested fields stand under their whole path.
_SAMPLING: Final[Params] = {"temperature": 1, "top_p": 1}
_OPENAI: Final[Params] = {
    **_SAMPLING,
    "parallel_tool_calls": True,
    "prompt_cache_options.mode": "implicit",
    "prompt_cache_options.ttl": "30m",
    "service_tier": "auto",
    "stream_options.include_obfuscation": True,
    "tool_choice": "auto",
}
DEFAULTS: Final[dict[str, Params]] = {
    "messages": {
        **_SAMPLING,
        "billing_policy.bill_to": "self",
        "output_config.effort": "high",  # build-with-claude/effort: the same as leaving it out
        "service_tier": "auto",
        "speed": "standard",
        "thinking": {"type": "disabled"},  # build-with-claude/thinking; see THINKS_ANYWAY
        "tool_choice": {"type": "auto"},
        f"tool_choice.{ALONE}": False,
    },
    "chat": {
        **_OPENAI,
        "frequency_penalty": 0,
        "function_call": "auto",
        "logprobs": False,
        "modalities": ["text"],
        "n": 1,
        "presence_penalty": 0,
        "response_format": {"type": "text"},
        "response_format.json_schema.strict": False,
        "store": False,
        "stream_options.include_usage": False,
        "verbosity": "medium",
    },
    "responses": {
        **_OPENAI,
        "background": False,
        "background_options.completion_window": "soonest",
        "image.context_compression": "auto",
        "prompt_cache_options.prewarm": False,
        "reasoning.context": "auto",
        "store": True,
        "text.format": {"type": "text"},
        "text.format.strict": False,
        "text.verbosity": "medium",
        "truncation": "disabled",
    },
    "ollama_chat": {
        "keep_alive": "5m",
        "options.num_predict": -1,
        "options.temperature": 0.8,
        "options.top_k": 40,
        "options.top_p": 0.9,
        "think": False,
    },
}
# Generations of models that always think by the docs (build-with-claude/adaptive-thinking, 2026), so that
# "disabled" is a wish there. For all others up to Opus 4.8, thinking that is left out is disabled.
THINKS_ANYWAY: Final = ("claude-mythos", "claude-fable")


@dataclass(frozen=True, slots=True)
class Reading:
    """One wish: its value in the notation of its unit, and the fields that say it, as they were sent."""

    value: Any
    fields: Params


def fields_of(params: Mapping[str, Any]) -> Params:
    """All fields that say something, by their paths."""
    fields: Params = {}
    for key, value in params.items():
        if key in HOLDERS and isinstance(value, dict):
            fields |= {f"{key}.{inner}": one for inner, one in value.items() if not _silent(one)}
        elif key == "tool_choice" and isinstance(value, dict) and ALONE in value:
            choice = {inner: one for inner, one in value.items() if inner != ALONE}
            alone = {f"{key}.{ALONE}": value[ALONE]} if value[ALONE] is not None else {}
            fields |= ({key: choice} if choice else {}) | alone
        elif key in _SPEAKS or not _silent(value):
            fields |= {key: value} if value is not None else {}
    return fields


def readings(kind: str, fields: Mapping[str, Any], *, loosely: bool = False) -> dict[str, Reading]:
    """Every wish by the name of its unit; fields of no unit keep their path as their name.

    `loosely` reads what only another wire has a field for as that wire does.
    """
    wire = family(kind)
    left = dict(_split(fields))
    read: dict[str, Reading] = {}
    used: set[str] = set()
    for unit in UNITS:
        said_on, given = _given(wire, unit, left, loosely=loosely)
        if not given:
            continue
        used |= given.keys()
        value = unit.read(said_on, list(given.values()))
        if value is not None:
            read[unit.name] = Reading(value, given)
    if "include" in left and isinstance(left["include"], list):
        others = [one for one in left["include"] if one != "message.output_text.logprobs"]
        left["include"] = others
        used -= {"include"} if others else set()
    rest = {
        _own_name(wire, path): Reading(value, {path: value})
        for path, value in left.items()
        if path not in used
    }
    return {name: one for name, one in rest.items() if name not in read} | read


def refusals(kind: str, fields: Mapping[str, Any]) -> dict[str, Params]:
    """The fields that say a wish is not there, by its unit's name: thinking that is disabled."""
    left = dict(_split(fields))
    read = readings(kind, fields, loosely=True)
    given = {unit.name: _given(family(kind), unit, left, loosely=True)[1] for unit in UNITS}
    return {name: one for name, one in given.items() if one and name not in read and "include" not in one}


def _given(wire: str, unit: Unit, left: Params, *, loosely: bool) -> tuple[str, Params]:
    """The fields that say a wish, and the wire whose they are; one that says another thing stays apart."""
    for other in (wire, *(unit.places if loosely else ())):
        paths = (path for path in unit.places.get(other, ()) if path in left)
        given = {path: left[path] for path in paths if other == wire or not wire_has(wire, path)}
        if given:
            first = _read_alone(unit, other, next(iter(given.values())))
            alike = (path for path in given if unit.merges or _read_alone(unit, other, given[path]) == first)
            return other, {path: given[path] for path in alike}
    return wire, {}


def _read_alone(unit: Unit, kind: str, value: Any) -> str:
    return canonical_json(unit.read(kind, [value]))


def _own_name(wire: str, path: str) -> str:
    """The path, or what tells it from a wish of that name, which this wire says in another field."""
    unit = BY_NAME.get(path)
    return (
        f"unknown {path}" if unit and sayable(wire, path) and path not in unit.places.get(wire, ()) else path
    )


def read_params(kind: str, request: NeutralRequest) -> Params:
    """Every wish of a request in the notation of the table of units; `kind` as in lab.wires.KINDS."""
    found = readings(kind, fields_of(request.params))
    return ({"stream": True} if request.stream else {}) | {name: one.value for name, one in found.items()}


def name_of(kind: str, path: str) -> str:
    """The name of the unit that a field belongs to, or its own path."""
    return _NAMES.get(family(kind), {}).get(path, path)


def can_say(kind: str, unit: Unit) -> bool:
    """Whether a wire has a field for a unit."""
    return family(kind) in unit.places


def sayable(kind: str, name: str) -> bool:
    """Whether a wire has a field for a wish, or a tool that says it."""
    unit = BY_NAME.get(name)
    if unit is None:
        return wire_has(kind, name)
    return can_say(kind, unit) or family(kind) in unit.tools


def other_place(kind: str, path: str) -> str:
    """Where a wire says what another wire says in the field `path`; empty if it has no words for it."""
    for unit in UNITS:
        if any(path in paths for paths in unit.places.values()):
            own = unit.places.get(family(kind), ())
            return own[0] if own else f"a tool {unit.tools[kind]}" if kind in unit.tools else ""
    return ""


def is_default(kind: str, name: str, value: Any) -> bool:
    """Whether a wish, by its unit's name, says only what this wire does when it is left out."""
    found = _DEFAULT_WISHES.get(family(kind), {}).get(name)
    return found is not None and (isinstance(found, bool) is isinstance(value, bool)) and bool(found == value)


def _split(fields: Mapping[str, Any]) -> Params:
    """Thinking apart from how it is shown, and from whatever else stands beside it."""
    thinking = fields.get("thinking")
    if not isinstance(thinking, dict):
        return dict(fields)
    own = {key: value for key, value in thinking.items() if key in ("type", "budget_tokens")}
    more = {f"thinking.{key}": value for key, value in thinking.items() if key not in own}
    said = {path: value for path, value in more.items() if not _silent(value)}
    return {**fields, "thinking": own, **said}


def _silent(value: Any) -> bool:
    return value is None or value in ("", [], {})


_NAMES: Final = {
    kind: {path: unit.name for unit in reversed(UNITS) for path in unit.places.get(kind, ())}
    | ({"include": "include"} if kind == "responses" else {})
    for kind in DEFAULTS
}
# How much a model thinks when nothing is asked is each provider's own, so that it is no default across wires.
_DEFAULT_WISHES: Final = {
    kind: {name: one.value for name, one in readings(kind, defaults).items() if name != "thinking"}
    for kind, defaults in DEFAULTS.items()
}
