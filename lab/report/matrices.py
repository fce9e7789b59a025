"""Tokens and facts by scenario or class (rows) and variant (columns)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lab.kit import numbers
from lab.kit.anchors import by_variant, variant_columns, variant_page
from lab.kit.cell_figs import CellFigures, evidence_link, facts_fig, saving_fig, value_fig
from lab.kit.section import Section, present
from lab.kit.tables import Col, Fig, Table, col, missing, num, table
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
OF_CLASSES = " Large suites are shown by class: sums over the scenarios that all compared variants completed."
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
    caption = "Tokens forwarded, and the change against the tokens that the client sent."
    sent = num("Sent", _sent, "tokens")
    return _matrix(results, "tokens-by-scenario", caption, sent, _forwarded, lines)


def facts_matrix(results: Results, lines: tuple[Line, ...]) -> Table:
    """Facts kept, for the scenarios that declare facts."""
    caption = "Facts that still reached the model, of those that scenarios declare."
    declared: Col[Line] = num("Declared", lambda line: Fig(numbers.tokens(line.facts)), "facts")
    with_facts = tuple(line for line in lines if line.facts)
    return _matrix(results, "facts-by-scenario", caption, declared, _kept, with_facts)


def _matrix(
    results: Results,
    name: str,
    caption: str,
    of: Col[Line],
    figure: Callable[[VariantRow, Line], Fig],
    lines: tuple[Line, ...],
) -> Table:
    """One row a line, one column a variant, and before them what their figures are of."""
    variants = by_variant(results)

    def get(variant: str, line: Line) -> Fig:
        return figure(variants[variant], line)

    columns: tuple[Col[Line], ...] = (
        col("Scenario", lambda line: Fig(line.label, line.note, href=line.href)),
        of,
        *variant_columns(variants, get),
    )
    return table(name, caption + (OF_CLASSES if any(line.summed for line in lines) else ""), columns, lines)


def _sent(line: Line) -> Fig:
    """Tokens sent, which are the same for all variants; the evidence is the first one's."""
    for row in line.figures.values():
        if row.tokens.sent is not None:
            cell = row if isinstance(row, Cell) else None
            href = evidence_link(row.variant, cell.scenario) if cell else variant_page(row.variant)
            return Fig(numbers.tokens(row.tokens.sent), href=href)
    first = next(iter(line.figures.values()), None)
    if isinstance(first, Cell):
        return missing(first.status, first.reason or "No exchange completed.")
    return missing("not compared", (first.reason if first else None) or NO_CELL)


def _forwarded(variant: VariantRow, line: Line) -> Fig:
    row = line.figures.get(variant.name)
    sums = row.tokens if isinstance(row, ClassRow) else None
    if row is None or (sums and (sums.sent is None or sums.forwarded is None)):
        return _no_figure(variant, line)
    href = CellFigures(row).href if isinstance(row, Cell) else ""
    value, change = value_fig(row, "tokens.forwarded", numbers.tokens, href), saving_fig(row)
    if value.tone == "missing":
        return value
    return replace(value, note=f"{change.sign} {change.text} {change.note}".strip())


def _kept(variant: VariantRow, line: Line) -> Fig:
    row = line.figures.get(variant.name)
    if row is None or (isinstance(row, ClassRow) and not row.scenarios):
        return _no_figure(variant, line)
    if isinstance(row, Cell):
        kept = facts_fig(row, CellFigures(row).href)
    elif row.facts.kept is None or row.tokens.sent is None or row.tokens.forwarded is None:
        kept = missing("not counted", row.reasons.get("facts.kept") or NO_FACTS)
    else:
        kept = facts_fig(row)
    if kept.tone == "missing":
        return kept
    change = saving_fig(row)
    return replace(kept, note=f"{change.sign} {change.text} tokens".strip())


def _no_figure(variant: VariantRow, line: Line) -> Fig:
    """In place of the figure of a variant that has no cell in a line, or no sum."""
    if not line.summed:
        return missing("not run", NO_CELL)
    word = variant.status if variant.status != "measured" else "not compared"
    row = line.figures.get(variant.name)
    return missing(word, (row.reason if row else None) or variant.reason or NO_CELL)
