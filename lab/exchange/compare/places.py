"""Where in a conversation a system text stands: what was said before it, and what after it."""

from __future__ import annotations

from collections.abc import Iterator

from lab.exchange.compare.alignment import Alignment, Found
from lab.exchange.compare.blocks import Wires
from lab.exchange.compare.difference import SYSTEM, Difference
from lab.exchange.quoting import quoted

# Anthropic takes a system text within the conversation only under a beta.
_ONLY_AHEAD = frozenset({"messages", "ollama_generate"})


def displaced(wires: Wires, system: Alignment, messages: Alignment) -> Iterator[Difference]:
    """System texts that arrived before what they came after, or after what they came before."""
    for one in system.found:
        if (
            one.arrived is None
            or one.fate not in ("kept", "joined", "broken")
            or one.arrived.speaker != "system"
        ):
            continue
        if where := _where(one, messages):
            why = f"the system text {quoted(one.sent.part.text)} arrived {where}"
            if not wires.same and wires.arrived in _ONLY_AHEAD:
                why += f": the {wires.name} wire has it ahead of the conversation"
                yield Difference(SYSTEM, "changed", why, "no_equivalent", partial=True)
            else:
                yield Difference(SYSTEM, "changed", why)


def _where(system: Found, messages: Alignment) -> str:
    """In words where it stands now, if that is another place among the messages that arrived."""
    assert system.arrived is not None  # noqa: S101 - called only for what arrived
    before, now = system.sent.place, system.arrived.place
    for one in messages.found:
        if one.arrived is None or one.fate == "moved":
            continue
        if one.sent.place < before and one.arrived.place >= now:
            return "ahead of the conversation" if now == 0 else "earlier in the conversation"
        if one.sent.place >= before and one.arrived.place < now:
            return "within the conversation" if before == 0 else "later in the conversation"
    return ""
