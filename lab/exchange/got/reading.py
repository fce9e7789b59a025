"""A prompt as far as the model read it: the part before a cut, the part behind it, and what is not sure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from lab.records.models import ModelInput
from lab.tokens import count_each

Fate = Literal["kept", "in part", "unsure", "lost"]

# A cut is told in the model's own tokens, and its place in the text is worked out with o200k_base: the two
# differ from text to text, so that much of what is behind the cut may lie before it.
MARGIN = 0.03
_PIECE = 400


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text stands in a prompt, in characters, and what became of it."""

    start: int
    end: int
    fate: Fate


@dataclass(slots=True)
class Reading:
    """A prompt, of which the model read what is before `head` and what is behind `sure`, in characters.

    Between `head` and `first` nothing was read, and from `first` to `sure` that is not known.
    """

    text: str
    head: int = 0
    first: int = 0
    sure: int = 0
    _taken: list[tuple[int, int]] = field(default_factory=list)

    @property
    def cut(self) -> bool:
        """Whether anything of the prompt was not read."""
        return self.first > self.head

    @property
    def read(self) -> str:
        """What the model read for sure; a cut is marked by a character that no text has."""
        return f"{self.text[: self.head]}\0{self.text[self.sure :]}" if self.cut else self.text

    def place(self, text: str, before: int | None = None, *, first: bool = False) -> Place | None:
        """The last (or first) place of a text before another that is nobody's yet; None if there is none."""
        for form in forms(text):
            found = list(self._found(form, len(self.text) if before is None else before))
            if found:
                start = found[-1 if first else 0]
                return Place(start, start + len(form), self._fate(start, start + len(form)))
        return None

    def take(self, place: Place) -> None:
        """Nothing else is found in this place."""
        self._taken.append((place.start, place.end))

    def _found(self, form: str, before: int) -> Iterator[int]:
        """From the last to the first."""
        at = self.text.rfind(form, 0, before)
        while at >= 0:
            end = at + len(form)
            apart = not (_joined(self.text, at) or _joined(self.text, end))
            if apart and not any(start < end and at < stop for start, stop in self._taken):
                yield at
            at = self.text.rfind(form, 0, end - 1)

    def _fate(self, start: int, end: int) -> Fate:
        if not self.cut or end <= self.head or start >= self.sure:
            return "kept"
        if start >= self.first:
            return "unsure"
        return "in part" if start < self.head or end > self.sure else "lost"


def _joined(text: str, at: int) -> bool:
    """Whether a word goes on at this place."""
    return 0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum()


def forms(text: str) -> Iterator[str]:
    """How a template may write a text: as it is, without the white space around it, or within JSON."""
    seen = {""}
    plain = json.dumps(text, ensure_ascii=False)[1:-1]
    html = re.sub("[<>&]", lambda found: f"\\u{ord(found[0]):04x}", plain)  # as Go writes JSON
    for form in (text, text.strip(), plain, html, json.dumps(text)[1:-1]):
        if form not in seen:
            seen.add(form)
            yield form


def reading_of(given: ModelInput, prompt: str) -> Reading:
    """What was read of a prompt; all of it if nothing was cut, or if it is not known where."""
    whole, read = given.tokens_whole, given.tokens
    if not given.cut or not whole or read is None or read >= whole or given.keep is None:
        return Reading(prompt)
    ends = _ends(prompt)
    keep = min(given.keep, read)
    head = _at(ends, keep / whole)
    behind = read - keep
    margin = MARGIN * behind
    first = _at(ends, (whole - behind - margin) / whole)
    sure = _at(ends, min(1.0, (whole - behind + margin) / whole))
    return Reading(prompt, head=head, first=max(first, head), sure=max(sure, head))


def _ends(prompt: str) -> list[tuple[int, float]]:
    """Where each piece of a prompt ends, in characters, and the share of its tokens up to there."""
    pieces = [prompt[at : at + _PIECE] for at in range(0, len(prompt), _PIECE)]
    counted = count_each(pieces)
    total = sum(counted) or 1
    ends, characters, tokens = [(0, 0.0)], 0, 0
    for piece, n in zip(pieces, counted, strict=True):
        characters, tokens = characters + len(piece), tokens + n
        ends.append((characters, tokens / total))
    return ends


def _at(ends: list[tuple[int, float]], share: float) -> int:
    """The character up to which a prompt has this share of its tokens."""
    for (begin, low), (end, high) in pairwise(ends):
        if share <= high:
            return begin + round((end - begin) * (share - low) / (high - low)) if high > low else end
    return ends[-1][0]
