"""The registry of measures that test vendors' claims: each is one small function of a Grid, by its name.

Which exchanges a measure looks at is chosen here too: of scenarios by id, of classes, or of whole suites.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from lab.figures.grid import Grid
from lab.figures.observation import Observation
from lab.kit import numbers
from lab.records.manifest import ScenarioInfo

NAMED = 6
NO_STREAM = "no scenario of this run asks for a stream"


class OfVariant(BaseModel):
    """Parameters of every measure: the variant that the claim is about; unknown ones are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    variant: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What a measure observed, with the conditions in words.

    `low` and `high` are a 95 % interval, `part` of `of` a count. `beside` is a figure that belongs next to
    it; `spoiled` says why it does not count although it is large or small enough, and `rival` is such a
    figure, observed too, for claims that this one does not reach. `undecided` says why a figure that is not
    must not be held against the claim. `evidence` is the variant and scenario to look at.
    """

    value: float
    conditions: str
    low: float | None = None
    high: float | None = None
    part: int | None = None
    of: int | None = None
    beside: str = ""
    spoiled: str = ""
    rival: Seen | None = None
    undecided: str = ""
    evidence: tuple[str, str] | None = None


class NotSeen(Exception):
    """A measure has nothing to observe in this run; it says why in one sentence."""


Outcome = Seen | NotSeen
P = TypeVar("P", bound=OfVariant)


@dataclass(frozen=True, slots=True)
class Registered:
    """A measure with its stable name, what it observes in one sentence, and the model of its parameters."""

    name: str
    title: str
    parameters: type[OfVariant]
    function: Callable[[Grid, Mapping[str, Any]], Outcome]


_REGISTRY: dict[str, Registered] = {}


def outcome_of(function: Callable[[Grid, P], Seen], grid: Grid, wanted: P) -> Outcome:
    """What a measure observes, or why it observes nothing."""
    try:
        return function(grid, wanted)
    except NotSeen as why:
        return why


def measure(
    title: str, parameters: type[P]
) -> Callable[[Callable[[Grid, P], Seen]], Callable[[Grid, P], Seen]]:
    """Register the decorated function as a measure under its own name; a name can be taken once."""

    def register(function: Callable[[Grid, P], Seen]) -> Callable[[Grid, P], Seen]:
        name = function.__name__
        if name in _REGISTRY:
            raise ValueError(f"measure {name} is registered twice")

        def call(grid: Grid, given: Mapping[str, Any]) -> Outcome:
            return outcome_of(function, grid, parameters.model_validate(given))

        _REGISTRY[name] = Registered(name, title, parameters, call)
        return function

    return register


def measures() -> tuple[Registered, ...]:
    """All measures in the order in which they were registered."""
    return tuple(_REGISTRY.values())


def measure_named(name: str) -> Registered | None:
    """The measure of this name, or None if there is none."""
    return _REGISTRY.get(name)


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
