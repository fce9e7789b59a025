"""Whether an answer is wrong, and what makes it so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

from lab.measures.grid import Grid
from lab.measures.observation import Observation
from lab.results.records import ScenarioInfo, VariantStatus
from lab.results.verdicts_tables import Wrongness

GRAVEST_FIRST: tuple[Wrongness, ...] = get_args(Wrongness)
# The check that is about nothing else.
PROVENANCE = "provenance"


def wrongness_of(one: Observation, info: ScenarioInfo) -> Wrongness | None:
    """What makes an answer wrong: another conversation's, or one a cache had to keep; None where right."""
    if one.origin is None or one.origin.kind not in {"foreign", "cache"}:
        return None
    if one.origin.kind == "foreign":
        return "foreign"
    judged = one.checks.get(PROVENANCE)
    wrong = info.cache_expect == "must_miss" if judged is None else judged.verdict == "fail"
    return (info.cache_differs or "request") if wrong else None


@dataclass(frozen=True, slots=True)
class WrongCell:
    """Answers of one cell that are wrong for the same reason, of so many whose origin is known."""

    variant: VariantStatus
    info: ScenarioInfo
    wrongness: Wrongness
    wrong: Sequence[Observation]
    of: int


def wrong_cells(grid: Grid) -> Iterator[WrongCell]:
    """Every cell in which a wrong answer was served, in the order of variants and scenarios."""
    for status in grid.manifest.variants:
        for info in grid.valid:
            judged = [one for one in grid.seen(status.name, info) if one.origin is not None]
            found: dict[Wrongness, list[Observation]] = {}
            for one in judged:
                if (wrongness := wrongness_of(one, info)) is not None:
                    found.setdefault(wrongness, []).append(one)
            for wrongness in sorted(found, key=GRAVEST_FIRST.index):
                yield WrongCell(status, info, wrongness, found[wrongness], len(judged))
