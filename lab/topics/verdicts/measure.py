"""Every suite's verdict on every variant, where every repeat of a scenario must pass, and what went wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from operator import attrgetter, itemgetter

from lab.figures.amounts import grouped, most_frequent
from lab.figures.decisions import suites_about_tiers
from lab.figures.grid import Grid
from lab.records.manifest import CellStatus, ScenarioInfo
from lab.results.cell import Cell
from lab.topics.verdicts.findings import Found, findings_of, found_in
from lab.topics.verdicts.habits import Place, habit_of
from lab.topics.verdicts.table import FailedCheck, NotJudged, PartlyPassed, SuiteVerdict, Verdicts

# Scenarios that fail by a variant's one habit alone.
Alone = Mapping[str, Collection[Place]]


def verdicts_of(grid: Grid) -> Verdicts | None:
    """Every suite's verdict on every variant, and the worst findings; None if no scenario is valid."""
    suites = grouped(grid.every_form, attrgetter("suite"))
    if not suites:
        return None
    every = found_in(grid)
    habits = {found.variant: habit for found in every if (habit := habit_of(found, _judged(grid, found)))}
    alone = {name: fail for name, (_, fail) in habits.items()}
    rows = tuple(
        _verdict(grid, suite, infos, status.name, alone)
        for suite, infos in suites.items()
        for status in grid.manifest.variants
    )
    about_tiers = suites_about_tiers(grid)
    return Verdicts(
        rows=rows,
        together=_together(grid, about_tiers, alone),
        about_tiers=about_tiers,
        habits=tuple(habit for habit, _ in habits.values()),
        findings=findings_of(every),
    )


def _judged(grid: Grid, found: Found) -> Iterator[Cell]:
    """All cells of a variant that have a verdict."""
    cells = (grid.cell(found.variant, info) for info in grid.every_form)
    return (cell for cell in cells if _why_not_judged(cell, grid.manifest.repeats) is None)


def _together(grid: Grid, about_tiers: Sequence[str], alone: Alone) -> tuple[SuiteVerdict, ...]:
    """Every variant's verdict over the same scenarios: those that are judged for all compared variants."""
    compared = [status for status in grid.manifest.variants if status.name in grid.compared_variants]
    unlike = () if all(status.routes for status in compared) else about_tiers
    infos = [info for info in grid.valid if info.suite not in unlike and _all_judged(grid, info)]
    rows = [_verdict(grid, "", infos, status.name, alone) for status in grid.manifest.variants]
    # Which checks failed is listed by suite.
    return tuple(row.model_copy(update={"checks": ()}) for row in rows)


def _all_judged(grid: Grid, info: ScenarioInfo) -> bool:
    repeats, names = grid.manifest.repeats, grid.compared_variants
    return all(_why_not_judged(grid.cell(name, info), repeats) is None for name in names)


def _verdict(
    grid: Grid, suite: str, infos: Sequence[ScenarioInfo], variant: str, alone: Alone
) -> SuiteVerdict:
    passed = 0
    judged: list[Cell] = []
    partly: list[PartlyPassed] = []
    missing: list[tuple[CellStatus, str, str]] = []
    for info in infos:
        cell = grid.cell(variant, info)
        without = _why_not_judged(cell, grid.manifest.repeats)
        if without is not None:
            missing.append((*without, info.id))
            continue
        judged.append(cell)
        if cell.passes.passed == cell.passes.of:
            passed += 1
        elif cell.passes.passed:
            partly.append(PartlyPassed(scenario=info.id, passed=cell.passes.passed, of=cell.passes.of))
    return SuiteVerdict(
        suite=suite,
        variant=variant,
        scenarios=len(infos),
        judged=len(judged),
        passed=passed,
        partly=tuple(partly),
        by_habit=sum((cell.suite, cell.scenario) in alone.get(variant, ()) for cell in judged),
        checks=_failed_checks(judged),
        missing=_missing(missing),
    )


def _why_not_judged(cell: Cell, repeats: int) -> tuple[CellStatus, str] | None:
    """Status and reason of a cell without a verdict; None if it has one.

    A cell that passes so far but lacks repeats has none; one that failed already has.
    """
    if not cell.passes.of:
        if cell.status != "measured":
            return cell.status, cell.reason or "no reason was recorded"
        whys = [result.why for result in cell.checks.values()]
        return "measured", f"no check applies: {most_frequent(whys)}" if whys else "no check judges it"
    if cell.passes.passed == cell.passes.of and cell.n < repeats:
        return "not_run", "not all repeats were recorded"
    return None


def _failed_checks(judged: Sequence[Cell]) -> tuple[FailedCheck, ...]:
    """Checks that failed in any of these cells, those with most scenarios first."""
    applied = [(name, cell) for cell in judged for name, result in cell.checks.items() if result.of]
    by_check = grouped(applied, itemgetter(0))
    failed = [_failed(name, [cell for _, cell in found]) for name, found in by_check.items()]
    return tuple(sorted((one for one in failed if one.scenarios), key=lambda one: -one.scenarios))


def _failed(name: str, cells: Sequence[Cell]) -> FailedCheck:
    failed = [cell for cell in cells if cell.checks[name].verdict == "fail"]
    why = most_frequent(cell.checks[name].why for cell in failed) if failed else ""
    return FailedCheck(
        check=name,
        scenarios=len(failed),
        of=len(cells),
        exchanges=sum(cell.checks[name].of - cell.checks[name].passed for cell in failed),
        of_exchanges=sum(cell.checks[name].of for cell in cells),
        why=why,
        example=next((cell.scenario for cell in failed if cell.checks[name].why == why), ""),
    )


def _missing(found: Sequence[tuple[CellStatus, str, str]]) -> tuple[NotJudged, ...]:
    alike = grouped(found, itemgetter(0, 1))
    return tuple(
        NotJudged(status=status, reason=reason, scenarios=len(these), example=these[0][2])
        for (status, reason), these in sorted(alike.items(), key=lambda item: (-len(item[1]), item[0]))
    )
