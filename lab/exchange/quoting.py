"""Short quotations of request contents for reasons in one sentence: what differs stays visible."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

SHOWN = 60
BEFORE = 16
# Longer lists are cut: tables have them all.
NAMED = 2


def quoted(text: str, limit: int = SHOWN) -> str:
    """The beginning of a text in quotes, in one line, with its length if it was cut."""
    if len(text) <= limit:
        return _plain(text)
    return f'{_plain(text[:limit])[:-1]}…" ({len(text):,} characters)'


def both(before: str, after: str) -> tuple[str, str]:
    """Two texts from shortly before their first difference on, with what is not plain ASCII spelled out."""
    at = next((n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), None)
    at = min(len(before), len(after)) if at is None else at
    start = max(0, at - BEFORE) if max(len(before), len(after)) > SHOWN else 0
    pair = (_cut(before, start), _cut(after, start))
    ascii_only = any(not part.isascii() for part in pair)
    return _spelled(before, pair[0], start, ascii_only), _spelled(after, pair[1], start, ascii_only)


def listed(sentences: Sequence[str], named: int = NAMED) -> str:
    """The first of several sentences, and how many more there are."""
    more = f"; and {len(sentences) - named} more" if len(sentences) > named else ""
    return "; ".join(sentences[:named]) + more


def joint(whole: str, part: str) -> str:
    """Where `part` stands in a longer text right behind something else, from shortly before on."""
    places = (found.start() for found in re.finditer(re.escape(part), whole))
    at = next((place for place in places if whole[max(0, place - 1) : place].strip()), 0)
    start = max(0, at - BEFORE)
    return _spelled(whole, whole[start : at + BEFORE], start, ascii_only=False)


def pair(before: Any, after: Any) -> tuple[str, str]:
    """Two values that differ; long texts from shortly before their first difference on, with lengths.

    Texts that look alike, as in other normal forms of Unicode, are spelled out.
    """
    if isinstance(before, str) and isinstance(after, str) and _alike(before, after):
        return both(before, after)
    if isinstance(before, str) and isinstance(after, str) and max(len(before), len(after)) > SHOWN:
        first, second = both(before, after)
        return f"{first} ({len(before):,} characters)", f"{second} ({len(after):,} characters)"
    return value(before), value(after)


def value(given: Any) -> str:
    """A parameter's value as short JSON; a long text with its own length, without quotes and escapes."""
    if isinstance(given, str) and len(given) > SHOWN:
        return quoted(given)
    if isinstance(given, tuple):
        given = list(given)
    text = _clean(json.dumps(given, ensure_ascii=False, default=str))
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(text):,} characters)"


def _alike(before: str, after: str) -> bool:
    forms = (unicodedata.normalize("NFKC", text) for text in (before, after))
    return len({form.strip() for form in forms}) == 1 and max(len(before), len(after)) <= SHOWN


def _cut(text: str, start: int) -> str:
    return text[start : start + SHOWN]


def _clean(text: str) -> str:
    """Without lone surrogates, which JSON can spell and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode()


def _spelled(whole: str, part: str, start: int, ascii_only: bool) -> str:
    inner = json.dumps(_clean(part), ensure_ascii=ascii_only)[1:-1]
    head = "…" if start else ""
    tail = "…" if start + len(part) < len(whole) else ""
    return f'"{head}{inner}{tail}"'


def _plain(text: str) -> str:
    flat = " ".join(text.split()) if "\n" in text else text
    shown = json.dumps(_clean(flat), ensure_ascii=False)
    # What nobody can see is spelled out; in no JSON string is it more than one character.
    return "".join(sign if sign.isprintable() else json.dumps(sign)[1:-1] for sign in shown)
