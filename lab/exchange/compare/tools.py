"""Compares tools: everything that each says on its wire, which are there, and in which order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab.exchange.compare.difference import TOOLS, Change, Difference, Excuse
from lab.exchange.compare.equivalents import (
    TOOL_SYNONYMS,
    has_tool_field,
    is_demanded,
    is_run_by_client,
)
from lab.exchange.compare.parameters import wire_name
from lab.exchange.quoting import both, quoted, value
from lab.exchange.schemas import differing_parts, has_optional, in_words, is_cut, no_arguments, same_without
from lab.wires.canonical import canonical_json
from lab.wires.neutral import NeutralRequest, Tool
from lab.wires.params import fields_of, readings
from lab.wires.parts import each
from lab.wires.toolsorts import has_tool, sort_of_tool

# Chat has web search as a parameter of the request.
SEARCH_OPTIONS = "web_search_options"
# Lists whose order says nothing.
_SETS = frozenset({"allowed_domains", "blocked_domains", "allowed_callers"})


@dataclass(frozen=True, slots=True)
class ToolChange:
    """What became of one tool (`name`; empty: of the list), in words that continue its name.

    `less` says that it only lost some of its description or schema, as a shortened tool does.
    """

    name: str
    change: Change
    what: str
    excuse: Excuse | None = None
    partial: bool = True
    less: bool = False

    @property
    def difference(self) -> Difference:
        """The same as a difference of the request."""
        why = f"the tool {quoted(self.name)} {self.what}" if self.name else self.what
        return Difference(TOOLS, self.change, why, self.excuse, self.partial)


def tool_changes(
    sent_kind: str, sent: NeutralRequest, kind: str, arrived: NeutralRequest
) -> Iterator[ToolChange]:
    """What became of every tool that was sent, which were added, and whether their order changed."""
    places = _matched(sent_kind, sent.tools, kind, arrived.tools)
    for n, tool in enumerate(sent.tools):
        if n in places:
            yield from _compared(sent_kind, tool, kind, arrived.tools[places[n]])
        elif not _as_parameter(sent_kind, tool, kind, arrived.params):
            yield _dropped(sent_kind, tool, kind)
        else:
            yield from _in_options(sent_kind, tool, kind, arrived.params[SEARCH_OPTIONS])
    for at, tool in enumerate(arrived.tools):
        if at not in places.values():
            yield _added(sent_kind, sent, kind, arrived, tool)
    if arrived.empty_tools and not sent.tools and not sent.empty_tools:
        yield ToolChange("", "added", "an empty list of tools was added")
    order = [places[n] for n in sorted(places)]
    if order != sorted(order):
        first = ", ".join(arrived.tools[at].name for at in sorted(order)[:4])
        yield ToolChange("", "changed", f"the tools arrived in another order, which begins with {first}")


def _matched(sent_kind: str, sent: Sequence[Tool], kind: str, arrived: Sequence[Tool]) -> dict[int, int]:
    """Where each sent tool arrived: as it was, else by its name, else as one of its sort without a name."""
    free = list(range(len(arrived)))
    places: dict[int, int] = {}
    for same in (_same_all, _same_name, _same_sort):
        for n, tool in enumerate(sent):
            at = next((one for one in free if same(sent_kind, tool, kind, arrived[one])), None)
            if n not in places and at is not None:
                places[n] = at
                free.remove(at)
    return places


def _same_all(_: str, sent: Tool, __: str, arrived: Tool) -> bool:
    return sent == arrived


def _same_name(_: str, sent: Tool, __: str, arrived: Tool) -> bool:
    return sent.name == arrived.name


def _same_sort(sent_kind: str, sent: Tool, kind: str, arrived: Tool) -> bool:
    sort = sort_of_tool(sent_kind, sent.type)
    return sort not in ("function", "custom") and sort == sort_of_tool(kind, arrived.type)


def _dropped(sent_kind: str, tool: Tool, kind: str) -> ToolChange:
    if sent_kind == kind or has_tool(kind, sort_of_tool(sent_kind, tool.type)):
        return ToolChange(tool.name, "dropped", "was not forwarded", partial=False)
    why = f"was not forwarded: the {wire_name(kind)} wire has no {tool.type}"
    return ToolChange(tool.name, "dropped", why, "no_equivalent", partial=False)


def _as_parameter(sent_kind: str, tool: Tool, kind: str, params: Mapping[str, Any]) -> bool:
    sort = sort_of_tool(sent_kind, tool.type)
    return sort == "web search" and kind == "chat" and SEARCH_OPTIONS in params


def _in_options(sent_kind: str, tool: Tool, kind: str, options: Any) -> Iterator[ToolChange]:
    """What a web search lost on its way into chat's options for one."""
    location = options.get("user_location") if isinstance(options, dict) else None
    place = location.get("approximate") if isinstance(location, dict) else None
    for name, before in _fields(tool, across=True).items():
        if name != "user_location" or place is None:
            yield _without(sent_kind, tool.name, kind, name, before)
        elif _plain(name, before) != _plain(name, place):
            yield ToolChange(tool.name, "changed", f"has {name} {value(place)} in place of {value(before)}")


