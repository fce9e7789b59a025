"""What answer caches did with questions that must hit and must miss."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from lab.exchange.answercache import claims_hit, depends_on_embeddings, why_not_due
from lab.figures.amounts import commonest, grouped, mean
from lab.figures.grid import Grid
from lab.figures.observation import Observation
from lab.figures.wrong_answers import differs_in, wrongness_of
from lab.records.manifest import ScenarioInfo, VariantStatus
from lab.topics.caching.table import (
    CacheClaims,
    CacheOf,
    Caching,
    KindCount,
    ProbeKind,
    Served,
    Sweep,
    SweepPoint,
)

# What a question may be answered by, if that is known; a model that was asked answered afresh.
FRESH = frozenset({"fresh", "model"})
PROVEN = FRESH | {"cache", "foreign"}


def caching_of(grid: Grid) -> Caching | None:
    """What answer caches did with questions that must hit and must miss; None without such suites."""
    suites = tuple(dict.fromkeys(info.suite for info in grid.valid if info.cache_expect == "must_hit"))
    if not suites:
        return None
    infos = [info for info in grid.valid if info.suite in suites]
    kinds = _kinds(infos)
    control_ms, control_n = _latency(_seen(grid, grid.control, infos))
    return Caching(
        suites=suites,
        kinds=kinds,
        variants=tuple(_cache(grid, status, kinds, infos) for status in grid.manifest.variants),
        control_ms=control_ms,
        control_n=control_n,
    )


def _seen(grid: Grid, variant: str, infos: Iterable[ScenarioInfo]) -> list[Observation]:
    return [one for info in infos for one in grid.seen(variant, info)]


def _kinds(infos: Sequence[ScenarioInfo]) -> tuple[ProbeKind, ...]:
    """What a scenario's `feature` says is its kind; what must hit comes first, then what must miss."""
    firsts = {these[0].id for these in grouped(infos, lambda info: info.sequence or info.id).values()}
    alike = grouped(
        infos,
        lambda info: (
            info.cache_expect,
            info.id in firsts,
            info.looks_at,
            info.cache_differs,
            info.other_client,
        ),
    )
    order = ("must_hit", "must_miss", "may_hit")
    made = [
        ProbeKind(
            kind=kind,
            expect=expect,
            needs=these[0].cache_needs,
            differs=differs,
            wrongness=differs_in(these[0]) if expect == "must_miss" and not first else None,
            first=first,
            scenarios=tuple(info.id for info in these),
        )
        for (expect, first, kind, differs, _), these in alike.items()
    ]
    return tuple(sorted(made, key=lambda kind: order.index(kind.expect)))


def _cache(
    grid: Grid, status: VariantStatus, kinds: Sequence[ProbeKind], infos: Sequence[ScenarioInfo]
) -> CacheOf:
    by_id = {info.id: info for info in infos}
    counts = tuple(_count(grid, status, kind, [by_id[name] for name in kind.scenarios]) for kind in kinds)
    every = _seen(grid, status.name, infos)
    seen = [one for one in every if one.origin is not None]
    embedders = {embedder for one in every for embedder in one.embedders}
    missing = None if seen else next((count for count in counts if count.status != "measured"), None)
    # Another conversation's answer was served from the cache too, unless a model was asked.
    hits = [
        one
        for one in seen
        if one.stems_from == "cache" or (one.stems_from == "foreign" and not one.reached_model)
    ]
    fresh = [one for one in seen if one.stems_from in FRESH]
    return CacheOf(
        variant=status.name,
        cache=status.cache,
        threshold=status.cache_threshold,
        status=missing.status if missing else "measured",
        reason=missing.reason if missing else None,
        kinds=counts,
        hits=_served(hits),
        fresh=_served(fresh),
        claims=_claims(hits, fresh),
        sweep=_sweep(grid, status, infos),
        embedders=tuple(sorted(embedders, key=lambda one: (one.asked, one.answered_by))),
    )


def _served(seen: Sequence[Observation]) -> Served:
    """These answers in figures: means of calls, tokens and USD, and the median of latency."""
    if not seen:
        return Served()
    claimed = [one.claimed for one in seen if one.claimed is not None]
    paid = [one.paid.as_routed for one in seen if one.paid.as_routed is not None]
    unpaid = [one.paid.reason or "" for one in seen if one.paid.as_routed is None]
    latency, _ = _latency(seen)
    return Served(
        n=len(seen),
        chat_calls=mean(one.chat_calls for one in seen),
        embedding_calls=mean(one.embedding_calls for one in seen),
        embedding_tokens=mean(one.embedding_tokens for one in seen),
        tokens_claimed=mean(claimed) if claimed else None,
        usd=None if unpaid else sum(paid, Decimal(0)) / len(paid),
        usd_reason=commonest(unpaid) or "",
        latency_ms=latency,
    )


