"""Every suite once, through every available variant: time, memory, and judging what it recorded."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from bench.figures import Figure
from bench.judging import judged
from bench.process import measured
from bench.whole_run import WAITING

BOUND_S = 480.0


def everything(engine: str) -> list[Figure]:
    """`lab run --suite all --repeats 1`, warm, and the checks and measures of what it recorded."""
    with tempfile.TemporaryDirectory(prefix="lab-bench-") as folder:
        command = [sys.executable, "-m", "lab", "run", "--quiet", "--upstream", "scripted"]
        command += ["--reports", folder, "--repeats", "1", "--engine", engine]
        if measured(command).code != 0:  # installs what is missing
            return []
        done = measured([*command, "--suite", "all"])
        if done.code != 0:
            return []
        newest = max(Path(folder).glob("*/manifest.json"), key=lambda path: path.stat().st_mtime)
        manifest = json.loads(newest.read_text(encoding="utf-8"))
        judging = judged(newest.parent, "of this run")
    ran = [variant["name"] for variant in manifest["variants"] if variant["status"] == "ran"]
    waited = sum(manifest["timings_s"].get(part, 0.0) for part in WAITING)
    parts = ", ".join(f"{name} {seconds:.1f}" for name, seconds in manifest["timings_s"].items())
    note = f"({manifest['engine']}; {', '.join(ran)}; {len(manifest['scenarios'])} scenarios; s: {parts})"
    return [
        Figure("all suites, 1 repeat", done.wall_s, "s", BOUND_S, "at most", note),
        Figure("of which not waiting for systems", done.wall_s - waited, "s", BOUND_S, "at most"),
        Figure("controller, peak memory", done.peak_mb, "MB", 1000, "at most"),
        *judging,
    ]
