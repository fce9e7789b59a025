"""Rendering a run of 10,000 exchanges: wall time and memory of `lab report`, whose records are made here."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench.figures import Figure
from bench.judging import judged
from bench.process import Finished, measured
from tests.unit.sample_run import SAMPLE_SCENARIOS, sample_run

MEASURED_VARIANTS = 4
SCENARIOS = 250
REPEATS = 10


def large_report() -> list[Figure]:
    """Render 10,000 exchanges and a tenth of them, so that growth with the size of the run is seen."""
    with tempfile.TemporaryDirectory(prefix="lab-bench-") as folder:
        small = _render(Path(folder) / "small", SCENARIOS // 10)
        large = _render(Path(folder) / "large", SCENARIOS)
        judging = judged(next((Path(folder) / "large").glob("*/manifest.json")).parent, "as rendered")
    if small.code or large.code:
        return []
    count = MEASURED_VARIANTS * SCENARIOS * REPEATS
    return [
        Figure(
            f"rendering {count:,} exchanges",
            large.wall_s,
            "s",
            10,
            "at most",
            f"({count // 10:,}: {small.wall_s:.1f} s)",
        ),
        Figure(
            "its peak memory",
            large.peak_mb,
            "MB",
            500,
            "at most",
            f"({count // 10:,}: {small.peak_mb:.0f} MB)",
        ),
        *judging,
    ]


def _render(folder: Path, scenarios: int) -> Finished:
    kinds = len(SAMPLE_SCENARIOS)
    infos = [
        SAMPLE_SCENARIOS[n % kinds].model_copy(update={"id": f"{SAMPLE_SCENARIOS[n % kinds].id}-{n}"})
        for n in range(scenarios)
    ]
    store = sample_run(folder, repeats=REPEATS, scenarios=infos)
    return measured([sys.executable, "-m", "lab", "report", str(store.path)])
