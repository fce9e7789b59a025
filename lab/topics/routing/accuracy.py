"""How often a router picks an acceptable tier, over prompts and by family, and where it errs."""

from __future__ import annotations

import random
import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from lab.figures.decisions import LADDER, NO_TIER, Decisions, Judged, judged, lowest
from lab.figures.latency import RESAMPLES, percentile
from lab.records.manifest import ScenarioInfo
from lab.topics.routing.table import Accuracy, ConfusionRow, Constant, FamilyAccuracy

Decided = Mapping[str, Decisions]
INTERVAL_PROMPTS = 6
_OF_A_CONSTANT: tuple[Judged, ...] = ("right", "over", "under")

NOT_JUDGED = "no prompt of this suite says which tiers are acceptable"
NO_DECISION = "no exchange with a base prompt showed a decision"
FEW_PROMPTS = f"an interval over prompts needs {INTERVAL_PROMPTS} of them, {{n}} showed a decision"
ALL_ALIKE = "all prompts came out alike, so that resampling them shows no spread"


def accuracy_of(prompts: Sequence[ScenarioInfo], decided: Decided, seed: str) -> tuple[Accuracy, str]:
    """Shares over the prompts that say what is acceptable, and why the interval or all of it is missing."""
    asked = [info for info in prompts if info.acceptable_tiers]
    shares = {info.id: _shares(info, decided[info.id]) for info in asked if decided[info.id].served}
    counts = {
        "prompts": len(shares),
        "of": len(asked),
        "exchanges": sum(len(decided[info.id].served) for info in asked),
        "cached": sum(decided[info.id].cached for info in asked),
        "failed": sum(decided[info.id].failed for info in asked),
    }
    if not shares:
        return Accuracy(**counts), NO_DECISION if asked else NOT_JUDGED
    means = {
        name: round(statistics.fmean(share[name] for share in shares.values()), 4)
        for name in ("right", "over", "under", "no_tier")
    }
    right = [share["right"] for share in shares.values()]
    low, high, why = _interval(right, seed)
    return Accuracy(**counts, **means, ci_low=low, ci_high=high), why


def _shares(info: ScenarioInfo, decided: Decisions) -> Counter[str]:
    """The share of a prompt's decisions that were right, over, under, or showed no tier."""
    found = Counter(judged(tier, info.acceptable_tiers) for tier in decided.served.values())
    return Counter({name: times / len(decided.served) for name, times in found.items()})


def _interval(values: Sequence[float], seed: str) -> tuple[float | None, float | None, str]:
    if len(values) < INTERVAL_PROMPTS:
        return None, None, FEW_PROMPTS.format(n=len(values))
    if len(set(values)) == 1:
        return None, None, ALL_ALIKE
    low, high = mean_interval(values, seed)
    return round(low, 4), round(high, 4), ""


def mean_interval(values: Sequence[float], seed: str) -> tuple[float, float]:
    """The 95 % percentile-bootstrap interval of a mean, the same for the same values and seed."""
    draw = random.Random(seed)  # noqa: S311 - must be repeatable, not secret
    count = len(values)
    means = sorted(sum(draw.choices(values, k=count)) / count for _ in range(RESAMPLES))
    return percentile(means, 0.025), percentile(means, 0.975)


def constants_of(prompts: Sequence[ScenarioInfo], tiers: Sequence[str]) -> tuple[Constant, ...]:
    """What each of these tiers would score if it were served for every judged prompt."""
    asked = [info for info in prompts if info.acceptable_tiers]
    found = []
    for tier in tiers if asked else ():
        counts = Counter(judged(tier, info.acceptable_tiers) for info in asked)
        shares = {name: round(counts[name] / len(asked), 4) for name in _OF_A_CONSTANT}
        found.append(Constant(tier=tier, **shares))
    return tuple(found)


def families_of(prompts: Sequence[ScenarioInfo], decided: Decided) -> tuple[FamilyAccuracy, ...]:
    """The same by family, in the order of the suite; families in which no tier is expected are left out."""
    families: dict[str, list[ScenarioInfo]] = defaultdict(list)
    for info in prompts:
        if info.acceptable_tiers:
            families[info.class_].append(info)
    return tuple(_family(infos, decided) for infos in families.values())


def _family(infos: Sequence[ScenarioInfo], decided: Decided) -> FamilyAccuracy:
    seen = [info for info in infos if decided[info.id].served]
    shares = [_shares(info, decided[info.id])["right"] for info in seen]
    return FamilyAccuracy(
        class_=infos[0].class_,
        title=infos[0].class_title,
        right=round(statistics.fmean(shares), 4) if shares else None,
        prompts=len(seen),
        of=len(infos),
        hits=sum(
            tier in info.acceptable_tiers for info in infos for tier in decided[info.id].served.values()
        ),
        exchanges=sum(len(decided[info.id].served) for info in infos),
    )


def confusion_of(prompts: Sequence[ScenarioInfo], decided: Decided) -> tuple[ConfusionRow, ...]:
    """Decisions by the lowest acceptable tier of the prompt and by the tier served, both up the ladder."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for info in prompts:
        if info.acceptable_tiers:
            counts[lowest(info.acceptable_tiers)].update(decided[info.id].served.values())
    return tuple(
        ConfusionRow(lowest=tier, served={one: counts[tier][one] for one in (*LADDER, NO_TIER)})
        for tier in LADDER
        if counts[tier]
    )
