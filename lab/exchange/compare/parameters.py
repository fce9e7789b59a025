"""Compares request parameters across wires: the same wish in another notation is no difference."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from lab.exchange.compare.difference import Difference
from lab.exchange.quoting import value
from lab.wires.params import Params, is_default, wire_has

# A mark for the provider's cache, compared with the other marks.
_ELSEWHERE = frozenset({"cache_control"})
_LEAST = {("responses", "max_tokens"): 16}
# Tiers of service that only Anthropic has, and what they are called elsewhere.
_ANTHROPICS_TIERS = ("standard_only",)
_STANDARD = (*_ANTHROPICS_TIERS, "default")


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: the wire, the normalised parameters, and the names of the tools."""

    kind: str
    params: Params
    tools: Collection[str] = ()


def parameter_differences(sent: Side, arrived: Side) -> Iterator[Difference]:
    """What became of every parameter that was sent, and which others arrived."""
    for name, before in sent.params.items():
        after = arrived.params.get(name)
        if name in _ELSEWHERE or _same(name, before, after, arrived):
            continue
        if after is None or (name == "service_tier" and is_default(arrived.kind, name, after)):
            yield _gone(name, before, sent.kind, arrived.kind)
        else:
            yield _other(name, before, after, arrived.kind)
    for name, after in arrived.params.items():
        if name in sent.params or name in _ELSEWHERE or name == "stream":
            continue
        if not is_default(arrived.kind, name, after):
            yield Difference(name, "added", f"{name} {value(after)} was added")


def _gone(name: str, before: Any, sent: str, arrived: str) -> Difference:
    """A parameter that is missing; excused if the wire it was sent on has it and the other has none."""
    if name == "stream":
        return Difference(name, "changed", "stream true was turned off")
    why = f"{name} {value(before)} was dropped"
    if wire_has(sent, name) and not wire_has(arrived, name):
        return Difference(
            name, "dropped", f"{why}: the {wire_name(arrived)} wire has none", excuse="no_equivalent"
        )
    if name == "service_tier" and before in _ANTHROPICS_TIERS and arrived != "messages":
        why += ": only Anthropic has it, and the standard tier is what is left"
        return Difference(name, "dropped", why, excuse="no_equivalent")
    return Difference(name, "dropped", why)


def _other(name: str, before: Any, after: Any, kind: str) -> Difference:
    """A parameter with another value; excused if it was raised to the least that the wire takes."""
    why = f"{name} {value(before)} arrived as {value(after)}"
    least = _LEAST.get((kind, name))
    if least is None or after != least or not isinstance(before, int | float) or before > least:
        return Difference(name, "changed", why)
    why += f", the least that the {wire_name(kind)} wire takes"
    return Difference(name, "changed", why, excuse="no_equivalent")


def wire_name(kind: str) -> str:
    """The name of an upstream wire in a sentence."""
    return {"ollama_chat": "Ollama", "ollama_generate": "Ollama"}.get(kind, kind)


def _same(name: str, before: Any, after: Any, arrived: Side) -> bool:
    if after is None and is_default(arrived.kind, name, before):
        return True
    if name == "tool_choice":
        return bool(before == after) or _same_choice(before, after, arrived)
    if name == "thinking" and isinstance(after, dict):
        return _same_thinking(before, after)
    if name == "service_tier" and before in _STANDARD and after in _STANDARD:
        return True
    if isinstance(before, bool) or isinstance(after, bool):
        return before is after
    return bool(before == after)


def _same_choice(before: str, after: str | None, arrived: Side) -> bool:
    """No tool can be called when none is offered; with one tool, any tool is that tool."""
    if before == "none":
        return not arrived.tools
    only = next(iter(arrived.tools)) if len(arrived.tools) == 1 else None
    return only is not None and {before, after} == {"any", f"tool:{only}"}


def _same_thinking(before: Params, after: Params) -> bool:
    """Budgets and efforts are compared with their like; a wire with only one of them says it its own way."""
    for unit in ("budget", "effort"):
        if unit in before and unit in after:
            return bool(before[unit] == after[unit])
    return True
