"""Compares a tool's JSON schema before and after a gateway: what it lost, gained, and says otherwise now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from lab.wires.canonical import canonical_json

How = Literal["lost", "cut", "changed", "added"]

# What tells a model about a value rather than which values are allowed.
_TOLD: Final = frozenset({"description", "title", "default", "examples", "example"})
# Lists that are sets; more of `required` demands what the client did not, and more of `enum` allows it.
_SETS: Final = frozenset({"required", "enum", "type", "anyOf", "oneOf", "allOf"})
# Maps from names of the client's own, among which `description` is a name like any other.
_NAMES: Final = frozenset(
    {"properties", "$defs", "definitions", "patternProperties", "dependentSchemas", "dependentRequired"}
)
_DEFINITIONS: Final = ("$defs", "definitions")
# What says of itself only what JSON Schema (draft 2020-12) takes for granted where it is left out.
_IMPLIED: Final[dict[str, tuple[Any, ...]]] = {
    "additionalProperties": (True, {}),
    "unevaluatedProperties": (True, {}),
    "items": (True, {}),
    "uniqueItems": (False,),
    "minItems": (0,),
    "minLength": (0,),
    "minProperties": (0,),
    "properties": ({},),
    "required": ([],),
    "deprecated": (False,),
    "readOnly": (False,),
    "writeOnly": (False,),
    "nullable": (False,),
    "exclusiveMinimum": (False,),
    "exclusiveMaximum": (False,),
    "description": ("",),
    "title": ("",),
}
# Values of the client's own, in which the words of a schema are data like any other.
_DATA: Final = frozenset({"const", "enum"})
# Names which dialect a schema is written in, where it stands, and what may be referred to: to add one
# restricts and tells nothing by itself.
_NOTATION: Final = frozenset({"$schema", "$id", "$comment", *_DEFINITIONS})
# What of it no model and no validator reads, so that to leave it out loses nothing.
_UNREAD: Final = ("$schema", "$comment")
# The schemas of a call without arguments; see `no_arguments`.
_NOTHING: Final = ({"type": "object"}, {"type": "object", "additionalProperties": False})
MAX_DEPTH: Final = 40


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a schema by its dotted path: what became of it; `told` if it limits no value."""

    path: str
    how: How
    told: bool = False


def same_without(kind: str, sent: Any, arrived: Any) -> bool:
    """Whether one side has no schema and the other says the same by one; `kind` is the wire of what arrived.

    | the other side has | on the wire | same | reason |
    |---|---|---|---|
    | an object without properties | chat, responses | yes | to omit `parameters` "defines a function with |
    | | | | an empty parameter list", as OpenAI's types say |
    | an object without properties | messages | no | Anthropic's types require `input_schema` |
    | `{}` | any | no | an empty schema allows any value, and no schema no argument |
    """
    if sent is None and arrived is None:
        return True
    return no_arguments(sent if arrived is None else arrived) and (
        arrived is not None if sent is None else kind in ("chat", "responses")
    )


def no_arguments(schema: Any) -> bool:
    """Whether a schema is that of an object of which no property is named."""
    if not isinstance(schema, dict):
        return False
    bare = {key: value for key, value in schema.items() if key not in _NOTATION and value not in ([], {})}
    return bare in _NOTHING


def has_optional(schema: Any) -> bool:
    """Whether some object leaves a property out of `required`, or is open to others in so many words.

    Strict mode makes all properties mandatory and closes each object (OpenAI's guide to function calling).
    """
    try:
        return _has_optional(schema)
    except RecursionError:  # nested more deeply than anyone reads
        return False


def _has_optional(schema: Any) -> bool:
    if isinstance(schema, list):
        return any(map(_has_optional, schema))
    if not isinstance(schema, dict):
        return False
    required = schema.get("required")
    if set(_mapping(schema.get("properties"))) - {*map(str, required if isinstance(required, list) else ())}:
        return True
    if schema.get("additionalProperties", False) is not False:
        return True
    inner = (
        _mapping(one).values() if key in _NAMES else [one] for key, one in schema.items() if _ruling(key)
    )
    return any(_has_optional(one) for some in inner for one in some)


def _ruling(key: str) -> bool:
    """Whether a word of a schema holds schemas, rather than values or words about them."""
    return key not in _DATA and key not in _TOLD


def differing_parts(sent: Any, arrived: Any) -> list[Part]:
    """What is lost, changed or added, what limits values before what describes them.

    References say the same as what they refer to; so does leaving out what JSON Schema takes for granted.
    """
    try:
        return _differing(sent, arrived)
    except RecursionError:  # nested more deeply than anyone reads
        return [] if _equal(sent, arrived) else [Part("all", "changed")]


def _differing(sent: Any, arrived: Any) -> list[Part]:
    found = _sorted(_walk(sent, arrived, "", names=False))
    if found and "$ref" in canonical_json([sent, arrived]):
        return min(found, _sorted(_walk(inlined(sent), inlined(arrived), "", names=False)), key=len)
    return found


def notation_lost(sent: Any, arrived: Any) -> str:
    """The first key of a schema's top that is gone, and that says nothing of values; empty if none is."""
    before, after = _mapping(sent), _mapping(arrived)
    return next((key for key in _UNREAD if key in before and key not in after), "")


