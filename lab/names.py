"""Names that several folders share, and suggestions for names that were mistyped."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Literal

# From the cheapest and weakest to the dearest and strongest, whatever prices a run gives them.
TierName = Literal["SIMPLE", "MEDIUM", "COMPLEX", "REASONING"]
EngineName = Literal["auto", "docker", "host"]
UpstreamMode = Literal["auto", "scripted", "ollama", "cloud"]
ClientWire = Literal["anthropic", "openai"]


def nearest(name: str, known: Iterable[str], shown: Iterable[str] | None = None) -> str:
    """A next step for an unknown name: the nearest known one, if any is near, and all, or those `shown`."""
    names = sorted(set(known))
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    listed = f"known: {', '.join(names if shown is None else shown)}"
    return f"did you mean {near[0]}? {listed}" if near else listed
