"""What a lossy gateway does to the content of a request: texts, tool results, history and images."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable
from typing import Any

from .asked import SYSTEM_ROLES, Asked, answers_calls, slots

LONG = 500
# A path ends at the colon before its line number; a time of day has colons of its own.
FIRST_VALUE = re.compile(r"\s*(?:[^\s,:]*/[^\s,:]+|[^\s,]+)")
MEDIA = frozenset({"image", "image_url", "document", "file"})
Change = Callable[[list[Any]], list[Any]]


def cut_results(asked: Asked) -> None:
    """Cuts every long tool result to its first third."""
    for slot in slots(asked, "result"):
        if len(slot.text) > LONG:
            slot.put(slot.text[: len(slot.text) // 3])


def cut_texts(asked: Asked) -> None:
    """Cuts every long text of the user to its first third."""
    for slot in slots(asked, "user"):
        if len(slot.text) > LONG:
            slot.put(slot.text[: len(slot.text) // 3])


def drop_history(asked: Asked) -> None:
    """Forwards the last question and what belongs to it, and nothing that was said before."""
    messages = asked.messages
    first = max((n for n in range(len(messages)) if _asks_anew(messages, n)), default=0)
    kept = [m for n, m in enumerate(messages) if n >= first or m.get("role") in SYSTEM_ROLES]
    asked.body["messages"] = kept


def _asks_anew(messages: list[dict[str, Any]], n: int) -> bool:
    """Whether a message is the user's and brings or follows no tool result."""
    follows = n > 0 and messages[n - 1].get("role") == "tool"
    return messages[n].get("role") == "user" and not answers_calls(messages[n]) and not follows


def same_rows(asked: Asked) -> None:
    """Replaces every row of a table by its first one, so that the size stays and the content goes."""
    _each_table(asked, _first_repeated, _first_repeated)


def shuffle_values(asked: Asked) -> None:
    """Gives every row of a table what stands behind the first value of the row before: all is still there."""
    _each_table(asked, _shifted_rows, _shifted_lines)


def as_csv(asked: Asked) -> None:
    """Writes tables of JSON objects as CSV, which a model reads as well: no lie, but an encoding."""
    for slot in slots(asked, "result", "user"):
        rows = _json(slot.text)
        if isinstance(rows, list) and rows and all(_is_flat(row) for row in rows):
            lines = io.StringIO()
            writer = csv.DictWriter(lines, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
            slot.put(lines.getvalue())


def _is_flat(value: Any) -> bool:
    return isinstance(value, dict) and not any(isinstance(one, dict | list) for one in value.values())


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _each_table(asked: Asked, rows: Change, lines: Change) -> None:
    """Change the rows of tables in JSON, and the lines of other long texts below their first one."""
    for slot in slots(asked, "result", "user"):
        if len(slot.text) <= LONG:
            continue
        value = _json(slot.text)
        if value is not None:
            slot.put(json.dumps(_inside(value, rows), ensure_ascii=False, separators=(",", ":")))
        else:
            head, *rest = slot.text.split("\n")
            slot.put("\n".join([head, *lines(rest)]))


def _inside(value: Any, change: Change) -> Any:
    if isinstance(value, list):
        return change(value) if len(value) > 2 else value
    if _is_flat(value) and len(value) > 2:
        return dict(zip(value, change(list(value.values())), strict=True))
    if isinstance(value, dict):
        return {key: _inside(one, change) for key, one in value.items()}
    return value


def _first_repeated(rows: list[Any]) -> list[Any]:
    return rows[:1] * len(rows)


def _shifted_rows(rows: list[Any]) -> list[Any]:
    before = rows[-1:] + rows[:-1]
    if all(isinstance(row, dict) for row in rows):
        return [other | dict(list(row.items())[:1]) for row, other in zip(rows, before, strict=True)]
    if all(isinstance(row, list) for row in rows):
        return [row[:1] + other[1:] for row, other in zip(rows, before, strict=True)]
    return before


def _shifted_lines(lines: list[Any]) -> list[Any]:
    parts = [FIRST_VALUE.match(line) for line in lines]
    ends = [line[part.end() :] if part else "" for line, part in zip(lines, parts, strict=True)]
    begins = [part[0] if part else "" for part in parts]
    return [begin + end for begin, end in zip(begins, ends[-1:] + ends[:-1], strict=True)]


def drop_images(asked: Asked) -> None:
    """Leaves images and documents out, of tool results too, and keeps the text beside them."""
    for message in asked.messages:
        _without_images(message)


def _without_images(holder: dict[str, Any]) -> None:
    content = holder.get("content")
    if not isinstance(content, list):
        return
    kept = [block for block in content if block.get("type") not in MEDIA]
    holder["content"] = kept or [{"type": "text", "text": "[image]"}]
    for block in kept:
        _without_images(block)


def normalise(asked: Asked) -> None:
    """Rewrites all texts in the composed form of Unicode (NFC)."""
    for slot in slots(asked):
        slot.put(unicodedata.normalize("NFC", slot.text))


def trim(asked: Asked) -> None:
    """Makes every run of white space one space."""
    for slot in slots(asked, "user", "result"):
        slot.put(" ".join(slot.text.split()) or slot.text)


def swap_turns(asked: Asked) -> None:
    """Exchanges the first two things that the user said."""
    said = slots(asked, "user")
    if len(said) > 1:
        first, second = said[0].text, said[1].text
        said[0].put(second)
        said[1].put(first)


def glue(asked: Asked) -> None:
    """Joins the texts of a message with nothing between them, so that words run into each other."""
    for message in asked.messages:
        blocks = message.get("content")
        if isinstance(blocks, list) and all(block.get("type") == "text" for block in blocks):
            message["content"] = "".join(block["text"] for block in blocks)


def say_otherwise(asked: Asked) -> None:
    """Puts what the assistant said into the user's mouth, as a history in one text would."""
    for message in asked.messages[:-1]:
        if message.get("role") == "assistant" and isinstance(message.get("content"), str):
            message["role"] = "user"
