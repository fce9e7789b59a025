"""The charts with one row a variant: what it cost, and the latency that it added."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from lab.kit import numbers
from lab.kit.charts import TOP, WIDTH
from lab.kit.shapes import Box, Chart, Dot, Label, Line, Panel, Scale, Shape, ticks
from lab.kit.tables import status_word
from lab.kit.text import short
from lab.report.rows import totals_by_variant
from lab.results.cell import Overhead
from lab.results.models import Results, VariantRow
from lab.results.totals import TotalRow

# So much room is left for names: 19 characters.
NAMES = 128.0
ROW = 26


@dataclass(frozen=True, slots=True)
class Bar:
    """One variant's value and its interval, as far as known; without a value, `text` is the reason word."""

    variant: str
    value: float | None
    text: str
    low: float | None = None
    high: float | None = None


def cost_drawing(results: Results) -> Chart:
    """Cost by variant, one panel for each way of pricing, on one scale."""
    ways = (
        ("USD as routed, at each model's price", "as_routed"),
        ("USD at one model's price for all", "same_model"),
    )
    panels = [(title, [_cost(*row, price) for row in totals_by_variant(results)]) for title, price in ways]
    top = max((bar.value or 0.0 for _, bars in panels for bar in bars), default=0.0)
    return Chart(
        id="cost",
        title="Cost of the compared scenarios, by variant",
        description="Horizontal bars from 0, the same scale in both panels, in USD.",
        panels=tuple(_cost_panel(title, bars, top) for title, bars in panels),
    )


def latency_drawing(results: Results) -> Chart:
    """Latency added over the control, by variant: medians with their confidence intervals, in ms."""
    bars = [_added(*row) for row in totals_by_variant(results) if row[0].kind != "control"]
    return Chart(
        id="latency",
        title="Latency added over the control",
        description=(
            "A dot is the median of the paired differences to the control; the line through it is its "
            "confidence interval. An interval that crosses 0 does not tell the gateway from no gateway."
        ),
        panels=(_latency_panel("Milliseconds added, median and interval", bars),),
    )


def _cost(variant: VariantRow, total: TotalRow | None, price: str) -> Bar:
    cost = getattr(total.cost_usd, price) if total is not None and total.compared else None
    if cost is None:
        return _without(variant, "not compared")
    return Bar(short(variant.name, 19), float(cost), numbers.usd(cost))


def _added(variant: VariantRow, total: TotalRow | None) -> Bar:
    over = total.latency_ms.overhead if total is not None else Overhead()
    if over.median_ms is None:
        return _without(variant, "no pairs")
    text = numbers.signed_ms(over.median_ms)
    return Bar(short(variant.name, 19), over.median_ms, text, over.ci_low_ms, over.ci_high_ms)


def _without(variant: VariantRow, word: str) -> Bar:
    word = status_word(variant.status) if variant.status != "measured" else word
    return Bar(short(variant.name, 19), None, word)


def _cost_panel(title: str, bars: Sequence[Bar], top: float) -> Panel:
    scale = Scale(0, top or 1, NAMES, 266)
    bottom = TOP + ROW * len(bars)

    def box(bar: Bar, y: float) -> Iterator[Shape]:
        yield Box(NAMES, y - 12, scale.at(bar.value or 0.0) - NAMES, 16, "bar")

    shapes = (Line(NAMES, TOP - 4, NAMES, bottom, "zero"), *_rows(bars, TOP + 16, box))
    words = "; ".join(f"{bar.variant} {bar.text}" for bar in bars)
    return Panel(title, WIDTH, bottom + 8, shapes, f"{title}: {words}.")


def _latency_panel(title: str, bars: Sequence[Bar]) -> Panel:
    ends = [v for bar in bars for v in (bar.value, bar.low, bar.high) if v is not None]
    low, high = min([*ends, 0.0]), max([*ends, 1.0])
    pad = (high - low) * 0.04
    scale = Scale(low - pad if low < 0 else 0, high + pad, NAMES, 276)
    bottom = TOP + ROW * len(bars)
    shapes: list[Shape] = []
    for value in ticks(scale.low, scale.high):
        shapes += [
            Line(scale.at(value), TOP - 4, scale.at(value), bottom, "grid"),
            Label(scale.at(value), bottom + 15, f"{value:g}", "a", "middle"),
        ]
    shapes += [
        Line(scale.at(0), TOP - 4, scale.at(0), bottom, "zero"),
        Label(332, bottom + 15, "ms", "a", "end"),
    ]

    def interval(bar: Bar, y: float) -> Iterator[Shape]:
        if bar.low is not None and bar.high is not None:
            left, right, middle = scale.at(bar.low), scale.at(bar.high), y - 4
            yield Line(left, middle, right, middle, "ci")
            yield Line(left, middle - 4, left, middle + 4, "ci")
            yield Line(right, middle - 4, right, middle + 4, "ci")
        yield Dot(scale.at(bar.value or 0.0), y - 4, 4.5, "bar")

    shapes += _rows(bars, TOP + 17, interval)
    words = "; ".join(map(_latency_words, bars))
    return Panel(title, WIDTH, bottom + 22, tuple(shapes), f"{title}: {words}.")


def _rows(bars: Sequence[Bar], top: float, mark: Callable[[Bar, float], Iterator[Shape]]) -> Iterator[Shape]:
    """A row a variant: name, mark and figure, or the reason word; `top` is the baseline of the first."""
    for index, bar in enumerate(bars):
        y = top + ROW * index
        yield Label(0, y, bar.variant)
        if bar.value is None:
            yield Label(NAMES + 6, y, bar.text, "m")
        else:
            yield from mark(bar, y)
            yield Label(338, y, bar.text, "v", "end")


def _latency_words(bar: Bar) -> str:
    if bar.value is None:
        return f"{bar.variant} {bar.text}"
    words = f"{bar.variant} {bar.text} ms"
    if bar.low is None or bar.high is None:
        return words
    return f"{words}, interval {numbers.signed_ms(bar.low)} to {numbers.signed_ms(bar.high)} ms"
