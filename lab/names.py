"""Names that several folders share, and suggestions for names that were mistyped."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Final, Literal

# From the cheapest and weakest to the dearest and strongest, whatever prices a run gives them.
TierName = Literal["SIMPLE", "MEDIUM", "COMPLEX", "REASONING"]
EngineName = Literal["auto", "docker", "host"]
UpstreamMode = Literal["auto", "scripted", "ollama", "cloud"]
# The dialects that clients speak, by the names that configs and records have for them.
ClientWire = Literal["anthropic", "openai", "responses"]
# The same on the command line: named for their paths, by the names of old, or all three.
WireChoice = Literal["messages", "chat", "responses", "all", "anthropic", "openai"]
StreamChoice = Literal["as-written", "plain", "streamed", "both"]
WIRES_NAMED: Final[Mapping[str, ClientWire]] = {
    "messages": "anthropic",
    "chat": "openai",
    "responses": "responses",
    "anthropic": "anthropic",
    "openai": "openai",
}
PATH_NAMES: Final[Mapping[ClientWire, str]] = {
    "anthropic": "messages",
    "openai": "chat",
    "responses": "responses",
}


def nearest(name: str, known: Iterable[str], shown: Iterable[str] | None = None) -> str:
    """A next step for an unknown name: the nearest known one, if any is near, and all, or those `shown`."""
    names = sorted(set(known))
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    listed = f"known: {', '.join(names if shown is None else shown)}"
    return f"did you mean {near[0]}? {listed}" if near else listed
