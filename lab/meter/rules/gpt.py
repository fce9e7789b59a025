"""What OpenAI's models differ in; a name that is none of theirs has no such rules.

Sources: the pages of the models and the guide on reasoning in excerpts of 2026-11,
and refusals quoted in public.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_GPT = re.compile(r"gpt-(?P<major>\d)(?:\.(?P<minor>\d))?(?P<rest>[a-z]?(?:-.*)?)")
_O = re.compile(r"o[134](?:-.*)?")
_OUTPUT = {"gpt-4o": 16_384, "gpt-4.1": 32_768, "gpt-4-turbo": 4096, "gpt-3.5-turbo": 4096}
_WINDOWS = {
    "gpt-4o": 128_000,
    "gpt-4.1": 1_047_576,
    "gpt-4-turbo": 128_000,
    "gpt-4-0613": 8192,
    "gpt-3.5-turbo": 16_385,
}
_LOW_TO_HIGH = ("low", "medium", "high")


@dataclass(frozen=True, slots=True)
class Gpt:
    """A model by name; `reasons` tells the models that reason, `version` is theirs (0 of the o series)."""

    name: str
    reasons: bool
    version: tuple[int, int]

    @property
    def efforts(self) -> tuple[str, ...]:  # noqa: PLR0911 - one return per generation
        """The levels of reasoning that it takes on /v1/responses, in the order of refusals."""
        if not self.reasons:
            return ()
        if "-pro" in self.name and self.version == (5, 0):
            return ("high",)
        if self.version == (0, 0) or "-codex" in self.name:
            return (*_LOW_TO_HIGH, "xhigh") if self.version >= (5, 2) or "max" in self.name else _LOW_TO_HIGH
        if self.version == (5, 0):
            return ("minimal", *_LOW_TO_HIGH)
        if self.version == (5, 1):
            return ("none", *_LOW_TO_HIGH)
        if self.version < (5, 6):
            return ("none", *_LOW_TO_HIGH, "xhigh")
        none = ("none",) if self.version == (5, 6) else ()
        return (*none, *_LOW_TO_HIGH, "xhigh", "max")

    def samples(self, effort: object) -> bool:
        """Whether sampling can be chosen at this effort; a default that is not known is taken for `none`."""
        if not self.reasons:
            return True
        if effort is not None:
            return effort == "none"
        return (5, 1) <= self.version < (5, 6) and "-codex" not in self.name

    @property
    def responds_only(self) -> bool:
        """Whether it is on /v1/responses alone."""
        return self.reasons and any(part in self.name for part in ("-pro", "-codex", "-deep-research"))

    @property
    def window(self) -> int | None:
        """The largest prompt in o200k_base tokens; None if that is not known."""
        if self.version >= (5, 4):
            return 1_050_000
        if self.reasons:
            return 200_000 if self.version == (0, 0) else 272_000
        found = [most for name, most in _WINDOWS.items() if self.name.startswith(name)]
        return found[0] if found else None

    @property
    def most_tokens(self) -> int | None:
        """The largest number of tokens to ask for; None if that is not known."""
        if self.reasons:
            return 100_000 if self.version == (0, 0) else 128_000
        found = [most for name, most in _OUTPUT.items() if self.name.startswith(name)]
        return found[0] if found else None


def gpt(model: str) -> Gpt | None:
    """The model of OpenAI that a name means; None for any other."""
    if _O.fullmatch(model):
        return Gpt(model, True, (0, 0))
    found = _GPT.fullmatch(model)
    if found is None:
        return None
    version = int(found["major"]), int(found["minor"] or 0)
    reasons = version[0] >= 5 and "chat" not in found["rest"] and "audio" not in found["rest"]
    return Gpt(model, reasons, version)
