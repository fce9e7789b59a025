"""The primitives charts are drawn with, and the scales that place them (units: SVG user units)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    css: str


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    css: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A circle, or a diamond for what is a different kind of thing."""

    x: float
    y: float
    r: float
    css: str
    shape: Literal["circle", "diamond"] = "circle"

    @property
    def points(self) -> str:
        """The corners of a diamond as an SVG points list."""
        x, y, r = self.x, self.y, self.r * 1.3
        return " ".join(f"{n(px)},{n(py)}" for px, py in ((x, y - r), (x + r, y), (x, y + r), (x - r, y)))


@dataclass(frozen=True, slots=True)
class Label:
    """A text; `x`,`y` is its baseline's anchor point."""

    x: float
    y: float
    text: str
    css: str = "t"
    anchor: Anchor = "start"


Shape = Line | Box | Dot | Label


@dataclass(frozen=True, slots=True)
class Panel:
    """One small chart: its title, its size, and the shapes in it; `summary` says it in words."""

    title: str
    width: float
    height: float
    shapes: tuple[Shape, ...]
    summary: str


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of a chart's legend: the mark's class and what it stands for."""

    css: str
    text: str
    shape: Literal["circle", "diamond", "box", "line"] = "circle"


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: panels side by side that share their scales, a legend, a caption and a longer description."""

    kind: ClassVar = "chart"
    id: str
    title: str
    description: str
    panels: tuple[Panel, ...]
    keys: tuple[Key, ...] = field(default=())


def n(value: float) -> str:
    """A coordinate with at most one decimal, written the same on every machine."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def ticks(low: float, high: float, count: int = 4) -> list[float]:
    """Round values (1, 2, 5 times a power of ten) from `low` to `high`, about `count` of them."""
    span = high - low
    if span <= 0:
        return [low]
    raw = span / max(1, count)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= raw)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [i * step for i in range(first, last + 1)]


def decades(values: Sequence[float]) -> tuple[float, float]:
    """The powers of ten that enclose all positive values."""
    positive = [v for v in values if v > 0]
    if not positive:
        return 1.0, 10.0
    low = 10.0 ** math.floor(math.log10(min(positive)))
    high = 10.0 ** math.ceil(math.log10(max(positive)))
    return low, high if high > low else low * 10


def log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten from `low` to `high`, with 2 and 5 between them where there is room."""
    steps = (1, 2, 5) if high / low < 101 else (1,)
    count = round(math.log10(high / low))
    inner = [low * 10**power * step for power in range(count) for step in steps]
    return [*inner, high]


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps values to positions, linearly or by logarithm."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """The position of a value; values outside the range land on its edge."""
        low, high, v = self.low, self.high, value
        if self.log:
            low, high, v = math.log10(low), math.log10(high), math.log10(max(value, self.low))
        part = (v - low) / (high - low) if high > low else 0.0
        return self.start + min(1.0, max(0.0, part)) * (self.end - self.start)
