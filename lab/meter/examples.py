"""The least value that a JSON schema takes, for a call that a request demands and no script foresees."""

from __future__ import annotations

from typing import Any

_MAX_DEPTH = 8
_LEAST: dict[str, Any] = {"string": "x", "integer": 0, "number": 0, "boolean": False, "null": None}


def example(schema: dict[str, Any] | None) -> dict[str, Any]:
    """An object with every property that a tool's schema requires."""
    made = _value(schema or {}, schema or {}, 0)
    return made if isinstance(made, dict) else {}


def _value(schema: Any, root: dict[str, Any], depth: int) -> Any:  # noqa: PLR0911 - one return per keyword
    if not isinstance(schema, dict) or depth > _MAX_DEPTH:
        return "x"
    schema = _referred(schema, root)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if isinstance(schema.get(key), list) and schema[key]:
            return _value(schema[key][0], root, depth + 1)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    if kind == "object":
        known = schema.get("properties") or {}
        return {name: _value(known.get(name, {}), root, depth + 1) for name in schema.get("required") or ()}
    if kind == "array":
        items = schema.get("items", {})
        least = min(_number(schema, "minItems"), _MAX_DEPTH)
        return [_value(items, root, depth + 1) for _ in range(int(least))]
    if kind in ("integer", "number"):
        return max(0, _number(schema, "minimum"))
    return _LEAST.get(kind if isinstance(kind, str) else "", "x")


def _number(schema: dict[str, Any], key: str) -> float:
    given = schema.get(key, 0)
    return given if isinstance(given, int | float) else 0


def _referred(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    found: Any = schema
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/"):
        found = root
        for key in reference.removeprefix("#/").split("/"):
            found = found.get(key, {}) if isinstance(found, dict) else {}
    return found if isinstance(found, dict) else {}
