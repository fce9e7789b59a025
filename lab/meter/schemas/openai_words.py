"""Pydantic's findings in the words of OpenAI's API: message, parameter and code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pydantic import ValidationError

from lab.meter.refusal import Refusal

Finding = dict[str, Any]

_EXPECTED = {
    "string_type": "a string",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_type": "a decimal",
    "bool_type": "a boolean",
    "list_type": "an array",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}


# Where a text would do as well.
_EITHER = {"list_type": "one of a string or array of objects", "dict_type": "one of a string or object"}


def refusal(error: ValidationError, *, unknown: Callable[[list[str]], Refusal]) -> Refusal:
    """The finding reported first: missing top-level keys, then unknown ones, then the others in order."""
    findings: list[Finding] = [dict(one) for one in error.errors(include_url=False)]
    top = [one for one in findings if len(one["loc"]) == 1]
    for one in top:
        if one["type"] == "missing":
            return _refuse(one)
    extra = [str(one["loc"][0]) for one in top if one["type"] == "extra_forbidden"]
    return unknown(extra) if extra else _refuse(findings[0])


def unrecognized(names: list[str]) -> Refusal:
    """Unknown top-level keys on /v1/chat/completions."""
    plural = "s" if len(names) > 1 else ""
    return Refusal(400, f"Unrecognized request argument{plural} supplied: {', '.join(names)}")


def unknown_parameter(names: list[str]) -> Refusal:
    """An unknown key anywhere else."""
    return _bad(f"Unknown parameter: '{names[0]}'.", names[0], "unknown_parameter")


def empty_array(param: str) -> Refusal:
    """An array that must not be empty."""
    text = "empty array. Expected an array with minimum length 1, but got an empty array instead."
    return _bad(f"Invalid '{param}': {text}", param, "empty_array")


def invalid_value(value: Any, allowed: Sequence[str], param: str) -> Refusal:
    """A value outside an enumeration."""
    quoted = [f"'{one}'" for one in allowed]
    named = (
        f"{', '.join(quoted[:-1])}{',' if len(quoted) > 2 else ''} and {quoted[-1]}"
        if quoted[1:]
        else quoted[0]
    )
    return _bad(f"Invalid value: '{value}'. Supported values are: {named}.", param, "invalid_value")


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


def _refuse(finding: Finding) -> Refusal:
    # A key of an object is meant by the object's own name.
    loc = [part for part in finding["loc"] if part != "[key]"]
    param, kind, given = _path(loc), finding["type"], finding.get("input")
    if kind == "missing":
        return _bad(f"Missing required parameter: '{param}'.", param, "missing_required_parameter")
    if kind == "extra_forbidden":
        return unknown_parameter([param])
    if kind in _EXPECTED:
        expected = _EITHER.get(kind, "") if "~items" in finding["loc"][-1:] else _EXPECTED[kind]
        if param == "stop" and kind == "list_type":
            expected = "one of a string or array of strings"
        text = f"Invalid type for '{param}': expected {expected}, but got {_named(given)} instead."
        return _bad(text, param, "invalid_type")
    return _bounds(param, kind, given, finding.get("ctx", {})) or _bad(
        f"Invalid value for '{param}': {finding['msg']}.", param, "invalid_value"
    )


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
    if isinstance(given, str):
        return invalid_value(given, expected.replace(" or ", ", ").replace("'", "").split(", "), param)
    text = f"expected one of {expected}, but got {_named(given)} instead."
    return _bad(f"Invalid type for '{param}': {text}", param, "invalid_type")


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
    side, sign, key = (
        ("below minimum", ">=", "ge") if kind == "greater_than_equal" else ("above maximum", "<=", "le")
    )
    number, shown = ("decimal", float(given)) if isinstance(ctx[key], float) else ("integer", given)
    text = f"{number} {side} value. Expected a value {sign} {ctx[key]:g}, but got {shown} instead."
    return _bad(
        f"Invalid '{param}': {text}", param, f"{number}_{side.replace('imum', '').replace(' ', '_')}_value"
    )


def _named(value: Any) -> str:
    if value is None:
        return "null"
    names = {bool: "a boolean", int: "an integer", float: "a decimal", str: "a string", list: "an array"}
    return names.get(type(value), "an object")
