"""What became of tools, tool choices and tool calls."""

from __future__ import annotations

from collections.abc import Sequence

from lab.kit import numbers
from lab.kit.anchors import variant_column, variant_head
from lab.kit.cell_figs import NO, YES, evidence_name
from lab.kit.section import Part, Section
from lab.kit.tables import Column, Fig, Notes, Row, Table, status_word
from lab.kit.text import one_line
from lab.results.models import Cell, Results
from lab.topics.tools.table import NamedTool, Share, ToolsetRow, Toolsets

SELECTION = (
    "Tools are compared by name behind the gateway with those that the client sent and those that the "
    "task needs. Recall is the share of needed tools that were forwarded, precision the share of "
    "forwarded tools that are needed, F1 their harmonic mean. Sending everything has a recall of 1 and a "
    "low precision, as the control's row shows: a gateway that selects well has a higher precision at the "
    "same recall. Dropping a tool that the task does not need is a feature and fails nothing."
)
CALLS = (
    "A needed tool is intact only with its whole schema, the descriptions of its parameters included. The "
    "scripted answer then calls tools, and calls, arguments and ids are followed back to the client. The "
    "order of results in one turn is another notation, as each names its call; so is where a call stands "
    "beside the texts of its turn."
)
NAMED = 5
_CHECKS = (
    ("choice", "Choice kept"),
    ("parallel", "Parallel calls as asked"),
    ("history", "Conversation's calls kept"),
    ("ids", "Ids kept"),
    ("calls", "Answer's calls intact"),
)
_SHORT = {
    "tools_kept": "tools",
    "tools_added": "added",
    "tool_choice_kept": "choice",
    "parallel_calls_kept": "parallel",
    "tool_history_kept": "history",
    "tool_ids_kept": "ids",
    "tool_call_intact": "calls",
}


def section(results: Results) -> Section | None:
    """The report's section on toolsets; None where the run has nothing to show."""
    toolsets = results.table(Toolsets)
    if toolsets is None:
        return None
    return Section(
        id="toolsets",
        title="Tools",
        lead=(SELECTION, CALLS),
        parts=(
            Part("Which tools are forwarded", table=forwarded_table(toolsets)),
            Part("What survives of choices and calls", table=calls_table(toolsets)),
            Part("Tools by scenario", table=scenarios_table(results, toolsets), folded=True),
        ),
    )


def _head(row: ToolsetRow) -> Fig:
    failed = row.exchanges - row.completed
    note = f"{failed} of {row.exchanges} exchanges failed" if failed and row.completed else ""
    return variant_head(row.variant, note)


def _without(row: ToolsetRow) -> Row:
    reason = one_line(row.reason or "no reason was recorded", 400)
    return Row(_head(row), span=Fig("not measured", note=reason, tone="missing"))


def forwarded_table(toolsets: Toolsets) -> Table:
    """One row a variant: selection, schemas, descriptions, and tools that came or went."""
    notes = Notes()
    rows = [
        Row(
            _head(row),
            (
                *(_score(value, notes) for value in (row.precision, row.recall, row.f1)),
                _share(row.schemas, notes, "No tool was needed."),
                _described(row, notes),
                _named(row.removed),
                _added(row),
            ),
        )
        if row.completed
        else _without(row)
        for row in toolsets.rows
    ]
    over = f"{len(toolsets.selection)} of {toolsets.selection_of}"
    return Table(
        id="toolsets-forwarded",
        caption=(
            f"Precision, recall and F1 are means over {over} scenarios with more tools than are needed, "
            "those in which every compared variant forwarded a request."
        ),
        columns=(
            Column("Variant", num=False),
            Column("Precision"),
            Column("Recall"),
            Column("F1"),
            Column("Needed, schema whole", "tools", num=False),
            Column("Description unchanged", "tools", num=False),
            Column("Removed", "tool, exchanges", num=False),
            Column("Added", "tool, exchanges", num=False),
        ),
        rows=tuple(rows),
        notes=tuple(notes.texts),
    )


