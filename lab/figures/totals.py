"""Totals over the scenarios that all compared variants completed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal

from lab.figures.against import NO_BASELINE, difference, minus, why_no_percent
from lab.figures.amounts import (
    Reasons,
    median_change,
    sum_cache,
    sum_calls,
    sum_cost,
    sum_facts,
    sum_needed_tools,
    sum_tokens,
)
from lab.figures.cells import THE_CONTROL
from lab.figures.classes import cost_intervals, sums_of
from lab.figures.decisions import prompts_right
from lab.figures.grid import Grid, why_left_out
from lab.figures.latency import added, latency_of, unsteady
from lab.figures.monthly import monthly_of
from lab.figures.spread import Spread
from lab.results.cell import Cell, Latency, Overhead
from lab.results.models import ExtrapolationInfo
from lab.results.totals import CheckCount, ClaimedTokens, CostIntervals, Monthly, PromptsRight, TotalRow

MONTHS = 12
NO_SUCH_ANSWERS = "no compared scenario asks for {}"


def totals_of(grid: Grid, extrapolation: ExtrapolationInfo, spread: Spread) -> tuple[TotalRow, ...]:
    """One row per variant, in the manifest's order, with differences to the baseline row."""
    rows = [_total(grid, status.name, spread) for status in grid.manifest.variants]
    baseline = next((row for row in rows if row.baseline and row.compared), None)
    monthly = {row.variant: monthly_of(grid, row.variant, extrapolation) for row in rows if row.compared}
    return tuple(_against(row, baseline, monthly, spread) if row.compared else row for row in rows)


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
    tokens, why_tokens = sum_tokens(covered)
    cost, why_cost = sum_cost(covered)
    intervals, why_intervals = cost_intervals(sums_of(spread, name)) if covered else (CostIntervals(), {})
    facts, why_facts = sum_facts(covered)
    needed, kept = sum_needed_tools(covered)
    if kept is None:
        reasons["tools_needed_kept"] = "no compared scenario needs tools and reached a model"
    return frame.model_copy(
        update={
            "tokens": tokens,
            "median_change_percent": median_change(covered),
            "cost_usd": cost,
            "cost_interval": intervals,
            "facts": facts,
            "tools_needed": needed,
            "tools_needed_kept": kept,
            "upstream_calls": sum_calls(covered, "upstream_calls"),
            "embedding_calls": sum_calls(covered, "embedding_calls"),
            "embedding_tokens": sum_calls(covered, "embedding_tokens"),
            "reasons": reasons | why_tokens | why_cost | why_facts | why_intervals,
        }
    )


def _latency(
    grid: Grid, name: str, covered: Sequence[Cell], every: Sequence[Cell], reasons: Reasons
) -> Latency:
    """Times over the compared scenarios; success over all valid ones, so that failures stay in sight."""
    pooled = [time for cell in covered for time in grid.times[name, cell.suite, cell.scenario]]
    everything = [time for cell in every for time in grid.times[name, cell.suite, cell.scenario]]
    found, why = latency_of(pooled, str(grid.manifest.seed))
    success, _ = latency_of(everything, str(grid.manifest.seed))
    reasons |= why
    if any(status.name == name and status.kind == "control" for status in grid.manifest.variants):
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
        reasons[field] = why["latency_ms.overhead"]
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


def _against(
    row: TotalRow, baseline: TotalRow | None, monthly: Mapping[str, Monthly], spread: Spread
) -> TotalRow:
    month = monthly[row.variant]
    if baseline is None:
        reasons = row.reasons | {"difference": NO_BASELINE}
        return row.model_copy(update={"monthly": month, "reasons": reasons})
    reference = monthly[baseline.variant]
    month = month.model_copy(
        update={
            "saving_a_year_as_routed": _a_year(reference.as_routed, month.as_routed),
            "saving_a_year_same_model": _a_year(reference.same_model, month.same_model),
        }
    )
    found = difference(
        (row.cost_usd, row.tokens),
        (baseline.cost_usd, baseline.tokens),
        sums_of(spread, row.variant),
        sums_of(spread, baseline.variant),
    )
    reasons = row.reasons | why_no_percent(baseline.cost_usd)
    return row.model_copy(update={"difference": found, "monthly": month, "reasons": reasons})


def _a_year(theirs: Decimal | None, mine: Decimal | None) -> Decimal | None:
    saved = minus(theirs, mine)
    return None if saved is None else saved * MONTHS
