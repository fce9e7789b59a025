"""What a report is made of: figures, tables and notes, the same for HTML, Markdown and terminal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from lab.kit.text import one_line

Tone = Literal["", "good", "bad", "warn", "info", "missing"]

WORDS = {
    "unsupported": "unsupported",
    "unavailable": "unavailable",
    "failed": "failed",
    "not_run": "not run",
    "measured": "measured",
}


NO_FIGURE = {
    "latency_ms.p95": "too few",
    "latency_ms.overhead": "no pair",
    "added_to_whole": "no pair",
    "added_to_streams": "no pair",
    "tokens.claimed": "not stated",
    "tier.served": "not asked",
    "model.served": "not asked",
    "tools.forwarded": "not asked",
    "facts.kept": "not counted",
    "tools.needed_kept": "not counted",
    "tools_needed_kept": "not counted",
}


@dataclass(frozen=True, slots=True)
class Fig:
    """One shown figure: text, a smaller second line, a sign beside the colour, and where its evidence is.

    `page`, of a row's heading: the evidence of the figures in the row that have none of their own.
    """

    text: str
    note: str = ""
    tone: Tone = ""
    sign: str = ""
    href: str = ""
    ref: int = 0
    page: str = ""

    @property
    def words(self) -> str:
        """The figure as plain text: sign, text and note."""
        head = f"{self.sign} {self.text}".strip()
        return f"{head} ({self.note})" if self.note else head


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading, its unit, whether it holds numbers, and the evidence of what has no other."""

    title: str
    unit: str = ""
    num: bool = True
    page: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A table row: its heading and its cells, or one sentence (`span`) in place of all cells.

    `anchor` is the row's id, where something leads to it.
    """

    head: Fig
    cells: tuple[Fig, ...] = ()
    span: Fig | None = None
    control: bool = False
    anchor: str = ""

    @property
    def page(self) -> str:
        """The evidence of figures without their own: what the heading names, or leads to itself."""
        return self.head.page or ("" if self.head.href.startswith("#") else self.head.href)


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a caption; `notes` are numbered from 1 and explain missing figures.

    `cards`: a phone shows each row as a card. `grid`: a compact one, whose cells lead to different pages.
    """

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    cards: bool = False
    grid: bool = False


@dataclass
class Notes:
    """Collects the reasons of missing figures in one table, each once, numbered from 1."""

    texts: list[str] = field(default_factory=list)

    def number(self, text: str) -> int:
        """The number of this reason, new or known."""
        shown = one_line(text, 600)
        if shown not in self.texts:
            self.texts.append(shown)
        return self.texts.index(shown) + 1

    def missing(self, word: str, reason: str, href: str = "") -> Fig:
        """A missing figure: its reason word, and the reference to the sentence why."""
        return Fig(word, tone="missing", ref=self.number(reason), href=href)


def absent_word(field_name: str) -> str:
    """The word shown where a measured row has no figure in this field."""
    return NO_FIGURE.get(field_name, "no figure")


def status_word(status: str) -> str:
    """The reason word of a status as it is shown: `not run` for `not_run`."""
    return WORDS.get(status, status.replace("_", " "))
