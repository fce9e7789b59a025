"""Finds declared facts in forwarded text, whatever encodes it: JSON, CSV, TOON or prose.

A fact's parts must appear in order and near each other. Facts of a set know each other: between the parts
of one, no part of another may stand in its place, so a value from another row is no match.

What is not found so is looked for again after undoing what encodings may do to it: lines wrapped, rows put
under a heading they share (`headings`), columns in another order or each in a list of its own (`notations`),
values replaced by aliases that the text itself explains (`legends`).
A value that is still there in another notation is kept; one that moved to another row, or stands there in
other digits, is not.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from lab.exchange.facts import headings, legends, notations
from lab.exchange.facts.texts import all_of, occurrences, unescape
from lab.wires.neutral import NeutralRequest

__all__ = ["SLACK", "find_facts", "forwarded_text", "unescape"]

# How far apart the parts may stand beyond their own lengths, in characters.
SLACK: Final = 120

_LINE_BREAK = re.compile(r"[ \t]*\n[ \t]*")
# Shorter texts are searched as a whole; at the edge of a cut, so much shows whether a value stands alone.
_LONG: Final = 20_000
_EDGE: Final = 4
_APART: Final = "\n\0\n"

Fact = Sequence[str]
Rows = Sequence[tuple[str, ...]]
Starts = Mapping[str, Sequence[int]]


def find_facts(facts: Iterable[Fact], text: str, beside: Iterable[Fact] = ()) -> list[bool]:
    """Whether each fact is in `text`, in order of the facts; text is JSON-unescaped first.

    `beside` are rows of which nothing is asked: no value of theirs may stand within a fact.
    """
    wanted, others = ([tuple(map(_composed, row)) for row in rows] for rows in (facts, beside))
    text = _composed(text)
    found = _find(wanted, others, text)
    if not all(found) and (explained := legends.undone(unescape(text), text)) is not None:
        found = _or(found, _find(wanted, others, explained))
    return found


def _composed(text: str) -> str:
    """A text in Unicode's composed form: the same letters are one spelling."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _find(wanted: Rows, beside: Rows, text: str) -> list[bool]:
    """Whether each fact is in a text whose aliases are not looked at."""
    plain = unescape(text)
    found = _in_order(wanted, beside, plain)
    for rule in (_wrapped, headings.kept):
        if all(found):
            return found
        found = _or(found, rule(wanted, beside, plain))
    if not all(found):
        missing = [fact for fact, there in zip(wanted, found, strict=True) if not there]
        rows = set(notations.kept_in_rows(missing, wanted, text))
        found = [there or fact in rows for fact, there in zip(wanted, found, strict=True)]
    return found


def _or(found: Iterable[bool], more: Iterable[bool]) -> list[bool]:
    return [first or second for first, second in zip(found, more, strict=True)]


def _in_order(wanted: Rows, beside: Rows, plain: str) -> list[bool]:
    """Which facts have their parts in order and near each other."""
    searched = _surroundings(wanted, plain)
    parts = {part for row in (*wanted, *beside) for part in row}
    starts = {part: occurrences(part, searched) for part in parts}
    columns = _columns(wanted, beside, starts)
    return [_found(fact, starts, columns[len(fact)]) for fact in wanted]


def _wrapped(wanted: Rows, beside: Rows, plain: str) -> list[bool]:
    """The same in a text whose lines are joined, as values may be wrapped, and its quotes not doubled."""
    joined = _LINE_BREAK.sub(" ", plain).replace('""', '"')
    return [False] * len(wanted) if joined == plain else _in_order(wanted, beside, joined)


def _surroundings(wanted: Rows, plain: str) -> str:
    """Of a long text, only what stands near the facts' first parts: nothing else can decide on them."""
    if len(plain) < _LONG:
        return plain
    reach = max((sum(map(len, fact)) for fact in wanted), default=0) + SLACK + _EDGE
    begins = sorted({start for part in {fact[0] for fact in wanted} for start in all_of(part, plain)})
    cut: list[str] = []
    begin = end = 0
    for start in begins:
        if start - _EDGE > end:
            cut.append(plain[begin:end])
            begin = start - _EDGE
        end = max(end, start + reach)
    cut.append(plain[begin:end])
    return _APART.join(cut)


def forwarded_text(request: NeutralRequest) -> str:
    """All that a request lets the model read: system texts, messages, tool calls and tool results."""
    parts = (part.text for message in request.messages for part in message.parts)
    return "\n".join((*request.system, *parts))


def _columns(facts: Rows, beside: Rows, starts: Starts) -> dict[int, list[list[int]]]:
    """For facts of each length: where any part of each column starts, in order."""
    values: dict[int, list[set[str]]] = {len(fact): [set() for _ in fact] for fact in facts}
    for fact in facts:
        for column, part in zip(values[len(fact)], fact, strict=True):
            column.add(part)
    for columns in values.values():
        for row in beside:
            for column, part in zip(columns, row, strict=False):
                column.add(part)
    return {
        length: [sorted({start for part in column for start in starts[part]}) for column in columns]
        for length, columns in values.items()
    }


def _found(fact: Fact, starts: Starts, columns: Sequence[Sequence[int]]) -> bool:
    reach = sum(map(len, fact)) + SLACK
    own = [frozenset(starts[part]) for part in fact]
    return any(_row(fact, start, start + reach, own, columns) for start in starts[fact[0]])


def _row(
    fact: Fact, start: int, limit: int, own: Sequence[frozenset[int]], columns: Sequence[Sequence[int]]
) -> bool:
    """Whether the rest of a fact follows its first part at `start` before another row begins.

    One begins where another value of a column stands of which the fact has had its part.
    """
    end = start + len(fact[0])
    for n, part in enumerate(fact[1:], 1):
        limit = min(limit, _next_row(columns[n - 1], end, own[n:]))
        at = _next(columns[n], end)
        if at not in own[n] or at + len(part) > limit:
            return False
        end = at + len(part)
    return True


def _next_row(firsts: Sequence[int], begin: int, own: Sequence[frozenset[int]]) -> int:
    """Where another row may begin; a value that is also the name of a row begins none in its own place."""
    at = _next(firsts, begin)
    while any(at in mine for mine in own):
        at = _next(firsts, at + 1)
    return at


def _next(positions: Sequence[int], begin: int) -> int:
    """The first position at or after `begin`; one beyond any text if there is none."""
    index = bisect_left(positions, begin)
    return positions[index] if index < len(positions) else 1 << 62
