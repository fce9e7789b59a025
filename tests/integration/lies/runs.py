"""Runs the lab over the lying gateway, all groups side by side, and looks into what they found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lab.records.manifest import ScenarioInfo
from lab.results.cell import Cell
from lab.results.models import Results
from tests.integration.labcli import Run, lab, run_words
from tests.integration.rogue.liars import Liar, make_liars_root

SEED = "7"
# The meter waits a moment after every answer for late calls, so that more runs than cores keep them busy.
AT_ONCE = 4


@dataclass(frozen=True)
class Made:
    """A run that was made, read once."""

    path: Path

    @cached_property
    def run(self) -> Run:
        """The run's folder."""
        return Run(self.path)

    @cached_property
    def results(self) -> Results:
        """The run's results.json."""
        return self.run.results

    @cached_property
    def scenarios(self) -> tuple[ScenarioInfo, ...]:
        """The scenarios that a provider accepts as they are written."""
        return tuple(info for info in self.run.manifest.scenarios if info.valid)


@dataclass(frozen=True)
class Found:
    """What a run found on some of its scenarios (none named: on all)."""

    made: Made
    only: tuple[str, ...] = ()

    @cached_property
    def asked(self) -> frozenset[str]:
        """The scenarios looked at, with their perturbations."""
        return frozenset(
            info.id
            for info in self.made.scenarios
            if not self.only
            or info.id in self.only
            or (info.relation == "perturbation" and info.of in self.only)
        )

    def cells(self, variant: str) -> list[Cell]:
        """A variant's cells; there is one for each scenario."""
        found = [c for c in self.made.results.cells if c.variant == variant and c.scenario in self.asked]
        assert sorted(cell.scenario for cell in found) == sorted(self.asked) != []
        return found

    def unsupported(self, variant: str) -> set[str]:
        """Scenarios that this variant cannot be asked on this wire."""
        return {cell.scenario for cell in self.cells(variant) if cell.status == "unsupported"}

    def failing(self, variant: str) -> dict[str, dict[str, str]]:
        """The checks that fail on a variant, each with its scenarios and why."""
        found: dict[str, dict[str, str]] = defaultdict(dict)
        for cell in self.cells(variant):
            for name, result in cell.checks.items():
                if result.verdict == "fail":
                    found[name][cell.scenario] = result.why
        return dict(found)


@dataclass(frozen=True)
class Ask:
    """A run to make: its wire, its liars, and its suites, each cut to some scenarios (None: all)."""

    wire: str
    liars: Mapping[str, Liar]
    scenarios: Mapping[str, tuple[str, ...] | None]


def run_all(folder: Path, asks: Mapping[tuple[str, str], Ask]) -> dict[tuple[str, str], Made]:
    """Make all of these runs, on the host engine and with scripted answers."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        made = {name: pool.submit(_run, folder / "-".join(name), ask) for name, ask in asks.items()}
        return {name: future.result() for name, future in made.items()}


def _run(folder: Path, ask: Ask) -> Made:
    root = make_liars_root(folder, ask.liars, ask.scenarios)
    reports = folder / "reports"
    done = lab(*run_words(root, reports), "--wire", ask.wire, "--seed", SEED)
    assert done.returncode == 0, done.stdout + done.stderr
    return Made(reports)
