"""What was looked for in a prompt or an answer, and how much of it arrived."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "whole_prompt",
    "turns",
    "system",
    "roles",
    "documents",
    "images",
    "thinking",
    "tool_names",
    "tool_descriptions",
    "schema_words",
    "tool_calls",
    "tool_results",
    "error_marks",
    "forced_choice",
    "text_parts",
    "order",
    "choices",
    "stop",
    "max_tokens",
    "response_format",
    "ending",
    "usage",
]


@dataclass(slots=True)
class Count:
    """How many of a kind there are, how many the model got, and the others in words, in order.

    `unsure` are those of which it is not known; they are neither kept nor lost.
    """

    of: int = 0
    kept: int = 0
    unsure: int = 0
    lost: list[str] = field(default_factory=list)

    def add(self, fate: str, what: str) -> None:
        """One more, and what became of it: kept, unsure, lost, or lost in part."""
        self.of += 1
        if fate == "kept":
            self.kept += 1
        elif fate == "unsure":
            self.unsure += 1
        else:
            self.lost.append(f"{what}, in part" if fate == "in part" else what)


Counts = dict[Kind, Count]
