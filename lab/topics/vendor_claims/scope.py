"""Which exchanges a vendor's claim is tested on: scenarios by id, classes, or whole suites."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lab.figures.grid import Grid
from lab.figures.observation import Observation
from lab.kit import numbers
from lab.records.manifest import ScenarioInfo
from lab.topics.vendor_claims.registry import NotSeen, OfVariant

NAMED = 6
NO_STREAM = "no scenario of this run asks for a stream"


class OfScenarios(OfVariant):
    """A variant, and the scenarios (ids) and classes (`suite/group` or `suite`) it is looked at in.

    A class stands for its valid scenarios; an invalid one is looked at only if its id is given. Without
    both, all valid scenarios of the run are.
    """

    scenarios: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """The exchanges that completed, scenario by scenario in the run's order; at least one of each."""

    variant: str
    done: Sequence[tuple[ScenarioInfo, Sequence[Observation]]]

    @property
    def all(self) -> list[Observation]:
        """All of them."""
        return [one for _, seen in self.done for one in seen]

    @property
    def words(self) -> str:
        """How many exchanges of which scenarios, in words."""
        return f"{numbers.counted(len(self.all), 'exchange')} of {listed([info for info, _ in self.done])}"

    @property
    def evidence(self) -> tuple[str, str]:
        """The first cell of these."""
        return self.variant, self.done[0][0].id


def in_scope(info: ScenarioInfo, classes: Sequence[str]) -> bool:
    """Whether a scenario belongs to one of these classes or suites."""
    return info.suite in classes or f"{info.suite}/{info.class_}" in classes


def chosen(grid: Grid, wanted: OfScenarios) -> list[ScenarioInfo]:
    """The scenarios of this run that a claim is about; NotSeen if it has none, or not the variant."""
    require_variant(grid, wanted.variant)
    if not wanted.scenarios and not wanted.classes:
        return list(grid.valid)
    found = [
        info
        for info in grid.manifest.scenarios
        if info.id in wanted.scenarios or (info.valid and in_scope(info, wanted.classes))
    ]
    if not found:
        named = ", ".join((*wanted.scenarios, *wanted.classes))
        raise NotSeen(f"this run has none of what would show it: {named}")
    return found


def require_variant(grid: Grid, name: str) -> None:
    """NotSeen if a variant was not measured at all."""
    status = next((status for status in grid.manifest.variants if status.name == name), None)
    if status is None:
        raise NotSeen(f"{name} is not part of this run")
    if any(grid.measured(name, info) for info in grid.manifest.scenarios):
        return
    if status.status == "unavailable":
        raise NotSeen(f"{name} was unavailable: {status.reason or 'no reason was recorded'}")
    raise NotSeen(f"{name} completed no exchange of this run")


def scope_of(grid: Grid, wanted: OfScenarios, which: Callable[[Observation], bool], otherwise: str) -> Scope:
    """The completed exchanges of these scenarios that `which` picks; `otherwise` says what NotSeen misses."""
    infos = chosen(grid, wanted)
    every = (
        (info, [one for one in grid.seen(wanted.variant, info) if one.completed and which(one)])
        for info in infos
    )
    done = [(info, seen) for info, seen in every if seen]
    if not done:
        raise NotSeen(f"{otherwise}: {listed(infos)}")
    return Scope(wanted.variant, done)


def listed(infos: Sequence[ScenarioInfo]) -> str:
    """The ids of a few scenarios; of many their number and their suites."""
    if len(infos) <= NAMED:
        return ", ".join(info.id for info in infos)
    suites = dict.fromkeys(info.suite for info in infos)
    return f"{len(infos)} scenarios of {', '.join(suites)}"
