"""The short result for the terminal: wrong answers first, the summary, every suite's verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console, JustifyMethod, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from lab.figures.legality import accepted_words
from lab.figures.legality import refused as is_refused
from lab.kit.deciding import DECIDED
from lab.kit.tables import Column, Fig, Table
from lab.kit.text import one_line, short, visible
from lab.report.alert import alert
from lab.report.summary import verdict_table
from lab.results.models import Results
from lab.topics.verdicts.forms import forms_table
from lab.topics.verdicts.section import habit_lines, suites_table
from lab.topics.verdicts.table import Verdicts

_STYLES = {"good": "green", "bad": "red", "warn": "yellow", "info": "cyan", "missing": "italic dim", "": ""}
LONGEST_NAME = 24
# What figures are called where a window has no room for them.
BRIEF = {
    "does not route": "none",
    "not judged": "none",
    "not counted": "none",
    "not compared": "none",
    "the same": "0%",
    "baseline": "base",
    "control": "base",
}
MARK = "*"
FORMS = "the same by form: the client's wire, plain or streamed; the tables above are the first form"
VERDICTS = "scenarios that pass in every repeat, of those judged; all: of those judged for all"


def short_result(results: Results, width: int) -> Iterator[RenderableType]:
    """What a run came to, for a terminal of that width; text from records is shown literally."""
    yield from wrong_answers(results)
    yield fitting(verdict_table(results), width)
    if names := [v.name for v in results.variants if v.lab_decides and v.status == "measured"]:
        yield Text(one_line(f"{MARK} {DECIDED} the tiers of {', '.join(names)}", 160), style="dim")
    for line in absent(results):
        yield Text(line, style="dim")
    for line in legality(results):
        yield Text(line, style="yellow")
    if (verdicts := results.table(Verdicts)) is not None:
        yield Text(f"\n{VERDICTS}", style="bold")
        yield fitting(suites_table(results, verdicts), width)
        yield from (Text(one_line(line.text, 300), style="yellow") for line in habit_lines(results))
        if (forms := forms_table(results, verdicts)) is not None:
            yield Text(f"\n{FORMS}", style="bold")
            yield fitting(forms, width)


def wrong_answers(results: Results) -> Iterator[Text]:
    """Wrong answers served, by what makes them wrong and by variant; nothing where none was."""
    wrong = alert(results)
    if wrong is None:
        return
    for group in wrong.groups:
        yield Text(visible(f"{group.headline.sign} {group.headline.text}"), style="bold red")
        for counted, _ in group.rows:
            yield Text(visible(f"  {counted.text}"), style="red")
    yield Text()


def fitting(table: Table, width: int) -> RichTable:
    """A table in the fullest form for which the window has room, its columns named as they say themselves.

    With whole headings; else with short ones; else with the shortest, and without columns that have none.
    """
    forms = (
        _table(table, [column.title for column in table.columns]),
        _table(
            table, [column.console.roomy or column.console.narrow for column in table.columns], brief=True
        ),
        _table(table, [column.console.narrow for column in table.columns], brief=True),
    )
    endless = Console(width=10_000)
    return next((form for form in forms if endless.measure(form).maximum <= width), forms[-1])


def _table(table: Table, titles: Sequence[str], *, brief: bool = False) -> RichTable:
    """Those columns of a table that have a title here; rows without figures are said below it."""
    made = RichTable(box=None, pad_edge=False, header_style="bold", padding=(0, 1 if brief else 2, 0, 0))
    kept = [index for index, title in enumerate(titles) if title]
    for index in kept:
        side: JustifyMethod = "right" if table.columns[index].num else "left"
        made.add_column(Text(visible(titles[index])), justify=side, overflow="fold", no_wrap=not index)
    for row in table.rows:
        if row.span is None:
            cells = [_text(row.cells[index - 1], table.columns[index], brief) for index in kept[1:]]
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


def legality(results: Results) -> tuple[str, ...]:
    """Requests that are illegal or accepted against their declaration, one line each, safe to print."""
    controls = {variant.name for variant in results.variants if variant.kind == "control"}
    answered = [
        cell.scenario
        for cell in results.cells
        if cell.variant in controls and cell.status == "measured" and cell.completed == cell.n
    ]
    refused = [f"{row.id}: {row.invalid_why}" for row in results.scenarios if is_refused(row)]
    noted = {note.title for note in results.trust}
    accepted = [
        f"{title}: {row.invalid_why}"
        for row in results.scenarios
        for title, _ in accepted_words([row], answered)
        if title in noted
    ]
    return tuple(one_line(text, 300) for text in (*refused, *accepted))


def _text(fig: Fig, column: Column, brief: bool) -> Text:
    style, mark = _STYLES[fig.tone], MARK if DECIDED in fig.note else ""
    if not brief:
        return Text(visible(f"{fig.sign} {fig.text}{mark}".strip()), style=style)
    text = BRIEF.get(fig.text, fig.text)
    if column.console.count:
        text = text.split(" ", maxsplit=1)[0]
    elif " of " in text:  # `1,584 of 1,584` as `1584/1584`
        text = text.replace(" of ", "/").replace(",", "")
    sign = fig.sign if fig.tone in {"good", "bad"} else ""
    return Text(visible(f"{sign}{text}{mark}"), style=style)
