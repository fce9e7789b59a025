"""What a report is made of: figures, tables and notes, the same for HTML, Markdown and terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import chain
from typing import ClassVar, Generic, Literal, TypeVar

from lab.kit import numbers
from lab.kit.text import one_line

T = TypeVar("T")

Tone = Literal["", "good", "bad", "warn", "info", "missing"]

LESS, MORE, SAME = "\u25bc", "\u25b2", "="
YES, NO, ALERT = "\u2713", "\u2717", "!"
UNKNOWN = "no reason was recorded"
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

    `page`, of a row's heading: the evidence of the figures in the row that have none of their own. `why` is
    a sentence that the figure's table notes beneath itself, once, under the number `ref`.
    """

    text: str
    note: str = ""
    tone: Tone = ""
    sign: str = ""
    href: str = ""
    ref: int = 0
    page: str = ""
    why: str = ""

    @property
    def words(self) -> str:
        """The figure as plain text: sign, text and note."""
        head = f"{self.sign} {self.text}".strip()
        return f"{head} ({self.note})" if self.note else head


@dataclass(frozen=True, slots=True)
class Short:
    """What a terminal calls a column for whose heading it has no room: in 80 columns, and in about 120.

    Of a `count` it shows the first number alone, without what that is of.
    """

    narrow: str = ""
    roomy: str = ""
    count: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading, its unit, whether it holds numbers, and the evidence of what has no other.

    `console`: what a terminal calls it; a narrow one leaves out what has no such name.
    """

    title: str
    unit: str = ""
    num: bool = True
    page: str = ""
    console: Short = Short()


@dataclass(frozen=True, slots=True, kw_only=True)
class Col(Column, Generic[T]):
    """A column and how a row's figure in it is made, in one entry; `shown` is whether this table has it."""

    get: Callable[[T], Fig]
    shown: bool = True


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

    kind: ClassVar = "table"
    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    cards: bool = False
    grid: bool = False


def missing(word: str, reason: str | None, href: str = "") -> Fig:
    """A missing figure: its reason word, or a status, and the sentence why."""
    return Fig(status_word(word), tone="missing", why=reason or UNKNOWN, href=href)


def num(title: str, get: Callable[[T], Fig], unit: str = "", *, shown: bool = True) -> Col[T]:
    """A column of numbers."""
    return Col(title, unit, get=get, shown=shown)


def col(
    title: str, get: Callable[[T], Fig], unit: str = "", *, shown: bool = True, console: Short = Short()
) -> Col[T]:
    """A column of words, or of numbers with words beside them."""
    return Col(title, unit, False, console=console, get=get, shown=shown)


def table(
    name: str,
    caption: str,
    columns: Iterable[Col[T] | tuple[Col[T], ...]],
    rows: Iterable[T | Row],
    *,
    control: Callable[[T], bool] | None = None,
    anchor: Callable[[T], str] | None = None,
    cards: bool = False,
    grid: bool = False,
) -> Table:
    """A table of these columns, the first of which makes the headings of rows; what is a row already stays.

    Columns that are made together, such as one per variant, may stand as one tuple. The reasons of missing
    figures are noted beneath the table, each once, numbered from 1.
    """
    notes: dict[str, int] = {}

    def numbered(fig: Fig) -> Fig:
        if not fig.why:
            return fig
        return replace(fig, ref=notes.setdefault(one_line(fig.why, 600), len(notes) + 1), why="")

    flat = chain.from_iterable(each if isinstance(each, tuple) else (each,) for each in columns)
    head, *others = shown = tuple(column for column in flat if column.shown)
    made = [
        row
        if isinstance(row, Row)
        else Row(
            numbered(head.get(row)),
            tuple(numbered(column.get(row)) for column in others),
            control=control is not None and control(row),
            anchor=anchor(row) if anchor else "",
        )
        for row in rows
    ]
    return Table(name, caption, shown, tuple(made), tuple(notes), cards, grid)


def without(word: str, reason: str | None) -> Fig:
    """What stands in place of a row's figures: the reason word, or a status, and the sentence why."""
    return Fig(status_word(word), one_line(reason or UNKNOWN, 400), "missing")


def judged(text: str, right: bool, note: str = "", href: str = "") -> Fig:
    """A figure that is right or wrong: a green tick or a red cross."""
    return Fig(text, note, "good" if right else "bad", YES if right else NO, href)


def passed(part: int, whole: int, note: str = "", href: str = "") -> Fig:
    """`k of n`, which is right if all of them are."""
    return judged(numbers.share(part, whole), part == whole, note, href)


def absent_word(field_name: str) -> str:
    """The word shown where a measured row has no figure in this field."""
    return NO_FIGURE.get(field_name, "no figure")


def status_word(status: str) -> str:
    """The reason word of a status as it is shown: `not run` for `not_run`."""
    return status.replace("_", " ")
