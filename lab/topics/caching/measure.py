"""What answer caches did with questions that must hit and must miss."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from lab.exchange.answercache import depends_on_embeddings, why_not_due
from lab.figures.grid import Grid
from lab.figures.observation import Observation
from lab.figures.wrong_answers import differs_in, wrongness_of
from lab.records.manifest import ScenarioInfo, VariantStatus
from lab.results.wrong_answers import Embedder
from lab.topics.caching.served import claims_of, from_cache, latency_of, served_of
from lab.topics.caching.table import CacheOf, Caching, KindCount, ProbeKind, Sweep, SweepPoint

# What a question may be answered by, if that is known.
PROVEN = frozenset({"fresh", "cache", "foreign"})


def caching_of(grid: Grid) -> Caching | None:
    """What answer caches did with questions that must hit and must miss; None without such suites."""
    suites = tuple(dict.fromkeys(info.suite for info in grid.valid if info.cache_expect == "must_hit"))
    if not suites:
        return None
    infos = [info for info in grid.valid if info.suite in suites]
    kinds = _kinds(infos)
    control = next((status.name for status in grid.manifest.variants if status.kind == "control"), "")
    control_ms, control_n = latency_of(_seen(grid, control, infos))
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
    opened: set[str] = set()
    found: dict[tuple[str, bool, str, str | None, bool], list[ScenarioInfo]] = {}
    for info in infos:
        sequence = info.sequence or info.id
        first = sequence not in opened
        key = (info.cache_expect, first, info.looks_at, info.cache_differs, info.other_client)
        found.setdefault(key, []).append(info)
        opened.add(sequence)
    order = ("must_hit", "must_miss", "may_hit")
    made: list[ProbeKind] = []
    for (expect, first, kind, differs, _), these in found.items():
        fields: dict[str, Any] = {"expect": expect, "needs": these[0].cache_needs, "differs": differs}
        if expect == "must_miss" and not first:
            fields["wrongness"] = differs_in(these[0])
        scenarios = tuple(info.id for info in these)
        made.append(ProbeKind(kind=kind, first=first, scenarios=scenarios, **fields))
    return tuple(sorted(made, key=lambda kind: order.index(kind.expect)))


def _cache(
    grid: Grid, status: VariantStatus, kinds: Sequence[ProbeKind], infos: Sequence[ScenarioInfo]
) -> CacheOf:
    by_id = {info.id: info for info in infos}
    counts = tuple(_count(grid, status, kind, [by_id[name] for name in kind.scenarios]) for kind in kinds)
    seen = [one for one in _seen(grid, status.name, infos) if one.origin is not None]
    measured = bool(seen)
    missing = next((count for count in counts if count.status != "measured"), None)
    hits = [one for one in seen if from_cache(one)]
    fresh = [one for one in seen if one.origin is not None and one.origin.kind in {"fresh", "model"}]
    return CacheOf(
        variant=status.name,
        cache=status.cache,
        threshold=status.cache_threshold,
        status="measured" if measured or missing is None else missing.status,
        reason=None if measured or missing is None else missing.reason,
        kinds=counts,
        hits=served_of(hits),
        fresh=served_of(fresh),
        claims=claims_of(hits, fresh),
        sweep=_sweep(grid, status, infos),
        embedders=_embedders(_seen(grid, status.name, infos)),
    )


def _embedders(seen: Iterable[Observation]) -> tuple[Embedder, ...]:
    found = {embedder for one in seen for embedder in one.embedders}
    return tuple(sorted(found, key=lambda one: (one.asked, one.answered_by)))


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
        if kind.expect == "must_hit" and _kind(one) in PROVEN and not why_not_due(status, info)
    ]
    return KindCount(
        **shared,
        of=len(pairs),
        hits=sum(_kind(one) == "cache" for _, one in pairs),
        foreign=sum(_kind(one) == "foreign" for _, one in pairs),
        unproven=sum(_kind(one) in {"unproven", "lost"} for _, one in pairs),
        due=len(due),
        due_hits=sum(_kind(one) == "cache" for _, one in due),
        missed=sum(_kind(one) == "fresh" for _, one in due),
        wrong_hits=sum(wrongness_of(one, info) not in {None, "foreign"} for info, one in pairs),
        close=sum(
            wrongness_of(one, info) not in {None, "foreign"} and depends_on_embeddings(status, info)
            for info, one in pairs
        ),
        example=_example(pairs, due),
    )


def _example(
    pairs: Sequence[tuple[ScenarioInfo, Observation]], due: Sequence[tuple[ScenarioInfo, Observation]]
) -> str:
    """The scenario that tells most: a wrong answer, a hit that was due and missed, a hit, or the first."""
    wrong = (info.id for info, one in pairs if wrongness_of(one, info))
    missed = (info.id for info, one in due if _kind(one) != "cache")
    hit = (info.id for info, one in pairs if _kind(one) == "cache")
    return next(wrong, None) or next(missed, None) or next(hit, None) or pairs[0][0].id


def _kind(one: Observation) -> str:
    return one.origin.kind if one.origin else ""


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
    kinds = [_kind(one) for one in grid.seen(status.name, info)]
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
