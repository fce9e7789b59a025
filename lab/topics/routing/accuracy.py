"""How often a router picks an acceptable tier, where it errs, and whether its decisions hold.

They hold if the same task is served the same tier in other words, and the right one in another setting.
"""

from __future__ import annotations

import random
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter

from lab.figures.amounts import grouped
from lab.figures.decisions import (
    LADDER,
    NO_TIER,
    Decisions,
    Judged,
    judged,
    judges_tiers,
    lowest,
    related,
    steady,
)
from lab.figures.latency import RESAMPLES, percentile
from lab.records.manifest import ScenarioInfo
from lab.topics.routing.table import (
    Accuracy,
    ConfusionRow,
    Constant,
    Effect,
    FamilyAccuracy,
    Flip,
    Pair,
    PairAccuracy,
    Steadiness,
)

Decided = Mapping[str, Decisions]
INTERVAL_PROMPTS = 6
_OF_A_CONSTANT: tuple[Judged, ...] = ("right", "over", "under")

NOT_JUDGED = "no prompt of this suite says which tiers are acceptable"
NO_DECISION = "no exchange with a base prompt showed a decision"
FEW_PROMPTS = f"an interval over prompts needs {INTERVAL_PROMPTS} of them, {{n}} showed a decision"
ALL_ALIKE = "all prompts came out alike, so that resampling them shows no spread"


def accuracy_of(prompts: Sequence[ScenarioInfo], decided: Decided, seed: str) -> tuple[Accuracy, str]:
    """Shares over the prompts that say what is acceptable, and why the interval or all of it is missing."""
    asked = [info for info in prompts if judges_tiers(info)]
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
    asked = [info for info in prompts if judges_tiers(info)]
    found = []
    for tier in tiers if asked else ():
        counts = Counter(judged(tier, info.acceptable_tiers) for info in asked)
        shares = {name: round(counts[name] / len(asked), 4) for name in _OF_A_CONSTANT}
        found.append(Constant(tier=tier, **shares))
    return tuple(found)


def families_of(prompts: Sequence[ScenarioInfo], decided: Decided) -> tuple[FamilyAccuracy, ...]:
    """The same by family, in the order of the suite; families in which no tier is expected are left out."""
    families = grouped((info for info in prompts if judges_tiers(info)), attrgetter("class_"))
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
    asked = [info for info in prompts if judges_tiers(info)]
    by_lowest = grouped(asked, lambda info: lowest(info.acceptable_tiers))
    rows = []
    for tier in LADDER:
        served = Counter(one for info in by_lowest.get(tier, ()) for one in decided[info.id].served.values())
        if served:
            rows.append(ConfusionRow(lowest=tier, served={one: served[one] for one in (*LADDER, NO_TIER)}))
    return tuple(rows)


def steadiness_of(
    variant: str, prompts: Sequence[ScenarioInfo], infos: Sequence[ScenarioInfo], decided: Decided
) -> tuple[Steadiness, tuple[Flip, ...]]:
    """Prompts whose tier does not flip over all their perturbations, compared within each repeat.

    A prompt is steady if no perturbation was served another tier than the prompt in the same repeat, and
    at least one repeat showed the decisions on all of them. One flip makes it unsteady; with neither, it
    is unseen. Prompts without perturbations do not count.
    """
    flips: list[Flip] = []
    holds: list[bool | None] = []
    children = related(infos, "perturbation")
    for info in prompts:
        if mine := children.get(info.id):
            base = decided[info.id]
            for child in mine:
                flips += _flips(variant, info, child, base.served, decided[child.id].served)
            holds.append(steady(base, [decided[child.id] for child in mine]))
    return Steadiness(
        steady=holds.count(True),
        of=len(holds) - holds.count(None),
        unseen=holds.count(None),
        flips=sum(flip.times for flip in flips),
        right_to_wrong=sum(flip.times for flip in flips if flip.effect == "right to wrong"),
        wrong_to_right=sum(flip.times for flip in flips if flip.effect == "wrong to right"),
    ), tuple(flips)


def _flips(
    variant: str, info: ScenarioInfo, child: ScenarioInfo, base: dict[int, str], served: dict[int, str]
) -> Iterator[Flip]:
    """What a perturbation was served instead, each change once with how often it was seen."""
    both = sorted(base.keys() & served.keys())
    changes = Counter((base[repeat], served[repeat]) for repeat in both if base[repeat] != served[repeat])
    for (before, after), times in sorted(changes.items()):
        yield Flip(
            variant=variant,
            prompt=info.id,
            perturbation=child.id,
            before=before,
            after=after,
            times=times,
            of=len(both),
            effect=_effect(before, after, info.acceptable_tiers),
        )


def _effect(before: str, after: str, acceptable: Sequence[str]) -> Effect:
    if not acceptable:
        return "not judged"
    if before in acceptable:
        return "both right" if after in acceptable else "right to wrong"
    return "wrong to right" if after in acceptable else "both wrong"


def pairs_of(infos: Sequence[ScenarioInfo]) -> tuple[Pair, ...]:
    """The session and envelope pairs of a suite, with the scenario that opens a session."""
    return tuple(
        Pair(relation=info.relation, scenario=info.id, bare=info.of, opener=_opener(info, infos))
        for info in infos
        if info.relation in {"session", "envelope"} and info.of is not None
    )


def _opener(info: ScenarioInfo, infos: Sequence[ScenarioInfo]) -> str | None:
    if info.sequence is None:
        return None
    first = next(one for one in infos if one.sequence == info.sequence)
    return None if first is info else first.id


def pair_accuracy(relation: str, infos: Sequence[ScenarioInfo], decided: Decided) -> PairAccuracy:
    """Decisions right in this setting and bare, over the repeats in which both showed one."""
    by_id = {info.id: info for info in infos}
    right = bare_right = of = pairs = unseen = 0
    for info in infos:
        bare = by_id.get(info.of or "")
        if info.relation != relation or bare is None or not judges_tiers(info):
            continue
        here, there = decided[info.id].served, decided[bare.id].served
        both = here.keys() & there.keys()
        pairs += bool(both)
        unseen += not both
        of += len(both)
        right += sum(here[repeat] in info.acceptable_tiers for repeat in both)
        bare_right += sum(there[repeat] in bare.acceptable_tiers for repeat in both)
    return PairAccuracy(right=right, bare_right=bare_right, of=of, pairs=pairs, unseen=unseen)
