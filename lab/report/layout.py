"""Places a chart's panels on one sheet, for the chart files that the Markdown report shows."""

from __future__ import annotations

from dataclasses import dataclass

from lab.kit.shapes import Chart, Key, Panel

COLUMNS = 3
MARGIN = 16.0
GAP = 28.0


@dataclass(frozen=True, slots=True)
class Placed:
    """A panel at its place on the sheet."""

    x: float
    y: float
    panel: Panel


@dataclass(frozen=True, slots=True)
class PlacedKey:
    """A legend entry at its place on the sheet."""

    x: float
    key: Key


@dataclass(frozen=True, slots=True)
class Sheet:
    """A chart laid out on a sheet of this size, in SVG user units."""

    chart: Chart
    width: float
    height: float
    placed: tuple[Placed, ...]
    keys: tuple[PlacedKey, ...]


def sheet(chart: Chart) -> Sheet:
    """The chart's panels in rows of up to three, under its title and legend."""
    columns = min(COLUMNS, len(chart.panels)) or 1
    wide = max((panel.width for panel in chart.panels), default=340.0)
    top = 64.0 if chart.keys else 44.0
    placed: list[Placed] = []
    for start in range(0, len(chart.panels), columns):
        row = chart.panels[start : start + columns]
        placed += [Placed(MARGIN + i * (wide + GAP), top, panel) for i, panel in enumerate(row)]
        top += max(panel.height for panel in row) + GAP
    x = MARGIN
    keys: list[PlacedKey] = []
    for key in chart.keys:
        keys.append(PlacedKey(x, key))
        x += 34 + 6.6 * len(key.text)
    width = max(2 * MARGIN + columns * wide + (columns - 1) * GAP, x)
    return Sheet(chart, width, top, tuple(placed), tuple(keys))
