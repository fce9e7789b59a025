"""Measures of claims about routers: how often the tier is right, and how often it stays the same."""

from __future__ import annotations

from collections.abc import Mapping

from lab.measures.grid import Grid
from lab.measures.vendor_claims_registry import NotSeen, Outcome, Seen, measure
from lab.measures.vendor_claims_rules import share_interval
from lab.measures.vendor_claims_scope import OfScenarios, chosen, counted, listed, why_no_variant
from lab.results.records import ScenarioInfo

CHECK = "tier_acceptable"


@measure("prompts that reach an acceptable tier in every repeat, in percent", OfScenarios)
def routing_right_percent(grid: Grid, wanted: OfScenarios) -> Outcome:
    """Over prompts with acceptable tiers whose tier was seen; the same in other words counts once."""
    infos = _asked(grid, wanted)
    if isinstance(infos, NotSeen):
        return infos
    right: dict[str, bool] = {}
    for info in infos:
        if not info.acceptable_tiers or info.relation == "perturbation":
            continue
        verdicts = {
            one.checks[CHECK].verdict for one in grid.seen(wanted.variant, info) if CHECK in one.checks
        }
        if verdicts & {"pass", "fail"}:
            right[info.id] = "fail" not in verdicts
    if not right:
        return NotSeen(f"no prompt with acceptable tiers reached a model: {listed(infos)}")
    wrong = [name for name, good in right.items() if not good]
    return _share(wanted.variant, right, f"{counted(len(right), 'prompt')} with acceptable tiers", wrong)


@measure("prompts whose tier stays the same when they are put in other words, in percent", OfScenarios)
def routing_robust_percent(grid: Grid, wanted: OfScenarios) -> Outcome:
    """Over prompts with perturbations: one tier for the prompt and all its perturbations, in every repeat."""
    infos = _asked(grid, wanted)
    if isinstance(infos, NotSeen):
        return infos
    others: dict[str, list[ScenarioInfo]] = {}
    for info in infos:
        if info.relation == "perturbation" and info.of:
            others.setdefault(info.of, []).append(info)
    same: dict[str, bool] = {}
    for info in infos:
        asked = [info, *others.get(info.id, [])]
        served = [{one.tier for one in grid.seen(wanted.variant, one_of) if one.tier} for one_of in asked]
        if len(asked) > 1 and all(served):
            same[info.id] = len(set().union(*served)) == 1
    if not same:
        return NotSeen(f"no prompt was put in other words and reached a tier: {listed(infos)}")
    flipped = [name for name, good in same.items() if not good]
    return _share(wanted.variant, same, f"{counted(len(same), 'prompt')} put in other words", flipped)


def _asked(grid: Grid, wanted: OfScenarios) -> list[ScenarioInfo] | NotSeen:
    if why := why_no_variant(grid, wanted.variant):
        return NotSeen(why)
    return chosen(grid, wanted)


def _share(variant: str, good: Mapping[str, bool], words: str, bad: list[str]) -> Seen:
    number, part = len(good), sum(good.values())
    low, high = share_interval(part, number)
    named = ", ".join(bad[:6]) + (f" and {len(bad) - 6} more" if len(bad) > 6 else "")
    return Seen(
        part / number * 100,
        words,
        low=low * 100,
        high=high * 100,
        part=part,
        of=number,
        beside=f"not: {named}" if bad else "",
        evidence=(variant, bad[0] if bad else next(iter(good))),
    )
