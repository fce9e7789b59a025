"""Wrong answers that were served, in all suites of a run, each with whose answer it was."""

from __future__ import annotations

from collections.abc import Mapping

from lab.measures.amounts import most_frequent
from lab.measures.answercache import hangs_on_embeddings
from lab.measures.grid import Grid
from lab.measures.wrongness import WrongCell, wrong_cells
from lab.results.caching_tables import WrongAnswer
from lab.results.records import ScenarioInfo


def wrong_answers_in(grid: Grid) -> tuple[WrongAnswer, ...]:
    """Every variant and scenario with a wrong answer, in the order of the run."""
    asked = _asked(grid)
    return tuple(_wrong(cell, asked) for cell in wrong_cells(grid))


def _asked(grid: Grid) -> Mapping[str, ScenarioInfo]:
    """The scenario of every exchange, by its id."""
    infos = {(info.suite, info.id): info for info in grid.manifest.scenarios}
    return {
        one.id: infos[suite, scenario] for (_, suite, scenario), seen in grid.observed.items() for one in seen
    }


def _wrong(cell: WrongCell, asked: Mapping[str, ScenarioInfo]) -> WrongAnswer:
    """One entry; where repeats got answers of different exchanges, the most frequent one is named."""
    info, wrong = cell.info, cell.wrong
    kept = cell.wrongness != "foreign"
    why = most_frequent(one.origin.why for one in wrong if one.origin)
    told = next(one.origin for one in wrong if one.origin and one.origin.why == why)
    whose = asked.get(told.source or "")
    return WrongAnswer(
        variant=cell.variant.name,
        suite=info.suite,
        scenario=info.id,
        title=info.title,
        kind=info.feature,
        wrongness=cell.wrongness,
        times=len(wrong),
        of=cell.of,
        source=told.source or "",
        whose=whose.id if whose else "",
        whose_title=whose.title if whose else "",
        similarity=info.similarity if kept else None,
        close=kept and hangs_on_embeddings(cell.variant, info),
        why=why,
    )
