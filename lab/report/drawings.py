"""Makes the report's charts from its results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from lab.kit import bars, charts, numbers
from lab.kit.shapes import Chart
from lab.kit.tables import status_word
from lab.kit.text import one_line, short
from lab.report.rows import CellMap, Line, few_lines
from lab.results.models import Results, TotalRow, VariantRow

ALL_PANELS = 4

FactsPanel = tuple[str, list[charts.Point]]
Panel = TypeVar("Panel", charts.TokenPanel, FactsPanel)


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


def _telling(panels: Sequence[Panel], tells: Callable[[Panel], bool]) -> tuple[list[Panel], list[Panel]]:
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
    found = line.sums.get(variant) or line.cells.get(variant)
    if found is None or found.facts.kept is None or not found.facts.total:
        return None
    if found.tokens.sent is None or found.tokens.forwarded is None:
        return None
    change = numbers.change(found.tokens.forwarded, found.tokens.sent)
    return (
        charts.Point(line.short, -change, found.facts.kept / found.facts.total * 100)
        if change is not None
        else None
    )


def _totals(results: Results) -> list[tuple[VariantRow, TotalRow | None]]:
    rows = {row.variant: row for row in results.totals}
    return [(variant, rows.get(variant.name)) for variant in results.variants]


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
            rows.append(
                bars.BarRow(short(variant.name, 19), None if value is None else float(value), text, word)
            )
        panels.append((title, rows))
    return bars.cost_chart(panels)


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
            rows.append(bars.IntervalRow(name, None, None, None, word))
            continue
        rows.append(bars.IntervalRow(name, over.median_ms, over.ci_low_ms, over.ci_high_ms))
    return bars.latency_chart(rows, "Milliseconds added, median and interval")
