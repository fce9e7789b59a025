"""Reads indented text (YAML, TOON) as data, leniently: what it cannot read it leaves out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final


class Number(str):
    """A number as it was spelled."""

    __slots__ = ()


_QUOTED: Final = r'"(?:[^"\\]|\\.|"")*"|\'(?:[^\']|\'\')*\''
# TOON: key, [number of items and delimiter], {names of columns}, colon, cells on the same line.
_HEADER = re.compile(
    rf"(?P<key>{_QUOTED}|[^\s\"'\[\]:][^\[\]:]*)?\[#?\d+(?P<delimiter>[\t|,]?)\]"
    r"(?P<fields>\{.*\})?:(?:[ \t]+(?P<rest>.*))?$"
)
_MEMBER = re.compile(rf"(?P<key>{_QUOTED}|[^\s\"'#|>-][^\n]*?|-[^\s:][^\n]*?):(?:[ \t]+(?P<rest>.*))?$")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_ESCAPE = re.compile(r'\\(["\\/nrt])')
_MEANING: Final = {"n": "\n", "r": "\r", "t": "\t"}
_BLOCK: Final = re.compile(r"[|>][+-]?\d*")
_MAX_DEPTH: Final = 40


def outline(text: str) -> list[Any]:
    """The objects, lists and tables of a text, in order; prose between them is skipped."""
    reader = _Reader(_lines(text))
    found = []
    while reader.left():
        begin = reader.at
        value = reader.block(reader.indent(), 0)
        if value:
            found.append(value)
        if reader.at == begin:
            reader.at += 1
    return found


def cells_of(line: str, delimiter: str) -> list[str]:
    """The cells of a line, quotes and the blanks around them undone."""
    if delimiter == "|":
        line = line.strip().removeprefix("|").removesuffix("|")
    pattern = _CELLS.get(delimiter) or re.compile(
        rf"[ ]*({_QUOTED}|(?:\\.|[^{re.escape(delimiter)}\\])*|.)[ ]*({re.escape(delimiter)}|$)"
    )
    _CELLS[delimiter] = pattern
    return [_unquoted(match[1].strip(" `")) for match in pattern.finditer(line.rstrip("\r"))]


_CELLS: dict[str, re.Pattern[str]] = {}


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1].replace(text[0] * 2, text[0])
    return _ESCAPE.sub(lambda match: _MEANING.get(match[1], match[1]), text.replace("\\|", "|"))


def _scalar(text: str) -> str:
    text = text.strip()
    if _NUMBER.fullmatch(text):
        return Number(text)
    return _unquoted(text)


def _lines(text: str) -> list[tuple[int, str]]:
    """Lines that are not blank, with how far they are indented."""
    found = []
    for line in text.split("\n"):
        content = line.strip()
        if content:
            found.append((len(line) - len(line.lstrip(" ")), content))
    return found


@dataclass
class _Reader:
    """Walks over lines; `at` is the next one to read."""

    lines: list[tuple[int, str]]
    at: int = 0

    def left(self) -> bool:
        """Whether there is a line left."""
        return self.at < len(self.lines)

    def indent(self) -> int:
        """How far the next line is indented; -1 at the end."""
        return self.lines[self.at][0] if self.left() else -1

    def block(self, indent: int, depth: int) -> Any:
        """The list or object whose lines are indented this far."""
        if depth > _MAX_DEPTH or not self.left():
            return None
        if self.lines[self.at][1].startswith("- ") or self.lines[self.at][1] == "-":
            return list(self._items(indent, depth))
        return self._object(indent, depth)

    def _items(self, indent: int, depth: int) -> Iterator[Any]:
        while self.indent() == indent:
            content = self.lines[self.at][1]
            if content != "-" and not content.startswith("- "):
                return
            inner = content[1:].strip()
            if not inner:
                self.at += 1
                yield self.block(self.indent(), depth + 1) if self.indent() > indent else None
                continue
            within = indent + len(content) - len(content[1:].lstrip())
            self.lines[self.at] = (within, inner)
            if inner.startswith("- ") or _HEADER.match(inner) or _MEMBER.match(inner):
                yield self.block(within, depth + 1)
            else:
                self.at += 1
                yield _scalar(inner + self._continued(indent))

    def _object(self, indent: int, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while self.indent() == indent:
            content = self.lines[self.at][1]
            if content.startswith("- "):
                break
            header = _HEADER.match(content)
            member = header or _MEMBER.match(content)
            if member is None:
                if found:
                    break
                self.at += 1
                continue
            self.at += 1
            key = _unquoted(member["key"] or "")
            value = (
                self._table(header, indent, depth) if header else self._value(member["rest"], indent, depth)
            )
            found[key if key not in found else f"{key} ({len(found)})"] = value
        return found

    def _table(self, header: re.Match[str], indent: int, depth: int) -> Any:
        delimiter = header["delimiter"] or ","
        if header["rest"]:
            return [_scalar(cell) for cell in cells_of(header["rest"], delimiter)]
        if not header["fields"]:
            return self.block(self.indent(), depth + 1) if self.indent() > indent else []
        rows = []
        while self.indent() > indent:
            rows.append([_scalar(cell) for cell in cells_of(self.lines[self.at][1], delimiter)])
            self.at += 1
        return rows

    def _value(self, rest: str | None, indent: int, depth: int) -> Any:
        if rest and not _BLOCK.fullmatch(rest):
            return _scalar(rest + self._continued(indent))
        if rest:
            return self._continued(indent).strip()
        listed = self.left() and self.lines[self.at][1].startswith("- ") and self.indent() == indent
        return self.block(self.indent(), depth + 1) if listed or self.indent() > indent else ""

    def _continued(self, indent: int) -> str:
        """The rest of a scalar that was wrapped: lines further in, joined by blanks."""
        found = ""
        while self.indent() > indent:
            found += f" {self.lines[self.at][1]}"
            self.at += 1
        return found
