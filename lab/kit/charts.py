"""The report's charts, drawn as small panels of 340 units so that a phone shows them at full size.

Drawn by hand rather than with a plotting library, because the lab renders inside its controller: this
adds no memory and no start-up time, the colours follow the page's light and dark themes, and every
panel stays legible at 320 px.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lab.kit import numbers
from lab.kit.shapes import Chart, Dot, Key, Label, Line, Panel, Scale, Shape, decades, log_ticks

WIDTH = 340.0
ROW = 21.0
TOP = 34.0
MAX_ROWS = 40
LINE = 13.0
LETTER = 6.6


@dataclass(frozen=True, slots=True)
class TokenRow:
    """Tokens of one scenario; None where there is no figure, then `missing` is the reason word."""

    label: str
    sent: float | None
    forwarded: float | None
    missing: str = ""


@dataclass(frozen=True, slots=True)
class TokenPanel:
    """One variant's scenarios."""

    title: str
    rows: tuple[TokenRow, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """One scenario: tokens saved (percent, negative where tokens were added) and facts kept (percent)."""

    label: str
    saved: float
    kept: float


def tokens_chart(panels: Sequence[TokenPanel]) -> Chart:
    """Tokens sent and forwarded per scenario, one panel a variant, on one logarithmic scale."""
    values = [v for p in panels for r in p.rows for v in (r.sent, r.forwarded) if v is not None]
    low, high = decades(values)
    return Chart(
        id="tokens",
        title="Tokens sent and tokens forwarded, by scenario",
        description=(
            "One panel for each variant, one row for each scenario, on a logarithmic scale of tokens. "
            "An open circle marks what the client sent, a filled one what reached the model provider."
        ),
        panels=tuple(_tokens_panel(panel, low, high) for panel in panels),
        keys=(
            Key("sent", "sent by the client"),
            Key("more", "forwarded: more than was sent"),
            Key("less", "forwarded: less than was sent", "diamond"),
            Key("same", "forwarded: the same"),
        ),
    )


def _tokens_panel(panel: TokenPanel, low: float, high: float) -> Panel:
    rows = panel.rows[:MAX_ROWS]
    scale = Scale(low, high, 82, 266, log=True)
    bottom = TOP + ROW * len(rows)
    shapes: list[Shape] = []
    for value in log_ticks(low, high):
        shapes += [
            Line(scale.at(value), TOP - 6, scale.at(value), bottom, "grid"),
            Label(scale.at(value), bottom + 14, _short(value), "a", "middle"),
        ]
    for index, row in enumerate(rows):
        shapes += _token_row(row, scale, TOP + ROW * index + ROW / 2)
    left_out = len(panel.rows) - len(rows)
    note = f"{left_out} more in the table" if left_out else "tokens"
    shapes.append(Label(332, bottom + 14, note, "a", "end"))
    words = "; ".join(_token_words(row) for row in rows)
    return Panel(panel.title, WIDTH, bottom + 22, tuple(shapes), f"{panel.title}: {words}.")


def _token_row(row: TokenRow, scale: Scale, y: float) -> Iterator[Shape]:
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
        yield Line(scale.at(row.sent) + toward, y, end, y, css)
    yield Dot(end, y, 2.2 if css == "same" else 4, css, "diamond" if css == "less" else "circle")
    change = numbers.change(row.forwarded, row.sent)
    yield Label(332, y + 4, "" if change is None else numbers.percent(change), css, "end")


def _token_words(row: TokenRow) -> str:
    if row.sent is None or row.forwarded is None:
        return f"{row.label} {row.missing}"
    return f"{row.label} {numbers.tokens(row.sent)} sent, {numbers.tokens(row.forwarded)} forwarded"


def _short(value: float) -> str:
    return f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"


def facts_chart(panels: Sequence[tuple[str, Sequence[Point]]]) -> Chart:
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
    x, y = Scale(-100, 100, 44, 314), Scale(0, 100, 194, TOP + 10)
    shapes: list[Shape] = []
    for value in (-100, -50, 0, 50, 100):
        edge = "zero" if value == 0 else "grid"
        shapes += [
            Line(x.at(value), y.at(100) - 4, x.at(value), y.at(0), edge),
            Label(x.at(value), y.at(0) + 15, f"{value}%".replace("-", numbers.MINUS), "a", "middle"),
        ]
    for value in (0, 50, 100):
        shapes += [
            Line(x.start, y.at(value), x.end, y.at(value), "grid"),
            Label(x.start - 6, y.at(value) + 4, f"{value}%", "a", "end"),
        ]
    shapes += [
        Label(x.end, y.at(24), "saved by losing facts", "a", "end"),
        Label((x.start + x.end) / 2, y.at(0) + 30, "tokens saved (left of 0%: tokens added)", "a", "middle"),
        Label(0, TOP - 5, "facts kept", "a"),
    ]
    labels: list[Label] = []
    for group in _together(points, x, y):
        shapes += _marks(group, x, y)
        labels.append(_apart(_group_label(group, x, y), labels))
    shapes += labels
    words = "; ".join(
        f"{p.label} {numbers.percent(p.saved)} tokens saved, {p.kept:.0f}% of facts kept" for p in points
    )
    return Panel(
        title, WIDTH, 230, tuple(shapes), f"{title}: {words or 'no scenario with facts was measured'}."
    )


def _together(points: Sequence[Point], x: Scale, y: Scale) -> list[list[Point]]:
    groups: list[list[Point]] = []
    for point in points:
        for group in groups:
            first = group[0]
            if (
                abs(x.at(first.saved) - x.at(point.saved)) < 24
                and abs(y.at(first.kept) - y.at(point.kept)) < 12
            ):
                group.append(point)
                break
        else:
            groups.append([point])
    return groups


def _marks(group: Sequence[Point], x: Scale, y: Scale) -> Iterator[Shape]:
    for point in group:
        lost = point.kept < 100
        place = x.at(point.saved), y.at(point.kept)
        yield Dot(*place, 4.5, "lost" if lost else "same", "diamond" if lost else "circle")


def _group_label(group: Sequence[Point], x: Scale, y: Scale) -> Label:
    names = ", ".join(p.label for p in group[:3]) + (f" +{len(group) - 3}" if len(group) > 3 else "")
    first = group[0]
    beyond = [p for p in group if p.saved < x.low]
    if beyond:
        names += f" ({', '.join(numbers.percent(p.saved) for p in beyond[:2])})"
    right = x.at(first.saved) < 190
    edge = max(x.at(p.saved) for p in group) if right else min(x.at(p.saved) for p in group)
    beside = y.at(first.kept) + (-9 if first.kept < 20 else 15)
    return Label(edge + (9 if right else -9), beside, names, "t", "start" if right else "end")


def _apart(label: Label, placed: Sequence[Label]) -> Label:
    """The label, moved down by lines until it meets no other."""
    for _ in placed:
        if not any(_meet(label, other) for other in placed):
            break
        label = replace(label, y=label.y + LINE)
    return label


def _meet(a: Label, b: Label) -> bool:
    (a1, a2), (b1, b2) = _extent(a), _extent(b)
    return abs(a.y - b.y) < LINE and a1 < b2 and b1 < a2


def _extent(label: Label) -> tuple[float, float]:
    width = LETTER * len(label.text)
    return (label.x - width, label.x) if label.anchor == "end" else (label.x, label.x + width)
