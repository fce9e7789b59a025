"""Figures by class of scenarios: a class is of one suite, over its compared scenarios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lab.figures.against import NO_BASELINE, difference, why_no_percent
from lab.figures.amounts import sum_cache, sum_calls, sum_cost, sum_facts, sum_needed_tools, sum_tokens
from lab.figures.grid import Grid, classes_left_out, why_left_out, why_not_covered
from lab.figures.spread import PRICES, Price, Spread, Sum
from lab.records.manifest import ScenarioInfo
from lab.results.totals import ClassRow, CostIntervals

Class = tuple[str, str]


def class_rows(grid: Grid, spread: Spread) -> tuple[ClassRow, ...]:
    """One row per class and variant, over its compared scenarios, with differences to the baseline."""
    return tuple(
        row for of, infos in classes_of(grid.valid).items() for row in _class(grid, of, infos, spread)
    )


def classes_of(infos: Sequence[ScenarioInfo]) -> dict[Class, list[ScenarioInfo]]:
    """Scenarios by suite and class, in the order in which they appear."""
    classes: dict[Class, list[ScenarioInfo]] = {}
    for info in infos:
        classes.setdefault((info.suite, info.class_), []).append(info)
    return classes


def _class(grid: Grid, of: Class, infos: Sequence[ScenarioInfo], spread: Spread) -> list[ClassRow]:
    covered = [info for info in infos if info.id in grid.compared_ids]
    rows = [_row(grid, infos, covered, status.name, spread) for status in grid.manifest.variants]
    baseline = next((row for row in rows if row.variant == grid.manifest.baseline and row.scenarios), None)
    return [_against(row, baseline, of, spread) if row.scenarios else row for row in rows]


def _row(
    grid: Grid, infos: Sequence[ScenarioInfo], covered: Sequence[ScenarioInfo], name: str, spread: Spread
) -> ClassRow:
    first = infos[0]
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
    tokens, why_tokens = sum_tokens(cells)
    cost, why_cost = sum_cost(cells)
    facts, why_facts = sum_facts(cells)
    needed, kept = sum_needed_tools(cells)
    intervals, why_intervals = cost_intervals(sums_of(spread, name, (first.suite, first.class_)))
    return frame.model_copy(
        update={
            "scenarios": tuple(info.id for info in covered),
            "tokens": tokens,
            "cost_usd": cost,
            "cost_interval": intervals,
            "facts": facts,
            "tools_needed": needed,
            "tools_needed_kept": kept,
            "upstream_calls": sum_calls(cells, "upstream_calls"),
            "cache": sum_cache(cells),
            "reasons": why_tokens | why_cost | why_facts | why_intervals,
        }
    )


def _why_none(grid: Grid, infos: Sequence[ScenarioInfo]) -> str:
    """Why no scenario of a class is covered: each reason once, with the scenarios it is true of."""
    missing = classes_left_out([(info, why_not_covered(grid, info)) for info in infos])
    return "; ".join(f"{', '.join(one.scenarios)}: {one.reason}" for one in missing)


def sums_of(spread: Spread, name: str, of: Class | None = None) -> Mapping[Price, Sum]:
    """The resampled costs of one class, or of all compared scenarios, at both prices."""
    if of is None:
        return {price: spread.of_all(name, price) for price in PRICES}
    return {price: spread.of_class(name, of, price) for price in PRICES}


def cost_intervals(sums: Mapping[Price, Sum]) -> tuple[CostIntervals, dict[str, str]]:
    """The intervals at both prices, and why one is missing."""
    reasons = {f"cost_interval.{price}": one.reason for price, one in sums.items() if one.reason}
    found = {price: one.interval() for price, one in sums.items()}
    return CostIntervals(as_routed=found["as_routed"], same_model=found["same_model"]), reasons


def _against(row: ClassRow, baseline: ClassRow | None, of: Class, spread: Spread) -> ClassRow:
    if baseline is None:
        return row.model_copy(update={"reasons": row.reasons | {"difference": NO_BASELINE}})
    found = difference(
        (row.cost_usd, row.tokens),
        (baseline.cost_usd, baseline.tokens),
        sums_of(spread, row.variant, of),
        sums_of(spread, baseline.variant, of),
    )
    reasons = row.reasons | why_no_percent(baseline.cost_usd)
    return row.model_copy(update={"difference": found, "reasons": reasons})
