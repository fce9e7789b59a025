"""Searches text for values that stand by themselves, after undoing the escapes of JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))')
_SURROGATE = re.compile("[\ud800-\udfff]")
_PLAIN: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_MAX_NESTING: Final = 3
# At the beginning of a line a hyphen is a bullet, or the sign of a line that a patch removes.
_BEFORE_SIGNS: Final = frozenset(" \t:=,;|([{\"'")


def unescape(text: str) -> str:
    """`text` with JSON string escapes undone, also if JSON was put into JSON."""
    for _ in range(_MAX_NESTING):
        if "\\" not in text:
            break
        text = _ESCAPE.sub(_character, text)
    if _SURROGATE.search(text):
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _character(match: re.Match[str]) -> str:
    code, short = match.groups()
    return chr(int(code, 16)) if code else _PLAIN.get(short, short)


def occurrences(part: str, text: str) -> list[int]:
    """Where `part` stands by itself: 12 is not in 3127, nor node in node-cron or 18.0 in 18.0.1."""
    return [start for start in all_of(part, text) if alone(text, start, start + len(part))]


def all_of(part: str, text: str, begin: int = 0, end: int | None = None) -> Iterator[int]:
    """Where `part` stands between two places of a text, alone or within something longer."""
    start = text.find(part, begin, end)
    while start >= 0 and part:
        yield start
        start = text.find(part, start + 1, end)


def alone(text: str, start: int, end: int) -> bool:
    """Whether what stands from `start` to `end` is a whole value, and no part of a longer one."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    left_open = not _is_word(text[start : start + 1]) or not (
        _is_word(before[-1:]) or (before[-1:] in ("-", ".") and _is_word(before[:-1]))
    )
    right_open = not _is_word(text[end - 1 : end]) or not (
        _is_word(after[:1]) or (after[:1] in ("-", ".") and _is_word(after[1:]))
    )
    return left_open and right_open and not (text[start : start + 1].isdigit() and _signed(before))


def _signed(before: str) -> bool:
    """Whether a minus sign stands before a number, and no hyphen of a word or a range."""
    return before[-1:] in ("-", "\u2212") and before[:-1] in _BEFORE_SIGNS


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"
