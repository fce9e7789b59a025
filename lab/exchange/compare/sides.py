"""The two sides of a comparison of parameters: what each says on its wire, and wish by wish."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lab.wires.neutral import Tool
from lab.wires.params import Reading, readings, refusals
from lab.wires.units import Params
from lab.wires.wirefields import family


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: the wire, the fields by their paths, and the tools on offer."""

    kind: str
    fields: Params
    tools: tuple[Tool, ...] = ()
    model: str | None = None
    stream: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """What was sent and what arrived, with the wishes of both sides by the names of their units.

    `denied` are the fields by which the client says that it does not want a thing, such as thinking.
    """

    sent: Side
    arrived: Side
    before: dict[str, Reading]
    after: dict[str, Reading]
    denied: dict[str, Params]

    def value(self, name: str) -> Any:
        """What arrived of a wish; None if nothing did."""
        return self.after[name].value if name in self.after else None

    @property
    def wire(self) -> str:
        """The provider's wire, by the name of its parameters."""
        return family(self.arrived.kind)


def paired(sent: Side, arrived: Side) -> Pair:
    """Both sides wish by wish; the client may say one by another wire's field, the provider reads its own."""
    before = readings(sent.kind, sent.fields, loosely=True)
    after = readings(arrived.kind, arrived.fields)
    return Pair(sent, arrived, before, after, refusals(sent.kind, sent.fields))


def wire_name(kind: str) -> str:
    """The name of an upstream wire in a sentence."""
    return {"ollama_chat": "Ollama", "ollama_generate": "Ollama"}.get(kind, kind)
