"""Lays requests and texts out as lines, the same for both sides of a comparison."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import orjson

from lab.kit.text import visible
from lab.report.diff import Diff
from lab.wires.canonical import canonical_json
from lab.wires.neutral import NeutralRequest, Part

LONG_TEXT = 4_000
LONG_LINE = 160
HARD_LINE = 400
_BREAKS = re.compile(r"(?<=[.!?;])\s+|(?<=[,}\]])(?=\S)")


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two texts side by side, with what they are."""

    title: str
    left: str
    right: str
    diff: Diff | None
    note: str = ""
    plain: str = ""


def request_lines(request: NeutralRequest) -> list[str]:
    """A request as lines: model, system, messages, tools, parameters; texts that are JSON are laid out."""
    return list(_lines(request))


def _lines(request: NeutralRequest) -> Iterator[str]:
    yield f"model: {visible(request.model)}" if request.model is not None else "model: none given"
    for text in request.system:
        yield "system"
        yield from _indented(text)
    for message in request.messages:
        for part in message.parts:
            yield _heading(message.role, part)
            yield from _indented(part.text)
    for tool in request.tools:
        yield f"tool offered: {visible(tool.name)}"
        yield from _indented(tool.description)
        if tool.schema is not None:
            yield from _indented(canonical_json(tool.schema))
    for name in sorted(request.params):
        yield f"parameter {visible(name)}: {visible(canonical_json(request.params[name]))}"


def _heading(role: str, part: Part) -> str:
    if part.kind == "tool_result":
        return "tool result"
    what = "" if part.kind == "text" else f", {part.kind.replace('_', ' ')} {part.name}".rstrip()
    return visible(f"{role}{what}")


def _indented(text: str) -> Iterator[str]:
    for line in text_lines(text):
        yield f"  {line}"


def text_lines(text: str) -> tuple[str, ...]:
    """A text as lines of at most 400 characters; JSON is laid out, long lines break after punctuation.

    A text is laid out once for both sides of a comparison, and for all variants of a scenario.
    """
    return _few_long(text) if len(text) > LONG_TEXT else _many_short(text)


def _laid_out(text: str) -> tuple[str, ...]:
    return tuple(piece for line in _layout(text).split("\n") for piece in _pieces(visible(line)))


_few_long = lru_cache(maxsize=16)(_laid_out)
_many_short = lru_cache(maxsize=256)(_laid_out)


def _layout(text: str) -> str:
    stripped = text.lstrip()
    if not stripped or stripped[0] not in "{[":
        return text
    try:
        return orjson.dumps(orjson.loads(text), option=orjson.OPT_INDENT_2).decode()
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return text


def _pieces(line: str) -> Iterator[str]:
    if len(line) <= LONG_LINE:
        yield line
        return
    for piece in _BREAKS.split(line):
        for start in range(0, len(piece), HARD_LINE):
            yield piece[start : start + HARD_LINE]
