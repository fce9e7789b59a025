"""Texts as pieces of a longer one: joined with or without white space, and how much two have in common."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

LOOKED_AT: Final = 4000  # characters
# A joint (\0) within a word, beside a sign within one, or beside the point of a number.
_WITHIN: Final = re.compile(r"\w['\u2019-]?\0\w|\w\0['\u2019-]\w|\d[.,]\0\d|\d\0[.,]\d")


def touching(before: str, text: str) -> bool:
    """Whether two texts have no white space at their joint if nothing is put between them."""
    return bool(before and text) and not before[-1].isspace() and not text[0].isspace()


def within_word(before: str, text: str) -> bool:
    """Whether two texts that follow one another were one word, name or number at their joint."""
    return _WITHIN.search(f"{before[-2:]}\0{text[:2]}") is not None


def same_pieces(pieces: Iterable[str], text: str) -> bool:
    """Whether `text` is these pieces joined by white space, with nothing but white space around them."""
    rest = beyond_pieces(pieces, text)
    return rest is not None and not rest.strip()


def beyond_pieces(pieces: Iterable[str], text: str, *, joined: bool = False) -> str | None:
    """What follows in `text` after these pieces joined by white space; None if it does not begin so.

    With `joined`, there may be no white space between them either.
    """
    before = ""
    for piece in pieces:
        glued = not joined and text.startswith(piece) and touching(before, piece)
        if not text.startswith(piece):
            text = text.lstrip()
        if glued or not text.startswith(piece):
            return None
        text = text[len(piece) :]
        before = piece or before
    return text


def overlap(one: str, other: str) -> float:
    """The share of the smaller text's three-letter groups that the other one has too."""
    groups = [_groups(text[:LOOKED_AT]) for text in (one, other)]
    return len(groups[0] & groups[1]) / max(1, min(map(len, groups)))


def _groups(text: str) -> set[str]:
    return {text[at : at + 3] for at in range(max(1, len(text) - 2))}
