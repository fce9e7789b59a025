"""Checks and measures alone: from the stored records of 10,000 exchanges to the tables of results.json."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from bench.figures import Figure
from bench.process import measured
from bench.repeated import repeated
from lab.records.store import RunStore

EXCHANGES = 10_000
BOUND_S = 5.0
# As `lab report` does it: the records are read within the time, and garbage is collected as it does there.
PROGRAM = """
import sys, time
from pathlib import Path
from lab.report.render import without_collection
from lab.report.build import build_results
from lab.records.store import RunStore
begin, worked = time.perf_counter(), time.process_time()
with without_collection():
    store = RunStore.open(Path(sys.argv[1]))
    records = store.records()
    read = time.perf_counter()
    build_results(store, records)
end = time.perf_counter()
print(len(records.exchanges), end - begin, read - begin, time.process_time() - worked)
"""


def judged(run: Path, what: str) -> list[Figure]:
    """Seconds from the records of 10,000 exchanges to their tables, reading included; none if it failed.

    A run of fewer is repeated until it has as many.
    """
    with tempfile.TemporaryDirectory(prefix="lab-bench-") as folder:
        store = RunStore.open(run)
        recorded = len(store.completed_keys())
        many = run if recorded >= EXCHANGES else repeated(store, Path(folder), EXCHANGES).path
        done = measured([sys.executable, "-c", PROGRAM, str(many)])
    if done.code:
        raise RuntimeError(f"checks and measures {what} failed, see above")
    count, seconds, reading, processor = map(float, done.output.split())
    more = f", {recorded:,} of them as recorded" if recorded < EXCHANGES else ""
    note = (
        f"(reading {reading:.1f} s; processor {processor:.1f} s; load {os.getloadavg()[0]:.1f} on "
        f"{os.cpu_count()} CPUs; {count:,.0f} exchanges{more})"
    )
    return [
        Figure(
            f"checks and measures of {EXCHANGES:,} exchanges, {what}", seconds, "s", BOUND_S, "at most", note
        )
    ]
