"""Figures by class of scenarios: a class is of one suite, over its compared scenarios."""

from __future__ import annotations

from collections.abc import Sequence

from lab.figures.amounts import grouped, sum_cache
from lab.figures.grid import Grid, classes_left_out, why_left_out, why_not_covered
from lab.figures.spread import Class, Spread, class_of
from lab.figures.sums import against, summed
from lab.records.manifest import ScenarioInfo
from lab.results.models import ClassRow


def class_rows(grid: Grid, spread: Spread) -> tuple[ClassRow, ...]:
    """One row per class and variant, over its compared scenarios, with differences to the baseline."""
    classes = grouped(grid.valid, class_of)
    return tuple(row for of, infos in classes.items() for row in _class(grid, of, infos, spread))


def _class(grid: Grid, of: Class, infos: Sequence[ScenarioInfo], spread: Spread) -> list[ClassRow]:
    rows = [_row(grid, infos, status.name, spread) for status in grid.manifest.variants]
    baseline = next((row for row in rows if row.variant == grid.manifest.baseline and row.scenarios), None)
    return [against(row, baseline, spread, of) if row.scenarios else row for row in rows]


def _row(grid: Grid, infos: Sequence[ScenarioInfo], name: str, spread: Spread) -> ClassRow:
    first, covered = infos[0], [info for info in infos if info.id in grid.compared_ids]
    frame = ClassRow(
        suite=first.suite,
        class_=first.class_,
        title=first.class_title,
        variant=name,
        of=tuple(info.id for info in infos),
    )
    if name not in grid.compared_variants:
        return frame.model_copy(update={"reason": why_left_out(grid, name)})
    if not covered:
        return frame.model_copy(update={"reason": _why_none(grid, infos)})
    cells = [grid.cell(name, info) for info in covered]
    fields, reasons = summed(cells, name, spread, class_of(first))
    scenarios = tuple(info.id for info in covered)
    own = {"scenarios": scenarios, "cache": sum_cache(cells), "reasons": reasons}
    return frame.model_copy(update=fields | own)


def _why_none(grid: Grid, infos: Sequence[ScenarioInfo]) -> str:
    """Why no scenario of a class is covered: each reason once, with the scenarios it is true of."""
    missing = classes_left_out([(info, why_not_covered(grid, info)) for info in infos])
    return "; ".join(f"{', '.join(one.scenarios)}: {one.reason}" for one in missing)
