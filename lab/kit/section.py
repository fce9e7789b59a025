"""A section of the report that stands by itself: text, charts and tables, the same for HTML and Markdown."""

from __future__ import annotations

from dataclasses import dataclass

from lab.kit.shapes import Chart
from lab.kit.tables import Table
from lab.kit.text import file_name

MANY = 24


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a section under a heading of its own; `folded` lays its table behind the heading."""

    title: str
    text: tuple[str, ...] = ()
    chart: Chart | None = None
    table: Table | None = None
    folded: bool = False

    @property
    def apart(self) -> bool:
        """Whether Markdown has it in a file of its own, as not every reader of Markdown folds."""
        return self.folded and self.table is not None and len(self.table.rows) > MANY


@dataclass(frozen=True, slots=True)
class Section:
    """A section: its anchor, its title, paragraphs that say how to read it, and its parts."""

    id: str
    title: str
    lead: tuple[str, ...]
    parts: tuple[Part, ...]

    @property
    def file(self) -> str:
        """The Markdown file of its long folded parts; empty where it has none."""
        return f"more-{file_name(self.id)}.md" if any(part.apart for part in self.parts) else ""
