"""The first thing that differs between the arguments of a tool call and what arrived of them."""

from __future__ import annotations

from typing import Any

from lab.exchange.quoting import both, value
from lab.wires.canonical import canonical_json

# Beyond it a double, as which many JSON readers take every number, cannot hold each integer.
LARGEST_EXACT = 2**53
BEYOND = "outside JSON's interoperable range of integers (RFC 8259, section 6)"
INTEROPERABLE = f"{BEYOND[:-1]}; RFC 7493, section 2.2)"


def first_difference(given: Any, got: Any, path: str = "", *, beyond: bool = True) -> str:
    """Where two JSON values first differ, what stood there and what arrived; empty if they are equal.

    Without `beyond`, an integer beyond 2^53 that became a number near to it, as a double does, is no
    difference.
    """
    if canonical_json(given) == canonical_json(got) or (not beyond and _rounded(given, got)):
        return ""
    if isinstance(given, dict) and isinstance(got, dict):
        return _in_object(given, got, path, beyond=beyond)
    if isinstance(given, list) and isinstance(got, list) and len(given) == len(got):
        pairs = enumerate(zip(given, got, strict=True))
        found = (first_difference(a, b, f"{path}[{n}]", beyond=beyond) for n, (a, b) in pairs)
        return next(filter(None, found), "")
    name = f"{path} " if path else ""
    if isinstance(given, str) and isinstance(got, str):
        was, became = both(given, got)
        return f"{name}{was} arrived as {became}"
    return f"{name}{_shown(given)} arrived as {_shown(got)}"


def rounding(given: Any, got: Any) -> str:
    """What is said of values that differ in nothing but integers beyond 2^53; empty if in more."""
    same = canonical_json(given) == canonical_json(got)
    return "" if same or first_difference(given, got, beyond=False) else f", {BEYOND}"


def _rounded(given: Any, got: Any) -> bool:
    """Whether `got` is what a reader that takes numbers as doubles makes of an integer too large for it."""
    if not _beyond(given) or isinstance(got, bool) or not isinstance(got, int | float):
        return False
    try:
        return float(given) == float(got)
    except OverflowError:
        return isinstance(got, float)


def _beyond(given: Any) -> bool:
    return isinstance(given, int) and not isinstance(given, bool) and abs(given) > LARGEST_EXACT


def _in_object(given: dict[str, Any], got: dict[str, Any], path: str, *, beyond: bool) -> str:
    for key, one in given.items():
        name = _member(path, key)
        if key not in got:
            return f"{name} {_shown(one)} was dropped"
        if why := first_difference(one, got[key], name, beyond=beyond):
            return why
    added = next((key for key in got if key not in given), None)
    return "" if added is None else f"{_member(path, added)} {_shown(got[added])} was added"


def _member(path: str, key: str) -> str:
    name = key if key.isidentifier() and key.isascii() else value(key)
    return f"{path}.{name}" if path else name


def _shown(given: Any) -> str:
    return value(given) + (" (beyond 2^53)" if _beyond(given) else "")
