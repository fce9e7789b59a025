"""Tokens saved against facts kept, by kind and size of content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from operator import attrgetter, itemgetter

from lab.figures.amounts import commonest, grouped, mean, most_frequent, saving_percent
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
NO_PAIR = "no exchange of this size was answered at the first attempt both here and at the control"
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
    kinds = grouped(points, lambda point: (point.variant, point.kind, point.place))
    return Compression(
        points=tuple(points),
        kinds=tuple(_row(found, *key) for key, found in kinds.items()),
        totals=tuple(_row(found, name) for name, found in grouped(points, attrgetter("variant")).items()),
        losses=tuple(_losses(grid, variants, asked)),
        sizes=tuple(_sizes(grid, variants, asked)),
    )


def reached(grid: Grid, variant: str, info: ScenarioInfo) -> list[Observation]:
    """Completed exchanges of which a model was sent something: what a cache answered shortens nothing."""
    return [one for one in grid.seen(variant, info) if one.completed and one.facts and one.facts.total]


def _point(grid: Grid, variant: VariantStatus, info: ScenarioInfo, payload: PayloadInfo) -> CompressionPoint:
    seen, done = grid.seen(variant.name, info), reached(grid, variant.name, info)
    figures: dict[str, float | None] = {}
    facts = len(info.facts)
    if done:
        kept = mean(one.facts.kept for one in done if one.facts is not None)
        sent, forwarded = mean(one.sent.total for one in done), mean(one.forwarded.total for one in done)
        facts = max(one.facts.total for one in done if one.facts is not None)
        figures = _saved(sent, forwarded, kept, facts)
    return CompressionPoint(
        variant=variant.name,
        scenario=info.id,
        kind=payload.kind,
        place=payload.place,
        asked=payload.tokens,
        turns=payload.turns,
        facts=facts,
        n=len(done),
        of=len(seen),
        reason=_reason(grid, variant, info, seen, len(done)),
        **figures,
    )


def _saved(sent: float, forwarded: float, kept: float, facts: int) -> dict[str, float | None]:
    """The figures that points and sums of them have in common."""
    return {
        "sent": sent,
        "forwarded": forwarded,
        "saved_percent": saving_percent(sent, forwarded),
        "kept": kept,
        "kept_percent": share(kept, facts),
    }


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


def _row(points: Sequence[CompressionPoint], variant: str, kind: str = "", place: str = "") -> KindRow:
    """The sums of those points that are measured."""
    row = KindRow(variant=variant, kind=kind, place=place, of=len(points))
    measured = [p for p in points if p.sent is not None and p.forwarded is not None and p.kept is not None]
    if not measured:
        reasons = [p.reason for p in points if p.reason]
        return row.model_copy(update={"reason": commonest(reasons) or NOTHING_MEASURED})
    facts = sum(p.facts for p in measured)
    sent, forwarded, kept = (
        round(sum(getattr(p, name) for p in measured), 4) for name in ("sent", "forwarded", "kept")
    )
    whole = sum(p.kept == p.facts for p in measured)
    own = {"scenarios": len(measured), "whole": whole, "facts": facts}
    return row.model_copy(update=own | _saved(sent, forwarded, kept, facts))


def third_of(place: int, of: int) -> Third:
    """In which third of what was sent the fact stands that is at this place (from 0) of so many."""
    return THIRDS[place * 3 // of]


def _losses(grid: Grid, variants: Iterable[VariantStatus], asked: Sequence[Asked]) -> Iterator[LossRow]:
    for variant, content in product(variants, CONTENTS):
        infos = [info for info, payload in asked if bool(payload.turns) == (content == "histories")]
        found = [one.facts.found for info in infos for one in reached(grid, variant.name, info) if one.facts]
        by_third = grouped(
            ((third_of(place, len(facts)), there) for facts in found for place, there in enumerate(facts)),
            itemgetter(0),
        )
        for third in THIRDS:
            lost = [not there for _, there in by_third.get(third, ())]
            reason = NOTHING_MEASURED if infos else NO_SUCH_CONTENT
            yield LossRow(
                variant=variant.name,
                content=content,
                third=third,
                facts=len(lost),
                lost=sum(lost),
                lost_percent=share(sum(lost), len(lost)),
                reason=None if lost else reason,
            )


def _sizes(grid: Grid, variants: Iterable[VariantStatus], asked: Iterable[Asked]) -> Iterator[SizeRow]:
    by_size = grouped((each for each in asked if not each[1].turns), lambda each: each[1].tokens)
    for variant, (size, these) in product(variants, sorted(by_size.items(), key=itemgetter(0))):
        if variant.kind == "control":
            yield SizeRow(variant=variant.name, asked=size, reason=THE_CONTROL)
            continue
        times = [
            time for info, _ in these for time in grid.times.get((variant.name, info.suite, info.id), ())
        ]
        found, _ = added(times, str(grid.manifest.seed))
        yield SizeRow(
            variant=variant.name,
            asked=size,
            added_ms=found.median_ms,
            embedding_ms=found.embedding_ms,
            pairs=found.pairs,
            reason=NO_PAIR if found.median_ms is None else None,
        )
