"""The page of a variant: one row a scenario, of which all its figures in the report are made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lab.kit import numbers
from lab.kit.anchors import suite_anchor, suite_order, variant_anchor
from lab.kit.cell_figs import CellFigures, cell_columns
from lab.kit.section import Section
from lab.kit.tables import Col, Fig, Row, Table, col, missing, num, table, without
from lab.kit.text import one_line
from lab.report.rows import CellMap
from lab.report.summary import cache_fig
from lab.results.models import Results, VariantRow

NO_CELL = "There is no cell for this scenario in the records."


def variant_exchanges(results: Results, cells: CellMap, variant: VariantRow) -> Section:
    """The page of a variant, from the results alone, under the id of the variant's part of the report."""
    whole = next((one.reason for one in results.comparison.variants_left_out if one.name == variant.name), "")
    left_out = {one.name: one.reason for one in results.comparison.scenarios_left_out}
    if whole:
        left_out = dict.fromkeys((one.id for one in results.scenarios), whole)
    suites = (
        Section(f"Suite {one_line(suite, 40)}", (_table(results, suite, left_out, cells, variant),))
        for suite in suite_order(results)
    )
    return Section(
        one_line(variant.title, 120),
        (*_text(results, cells, variant, whole), *suites),
        id=variant_anchor(variant.name),
        short=one_line(variant.name, 60),
    )


def _text(results: Results, cells: CellMap, variant: VariantRow, whole: str) -> Iterator[str]:
    """What the variant's figures are made of."""
    asked = [cell for one in results.scenarios if (cell := cells.get((variant.name, one.id))) and cell.n]
    if not asked:
        yield "There is no exchange of this variant; beside each scenario stands the reason."
        return
    exchanges = numbers.counted(sum(cell.n for cell in asked), "exchange")
    scenarios = numbers.counted(len(asked), "scenario")
    yield (
        f"{exchanges} of {scenarios}. Every figure of this variant in the report is made of them, "
        "and every row leads to its own, one by one."
    )
    if whole:
        yield f"The variant is in no total: {one_line(whole, 400).rstrip('.')}."
    else:
        yield (
            "Totals of tokens, costs, latency, facts and tools are over the "
            f"{numbers.tokens(len(results.comparison.scenarios))} scenarios that all compared variants "
            "completed, marked \u201cyes\u201d. Failures, tiers, caches, claims and checks cover all valid "
            "scenarios that the variant was asked, and the figures of a suite that suite alone."
        )
    yield "A row's figures are means over completed exchanges; its latency is the median."


def _table(
    results: Results, suite: str, left_out: Mapping[str, str], cells: CellMap, variant: VariantRow
) -> Table:
    scenarios = [one for one in results.scenarios if one.suite == suite]
    about = {one.id: (one_line(one.id, 40), one_line(one.title, 80)) for one in scenarios}
    groups = {one.id: one_line(one.class_title, 60) for one in scenarios}

    def total(figure: CellFigures) -> Fig:
        reason = left_out.get(figure.cell.scenario)
        return missing("no", reason, figure.href) if reason else figure.linked(Fig("yes"))

    def row(scenario: str) -> CellFigures | Row:
        cell = cells.get((variant.name, scenario))
        if cell is None:
            return Row(Fig(*about[scenario]), span=without("not_run", NO_CELL))
        return CellFigures(cell).row(*about[scenario])

    columns: tuple[Col[CellFigures], ...] = (
        col("Scenario", lambda f: f.head(*about[f.cell.scenario])),
        col("Class", lambda f: f.linked(Fig(groups[f.cell.scenario]))),
        col("In the totals", total),
        col("Verdict", lambda f: f.verdict(), "repeats that pass"),
        *cell_columns(
            facts=any(one.facts_total for one in scenarios), tools=any(one.tools_needed for one in scenarios)
        ),
        num("Latency added", lambda f: f.added(), "ms, median"),
        col("Answers from a cache", lambda f: f.linked(cache_fig(f.cell))),
    )
    caption = f"Suite {one_line(suite, 40)} through {one_line(variant.name, 40)}, one row a scenario."
    return table(suite_anchor(suite), caption, columns, map(row, groups))
