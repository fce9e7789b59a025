"""Measures of claims about time: latency added, answers from a cache, what a header says, streams."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from lab.figures.grid import Grid
from lab.figures.latency import INTERVAL_PAIRS, INTERVAL_REASON, median_interval
from lab.figures.observation import Observation
from lab.kit import numbers
from lab.records.manifest import ScenarioInfo
from lab.topics.vendor_claims.registry import NotSeen, OfVariant, Outcome, Seen, measure
from lab.topics.vendor_claims.scope import NO_STREAM, OfScenarios, Scope, scope_of, why_no_variant

ONE_MS = 1.0
QUARTER = 0.25


class Against(OfScenarios):
    """The variant that latencies are compared with, in pairs."""

    against: str


@measure("latency added, in ms: the median of pairs with the control", OfScenarios)
def overhead_added_ms(grid: Grid, wanted: OfScenarios) -> Outcome:
    """Own time beyond the control's, when a model was asked; the provider's time is in neither."""
    control = next((s.name for s in grid.manifest.variants if s.kind == "control"), "")
    return _beyond(grid, wanted, control or "the control")


@measure("latency added beyond another variant, in ms: the median of pairs", Against)
def overhead_between_ms(grid: Grid, wanted: Against) -> Outcome:
    """Own time beyond that of another variant of the system, such as the same gateway without its router."""
    return _beyond(grid, wanted, wanted.against)


def _beyond(grid: Grid, wanted: OfScenarios, other: str) -> Outcome:
    if why := why_no_variant(grid, other):
        return NotSeen(why)
    scope = scope_of(grid, wanted, _timed, "no exchange reached a model at the first attempt")
    if isinstance(scope, NotSeen):
        return scope
    pairs = differences(grid, scope, other)
    if not pairs:
        return NotSeen(f"no exchange has a completed counterpart at {other}")
    words = f"{numbers.counted(len(pairs), 'pair')} with {other}, {circumstances(grid)}"
    return median_of(grid, pairs, words, scope.evidence)


def differences(grid: Grid, scope: Scope, other: str) -> list[float]:
    """Own time of each exchange minus that of the other variant's same scenario and repeat, in ms."""
    return [beyond for _, beyond in pairs_with(grid, scope, other)]


def pairs_with(grid: Grid, scope: Scope, other: str) -> list[tuple[Observation, float]]:
    """The exchanges that have a counterpart at the other variant, each with its difference in ms."""
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
    return f"one request at a time, {manifest.engine} engine{limit}, on {manifest.host.get('cpus', '?')} CPUs"


def median_of(grid: Grid, values: Sequence[float], words: str, evidence: tuple[str, str]) -> Seen:
    """The median of times in ms with its 95 % interval; without one it is not held against a claim."""
    middle = statistics.median(values)
    if len(values) < INTERVAL_PAIRS:
        too_few = INTERVAL_REASON.format(n=len(values))
        return Seen(middle, words, undecided=too_few, evidence=evidence)
    low, high = median_interval(values, str(grid.manifest.seed))
    return Seen(middle, words, low=low, high=high, evidence=evidence)


@measure("latency of answers proven to come from a cache, in ms: the median", OfScenarios)
def cache_hit_latency_ms(grid: Grid, wanted: OfScenarios) -> Outcome:
    """Times from sending the request to the last byte of the answer; fresh answers stand beside it."""
    scope = _hits(grid, wanted)
    if isinstance(scope, NotSeen):
        return scope
    suites = {info.suite for info, _ in scope.done}
    fresh = [
        one.latency_ms
        for info in grid.valid
        if info.suite in suites
        for one in grid.seen(wanted.variant, info)
        if one.completed and one.latency_ms is not None and _origin(one) == "fresh"
    ]
    times = [one.latency_ms for one in scope.all if one.latency_ms is not None]
    if not times:
        return NotSeen("no time of an answer from a cache was recorded")
    found = median_of(grid, times, f"{scope.words}, {circumstances(grid)}", scope.evidence)
    if not fresh:
        return found
    beside = f"fresh answers {statistics.median(fresh):.1f} ms (n = {len(fresh):,})"
    return Seen(
        found.value, found.conditions, found.low, found.high,
        beside=beside, undecided=found.undecided, evidence=found.evidence,
    )  # fmt: skip


@measure("tokens that a model is sent for an answer from a cache, mean", OfScenarios)
def cache_hit_tokens(grid: Grid, wanted: OfScenarios) -> Outcome:
    """Tokens forwarded to models during exchanges whose answer is proven to come from a cache."""
    scope = _hits(grid, wanted)
    if isinstance(scope, NotSeen):
        return scope
    value = statistics.fmean(one.forwarded.total for one in scope.all)
    stated = [one.claimed for one in scope.all if one.claimed]
    beside = f"the answers' usage states {statistics.fmean(stated):,.0f} input tokens" if stated else ""
    return Seen(value, scope.words, beside=beside, evidence=scope.evidence)


@measure("answers that come from a cache, in percent, proven by their markers", OfScenarios)
def cache_hit_percent(grid: Grid, wanted: OfScenarios) -> Outcome:
    """The share of completed exchanges whose answer carries the marker of an earlier one."""
    scope = scope_of(grid, wanted, lambda one: one.origin is not None, "no exchange completed")
    if isinstance(scope, NotSeen):
        return scope
    hits = sum(_origin(one) == "cache" for one in scope.all)
    number = len(scope.all)
    return Seen(hits / number * 100, scope.words, part=hits, of=number, evidence=scope.evidence)


def _hits(grid: Grid, wanted: OfScenarios) -> Scope | NotSeen:
    return scope_of(
        grid, wanted, lambda one: _origin(one) == "cache", "no answer was proven to come from a cache"
    )


def _origin(one: Observation) -> str:
    return one.origin.kind if one.origin else ""


@measure("overhead as the gateway's own header states it, in ms: the median", OfScenarios)
def stated_overhead_ms(grid: Grid, wanted: OfScenarios) -> Outcome:
    """What the header states, with the latency added as observed on the same exchanges beside it."""
    scope = scope_of(
        grid,
        wanted,
        lambda one: one.claimed_overhead_ms is not None and one.reached_model,
        "no answer states an overhead",
    )
    if isinstance(scope, NotSeen):
        return scope
    control = next((s.name for s in grid.manifest.variants if s.kind == "control"), "")
    pairs = pairs_with(grid, scope, control)
    value = statistics.median([one.claimed_overhead_ms or 0.0 for one, _ in pairs] or _stated(scope))
    observed = statistics.median([beyond for _, beyond in pairs]) if pairs else None
    beside = "" if observed is None else f"latency added as observed {observed:.1f} ms"
    of = f"{numbers.counted(len(pairs), 'pair')} with {control}" if pairs else scope.words
    return Seen(value, f"{of}, {circumstances(grid)}", beside=beside, evidence=scope.evidence)


def _stated(scope: Scope) -> list[float]:
    return [one.claimed_overhead_ms or 0.0 for one in scope.all]


@measure("streamed requests that are answered completely, in percent", OfVariant)
def streaming_works_percent(grid: Grid, wanted: OfVariant) -> Outcome:
    """The share of exchanges that asked for a stream and got a whole, valid answer."""
    if why := why_no_variant(grid, wanted.variant):
        return NotSeen(why)
    asked: list[tuple[ScenarioInfo, Observation]] = [
        (info, one) for info in grid.valid for one in grid.seen(wanted.variant, info) if one.stream
    ]
    if not asked:
        return NotSeen(NO_STREAM)
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
