"""All cells of a run, and which of them may be summed and compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from lab.figures.amounts import NO_COMPARISON, grouped
from lab.figures.latency import Timing
from lab.figures.legality import refused
from lab.figures.observation import Observation
from lab.records.manifest import Manifest, ScenarioInfo
from lab.results.cell import Cell
from lab.results.models import ClassLeftOut, Comparison, LeftOut

Key = tuple[str, str, str]
FURTHER_FORM = "a further form of another scenario: sums cover the first form, and wire pairs cover all"


@dataclass(frozen=True)
class Grid:
    """All cells of a run by variant, suite and scenario, and what was observed of each exchange."""

    manifest: Manifest
    cells: Mapping[Key, Cell]
    times: Mapping[Key, Sequence[Timing]]
    observed: Mapping[Key, Sequence[Observation]] = field(default_factory=dict)

    def seen(self, variant: str, scenario: ScenarioInfo) -> Sequence[Observation]:
        """What was observed there, in order of repeats; empty if nothing was recorded."""
        return self.observed.get((variant, scenario.suite, scenario.id), ())

    def cell(self, variant: str, scenario: ScenarioInfo) -> Cell:
        """One cell."""
        return self.cells[variant, scenario.suite, scenario.id]

    def measured(self, variant: str, scenario: ScenarioInfo) -> bool:
        """Whether at least one exchange completed there."""
        return self.cell(variant, scenario).status == "measured"

    @cached_property
    def control(self) -> str:
        """The name of the control; empty if the run has none."""
        return next((status.name for status in self.manifest.variants if status.kind == "control"), "")

    @cached_property
    def every_form(self) -> tuple[ScenarioInfo, ...]:
        """Scenarios that a provider accepts, in all forms in which the run sends them."""
        return tuple(info for info in self.manifest.scenarios if info.valid)

    @cached_property
    def valid(self) -> tuple[ScenarioInfo, ...]:
        """Scenarios that a provider accepts, in the first form; the others are shown but never summed.

        A sum over forms would mix wires, and count each scenario several times.
        """
        return tuple(info for info in self.every_form if not info.written)

    @cached_property
    def compared_variants(self) -> tuple[str, ...]:
        """Variants with at least one completed valid scenario."""
        return tuple(
            status.name
            for status in self.manifest.variants
            if any(self.measured(status.name, info) for info in self.valid)
        )

    @cached_property
    def compared(self) -> tuple[ScenarioInfo, ...]:
        """Valid scenarios that every compared variant completed."""
        names = self.compared_variants
        return tuple(info for info in self.valid if names and all(self.measured(n, info) for n in names))

    @cached_property
    def compared_ids(self) -> frozenset[str]:
        """Ids of the compared scenarios; ids are unique over all suites of a run."""
        return frozenset(info.id for info in self.compared)


def comparison_of(grid: Grid) -> Comparison:
    """What totals cover, and what they leave out with the reason."""
    manifest, names, covered = grid.manifest, grid.compared_variants, grid.compared_ids
    missing = [(info, why_not_covered(grid, info)) for info in manifest.scenarios if info.id not in covered]
    return Comparison(
        baseline=manifest.baseline,
        variants=names,
        scenarios=tuple(info.id for info in manifest.scenarios if info.id in covered),
        variants_left_out=tuple(
            LeftOut(name=status.name, reason=why_left_out(grid, status.name))
            for status in manifest.variants
            if status.name not in names
        ),
        scenarios_left_out=tuple(LeftOut(name=info.id, reason=reason) for info, reason in missing),
        classes_left_out=classes_left_out(missing),
    )


def classes_left_out(missing: Iterable[tuple[ScenarioInfo, str]]) -> tuple[ClassLeftOut, ...]:
    """One entry per class and reason; a scenario's own id in a reason makes it no other reason."""
    alike = grouped(missing, lambda one: (one[0].suite, one[0].class_, one[1].replace(one[0].id, "it")))
    return tuple(
        ClassLeftOut(
            suite=suite,
            class_=name,
            title=found[0][0].class_title,
            scenarios=tuple(info.id for info, _ in found),
            reason=reason,
        )
        for (suite, name, reason), found in alike.items()
    )


def why_left_out(grid: Grid, name: str) -> str:
    """Why a variant is not compared, in one sentence."""
    cells = [grid.cell(name, info) for info in grid.valid]
    if not cells:
        return "the run has no valid scenario"
    # What it is never asked, such as what only routers are, says nothing about why it is missing.
    cells = [cell for cell in cells if cell.status != "unsupported"] or cells
    worst = Counter((cell.status, cell.reason or "") for cell in cells).most_common(1)[0][0]
    return f"completed none of {len(cells)} scenarios: {worst[0].replace('_', ' ')}: {worst[1]}"


def why_not_covered(grid: Grid, info: ScenarioInfo) -> str:
    """Why a scenario is not among the compared ones, in one sentence."""
    if refused(info):
        return info.invalid_why
    if not info.valid:
        return f"declared invalid: {info.invalid_why}" if info.invalid_why else "declared invalid"
    if info.written:
        return FURTHER_FORM
    if info.unsupported:
        return info.unsupported
    missing = [name for name in grid.compared_variants if not grid.measured(name, info)]
    never = [name for name in missing if grid.cell(name, info).status == "unsupported"]
    failed = [name for name in missing if name not in never]
    asked = "only routers are asked this, not" if info.routers_only else "unsupported by"
    reasons = [f"{asked} {', '.join(never)}"] if never else []
    reasons += [f"not completed by {', '.join(failed)}"] if failed else []
    return "; ".join(reasons) or NO_COMPARISON
