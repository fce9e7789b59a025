"""Checks and measures alone: from stored records to the tables of results.json, without rendering them."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.figures import Figure
from bench.process import Finished, measured

EXCHANGES = 10_000
BOUND_S = 5.0
# Records are read before the clock starts: reading is the store's work, judging the checks' and measures'.
PROGRAM = """
import gc, sys, time
from pathlib import Path
from lab.results.build import build_results
from lab.results.store import RunStore
gc.disable()
store = RunStore.open(Path(sys.argv[1]))
records = store.records()
begin = time.perf_counter()
build_results(store, records)
spent = time.perf_counter() - begin
print(f"{len(records.exchanges)} {spent:.3f}")
"""


def judged(run: Path, what: str) -> list[Figure]:
    """Seconds for the checks and measures of a run, brought to 10,000 exchanges; none where it failed."""
    done = measured([sys.executable, "-c", PROGRAM, str(run)])
    if done.code:
        return []
    count, seconds = _read(done)
    return [
        Figure(
            f"checks and measures of {EXCHANGES:,} exchanges, {what}",
            seconds * EXCHANGES / count,
            "s",
            BOUND_S,
            "at most",
            f"({count:,} in {seconds:.1f} s)",
        )
    ]


def _read(done: Finished) -> tuple[int, float]:
    count, seconds = done.output.split()
    return int(count), float(seconds)
