"""Wrong answers that were served, in all suites of a run, each with whose answer it was."""

from __future__ import annotations

from collections.abc import Mapping

from lab.measures.amounts import most_frequent
from lab.measures.findings import is_wrong
from lab.measures.grid import Grid
from lab.measures.observation import Observation
from lab.results.caching_tables import WrongAnswer
from lab.results.records import ScenarioInfo


def wrong_answers_in(grid: Grid) -> tuple[WrongAnswer, ...]:
    """Every variant and scenario with a wrong answer, in the order of the run."""
    asked = _asked(grid)
    found = []
    for status in grid.manifest.variants:
        for info in grid.valid:
            judged = [one for one in grid.seen(status.name, info) if one.origin is not None]
            wrong = [one for one in judged if is_wrong(one, info)]
            if wrong:
                found.append(_wrong(status.name, info, wrong, len(judged), asked))
    return tuple(found)


def _asked(grid: Grid) -> Mapping[str, ScenarioInfo]:
    """The scenario of every exchange, by its id."""
    infos = {(info.suite, info.id): info for info in grid.manifest.scenarios}
    return {
        one.id: infos[suite, scenario] for (_, suite, scenario), seen in grid.observed.items() for one in seen
    }


def _wrong(
    variant: str,
    info: ScenarioInfo,
    wrong: list[Observation],
    of: int,
    asked: Mapping[str, ScenarioInfo],
) -> WrongAnswer:
    """One entry; where repeats got answers of different exchanges, the most frequent one is named."""
    why = most_frequent(one.origin.why for one in wrong if one.origin)
    told = next(one.origin for one in wrong if one.origin and one.origin.why == why)
    whose = asked.get(told.source or "")
    return WrongAnswer(
        variant=variant,
        suite=info.suite,
        scenario=info.id,
        title=info.title,
        kind=info.feature,
        times=len(wrong),
        of=of,
        source=told.source or "",
        whose=whose.id if whose else "",
        whose_title=whose.title if whose else "",
        similarity=info.similarity if told.kind == "cache" else None,
        why=why,
    )
