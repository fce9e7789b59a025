"""Decisions of routers, as the meter saw them, and how they compare with what is acceptable."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from lab.figures.amounts import grouped
from lab.figures.grid import Grid
from lab.names import TierName
from lab.records.manifest import Manifest, ScenarioInfo
from lab.results.totals import PromptsRight

LADDER: tuple[str, ...] = get_args(TierName)
NO_TIER = "no tier"
SUITE = "routing"

Judged = Literal["right", "over", "under", "no_tier"]


@dataclass(frozen=True, slots=True)
class Decisions:
    """The tier served in repeats that showed one, and how many exchanges showed none."""

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


def judges_tiers(info: ScenarioInfo) -> bool:
    """Whether a scenario says which tiers are acceptable; one that accepts all of them judges nothing."""
    return 0 < len(set(info.acceptable_tiers)) < len(LADDER)


def is_base(info: ScenarioInfo) -> bool:
    """Whether a scenario is a prompt as it is, and not another one again or the opener of a session."""
    return info.relation is None and info.in_pass == 0


def routing_suites(manifest: Manifest) -> tuple[str, ...]:
    """The suites that ask about tiers: `routing`, and the user's own prompts."""
    wanted = (SUITE, manifest.scenarios_suite)
    return tuple(name for name in manifest.suites if name in wanted)


def suites_about_tiers(grid: Grid) -> tuple[str, ...]:
    """The routing suites that say which tiers are acceptable: there a verdict is on the tier above all."""
    return tuple(
        name
        for name in routing_suites(grid.manifest)
        if any(judges_tiers(info) for info in grid.valid if info.suite == name)
    )


def prompts_right(grid: Grid, variant: str) -> PromptsRight:
    """Prompts whose tier is right in every repeat, each task counted once: no rewordings, no openers."""
    asked = [
        info
        for info in grid.valid
        if is_base(info) and judges_tiers(info) and grid.cell(variant, info).status != "unsupported"
    ]
    found = [(info, decisions(grid, variant, info).served.values()) for info in asked]
    seen = [(info, tiers) for info, tiers in found if tiers]
    right = sum(all(judged(tier, info.acceptable_tiers) == "right" for tier in tiers) for info, tiers in seen)
    return PromptsRight(right=right, seen=len(seen), of=len(asked))


def steady(base: Decisions, reworded: Sequence[Decisions]) -> bool | None:
    """Whether all rewordings of a prompt got its tier in the same repeat; None if too little is seen.

    One other tier makes it False; True takes at least one repeat that showed the decisions on all of them.
    """
    pairs = [(repeat, other.served) for other in reworded for repeat in base.served if repeat in other.served]
    if any(served[repeat] != base.served[repeat] for repeat, served in pairs):
        return False
    whole = any(all(repeat in other.served for other in reworded) for repeat in base.served)
    return True if whole else None


def related(infos: Sequence[ScenarioInfo], relation: str) -> dict[str, list[ScenarioInfo]]:
    """The scenarios that stand in this relation to a prompt, by that prompt's id."""
    these = (info for info in infos if info.relation == relation and info.of is not None)
    return grouped(these, lambda info: info.of or "")
