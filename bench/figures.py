"""One measured figure beside its target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value, its unit, and the bound it should keep."""

    what: str
    value: float
    unit: str
    bound: float
    kind: Literal["at most", "at least"]
    spread: str = ""

    @property
    def ratio(self) -> float:
        """Value over bound; for `at most` it should be below 1, for `at least` above."""
        return self.value / self.bound

    @property
    def kept(self) -> bool:
        """Whether the bound is kept."""
        return self.value <= self.bound if self.kind == "at most" else self.value >= self.bound


def show(figures: list[Figure], console: Console) -> None:
    """Print the figures as a table."""
    table = Table("figure", "measured", "bound", "ratio", "", title="The lab itself", title_justify="left")
    for figure in figures:
        table.add_row(
            figure.what,
            f"{figure.value:,.1f} {figure.unit} {figure.spread}".strip(),
            f"{figure.kind} {figure.bound:,g} {figure.unit}",
            f"{figure.ratio:.2f}",
            "kept" if figure.kept else "[bold red]not kept[/]",
        )
    console.print(table)
