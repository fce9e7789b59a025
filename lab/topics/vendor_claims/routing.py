"""Measures of claims about routers: how often the tier is right, and how often it stays the same."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter

from lab.figures.amounts import grouped
from lab.figures.decisions import decisions, is_base, judged, judges_tiers, related, steady
from lab.figures.grid import Grid
from lab.kit import numbers
from lab.topics.vendor_claims.registry import NotSeen, OfScenarios, Seen, chosen, listed, measure
from lab.topics.vendor_claims.rules import share_interval


@measure("base prompts that reach an acceptable tier in every repeat, in percent", OfScenarios)
def routing_right_percent(grid: Grid, wanted: OfScenarios) -> Seen:
    """Over base prompts with acceptable tiers whose tier was seen, so that each task counts once."""
    infos = chosen(grid, wanted)
    right: dict[str, bool] = {}
    for info in infos:
        served = decisions(grid, wanted.variant, info).served.values()
        if is_base(info) and judges_tiers(info) and served:
            right[info.id] = all(judged(tier, info.acceptable_tiers) == "right" for tier in served)
    suites = grouped((info for info in infos if info.id in right), attrgetter("suite"))
    if not right:
        raise NotSeen(f"no prompt with acceptable tiers reached a model: {listed(infos)}")
    each = ", ".join(
        f"{sum(right[info.id] for info in asked)} of {len(asked)} of {name}" for name, asked in suites.items()
    )
    words = f"{numbers.counted(len(right), 'base prompt')}, right if every repeat is: {each}"
    return _share(wanted.variant, right, words)


@measure("base prompts whose tier stays the same when they are put in other words, in percent", OfScenarios)
def routing_robust_percent(grid: Grid, wanted: OfScenarios) -> Seen:
    """Over base prompts with perturbations that showed their tiers: none is another in the same repeat."""
    infos = chosen(grid, wanted)
    decided = {info.id: decisions(grid, wanted.variant, info) for info in infos}
    reworded = related(infos, "perturbation")
    same: dict[str, bool] = {}
    for info in filter(is_base, infos):
        children = [decided[child.id] for child in reworded.get(info.id, ())]
        holds = steady(decided[info.id], children) if children else None
        if holds is not None:
            same[info.id] = holds
    if not same:
        raise NotSeen(f"no prompt was put in other words and reached a tier: {listed(infos)}")
    return _share(wanted.variant, same, f"{numbers.counted(len(same), 'base prompt')} put in other words")


def _share(variant: str, good: Mapping[str, bool], words: str) -> Seen:
    bad = [name for name, well in good.items() if not well]
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
