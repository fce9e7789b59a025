"""Reads rows out of text: JSON (of rows, of columns, nested, in strings), tables of lines, YAML and TOON.

A fact is kept if one row holds all its parts, in any order; the first may stand above the row instead, as
a key or value that its group shares. Values are compared as they are spelled; of numbers, zeros at the end of
a fraction do not count, as writers of JSON and TOON leave them out (1000.0 is 1000, 1e3 is not).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from json import JSONDecodeError, JSONDecoder
from typing import Any, Final

from lab.exchange.facts.outlines import Number, cells_of, outline

Parts = tuple[str, ...]

# A string that may hold rows itself: JSON, or lines.
_TEXT = re.compile(r'\A\s*["\[{]|\n')
_JSON_BEGIN = re.compile(r'[\[{](?=\s*(?:["\[{\]}]|-?\d))')
_FRACTION = re.compile(r"-?\d+\.\d*0|-?\d+\.")
_DELIMITERS: Final = (",", "\t", "|", ";")
_MAX_DEPTH: Final = 60
_MAX_NESTING: Final = 3
_FEW_CHARS: Final = 12
# Text that only looks like JSON is not tried again and again: failed tries may read it this often in all.
_READ_AGAIN: Final = 8


@dataclass(frozen=True, slots=True)
class Entry:
    """The known values of one row, and those that stand above it for a whole group of rows."""

    own: frozenset[str]
    above: frozenset[str] = field(default_factory=frozenset)


def kept_in_rows(missing: Sequence[Parts], facts: Sequence[Parts], text: str) -> list[Parts]:
    """Which of the missing facts some row of `text` holds.

    A row that also holds the first part of another fact of the same length is no row of theirs.
    """
    candidates = [fact for fact in missing if len(fact) > 1]
    if not candidates:
        return []
    known = {spelled: part for fact in facts for part in fact for spelled in (part, plain_number(part))}
    firsts: dict[int, frozenset[str]] = {}
    for fact in facts:
        firsts[len(fact)] = firsts.get(len(fact), frozenset()) | {fact[0]}
    waiting: dict[str, list[Parts]] = {}
    for fact in candidates:
        waiting.setdefault(fact[-1], []).append(fact)
    kept: dict[Parts, None] = {}
    for row in _rows(text, _Walk(known, candidates)):
        for part in row.own:
            for fact in waiting.get(part, ()):
                others = (row.own & firsts[len(fact)]) - set(fact)
                if not others and row.own.issuperset(fact[1:]) and fact[0] in row.own | row.above:
                    kept[fact] = None
    return list(kept)


def plain_number(text: str) -> str:
    """A number without zeros at the end of its fraction; any other text as it is."""
    return text.rstrip("0").rstrip(".") if _FRACTION.fullmatch(text) else text


def _rows(text: str, walk: _Walk, above: frozenset[str] = frozenset(), nesting: int = 0) -> Iterator[Entry]:
    """The rows of all JSON in a text, and of all tables and outlines around it."""
    rest = []
    for value, before in _documents(text):
        rest.append(before)
        yield from walk.rows(value, above, 0, nesting)
    outside = "\n".join(rest)
    if any(part in outside for part in walk.looked_for):
        yield from _table_rows(outside, walk)
        yield from walk.rows(outline(outside), above, 0, nesting)


def _documents(text: str) -> Iterator[tuple[Any, str]]:
    """Every JSON array and object in a text with what stands before it; at the end, what follows the last."""
    decoder = JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=Number, strict=False)
    at = done = 0
    budget = _READ_AGAIN * len(text)
    while budget > 0 and (found := _JSON_BEGIN.search(text, at)):
        try:
            value, end = decoder.raw_decode(text, found.start())
        except (JSONDecodeError, RecursionError) as error:
            budget -= max(1, getattr(error, "pos", len(text)) - found.start())
            at = found.start() + 1
            continue
        if end - found.start() >= _FEW_CHARS:
            yield value, text[done : found.start()]
            done = end
        at = end
    yield None, text[done:]


def _table_rows(text: str, walk: _Walk) -> Iterator[Entry]:
    """The lines that hold a fact's last part, as rows of cells, by every delimiter that they have."""
    lines: set[tuple[int, int]] = set()
    for part in walk.lasts:
        at = text.find(part)
        while at >= 0:
            begin, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
            end = len(text) if end < 0 else end
            lines.add((begin, end))
            at = text.find(part, end)
    for begin, end in sorted(lines):
        line = text[begin:end]
        for delimiter in _DELIMITERS:
            if delimiter in line and (own := walk.values(map(plain_number, cells_of(line, delimiter)))):
                yield Entry(own)


