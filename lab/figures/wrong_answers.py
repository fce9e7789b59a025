"""Wrong answers: whether an answer is one, what makes it so, and whose answer it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import get_args

from lab.exchange.answercache import depends_on_embeddings
from lab.figures.amounts import grouped, most_frequent
from lab.figures.grid import Grid
from lab.figures.observation import Observation
from lab.records.manifest import ScenarioInfo, VariantStatus
from lab.results.wrong_answers import WrongAnswer, WrongAnswers, Wrongness

GRAVEST_FIRST: tuple[Wrongness, ...] = get_args(Wrongness)


def wrongness_of(one: Observation, info: ScenarioInfo) -> Wrongness | None:
    """What makes an answer wrong: another conversation's, or one a cache had to keep; None if right."""
    if one.stems_from == "foreign":
        return "foreign"
    if not one.wrong_hit:
        return None
    return "user_id" if one.origin is not None and one.origin.other_user else differs_in(info)


def differs_in(info: ScenarioInfo) -> Wrongness:
    """In what a question that must miss a cache differs from the one before it in its sequence."""
    if info.cache_differs == "user" and not info.other_client:
        return "user_id"
    return info.cache_differs or "request"


def wrong_answers_of(grid: Grid) -> WrongAnswers:
    """Every variant and scenario with a wrong answer, in the order of the run."""
    asked = _asked(grid)
    return WrongAnswers(
        judged={status.name: _judged(grid, status.name) for status in grid.manifest.variants},
        probes={status.name: _probes(grid, status.name) for status in grid.manifest.variants},
        served=tuple(_served(grid, asked)),
    )


def _served(grid: Grid, asked: Mapping[str, ScenarioInfo]) -> Iterator[WrongAnswer]:
    for status in grid.manifest.variants:
        for info in grid.every_form:
            judged = [one for one in grid.seen(status.name, info) if one.origin is not None]
            found = grouped(judged, partial(wrongness_of, info=info))
            for wrongness in GRAVEST_FIRST:
                if wrongness in found:
                    yield _wrong(status, info, wrongness, found[wrongness], len(judged), asked)


def _judged(grid: Grid, variant: str) -> int:
    return sum(one.origin is not None for info in grid.every_form for one in grid.seen(variant, info))


def probes_of(infos: Iterable[ScenarioInfo]) -> tuple[ScenarioInfo, ...]:
    """Scenarios that a cache could answer wrongly: they must miss, and follow another of their sequence."""
    opened: set[tuple[str, str]] = set()
    found: list[ScenarioInfo] = []
    for info in infos:
        if info.sequence is None:
            continue
        key = (info.suite, info.sequence)
        if key in opened and info.cache_expect == "must_miss":
            found.append(info)
        opened.add(key)
    return tuple(found)


def _probes(grid: Grid, variant: str) -> dict[Wrongness, int]:
    counts: Counter[Wrongness] = Counter()
    for info in probes_of(grid.every_form):
        counts[differs_in(info)] += sum(one.origin is not None for one in grid.seen(variant, info))
    return {wrongness: count for wrongness in GRAVEST_FIRST if (count := counts[wrongness])}


def _asked(grid: Grid) -> Mapping[str, ScenarioInfo]:
    """The scenario of every exchange, by its id."""
    infos = {(info.suite, info.id): info for info in grid.manifest.scenarios}
    return {
        one.id: infos[suite, scenario] for (_, suite, scenario), seen in grid.observed.items() for one in seen
    }


def _wrong(
    variant: VariantStatus,
    info: ScenarioInfo,
    wrongness: Wrongness,
    wrong: Sequence[Observation],
    of: int,
    asked: Mapping[str, ScenarioInfo],
) -> WrongAnswer:
    """One entry; if repeats got answers of different exchanges, the most frequent one is named."""
    kept = wrongness != "foreign"
    why = most_frequent(one.origin.why for one in wrong if one.origin)
    told = next(one.origin for one in wrong if one.origin and one.origin.why == why)
    whose = asked.get(told.source or "")
    return WrongAnswer(
        variant=variant.name,
        suite=info.suite,
        scenario=info.id,
        title=info.title,
        kind=info.looks_at,
        wrongness=wrongness,
        times=len(wrong),
        of=of,
        source=told.source or "",
        whose=whose.id if whose else "",
        whose_title=whose.title if whose else "",
        similarity=info.similarity if kept else None,
        close=kept and depends_on_embeddings(variant, info),
        why=why,
    )
