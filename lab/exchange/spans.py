"""Time covered by spans that may overlap."""

from __future__ import annotations

from collections.abc import Iterable


def covered_ms(spans: Iterable[tuple[float, float]]) -> float:
    """Time in ms that lies in at least one span; each is its begin and its length in ms."""
    total = 0.0
    end = float("-inf")
    for begin, length in sorted(spans):
        total += max(0.0, begin + length - max(begin, end))
        end = max(end, begin + length)
    return total
