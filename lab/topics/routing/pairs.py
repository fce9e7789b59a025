"""Whether a router's decision holds when the same task comes in other words or in another setting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from lab.figures.decisions import Decisions, related, steady
from lab.records.manifest import ScenarioInfo
from lab.topics.routing.table import Effect, Flip, Pair, PairAccuracy, Steadiness

Decided = Mapping[str, Decisions]


def steadiness_of(
    variant: str, prompts: Sequence[ScenarioInfo], infos: Sequence[ScenarioInfo], decided: Decided
) -> tuple[Steadiness, tuple[Flip, ...]]:
    """Prompts whose tier does not flip over all their perturbations, compared within each repeat.

    A prompt is steady if no perturbation was served another tier than the prompt in the same repeat, and
    at least one repeat showed the decisions on all of them. One flip makes it unsteady; with neither, it
    is unseen. Prompts without perturbations do not count.
    """
    kept = unseen = of = 0
    flips: list[Flip] = []
    children = related(infos, "perturbation")
    for info in prompts:
        if not children[info.id]:
            continue
        base = decided[info.id]
        for child in children[info.id]:
            flips += _flips(variant, info, child, base.served, decided[child.id].served)
        holds = steady(base, [decided[child.id] for child in children[info.id]])
        of += holds is not None
        kept += holds is True
        unseen += holds is None
    changed = Counter[str]()
    for flip in flips:
        changed[flip.effect] += flip.times
    return Steadiness(
        steady=kept,
        of=of,
        unseen=unseen,
        flips=changed.total(),
        right_to_wrong=changed["right to wrong"],
        wrong_to_right=changed["wrong to right"],
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
        if info.relation != relation or bare is None or not info.acceptable_tiers:
            continue
        here, there = decided[info.id].served, decided[bare.id].served
        both = here.keys() & there.keys()
        pairs += bool(both)
        unseen += not both
        of += len(both)
        right += sum(here[repeat] in info.acceptable_tiers for repeat in both)
        bare_right += sum(there[repeat] in bare.acceptable_tiers for repeat in both)
    return PairAccuracy(right=right, bare_right=bare_right, of=of, pairs=pairs, unseen=unseen)
