"""The scenarios, suite by suite: full tables of small suites, compact grids of large ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lab.kit import numbers
from lab.kit.anchors import scenario_anchor, suite_anchor, suite_file, suite_order, variant_column
from lab.kit.cell_figs import NO, YES, CellFigures, ScenarioView, scenario_view
from lab.kit.tables import Column, Fig, Notes, Row, Table, status_word
from lab.kit.text import file_name, one_line
from lab.report.rows import CellMap, class_anchor, large_suites
from lab.results.models import Cell, Results, ScenarioRow, VariantRow

CACHE_WORDS = {
    "none": "miss",
    "hit": "hit",
    "mixed": "hit in some repeats",
    "foreign": "another's answer",
    "unproven": "unproven",
}
NAMED = 2
# What a key figure already says of a failed check.
SAID = {"tier_acceptable": "tier", "facts_kept": "facts", "tools_kept": "tools"}


@dataclass(frozen=True, slots=True)
class GridView:
    """One class of a large suite: who fails in it, and its grid of verdicts."""

    anchor: str
    title: str
    verdict: Fig
    table: Table


@dataclass(frozen=True, slots=True)
class SuiteView:
    """One suite: full tables of its scenarios, or one grid a class."""

    anchor: str
    name: str
    title: str
    text: str
    absent: tuple[str, ...]
    scenarios: tuple[ScenarioView, ...]
    grids: tuple[GridView, ...]
    file: str


def suite_views(results: Results, cells: CellMap) -> tuple[SuiteView, ...]:
    """All suites, `core` first."""
    large = large_suites(results)
    wrong = {(one.variant, one.scenario) for one in results.wrong_answers.served}
    return tuple(_suite(results, suite, cells, suite in large, wrong) for suite in suite_order(results))


def _suite(
    results: Results, suite: str, cells: CellMap, large: bool, wrong: set[tuple[str, str]]
) -> SuiteView:
    scenarios = [scenario for scenario in results.scenarios if scenario.suite == suite]
    classes: dict[str, list[ScenarioRow]] = {}
    for scenario in scenarios:
        classes.setdefault(scenario.group, []).append(scenario)
    asked = {cell.variant for cell in results.cells if cell.suite == suite and cell.evidence}
    shown = [variant for variant in results.variants if variant.name in asked]
    return SuiteView(
        anchor=suite_anchor(suite),
        name=one_line(suite, 40),
        title=one_line(results.run.suite_titles.get(suite, ""), 120),
        text=_text(scenarios, classes, large),
        absent=tuple(
            _absent(v, cells.get((v.name, scenarios[0].id))) for v in results.variants if v not in shown
        )
        if large
        else (),
        scenarios=() if large else tuple(_scenario(one, results, cells) for one in scenarios),
        grids=tuple(_grid(shown, ones, cells, wrong) for ones in classes.values()) if large else (),
        file=suite_file(suite) if large else "",
    )


def _absent(variant: VariantRow, cell: Cell | None) -> str:
    """Why a variant has no column: it was asked nothing of this suite."""
    status = cell.status if cell else variant.status
    reason = variant.reason or (cell.reason if cell else None) or "no reason was recorded"
    return one_line(f"{variant.name}: {status_word(status)}, {reason}", 300)


def _text(scenarios: Sequence[ScenarioRow], classes: Mapping[str, object], large: bool) -> str:
    count = "1 scenario" if len(scenarios) == 1 else f"{len(scenarios):,} scenarios"
    if large:
        count += " in 1 class" if len(classes) == 1 else f" in {len(classes):,} classes"
    what = "verdict" if large else "figure"
    return f"{count}. Every {what} leads to its evidence: what was sent, what was forwarded, the answer."


def _scenario(scenario: ScenarioRow, results: Results, cells: CellMap) -> ScenarioView:
    mine = {v.name: cells[v.name, scenario.id] for v in results.variants if (v.name, scenario.id) in cells}
    return scenario_view(scenario, results.variants, mine)


def _grid(
    variants: Sequence[VariantRow],
    scenarios: Sequence[ScenarioRow],
    cells: CellMap,
    wrong: set[tuple[str, str]],
) -> GridView:
    notes, first = Notes(), scenarios[0]
    rows = []
    for scenario in scenarios:
        head = Fig(one_line(scenario.id, 40), one_line(scenario.title, 80))
        figs = [
            _verdict(cells.get((v.name, scenario.id)), scenario, v, notes, (v.name, scenario.id) in wrong)
            for v in variants
        ]
        rows.append(Row(head, tuple(figs), anchor=scenario_anchor(scenario.id)))
    title = one_line(first.group_title, 80)
    return GridView(
        anchor=class_anchor(first.suite, first.group),
        title=f"{title} ({len(scenarios):,})",
        verdict=_who_fails(variants, scenarios, cells),
        table=Table(
            id=f"grid-{file_name(first.suite, first.group)}",
            caption=f"{title}: repeats that pass, of those judged; beneath, {_legend(scenarios)}.",
            columns=(
                Column("Scenario", num=False),
                *(variant_column(v.name, num=False) for v in variants),
            ),
            rows=tuple(rows),
            notes=tuple(notes.texts),
            grid=True,
        ),
    )


def _legend(scenarios: Sequence[ScenarioRow]) -> str:
    """What the smaller line of a grid's cells says, in words."""
    words = [
        "the tier that a router picked" if any(s.acceptable_tiers for s in scenarios) else "",
        "facts kept and tokens forwarded" if any(s.facts_total for s in scenarios) else "",
        "needed tools intact" if any(s.tools_needed for s in scenarios) else "",
        "whether a cache answered" if any(s.sequence for s in scenarios) else "",
        "the checks that failed",
    ]
    return ", ".join(word for word in words if word)


