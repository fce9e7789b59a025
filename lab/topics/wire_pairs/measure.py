"""What each pair of wires keeps, from what is known of each exchange; no two pairs share a figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from lab.checks.registry import Judgement
from lab.figures.amounts import most_frequent
from lab.figures.grid import Grid
from lab.figures.observation import Observation
from lab.records.manifest import ScenarioInfo
from lab.topics.wire_pairs.table import Kept, NotSayable, Pair, PairLoss, PairRow, WirePairs
from lab.wires import CLIENT_KINDS

Seen = tuple[ScenarioInfo, Observation]
Place = tuple[str, str, bool]
PARAMS, TOOL_CALLS = "params_kept", "tool_call_intact"


def wire_pairs_of(grid: Grid) -> WirePairs | None:
    """The matrix of a run; None if nothing was asked."""
    rows: list[PairRow] = []
    losses: list[PairLoss] = []
    for status in grid.manifest.variants:
        places = _places(grid, status.name)
        rows += [_row(status.name, place, seen) for place, seen in places.items()]
        if status.kind != "control":
            losses += _losses(status.name, places)
    if not rows:
        return None
    return WirePairs(
        rows=tuple(rows),
        losses=tuple(sorted(losses, key=lambda loss: -loss.scenarios)),
        not_sayable=tuple(_not_sayable(grid)),
    )


def _places(grid: Grid, variant: str) -> dict[Place, list[Seen]]:
    """What was observed of a variant, by pair and way of answering, in the order of the wires."""
    found: dict[Place, list[Seen]] = {}
    for info in grid.every_form:
        for one in grid.seen(variant, info):
            place = (CLIENT_KINDS.get(one.wire, one.wire), one.upstream_wire, one.stream)
            found.setdefault(place, []).append((info, one))
    order = list(CLIENT_KINDS.values())
    return dict(sorted(found.items(), key=lambda item: (order.index(item[0][0]), item[0][1:])))


def _row(variant: str, place: Place, seen: Sequence[Seen]) -> PairRow:
    by_scenario: dict[str, list[Observation]] = {}
    for info, one in seen:
        by_scenario.setdefault(info.id, []).append(one)
    verdicts = [v for v in (_passes(observed) for observed in by_scenario.values()) if v is not None]
    facts = [one.facts for _, one in seen if one.facts]
    checks = _checks(one.checks for _, one in seen)
    client, upstream, streamed = place
    return PairRow(
        variant=variant,
        client_wire=client,
        upstream_wire=upstream,
        streamed=streamed,
        scenarios=len(verdicts),
        passed=sum(verdicts),
        exchanges=len(seen),
        completed=sum(one.completed for _, one in seen),
        facts=Kept(kept=sum(one.kept for one in facts), of=sum(one.total for one in facts)),
        params=checks.get(PARAMS, Kept()),
        tool_calls=checks.get(TOOL_CALLS, Kept()),
        checks=checks,
    )


def _passes(observed: Iterable[Observation]) -> bool | None:
    """Whether no check fails in any of these exchanges; None if none applies."""
    verdicts = {judged.verdict for one in observed for judged in one.checks.values()}
    return None if not verdicts & {"pass", "fail"} else "fail" not in verdicts


def _checks(judged: Iterable[Mapping[str, Judgement]]) -> dict[str, Kept]:
    passed: Counter[str] = Counter()
    applied: Counter[str] = Counter()
    for checks in judged:
        for name, one in checks.items():
            applied[name] += one.verdict in {"pass", "fail"}
            passed[name] += one.verdict == "pass"
    return {name: Kept(kept=passed[name], of=of) for name, of in applied.items() if of}


def _losses(variant: str, places: Mapping[Place, Sequence[Seen]]) -> Iterator[PairLoss]:
    """Per pair and check: the scenarios that fail it there and pass it on another pair in every exchange."""
    verdicts = {place: _by_check(seen) for place, seen in places.items()}
    for place, judged in verdicts.items():
        lost: dict[str, list[tuple[str, str, Place]]] = {}
        for (written, check), (verdict, example, why) in judged.items():
            if verdict != "fail":
                continue
            others = (
                other
                for other, there in verdicts.items()
                if other != place and there.get((written, check), ("",))[0] == "pass"
            )
            if (kept_on := next(others, None)) is not None:
                lost.setdefault(check, []).append((example, why, kept_on))
        for check, found in lost.items():
            kept_on = Counter(other for _, _, other in found).most_common(1)[0][0]
            why = most_frequent(why for _, why, _ in found)
            example = next(name for name, said, _ in found if said == why)
            yield PairLoss(
                **_pair(place).model_dump(),
                variant=variant,
                check=check,
                scenarios=len(found),
                kept_on=_pair(kept_on),
                example=example,
                why=why,
            )


def _pair(place: Place) -> Pair:
    return Pair(client_wire=place[0], upstream_wire=place[1], streamed=place[2])


def _by_check(seen: Iterable[Seen]) -> dict[tuple[str, str], tuple[str, str, str]]:
    """Verdict, scenario as sent, and reason, by scenario as written and check; a single fail is a fail."""
    found: dict[tuple[str, str], tuple[str, str, str]] = {}
    for info, one in seen:
        for check, judged in one.checks.items():
            key = (info.written or info.id, check)
            if judged.verdict == "fail" or (judged.verdict == "pass" and key not in found):
                found[key] = (judged.verdict, info.id, judged.why)
    return found


def _not_sayable(grid: Grid) -> Iterator[NotSayable]:
    """Each wire's reasons, those of most scenarios first; a scenario counts once, in all its forms."""
    reasons: dict[tuple[str, str], dict[str, ScenarioInfo]] = {}
    for info in grid.every_form:
        if info.unsupported:
            wire = CLIENT_KINDS.get(info.wire, info.wire)
            reasons.setdefault((wire, info.unsupported), {})[info.written or info.id] = info
    for (wire, reason), names in sorted(reasons.items(), key=lambda item: (item[0][0], -len(item[1]))):
        first = next(iter(names.values()))
        yield NotSayable(
            client_wire=wire, scenarios=len(names), suite=first.suite, example=first.id, reason=reason
        )
