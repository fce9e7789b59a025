"""What a model got of the tools on offer: names, descriptions, and each word of their schemas."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from lab.exchange.got.loss import Counts
from lab.exchange.got.reading import Reading
from lab.exchange.got.texts import of
from lab.wires.neutral import NeutralRequest, Tool

_DECODER = json.JSONDecoder()
_LOOK_BACK = 4_000
_Path = tuple[str, ...]


def tool_counts(request: NeutralRequest, reading: Reading) -> Counts:
    """Each tool of the request looked for in what was read of the prompt."""
    counts: Counts = {}
    for tool in request.tools:
        if not tool.name:
            continue
        written = _written(tool.name, reading.read)
        there = written is not None or reading.place(tool.name) is not None
        of(counts, "tool_names").add("kept" if there else "lost", tool.name)
        if tool.description:
            kept = _says(tool.description, written, reading)
            of(counts, "tool_descriptions").add("kept" if kept else "lost", tool.name)
        _schema(tool, written, reading, counts)
    return counts


def _says(text: str, written: dict[str, Any] | None, reading: Reading) -> bool:
    if written is not None:
        return any(value == text for _, value in _words(written))
    place = reading.place(text)
    return place is not None and place.fate == "kept"


def _schema(tool: Tool, written: dict[str, Any] | None, reading: Reading, counts: Counts) -> None:
    """Each word of the schema and each mark of the tool, where the prompt has the tool as JSON.

    A template may write tools in a notation of its own: see `_told`.
    """
    wanted = [*_words(tool.schema or {}), *((("", name), value) for name, value in tool.details.items())]
    here = dict(_words(_schema_in(written))) if written is not None else None
    marks = {name for path, _ in _words(written or {}) for name in path[-1:]}
    for path, value in wanted:
        where = ".".join(path).strip(".")
        if path[:1] == ("",):
            kept = path[-1] in marks or (here is None and reading.place(path[-1]) is not None)
        elif here is not None:
            kept = path in here and here[path] == value
        else:
            kept = _told(path[-1], value, reading)
        of(counts, "schema_words").add("kept" if kept else "lost", f"{tool.name}: {where}")


def _told(name: str, value: Any, reading: Reading) -> bool:
    """Whether a notation that is no JSON says a keyword: its name, or its value if that is in words."""
    texts = value if isinstance(value, list) else [value]
    if texts and all(isinstance(text, str) and text for text in texts):
        return all(reading.place(text) is not None for text in texts)
    return reading.place(name) is not None


def _words(schema: Any, path: _Path = ()) -> Iterator[tuple[_Path, Any]]:
    """Every keyword of a schema by its path, with its value; an empty object or list says nothing."""
    if isinstance(schema, dict) and schema:
        for name, value in schema.items():
            yield from _words(value, (*path, str(name)))
    elif isinstance(schema, list) and any(isinstance(one, dict) for one in schema):
        for n, one in enumerate(schema):
            yield from _words(one, (*path, str(n)))
    elif schema not in ({}, []):
        yield path, schema


def _schema_in(written: dict[str, Any] | None) -> Any:
    inner = (written or {}).get("function")
    tool = inner if isinstance(inner, dict) else written or {}
    return next((tool[key] for key in ("parameters", "input_schema", "inputSchema") if key in tool), {})


def _written(name: str, text: str) -> dict[str, Any] | None:
    """The JSON object in a prompt that is this tool; None if it has none."""
    pattern = re.compile(rf'"name"\s*:\s*{re.escape(json.dumps(name))}')
    for found in pattern.finditer(text):
        start = found.start()
        best: dict[str, Any] | None = None
        while (start := text.rfind("{", max(0, found.start() - _LOOK_BACK), start)) >= 0:
            try:
                value, end = _DECODER.raw_decode(text, start)
            except ValueError:
                continue
            if end < found.end():
                break
            if isinstance(value, dict) and _is(value, name):
                best = value
        if best is not None:
            return best
    return None


def _is(value: dict[str, Any], name: str) -> bool:
    inner = value.get("function")
    tool = inner if isinstance(inner, dict) else value
    return tool.get("name") == name and not ({"arguments"} & tool.keys())
