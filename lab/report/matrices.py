"""Tokens and facts by scenario or class (rows) and variant (columns)."""

from __future__ import annotations

from collections.abc import Callable

from lab.kit import numbers
from lab.kit.anchors import variant_column, variant_page
from lab.kit.cell_figs import CellFigures, change_fig, evidence_name, kept_fig
from lab.kit.section import Section, present
from lab.kit.tables import Col, Fig, Notes, Table, col, num, table
from lab.report.drawings import facts_drawing, tokens_drawing
from lab.report.rows import Line, cell_map, lines
from lab.results.cell import Cell
from lab.results.models import Results, VariantRow
from lab.results.totals import ClassRow

LEAD = (
    "Tokens are counted behind the gateway, on what reached the model provider. Tokens saved by encoding "
    "keep the facts that a model needs; tokens saved by deleting lose them."
)
NO_CELL = "There is no cell for this scenario and variant in the records."
NO_FACTS = "No compared scenario of this class declares facts and reached a model."


def tokens_section(results: Results) -> Section:
    """Tokens and facts, each as a chart and a table."""
    cells = cell_map(results)
    rows = lines(results, cells)
    parts = (
        ("Tokens", tokens_drawing(results, cells), token_matrix(results, rows)),
        ("Facts", facts_drawing(results, cells), facts_matrix(results, rows)),
    )
    shown = [
        Section(chart.title if chart else title, present(chart, table))
        for title, chart, table in parts
        if chart or table.rows
    ]
    return Section("Tokens and facts", (LEAD, *shown), id="tokens")


def token_matrix(results: Results, lines: tuple[Line, ...]) -> Table:
    """Tokens forwarded, with the change against tokens sent."""
    notes = Notes()
    return _matrix(
        results,
        "tokens-by-scenario",
        "Tokens forwarded, and the change against the tokens that the client sent.",
        num("Sent", lambda line: _sent(line, notes), "tokens"),
        _forwarded,
        lines,
        notes,
    )


def facts_matrix(results: Results, lines: tuple[Line, ...]) -> Table:
    """Facts kept, for the scenarios that declare facts."""
    return _matrix(
        results,
        "facts-by-scenario",
        "Facts that still reached the model, of those that scenarios declare.",
        num("Declared", lambda line: Fig(numbers.tokens(line.facts)), "facts"),
        _kept,
        tuple(line for line in lines if line.facts),
        Notes(),
    )


def _matrix(
    results: Results,
    name: str,
    caption: str,
    of: Col[Line],
    figure: Callable[[Line, VariantRow, Notes], Fig],
    lines: tuple[Line, ...],
    notes: Notes,
) -> Table:
    """One row a line, one column a variant, and before them what their figures are of."""

    def get(variant: VariantRow) -> Callable[[Line], Fig]:
        return lambda line: figure(line, variant, notes)

    columns: tuple[Col[Line], ...] = (
        col("Scenario", lambda line: Fig(line.label, line.note, href=line.href)),
        of,
        *(variant_column(variant.name, get(variant)) for variant in results.variants),
    )
    return table(name, caption + _of_classes(lines), columns, lines, notes=notes)


def _of_classes(lines: tuple[Line, ...]) -> str:
    if not any(line.sums for line in lines):
        return ""
    return " Large suites are shown by class: sums over the scenarios that all compared variants completed."


def _sent(line: Line, notes: Notes) -> Fig:
    """Tokens sent, which are the same for all variants; the evidence is the first one's."""
    known = [
        (cell.tokens.sent, evidence_name(cell.variant, cell.scenario)) for cell in line.cells.values()
    ] + [(row.tokens.sent, variant_page(row.variant)) for row in line.sums.values()]
    for sent, href in known:
        if sent is not None:
            return Fig(numbers.tokens(sent), href=href)
    cell = next(iter(line.cells.values()), None)
    if cell is not None:
        return notes.missing(cell.status, cell.reason or "No exchange completed.")
    row = next(iter(line.sums.values()), None)
    return notes.missing("not compared", (row.reason if row else None) or NO_CELL)


def _forwarded(line: Line, variant: VariantRow, notes: Notes) -> Fig:
    if line.sums:
        return _forwarded_sum(line.sums.get(variant.name), variant, notes)
    cell = line.cells.get(variant.name)
    if cell is None:
        return notes.missing("not run", NO_CELL)
    fig = CellFigures(cell, notes)
    value, change = fig.value("tokens.forwarded", numbers.tokens), fig.saving()
    if value.tone == "missing":
        return value
    return _changed(value.text, change, value.href)


def _forwarded_sum(row: ClassRow | None, variant: VariantRow, notes: Notes) -> Fig:
    if row is None or row.tokens.sent is None or row.tokens.forwarded is None:
        return _no_sum(row, variant, notes)
    change = change_fig(numbers.change(row.tokens.forwarded, row.tokens.sent))
    return _changed(numbers.tokens(row.tokens.forwarded), change, "")


def _no_sum(row: ClassRow | None, variant: VariantRow, notes: Notes) -> Fig:
    word = variant.status if variant.status != "measured" else "not compared"
    return notes.missing(word, (row.reason if row else None) or variant.reason or NO_CELL)


def _changed(text: str, change: Fig, href: str) -> Fig:
    words = f"{change.sign} {change.text}".strip()
    return Fig(text, f"{words} {change.note}".strip(), href=href)


def _kept(line: Line, variant: VariantRow, notes: Notes) -> Fig:
    if line.sums:
        return _kept_sum(line.sums.get(variant.name), variant, notes)
    cell: Cell | None = line.cells.get(variant.name)
    if cell is None:
        return notes.missing("not run", NO_CELL)
    fig = CellFigures(cell, notes)
    kept = fig.facts()
    return kept if kept.tone == "missing" else _with_tokens(kept, fig.saving())


def _kept_sum(row: ClassRow | None, variant: VariantRow, notes: Notes) -> Fig:
    if row is None or not row.scenarios:
        return _no_sum(row, variant, notes)
    if row.facts.kept is None or row.tokens.sent is None or row.tokens.forwarded is None:
        return notes.missing("not counted", row.reasons.get("facts.kept") or NO_FACTS)
    change = change_fig(numbers.change(row.tokens.forwarded, row.tokens.sent))
    return _with_tokens(kept_fig(row.facts.kept, row.facts.total), change)


def _with_tokens(kept: Fig, change: Fig) -> Fig:
    return Fig(kept.text, f"{change.sign} {change.text} tokens".strip(), kept.tone, kept.sign, kept.href)
