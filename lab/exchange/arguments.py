"""The first thing that differs between the arguments of a tool call and what arrived of them."""

from __future__ import annotations

from typing import Any

from lab.exchange.quoting import both, value
from lab.wires.canonical import canonical_json

# Beyond it a double, as which many JSON readers take every number, cannot hold each integer.
LARGEST_EXACT = 2**53


def first_difference(given: Any, got: Any, path: str = "") -> str:
    """Where two JSON values first differ, what stood there and what arrived; empty if they are equal."""
    if canonical_json(given) == canonical_json(got):
        return ""
    if isinstance(given, dict) and isinstance(got, dict):
        return _in_object(given, got, path)
    if isinstance(given, list) and isinstance(got, list) and len(given) == len(got):
        pairs = enumerate(zip(given, got, strict=True))
        return next(why for n, (a, b) in pairs if (why := first_difference(a, b, f"{path}[{n}]")))
    name = f"{path} " if path else ""
    if isinstance(given, str) and isinstance(got, str):
        was, became = both(given, got)
        return f"{name}{was} arrived as {became}"
    return f"{name}{_shown(given)} arrived as {_shown(got)}"


def _in_object(given: dict[str, Any], got: dict[str, Any], path: str) -> str:
    for key, one in given.items():
        name = _member(path, key)
        if key not in got:
            return f"{name} {_shown(one)} was dropped"
        if why := first_difference(one, got[key], name):
            return why
    key = next(key for key in got if key not in given)
    return f"{_member(path, key)} {_shown(got[key])} was added"


def _member(path: str, key: str) -> str:
    name = key if key.isidentifier() and key.isascii() else value(key)
    return f"{path}.{name}" if path else name


def _shown(given: Any) -> str:
    large = isinstance(given, int) and not isinstance(given, bool) and abs(given) > LARGEST_EXACT
    return value(given) + (" (beyond 2^53)" if large else "")