@dataclass(frozen=True)
class _Walk:
    """Goes through decoded data and yields its rows, as far as values that facts know stand in them."""

    known: Mapping[str, str]
    facts: Sequence[Parts]

    @cached_property
    def lasts(self) -> frozenset[str]:
        """The last parts of the facts that are looked for, in both spellings of numbers."""
        return frozenset(part for fact in self.facts for part in (fact[-1], plain_number(fact[-1])))

    @cached_property
    def looked_for(self) -> frozenset[str]:
        """All parts of these facts."""
        return self.lasts.union(*self.facts)

    def rows(self, value: Any, above: frozenset[str], depth: int, nesting: int) -> Iterator[Entry]:
        """All rows of a value; `above` are the values that stand over it."""
        if depth > _MAX_DEPTH:
            return
        if isinstance(value, dict):
            yield from self._object(value, above, depth, nesting)
        elif isinstance(value, list):
            if own := self.values(item for item in value if not isinstance(item, (dict, list))):
                yield Entry(own, above)
            for item in value:
                yield from self.rows(item, above, depth + 1, nesting)
        elif isinstance(value, str) and nesting < _MAX_NESTING and _TEXT.search(value):
            quoted = value.startswith('"') and value.endswith('"')
            yield from _rows(_string(value) if quoted else value, self, above, nesting + 1)

    def _object(
        self, value: Mapping[str, Any], above: frozenset[str], depth: int, nesting: int
    ) -> Iterator[Entry]:
        if own := self.values(_record(value)):
            yield Entry(own, above)
        for columns in _columns(value):
            for cells in zip(*columns, strict=True):
                if own := self.values(cells):
                    yield Entry(own, above)
        shared = above | self.values(item for item in value.values() if not isinstance(item, (dict, list)))
        for key, item in value.items():
            name = self.values((key,))
            if isinstance(item, (dict, list)):
                yield from self.rows(item, shared | name, depth + 1, nesting)
            else:
                if name and (own := self.values((item,))):
                    yield Entry(own | name, above)
                yield from self.rows(item, shared | name, depth + 1, nesting)

    def values(self, items: Iterable[Any]) -> frozenset[str]:
        """Those scalars that facts know, as facts spell them."""
        found = (self.known.get(_spelled(item)) for item in items)
        return frozenset(part for part in found if part is not None)


def _string(quoted: str) -> str:
    try:
        return str(json.loads(quoted))
    except (ValueError, RecursionError):
        return quoted


def _spelled(item: Any) -> str:
    if isinstance(item, Number):
        return plain_number(item)
    if isinstance(item, bool):
        return "true" if item else "false"
    return item if isinstance(item, str) else ""


def _record(value: Mapping[str, Any]) -> Iterator[Any]:
    """The scalars of an object and of the objects in it, as long as no name among them comes twice.

    If it does, the inner objects are rows of their own under keys that tell them apart.
    """
    scalars: dict[str, Any] = {}
    waiting: list[Mapping[str, Any]] = [value]
    for inner in waiting:
        for key, item in inner.items():
            if isinstance(item, dict):
                waiting.append(item)
            elif not isinstance(item, list):
                if key in scalars:
                    return iter([item for item in value.values() if not isinstance(item, (dict, list))])
                scalars[key] = item
    return iter(scalars.values())


def _columns(value: Mapping[str, Any]) -> Iterator[list[list[Any]]]:
    """Lists of scalars in one object that are equally long: columns, each in a list of its own."""
    by_length: dict[int, list[list[Any]]] = {}
    for item in value.values():
        if isinstance(item, list) and len(item) > 1 and not any(isinstance(x, (dict, list)) for x in item):
            by_length.setdefault(len(item), []).append(item)
    return (columns for columns in by_length.values() if len(columns) > 1)
