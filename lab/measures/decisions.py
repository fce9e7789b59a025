"""Decisions of routers, as the meter saw them, and how they compare with what is acceptable."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, get_args

from lab.config.models import TierName
from lab.measures.grid import Grid
from lab.results.records import ScenarioInfo

# From the cheapest and weakest to the dearest and strongest, whatever prices a run gives them.
LADDER: tuple[str, ...] = get_args(TierName)
NO_TIER = "no tier"

Judged = Literal["right", "over", "under", "no_tier"]


@dataclass(frozen=True, slots=True)
class Decisions:
    """The tier served per repeat where a model was seen to answer, and how many exchanges showed none."""

    served: dict[int, str]
    cached: int = 0
    failed: int = 0


def decisions(grid: Grid, variant: str, info: ScenarioInfo) -> Decisions:
    """What a router decided for one scenario: the tier of the model that answered, NO_TIER for any other."""
    served: dict[int, str] = {}
    cached = failed = 0
    for one in grid.seen(variant, info):
        if not one.completed:
            failed += 1
        elif one.tier is None and one.model is None:
            cached += 1
        else:
            served[one.repeat] = one.tier or NO_TIER
    return Decisions(served, cached, failed)


def judged(served: str, acceptable: Collection[str]) -> Judged:
    """How a tier served compares with the acceptable ones (at least one).

    Over: not acceptable, though a lower tier is; money was wasted. Under: every acceptable tier is higher.
    Order is that of LADDER and not of prices, as two tiers may cost the same.
    """
    if served in acceptable:
        return "right"
    if served not in LADDER:
        return "no_tier"
    return "over" if LADDER.index(lowest(acceptable)) < LADDER.index(served) else "under"


def lowest(acceptable: Collection[str]) -> str:
    """The lowest of the acceptable tiers (at least one) on the ladder."""
    return min(acceptable, key=LADDER.index)


def base_prompts(grid: Grid, suite: str) -> tuple[ScenarioInfo, ...]:
    """The prompts of a suite as they are: no rewording, no other setting, no opener of a session."""
    return tuple(info for info in grid.valid if info.suite == suite and is_base(info))


def is_base(info: ScenarioInfo) -> bool:
    """Whether a scenario is a prompt as it is, and not another one again or the opener of a session."""
    return info.relation is None and info.in_pass == 0
