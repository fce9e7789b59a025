"""What became of tools, tool choices and tool calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lab.kit import numbers
from lab.kit.anchors import variant_columns, variant_head
from lab.kit.cell_figs import evidence_link
from lab.kit.section import Section
from lab.kit.tables import NO, YES, Col, Fig, Row, Table, col, judged, missing, num, passed, table, without
from lab.kit.text import one_line
from lab.results.cell import Cell
from lab.results.models import Results
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
        "Tools",
        (
            SELECTION,
            CALLS,
            Section("Which tools are forwarded", (forwarded_table(toolsets),)),
            Section("What survives of choices and calls", (calls_table(toolsets),)),
            Section("Tools by scenario", (scenarios_table(results, toolsets),), folded=True),
        ),
        id="toolsets",
    )


def _head(row: ToolsetRow) -> Fig:
    failed = row.exchanges - row.completed
    note = f"{failed} of {row.exchanges} exchanges failed" if failed and row.completed else ""
    return variant_head(row.variant, note)


def _row(row: ToolsetRow) -> ToolsetRow | Row:
    """The row, or why it has no figures."""
    return row if row.completed else Row(_head(row), span=without("not measured", row.reason))


def forwarded_table(toolsets: Toolsets) -> Table:
    """One row a variant: selection, schemas, descriptions, and tools that came or went."""
    columns: tuple[Col[ToolsetRow], ...] = (
        col("Variant", _head),
        num("Precision", lambda row: _score(row.precision)),
        num("Recall", lambda row: _score(row.recall)),
        num("F1", lambda row: _score(row.f1)),
        col("Needed, schema whole", lambda row: _share(row.schemas, "No tool was needed."), "tools"),
        col("Description unchanged", _described, "tools"),
        col("Removed", lambda row: _named(row.removed), "tool, exchanges"),
        col("Added", _added, "tool, exchanges"),
    )
    over = f"{len(toolsets.selection)} of {toolsets.selection_of}"
    return table(
        "toolsets-forwarded",
        f"Precision, recall and F1 are means over {over} scenarios with more tools than are needed, "
        "those in which every compared variant forwarded a request.",
        columns,
        map(_row, toolsets.rows),
    )


def calls_table(toolsets: Toolsets) -> Table:
    """One row a variant: in how many exchanges choices, calls and ids were kept."""

    def kept(title: str, share: Callable[[ToolsetRow], Share]) -> Col[ToolsetRow]:
        return col(title, lambda row: _share(share(row), "No exchange could be judged."), "exchanges")

    columns: tuple[Col[ToolsetRow], ...] = (
        col("Variant", _head),
        kept("Choice kept", lambda row: row.choice),
        kept("Parallel calls as asked", lambda row: row.parallel),
        kept("Conversation's calls kept", lambda row: row.history),
        kept("Ids kept", lambda row: row.ids),
        kept("Answer's calls intact", lambda row: row.calls),
    )
    caption = "Exchanges in which the client's choice, and calls with their results and ids, came through."
    return table("toolsets-calls", caption, columns, map(_row, toolsets.rows))


def _score(value: float | None) -> Fig:
    if value is None:
        return missing("not counted", "No scenario with needed tools was forwarded by all variants.")
    return Fig(f"{value:.2f}")


def _share(share: Share, why: str) -> Fig:
    if not share.of:
        return missing("not judged", why)
    return passed(share.passed, share.of)


def _described(row: ToolsetRow) -> Fig:
    if not row.described.of:
        return missing("not judged", "No tool that was sent was forwarded.")
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
    cells = {(cell.variant, cell.scenario): cell for cell in results.cells}
    titles = {row.id: row.title for row in results.scenarios}
    names = [row.variant for row in toolsets.rows]
    return table(
        "toolsets-scenarios",
        "Tools forwarded of those that were sent, and which checks of tools failed.",
        (
            col("Scenario", lambda name: Fig(one_line(name, 40), one_line(titles.get(name, ""), 80))),
            variant_columns(names, lambda variant, name: _cell(cells.get((variant, name))), num=False),
        ),
        toolsets.scenarios,
    )


def _cell(cell: Cell | None) -> Fig:
    if cell is None:
        return missing("not run", "There is no cell for this scenario and variant in the records.")
    href = evidence_link(cell.variant, cell.scenario) if cell.evidence else ""
    if cell.status != "measured":
        return missing(cell.status, cell.reason, href)
    failed = [
        word for name, word in _SHORT.items() if name in cell.checks and cell.checks[name].verdict == "fail"
    ]
    note = f"not kept: {', '.join(failed)}" if failed else ""
    if cell.tools.forwarded is None or cell.tools.sent is None:
        return missing("not asked", cell.reasons.get("tools.forwarded", "no model was asked"), href)
    text = f"{numbers.tokens(cell.tools.forwarded)} of {numbers.tokens(cell.tools.sent)}"
    return judged(text, not failed, note, href)
