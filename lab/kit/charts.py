"""What the report's charts share: small panels of 340 units, so that a phone shows them at full size.

Drawn by hand rather than with a plotting library, because the lab renders inside its controller: this
adds no memory and no start-up time, the colours follow the page's light and dark themes, and every
panel stays legible at 320 px.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lab.kit import numbers
from lab.kit.shapes import Dot, Label, Line, Scale, Shape

WIDTH = 340.0
TOP = 34.0
LINE = 13.0


@dataclass(frozen=True, slots=True)
class Point:
    """Tokens saved (percent, negative where tokens were added) and facts kept (percent), of one thing.

    `pasted` is the user's own text; else it came as a tool result or in turns of a conversation.
    """

    label: str
    saved: float
    kept: float
    pasted: bool = False

    @property
    def words(self) -> str:
        """The point for those who do not see it."""
        name = f"{self.label}{' pasted' if self.pasted else ''}"
        return f"{name} {numbers.percent(self.saved)} tokens saved, {self.kept:.0f}% of facts kept"


@dataclass(frozen=True, slots=True)
class Plane:
    """Where points stand: tokens saved to the right, facts kept to the top."""

    saved: Scale
    kept: Scale

    def at(self, point: Point) -> tuple[float, float]:
        """The place of a point."""
        return self.saved.at(point.saved), self.kept.at(point.kept)

    def axes(self, step: int) -> Iterator[Shape]:
        """Lines at every `step` percent, every 50 percent with its number."""
        x, y = self.saved, self.kept
        for value in range(int(x.low), 101, step):
            yield Line(x.at(value), y.end - 4, x.at(value), y.start, "zero" if value == 0 else "grid")
            if value % 50 == 0 or value == x.low:
                text = f"{value}%".replace("-", numbers.MINUS)
                yield Label(x.at(value), y.start + 15, text, "a", "middle")
        for value in range(0, 101, step):
            yield Line(x.start, y.at(value), x.end, y.at(value), "grid")
            if value % 50 == 0:
                yield Label(x.start - 6, y.at(value) + 4, f"{value}%", "a", "end")

    def mark(self, point: Point) -> Dot:
        """The point's mark: a diamond if facts were lost."""
        lost = point.kept < 100
        css = "lost" if lost else "sent" if point.pasted else "same"
        return Dot(*self.at(point), 4.5, css, "diamond" if lost else "circle")

    def together(self, points: Sequence[Point], near_x: float, near_y: float) -> list[list[Point]]:
        """Points whose marks are as near each other as that, or lie on each other, and which share a name."""
        groups: list[list[Point]] = []
        for point in points:
            x, y = self.at(point)
            for group in groups:
                first_x, first_y = self.at(group[0])
                if abs(first_x - x) < near_x and abs(first_y - y) < near_y:
                    group.append(point)
                    break
            else:
                groups.append([point])
        return groups
