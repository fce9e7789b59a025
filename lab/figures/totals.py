"""Totals over the scenarios that all compared variants completed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from lab.figures.amounts import Reasons, median_change, sum_cache, sum_calls
from lab.figures.cells import THE_CONTROL
from lab.figures.cost import PRICES
from lab.figures.decisions import prompts_right
from lab.figures.grid import Grid, why_left_out
from lab.figures.latency import added, latency_of, unsteady
from lab.figures.monthly import monthly_of
from lab.figures.spread import Spread
from lab.figures.sums import against, minus, summed
from lab.results.cell import Cell, Latency, Overhead
from lab.results.models import ExtrapolationInfo
from lab.results.totals import CheckCount, ClaimedTokens, Monthly, PromptsRight, TotalRow

MONTHS = 12
NO_SUCH_ANSWERS = "no compared scenario asks for {}"


def totals_of(grid: Grid, extrapolation: ExtrapolationInfo, spread: Spread) -> tuple[TotalRow, ...]:
    """One row per variant, in the manifest's order, with differences to the baseline row."""
    rows = [_total(grid, status.name, spread) for status in grid.manifest.variants]
    baseline = next((row for row in rows if row.baseline and row.compared), None)
    monthly = {row.variant: monthly_of(grid, row.variant, extrapolation) for row in rows if row.compared}
    return tuple(
        against(_with_month(row, baseline, monthly), baseline, spread) if row.compared else row
        for row in rows
    )


def _total(grid: Grid, name: str, spread: Spread) -> TotalRow:
    manifest, compared = grid.manifest, name in grid.compared_variants
    routes = any(status.name == name and status.routes for status in manifest.variants)
    every = [grid.cell(name, info) for info in grid.valid]
    covered = [grid.cell(name, info) for info in grid.compared] if compared else []
    reasons: Reasons = {}
    latency = _latency(grid, name, covered, every, reasons)
    frame = TotalRow(
        variant=name,
        compared=compared,
        reason=None if compared else why_left_out(grid, name),
        baseline=name == manifest.baseline,
        scenarios=len(covered),
        exchanges=sum(cell.n for cell in every),
        completed=sum(cell.completed for cell in every),
        retries=sum(cell.retries for cell in every),
        latency_ms=latency,
        added_to_whole=_added(grid, name, covered, reasons, stream=False),
        added_to_streams=_added(grid, name, covered, reasons, stream=True),
        unstable_scenarios=sum(bool(cell.latency_ms.unstable) for cell in covered),
        prompts_right=prompts_right(grid, name) if routes else PromptsRight(),
        cache=sum_cache(every),
        claimed_tokens=_claimed(grid, name),
        checks=_checks(every),
    )
    if not compared:
        return frame.model_copy(update={"reasons": {}})
    fields, why = summed(covered, name, spread)
    if fields["tools_needed_kept"] is None:
        reasons["tools_needed_kept"] = "no compared scenario needs tools and reached a model"
    own = {
        "median_change_percent": median_change(covered),
        "embedding_calls": sum_calls(covered, "embedding_calls"),
        "embedding_tokens": sum_calls(covered, "embedding_tokens"),
        "reasons": reasons | why,
    }
    return frame.model_copy(update=fields | own)


def _latency(
    grid: Grid, name: str, covered: Sequence[Cell], every: Sequence[Cell], reasons: Reasons
) -> Latency:
    """Times over the compared scenarios; success over all valid ones, so that failures stay in sight."""
    pooled = [time for cell in covered for time in grid.times[name, cell.suite, cell.scenario]]
    everything = [time for cell in every for time in grid.times[name, cell.suite, cell.scenario]]
    found, why = latency_of(pooled, str(grid.manifest.seed))
    success, _ = latency_of(everything, str(grid.manifest.seed))
    reasons |= why
    if name == grid.control:
        reasons["latency_ms.overhead"] = THE_CONTROL
    return found.model_copy(
        update={
            "success": success.success,
            "first_attempt_success": success.first_attempt_success,
            "unstable": unsteady(pooled, found),
        }
    )


def _claimed(grid: Grid, name: str) -> ClaimedTokens:
    """What answers claim beside what was forwarded, exchange by exchange; answers from a cache apart."""
    claims = [
        (one.claimed, one)
        for info in grid.valid
        for one in grid.seen(name, info)
        if one.completed and one.claimed is not None
    ]
    asked = [(claimed, one.forwarded.total) for claimed, one in claims if one.reached_model]
    cached = [claimed for claimed, one in claims if not one.reached_model]
    return ClaimedTokens(
        exchanges=len(asked),
        claimed=sum(claimed for claimed, _ in asked),
        forwarded=sum(forwarded for _, forwarded in asked),
        cached=len(cached),
        cached_claimed=sum(cached),
    )


def _added(grid: Grid, name: str, covered: Sequence[Cell], reasons: Reasons, *, stream: bool) -> Overhead:
    """What was added to answers of one kind over the compared scenarios: whole ones, or streams."""
    field, kind = ("added_to_streams", "streams") if stream else ("added_to_whole", "whole answers")
    streams = {info.id for info in grid.compared if info.stream}
    cells = [cell for cell in covered if (cell.scenario in streams) == stream]
    times = [time for cell in cells for time in grid.times[name, cell.suite, cell.scenario]]
    found, why = added(times, str(grid.manifest.seed))
    if not cells:
        reasons[field] = NO_SUCH_ANSWERS.format(kind)
    elif found.median_ms is None:
        reasons[field] = THE_CONTROL if name == grid.control else why["latency_ms.overhead"]
    return found


def _checks(cells: Sequence[Cell]) -> dict[str, CheckCount]:
    passed, failed, outside = Counter[str](), Counter[str](), Counter[str]()
    for cell in cells:
        for name, result in cell.checks.items():
            passed[name] += result.passed
            failed[name] += result.of - result.passed
            outside[name] += cell.n - result.of
    return {
        name: CheckCount(passed=passed[name], failed=failed[name], not_applicable=outside[name])
        for name in passed
    }


def _with_month(row: TotalRow, baseline: TotalRow | None, monthly: Mapping[str, Monthly]) -> TotalRow:
    """The row with what a month costs, and what a year of it saves against the baseline."""
    month = monthly[row.variant]
    if baseline is not None:
        for price in PRICES:
            saved = minus(getattr(monthly[baseline.variant], price), getattr(month, price))
            per_year = None if saved is None else saved * MONTHS
            month = month.model_copy(update={f"saving_per_year_{price}": per_year})
    return row.model_copy(update={"monthly": month})
