"""Pieces of request models that OpenAI's two text APIs share."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from lab.meter.refusal import Refusal
from lab.meter.schemas import json_schema
from lab.meter.schemas.base import Strict

FunctionName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_-]+$", max_length=64)]
Metadata = Annotated[
    dict[Annotated[str, StringConstraints(max_length=64)], Annotated[str, StringConstraints(max_length=512)]],
    Field(max_length=16),
]
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
Verbosity = Literal["low", "medium", "high"]
ServiceTier = Literal["auto", "default", "flex", "scale", "priority", "fast"]
Temperature = Annotated[float, Field(ge=0, le=2)]
TopP = Annotated[float, Field(ge=0, le=1)]
TopLogprobs = Annotated[int, Field(ge=0, le=20)]


class CacheBreakpoint(Strict):
    """A mark for the prompt cache."""

    mode: Literal["explicit"]
    ttl: Literal["30m", "12h"] | None = None


def check_parameters(parameters: dict[str, Any] | None, name: str, param: str) -> None:
    """Raises Refusal for a function schema that the provider refuses; an absent or empty one is fine."""
    if not parameters:
        return
    why = _wrong(parameters)
    if why:
        message = f"Invalid schema for function '{name}': {why}"
        raise Refusal(400, message, param=param, code="invalid_function_parameters")


def _wrong(schema: dict[str, Any]) -> str | None:
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
