"""Rows of sums over several cells, such as those of a class, and their differences to the baseline's row.

A class is of one suite, over its compared scenarios. Differences are paired by repeat.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, TypeVar

from lab.figures.amounts import (
    Reasons,
    grouped,
    sum_cache,
    sum_calls,
    sum_cost,
    sum_facts,
    sum_needed_tools,
    sum_tokens,
)
from lab.figures.cost import PRICES
from lab.figures.grid import Grid, classes_left_out, why_left_out, why_not_covered
from lab.figures.spread import Class, Spread, Sum, class_of, interval_of
from lab.records.manifest import ScenarioInfo
from lab.results.cell import Cell
from lab.results.totals import ClassRow, CostIntervals, Difference, Interval, TotalRow

NO_BASELINE = "the baseline row is not among the compared variants"
FREE = "the baseline row costs nothing"

R = TypeVar("R", ClassRow, TotalRow)


def summed(
    cells: Sequence[Cell], name: str, spread: Spread, of: Class | None = None
) -> tuple[dict[str, Any], Reasons]:
    """What these cells of a variant come to, by fields of a row, and reasons for what is missing.

    The cells are those of one class, or all that are compared.
    """
    tokens, why_tokens = sum_tokens(cells)
    cost, why_cost = sum_cost(cells)
    facts, why_facts = sum_facts(cells)
    needed, kept = sum_needed_tools(cells)
    sums = spread.sums(name, of)
    fields = {
        "tokens": tokens,
        "cost_usd": cost,
        "cost_interval": CostIntervals(**{price: one.interval() for price, one in sums.items()}),
        "facts": facts,
        "tools_needed": needed,
        "tools_needed_kept": kept,
        "upstream_calls": sum_calls(cells, "upstream_calls"),
    }
    why = {f"cost_interval.{price}": one.reason for price, one in sums.items() if one.reason}
    return fields, why_tokens | why_cost | why_facts | why


def against(row: R, baseline: R | None, spread: Spread, of: Class | None = None) -> R:
    """The row with its differences to the baseline's in USD, tokens and percent, or why there are none."""
    if baseline is None:
        return row.model_copy(update={"reasons": row.reasons | {"difference": NO_BASELINE}})
    mine, theirs = spread.sums(row.variant, of), spread.sums(baseline.variant, of)
    forwarded, base_forwarded = row.tokens.forwarded, baseline.tokens.forwarded
    found: dict[str, Any] = {"forwarded_percent": _percent(forwarded, base_forwarded)}
    if forwarded is not None and base_forwarded is not None:
        found["forwarded_tokens"] = round(forwarded - base_forwarded, 4)
    reasons = dict(row.reasons)
    for price in PRICES:
        usd, base_usd = getattr(row.cost_usd, price), getattr(baseline.cost_usd, price)
        found |= {
            f"{price}_usd": minus(usd, base_usd),
            f"{price}_percent": _percent(usd, base_usd),
            f"{price}_usd_interval": _usd_interval(mine[price], theirs[price]),
            f"{price}_interval": _percent_interval(mine[price], theirs[price]),
        }
        if base_usd == 0:
            reasons[f"difference.{price}_percent"] = FREE
    return row.model_copy(update={"difference": Difference(**found), "reasons": reasons})


def minus(mine: Decimal | None, theirs: Decimal | None) -> Decimal | None:
    """The difference in USD, or None if one of the two is not known."""
    return None if mine is None or theirs is None else mine - theirs


def _percent(mine: Decimal | float | None, theirs: Decimal | float | None) -> float | None:
    """How much `mine` is more than `theirs`, in percent; None if that is not known or theirs is 0."""
    if mine is None or not theirs:
        return None
    return round((float(mine) - float(theirs)) / float(theirs) * 100, 4)


def _usd_interval(mine: Sum, theirs: Sum) -> Interval | None:
    return interval_of([a - b for a, b in zip(mine.draws, theirs.draws, strict=False)])


def _percent_interval(mine: Sum, theirs: Sum) -> Interval | None:
    """The interval of the ratio, taken resample by resample; None if the baseline may cost nothing."""
    if not theirs.draws or min(theirs.draws) <= 0:
        return None
    found = interval_of([(a - b) / b * 100 for a, b in zip(mine.draws, theirs.draws, strict=False)])
    return found and Interval(low=round(found.low, 4), high=round(found.high, 4))


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
