"""Measures of claims about time: latency added, answers from a cache, what a header says, streams."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import replace

from lab.figures.grid import Grid
from lab.figures.latency import INTERVAL_PAIRS, INTERVAL_REASON, median_interval
from lab.figures.observation import Observation
from lab.kit import numbers
from lab.records.manifest import ScenarioInfo
from lab.topics.vendor_claims.registry import (
    NO_STREAM,
    NotSeen,
    OfScenarios,
    OfVariant,
    Scope,
    Seen,
    measure,
    require_variant,
    scope_of,
)

ONE_MS = 1.0
QUARTER = 0.25


class Against(OfScenarios):
    """The variant that latencies are compared with, in pairs."""

    against: str


@measure("latency added, in ms: the median of pairs with the control", OfScenarios)
def overhead_added_ms(grid: Grid, wanted: OfScenarios) -> Seen:
    """Own time beyond the control's, when a model was asked; the provider's time is in neither."""
    return _beyond(grid, wanted, grid.control or "the control")


@measure("latency added beyond another variant, in ms: the median of pairs", Against)
def overhead_between_ms(grid: Grid, wanted: Against) -> Seen:
    """Own time beyond that of another variant of the system, such as the same gateway without its router."""
    return _beyond(grid, wanted, wanted.against)


def _beyond(grid: Grid, wanted: OfScenarios, other: str) -> Seen:
    require_variant(grid, other)
    scope = scope_of(grid, wanted, _timed, "no exchange reached a model at the first attempt")
    pairs = [beyond for _, beyond in pairs_with(grid, scope, other)]
    if not pairs:
        raise NotSeen(f"no exchange has a completed counterpart at {other}")
    words = f"{numbers.counted(len(pairs), 'pair')} with {other}, {circumstances(grid)}"
    return median_of(grid, pairs, words, scope.evidence)


def pairs_with(grid: Grid, scope: Scope, other: str) -> list[tuple[Observation, float]]:
    """The exchanges that have a counterpart at the other variant, each with its difference in ms.

    That is own time minus that of the other variant's exchange of the same scenario and repeat.
    """
    found = []
    for info, seen in scope.done:
        theirs = {one.repeat: one.own_ms for one in grid.seen(other, info) if one.completed and _timed(one)}
        for one in seen:
            pair = theirs.get(one.repeat)
            if one.own_ms is not None and pair is not None:
                found.append((one, one.own_ms - pair))
    return found


def _timed(one: Observation) -> bool:
    return one.reached_model and one.own_ms is not None


def circumstances(grid: Grid) -> str:
    """What times depend on besides the gateway: the engine, its limits, the machine."""
    manifest = grid.manifest
    enforced = manifest.engine == "docker" and "cpus" in manifest.limits
    limit = f", {manifest.limits['cpus']:g} CPU each" if enforced else ""
    cpus = str(manifest.host.get("cpus", "?"))
    machine = f"{cpus} CPU" if cpus == "1" else f"{cpus} CPUs"
    return f"one request at a time, {manifest.engine} engine{limit}, on {machine}"


def median_of(grid: Grid, values: Sequence[float], words: str, evidence: tuple[str, str]) -> Seen:
    """The median of times in ms with its 95 % interval; without one it is not held against a claim."""
    middle = statistics.median(values)
    if len(values) < INTERVAL_PAIRS:
        too_few = INTERVAL_REASON.format(n=len(values))
        return Seen(middle, words, undecided=too_few, evidence=evidence)
    low, high = median_interval(values, str(grid.manifest.seed))
    return Seen(middle, words, low=low, high=high, evidence=evidence)


@measure("latency of answers proven to come from a cache, in ms: the median", OfScenarios)
def cache_hit_latency_ms(grid: Grid, wanted: OfScenarios) -> Seen:
    """Times from sending the request to the last byte of the answer; fresh answers stand beside it."""
    scope = _hits(grid, wanted)
    suites = {info.suite for info, _ in scope.done}
    fresh = [
        one.latency_ms
        for info in grid.valid
        if info.suite in suites
        for one in grid.seen(wanted.variant, info)
        if one.completed and one.latency_ms is not None and one.stems_from == "fresh"
    ]
    times = [one.latency_ms for one in scope.all if one.latency_ms is not None]
    if not times:
        raise NotSeen("no time of an answer from a cache was recorded")
    found = median_of(grid, times, f"{scope.words}, {circumstances(grid)}", scope.evidence)
    if not fresh:
        return found
    beside = f"fresh answers {statistics.median(fresh):.1f} ms (n = {len(fresh):,})"
    return replace(found, beside=beside)


@measure("tokens that a model is sent for an answer from a cache, mean", OfScenarios)
def cache_hit_tokens(grid: Grid, wanted: OfScenarios) -> Seen:
    """Tokens forwarded to models during exchanges whose answer is proven to come from a cache."""
    scope = _hits(grid, wanted)
    value = statistics.fmean(one.forwarded.total for one in scope.all)
    stated = [one.claimed for one in scope.all if one.claimed]
    beside = f"the answers' usage states {statistics.fmean(stated):,.0f} input tokens" if stated else ""
    return Seen(value, scope.words, beside=beside, evidence=scope.evidence)


@measure("answers that come from a cache, in percent, proven by their markers", OfScenarios)
def cache_hit_percent(grid: Grid, wanted: OfScenarios) -> Seen:
    """The share of completed exchanges whose answer carries the marker of an earlier one."""
    scope = scope_of(grid, wanted, lambda one: one.origin is not None, "no exchange completed")
    hits = sum(one.stems_from == "cache" for one in scope.all)
    number, wrong = len(scope.all), sum(one.wrong_hit for one in scope.all)
    return Seen(
        hits / number * 100,
        scope.words,
        part=hits,
        of=number,
        beside=f"{numbers.counted(wrong, 'wrong answer')} among them" if wrong else "",
        evidence=scope.evidence,
    )


def _hits(grid: Grid, wanted: OfScenarios) -> Scope:
    why = "no answer was proven to come from a cache"
    return scope_of(grid, wanted, lambda one: one.stems_from == "cache", why)


@measure("overhead as the gateway's own header states it, in ms: the median", OfScenarios)
def stated_overhead_ms(grid: Grid, wanted: OfScenarios) -> Seen:
    """What the header states, with the latency added as observed on the same exchanges beside it."""
    scope = scope_of(
        grid,
        wanted,
        lambda one: one.claimed_overhead_ms is not None and one.reached_model,
        "no answer states an overhead",
    )
    pairs = pairs_with(grid, scope, grid.control)
    beside = ""
    if pairs:
        beside = f"latency added as observed {statistics.median(beyond for _, beyond in pairs):.1f} ms"
    stating = [one for one, _ in pairs] or scope.all
    value = statistics.median(one.claimed_overhead_ms or 0.0 for one in stating)
    of = f"{numbers.counted(len(pairs), 'pair')} with {grid.control}" if pairs else scope.words
    return Seen(value, f"{of}, {circumstances(grid)}", beside=beside, evidence=scope.evidence)


@measure("streamed requests that are answered completely, in percent", OfVariant)
def streaming_works_percent(grid: Grid, wanted: OfVariant) -> Seen:
    """The share of exchanges that asked for a stream and got a whole, valid answer."""
    require_variant(grid, wanted.variant)
    asked: list[tuple[ScenarioInfo, Observation]] = [
        (info, one) for info in grid.valid for one in grid.seen(wanted.variant, info) if one.stream
    ]
    if not asked:
        raise NotSeen(NO_STREAM)
    whole = sum(one.completed for _, one in asked)
    broken = next(((info, one) for info, one in asked if not one.completed), None)
    shown = broken or asked[0]
    return Seen(
        whole / len(asked) * 100,
        f"{numbers.counted(len(asked), 'streamed exchange')}, {grid.manifest.wire} wire",
        part=whole,
        of=len(asked),
        beside=f"{broken[0].id}: {broken[1].reason}" if broken else "",
        evidence=(wanted.variant, shown[0].id),
    )
