"""The whole comparison, warm: everything installed, three repeats, all available gateways."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from bench.figures import Figure
from bench.process import measured

REPEATS = 3
WAITING = ("boot", "fresh state", "warm-up", "answers", "stop")


def comparison(engine: str) -> list[Figure]:
    """Wall time, the lab's own share of it, and the controller's memory, over `lab run --repeats 3`."""
    with tempfile.TemporaryDirectory(prefix="lab-bench-") as folder:
        command = [sys.executable, "-m", "lab", "run", "--quiet", "--upstream", "scripted"]
        command += ["--reports", folder, "--repeats", str(REPEATS), "--engine", engine]
        if (
            measured([*command[:-4], "--repeats", "1", "--engine", engine]).code != 0
        ):  # installs what is missing
            return []
        done = measured(command)
        newest = max(Path(folder).glob("*/manifest.json"), key=lambda path: path.stat().st_mtime)
        manifest = json.loads(newest.read_text(encoding="utf-8"))
    ran = [variant["name"] for variant in manifest["variants"] if variant["status"] == "ran"]
    waited = sum(manifest["timings_s"].get(part, 0.0) for part in WAITING)
    parts = ", ".join(f"{name} {seconds:.1f}" for name, seconds in manifest["timings_s"].items())
    note = f"({manifest['engine']}; {', '.join(ran)}; s: {parts})"
    return [
        Figure(f"comparison, {REPEATS} repeats", done.wall_s, "s", 90, "at most", note),
        Figure("of which the lab's own work", done.wall_s - waited, "s", 10, "at most"),
        Figure("controller, peak memory", done.peak_mb, "MB", 300, "at most"),
    ]