def any_of(schema: Any, *, names: bool = False) -> Any:
    """The schema with `anyOf` in the place of `oneOf`; `names` says that its keys are the client's own."""
    if isinstance(schema, list):
        return [any_of(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        "anyOf" if key == "oneOf" and not names and "anyOf" not in schema else key: one
        if not names and not _ruling(key)
        else any_of(one, names=not names and key in _NAMES)
        for key, one in schema.items()
    }


def in_words(parts: list[Part]) -> str:
    """The first part in words, and how many more there are."""
    first = parts[0]
    what = {
        "lost": f"lost {first.path} of its schema",
        "cut": f"has its {first.path} cut short in its schema",
        "changed": f"has another {first.path} in its schema",
        "added": f"has a new {first.path} in its schema",
    }[first.how]
    return what + (f" (and {len(parts) - 1} more)" if len(parts) > 1 else "")


def is_cut(before: Any, after: Any) -> bool:
    """Whether a text arrived without its end, whatever marks the cut."""
    return isinstance(before, str) and isinstance(after, str) and before.startswith(after.rstrip(".… "))


def inlined(schema: Any) -> Any:
    """A schema with its own definitions in the place of references to them, as deep as they do not recur."""
    if not isinstance(schema, dict):
        return schema
    known = {
        f"#/{key}/{name}": value for key in _DEFINITIONS for name, value in _mapping(schema.get(key)).items()
    }
    rest = {key: value for key, value in schema.items() if key not in _DEFINITIONS}
    return _resolved(rest, known, ())


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _resolved(value: Any, known: dict[str, Any], within: tuple[str, ...]) -> Any:
    if isinstance(value, list):
        return [_resolved(one, known, within) for one in value]
    if not isinstance(value, dict) or len(within) > MAX_DEPTH:
        return value
    name = value.get("$ref")
    if isinstance(name, str) and name in known and name not in within:
        target = _resolved(known[name], known, (*within, name))
        beside = {key: _resolved(one, known, within) for key, one in value.items() if key != "$ref"}
        return target | beside if isinstance(target, dict) else target
    return {key: _resolved(one, known, within) for key, one in value.items()}


def _sorted(parts: Iterator[Part]) -> list[Part]:
    return sorted(parts, key=lambda part: part.told)


def _walk(sent: Any, arrived: Any, path: str, *, names: bool) -> Iterator[Part]:
    key = path.rpartition(".")[2]
    if key in _DATA and not names:
        yield from _data(sent, arrived, path)
    elif isinstance(sent, dict) and isinstance(arrived, dict):
        before, after = (sent, arrived) if names else _plain(sent, arrived)
        yield from _objects(before, after, path, names)
    elif isinstance(sent, list) and isinstance(arrived, list):
        yield from _lists(sent, arrived, path, a_set=key in _SETS)
    elif not _equal(sent, arrived):
        yield Part(path or "all", "changed")


def _objects(sent: dict[str, Any], arrived: dict[str, Any], path: str, names: bool) -> Iterator[Part]:
    for name, value in sent.items():
        where, told = f"{path}.{name}" if path else str(name), not names and name in _TOLD
        if name not in arrived:
            if names or name not in _UNREAD:
                yield Part(where, "lost", told)
        elif told:
            if canonical_json(value) != canonical_json(arrived[name]):
                yield Part(where, "cut" if is_cut(value, arrived[name]) else "changed", told)
        else:
            yield from _walk(value, arrived[name], where, names=not names and name in _NAMES)
    for name in arrived:
        if name not in sent and (names or name not in _NOTATION):
            where = f"{path}.{name}" if path else str(name)
            yield Part(where, "added", not names and name in _TOLD)


def _plain(*schemas: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Schemas without what is taken for granted, and with one spelling for a single value or type."""
    const = any("const" in schema for schema in schemas)
    for schema in schemas:
        plain = {key: value for key, value in schema.items() if not _implied(key, value)}
        if const and isinstance(plain.get("enum"), list) and len(plain["enum"]) == 1:
            plain["const"] = plain.pop("enum")[0]
        if isinstance(plain.get("type"), list) and len(plain["type"]) == 1:
            plain["type"] = plain["type"][0]
        yield plain


def _implied(key: str, value: Any) -> bool:
    return any(_equal(value, one) for one in _IMPLIED.get(key, ()))


def _lists(sent: list[Any], arrived: list[Any], path: str, *, a_set: bool) -> Iterator[Part]:
    ours, theirs = ({canonical_json(item) for item in items} for items in (sent, arrived))
    if ours == theirs and (a_set or len(sent) == len(arrived) == len(ours)):
        # Where order counts, as in `prefixItems`, equal items in another order are a change.
        if not a_set and [*map(canonical_json, sent)] != [*map(canonical_json, arrived)]:
            yield Part(path, "changed")
    elif len(sent) == len(arrived) and not all(isinstance(item, str) for item in (*sent, *arrived)):
        for n, (one, other) in enumerate(zip(sent, arrived, strict=True)):
            yield from _walk(one, other, f"{path}.{n}", names=False)
    elif a_set:
        yield Part(path, "changed" if ours < theirs else "lost")
    else:
        yield Part(path, "changed" if len(arrived) > len(sent) else "lost")


def _data(sent: Any, arrived: Any, path: str) -> Iterator[Part]:
    """A single allowed value, or a list of them in any order."""
    lists = isinstance(sent, list) and isinstance(arrived, list) and path.endswith("enum")
    if lists:
        ours, theirs = ({canonical_json(item) for item in items} for items in (sent, arrived))
        if ours != theirs:
            yield Part(path, "changed" if ours < theirs else "lost")
    elif not _equal(sent, arrived):
        yield Part(path, "changed")


def _equal(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same: 1.0 is 1, and true is not."""
    return canonical_json(one) == canonical_json(other)