def _added(
    sent_kind: str, sent: NeutralRequest, kind: str, arrived: NeutralRequest, tool: Tool
) -> ToolChange:
    """A tool that nobody sent; on another wire it may be how a parameter or a part of a tool is said."""
    name, sort = tool.name or tool.type, sort_of_tool(kind, tool.type)
    says = {"web search": SEARCH_OPTIONS, "MCP server": "mcp_servers"}.get(sort)
    nested = [
        one.get("name")
        for own in sent.tools
        for one in each(own.details.get("tools"))
        if isinstance(one, dict)
    ]
    if sent_kind != kind and (
        says in sent.params or name in nested or _is_format(sent_kind, sent, arrived, tool)
    ):
        return ToolChange(name, "added", "was added to say what was sent otherwise", "no_equivalent")
    return ToolChange(name, "added", "was added")


def _is_format(sent_kind: str, sent: NeutralRequest, arrived: NeutralRequest, tool: Tool) -> bool:
    """Whether a tool has the schema that an answer should have, and must be called."""
    wish = readings(sent_kind, fields_of(sent.params)).get("output format")
    schema = wish.value.get("schema") if wish and isinstance(wish.value, dict) else None
    chosen = canonical_json(arrived.params.get("tool_choice"))
    must = f'"{tool.name}"' in chosen or '"any"' in chosen or '"required"' in chosen
    return schema is not None and must and canonical_json(schema) == canonical_json(tool.schema)


def _compared(sent_kind: str, sent: Tool, kind: str, arrived: Tool) -> Iterator[ToolChange]:
    """All that one tool lost, gained, or says otherwise now."""
    sort, became = sort_of_tool(sent_kind, sent.type), sort_of_tool(kind, arrived.type)
    if sort != became or (sent_kind == kind and sent.type != arrived.type):
        yield _other_type(sent_kind, sent, kind, arrived)
    if sent_kind == kind and sent.name not in (arrived.name, sent.type):
        yield ToolChange(sent.name, "changed", f"is called {quoted(arrived.name)}")
    if sort == became or sent_kind == kind:
        yield from _with_schema(sent, kind, arrived)
        yield from _described(sent, arrived)
        yield from _strictness(sent_kind, sent, kind, arrived)
    ours, theirs = (_fields(tool, across=sent_kind != kind) for tool in (sent, arrived))
    for name, before in ours.items():
        after = theirs.get(name)
        if after is None:
            yield _without(sent_kind, sent.name, kind, name, before)
        elif _plain(name, before) != _plain(name, after):
            yield ToolChange(sent.name, "changed", f"has {name} {value(after)} in place of {value(before)}")
    for name, after in theirs.items():
        if name not in ours and (sort == became or sent_kind == kind):
            due = sent_kind != kind and is_demanded(sort, name)
            what = f"has got {name} {value(after)}" + (
                f", as the {wire_name(kind)} wire demands" if due else ""
            )
            yield ToolChange(sent.name, "changed", what, "no_equivalent" if due else None)


def _fields(tool: Tool, *, across: bool) -> dict[str, Any]:
    """A tool's other fields; OpenAI has the domains of a web search among its filters."""
    details = {key: value for key, value in tool.details.items() if (key, value) != ("strict", False)}
    if across:
        details = {TOOL_SYNONYMS.get(key, key): one for key, one in details.items()}
    filters = details.get("filters")
    if not (tool.type.startswith("web_search") and isinstance(filters, dict)):
        return details
    return {key: value for key, value in details.items() if key != "filters"} | filters


