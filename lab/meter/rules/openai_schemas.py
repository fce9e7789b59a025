"""What OpenAI demands of a function's schema, and of any schema that is to be held to strictly."""

from __future__ import annotations

from typing import Any

from lab.meter.rules.rule import bad
from lab.meter.schemas import json_schema

Schema = dict[str, Any]


def check_parameters(parameters: Schema | None, name: str, param: str, *, strict: bool) -> None:
    """Raises Refusal for a function's schema that is refused; none, or an empty one, is only so if strict."""
    if parameters or strict:
        given = parameters or {}
        why = _wrong(given) or _combined(given) or (_loose(given) if strict else None)
        if why:
            message = f"Invalid schema for function '{name}': {why}"
            raise bad(message, param=param, code="invalid_function_parameters")


def check_format(schema: Schema | None, name: str, param: str, *, strict: bool, code: str | None) -> None:
    """Raises Refusal for the schema of an answer's form that is refused."""
    if schema is None or not strict:
        return
    why = _wrong(schema) or _loose(schema)
    if why:
        raise bad(f"Invalid schema for response_format '{name}': {why}", param=param, code=code)


def _wrong(schema: Schema) -> str | None:
    given = schema.get("type")
    if given != "object":
        shown = "None" if given is None else given
        return f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{shown}\"'."
    if "properties" not in schema and not any(
        key in schema for key in ("$ref", "anyOf", "additionalProperties")
    ):
        return "In context=(), object schema missing properties."
    context = json_schema.array_without_items(schema)
    if context is not None:
        return f"In context={context!r}, array schema missing items."
    return "the schema is not a valid JSON Schema." if json_schema.broken(schema) else None


def _combined(schema: Schema) -> str | None:
    """A function's parameters are one object, and no choice among several."""
    # As quoted in https://github.com/cecli-dev/cecli/issues/281 (2025-12-19).
    if not any(key in schema for key in ("oneOf", "anyOf", "allOf", "enum", "not")):
        return None
    return (
        "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level."
    )


def _loose(schema: Schema) -> str | None:
    # As quoted in https://github.com/ai-dynamo/dynamo/pull/15153 (openai-node 6.9.1).
    context = json_schema.exclusive(schema)
    if context is not None:
        return f"In context={context!r}, 'oneOf' is not permitted."
    context = json_schema.open_object(schema)
    if context is not None:
        return f"In context={context!r}, 'additionalProperties' is required to be supplied and to be false."
    lacking = json_schema.not_required(schema)
    if lacking is None:
        return None
    context, name = lacking
    return (
        f"In context={context!r}, 'required' is required to be supplied and to be an array including every "
        "key in "
        f"properties. Missing '{name}'."
    )
