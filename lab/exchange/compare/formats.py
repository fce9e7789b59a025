"""Compares the form that an answer must have, across wires: its type, its schema, and what names it.

A schema says the same with its keys and sets in another order, and with its references resolved.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from lab.exchange.compare.difference import Difference
from lab.exchange.compare.samewire import same_json
from lab.exchange.compare.sides import Pair, wire_name
from lab.exchange.quoting import value
from lab.exchange.schemas import Part, any_of, differing_parts, in_words

NAME: Final = "output format"
# What Anthropic's structured outputs take of a schema; the SDK moves all else into descriptions
# (anthropic 2.12.0, lib/_parse/_transform.py).
_TAKEN: Final = frozenset(
    {
        "$ref",
        "additionalProperties",
        "allOf",
        "anyOf",
        "const",
        "enum",
        "format",
        "items",
        "properties",
        "required",
        "type",
    }
)
# Below these stand names of the client's own.
_NAMES: Final = frozenset({"properties", "$defs", "definitions"})


def same_format(pair: Pair, before: Any, after: Any) -> bool:
    """Whether the form is the same, or is demanded by way of a tool that has to be called."""
    if not isinstance(after, dict):
        return before == {"type": "text"} or as_tool(pair) is not None
    if not isinstance(before, dict) or not _same_words(pair, before, after):
        return before == {"type": "json_object"} and same_json(after.get("schema"), {"type": "object"})
    return not any(_parts(before, after))


def format_changes(pair: Pair, before: Any, after: Any) -> Iterator[Difference]:
    """What differs in a form that arrived; what the provider's own rules demand of its schema is excused."""
    wire = wire_name(pair.arrived.kind)
    if not isinstance(before, dict) or not isinstance(after, dict) or not _same_words(pair, before, after):
        yield Difference(NAME, "changed", f"{NAME} {value(before)} arrived as {value(after)}")
        return
    every = _parts(before, after)
    parts = min(every, _parts(_strictly(pair, before, after), after), key=len)
    closed = [part for part in parts if _closes(pair, part, after)]
    untaken = [part for part in parts if pair.wire == "messages" and _is_untaken(part)]
    beside = [part for part in parts if untaken and part.told and part.path.endswith("description")]
    counted = [part for part in parts if part not in (*closed, *untaken, *beside)]
    if counted:
        yield Difference(NAME, "changed", f"{NAME} {in_words(counted)}")
    if closed:
        why = f"{NAME} {in_words(closed)}, as the {wire} wire takes closed objects alone"
        yield Difference(NAME, "changed", why, "repaired", partial=True)
    if len(parts) < len(every):
        why = f"{NAME} has anyOf in place of oneOf, which the {wire} wire refuses"
        yield Difference(NAME, "changed", why, "repaired", partial=True)
    if untaken:
        why = f"{NAME} {in_words(untaken)}: the {wire} wire takes no such part"
        yield Difference(NAME, "changed", why, "no_equivalent", partial=True)


def lost_description(pair: Pair, before: Any) -> str:
    """The description of a form, if it arrived on a wire that has none; empty if nothing is lost."""
    given = before.get("description") if isinstance(before, dict) else None
    arrived = isinstance(pair.value(NAME), dict)
    return f"{NAME}.description {value(given)}" if given and arrived and not _both_named(pair) else ""


def as_tool(pair: Pair) -> str | None:
    """The one tool that must be called and whose arguments have the schema that was asked for."""
    wish = pair.before.get(NAME)
    choice = str(pair.value("tool_choice") or "")
    if wish is None or not isinstance(wish.value, dict) or "schema" not in wish.value:
        return None
    known = {tool.name for tool in pair.sent.tools}
    tools = [tool for tool in pair.arrived.tools if tool.name not in known]
    names = [tool.name for tool in tools if not differing_parts(wish.value["schema"], tool.schema)]
    return next((name for name in names if choice in ("any", f"tool:{name}")), None)


def _both_named(pair: Pair) -> bool:
    """Whether both wires have a name, a description and strictness beside the schema."""
    return {pair.sent.kind, pair.wire} == {"chat", "responses"}


def _same_words(pair: Pair, before: dict[str, Any], after: dict[str, Any]) -> bool:
    keys = ("type", *(("name", "strict", "description") if _both_named(pair) else ()))
    return same_json([before.get(key) for key in keys], [after.get(key) for key in keys])


def _parts(before: dict[str, Any], after: dict[str, Any]) -> list[Part]:
    return differing_parts(before.get("schema"), after.get("schema"))


def _strictly(pair: Pair, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """The form as a provider takes it who allows any of several schemas, and refuses exactly one."""
    strict = pair.wire == "messages" or after.get("strict") is True
    return before | {"schema": any_of(before.get("schema"))} if strict else before


def _closes(pair: Pair, part: Part, after: dict[str, Any]) -> bool:
    """Whether an object was closed to other properties, where the provider demands it."""
    demands = pair.wire == "messages" or after.get("strict") is True
    return demands and part.how == "added" and _key(part) == "additionalProperties"


def _is_untaken(part: Part) -> bool:
    return part.how == "lost" and not part.told and _key(part) not in {*_TAKEN, ""}


def _key(part: Part) -> str:
    """The keyword that a part is; empty if it is a property, whatever its name."""
    *above, key = part.path.split(".")
    return "" if above and above[-1] in _NAMES else key
