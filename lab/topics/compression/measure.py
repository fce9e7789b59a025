"""Tokens saved against facts kept, by kind and size of content."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

from lab.figures.amounts import mean, most_frequent, saving_percent
from lab.figures.cells import NO_MODEL, THE_CONTROL
from lab.figures.grid import Grid
from lab.figures.latency import added
from lab.figures.observation import Observation
from lab.records.manifest import PayloadInfo, ScenarioInfo, VariantStatus
from lab.topics.compression.table import (
    Compression,
    CompressionPoint,
    Content,
    KindRow,
    LossRow,
    SizeRow,
    Third,
)

THIRDS: tuple[Third, ...] = ("start", "middle", "end")
CONTENTS: tuple[Content, ...] = ("payloads", "histories")
NO_PAIR = "no completed exchange of this size has a completed counterpart at the control"
NOTHING_MEASURED = "no exchange of this content reached a model"
NO_SUCH_CONTENT = "the run has no such scenario"

Asked = tuple[ScenarioInfo, PayloadInfo]


def compression_of(grid: Grid) -> Compression | None:
    """Tokens saved against facts kept, by kind and size of content; None without scenarios with payloads."""
    asked: list[Asked] = [
        (info, info.payload) for info in grid.valid if info.payload is not None and info.facts
    ]
    if not asked:
        return None
    variants = grid.manifest.variants
    points = [_point(grid, variant, *each) for variant in variants for each in asked]
    places = list(dict.fromkeys((payload.kind, payload.place) for _, payload in asked))
    return Compression(
        points=tuple(points),
        kinds=tuple(_kind_rows(variants, places, points)),
        totals=tuple(
            _row(variant.name, [p for p in points if p.variant == variant.name]) for variant in variants
        ),
        losses=tuple(_losses(grid, variants, asked)),
        sizes=tuple(_sizes(grid, variants, asked)),
    )


def reached(grid: Grid, variant: str, info: ScenarioInfo) -> list[Observation]:
    """Completed exchanges of which a model was sent something: what a cache answered shortens nothing."""
    return [one for one in grid.seen(variant, info) if one.completed and one.facts is not None]


def _point(grid: Grid, variant: VariantStatus, info: ScenarioInfo, payload: PayloadInfo) -> CompressionPoint:
    seen, done = grid.seen(variant.name, info), reached(grid, variant.name, info)
    shared = {
        "variant": variant.name,
        "scenario": info.id,
        "kind": payload.kind,
        "place": payload.place,
        "asked": payload.tokens,
        "turns": payload.turns,
        "facts": len(info.facts),
        "n": len(done),
        "of": len(seen),
        "reason": _reason(grid, variant, info, seen, len(done)),
    }
    if not done:
        return CompressionPoint.model_validate(shared)
    kept = mean(one.facts.kept for one in done if one.facts is not None)
    sent, forwarded = mean(one.sent.total for one in done), mean(one.forwarded.total for one in done)
    return CompressionPoint.model_validate(
        shared
        | {
            "sent": sent,
            "forwarded": forwarded,
            "saved_percent": saving_percent(sent, forwarded),
            "kept": kept,
            "kept_percent": share(kept, len(info.facts)),
        }
    )


def _reason(
    grid: Grid, variant: VariantStatus, info: ScenarioInfo, seen: Sequence[Observation], done: int
) -> str | None:
    """Why a point has no figures, or fewer exchanges than there were."""
    if not seen:
        return grid.cell(variant.name, info).reason
    if done == len(seen):
        return None
    missing = [one for one in seen if not one.completed or one.facts is None]
    why = most_frequent(NO_MODEL if one.completed else one.reason or "" for one in missing)
    return f"{len(missing)} of {len(seen)} exchanges: {why}" if done else why


def share(part: float, whole: float) -> float | None:
    """A share in percent, to four decimals; None of nothing."""
    return round(part / whole * 100, 4) if whole else None


def _kind_rows(
    variants: Iterable[VariantStatus],
    places: Iterable[tuple[str, str]],
    points: Iterable[CompressionPoint],
) -> Iterator[KindRow]:
    groups: dict[tuple[str, str, str], list[CompressionPoint]] = {}
    for point in points:
        groups.setdefault((point.variant, point.kind, point.place), []).append(point)
    for variant, (kind, place) in product(variants, places):
        yield _row(variant.name, groups[variant.name, kind, place], kind, place)


def _row(variant: str, points: Sequence[CompressionPoint], kind: str = "", place: str = "") -> KindRow:
    """The sums of those points that are measured."""
    measured = [p for p in points if p.sent is not None and p.forwarded is not None and p.kept is not None]
    shared = {"variant": variant, "kind": kind, "place": place, "of": len(points)}
    if not measured:
        reasons = [p.reason for p in points if p.reason]
        return KindRow.model_validate(
            shared | {"reason": most_frequent(reasons) if reasons else NOTHING_MEASURED}
        )
    sent = sum(p.sent or 0.0 for p in measured)
    forwarded = sum(p.forwarded or 0.0 for p in measured)
    kept, facts = sum(p.kept or 0.0 for p in measured), sum(p.facts for p in measured)
    return KindRow.model_validate(
        shared
        | {
            "scenarios": len(measured),
            "whole": sum(p.kept == p.facts for p in measured),
            "sent": round(sent, 4),
            "forwarded": round(forwarded, 4),
            "saved_percent": saving_percent(sent, forwarded),
            "facts": facts,
            "kept": round(kept, 4),
            "kept_percent": share(kept, facts),
        }
    )


def third_of(place: int, of: int) -> Third:
    """In which third of what was sent the fact stands that is at this place (from 0) of so many."""
    return THIRDS[place * 3 // of]


def _losses(grid: Grid, variants: Iterable[VariantStatus], asked: Sequence[Asked]) -> Iterator[LossRow]:
    for variant in variants:
        facts: Counter[tuple[Content, Third]] = Counter()
        lost: Counter[tuple[Content, Third]] = Counter()
        for info, payload in asked:
            content: Content = "histories" if payload.turns else "payloads"
            for one in reached(grid, variant.name, info):
                found = one.facts.found if one.facts is not None else ()
                for place, there in enumerate(found):
                    key = (content, third_of(place, len(found)))
                    facts[key] += 1
                    lost[key] += not there
        contents = {"histories" if payload.turns else "payloads" for _, payload in asked}
        for content, third in product(CONTENTS, THIRDS):
            count = facts[content, third]
            reason = NOTHING_MEASURED if content in contents else NO_SUCH_CONTENT
            yield LossRow(
                variant=variant.name,
                content=content,
                third=third,
                facts=count,
                lost=lost[content, third],
                lost_percent=share(lost[content, third], count),
                reason=None if count else reason,
            )


def _sizes(grid: Grid, variants: Iterable[VariantStatus], asked: Iterable[Asked]) -> Iterator[SizeRow]:
    by_size: dict[int, list[ScenarioInfo]] = {}
    for info, payload in asked:
        if not payload.turns:
            by_size.setdefault(payload.tokens, []).append(info)
    for variant, size in product(variants, sorted(by_size)):
        yield _size(grid, variant, size, by_size)


def _size(
    grid: Grid, variant: VariantStatus, size: int, by_size: Mapping[int, Sequence[ScenarioInfo]]
) -> SizeRow:
    if variant.kind == "control":
        return SizeRow(variant=variant.name, asked=size, reason=THE_CONTROL)
    times = [
        timing for info in by_size[size] for timing in grid.times.get((variant.name, info.suite, info.id), ())
    ]
    found, _ = added(times, str(grid.manifest.seed))
    return SizeRow(
        variant=variant.name,
        asked=size,
        added_ms=found.median_ms,
        embedding_ms=found.embedding_ms,
        pairs=found.pairs,
        reason=NO_PAIR if found.median_ms is None else None,
    )
