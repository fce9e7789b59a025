"""Pydantic's findings in the words of OpenAI's API: message, parameter and code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from lab.meter.refusal import Refusal

Finding = dict[str, Any]
# What is expected at a place (indexes left out), where the API says more than the kind of value.
Expected = Mapping[str, str]

_EXPECTED = {
    "string_type": "a string",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_type": "a decimal",
    "bool_type": "a boolean",
    "list_type": "an array of objects",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}
# Where a text would do as well.
_EITHER = {"list_type": "one of a string or array of objects", "dict_type": "one of a string or object"}
# Values that are taken and never named.
_HIDDEN = frozenset({"in-memory", "scale", "ultrafast"})
_FAR = 3  # edits that make a key too different from one that is known


def refusal(
    error: ValidationError, *, unknown: Callable[[list[str]], Refusal], expected: Expected | None = None
) -> Refusal:
    """The finding reported first: missing top-level keys, then unknown ones, then the others in order."""
    findings: list[Finding] = [dict(one) for one in error.errors(include_url=False)]
    top = [one for one in findings if len(one["loc"]) == 1]
    for one in top:
        if one["type"] == "missing":
            return _refuse(one, {})
    extra = [str(one["loc"][0]) for one in top if one["type"] == "extra_forbidden"]
    return unknown(extra) if extra else _refuse(findings[0], expected or {})


def unrecognized(names: list[str]) -> Refusal:
    """Unknown top-level keys, as the older models of /v1/chat/completions say it."""
    plural = "s" if len(names) > 1 else ""
    return Refusal(400, f"Unrecognized request argument{plural} supplied: {', '.join(names)}")


def unknown_parameter(names: list[str], known: Iterable[str] = ()) -> Refusal:
    """An unknown key anywhere else, with the known ones that it may stand for."""
    near = sorted((distance, one) for one in known if (distance := _distance(names[0], one)) < _FAR)
    meant = [f"'{one}'" for _, one in near]
    help_ = f" Did you mean {_either(meant)}?" if meant else ""
    return _bad(f"Unknown parameter: '{names[0]}'.{help_}", names[0], "unknown_parameter")


def _distance(one: str, other: str) -> int:
    """Edits between two keys, as far as they matter."""
    if abs(len(one) - len(other)) >= _FAR:
        return _FAR
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        above, row[0] = row[0], at
        for n, its in enumerate(other, 1):
            above, row[n] = row[n], min(row[n] + 1, row[n - 1] + 1, above + (letter != its))
    return row[-1]


def _either(named: Sequence[str]) -> str:
    if len(named) <= 2:
        return " or ".join(named)
    return f"{', '.join(named[:-1])}, or {named[-1]}"


def empty_array(param: str) -> Refusal:
    """An array that must not be empty."""
    text = "empty array. Expected an array with minimum length 1, but got an empty array instead."
    return _bad(f"Invalid '{param}': {text}", param, "empty_array")


def invalid_value(value: Any, allowed: Sequence[str], param: str) -> Refusal:
    """A value outside an enumeration."""
    return _bad(f"Invalid value: '{value}'. {supported(allowed)}", param, "invalid_value")


def invalid_type(param: str, expected: str, given: Any) -> Refusal:
    """A value of another kind than expected."""
    text = f"Invalid type for '{param}': expected {expected}, but got {_named(given)} instead."
    return _bad(text, param, "invalid_type")


def unsupported(key: str, instead: str = "") -> str:
    """What a model says of a parameter that it does not have."""
    return f"Unsupported parameter: '{key}' is not supported with this model.{instead}"


def supported(levels: Sequence[str]) -> str:
    """Which values there are."""
    quoted = [f"'{one}'" for one in levels]
    comma = "," if len(quoted) > 2 else ""
    named = f"{', '.join(quoted[:-1])}{comma} and {quoted[-1]}" if quoted[1:] else quoted[0]
    return f"Supported values are: {named}."


def not_among(key: str, value: str, levels: Sequence[str]) -> str:
    """What a model says of a level that it does not have."""
    return f"Unsupported value: '{key}' does not support {value} with this model. {supported(levels)}"


def _bad(message: str, param: str | None, code: str | None) -> Refusal:
    return Refusal(400, message, param=param, code=code)


def _path(loc: Sequence[str | int]) -> str:
    path = ""
    for part in loc:
        if isinstance(part, int):
            path += f"[{part}]"
        elif not part.startswith("~"):
            path += f".{part}" if path else part
    return path


def _refuse(finding: Finding, places: Expected) -> Refusal:
    # A key of an object is meant by the object's own name.
    loc = [part for part in finding["loc"] if part != "[key]"]
    param, kind, given = _path(loc), finding["type"], finding.get("input")
    if kind == "missing":
        return _bad(f"Missing required parameter: '{param}'.", param, "missing_required_parameter")
    if kind == "extra_forbidden":
        return unknown_parameter([param])
    if kind in _EXPECTED:
        own = _EITHER.get(kind, "") if "~items" in finding["loc"][-1:] else _EXPECTED[kind]
        place = re.sub(r"\[\d+\]", "[]", param)
        # What says how a field is shaped holds for other shapes only.
        special = kind in ("list_type", "dict_type", "model_type", "model_attributes_type")
        return invalid_type(param, places.get(place, own) if special else own, given)
    if kind == "string_too_long" and "[key]" in finding["loc"]:
        return _long_key(_path(finding["loc"][:1]), param, str(given), finding["ctx"]["max_length"])
    return _bounds(param, kind, given, finding.get("ctx", {})) or _bad(
        f"Invalid value for '{param}': {finding['msg']}.", param, "invalid_value"
    )


def _long_key(of: str, param: str, key: str, most: int) -> Refusal:
    text = f"Invalid property name in '{of}': '{key[:3]}...{key[-3:]}' is too long. Expected a string with"
    text += f" maximum length {most}, but got a string with length {len(key)} instead."
    return _bad(text, param, "property_name_above_max_length")


def _bounds(param: str, kind: str, given: Any, ctx: dict[str, Any]) -> Refusal | None:
    if kind == "literal_error":
        return _outside(param, given, str(ctx["expected"]))
    if kind == "too_short":
        return empty_array(param)
    if kind == "string_too_short":
        text = "empty string. Expected a string with minimum length 1, but got an empty string instead."
        return _bad(f"Invalid '{param}': {text}", param, "empty_string")
    if kind in ("too_long", "string_too_long"):
        return _too_long(param, kind, given, ctx)
    if kind == "string_pattern_mismatch":
        text = (
            f"string does not match pattern. Expected a string that matches the pattern '{ctx['pattern']}'."
        )
        return _bad(f"Invalid '{param}': {text}", param, "invalid_value")
    return _range(param, kind, given, ctx)


def _outside(param: str, given: Any, expected: str) -> Refusal:
    named = expected.replace(" or ", ", ").replace("'", "").split(", ")
    allowed = [one for one in named if one not in _HIDDEN]
    if isinstance(given, str):
        return invalid_value(given, allowed, param)
    return invalid_type(param, f"one of {_either([repr(one) for one in allowed])}", given)


def _too_long(param: str, kind: str, given: Any, ctx: dict[str, Any]) -> Refusal:
    most = ctx["max_length"]
    if kind == "string_too_long":
        text = f"string too long. Expected a string with maximum length {most}, but got a string with length"
        return _bad(f"Invalid '{param}': {text} {len(given)} instead.", param, "string_above_max_length")
    if isinstance(given, dict):
        text = (
            f"too many properties. Expected an object with at most {most} properties, but got an object with"
        )
        code = "object_above_max_properties"
        return _bad(f"Invalid '{param}': {text} {len(given)} properties instead.", param, code)
    text = f"array too long. Expected an array with maximum length {most}, but got an array with length"
    return _bad(f"Invalid '{param}': {text} {len(given)} instead.", param, "array_above_max_length")


def _range(param: str, kind: str, given: Any, ctx: dict[str, Any]) -> Refusal | None:
    if kind not in ("greater_than_equal", "less_than_equal"):
        return None
    sign, key = (">=", "ge") if kind == "greater_than_equal" else ("<=", "le")
    return out_of_bounds(
        param, "decimal" if isinstance(ctx[key], float) else "integer", sign, ctx[key], given
    )


def out_of_bounds(param: str, number: str, sign: str, bound: float, given: Any) -> Refusal:
    """A number below its minimum (sign `>=`) or above its maximum (`<=`)."""
    side = "below minimum" if sign == ">=" else "above maximum"
    text = f"{number} {side} value. Expected a value {sign} {bound:g}, but got {given} instead."
    return _bad(
        f"Invalid '{param}': {text}", param, f"{number}_{side.replace('imum', '').replace(' ', '_')}_value"
    )


def _named(value: Any) -> str:
    if value is None:
        return "null"
    names = {
        bool: "a boolean",
        int: "an integer",
        float: "a decimal number",
        str: "a string",
        list: "an array",
    }
    return names.get(type(value), "an object")
