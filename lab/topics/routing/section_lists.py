"""The long tables of the section on routing: every prompt, flip and pair, and what each router served."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from lab.figures.decisions import LADDER, NO_TIER
from lab.kit import numbers
from lab.kit.anchors import variant_columns, variant_page
from lab.kit.cell_figs import CellFigures, evidence_link
from lab.kit.tables import SAME, Col, Fig, Table, Tone, col, judged, missing, num, table
from lab.kit.text import file_name, one_line
from lab.results.cell import Cell
from lab.results.models import Results, ScenarioRow
from lab.topics.routing.table import ConfusionRow, Flip, Pair, Router, RoutingSuite

Cells = Mapping[tuple[str, str], Cell]
_TONES: dict[str, Tone] = {"right to wrong": "bad", "wrong to right": "good"}


def deciding(suite: RoutingSuite) -> list[Router]:
    """The routers that decided for themselves."""
    return [router for router in suite.routers if router.status == "measured" and not router.lab_decides]


def confusion_table(suite: RoutingSuite, router: Router) -> Table:
    """Decisions of one router by the lowest acceptable tier of the prompt and by the tier served."""
    page = variant_page(router.variant)

    def served(title: str, tier: str) -> Col[ConfusionRow]:
        def get(row: ConfusionRow) -> Fig:
            same = SAME if tier == row.lowest else ""
            return Fig(numbers.tokens(row.served.get(tier, 0)), sign=same)

        return num(title, get)

    return table(
        f"routing-{file_name(suite.suite)}-served-{file_name(router.variant)}",
        "Decisions on base prompts, by the lowest acceptable tier (rows) and the tier served "
        "(columns). Left of the cells marked = is under-routed; right of them may be "
        "acceptable too.",
        (
            col("Lowest acceptable", lambda row: Fig(row.lowest, page=page)),
            *(served(tier, tier) for tier in LADDER),
            served("No tier", NO_TIER),
        ),
        router.confusion,
    )


def flips_table(suite: RoutingSuite) -> Table:
    """Every perturbation that was served another tier than its prompt."""

    def asked(title: str, name: str, what: Callable[[Flip], str]) -> Col[Flip]:
        def get(flip: Flip) -> Fig:
            return Fig(one_line(what(flip), 60), href=evidence_link(flip.variant, getattr(flip, name)))

        return col(title, get)

    return table(
        f"routing-{file_name(suite.suite)}-flips",
        "Each row leads to the evidence of both wordings.",
        (
            asked("Perturbation", "perturbation", lambda flip: flip.perturbation),
            col("Router", lambda flip: Fig(one_line(flip.variant, 40))),
            asked("As it is", "prompt", lambda flip: flip.before),
            asked("In other words", "perturbation", lambda flip: flip.after),
            col("What changed", lambda flip: Fig(flip.effect, tone=_TONES.get(flip.effect, ""))),
            col("Repeats", lambda flip: Fig(numbers.share(flip.times, flip.of))),
        ),
        suite.flips,
        grid=True,
    )


def pairs_table(results: Results, suite: RoutingSuite) -> Table:
    """Every task in another setting: the tier served there, bare, and for the opener."""
    cells, rows = _cells(results, suite), _scenarios(results, suite)
    names = [router.variant for router in deciding(suite)]
    return table(
        f"routing-{file_name(suite.suite)}-pairs",
        "Session: the task follows a trivial opener in the same conversation. Envelope: it comes "
        "inside an agent's tools, reminders and history. The second line says what the bare prompt and "
        "the opener were served.",
        (
            col("Task", lambda pair: _head(rows[pair.scenario])),
            col("Setting", lambda pair: Fig(pair.relation)),
            col("Acceptable", lambda pair: _acceptable(rows[pair.scenario], why=False)),
            variant_columns(names, lambda variant, pair: _pair(variant, pair, cells, rows), num=False),
        ),
        [pair for pair in suite.pairs if pair.scenario in rows],
        grid=True,
    )


def _pair(variant: str, pair: Pair, cells: Cells, rows: Mapping[str, ScenarioRow]) -> Fig:
    fig = _served(cells.get((variant, pair.scenario)), rows[pair.scenario].acceptable_tiers)
    parts = [f"bare {_tiers(cells.get((variant, pair.bare)))}"]
    parts += [f"opener {_tiers(cells.get((variant, pair.opener)))}"] if pair.opener else []
    return replace(fig, note="; ".join(parts))


def prompts_table(results: Results, suite: RoutingSuite) -> Table:
    """Every base prompt: the acceptable tiers with the reason, and what each router served."""
    cells, rows = _cells(results, suite), _scenarios(results, suite)
    names = [router.variant for router in deciding(suite)]

    def served(variant: str, row: ScenarioRow) -> Fig:
        return _served(cells.get((variant, row.id)), row.acceptable_tiers)

    return table(
        f"routing-{file_name(suite.suite)}-prompts",
        "Every base prompt. A tier served leads to its evidence: request, forwarded request, answer.",
        (
            col("Prompt", _head),
            col("Family", lambda row: Fig(one_line(row.class_title, 60))),
            col("Acceptable, and why", _acceptable),
            variant_columns(names, served, num=False),
        ),
        [rows[name] for name in suite.prompts],
        grid=True,
    )


def _cells(results: Results, suite: RoutingSuite) -> Cells:
    return {(cell.variant, cell.scenario): cell for cell in results.cells if cell.suite == suite.suite}


def _scenarios(results: Results, suite: RoutingSuite) -> dict[str, ScenarioRow]:
    return {row.id: row for row in results.scenarios if row.suite == suite.suite}


def _head(row: ScenarioRow) -> Fig:
    return Fig(one_line(row.id, 60), one_line(row.title, 120))


def _acceptable(row: ScenarioRow, *, why: bool = True) -> Fig:
    if not row.acceptable_tiers:
        return Fig("any")
    return Fig(" or ".join(row.acceptable_tiers), one_line(row.tiers_why, 300) if why else "")


def _served(cell: Cell | None, acceptable: Collection[str]) -> Fig:
    """The tiers served over the repeats: a tick where all are acceptable, a cross where one is not."""
    if cell is None:
        return missing("not run", "There is no cell for this scenario and variant in the records.")
    if not cell.tier.served_counts:
        return CellFigures(cell).absent("tier.served")
    right = all(tier in acceptable for tier in cell.tier.served_counts)
    href = evidence_link(cell.variant, cell.scenario)
    return judged(_tiers(cell), right, href=href) if acceptable else Fig(_tiers(cell), href=href)


def _tiers(cell: Cell | None) -> str:
    """The tiers that a cell was served, with how often where they differ."""
    counts = cell.tier.served_counts if cell is not None else {}
    if not counts:
        return "not seen"
    if len(counts) == 1:
        return one_line(next(iter(counts)), 60)
    return one_line(", ".join(f"{tier} {times}x" for tier, times in counts.items()), 120)
