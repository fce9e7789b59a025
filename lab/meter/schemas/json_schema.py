"""What providers demand of a tool's JSON schema, checked without recursion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_TYPES = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})
_MAPS = ("properties", "$defs", "definitions", "patternProperties", "dependentSchemas")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_SINGLE = ("items", "additionalProperties", "not", "contains", "propertyNames", "if", "then", "else")

Context = tuple[str, ...]


def broken(schema: dict[str, Any]) -> bool:
    """Whether a schema breaks JSON Schema draft 2020-12 in its commonest keywords."""
    return any(_breaks(node) for _, node in _nodes(schema))


def array_without_items(schema: dict[str, Any]) -> Context | None:
    """Where an array's `items` are missing, as a path of keys, or None."""
    for context, node in _nodes(schema):
        array = isinstance(node, dict) and node.get("type") == "array"
        if array and "items" not in node and "prefixItems" not in node:
            return context
    return None


def open_object(schema: dict[str, Any]) -> Context | None:
    """Where an object may have other properties than those named, as a path of keys, or None."""
    for context, node in _nodes(schema):
        if isinstance(node, dict) and _is_object(node) and node.get("additionalProperties") is not False:
            return context
    return None


def exclusive(schema: dict[str, Any]) -> Context | None:
    """Where exactly one of several schemas must fit (`oneOf`), as a path of keys, or None."""
    for context, node in _nodes(schema):
        if isinstance(node, dict) and "oneOf" in node:
            return context
    return None


def not_required(schema: dict[str, Any]) -> tuple[Context, str] | None:
    """Where an object names a property that it does not require, and which; None if it requires all."""
    for context, node in _nodes(schema):
        if not isinstance(node, dict) or not isinstance(node.get("properties"), dict):
            continue
        required = node.get("required", [])
        for name in node["properties"]:
            if name not in required:
                return context, str(name)
    return None


def _is_object(node: dict[str, Any]) -> bool:
    kind = node.get("type")
    return kind == "object" or (isinstance(kind, list) and "object" in kind)


def _breaks(node: Any) -> bool:
    if isinstance(node, bool):
        return False
    if not isinstance(node, dict):
        return True
    if "type" in node and not _is_type(node["type"]):
        return True
    required = node.get("required", [])
    if not isinstance(required, list) or any(not isinstance(name, str) for name in required):
        return True
    maps = all(isinstance(node.get(key, {}), dict) for key in _MAPS)
    lists = all(isinstance(node.get(key, [0]), list) and node.get(key, [0]) for key in _LISTS)
    return not (maps and lists and isinstance(node.get("enum", []), list))


def _is_type(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(isinstance(one, str) and one in _TYPES for one in value)
    return isinstance(value, str) and value in _TYPES


def _nodes(schema: dict[str, Any]) -> Iterator[tuple[Context, Any]]:
    waiting: list[tuple[Context, Any]] = [((), schema)]
    while waiting:
        context, node = waiting.pop()
        yield context, node
        if isinstance(node, dict):
            waiting.extend(_children(context, node))


def _children(context: Context, node: dict[str, Any]) -> Iterator[tuple[Context, Any]]:
    for key in _MAPS:
        if isinstance(node.get(key), dict):
            yield from (((*context, key, str(name)), child) for name, child in node[key].items())
    for key in _LISTS:
        if isinstance(node.get(key), list):
            yield from (((*context, key, str(n)), child) for n, child in enumerate(node[key]))
    yield from (((*context, key), node[key]) for key in _SINGLE if key in node)
