"""What of a tool's JSON schema counts as lost."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from lab.exchange.schemas import in_words, lost_parts

SENT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "path": {"type": "string", "pattern": "^/", "description": "An absolute path."},
        "description": {"type": "string", "description": "What it is."},
        "size": {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}]},
        "kind": {"enum": ["a", "b"], "default": "a"},
    },
    "required": ["path", "kind"],
    "$defs": {"x": {"type": "object"}},
}


def without(*path: str) -> dict[str, Any]:
    """The schema without one of its parts."""
    schema = deepcopy(SENT)
    place = schema
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    return schema


def having(value: Any, *path: Any) -> dict[str, Any]:
    """The schema with another value in one place."""
    schema = deepcopy(SENT)
    place: Any = schema
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return schema


@pytest.mark.parametrize(
    ("arrived", "words"),
    [
        (without("$defs"), "lost $defs of its schema"),
        (without("properties", "path", "pattern"), "lost properties.path.pattern of its schema"),
        (without("properties", "path", "description"), "lost properties.path.description of its schema"),
        (without("properties", "description"), "lost properties.description of its schema"),
        (having("number", "properties", "path", "type"), "has another properties.path.type in its schema"),
        (
            having("A path", "properties", "path", "description"),
            "has another properties.path.description in its schema",
        ),
        (having(["path"], "required"), "lost required of its schema"),
        (having(["path", "kind", "size"], "required"), "has another required in its schema"),
        (having(["a"], "properties", "kind", "enum"), "lost properties.kind.enum of its schema"),
        (
            having(1, "properties", "size", "anyOf", 0, "minimum"),
            "has another properties.size.anyOf.0.minimum in its schema",
        ),
        (
            having(False, "properties", "size", "anyOf", 0, "minimum"),
            "has another properties.size.anyOf.0.minimum in its schema",
        ),
        ({}, "lost type of its schema (and 3 more)"),
    ],
)
def test_every_lost_or_other_part_is_named(arrived: dict[str, Any], words: str) -> None:
    """By its path, and whether it is gone or says something else."""
    assert in_words(lost_parts(SENT, arrived)) == words


@pytest.mark.parametrize(
    "arrived",
    [
        SENT,
        SENT | {"additionalProperties": False, "$schema": "x"},
        having(["kind", "path"], "required"),
        having(["b", "a"], "properties", "kind", "enum"),
        having(0.0, "properties", "size", "anyOf", 0, "minimum"),
        having(SENT["properties"]["size"]["anyOf"][::-1], "properties", "size", "anyOf"),
    ],
)
def test_additions_and_other_orders_lose_nothing(arrived: dict[str, Any]) -> None:
    """Sets have no order, 0 and 0.0 are one number, and what is added takes nothing away."""
    assert lost_parts(SENT, arrived) == []


def test_what_limits_values_is_named_before_what_describes_them() -> None:
    """A lost reference matters more than a shorter description, whatever comes first in the schema."""
    arrived = having("A", "properties", "path", "description")
    del arrived["$defs"]
    assert in_words(lost_parts(SENT, arrived)) == "lost $defs of its schema (and 1 more)"
