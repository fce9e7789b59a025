"""How much work something is, in a unit that a slow or busy machine changes as it changes the work."""

from __future__ import annotations

import time
from collections.abc import Callable


def effort(work: Callable[[], object], tries: int = 3) -> float:
    """CPU time of the quickest of some tries, in units of a fixed piece of work done beside each."""
    spent, units = [], []
    for _ in range(tries):
        units.append(_cpu(_unit))
        spent.append(_cpu(work))
    return min(spent) / min(units)


def _unit() -> int:
    """About ten milliseconds of ordinary Python on a machine of 2020: texts, a dictionary and sums."""
    words = [str(n * 7919 % 10007) for n in range(75_000)]
    return sum(len(word) for word in words) + len(dict.fromkeys(words))


def _cpu(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin
