"""One difference between what a client sent and what a provider was sent, and what it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

# `joined`: texts that arrive as one, with no white space between them; held against nobody.
Change = Literal["changed", "dropped", "added", "joined"]
# Why a difference is held against nobody: the provider's wire has nothing of the kind, to leave the thing out
# is as right as to forward it, or the provider's own rule refuses what was sent and would take what arrived.
Excuse = Literal["no_equivalent", "not_judged", "repaired"]

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

    One with an `excuse` is shown, with its reason at the end of the sentence, and fails no check. It is
    `partial` if the rest of the thing arrived, such as a document without its title. Of what was added `text`
    is the whole text, and `instead` tells that it stands where something of its kind is gone.
    """

    aspect: str
    change: Change
    why: str
    excuse: Excuse | None = None
    partial: bool = False
    text: str = ""
    instead: bool = False


def is_parameter(aspect: str) -> bool:
    """Whether an aspect is a request parameter."""
    return aspect not in NO_PARAMETER and not aspect.startswith(HEADER)
