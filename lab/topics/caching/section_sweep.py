"""How alike two questions must be for a cache to answer the second with the first's answer."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from lab.exchange.answercache import CLOSE
from lab.kit import numbers
from lab.kit.anchors import variant_columns
from lab.kit.cell_figs import evidence_link
from lab.kit.charts import WIDTH
from lab.kit.shapes import Anchor, Chart, Dot, Key, Label, Line, Panel, Scale, Shape
from lab.kit.tables import Fig, Table, col, judged, num, table
from lab.kit.text import one_line
from lab.topics.caching.table import CacheOf, ProbeKind, Sweep, SweepPoint

TOP = 26.0
ROW = 32.0
LEFT, RIGHT = 8.0, 330.0
LOWEST = 0.3
STEP = 0.1
NEAR = f"within {CLOSE:g} of the threshold"
COMPUTED = {
    "meter": "all-MiniLM-L6-v2, computed at the meter",
    "scripted": "all-MiniLM-L6-v2, computed at the meter",
    "ollama": "the model server of this run",
    "cloud": "a provider in the cloud",
}


def decided_by(caches: Iterable[CacheOf]) -> tuple[str, ...]:
    """By whose embeddings each cache by meaning decided, one sentence a variant."""
    return tuple(_decided(cache) for cache in caches if cache.cache == "semantic" and cache.embedders)


def _decided(cache: CacheOf) -> str:
    by = " and ".join(dict.fromkeys(COMPUTED[embedder.answered_by] for embedder in cache.embedders))
    asked = ", ".join(dict.fromkeys(embedder.asked for embedder in cache.embedders if embedder.asked))
    wanted = f"asked for {one_line(asked, 80)} and " if asked else ""
    close = sum(count.close for count in cache.kinds)
    depend = numbers.counted(close, "wrong answer depends", "wrong answers depend")
    near = f" {depend} on that model, as the two questions are {NEAR}." if close else ""
    return (
        f"{one_line(cache.variant, 40)} compares questions by embeddings: it {wanted}got those of {by}.{near}"
    )


def threshold_lines(swept: Sequence[CacheOf]) -> tuple[str, ...]:
    """For each variant, between which two pairs its threshold lies, in one sentence."""
    return tuple(_threshold(cache, cache.sweep) for cache in swept if cache.sweep is not None)


def _threshold(cache: CacheOf, sweep: Sweep) -> str:
    name = one_line(cache.variant, 40)
    stated = f" It states {cache.threshold:g}." if cache.threshold is not None else ""
    if sweep.lowest_hit is None:
        return f"{name}: no pair hit, the most alike of them at {sweep.highest_missed:.3f}.{stated}"
    if sweep.highest_missed is None:
        return f"{name}: every pair hit, the least alike of them at {sweep.lowest_hit:.3f}.{stated}"
    missed, hit = f"{sweep.highest_missed:.3f}", f"{sweep.lowest_hit:.3f}"
    if sweep.highest_missed < sweep.lowest_hit:
        return (
            f"{name}: all pairs up to {missed} missed, and all from {hit} hit, whatever they mean; so its "
            f"threshold lies between the two.{stated}"
        )
    return (
        f"{name}: pairs hit from {hit} on, and others missed up to {missed}; so it goes by more than how "
        f"alike the words are.{stated}"
    )


def sweep_chart(kinds: Sequence[ProbeKind], swept: Sequence[CacheOf]) -> Chart:
    """Pairs by how alike they are, one row a kind, one panel a variant."""
    points = [point for cache in swept if cache.sweep for point in cache.sweep.points]
    low = min(LOWEST, *(point.similarity for point in points))
    scale = Scale(math.floor(low / STEP + 1e-9) * STEP, 1.0, LEFT, RIGHT)
    shown = {point.kind for point in points}
    names = [kind.kind for kind in kinds if kind.kind in shown]
    return Chart(
        id="caching-sweep",
        title="Hits and misses by how alike the two questions are",
        description=(
            "One panel for each variant, one row for each kind of pair, one mark for each pair: to the right "
            "the more alike. A line marks the threshold that the variant states. A pair that means "
            "something else must not hit, however alike it is."
        ),
        panels=tuple(_panel(cache, cache.sweep, names, scale) for cache in swept if cache.sweep),
        keys=(
            Key("bar", "hit, and means the same"),
            Key("lost", "hit, and means something else", "diamond"),
            Key("sent", "missed"),
        ),
    )


def _panel(cache: CacheOf, sweep: Sweep, names: Sequence[str], scale: Scale) -> Panel:
    bottom = TOP + ROW * len(names)
    shapes: list[Shape] = []
    steps = round((scale.high - scale.low) / STEP)
    for step in range(steps + 1):
        value = scale.low + step * STEP
        shapes.append(Line(scale.at(value), TOP - 4, scale.at(value), bottom, "grid"))
        if step % 2 == steps % 2:
            side: Anchor = "end" if step == steps else "middle"
            shapes.append(Label(scale.at(value), bottom + 14, f"{value:.1f}", "a", side))
    if cache.threshold is not None:
        x = scale.at(cache.threshold)
        shapes.append(Line(x, TOP - 8, x, bottom, "zero"))
        shapes.append(Label(x, TOP - 11, f"states {cache.threshold:g}", "a", "end"))
    for number, name in enumerate(names):
        y = TOP + ROW * number
        shapes.append(Label(0, y + 11, one_line(name, 60), "t"))
        shapes += _marks([point for point in sweep.points if point.kind == name], scale, y + 22)
    shapes.append(Label((LEFT + RIGHT) / 2, bottom + 29, "how alike (cosine)", "a", "middle"))
    words = "; ".join(_words(point) for point in sweep.points)
    return Panel(one_line(cache.variant, 40), WIDTH, bottom + 36, tuple(shapes), f"{cache.variant}: {words}.")


def _marks(points: Sequence[SweepPoint], scale: Scale, y: float) -> Iterator[Shape]:
    for point in points:
        x = scale.at(point.similarity)
        if not point.hits:
            yield Dot(x, y, 4.5, "sent")
        elif point.same:
            yield Dot(x, y, 4.5, "bar")
        else:
            yield Dot(x, y, 4.5, "lost", "diamond")


def _words(point: SweepPoint) -> str:
    return f"{one_line(point.title, 60)} {point.similarity:.3f}, means {_means(point)}, {_hits(point)}"


def _means(point: SweepPoint) -> str:
    return "the same" if point.same else "something else"


def _hits(point: SweepPoint) -> str:
    return "missed" if not point.hits else f"{numbers.share(point.hits, point.of)} hit"


def sweep_table(swept: Sequence[CacheOf]) -> Table:
    """Every pair by how alike it is, one column a variant."""
    points = {cache.variant: cache.sweep.points for cache in swept if cache.sweep}
    known = {(variant, point.scenario): point for variant, mine in points.items() for point in mine}
    pairs = {point.scenario: point for point in known.values()}
    least_alike_first = sorted(pairs.values(), key=lambda pair: (pair.similarity, pair.scenario))
    return table(
        "caching-pairs",
        "Pairs of questions that differ in words alone, the least alike first. Wrong answers to pairs "
        f"that are {NEAR} depend on the model for embeddings.",
        (
            col(
                "Pair", lambda row: Fig(one_line(row.title, 90), f"{one_line(row.kind, 60)}; {row.scenario}")
            ),
            num("Alike", lambda row: Fig(f"{row.similarity:.3f}"), "cosine"),
            col("Means", lambda row: Fig(_means(row))),
            variant_columns(
                points, lambda variant, row: _pair(variant, known.get((variant, row.scenario))), num=False
            ),
        ),
        least_alike_first,
    )


def _pair(variant: str, point: SweepPoint | None) -> Fig:
    if point is None:
        return Fig("not seen", tone="missing")
    href = evidence_link(variant, point.scenario)
    if not point.hits:
        return Fig(_hits(point), href=href)
    return judged(_hits(point), point.same, NEAR if point.close and not point.same else "", href)
