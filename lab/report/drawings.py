"""Makes the report's charts from its results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from lab.kit import charts, numbers
from lab.kit.charts import TOP, WIDTH
from lab.kit.shapes import Box, Chart, Dot, Label, Panel, Scale, Shape, ticks
from lab.kit.shapes import Line as Stroke
from lab.kit.tables import status_word
from lab.kit.text import one_line, short
from lab.report.rows import CellMap, Line, few_lines
from lab.results.models import Results, VariantRow
from lab.results.totals import TotalRow

ALL_PANELS = 4
# So much room is left for names: 19 characters.
NAMES = 128.0

FactsPanel = tuple[str, list[charts.Point]]
AnyPanel = TypeVar("AnyPanel", charts.TokenPanel, FactsPanel)


def _started(results: Results) -> list[VariantRow]:
    return [v for v in results.variants if v.status == "measured"]


def tokens_drawing(results: Results, cells: CellMap) -> Chart | None:
    """Tokens sent and forwarded; None if no variant was measured."""
    panels = []
    for variant in _started(results):
        rows = [row for line in few_lines(results, cells) if (row := _token_row(line, variant.name))]
        panels.append(charts.TokenPanel(one_line(variant.name, 40), tuple(rows)))
    if not panels:
        return None
    shown, alike = _telling(panels, lambda panel: any(row.sent != row.forwarded for row in panel.rows))
    return _with_note(charts.tokens_chart(shown), alike, "forward as many tokens as were sent")


def _token_row(line: Line, variant: str) -> charts.TokenRow | None:
    if line.sums:
        row = line.sums.get(variant)
        if row is None:
            return None
        word = "not compared" if not row.scenarios else "no figure"
        return charts.TokenRow(line.short, row.tokens.sent, row.tokens.forwarded, word)
    cell = line.cells.get(variant)
    if cell is None:
        return None
    word = status_word(cell.status) if cell.status != "measured" else "no figure"
    return charts.TokenRow(line.short, cell.tokens.sent, cell.tokens.forwarded, word)


def facts_drawing(results: Results, cells: CellMap) -> Chart | None:
    """Tokens saved against facts kept; None if nothing has both."""
    panels: list[FactsPanel] = []
    for variant in _started(results):
        points = [point for line in few_lines(results, cells) if (point := _point(line, variant.name))]
        if points:
            panels.append((one_line(variant.name, 40), points))
    if not panels:
        return None
    shown, alike = _telling(panels, lambda panel: any(p.saved != 0 or p.kept < 100 for p in panel[1]))
    return _with_note(charts.facts_chart(shown), alike, "keep all facts, and change no number of tokens")


def _telling(
    panels: Sequence[AnyPanel], tells: Callable[[AnyPanel], bool]
) -> tuple[list[AnyPanel], list[AnyPanel]]:
    """The panels to draw, and, of many, those left out because they show no difference at all."""
    if len(panels) <= ALL_PANELS:
        return list(panels), []
    alike = [panel for panel in panels if not tells(panel)]
    if len(alike) == len(panels):
        return list(panels[:1]), list(panels[1:])
    return [panel for panel in panels if panel not in alike], alike


def _with_note(chart: Chart, alike: Sequence[charts.TokenPanel | FactsPanel], what: str) -> Chart:
    if not alike:
        return chart
    names = ", ".join(panel.title if isinstance(panel, charts.TokenPanel) else panel[0] for panel in alike)
    return replace(chart, description=f"{chart.description} Not drawn, as they {what}: {names}.")


def _point(line: Line, variant: str) -> charts.Point | None:
    """Tokens saved and facts kept; None where one of the two was not measured."""
    figures = line.sums.get(variant) or line.cells.get(variant)
    if figures is None or figures.facts.kept is None or not figures.facts.total:
        return None
    if figures.tokens.sent is None or figures.tokens.forwarded is None:
        return None
    change = numbers.change(figures.tokens.forwarded, figures.tokens.sent)
    return (
        charts.Point(line.short, -change, figures.facts.kept / figures.facts.total * 100)
        if change is not None
        else None
    )


def _totals(results: Results) -> list[tuple[VariantRow, TotalRow | None]]:
    rows = {row.variant: row for row in results.totals}
    return [(variant, rows.get(variant.name)) for variant in results.variants]


@dataclass(frozen=True, slots=True)
class BarRow:
    """One variant's value; None if there is none, then `missing` is the reason word."""

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


def cost_drawing(results: Results) -> Chart:
    """Cost by variant, as routed and at one model's price."""
    ways = (
        ("USD as routed, at each model's price", "as_routed"),
        ("USD at one model's price for all", "same_model"),
    )
    panels = []
    for title, name in ways:
        rows = []
        for variant, total in _totals(results):
            value = getattr(total.cost_usd, name) if total is not None and total.compared else None
            text = "" if value is None else numbers.usd(value)
            word = status_word(variant.status) if variant.status != "measured" else "not compared"
            rows.append(BarRow(short(variant.name, 19), None if value is None else float(value), text, word))
        panels.append((title, rows))
    return cost_chart(panels)


def latency_drawing(results: Results) -> Chart:
    """Latency added over the control, by variant."""
    rows = []
    for variant, total in _totals(results):
        if variant.kind == "control":
            continue
        name = short(variant.name, 19)
        over = total.latency_ms.overhead if total is not None else None
        if over is None or over.median_ms is None:
            word = status_word(variant.status) if variant.status != "measured" else "no pairs"
            rows.append(IntervalRow(name, None, None, None, word))
            continue
        rows.append(IntervalRow(name, over.median_ms, over.ci_low_ms, over.ci_high_ms))
    return latency_chart(rows, "Milliseconds added, median and interval")


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
    shapes: list[Shape] = [Stroke(NAMES, TOP - 4, NAMES, bottom, "zero")]
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
            Stroke(scale.at(value), TOP - 4, scale.at(value), bottom, "grid"),
            Label(scale.at(value), bottom + 15, f"{value:g}", "a", "middle"),
        ]
    shapes += [
        Stroke(scale.at(0), TOP - 4, scale.at(0), bottom, "zero"),
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
        yield Stroke(scale.at(row.low), y, scale.at(row.high), y, "ci")
        yield Stroke(scale.at(row.low), y - 4, scale.at(row.low), y + 4, "ci")
        yield Stroke(scale.at(row.high), y - 4, scale.at(row.high), y + 4, "ci")
    yield Dot(scale.at(row.mid), y, 4.5, "bar")
    yield Label(338, y + 4, numbers.signed_ms(row.mid), "v", "end")


def _interval_words(row: IntervalRow) -> str:
    if row.mid is None:
        return f"{row.label} {row.missing}"
    words = f"{row.label} {numbers.signed_ms(row.mid)} ms"
    if row.low is None or row.high is None:
        return words
    return f"{words}, interval {numbers.signed_ms(row.low)} to {numbers.signed_ms(row.high)} ms"
