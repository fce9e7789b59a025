"""What of a tool's JSON schema counts as lost."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from lab.exchange.schemas import differing_parts, has_optional, in_words, same_without

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
            having("A file", "properties", "path", "description"),
            "has another properties.path.description in its schema",
        ),
        (
            having("An absolute…", "properties", "path", "description"),
            "has its properties.path.description cut short in its schema",
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
    assert in_words(differing_parts(SENT, arrived)) == words


@pytest.mark.parametrize(
    "arrived",
    [
        SENT,
        SENT | {"$schema": "x"},
        SENT | {"additionalProperties": True},
        having(["kind", "path"], "required"),
        having(["b", "a"], "properties", "kind", "enum"),
        having(0.0, "properties", "size", "anyOf", 0, "minimum"),
        having(["string"], "properties", "path", "type"),
        having(SENT["properties"]["size"]["anyOf"][::-1], "properties", "size", "anyOf"),
    ],
)
def test_what_says_the_same_is_no_difference(arrived: dict[str, Any]) -> None:
    """Sets have no order, 0 and 0.0 are one number, and a default may be said."""
    assert differing_parts(SENT, arrived) == []


@pytest.mark.parametrize(
    ("arrived", "words"),
    [
        (SENT | {"additionalProperties": False}, "has a new additionalProperties in its schema"),
        (SENT | {"maxProperties": 1}, "has a new maxProperties in its schema"),
        (SENT | {"not": {"required": ["size"]}}, "has a new not in its schema"),
        (having(5, "properties", "path", "maxLength"), "has a new properties.path.maxLength in its schema"),
        (having(["/a"], "properties", "path", "enum"), "has a new properties.path.enum in its schema"),
        (having("/a", "properties", "path", "const"), "has a new properties.path.const in its schema"),
        (having("a-z", "properties", "description", "pattern"), "has a new properties.description.pattern"),
        (having(0, "properties", "description", "minimum"), "has a new properties.description.minimum in"),
        (having(["string", "null"], "properties", "path", "type"), "has another properties.path.type in its"),
        (having(["a", "b", "c"], "properties", "kind", "enum"), "has another properties.kind.enum in its"),
        (having({"type": "string"}, "properties", "more"), "has a new properties.more in its schema"),
        (having("", "properties", "path", "description"), "lost properties.path.description of its schema"),
        (having("Of b.", "properties", "kind", "description"), "has a new properties.kind.description in"),
        (having("b", "properties", "kind", "default"), "has another properties.kind.default in its schema"),
        (having({"type": "string"}, "properties", "path", "items"), "has a new properties.path.items in its"),
        (
            having([*SENT["properties"]["size"]["anyOf"], {"type": "string"}], "properties", "size", "anyOf"),
            "has another properties.size.anyOf in its schema",
        ),
    ],
)
def test_restrictions_and_words_that_are_added_are_named(arrived: dict[str, Any], words: str) -> None:
    """What the model may no longer say is lost as well, and nobody asked for it."""
    assert in_words(differing_parts(SENT, arrived)).startswith(words)


def test_rewriting_for_strict_mode_is_a_change() -> None:
    """All properties required, nullable types and no further ones: another schema than the client's."""
    strict = having(["path", "description", "size", "kind"], "required") | {"additionalProperties": False}
    strict["properties"]["description"]["type"] = ["string", "null"]
    assert {(part.path, part.how) for part in differing_parts(SENT, strict)} == {
        ("required", "changed"),
        ("additionalProperties", "added"),
        ("properties.description.type", "changed"),
    }


@pytest.mark.parametrize(
    ("one", "other"),
    [(True, 1), (False, 0), (1, "1"), (None, 0), ([], {}), ("", None)],
)
def test_values_of_another_type_are_others(one: Any, other: Any) -> None:
    """True is not 1, and nothing is not none."""
    sent, arrived = ({"properties": {"n": {"const": value}}} for value in (one, other))
    assert [part.path for part in differing_parts(sent, arrived)] == ["properties.n.const"]
    assert differing_parts(sent, deepcopy(sent)) == []


def test_numbers_have_one_spelling() -> None:
    """1.0 is 1, wherever it stands."""
    sent, arrived = ({"properties": {"n": {"const": value, "enum": [value, 2]}}} for value in (1, 1.0))
    assert differing_parts(sent, arrived) == []


def test_the_order_of_items_by_place_counts() -> None:
    """A tuple is no set."""
    pair = [{"type": "string"}, {"type": "integer"}]
    assert in_words(differing_parts({"prefixItems": pair}, {"prefixItems": pair[::-1]})) == (
        "has another prefixItems in its schema"
    )


REFERRING: dict[str, Any] = {
    "type": "object",
    "properties": {"a": {"$ref": "#/$defs/A"}},
    "$defs": {"A": {"properties": {"next": {"$ref": "#/$defs/A"}, "b": {"$ref": "#/$defs/B"}}}, "B": {}},
}


