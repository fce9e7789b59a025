"""The scenarios, suite by suite: full tables of small suites, compact grids of large ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lab.kit import numbers
from lab.kit.anchors import scenario_anchor, suite_anchor, suite_file, suite_order, variant_columns
from lab.kit.cell_figs import CellFigures, cell_columns
from lab.kit.section import Block, Line, Section
from lab.kit.tables import NO, UNKNOWN, YES, Col, Fig, col, missing, status_word, table
from lab.kit.text import file_name, one_line
from lab.report.rows import CellMap, cell_map, class_anchor, large_suites
from lab.results.cell import Cell
from lab.results.models import Results, ScenarioRow, VariantRow

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


def scenarios_section(results: Results) -> Section:
    """All suites, `core` first: full tables of small ones, a grid a class of large ones."""
    cells, large = cell_map(results), large_suites(results)
    wrong = {(one.variant, one.scenario) for one in results.wrong_answers.served}
    suites = (_suite(results, suite, cells, suite in large, wrong) for suite in suite_order(results))
    return Section("Scenarios", tuple(suites), id="scenarios")


def _suite(results: Results, suite: str, cells: CellMap, large: bool, wrong: set[tuple[str, str]]) -> Section:
    scenarios = [scenario for scenario in results.scenarios if scenario.suite == suite]
    classes: dict[str, list[ScenarioRow]] = {}
    for scenario in scenarios:
        classes.setdefault(scenario.class_, []).append(scenario)
    shown: Sequence[VariantRow] = results.variants
    blocks: list[Block] = [_text(scenarios, classes, large)]
    if large:
        asked = {cell.variant for cell in results.cells if cell.suite == suite and cell.evidence}
        shown = [variant for variant in results.variants if variant.name in asked]
        others = [variant for variant in results.variants if variant not in shown]
        absent = (_absent(variant, cells.get((variant.name, scenarios[0].id))) for variant in others)
        blocks += [Line((text,), "small soft") for text in absent]
        blocks += [_grid(shown, ones, cells, wrong) for ones in classes.values()]
    else:
        blocks += [_scenario(results, scenario, cells) for scenario in scenarios]
    name, title = f"Suite {one_line(suite, 40)}", one_line(results.run.suite_titles.get(suite, ""), 120)
    return Section(
        f"{name}: {title}" if title else name,
        tuple(blocks),
        id=suite_anchor(suite),
        short=name,
        own_file=suite_file(suite),
    )


def _absent(variant: VariantRow, cell: Cell | None) -> str:
    """Why a variant has no column: it was asked nothing of this suite."""
    status = cell.status if cell else variant.status
    reason = variant.reason or (cell.reason if cell else None) or UNKNOWN
    return one_line(f"{variant.name}: {status_word(status)}, {reason}", 300)


def _text(scenarios: Sequence[ScenarioRow], classes: Mapping[str, object], large: bool) -> str:
    count = numbers.counted(len(scenarios), "scenario")
    if large:
        count += f" in {numbers.counted(len(classes), 'class', 'classes')}"
    what = "verdict" if large else "figure"
    return f"{count}. Every {what} leads to its evidence: what was sent, what was forwarded, the answer."


def _scenario(results: Results, scenario: ScenarioRow, cells: CellMap) -> Section:
    """One scenario with its table over all variants."""
    controls = {variant.name for variant in results.variants if variant.kind == "control"}
    head: Col[CellFigures] = col("Variant", lambda figure: figure.head(figure.cell.variant))
    figures = table(
        f"t-{file_name(scenario.id)}",
        f"{one_line(scenario.id)}: means over the completed exchanges; latency is the median.",
        (head, *cell_columns(facts=bool(scenario.facts_total), tools=bool(scenario.tools_needed))),
        [
            CellFigures(cell).row(variant.name, control=variant.name in controls)
            for variant in results.variants
            if (cell := cells.get((variant.name, scenario.id)))
        ],
        control=lambda figure: figure.cell.variant in controls,
    )
    looks_at = " ".join((f"Looks at: {scenario.looks_at}.", *_scenario_notes(scenario)))
    return Section(
        f"{scenario.id}: {scenario.title}",
        (Line((looks_at,), "small soft"), figures),
        scenario_anchor(scenario.id),
    )


def _scenario_notes(scenario: ScenarioRow) -> Iterator[str]:
    if not scenario.valid:
        yield f"Not a valid request: {scenario.invalid_why} It is not part of any total."
    if scenario.acceptable_tiers:
        why = f" ({scenario.tiers_why})" if scenario.tiers_why else ""
        yield f"Acceptable tiers: {', '.join(scenario.acceptable_tiers)}{why}."
    if scenario.tools_needed:
        yield f"Tools a model needs here: {', '.join(scenario.tools_needed)}."
    if scenario.facts_total:
        yield f"Facts a model needs here: {scenario.facts_total}."
    if scenario.sequence:
        yield f"Sent in order, as part of the sequence {scenario.sequence}."


def _grid(
    variants: Sequence[VariantRow],
    scenarios: Sequence[ScenarioRow],
    cells: CellMap,
    wrong: set[tuple[str, str]],
) -> Section:
    first, by_name = scenarios[0], {variant.name: variant for variant in variants}
    title = one_line(first.class_title, 80)

    def verdict(variant: str, scenario: ScenarioRow) -> Fig:
        key = (variant, scenario.id)
        return _verdict(cells.get(key), scenario, by_name[variant], key in wrong)

    columns: tuple[Col[ScenarioRow], ...] = (
        col("Scenario", lambda row: Fig(one_line(row.id, 40), one_line(row.title, 80))),
        *variant_columns(by_name, verdict, num=False),
    )
    figures = table(
        f"grid-{file_name(first.suite, first.class_)}",
        f"{title}: repeats that pass, of those judged; beneath, {_legend(scenarios)}.",
        columns,
        scenarios,
        anchor=lambda row: scenario_anchor(row.id),
        grid=True,
    )
    return Section(
        f"{title} ({len(scenarios):,})",
        (figures,),
        id=class_anchor(first.suite, first.class_),
        verdict=_who_fails(variants, scenarios, cells),
        folded=True,
        apart=True,
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


def _verdict(cell: Cell | None, scenario: ScenarioRow, variant: VariantRow, wrong: bool) -> Fig:
    """Repeats that pass of those judged, and one key figure; leads to the evidence page."""
    if cell is None:
        return missing("not run", "There is no cell for this scenario and variant in the records.")
    said = dict(_key_figures(cell, scenario, variant))
    parts = ["wrong answer"] if wrong else [*said.values(), *_failed(cell, said)]
    return CellFigures(cell).verdict(one_line("; ".join(parts), 90))


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
        mine = [cells.get((variant.name, scenario.id)) for scenario in scenarios if scenario.valid]
        known = [cell for cell in mine if cell is not None and cell.passes.of]
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
