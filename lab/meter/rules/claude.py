"""What Anthropic's models differ in, by family and version; a name that is no Claude's has no such rules.

Sources: the page "Troubleshooting thinking", the migration guides, and the pages of the models;
read in excerpts, 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_NEWER = re.compile(r"claude-(?P<family>[a-z]+)-(?P<major>\d{1,2})(?:-(?P<minor>\d{1,2}))?(?!\d)")
_OLDER = re.compile(r"claude-(?P<major>3)(?:-(?P<minor>\d))?-(?P<family>[a-z]+)")
# Errors name the dated model that an alias stands for.
_DATED = {
    "claude-haiku-4-5": "claude-haiku-4-5-20251001",
    "claude-opus-4-5": "claude-opus-4-5-20251101",
    "claude-sonnet-4-5": "claude-sonnet-4-5-20250929",
}
ALWAYS_THINKS = frozenset({"fable", "mythos"})


@dataclass(frozen=True, slots=True)
class Claude:
    """A model: its name with date, its family, and its version."""

    name: str
    family: str
    version: tuple[int, int]

    @property
    def thinking(self) -> frozenset[str] | None:
        """The values of `thinking.type` that it takes; None if that is not known."""
        if self.family in ALWAYS_THINKS or (self.family == "opus" and self.version >= (5, 5)):
            return frozenset({"adaptive"})
        if self.family == "sonnet" and self.version >= (5, 5):
            return frozenset({"adaptive", "between_tools"})
        if self.version >= (4, 7):
            return frozenset({"adaptive", "disabled"})
        if self.version >= (4, 6):
            return frozenset({"adaptive", "disabled", "enabled"})
        return frozenset({"disabled", "enabled"}) if self.version >= (3, 7) else None

    @property
    def efforts(self) -> frozenset[str]:
        """The levels of `output_config.effort` that it takes."""
        first = {"opus": (4, 5), "sonnet": (4, 6), "haiku": (5, 5)}.get(self.family, (4, 0))
        if self.version < first:
            return frozenset()
        levels = {"low", "medium", "high"}
        if self.version >= (4, 6):
            levels.add("max")
        if self.version >= (4, 7):
            levels.add("xhigh")
        return frozenset(levels)

    @property
    def samples(self) -> bool:
        """Whether temperature, top_p and top_k can be chosen."""
        return self.version < (4, 7)

    @property
    def samples_one_way(self) -> bool:
        """Whether only one of temperature and top_p can be chosen."""
        return (4, 1) <= self.version < (4, 7)

    @property
    def takes_prefill(self) -> bool:
        """Whether a conversation may end with the beginning of the answer."""
        return self.version < (4, 6)

    @property
    def takes_forced_tools(self) -> bool:
        """Whether tool_choice may be `any` or `tool`."""
        return self.version < (5, 5) and self.family not in ALWAYS_THINKS

    @property
    def takes_system(self) -> bool:
        """Whether a system message may stand within a conversation."""
        return self.version >= (5, 0) or (self.family == "opus" and self.version >= (4, 8))

    def window(self, betas: Iterable[str]) -> int:
        """The largest prompt in the provider's tokens; a beta made it larger for Sonnet 4 and 4.5."""
        larger = self.family == "sonnet" and self.version >= (4, 0)
        if self.version >= (4, 6) or (larger and any(beta.startswith("context-1m-") for beta in betas)):
            return 1_000_000
        return 200_000

    @property
    def most_tokens(self) -> int:
        """The largest max_tokens."""
        if self.version >= (4, 6):
            return 128_000
        if self.version < (3, 5):
            return 4096
        if self.version < (3, 7):
            return 8192
        return 32_000 if self.family == "opus" and self.version < (4, 5) else 64_000


def claude(model: str) -> Claude | None:
    """The Claude that a name means; None for another provider's model, or for a Claude of unknown version."""
    found = _NEWER.match(model) or _OLDER.match(model)
    if found is None:
        return None
    version = int(found["major"]), int(found["minor"] or 0)
    return Claude(_DATED.get(model, model), found["family"], version)