def calls_table(toolsets: Toolsets) -> Table:
    """One row a variant: in how many exchanges choices, calls and ids were kept."""
    notes = Notes()
    rows = [
        Row(
            _head(row),
            tuple(_share(getattr(row, name), notes, "No exchange could be judged.") for name, _ in _CHECKS),
        )
        if row.completed
        else _without(row)
        for row in toolsets.rows
    ]
    return Table(
        id="toolsets-calls",
        caption="Exchanges in which the client's choice, and calls with their results and ids, came through.",
        columns=(
            Column("Variant", num=False),
            *(Column(title, "exchanges", num=False) for _, title in _CHECKS),
        ),
        rows=tuple(rows),
        notes=tuple(notes.texts),
    )


def _score(value: float | None, notes: Notes) -> Fig:
    if value is None:
        return notes.missing("not counted", "No scenario with needed tools was forwarded by all variants.")
    return Fig(f"{value:.2f}")


def _share(share: Share, notes: Notes, why: str) -> Fig:
    if not share.of:
        return notes.missing("not judged", why)
    whole = share.passed == share.of
    return Fig(
        numbers.share(share.passed, share.of), sign=YES if whole else NO, tone="good" if whole else "bad"
    )


def _described(row: ToolsetRow, notes: Notes) -> Fig:
    if not row.described.of:
        return notes.missing("not judged", "No tool that was sent was forwarded.")
    whole = row.described.passed == row.described.of
    note = f"{row.shortened:,} shorter" if row.shortened else ""
    return Fig(numbers.share(row.described.passed, row.described.of), note, "" if whole else "warn")


def _named(tools: Sequence[NamedTool]) -> Fig:
    if not tools:
        return Fig("none")
    names = ", ".join(f"{one_line(tool.name, 64)} ({tool.exchanges})" for tool in tools[:NAMED])
    more = f" and {len(tools) - NAMED} more" if len(tools) > NAMED else ""
    return Fig(f"{len(tools):,}", note=f"{names}{more}", tone="info")


def _added(row: ToolsetRow) -> Fig:
    fig = _named(row.added)
    if not row.added:
        return Fig(fig.text, sign=YES, tone="good")
    cost = f"{numbers.tokens(round(row.added_tokens))} tokens an exchange; "
    return Fig(fig.text, note=f"{cost}{fig.note}", tone="bad", sign=NO)


def scenarios_table(results: Results, toolsets: Toolsets) -> Table:
    """Scenarios in rows, variants in columns: tools forwarded of those sent, and the checks that failed."""
    notes = Notes()
    names = [row.variant for row in toolsets.rows]
    cells = {(cell.variant, cell.scenario): cell for cell in results.cells}
    titles = {row.id: row.title for row in results.scenarios}
    rows = [
        Row(
            Fig(one_line(info, 40), note=one_line(titles.get(info, ""), 80)),
            tuple(_cell(cells.get((name, info)), notes) for name in names),
        )
        for info in toolsets.scenarios
    ]
    return Table(
        id="toolsets-scenarios",
        caption="Tools forwarded of those that were sent, and which checks of tools failed.",
        columns=(Column("Scenario", num=False), *(variant_column(name, num=False) for name in names)),
        rows=tuple(rows),
        notes=tuple(notes.texts),
    )


def _cell(cell: Cell | None, notes: Notes) -> Fig:
    if cell is None:
        return notes.missing("not run", "There is no cell for this scenario and variant in the records.")
    href = evidence_name(cell.variant, cell.scenario) if cell.evidence else ""
    if cell.status != "measured":
        return notes.missing(status_word(cell.status), cell.reason or "no reason was recorded", href)
    failed = [
        word for name, word in _SHORT.items() if name in cell.checks and cell.checks[name].verdict == "fail"
    ]
    note = f"not kept: {', '.join(failed)}" if failed else ""
    if cell.tools.forwarded is None or cell.tools.sent is None:
        return notes.missing("not asked", cell.reasons.get("tools.forwarded", "no model was asked"), href)
    text = f"{numbers.tokens(cell.tools.forwarded)} of {numbers.tokens(cell.tools.sent)}"
    return Fig(text, note=note, tone="bad" if failed else "good", sign=NO if failed else YES, href=href)