def test_references_that_arrive_resolved_say_the_same() -> None:
    """Whoever inlines definitions changes no meaning; whoever loses them does."""
    flat = {"type": "object", "properties": {"a": {"$ref": "#/$defs/B"}}, "$defs": {"B": {"type": "integer"}}}
    resolved = {"type": "object", "properties": {"a": {"type": "integer"}}}
    assert differing_parts(flat, resolved) == []
    assert differing_parts(flat, {"type": "object", "properties": {"a": {"type": "string"}}})
    without_defs = {key: value for key, value in REFERRING.items() if key != "$defs"}
    assert in_words(differing_parts(REFERRING, without_defs)) == "lost $defs of its schema"
    moved = {key.replace("$defs", "definitions"): value for key, value in flat.items()}
    moved["properties"] = {"a": {"$ref": "#/definitions/B"}}
    assert differing_parts(flat, moved) == []


@pytest.mark.parametrize(
    ("sent", "arrived"),
    [
        ({"const": {"uniqueItems": False}}, {"const": {}}),
        ({"enum": [{"required": []}, {"b": 1}]}, {"enum": [{}, {"b": 1}]}),
        ({"enum": [{"a": [1, 2]}]}, {"enum": [{"a": [2, 1]}]}),
        ({"enum": [["a"], ["b"]]}, {"enum": [["a"], ["c"]]}),
    ],
)
def test_allowed_values_are_data(sent: dict[str, Any], arrived: dict[str, Any]) -> None:
    """What a schema could leave out says something in a value of the client's own."""
    (part,) = differing_parts({"properties": {"a": sent}}, {"properties": {"a": arrived}})
    assert part.path == f"properties.a.{next(iter(sent))}"
    assert differing_parts(sent, deepcopy(sent)) == []


def test_a_schema_may_arrive_with_references_that_nobody_sent() -> None:
    """They say the same as what they refer to, and nothing else does."""
    flat = {"type": "object", "properties": {"a": {"type": "string", "enum": ["x"]}}}
    named = {"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"type": "string"}}}
    assert differing_parts(flat, named)
    named["$defs"]["A"]["enum"] = ["x"]  # type: ignore[index]
    assert differing_parts(flat, named) == []


@pytest.mark.parametrize(
    ("schema", "optional"),
    [
        (None, False),
        ({"type": "object", "properties": {}}, False),
        ({"type": "object", "properties": {"a": {}}, "required": ["a"]}, False),
        ({"type": "object", "properties": {"a": {}}}, True),
        ({"type": "object", "additionalProperties": True}, True),
        ({"type": "object", "additionalProperties": {"type": "string"}}, True),
        ({"type": "array", "items": {"properties": {"a": {}}}}, True),
        ({"$defs": {"A": {"properties": {"a": {}}}}}, True),
        ({"anyOf": [{"type": "string"}, {"properties": {"a": {}}}]}, True),
        (
            {"properties": {"properties": {"type": "string"}, "enum": {"default": {"properties": {"a": 1}}}}},
            True,
        ),
        (
            {
                "properties": {"properties": {"type": "string", "default": {"properties": {"a": 1}}}},
                "required": ["properties"],
            },
            False,
        ),
    ],
)
def test_optional_properties_are_what_strict_mode_makes_mandatory(schema: Any, optional: bool) -> None:
    """At any depth; names and values of the client's own are no words of a schema."""
    assert has_optional(schema) is optional


OBJECT: dict[str, Any] = {"type": "object", "properties": {}}


@pytest.mark.parametrize(
    ("kind", "sent", "arrived", "same"),
    [
        ("chat", OBJECT, None, True),
        ("responses", {"type": "object"}, None, True),
        ("chat", None, OBJECT | {"additionalProperties": False}, True),
        ("messages", None, OBJECT, True),
        ("messages", OBJECT, None, False),
        ("chat", {}, None, False),
        ("chat", None, {}, False),
        ("messages", None, {}, False),
        ("chat", {"type": "object", "properties": {"a": {}}}, None, False),
        ("chat", None, None, True),
    ],
)
def test_no_schema_is_that_of_a_call_without_arguments_where_the_provider_says_so(
    kind: str, sent: Any, arrived: Any, same: bool
) -> None:
    """OpenAI documents it; Anthropic demands a schema; an empty one allows anything."""
    assert same_without(kind, sent, arrived) is same


def test_what_limits_values_is_named_before_what_describes_them() -> None:
    """A lost reference matters more than a shorter description, whatever comes first in the schema."""
    arrived = having("A", "properties", "path", "description")
    del arrived["$defs"]
    assert in_words(differing_parts(SENT, arrived)) == "lost $defs of its schema (and 1 more)"


@pytest.mark.parametrize("depth", [10, 900, 5000])
def test_a_schema_may_be_nested_as_deeply_as_it_likes(depth: int) -> None:
    """A gateway may forward anything, and no comparison ends in an error."""
    sent: dict[str, Any] = {"type": "object"}
    arrived: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        sent, arrived = {"items": sent}, {"items": arrived}
    assert has_optional(sent) in (True, False)
    assert isinstance(differing_parts(sent, arrived), list)
    assert differing_parts(sent, sent) == []
