"""Compares request parameters: field by field on one wire, by the table of units across wires."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from lab.exchange.arguments import rounding
from lab.exchange.compare.derived import derived_from
from lab.exchange.compare.difference import NO_PARAMETER, Difference
from lab.exchange.compare.samewire import Changed, field_changes
from lab.exchange.compare.sides import Side, wire_name
from lab.exchange.compare.wishes import unit_differences
from lab.exchange.quoting import pair, value
from lab.wires.params import name_of, readings, refusals
from lab.wires.wirefields import family

__all__ = ["Side", "aspects_of", "parameter_differences", "wire_name"]

# A mark for the provider's cache, compared with the other marks.
_ELSEWHERE: Final = frozenset({"cache_control"})
# What says something of tools alone.
_OF_TOOLS: Final = frozenset({"tool_choice", "parallel_tool_calls"})
# What a gateway that meters needs to ask for, and what no model reads.
_METERING: Final = frozenset({"stream_options.include_usage"})


def parameter_differences(sent: Side, arrived: Side) -> Iterator[Difference]:
    """What became of every parameter that was sent, and which others arrived."""
    if sent.stream and not arrived.stream:
        yield Difference("stream", "changed", "stream true was turned off")
    same_wire = family(sent.kind) == family(arrived.kind)
    for one in _on_one_wire(sent, arrived) if same_wire else unit_differences(sent, arrived):
        if one.aspect not in _ELSEWHERE:
            yield one if one.aspect not in NO_PARAMETER else _apart(one)


def aspects_of(sent: Side, arrived: Side) -> frozenset[str]:
    """The names of all parameters that were sent, as differences name them."""
    same_wire = family(sent.kind) == family(arrived.kind)
    if same_wire:
        names = {name_of(sent.kind, path) for path in sent.fields}
    else:
        read = readings(sent.kind, sent.fields, loosely=True)
        denied = refusals(sent.kind, sent.fields)
        names = {*read, *(denied.keys() & readings(arrived.kind, arrived.fields).keys())}
    names -= _ELSEWHERE
    return frozenset(f"{name} parameter" if name in NO_PARAMETER else name for name in names) | (
        {"stream"} if sent.stream else frozenset()
    )


def _on_one_wire(sent: Side, arrived: Side) -> Iterator[Difference]:
    for one in field_changes(sent.kind, sent.fields, arrived.fields, arrived.model):
        name = name_of(sent.kind, one.field)
        if name in _OF_TOOLS and _no_tools(one, sent, arrived):
            continue
        metering = one.path in _METERING and one.after is True
        if one.change == "added" or metering:
            why = f"{one.path} {value(_short(one.after))} was added"
            why += ": it asks for the usage alone" if metering else ""
            origin = derived_from(one.path, one.after, sent.fields)
            why += f", made of the client's {origin}" if origin else ""
            yield Difference(name, "added", why, excuse="not_judged" if metering or origin else None)
        elif one.change == "dropped":
            yield Difference(name, "dropped", f"{one.path} {value(_short(one.before))} was dropped")
        else:
            short = _short(one.before), _short(one.after)
            alike = not isinstance(short[0], dict) and not isinstance(short[1], dict)
            before, after = pair(*(short if alike else (one.before, one.after)))
            beyond = rounding(one.before, one.after)
            yield Difference(name, "changed", f"{one.path} {before} arrived as {after}{beyond}")


def _short(given: Any) -> Any:
    """An object that says nothing but its type as that type."""
    return given["type"] if isinstance(given, dict) and given.keys() == {"type"} else given


def _no_tools(one: Changed, sent: Side, arrived: Side) -> bool:
    """No tool can be called when none is offered, and then nothing needs to say how they are called."""
    denied = one.before in ("none", {"type": "none"})
    return not arrived.tools and (denied or (one.change == "dropped" and not sent.tools))


def _apart(one: Difference) -> Difference:
    """A parameter whose name is that of an aspect of the conversation."""
    return Difference(f"{one.aspect} parameter", one.change, one.why, one.excuse)
