"""One difference between what a client sent and what a provider was sent, and what it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Change = Literal["changed", "dropped", "added"]
# Why a difference is held against nobody: the provider's wire has nothing of the kind, or to leave the thing
# out is as right as to forward it.
Excuse = Literal["no_equivalent", "not_judged"]

SYSTEM: Final = "system"
TEXT: Final = "text"
IMAGE: Final = "image"
THINKING: Final = "thinking blocks"
OTHER: Final = "other blocks"
CALLS: Final = "tool calls"
RESULTS: Final = "tool results"
IDS: Final = "tool ids"
TOOLS: Final = "tools"
MARKS: Final = "cache marks"
HEADER: Final = "header "

# The aspects of a conversation; every other aspect but those above is a parameter by its normalised name.
MESSAGES: Final = frozenset({TEXT, IMAGE, THINKING, OTHER})
NO_PARAMETER: Final = MESSAGES | {SYSTEM, CALLS, RESULTS, IDS, TOOLS, MARKS}


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs (`aspect`), how, and a sentence that names it before and after.

    One with an `excuse` is shown, with its reason at the end of the sentence, and fails no check. Of what was
    added `text` is the whole text, and `instead` tells that it stands where something of its kind is gone.
    """

    aspect: str
    change: Change
    why: str
    excuse: Excuse | None = None
    text: str = ""
    instead: bool = False


def is_parameter(aspect: str) -> bool:
    """Whether an aspect is a request parameter."""
    return aspect not in NO_PARAMETER and not aspect.startswith(HEADER)
