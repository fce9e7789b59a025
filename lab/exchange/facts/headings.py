"""Finds facts whose rows stand under a heading: what is common to them is written once above them.

The heading holds a fact's first part, as `grep --heading` writes files, or the beginning of it, as a listing
writes a directory over its files; the rest stands in one line below, before the next heading.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from lab.exchange.facts.texts import all_of, alone, occurrences

Rows = Sequence[tuple[str, ...]]

# How much may stand in a heading after the value: a count, a colon.
_REST: Final = 24
_SHORTEST: Final = 3
_LONGEST: Final = 200
_LINES_ABOVE: Final = 400
_WORD = re.compile(r"[^\s()\[\]{}\"'`,;]+")


def kept(wanted: Rows, beside: Rows, plain: str) -> list[bool]:
    """Which facts stand in a line of `plain` and the heading above it."""
    found = _whole(wanted, beside, plain)
    return [there or _split(fact, plain) for fact, there in zip(wanted, found, strict=True)]


def _whole(wanted: Rows, beside: Rows, plain: str) -> list[bool]:
    """Which facts have their first part in a heading, and the rest in one line of what it is over."""
    firsts = {row[0] for row in (*wanted, *beside)}
    heads = sorted((start, part) for part in firsts for start in occurrences(part, plain))
    places: dict[str, list[tuple[int, int]]] = {}
    for n, (start, part) in enumerate(heads):
        line_end = plain.find("\n", start, start + len(part) + _REST)
        following = heads[n + 1][0] if n + 1 < len(heads) else len(plain)
        if 0 <= line_end < following:
            places.setdefault(part, []).append(
                (line_end + 1, _section_end(plain, start, line_end, following))
            )
    return [
        len(fact) > 1 and any(_in_a_line(fact[1:], plain, *place) for place in places.get(fact[0], ()))
        for fact in wanted
    ]


def _section_end(plain: str, start: int, line_end: int, limit: int) -> int:
    """Where a heading's lines end: before the next heading, an empty line, or one as far out as itself."""
    outer = _indent(plain, plain.rfind("\n", 0, start) + 1)
    begin, inner = line_end + 1, _indent(plain, line_end + 1)
    while begin < limit:
        end = plain.find("\n", begin, limit)
        if plain[begin : limit if end < 0 else end].isspace() or end == begin:
            return begin
        if inner > outer >= _indent(plain, begin):
            return begin
        if end < 0:
            break
        begin = end + 1
    return limit


def _indent(plain: str, begin: int) -> int:
    at = begin
    while plain[at : at + 1] in (" ", "\t"):
        at += 1
    return at - begin


def _in_a_line(parts: Sequence[str], plain: str, begin: int, end: int) -> bool:
    """Whether one line between two places has all parts, in order."""
    for start in all_of(parts[0], plain, begin, end):
        line_end = plain.find("\n", start, end)
        if _follow(parts, plain, start, end if line_end < 0 else line_end):
            return True
    return False


def _follow(parts: Iterable[str], plain: str, begin: int, end: int) -> bool:
    for part in parts:
        places = (at for at in all_of(part, plain, begin, end) if alone(plain, at, at + len(part)))
        at = next(places, None)
        if at is None:
            return False
        begin = at + len(part)
    return True


def _split(fact: tuple[str, ...], plain: str) -> bool:
    """Whether the first part is divided between a heading and the beginning of the line with the others."""
    first, rest = fact[0], fact[1:]
    if not rest or first in plain or "\n" not in plain:
        return False
    for start in occurrences(rest[0], plain):
        begin, end = plain.rfind("\n", 0, start) + 1, plain.find("\n", start)
        line = plain[begin : len(plain) if end < 0 else end]
        if _follow(rest, line, start - begin, len(line)) and _begins(first, line, _heading(plain, begin)):
            return True
    return False


def _heading(plain: str, begin: int) -> str:
    """The nearest line above this one that is less far in; empty if there is none."""
    inner, end = _indent(plain, begin), begin - 1
    for _ in range(_LINES_ABOVE):
        if end <= 0:
            break
        above = plain.rfind("\n", 0, end) + 1
        if above < end and _indent(plain, above) < inner:
            return plain[above:end]
        end = above - 1
    return ""


def _begins(value: str, line: str, heading: str) -> bool:
    """Whether a line begins with what is left of a value after the beginning that its heading holds."""
    if len(heading) > _LONGEST:
        return False
    for word in _WORD.findall(heading):
        shared = word.rstrip(":")
        left = value[len(shared) :].lstrip("/:.")
        if len(shared) >= _SHORTEST and left and value.startswith(shared):
            pattern = r"\s*" + r"\s*".join(map(re.escape, left)) + r"(?![\w-]|\.\w)"
            if re.match(pattern, line):
                return True
    return False
