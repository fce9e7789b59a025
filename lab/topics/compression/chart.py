"""The chart of tokens saved against facts kept: one panel a variant, one mark for each kind of content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lab.kit.charts import LINE, WIDTH, Plane, Point
from lab.kit.shapes import Chart, Key, Label, Panel, Scale

_TOP = 48.0
_BOTTOM = 236.0
_HEIGHT = 276.0
_LEFT, _RIGHT = 40.0, 322.0
_LOW_STEP = 25
_NAMED = 2
_NEAR_X, _NEAR_Y = 12.0, 9.0
_CHAR = 6.1  # the mean width of a character of 12 px
# Where a name is tried, in lines off its mark's height.
_TRIES = (0, 1, -1, 2, -2, 3, -3, 4, -4)


@dataclass(frozen=True, slots=True)
class _Box:
    """The room a name takes, in units of the drawing."""

    left: float
    right: float
    y: float

    def meets(self, other: _Box) -> bool:
        return self.left < other.right and other.left < self.right and abs(self.y - other.y) < LINE - 1


def compression_chart(panels: Sequence[tuple[str, Sequence[Point]]]) -> Chart:
    """Tokens saved (right) against facts kept (up), on the same scales for all variants."""
    saved = [point.saved for _, points in panels for point in points]
    low = max(-100, min(-_LOW_STEP, int(min(saved, default=0) // _LOW_STEP) * _LOW_STEP))
    return Chart(
        id="compression",
        title="Tokens saved against facts kept, by kind of content",
        description=(
            "One panel for each variant, one mark for each kind of content. To the right: fewer tokens "
            "forwarded than sent. To the top: more of what the model needs is still there. Saving without "
            "loss is the upper right corner; a saving at the bottom was made by leaving out what was asked "
            "for."
        ),
        panels=tuple(_panel(title, points, Scale(low, 100, _LEFT, _RIGHT)) for title, points in panels),
        keys=(
            Key("same", "all facts kept"),
            Key("lost", "facts lost", "diamond"),
            Key("sent", "pasted by the user, all facts kept"),
        ),
    )


def _panel(title: str, points: Sequence[Point], x: Scale) -> Panel:
    y = Scale(0, 100, _BOTTOM, _TOP)
    plane = Plane(x, y)
    shapes = [
        *plane.axes(_LOW_STEP),
        Label(0, y.end - 14, "facts kept", "a"),
        Label(x.end, y.end - 14, "saved without loss \N{NORTH EAST ARROW}", "a", "end"),
        Label((x.start + x.end) / 2, y.start + 32, "tokens saved (left of 0%: tokens added)", "a", "middle"),
    ]
    groups = plane.together(points, _NEAR_X, _NEAR_Y)
    boxes = [_box(point, plane) for point in points]
    for group in groups:
        shapes += map(plane.mark, group)
    for group in sorted(groups, key=len, reverse=True):
        shapes.append(_name(group, len(points), plane, boxes))
    words = "; ".join(point.words for point in points)
    return Panel(title, WIDTH, _HEIGHT, tuple(shapes), f"{title}: {words}.")


def _box(point: Point, plane: Plane) -> _Box:
    x, y = plane.at(point)
    return _Box(x - 6, x + 6, y + 4)


def _name(group: Sequence[Point], of: int, plane: Plane, boxes: list[_Box]) -> Label:
    """The group's name where it meets no other name or mark, beside its marks if there is room."""
    text, x, y = _group_name(group, of), plane.saved, plane.kept
    width = _CHAR * len(text)
    left, right = min(x.at(p.saved) for p in group), max(x.at(p.saved) for p in group)
    middle = y.at(sum(p.kept for p in group) / len(group)) + 4
    own = [_box(point, plane) for point in group]
    others = [box for box in boxes if box not in own]
    sides = [("start", right + 9), ("end", left - 9)]
    if left > (x.start + x.end) / 2:
        sides.reverse()
    best: Label | None = None
    for lines in _TRIES:
        at = middle + lines * LINE
        if not y.end - 8 <= at <= y.start + 4:
            continue
        for anchor, edge in sides:
            box = _Box(edge, edge + width, at) if anchor == "start" else _Box(edge - width, edge, at)
            if box.left < 2 or box.right > WIDTH - 2:
                continue
            label = Label(edge, at, text, "t", "start" if anchor == "start" else "end")
            best = best or label
            if not any(box.meets(other) for other in others):
                boxes.append(box)
                return label
    return best or Label(left, middle, text, "t", "end" if left > WIDTH / 2 else "start")


def _group_name(group: Sequence[Point], of: int) -> str:
    if len(group) == of and of > 1:
        return "all content"
    came = [p.label for p in group if not p.pasted]
    pasted = [p.label for p in group if p.pasted]
    names = came or [f"{name}, pasted" for name in pasted[:1]]
    more = len(came) - _NAMED if came else 0
    text = ", ".join(names[:_NAMED]) + (f" +{more}" if more > 0 else "")
    if came and pasted:
        return f"{text}, {len(pasted)} pasted"
    return text if came or len(pasted) < 2 else f"{len(pasted)} kinds, pasted"