def _latency(seen: Iterable[Observation]) -> tuple[float | None, int]:
    """Median latency (ms) of completed exchanges, and of how many."""
    times = [one.latency_ms for one in seen if one.completed and one.latency_ms is not None]
    return (round(statistics.median(times), 3) if times else None), len(times)


def _claims(hits: Sequence[Observation], fresh: Sequence[Observation]) -> CacheClaims:
    """What is stated of hits and of fresh answers; a statement may deny a hit."""
    stated = [one.claimed_cache for one in (*hits, *fresh) if one.claimed_cache]
    claimed = sum(claims_hit(one.claimed_cache) for one in hits)
    return CacheClaims(
        stated=len(stated),
        claimed=claimed,
        unclaimed=len(hits) - claimed,
        false=sum(claims_hit(one.claimed_cache) for one in fresh),
        example=commonest(stated),
    )


def _count(grid: Grid, status: VariantStatus, kind: ProbeKind, infos: Sequence[ScenarioInfo]) -> KindCount:
    shared: dict[str, Any] = {"kind": kind.kind, "expect": kind.expect, "first": kind.first}
    pairs = [(info, one) for info in infos for one in grid.seen(status.name, info) if one.origin is not None]
    if not pairs:
        cell = grid.cell(status.name, infos[0])
        why = cell.reason or "the origin of no answer is known"
        return KindCount(**shared, of=0, status=cell.status, reason=why)
    due = [
        (info, one)
        for info, one in pairs
        if kind.expect == "must_hit" and one.stems_from in PROVEN and not why_not_due(status, info)
    ]
    return KindCount(
        **shared,
        of=len(pairs),
        hits=sum(one.stems_from == "cache" for _, one in pairs),
        foreign=sum(one.stems_from == "foreign" for _, one in pairs),
        unproven=sum(one.stems_from in {"unproven", "lost"} for _, one in pairs),
        due=len(due),
        due_hits=sum(one.stems_from == "cache" for _, one in due),
        missed=sum(one.stems_from in FRESH for _, one in due),
        wrong_hits=sum(wrongness_of(one, info) not in {None, "foreign"} for info, one in pairs),
        close=sum(
            wrongness_of(one, info) not in {None, "foreign"} and depends_on_embeddings(status, info)
            for info, one in pairs
            if one.stems_from == "cache"
        ),
        example=_example(pairs, due),
    )


def _example(
    pairs: Sequence[tuple[ScenarioInfo, Observation]], due: Sequence[tuple[ScenarioInfo, Observation]]
) -> str:
    """The scenario that tells most: a wrong answer, a hit that was due and missed, a hit, or the first."""
    wrong = (info.id for info, one in pairs if wrongness_of(one, info))
    missed = (info.id for info, one in due if one.stems_from != "cache")
    hit = (info.id for info, one in pairs if one.stems_from == "cache")
    return next(wrong, None) or next(missed, None) or next(hit, None) or pairs[0][0].id


def _sweep(grid: Grid, status: VariantStatus, infos: Iterable[ScenarioInfo]) -> Sweep | None:
    """Pairs that differ in words alone, the least alike first; None if nothing can be read off them.

    A variant without a declared cache by meaning has no threshold, unless one of them hit.
    """
    points = [point for info in infos if (point := _point(grid, status, info)) is not None]
    hit = [point.similarity for point in points if point.hits]
    missed = [point.similarity for point in points if point.hits < point.of]
    if not points or not (hit or status.cache == "semantic"):
        return None
    return Sweep(
        points=tuple(sorted(points, key=lambda point: (point.similarity, point.scenario))),
        lowest_hit=min(hit, default=None),
        highest_missed=max(missed, default=None),
    )


def _point(grid: Grid, status: VariantStatus, info: ScenarioInfo) -> SweepPoint | None:
    if info.cache_needs != "semantic" or info.similarity is None:
        return None
    kinds = [one.stems_from for one in grid.seen(status.name, info)]
    hits, of = kinds.count("cache"), sum(kind in {"cache", "fresh", "model"} for kind in kinds)
    if not of:
        return None
    return SweepPoint(
        scenario=info.id,
        title=info.title,
        kind=info.looks_at,
        similarity=info.similarity,
        same=info.cache_expect != "must_miss",
        close=depends_on_embeddings(status, info),
        hits=hits,
        of=of,
    )
