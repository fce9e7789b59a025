"""Charts with one row a variant: cost as bars, latency added as medians with their intervals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lab.kit import numbers
from lab.kit.charts import TOP, WIDTH
from lab.kit.shapes import Box, Chart, Dot, Label, Line, Panel, Scale, Shape, ticks

# So much room is left for names: 19 characters.
NAMES = 128.0


@dataclass(frozen=True, slots=True)
class BarRow:
    """One variant's value; None where there is none, then `missing` is the reason word."""

    label: str
    value: float | None
    text: str
    missing: str = ""


@dataclass(frozen=True, slots=True)
class IntervalRow:
    """One variant's median with its confidence interval, all in ms."""

    label: str
    mid: float | None
    low: float | None
    high: float | None
    missing: str = ""


def cost_chart(panels: Sequence[tuple[str, Sequence[BarRow]]]) -> Chart:
    """Cost per variant, one panel for each way of pricing, on one scale."""
    values = [row.value for _, rows in panels for row in rows if row.value is not None]
    top = max([*values, 0.0])
    return Chart(
        id="cost",
        title="Cost of the compared scenarios, by variant",
        description="Horizontal bars from 0, the same scale in both panels, in USD.",
        panels=tuple(_bars(title, rows, top) for title, rows in panels),
    )


def _bars(title: str, rows: Sequence[BarRow], top: float) -> Panel:
    scale = Scale(0, top or 1, NAMES, 266)
    bottom = TOP + 26 * len(rows)
    shapes: list[Shape] = [Line(NAMES, TOP - 4, NAMES, bottom, "zero")]
    for index, row in enumerate(rows):
        y = TOP + 26 * index
        shapes.append(Label(0, y + 16, row.label))
        if row.value is None:
            shapes.append(Label(NAMES + 6, y + 16, row.missing, "m"))
            continue
        shapes += [
            Box(NAMES, y + 4, scale.at(row.value) - NAMES, 16, "bar"),
            Label(338, y + 16, row.text, "v", "end"),
        ]
    words = "; ".join(f"{r.label} {r.text if r.value is not None else r.missing}" for r in rows)
    return Panel(title, WIDTH, bottom + 8, tuple(shapes), f"{title}: {words}.")


def latency_chart(rows: Sequence[IntervalRow], title: str) -> Chart:
    """Latency added over the control: medians with their confidence intervals, in ms."""
    ends = [v for row in rows for v in (row.mid, row.low, row.high) if v is not None]
    low, high = min([*ends, 0.0]), max([*ends, 1.0])
    pad = (high - low) * 0.04
    scale = Scale(low - pad if low < 0 else 0, high + pad, NAMES, 276)
    bottom = TOP + 26 * len(rows)
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
    for index, row in enumerate(rows):
        shapes += _interval(row, scale, TOP + 26 * index + 13)
    words = "; ".join(_interval_words(row) for row in rows)
    panel = Panel(title, WIDTH, bottom + 22, tuple(shapes), f"{title}: {words}.")
    return Chart(
        id="latency",
        title="Latency added over the control",
        description=(
            "A dot is the median of the paired differences to the control; the line through it is its "
            "confidence interval. An interval that crosses 0 does not tell the gateway from no gateway."
        ),
        panels=(panel,),
    )


def _interval(row: IntervalRow, scale: Scale, y: float) -> Iterator[Shape]:
    yield Label(0, y + 4, row.label)
    if row.mid is None:
        yield Label(NAMES + 6, y + 4, row.missing, "m")
        return
    if row.low is not None and row.high is not None:
        yield Line(scale.at(row.low), y, scale.at(row.high), y, "ci")
        yield Line(scale.at(row.low), y - 4, scale.at(row.low), y + 4, "ci")
        yield Line(scale.at(row.high), y - 4, scale.at(row.high), y + 4, "ci")
    yield Dot(scale.at(row.mid), y, 4.5, "bar")
    yield Label(338, y + 4, numbers.signed_ms(row.mid), "v", "end")


def _interval_words(row: IntervalRow) -> str:
    if row.mid is None:
        return f"{row.label} {row.missing}"
    words = f"{row.label} {numbers.signed_ms(row.mid)} ms"
    if row.low is None or row.high is None:
        return words
    return f"{words}, interval {numbers.signed_ms(row.low)} to {numbers.signed_ms(row.high)} ms"
