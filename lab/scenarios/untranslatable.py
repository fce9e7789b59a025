"""What a scenario has that a client wire has not, and how that is said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lab.names import PATH_NAMES, ClientWire
from lab.wires import CLIENT_KINDS
from lab.wires.params import other_place

# What stands elsewhere than in a field of another name.
_ELSEWHERE: Final[Mapping[tuple[ClientWire, str], str]] = {
    ("openai", "speed"): "service_tier fast",
    ("responses", "speed"): "service_tier fast",
    ("anthropic", "functions"): "tools",
    ("responses", "functions"): "tools",
}


class Untranslatable(Exception):
    """What a scenario has that a wire has not; the text is a clause, `it` is the scenario."""


def unsaid(wire: ClientWire, path: str) -> Untranslatable:
    """What is said of a field that does not go as it is: where the wire has the like, if it has."""
    place = _ELSEWHERE.get((wire, path)) or other_place(CLIENT_KINDS[wire], path)
    other = f"which this wire has in other units, as {place}" if place else "which has no counterpart"
    other = "which this wire has in another form" if place == path else other
    return Untranslatable(f"it sets {path}, {other}")


def wire_words(wire: ClientWire) -> str:
    """The wire's name in a sentence."""
    return f"{PATH_NAMES[wire]} wire"
