"""The rows of tables and charts: variants with their totals, and scenarios, or classes if there are many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lab.kit import numbers
from lab.kit.anchors import gap, scenario_anchor, suite_anchor, suite_order
from lab.kit.tables import Row, without
from lab.kit.text import file_name, one_line, short
from lab.results.cell import Cell
from lab.results.models import Results, VariantRow
from lab.results.totals import ClassRow, TotalRow

CellMap = Mapping[tuple[str, str], Cell]

# A suite with more scenarios is shown by class: a group of its scenarios, or the suite as a whole.
FEW = 12
MOST_ROWS = 40


def cell_map(results: Results) -> CellMap:
    """All cells by variant and scenario."""
    return {(cell.variant, cell.scenario): cell for cell in results.cells}


def class_map(results: Results) -> dict[tuple[str, str], dict[str, ClassRow]]:
    """The sums of every class, by suite and name, and within it by variant."""
    classes: dict[tuple[str, str], dict[str, ClassRow]] = {}
    for row in results.classes:
        classes.setdefault((row.suite, row.class_), {})[row.variant] = row
    return classes


def totals_by_variant(results: Results) -> list[tuple[VariantRow, TotalRow | None]]:
    """Every variant in the order of the run, with its totals, if it has any."""
    rows = {row.variant: row for row in results.totals}
    return [(variant, rows.get(variant.name)) for variant in results.variants]


@dataclass(frozen=True, slots=True)
class VariantTotal:
    """A variant with its totals."""

    of: VariantRow
    total: TotalRow

    @property
    def variant(self) -> str:
        """Its name."""
        return self.of.name


def measured_rows(
    results: Results, note: Callable[[VariantRow], str] = lambda _: ""
) -> Iterator[VariantTotal | Row]:
    """Every variant in the order of the run, with its totals, or with the reason if it was not measured."""
    for variant, total in totals_by_variant(results):
        if variant.status == "measured" and total is not None:
            yield VariantTotal(variant, total)
        else:
            yield gap(variant, without(variant.status, variant.reason), note(variant))


def total_rows(results: Results, has: Callable[[TotalRow], bool]) -> Iterator[VariantTotal | Row]:
    """The same for totals that not every variant `has` that was measured."""
    for variant, total in totals_by_variant(results):
        if total is not None and has(total):
            yield VariantTotal(variant, total)
        else:
            yield not_compared(variant, total)


def not_compared(variant: VariantRow, sums: TotalRow | ClassRow | None) -> Row:
    """The row of a variant that has no sums, and why."""
    word = variant.status if variant.status != "measured" else "not compared"
    return gap(variant, without(word, (sums.reason if sums else None) or variant.reason))


@dataclass(frozen=True, slots=True)
class Line:
    """One row: a scenario with its cells, or a class with its sums, by variant.

    `short` has room in a chart; `note` says what it is; `href` leads to its part of the report.
    """

    label: str
    short: str
    note: str
    href: str
    facts: int
    figures: Mapping[str, Cell | ClassRow]

    @property
    def summed(self) -> bool:
        """Whether it is a class."""
        return any(isinstance(row, ClassRow) for row in self.figures.values())


def class_anchor(suite: str, group: str) -> str:
    """The id of a class's grid."""
    return f"class-{file_name(suite, group)}"


def large_suites(results: Results) -> frozenset[str]:
    """The suites that are shown by class."""
    counts = Counter(scenario.suite for scenario in results.scenarios)
    return frozenset(suite for suite, count in counts.items() if count > FEW)


def lines(results: Results, cells: CellMap) -> tuple[Line, ...]:
    """Every scenario of small suites, and every class of large ones; classes alone where there are many."""
    return _lines(results, cells, _classes)


def few_lines(results: Results, cells: CellMap, most: int = MOST_ROWS) -> tuple[Line, ...]:
    """As `lines`, but with one row a suite where there would be more than `most`."""
    all_lines = lines(results, cells)
    return all_lines if len(all_lines) <= most else _lines(results, cells, _suite)


def _lines(
    results: Results, cells: CellMap, summed: Callable[[Results, str], Iterator[Line]]
) -> tuple[Line, ...]:
    large = large_suites(results)
    return tuple(
        line
        for suite in suite_order(results)
        for line in (summed(results, suite) if suite in large else _scenarios(results, suite, cells))
    )


def _scenarios(results: Results, suite: str, cells: CellMap) -> Iterator[Line]:
    for scenario in results.scenarios:
        if scenario.suite == suite:
            yield Line(
                label=one_line(scenario.id, 40),
                short=short(scenario.id, 12),
                note=one_line(scenario.title, 80),
                href=f"#{scenario_anchor(scenario.id)}",
                facts=scenario.facts_total,
                figures={
                    variant.name: cell
                    for variant in results.variants
                    if (cell := cells.get((variant.name, scenario.id)))
                },
            )


def _classes(results: Results, suite: str) -> Iterator[Line]:
    for (of, name), sums in class_map(results).items():
        if of == suite:
            title = next(iter(sums.values())).title
            yield _summed(one_line(f"{suite}: {title}", 60), name, class_anchor(suite, name), sums)


def _suite(results: Results, suite: str) -> Iterator[Line]:
    """One line for a suite: the sums of its classes."""
    by_variant: dict[str, list[ClassRow]] = {}
    for row in results.classes:
        if row.suite == suite:
            by_variant.setdefault(row.variant, []).append(row)
    if by_variant:
        sums = {name: _sum(rows) for name, rows in by_variant.items()}
        yield _summed(one_line(suite, 40), suite, suite_anchor(suite), sums)


def _summed(label: str, name: str, anchor: str, sums: Mapping[str, ClassRow]) -> Line:
    rows = tuple(sums.values())
    most = max(len(row.scenarios) for row in rows)
    return Line(
        label=label,
        short=short(name, 12),
        note=f"sum of {numbers.share(most, len(rows[0].of))} scenarios",
        href=f"#{anchor}",
        facts=max(row.facts.total for row in rows),
        figures=sums,
    )


def _sum(rows: Sequence[ClassRow]) -> ClassRow:
    """Classes of one variant together: tokens and facts; None where none of them has any."""
    first = rows[0]
    counted = [row for row in rows if row.tokens.sent is not None and row.tokens.forwarded is not None]
    known = [row.facts for row in rows if row.facts.kept is not None]
    tokens = {
        "sent": sum(row.tokens.sent or 0.0 for row in counted) if counted else None,
        "forwarded": sum(row.tokens.forwarded or 0.0 for row in counted) if counted else None,
    }
    facts = {
        "kept": sum(f.kept or 0.0 for f in known) if known else None,
        "total": sum(f.total for f in known),
    }
    return first.model_copy(
        update={
            "of": tuple(name for row in rows for name in row.of),
            "scenarios": tuple(name for row in rows for name in row.scenarios),
            "tokens": first.tokens.model_copy(update=tokens),
            "facts": first.facts.model_copy(update=facts),
            "reason": first.reason if not counted else None,
        }
    )
