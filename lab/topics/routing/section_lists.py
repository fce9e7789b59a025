"""The long tables of the section on routing: every prompt, flip and pair, and what each router served."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from lab.figures.decisions import LADDER, NO_TIER
from lab.kit import numbers
from lab.kit.anchors import variant_column, variant_page
from lab.kit.cell_figs import NO, SAME, YES, CellFigures, evidence_name
from lab.kit.tables import Column, Fig, Notes, Row, Table, Tone
from lab.kit.text import file_name, one_line
from lab.results.models import Cell, Results, ScenarioRow
from lab.topics.routing.table import ConfusionRow, Flip, Pair, Router, RoutingSuite

Cells = Mapping[tuple[str, str], Cell]
_TONES: dict[str, Tone] = {"right to wrong": "bad", "wrong to right": "good"}


def deciding(suite: RoutingSuite) -> list[Router]:
    """The routers that decided for themselves."""
    return [router for router in suite.routers if router.status == "measured" and not router.lab_decides]


def confusion_tables(suite: RoutingSuite) -> Iterator[tuple[str, Table]]:
    """For each router: decisions by the lowest acceptable tier of the prompt and by the tier served."""
    for router in deciding(suite):
        if router.confusion:
            table = Table(
                id=f"routing-{file_name(suite.suite)}-served-{file_name(router.variant)}",
                caption=(
                    "Decisions on base prompts, by the lowest acceptable tier (rows) and the tier served "
                    "(columns). Left of the cells marked = is under-routed; right of them may be "
                    "acceptable too."
                ),
                columns=(
                    Column("Lowest acceptable", num=False),
                    *(Column(name) for name in (*LADDER, "No tier")),
                ),
                rows=tuple(_confusion(row, router.variant) for row in router.confusion),
            )
            yield router.variant, table


def _confusion(row: ConfusionRow, variant: str) -> Row:
    figs = [
        Fig(numbers.tokens(row.served.get(tier, 0)), sign=SAME if tier == row.lowest else "")
        for tier in (*LADDER, NO_TIER)
    ]
    return Row(Fig(row.lowest, page=variant_page(variant)), tuple(figs))


def flips_table(suite: RoutingSuite) -> Table:
    """Every perturbation that was served another tier than its prompt."""
    return Table(
        id=f"routing-{file_name(suite.suite)}-flips",
        caption="Each row leads to the evidence of both wordings.",
        columns=(
            Column("Perturbation", num=False),
            Column("Router", num=False),
            Column("As it is", num=False),
            Column("In other words", num=False),
            Column("What changed", num=False),
            Column("Repeats", num=False),
        ),
        rows=tuple(_flip(flip) for flip in suite.flips),
        grid=True,
    )


def _flip(flip: Flip) -> Row:
    there = evidence_name(flip.variant, flip.perturbation)
    return Row(
        Fig(one_line(flip.perturbation, 60), href=there),
        (
            Fig(one_line(flip.variant, 40)),
            Fig(one_line(flip.before, 60), href=evidence_name(flip.variant, flip.prompt)),
            Fig(one_line(flip.after, 60), href=there),
            Fig(flip.effect, tone=_TONES.get(flip.effect, "")),
            Fig(numbers.share(flip.times, flip.of)),
        ),
    )


def pairs_table(results: Results, suite: RoutingSuite) -> Table:
    """Every task in another setting: the tier served there, bare, and for the opener."""
    notes = Notes()
    cells, rows = _cells(results, suite), _scenarios(results, suite)
    routers = deciding(suite)
    return Table(
        id=f"routing-{file_name(suite.suite)}-pairs",
        caption=(
            "Session: the task follows a trivial opener in the same conversation. Envelope: it comes "
            "inside an agent's tools, reminders and history. The second line says what the bare prompt and "
            "the opener were served."
        ),
        columns=(
            Column("Task", num=False),
            Column("Setting", num=False),
            Column("Acceptable", num=False),
            *(variant_column(router.variant, num=False) for router in routers),
        ),
        rows=tuple(
            Row(
                _head(rows[pair.scenario]),
                (
                    Fig(pair.relation),
                    _acceptable(rows[pair.scenario], why=False),
                    *(_pair(router.variant, pair, cells, rows, notes) for router in routers),
                ),
            )
            for pair in suite.pairs
            if pair.scenario in rows
        ),
        notes=tuple(notes.texts),
        grid=True,
    )


def _pair(variant: str, pair: Pair, cells: Cells, rows: Mapping[str, ScenarioRow], notes: Notes) -> Fig:
    fig = _served(cells.get((variant, pair.scenario)), rows[pair.scenario].acceptable_tiers, notes)
    parts = [f"bare {_tiers(cells.get((variant, pair.bare)))}"]
    parts += [f"opener {_tiers(cells.get((variant, pair.opener)))}"] if pair.opener else []
    return Fig(fig.text, "; ".join(parts), fig.tone, fig.sign, fig.href, fig.ref)


def prompts_table(results: Results, suite: RoutingSuite) -> Table:
    """Every base prompt: the acceptable tiers with the reason, and what each router served."""
    notes = Notes()
    cells, rows = _cells(results, suite), _scenarios(results, suite)
    routers = deciding(suite)
    return Table(
        id=f"routing-{file_name(suite.suite)}-prompts",
        caption="Every base prompt. A tier served leads to its evidence: request, forwarded request, answer.",
        columns=(
            Column("Prompt", num=False),
            Column("Family", num=False),
            Column("Acceptable, and why", num=False),
            *(variant_column(router.variant, num=False) for router in routers),
        ),
        rows=tuple(
            Row(
                _head(rows[name]),
                (
                    Fig(one_line(rows[name].group_title, 60)),
                    _acceptable(rows[name]),
                    *(
                        _served(cells.get((router.variant, name)), rows[name].acceptable_tiers, notes)
                        for router in routers
                    ),
                ),
            )
            for name in suite.prompts
        ),
        notes=tuple(notes.texts),
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


def _served(cell: Cell | None, acceptable: Collection[str], notes: Notes) -> Fig:
    """The tiers served over the repeats: a tick where all are acceptable, a cross where one is not."""
    if cell is None:
        return notes.missing("not run", "There is no cell for this scenario and variant in the records.")
    if not cell.tier.served_counts:
        return CellFigures(cell, notes).absent("tier.served")
    right = all(tier in acceptable for tier in cell.tier.served_counts)
    tone: Tone = ("good" if right else "bad") if acceptable else ""
    sign = (YES if right else NO) if acceptable else ""
    return Fig(_tiers(cell), tone=tone, sign=sign, href=evidence_name(cell.variant, cell.scenario))


def _tiers(cell: Cell | None) -> str:
    """The tiers that a cell was served, with how often where they differ."""
    counts = cell.tier.served_counts if cell is not None else {}
    if not counts:
        return "not seen"
    if len(counts) == 1:
        return one_line(next(iter(counts)), 60)
    return one_line(", ".join(f"{tier} {times}x" for tier, times in counts.items()), 120)