def _plain(name: str, given: Any) -> str:
    """A field in one spelling: lists that are sets in order, a place without nulls and its only type."""
    if name in _SETS and isinstance(given, list):
        return canonical_json(sorted(map(canonical_json, given)))
    if name == "format" and isinstance(given, dict) and isinstance(given.get("grammar"), dict):
        return canonical_json({key: one for key, one in given.items() if key != "grammar"} | given["grammar"])
    if name == "user_location" and isinstance(given, dict):
        said = {key: one for key, one in given.items() if one is not None}
        return canonical_json({"type": "approximate"} | said)
    return canonical_json(given)


def _strictness(sent_kind: str, sent: Tool, kind: str, arrived: Tool) -> Iterator[ToolChange]:
    """Responses makes schemas strict unless told `strict: false`, other wires only if they are told to."""
    ours, theirs = sent.details.get("strict"), arrived.details.get("strict")
    if kind != "responses" or sent.type != "function" or ours is True or theirs is True:
        return
    if sent_kind == kind and ours != theirs:
        what = "lost strict false" if theirs is None else "has got strict false"
        yield ToolChange(sent.name, "changed", what)
    elif sent_kind != kind and theirs is None and has_optional(sent.schema):
        what = "arrived without strict false, so that the responses wire makes all its parameters mandatory"
        yield ToolChange(sent.name, "changed", what)


def _without(sent_kind: str, tool: str, kind: str, name: str, before: Any) -> ToolChange:
    what = f"lost {name} {value(before)}"
    if has_tool_field(kind, sent_kind, name):
        return ToolChange(tool, "changed", what)
    why = f"{what}: the {wire_name(kind)} wire has no such field"
    return ToolChange(tool, "changed", why, "no_equivalent")


def _other_type(sent_kind: str, sent: Tool, kind: str, arrived: Tool) -> ToolChange:
    """A tool of another type: whoever runs it on the provider's side is not the client, nor the reverse."""
    what = f"arrived as {_a(arrived.type)}, not {_a(sent.type)}"
    described = sent.type == "custom" or is_run_by_client(sent.type)
    custom_too = sent.type == "custom" and has_tool(kind, "custom")
    if sent_kind == kind or arrived.type != "function" or sent.type == "function" or custom_too:
        return ToolChange(sent.name, "changed", what)
    if not described:
        return ToolChange(sent.name, "changed", f"{what}: the client would have to run it")
    if arrived.schema is None or no_arguments(arrived.schema):
        return ToolChange(sent.name, "changed", f"arrived as {_a(arrived.type)} without parameters")
    return ToolChange(
        sent.name, "changed", f"{what}, which the {wire_name(kind)} wire has not", "no_equivalent"
    )


def _a(tool_type: str) -> str:
    return {"function": "a function", "custom": "a tool with free input"}.get(tool_type, tool_type)


def _described(sent: Tool, arrived: Tool) -> Iterator[ToolChange]:
    before, after = sent.description, arrived.description
    if before == after:
        return
    if not before:
        yield ToolChange(sent.name, "changed", f"has got a description: {quoted(after)}")
    elif not after.strip():
        yield ToolChange(sent.name, "changed", "lost its description", less=True)
    elif is_cut(before, after):
        cut = f"{len(after):,} of {len(before):,} characters"
        yield ToolChange(sent.name, "changed", f"has its description cut to {cut}", less=True)
    else:
        was, became = both(before, after)
        yield ToolChange(sent.name, "changed", f"has another description: {was} arrived as {became}")


def _with_schema(sent: Tool, kind: str, arrived: Tool) -> Iterator[ToolChange]:
    before, after = sent.schema, arrived.schema
    if before is not None and after is not None:
        if parts := differing_parts(before, after):
            less = all(part.how in ("lost", "cut") for part in parts)
            yield ToolChange(sent.name, "changed", in_words(parts), less=less)
    elif not same_without(kind, before, after):
        what = "lost its schema" if after is None else f"has got a schema: {value(after)}"
        yield ToolChange(sent.name, "changed", what)
