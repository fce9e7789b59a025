"""The registry of measures that test vendors' claims: each is one small function of a Grid, by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from lab.figures.grid import Grid


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
