"""What every part of the report is: a section of text, lists, charts, tables and further sections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import ClassVar, Literal, Union

from lab.kit.shapes import Chart
from lab.kit.tables import Fig, Table, Tone
from lab.kit.text import file_name

MANY = 24


@dataclass(frozen=True, slots=True)
class Span:
    """Words of a line that look other than the rest of it, or lead somewhere."""

    text: str
    look: Literal["", "strong", "code", "badge", "soft"] = ""
    href: str = ""
    tone: Tone = ""
    sign: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph, or an entry of a list, whose spans differ in look."""

    kind: ClassVar = "line"
    spans: tuple[str | Span, ...]
    look: Literal["", "small", "small soft"] = ""

    @property
    def text(self) -> str:
        """Its words alone."""
        return "".join(span if isinstance(span, str) else span.text for span in self.spans)


Words = str | Line


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list; `plain` has no bullets on the page."""

    kind: ClassVar = "bullets"
    items: tuple[Words, ...]
    look: Literal["notes", "notes small", "plain"] = "notes"


@dataclass(frozen=True, slots=True)
class Facts:
    """Names, each with what is said of it: short facts side by side, or terms with their explanation."""

    kind: ClassVar = "facts"
    pairs: tuple[tuple[str, Words], ...]
    terms: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """Text that is shown as it is, line by line."""

    kind: ClassVar = "code"
    text: str
    language: str = ""


Block = Union[str, Line, Bullets, Facts, Code, Chart, Table, "Section"]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands beneath it; its place in the report decides the heading's level.

    `id` makes it a part that links lead to; `anchor` is where the contents lead if it has none, and `short`
    what they call it. `verdict` stands beside the title. On the page, a `folded` section is behind its title;
    Markdown has it in the `file` of the section around it if it is `apart`, or long and not said to be.
    """

    kind: ClassVar = "section"
    title: str
    blocks: tuple[Block, ...]
    id: str = ""
    anchor: str = ""
    short: str = ""
    sign: str = ""
    verdict: Fig | None = None
    tone: Literal["", "box", "box alert"] = ""
    folded: bool = False
    apart: bool | None = None
    page_only: bool = False
    own_file: str = ""

    @property
    def text(self) -> tuple[str, ...]:
        """Its paragraphs, but for those with links and the like."""
        return tuple(block for block in self.blocks if isinstance(block, str))

    @property
    def table(self) -> Table | None:
        """Its first table."""
        return next((block for block in self.blocks if isinstance(block, Table)), None)

    @property
    def parts(self) -> tuple[Section, ...]:
        """The sections right beneath it."""
        return tuple(block for block in self.blocks if isinstance(block, Section))

    @property
    def is_apart(self) -> bool:
        """Whether Markdown has it in another file, as not every reader of Markdown folds."""
        if self.apart is not None:
            return self.apart
        return self.folded and self.table is not None and len(self.table.rows) > MANY

    @property
    def file(self) -> str:
        """The Markdown file of its parts that are apart; empty if none is."""
        if not any(part.is_apart for part in self.parts):
            return ""
        return self.own_file or f"more-{file_name(self.id)}.md"

    def numbered(self) -> Section:
        """The same, and parts without an id have an anchor made of their number."""
        number = count(1)

        def anchored(block: Block) -> Block:
            if not isinstance(block, Section):
                return block
            anchor = f"{self.id}-{next(number)}"
            return block if block.id else replace(block, anchor=anchor)

        return replace(self, blocks=tuple(map(anchored, self.blocks)))


def present(*blocks: Block | None) -> tuple[Block, ...]:
    """Those blocks that there are; a table without rows is none."""
    return tuple(block for block in blocks if block and not (isinstance(block, Table) and not block.rows))


def walk(sections: Iterable[Section]) -> Iterator[Section]:
    """These sections and all within them, in reading order."""
    for section in sections:
        yield section
        yield from walk(section.parts)