def _verdict(cell: Cell | None, scenario: ScenarioRow, variant: VariantRow, notes: Notes, wrong: bool) -> Fig:
    """Repeats that pass of those judged, and one key figure; leads to the evidence page."""
    if cell is None:
        return notes.missing("not run", "There is no cell for this scenario and variant in the records.")
    said = dict(_key_figures(cell, scenario, variant))
    parts = ["wrong answer"] if wrong else [*said.values(), *_failed(cell, said)]
    return CellFigures(cell, notes).verdict(one_line("; ".join(parts), 90))


def _key_figures(cell: Cell, scenario: ScenarioRow, variant: VariantRow) -> Iterator[tuple[str, str]]:
    """What the scenario is about, in a figure: tier, facts and tokens, tools, or the cache."""
    if scenario.acceptable_tiers and variant.routes:
        yield "tier", cell.tier.served or "no model asked"
    if scenario.facts_total and cell.facts.kept is not None:
        yield "facts", f"{numbers.tokens(cell.facts.kept)} of {cell.facts.total:,} facts"
        if cell.tokens.sent and cell.tokens.forwarded is not None:
            change = numbers.change(cell.tokens.forwarded, cell.tokens.sent)
            yield "tokens", f"{numbers.percent(change or 0.0)} tokens"
    if scenario.tools_needed and cell.tools.needed_kept is not None:
        yield "tools", f"{numbers.tokens(cell.tools.needed_kept)} of {cell.tools.needed:,} tools"
    if scenario.sequence and cell.cache.verdict is not None:
        yield "cache", CACHE_WORDS[cell.cache.verdict]


def _failed(cell: Cell, said: Mapping[str, str]) -> Iterator[str]:
    """The checks that failed, but for those of which a key figure tells."""
    failed = (name for name, check in cell.checks.items() if check.verdict == "fail")
    names = [name for name in failed if SAID.get(name) not in said]
    yield from names[:NAMED]
    if len(names) > NAMED:
        yield f"{len(names) - NAMED} more"


def _who_fails(variants: Sequence[VariantRow], scenarios: Sequence[ScenarioRow], cells: CellMap) -> Fig:
    """The variants that fail scenarios of this class, each with how many."""
    counts = {}
    judged = 0
    for variant in variants:
        found = [cells.get((variant.name, scenario.id)) for scenario in scenarios if scenario.valid]
        known = [cell for cell in found if cell is not None and cell.passes.of]
        judged += len(known)
        failed = sum(cell.passes.passed < cell.passes.of for cell in known)
        if failed:
            counts[one_line(variant.name, 40)] = failed
    if not judged:
        return Fig("not judged", tone="missing")
    if not counts:
        return Fig("all pass", sign=YES, tone="good")
    return Fig(
        "fails: " + ", ".join(f"{name} {count:,}" for name, count in counts.items()), sign=NO, tone="bad"
    )
