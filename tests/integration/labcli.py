"""Runs the `lab` command as a user would, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from lab.records.manifest import Manifest
from lab.records.models import ExchangeRecord
from lab.records.store import RunStore
from lab.report.build import results_model
from lab.results.models import Results

TIMEOUT_S = 280


def command(*words: str) -> list[str]:
    """The command line of `lab` with `words`."""
    return [sys.executable, "-m", "lab", *words]


def run_words(root: Path, reports: Path) -> list[str]:
    """The words of a run of a temporary root, with nothing but processes and scripted answers."""
    return [
        *("run", "--root", str(root), "--reports", str(reports)),
        *("--engine", "host", "--upstream", "scripted"),
    ]


def environment(**changes: str) -> dict[str, str]:
    """This process's environment without what would lead a test to other systems."""
    dropped = {"OLLAMA_URL", "LITELLM_IMAGE", "PORTKEY_IMAGE", "LYNKR_IMAGE"}
    return {**{k: v for k, v in os.environ.items() if k not in dropped}, "COLUMNS": "200", **changes}


def lab(
    *words: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout_s: float = TIMEOUT_S,
) -> subprocess.CompletedProcess[str]:
    """Run `lab` to its end and return what it printed."""
    return subprocess.run(
        command(*words),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
        env=dict(env or environment()),
        cwd=cwd,
    )


class Run:
    """A run's folder as a test looks at it."""

    def __init__(self, reports: Path) -> None:
        self.path = (reports / "latest").resolve()
        self.store = RunStore.open(self.path)

    @property
    def manifest(self) -> Manifest:
        """The run's manifest."""
        return self.store.manifest()

    @property
    def results(self) -> Results:
        """The run's results.json, with the tables of all topics."""
        return results_model().model_validate_json((self.path / "results.json").read_bytes())

    def exchanges(self, variant: str | None = None) -> list[ExchangeRecord]:
        """The exchanges of a variant, or all, in the order they were made."""
        return [e for e in self.store.exchanges() if variant in (None, e.variant)]


def processes_of(run_id: str) -> list[int]:
    """Processes that carry the run's mark in their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if f"LAB_RUN_ID={run_id}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
        except OSError:
            continue
    return found
