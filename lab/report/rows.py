"""The rows of tables and charts over scenarios: scenarios by themselves, or classes where there are many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lab.kit import numbers
from lab.kit.anchors import scenario_anchor, suite_anchor, suite_order
from lab.kit.text import file_name, one_line, short
from lab.results.cell import Cell
from lab.results.models import Results, ScenarioRow
from lab.results.totals import ClassRow

CellMap = Mapping[tuple[str, str], Cell]

# A suite with more scenarios is shown by class: a group of its scenarios, or the suite as a whole.
FEW = 12
MOST_ROWS = 40


def cell_map(results: Results) -> CellMap:
    """All cells by variant and scenario."""
    return {(cell.variant, cell.scenario): cell for cell in results.cells}


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
    cells: Mapping[str, Cell] = field(default_factory=dict)
    sums: Mapping[str, ClassRow] = field(default_factory=dict)


def class_anchor(suite: str, group: str) -> str:
    """The id of a class's grid."""
    return f"class-{file_name(suite, group)}"


def large_suites(results: Results) -> frozenset[str]:
    """The suites that are shown by class."""
    counts: dict[str, int] = {}
    for scenario in results.scenarios:
        counts[scenario.suite] = counts.get(scenario.suite, 0) + 1
    return frozenset(suite for suite, count in counts.items() if count > FEW)


def lines(results: Results, cells: CellMap) -> tuple[Line, ...]:
    """Every scenario of small suites, and every class of large ones; classes alone where there are many."""
    large = large_suites(results)
    return tuple(
        line
        for suite in suite_order(results)
        for line in (_classes(results, suite) if suite in large else _scenarios(results, suite, cells))
    )


def few_lines(results: Results, cells: CellMap, most: int = MOST_ROWS) -> tuple[Line, ...]:
    """As `lines`, but with one row a suite where there would be more than `most`."""
    all_lines = lines(results, cells)
    if len(all_lines) <= most:
        return all_lines
    large = large_suites(results)
    return tuple(
        line
        for suite in suite_order(results)
        for line in (_suite(results, suite) if suite in large else _scenarios(results, suite, cells))
    )


def _scenarios(results: Results, suite: str, cells: CellMap) -> Iterator[Line]:
    for scenario in results.scenarios:
        if scenario.suite == suite:
            mine = {
                v.name: cells[v.name, scenario.id] for v in results.variants if (v.name, scenario.id) in cells
            }
            yield _scenario(scenario, mine)


def _scenario(scenario: ScenarioRow, cells: Mapping[str, Cell]) -> Line:
    return Line(
        label=one_line(scenario.id, 40),
        short=short(scenario.id, 12),
        note=one_line(scenario.title, 80),
        href=f"#{scenario_anchor(scenario.id)}",
        facts=scenario.facts_total,
        cells=cells,
    )


def _classes(results: Results, suite: str) -> Iterator[Line]:
    groups: dict[str, list[ClassRow]] = {}
    for row in results.classes:
        if row.suite == suite:
            groups.setdefault(row.class_, []).append(row)
    for group, rows in groups.items():
        first = rows[0]
        yield Line(
            label=one_line(f"{suite}: {first.title}", 60),
            short=short(group, 12),
            note=_covered(rows),
            href=f"#{class_anchor(suite, group)}",
            facts=max(row.facts.total for row in rows),
            sums={row.variant: row for row in rows},
        )


def _covered(rows: Sequence[ClassRow]) -> str:
    most = max(len(row.scenarios) for row in rows)
    return f"sum of {numbers.share(most, len(rows[0].of))} scenarios"


def _suite(results: Results, suite: str) -> Iterator[Line]:
    """One line for a suite: the sums of its classes."""
    by_variant: dict[str, list[ClassRow]] = {}
    for row in results.classes:
        if row.suite == suite:
            by_variant.setdefault(row.variant, []).append(row)
    if by_variant:
        sums = {name: _sum(rows) for name, rows in by_variant.items()}
        yield Line(
            label=one_line(suite, 40),
            short=short(suite, 12),
            note=_covered(tuple(sums.values())),
            href=f"#{suite_anchor(suite)}",
            facts=max(row.facts.total for row in sums.values()),
            sums=sums,
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
