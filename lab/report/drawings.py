"""The charts over scenarios: tokens sent and forwarded, and tokens saved against facts kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from lab.kit import numbers
from lab.kit.cell_figs import hindrance
from lab.kit.charts import LINE, TOP, WIDTH, Plane, Point
from lab.kit.shapes import Chart, Dot, Key, Label, Panel, Scale, Shape, decades, log_ticks
from lab.kit.shapes import Line as Stroke
from lab.kit.tables import status_word
from lab.kit.text import one_line
from lab.report.rows import CellMap, Line, few_lines
from lab.results.models import Results

ROW = 21.0
MAX_ROWS = 40
ALL_PANELS = 4
LETTER = 6.6

T = TypeVar("T")
# What a chart shows of one variant: its name, and its scenarios or classes.
Rows = tuple[str, list[T]]


@dataclass(frozen=True, slots=True)
class TokenRow:
    """Tokens of one scenario or class; None where there is no figure, then `missing` is the reason word."""

    label: str
    sent: float | None
    forwarded: float | None
    missing: str

    @property
    def words(self) -> str:
        """The row for those who do not see it."""
        if self.sent is None or self.forwarded is None:
            return f"{self.label} {self.missing}"
        sent, forwarded = numbers.tokens(self.sent), numbers.tokens(self.forwarded)
        return f"{self.label} {sent} sent, {forwarded} forwarded"


def tokens_drawing(results: Results, cells: CellMap) -> Chart | None:
    """Tokens sent and forwarded; None if no variant was measured."""
    panels = _panels(results, cells, _token_row)
    alike = "forward as many tokens as were sent"
    return _drawn(panels, _tokens_chart, alike, lambda row: row.sent != row.forwarded)


def facts_drawing(results: Results, cells: CellMap) -> Chart | None:
    """Tokens saved against facts kept; None if nothing has both."""
    panels = [panel for panel in _panels(results, cells, _point) if panel[1]]
    alike = "keep all facts, and change no number of tokens"
    return _drawn(panels, _facts_chart, alike, lambda point: point.saved != 0 or point.kept < 100)


def _panels(results: Results, cells: CellMap, row_of: Callable[[Line, str], T | None]) -> list[Rows[T]]:
    """The rows of every variant that was measured."""
    lines = few_lines(results, cells)
    return [
        (one_line(v.name, 40), [row for line in lines if (row := row_of(line, v.name)) is not None])
        for v in results.variants
        if v.status == "measured"
    ]


def _drawn(
    panels: list[Rows[T]], draw: Callable[[list[Rows[T]]], Chart], alike: str, tells: Callable[[T], bool]
) -> Chart | None:
    """The chart of these panels; of many it only names those that show no difference at all."""
    if not panels:
        return None
    silent = [] if len(panels) <= ALL_PANELS else [one for one in panels if not any(map(tells, one[1]))]
    silent = silent if len(silent) < len(panels) else silent[1:]
    chart = draw([one for one in panels if one not in silent])
    if not silent:
        return chart
    names = ", ".join(name for name, _ in silent)
    return replace(chart, description=f"{chart.description} Not drawn, as they {alike}: {names}.")


def _token_row(line: Line, variant: str) -> TokenRow | None:
    row = line.figures.get(variant)
    if row is None:
        return None
    word = status_word(hindrance(row) or "no figure")
    return TokenRow(line.short, row.tokens.sent, row.tokens.forwarded, word)


def _tokens_chart(panels: Sequence[Rows[TokenRow]]) -> Chart:
    """Tokens sent and forwarded per scenario, one panel a variant, on one logarithmic scale."""
    values = [v for _, rows in panels for row in rows for v in (row.sent, row.forwarded) if v is not None]
    low, high = decades(values)
    return Chart(
        id="tokens",
        title="Tokens sent and tokens forwarded, by scenario",
        description=(
            "One panel for each variant, one row for each scenario, on a logarithmic scale of tokens. "
            "An open circle marks what the client sent, a filled one what reached the model provider."
        ),
        panels=tuple(_tokens_panel(title, rows, low, high) for title, rows in panels),
        keys=(
            Key("sent", "sent by the client"),
            Key("more", "forwarded: more than was sent"),
            Key("less", "forwarded: less than was sent", "diamond"),
            Key("same", "forwarded: the same"),
        ),
    )


def _tokens_panel(title: str, rows: Sequence[TokenRow], low: float, high: float) -> Panel:
    shown = rows[:MAX_ROWS]
    scale = Scale(low, high, 82, 266, log=True)
    bottom = TOP + ROW * len(shown)
    shapes: list[Shape] = []
    for value in log_ticks(low, high):
        text = f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"
        shapes += [
            Stroke(scale.at(value), TOP - 6, scale.at(value), bottom, "grid"),
            Label(scale.at(value), bottom + 14, text, "a", "middle"),
        ]
    for index, row in enumerate(shown):
        shapes += _tokens(row, scale, TOP + ROW * index + ROW / 2)
    left_out = len(rows) - len(shown)
    note = f"{left_out} more in the table" if left_out else "tokens"
    shapes.append(Label(332, bottom + 14, note, "a", "end"))
    words = "; ".join(row.words for row in shown)
    return Panel(title, WIDTH, bottom + 22, tuple(shapes), f"{title}: {words}.")


def _tokens(row: TokenRow, scale: Scale, y: float) -> Iterator[Shape]:
    yield Label(0, y + 4, row.label, "t")
    if row.sent is not None:
        yield Dot(scale.at(row.sent), y, 4.5, "sent")
    if row.forwarded is None or row.sent is None:
        yield Label(332, y + 4, row.missing, "m", "end")
        return
    css = "more" if row.forwarded > row.sent else "less" if row.forwarded < row.sent else "same"
    end = scale.at(row.forwarded) if row.forwarded > 0 else scale.start - 12
    if abs(end - scale.at(row.sent)) > 9:
        toward = 4.5 if end > scale.at(row.sent) else -4.5
        yield Stroke(scale.at(row.sent) + toward, y, end, y, css)
    yield Dot(end, y, 2.2 if css == "same" else 4, css, "diamond" if css == "less" else "circle")
    change = numbers.change(row.forwarded, row.sent)
    yield Label(332, y + 4, "" if change is None else numbers.percent(change), css, "end")


def _point(line: Line, variant: str) -> Point | None:
    """Tokens saved and facts kept; None where one of the two was not measured."""
    row = line.figures.get(variant)
    if row is None or row.facts.kept is None or not row.facts.total:
        return None
    if row.tokens.sent is None or row.tokens.forwarded is None:
        return None
    change = numbers.change(row.tokens.forwarded, row.tokens.sent)
    return None if change is None else Point(line.short, -change, row.facts.kept / row.facts.total * 100)


def _facts_chart(panels: Sequence[Rows[Point]]) -> Chart:
    """Tokens saved against facts kept, one panel a variant, one mark for scenarios at the same place."""
    return Chart(
        id="facts",
        title="Tokens saved against facts kept",
        description=(
            "One panel for each variant, one mark for each scenario that declares facts. To the right: fewer "
            "tokens forwarded. To the top: more facts still there. A saving at the bottom was made by "
            "deleting what the model needed."
        ),
        panels=tuple(_facts_panel(title, points) for title, points in panels),
        keys=(Key("same", "all facts kept"), Key("lost", "facts lost", "diamond")),
    )


def _facts_panel(title: str, points: Sequence[Point]) -> Panel:
    plane = Plane(Scale(-100, 100, 44, 314), Scale(0, 100, 194, TOP + 10))
    x, y = plane.saved, plane.kept
    shapes = [
        *plane.axes(50),
        Label(x.end, y.at(24), "saved by losing facts", "a", "end"),
        Label((x.start + x.end) / 2, y.at(0) + 30, "tokens saved (left of 0%: tokens added)", "a", "middle"),
        Label(0, TOP - 5, "facts kept", "a"),
    ]
    labels: list[Label] = []
    for group in plane.together(points, 24, 12):
        shapes += map(plane.mark, group)
        labels.append(_apart(_group_label(group, plane), labels))
    words = "; ".join(point.words for point in points)
    return Panel(title, WIDTH, 230, (*shapes, *labels), f"{title}: {words}.")


def _group_label(group: Sequence[Point], plane: Plane) -> Label:
    names = ", ".join(p.label for p in group[:3]) + (f" +{len(group) - 3}" if len(group) > 3 else "")
    beyond = [p for p in group if p.saved < plane.saved.low]
    if beyond:
        names += f" ({', '.join(numbers.percent(p.saved) for p in beyond[:2])})"
    x, y = plane.at(group[0])
    places = [plane.saved.at(p.saved) for p in group]
    beside = y + (-9 if group[0].kept < 20 else 15)
    if x < 190:
        return Label(max(places) + 9, beside, names)
    return Label(min(places) - 9, beside, names, anchor="end")


def _apart(label: Label, placed: Sequence[Label]) -> Label:
    """The label, moved down by lines until it meets no other."""
    for _ in placed:
        near = [_extent(other) for other in placed if abs(other.y - label.y) < LINE]
        left, right = _extent(label)
        if not any(left < other_right and other_left < right for other_left, other_right in near):
            break
        label = replace(label, y=label.y + LINE)
    return label


def _extent(label: Label) -> tuple[float, float]:
    width = LETTER * len(label.text)
    return (label.x - width, label.x) if label.anchor == "end" else (label.x, label.x + width)
