"""The short result for the terminal: wrong answers first, the summary, every suite's verdicts."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from lab.report.findings import alert
from lab.report.model import Fig, Table
from lab.report.sections.verdicts import suites_table
from lab.report.summary import verdict_table
from lab.report.text import one_line, short, visible
from lab.results.tables import Results

_STYLES = {"good": "green", "bad": "red", "warn": "yellow", "info": "cyan", "missing": "italic dim", "": ""}
WIDE = 150
LONGEST_NAME = 24
# In 80 columns, ten figures have room for few letters: short headings, and no same-model cost.
NARROW = {
    "Variant": "variant",
    "Tokens forwarded": "tokens",
    "Cost as routed": "cost",
    "Latency added": "ms added",
    "Facts kept": "facts",
    "Needed tools intact": "tools",
    "Tier right": "tier",
    "Answers from a cache": "cached",
    "Failures": "failed",
}
BRIEF = {
    "does not route": "none",
    "not judged": "none",
    "not counted": "none",
    "not compared": "none",
    "the same": "0%",
    "baseline": "base",
    "control": "base",
}
# Of these the count is enough, without what it is of.
COUNTS = frozenset({"Answers from a cache", "Failures"})
LONGEST_TITLE = 9


def short_result(results: Results, width: int) -> Iterator[RenderableType]:
    """What a run came to, for a terminal of that width; text from records is shown literally."""
    yield from wrong_answers(results)
    yield summary_table(results, width)
    for line in absent(results):
        yield Text(line, style="dim")
    if results.verdicts is not None:
        yield Text("\nscenarios that pass in every repeat, of those judged", style="bold")
        yield verdicts_table(results, width)


def wrong_answers(results: Results) -> Iterator[Text]:
    """Wrong answers served, by variant; nothing where none was."""
    found = alert(results)
    if found is None:
        return
    yield Text(visible(f"{found.headline.sign} {found.headline.text}"), style="bold red")
    for row in found.rows:
        names = ", ".join(fig.text for fig in row.scenarios)
        more = f" {row.more}" if row.more else ""
        yield Text(visible(f"  {row.variant}: {row.count} ({names}{more})"), style="red")
    yield Text()


def summary_table(results: Results, width: int = WIDE) -> RichTable:
    """The report's first table; in few columns its short form."""
    table = verdict_table(results)
    if width >= WIDE:
        return _table(table, {column.title: column.title for column in table.columns})
    return _table(table, NARROW, brief=True)


def verdicts_table(results: Results, width: int = WIDE) -> RichTable:
    """Every suite's verdict on every variant: scenarios that pass, of those judged."""
    assert results.verdicts is not None  # noqa: S101 - asked for only where there are any
    table, brief = suites_table(results, results.verdicts), width < WIDE
    shown = {c.title: short(c.title, LONGEST_TITLE) if brief else c.title for c in table.columns}
    return _table(table, shown | {"Variant": "variant", "All suites": "all"}, brief=brief)


def _table(table: Table, titles: dict[str, str], *, brief: bool = False) -> RichTable:
    """Those columns of a table that have a title here; rows without figures are said below it."""
    made = RichTable(box=None, pad_edge=False, header_style="bold", padding=(0, 1 if brief else 2, 0, 0))
    kept = [index for index, column in enumerate(table.columns) if column.title in titles]
    for index in kept:
        column = table.columns[index]
        title = Text(visible(titles[column.title]))
        made.add_column(title, justify="right" if column.num else "left", overflow="fold", no_wrap=not index)
    for row in table.rows:
        if row.span is None:
            cells = [_text(row.cells[index - 1], table.columns[index].title, brief) for index in kept[1:]]
            made.add_row(Text(short(row.head.text, LONGEST_NAME), style="bold"), *cells)
    return made


def absent(results: Results) -> tuple[str, ...]:
    """Variants without any figure, and why, one line each, safe to print."""
    rows = verdict_table(results).rows
    return tuple(
        one_line(f"{row.head.text}: {row.span.text}, {row.span.note}", 160)
        for row in rows
        if row.span is not None
    )


def reasons(results: Results) -> tuple[str, ...]:
    """Why figures of the short table are missing, one sentence each, safe to print."""
    table = verdict_table(results)
    spans = [
        f"{row.head.text}: {row.span.text}, {row.span.note}" for row in table.rows if row.span is not None
    ]
    return tuple(visible(text).replace("\n", " ") for text in (*spans, *table.notes))


def _text(fig: Fig, title: str, brief: bool) -> Text:
    style = _STYLES[fig.tone]
    if not brief:
        return Text(visible(f"{fig.sign} {fig.text}".strip()), style=style)
    text = BRIEF.get(fig.text, fig.text)
    text = text.split(" ", maxsplit=1)[0] if title in COUNTS else text.replace(" of ", "/")
    sign = fig.sign if fig.tone in {"good", "bad"} else ""
    return Text(visible(f"{sign}{text}"), style=style)
