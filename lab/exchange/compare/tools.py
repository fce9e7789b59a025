"""Compares tools: everything that each says on its wire, which are there, and in which order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lab.exchange.compare.blocks import says_only
from lab.exchange.compare.difference import TOOLS, Change, Difference, Excuse
from lab.exchange.compare.equivalents import has_tool_field, is_demanded, is_run_by_client
from lab.exchange.compare.parameters import wire_name
from lab.exchange.compare.toolfields import (
    SEARCH_OPTIONS,
    as_parameter,
    beyond_options,
    fields_of_tool,
    plain_field,
)
from lab.exchange.quoting import both, quoted, value
from lab.exchange.schemas import (
    any_of,
    differing_parts,
    has_optional,
    in_words,
    is_cut,
    no_arguments,
    notation_lost,
    same_without,
)
from lab.wires.canonical import canonical_json
from lab.wires.neutral import NeutralRequest, Tool
from lab.wires.params import fields_of, readings
from lab.wires.requests import read_tools
from lab.wires.toolsorts import has_tool, sort_of_tool

# What may be said of a tool with free input where a function stands for it.
_OF_FREE_INPUT = (
    "free input as one a single string argument grammar syntax lark regex definition format must match "
    "follow following valid plain unstructured"
)


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
        elif (there := as_parameter(sent_kind, tool, kind, arrived.params)) is not None:
            yield from _details(sent_kind, tool, kind, there)
        else:
            yield _dropped(sent_kind, tool, kind)
    for at, tool in enumerate(arrived.tools):
        if at not in places.values():
            yield from _added(sent_kind, sent, kind, arrived, tool)
    if sent_kind != kind:
        yield from _left_behind(sent_kind, sent.tools, arrived.tools)
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


def _added(
    sent_kind: str, sent: NeutralRequest, kind: str, arrived: NeutralRequest, tool: Tool
) -> Iterator[ToolChange]:
    """A tool that nobody sent; on another wire it may be how a parameter or a part of a tool is said."""
    name, sort = tool.name or tool.type, sort_of_tool(kind, tool.type)
    says = {"web search": SEARCH_OPTIONS, "MCP server": "mcp_servers"}.get(sort)
    within = _nested(sent_kind, sent.tools, tool) if sent_kind != kind else None
    if sent_kind != kind and (
        says in sent.params or within is not None or _is_format(sent_kind, sent, arrived, tool)
    ):
        yield ToolChange(name, "added", "was added to say what was sent otherwise", "no_equivalent")
    else:
        yield ToolChange(name, "added", "was added")
    if within is not None:
        yield from _compared(sent_kind, within, kind, tool)
    elif sent_kind != kind and says == SEARCH_OPTIONS and SEARCH_OPTIONS in sent.params:
        wish = replace(tool, details={})
        yield from _details(kind, wish, kind, beyond_options(tool, sent.params[SEARCH_OPTIONS]))


def _nested(kind: str, tools: Sequence[Tool], arrived: Tool) -> Tool | None:
    """The tool of a namespace that this one stands for."""
    pairs = ((own, one) for own in tools for one in read_tools(kind, {"tools": own.details.get("tools")}))
    found = next((one for own, one in pairs if _stands_for(own, one, arrived)), None)
    return replace(found, name=arrived.name) if found else None


def _stands_for(own: Tool, one: Tool, arrived: Tool) -> bool:
    """Whether a tool has the name of one in a namespace, with or without the namespace's before it."""
    spelled = arrived.name.startswith(own.name) and arrived.name.endswith(one.name)
    return bool(one.name) and (one.name == arrived.name or spelled)


def _left_behind(kind: str, tools: Sequence[Tool], arrived: Sequence[Tool]) -> Iterator[ToolChange]:
    """Tools of a namespace that are gone, though others of it arrived as functions."""
    for own in tools:
        every = list(read_tools(kind, {"tools": own.details.get("tools")}))
        gone = [one for one in every if not any(_stands_for(own, one, there) for there in arrived)]
        if len(gone) < len(every):
            for one in gone:
                yield ToolChange(f"{own.name}.{one.name}", "dropped", "was not forwarded", partial=False)


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
    elif sent.description and not _says_how(sent, arrived):
        yield from _described(sent, arrived)
    yield from _details(sent_kind, sent, kind, arrived)


def _says_how(sent: Tool, arrived: Tool) -> bool:
    """Whether a function only says, beside the whole description, how the free input is to be given."""
    known = (sent.description, canonical_json(sent.details.get("format")), _OF_FREE_INPUT)
    return sent.type == "custom" and says_only(arrived.description, [sent.description], known)


def _details(sent_kind: str, sent: Tool, kind: str, arrived: Tool) -> Iterator[ToolChange]:
    """The other fields of a tool that are gone, are others, or that nobody sent."""
    sort, became = sort_of_tool(sent_kind, sent.type), sort_of_tool(kind, arrived.type)
    ours, theirs = (fields_of_tool(tool, across=sent_kind != kind) for tool in (sent, arrived))
    for name, before in ours.items():
        after = theirs.get(name)
        if after is None:
            yield _without(sent_kind, sent.name, kind, name, before)
        elif plain_field(name, before) != plain_field(name, after):
            yield ToolChange(sent.name, "changed", f"has {name} {value(after)} in place of {value(before)}")
    alike = sort == became or sent_kind == kind or sent.type == arrived.type
    for name, after in theirs.items():
        if name not in ours and alike:
            due = sent_kind != kind and is_demanded(sort, name)
            what = f"has got {name} {value(after)}" + (
                f", as the {wire_name(kind)} wire demands" if due else ""
            )
            yield ToolChange(sent.name, "changed", what, "no_equivalent" if due else None)


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
    if before is None or after is None:
        if not same_without(kind, before, after):
            what = "lost its schema" if after is None else f"has got a schema: {value(after)}"
            yield ToolChange(sent.name, "changed", what)
        return
    parts = differing_parts(before, after)
    # OpenAI's strict mode and Anthropic's take any of several schemas, and never exactly one.
    strict = arrived.details.get("strict") is True
    left = min(parts, differing_parts(any_of(before), after), key=len) if strict else parts
    if left:
        less = all(part.how in ("lost", "cut") for part in left)
        yield ToolChange(sent.name, "changed", in_words(left), less=less)
    if len(left) < len(parts):
        what = "has anyOf in place of oneOf in its schema, which strict mode refuses"
        yield ToolChange(sent.name, "changed", what, "repaired")
    if lost := notation_lost(before, after):
        what = f"lost {lost} of its schema, which limits and tells nothing"
        yield ToolChange(sent.name, "changed", what, "not_judged")
