"""Compares the parameters of two requests on one wire, field by field as JSON: nothing but equal is the same.

Equal are a documented default that is stated or left out, a null that stands for nothing, a field under the
other of its two documented names, and a documented short form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from lab.exchange.compare.difference import Change
from lab.exchange.schemas import differing_parts
from lab.wires.canonical import canonical_json
from lab.wires.params import DEFAULTS, THINKS_ANYWAY
from lab.wires.units import Params
from lab.wires.wirefields import family

# Two names of one field, by the docstrings of openai 3.54.0 ("deprecated in favor of", "replaced by") and
# Anthropic's structured outputs (the beta's name).
SYNONYMS: Final[dict[str, tuple[frozenset[str], ...]]] = {
    "messages": (frozenset({"output_format", "output_config.format"}),),
    "chat": (
        frozenset({"max_tokens", "max_completion_tokens"}),
        frozenset({"user", "safety_identifier"}),
        frozenset({"function_call", "tool_choice"}),
    ),
    "responses": (
        frozenset({"user", "safety_identifier"}),
        frozenset({"reasoning.generate_summary", "reasoning.summary"}),
    ),
}
# Two words for one value: openai 3.54.0, "include the service_tier=fast or service_tier=priority parameter".
_WORDS: Final = {("service_tier", "fast"): "priority"}
# Lists whose order says nothing.
_SETS: Final = frozenset({"stop", "options.stop", "stop_sequences", "include", "modalities"})
# A JSON schema's nulls are data.
_SCHEMA: Final = "schema"


class Changed(NamedTuple):
    """One field that differs: its path, what became of it, and both values (None where there is none)."""

    field: str
    path: str
    change: Change
    before: Any
    after: Any


def field_changes(kind: str, sent: Params, arrived: Params, model: str | None) -> Iterator[Changed]:
    """Every field that differs; `model` is the one asked at the provider, as defaults depend on it."""
    wire = family(kind)
    defaults = _defaults(wire, model)
    ours, theirs = dict(sent), dict(arrived)
    for path in sent:
        other = _renamed(wire, path, ours, theirs)
        if other is not None:
            del ours[path], theirs[other]
    for field in dict.fromkeys((*ours, *theirs)):
        before, after = ours.get(field), theirs.get(field)
        if field not in ours or field not in theirs:
            given = before if field in ours else after
            if not _is_default(defaults, field, given):
                path, given = _innermost(field, given)
                change: Change = "dropped" if field in ours else "added"
                yield Changed(field, path, change, *((given, None) if field in ours else (None, given)))
            continue
        for path, one, other in _unequal(
            field, _long(field, before), _long(field, after), exact=field == "format"
        ):
            if one is None and _is_default(defaults, path, other):
                continue
            if other is None and _is_default(defaults, path, one):
                continue
            change = "added" if one is None else "dropped" if other is None else "changed"
            yield Changed(field, path, change, one, other)


def same_json(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON: numbers by value, and no boolean is a number."""
    return canonical_json(one) == canonical_json(other)


def _defaults(wire: str, model: str | None) -> Params:
    defaults = DEFAULTS.get(wire, {})
    if model and model.startswith(THINKS_ANYWAY):
        return {path: value for path, value in defaults.items() if path != "thinking"}
    return defaults


def _is_default(defaults: Params, path: str, value: Any) -> bool:
    return path in defaults and same_json(defaults[path], value)


def _renamed(wire: str, path: str, ours: Params, theirs: Params) -> str | None:
    """The other name under which a field arrived, with the same value."""
    for names in SYNONYMS.get(wire, ()):
        for other in names - {path} if path in names and path not in theirs else ():
            alike = other in theirs and other not in ours
            if alike and same_json(_long(path, ours[path]), _long(other, theirs[other])):
                return other
    return None


def _long(field: str, value: Any) -> Any:
    """The long form of a short one: one stop sequence is a list of one, an id is an object with it."""
    if field == "function_call" and isinstance(value, dict):
        return {"type": "function", "function": value}
    if isinstance(value, str):
        value = _WORDS.get((field, value), value)
    if isinstance(value, str) and field in ("stop", "options.stop"):
        return [value]
    if field in _SETS and isinstance(value, list):
        return sorted(dict.fromkeys(map(str, value)))
    return {"id": value} if isinstance(value, str) and field in ("container", "conversation") else value


def _unequal(path: str, before: Any, after: Any, *, exact: bool) -> Iterator[tuple[str, Any, Any]]:
    """The innermost places that differ; a variant of another type differs as a whole."""
    if same_json(before, after) or (exact and _same_schema(path, before, after)):
        return
    if isinstance(before, dict) and isinstance(after, dict) and (exact or _same_variant(before, after)):
        yield from _within(path, before, after, exact=exact)
    elif isinstance(before, list) and isinstance(after, list) and _alike(before, after):
        for n, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _unequal(f"{path}[{n}]", one, other, exact=exact)
    else:
        yield path, before, after


def _same_schema(path: str, before: Any, after: Any) -> bool:
    """Whether a whole schema says the same; a form of Ollama's is one itself."""
    whole = path.rpartition(".")[2] in (_SCHEMA, "format") and isinstance(before, dict)
    return whole and isinstance(after, dict) and not differing_parts(before, after)


def _innermost(path: str, value: Any) -> tuple[str, Any]:
    """The one thing that an object says, by its own path; a variant is named as a whole."""
    while isinstance(value, dict) and len(value) == 1 and "type" not in value:
        ((key, value),) = value.items()
        path = f"{path}.{key}"
    return path, value


def _within(
    path: str, before: Mapping[str, Any], after: Mapping[str, Any], *, exact: bool
) -> Iterator[tuple[str, Any, Any]]:
    for key in dict.fromkeys((*before, *after)):
        one, other, inner = before.get(key), after.get(key), f"{path}.{key}"
        if exact and (key in before) is not (key in after):
            yield inner, *((_shown(one), None) if key in before else (None, _shown(other)))
        elif one is None or other is None:
            if one is not other:
                yield inner, one, other
        else:
            yield from _unequal(inner, one, other, exact=exact or key == _SCHEMA)


def _shown(value: Any) -> Any:
    """A null that is data, so that it does not read as nothing."""
    return "null" if value is None else value


def _same_variant(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    return same_json(before.get("type"), after.get("type"))


def _alike(before: list[Any], after: list[Any]) -> bool:
    both = (*before, *after)
    return len(before) == len(after) and all(isinstance(one, dict) for one in both)
