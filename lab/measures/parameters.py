"""Compares request parameters across wires: the same wish in another notation is no difference."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from lab.measures.difference import Difference
from lab.measures.quoting import value
from lab.wires.params import Params, is_default, wire_has

# A mark for the provider's cache, compared with the other marks.
_ELSEWHERE = frozenset({"cache_control"})
_LEAST = {("responses", "max_tokens"): 16}


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
        if after is None:
            yield Difference(name, *_gone(name, before, arrived.kind))
        else:
            why = f"{name} {value(before)} arrived as {value(after)}"
            least = _LEAST.get((arrived.kind, name))
            floor = f", the least that the {wire_name(arrived.kind)} wire takes" if after == least else ""
            yield Difference(name, "changed", f"{why}{floor}")
    for name, after in arrived.params.items():
        if name in sent.params or name in _ELSEWHERE or name == "stream":
            continue
        if not is_default(arrived.kind, name, after):
            yield Difference(name, "added", f"{name} {value(after)} was added")


def _gone(name: str, before: Any, kind: str) -> tuple[Any, str]:
    if name == "stream":
        return "changed", "stream true was turned off"
    none = "" if wire_has(kind, name) else f": the {wire_name(kind)} wire has none"
    return "dropped", f"{name} {value(before)} was dropped{none}"


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
    if isinstance(before, bool) or isinstance(after, bool):
        return before is after
    return bool(before == after)


def _same_choice(before: str, after: str | None, arrived: Side) -> bool:
    """No tool can be called where none is offered; with one tool, any tool is that tool."""
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
