"""What arrived changed, dropped or added behind each gateway, feature by feature."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from operator import attrgetter, itemgetter
from typing import Final, get_args

from lab.checks.registry import asks
from lab.exchange.compare.difference import HEADER, MESSAGES, SYSTEM, Difference, is_parameter
from lab.exchange.compare.differences import Differences
from lab.exchange.compare.parameters import wire_name
from lab.figures.amounts import commonest, grouped
from lab.figures.grid import Grid
from lab.figures.observation import Observation
from lab.records.manifest import ScenarioInfo
from lab.topics.fidelity.table import Addition, Fidelity, FidelityCell, FidelityRow, FidelityTotal, State

ADDED: Final = "added"
CONTENTS: Final = MESSAGES | {SYSTEM}
APART: Final = "apart"  # from other conversations
_WORST_FIRST: Final[tuple[State, ...]] = get_args(State)
_NO_VERDICT: Final = ("not_asked", "no_use", "no_equivalent", "not_judged")
# Texts that were joined have no white space between them, and are all there.
_KEPT: Final = ("kept", "joined")
_NOT_ASKED: Final = "no model was asked, so nothing was forwarded"

Seen = Sequence[tuple[ScenarioInfo, Observation]]
Compared = tuple[ScenarioInfo, Observation, Differences]


def fidelity_of(grid: Grid) -> Fidelity | None:
    """What arrived changed, dropped or added behind each gateway; None without such suites."""
    infos = [info for info in grid.valid if asks(info, "differences")]
    if not infos:
        return None
    features = grouped(infos, attrgetter("looks_at"))
    rows = tuple(_row(grid, feature, these) for feature, these in features.items())
    names = [status.name for status in grid.manifest.variants]
    return Fidelity(rows=rows, totals=tuple(_total(grid, name, infos, rows) for name in names))


def subject(feature: str) -> str:
    """The aspect that a scenario is about: what stands before the colon in its feature."""
    return feature.partition(":")[0].strip()


def _row(grid: Grid, feature: str, infos: Sequence[ScenarioInfo]) -> FidelityRow:
    """The row of one feature; if its name is no aspect of any request, all aspects are looked at."""
    names = [status.name for status in grid.manifest.variants]
    seen = {name: _seen(grid, name, infos) for name in names}
    about = subject(feature)
    known = about in (ADDED, APART) or about.startswith(HEADER)
    known = known or any(
        one.differences and about in one.differences.sent for every in seen.values() for _, one in every
    )
    aspect = about if known else None
    return FidelityRow(
        feature=feature,
        scenarios=tuple(info.id for info in infos),
        cells=tuple(_cell(grid, name, infos, seen[name], aspect) for name in names),
    )


def _seen(grid: Grid, name: str, infos: Iterable[ScenarioInfo]) -> Seen:
    return [(info, one) for info in infos for one in grid.seen(name, info)]


def _cell(
    grid: Grid, name: str, infos: Sequence[ScenarioInfo], seen: Seen, aspect: str | None
) -> FidelityCell:
    if not seen:
        cell = grid.cell(name, infos[0])
        state = next((state for state in _WORST_FIRST if state == cell.status), "failed")
        return FidelityCell(variant=name, state=state, why=cell.reason or "")
    states = [(*_state(one, aspect), info.id) for info, one in seen]
    state, why, scenario = min(states, key=lambda item: _WORST_FIRST.index(item[0]))
    kept = sum(one in _KEPT for one, _, _ in states)
    return FidelityCell(variant=name, state=state, kept=kept, of=len(states), why=why, scenario=scenario)


def _state(one: Observation, aspect: str | None) -> tuple[State, str]:
    """What became of an aspect (None: of all) in one exchange, and why."""
    if not one.completed:
        return _lost(one)
    seen = one.differences
    if seen is None:
        return "not_asked", _NOT_ASKED
    if aspect == ADDED:
        return ("added", seen.added[0].why) if seen.added else ("kept", "")
    if aspect == APART:
        told = one.checks["conversations_apart"]
        return ("added", told.why) if told.verdict == "fail" else ("kept", "")
    if aspect is not None and aspect not in seen.sent:
        return "no_use", f"the request went out on the {wire_name(seen.wire)} wire, which has no use for it"
    return _fate(seen, aspect)


def _fate(seen: Differences, aspect: str | None) -> tuple[State, str]:
    """What became of an aspect if it arrived at all; of all together only what counts is reported."""
    aspects = seen.sent if aspect is None else {aspect}
    found = sorted(seen.of(aspects), key=lambda one: one.change != "dropped")
    if found:
        return ("dropped" if found[0].change == "dropped" else "changed"), found[0].why
    beside = seen.of(CONTENTS.intersection(aspects), added=True)
    if beside:
        return ADDED, beside[0].why
    excused = next((one for one in seen.excused({aspect} if aspect else ()) if not one.partial), None)
    if excused and excused.excuse:
        return excused.excuse, excused.why
    if joined := seen.joined(aspects):
        return "joined", joined[0].why
    return "kept", next((one.why for one in seen.excused({aspect} if aspect else ())), "")


def _lost(one: Observation) -> tuple[State, str]:
    accepted = one.checks.get("request_accepted")
    if accepted is not None and accepted.verdict == "fail":
        return "rejected", one.reason or accepted.why
    return ("failed" if one.reached_model else "refused"), one.reason or ""


def _total(
    grid: Grid, name: str, infos: Sequence[ScenarioInfo], rows: Sequence[FidelityRow]
) -> FidelityTotal:
    cells = [cell for row in rows for cell in row.cells if cell.variant == name]
    judged = [cell for cell in cells if cell.of and cell.state not in _NO_VERDICT]
    compared = [(info, one, one.differences) for info, one in _seen(grid, name, infos) if one.differences]
    if not judged and not compared:
        return FidelityTotal(variant=name, reason=commonest([cell.why for cell in cells]) or None)
    requests = [differences for _, _, differences in compared]
    unsayable = _unsayable(requests, parameters=True)
    return FidelityTotal(
        variant=name,
        exchanges=len(compared),
        untouched=sum(not differences.touched for _, _, differences in compared),
        wires=dict(Counter(differences.wire for _, _, differences in compared).most_common()),
        features=len(judged),
        features_kept=sum(cell.state in _KEPT for cell in judged),
        parameters_unsayable=sum(unsayable.values()),
        unsayable=unsayable,
        contents_unsayable=_unsayable(requests, parameters=False),
        additions=_additions(compared),
    )


def _unsayable(compared: Iterable[Differences], *, parameters: bool) -> dict[str, int]:
    """What the provider's wire cannot say of parameters, or of contents and tools, each once per request."""
    lost = Counter(
        aspect
        for differences in compared
        for aspect in {
            one.aspect
            for one in differences.found
            if one.excuse == "no_equivalent"
            and one.change != ADDED
            and not one.aspect.startswith(HEADER)
            and is_parameter(one.aspect) is parameters
        }
    )
    return dict(sorted(lost.items(), key=lambda item: (-item[1], item[0])))


def _additions(compared: Sequence[Compared]) -> tuple[Addition, ...]:
    """Everything added, the most frequent first, against the requests that did not have it themselves.

    What another conversation said is no addition of the gateway's own: it is a finding by itself.
    """
    added = [
        (aspect, why, info.id)
        for info, seen, differences in compared
        for aspect, why in dict.fromkeys(
            (one.aspect, one.why)
            for one in differences.found
            if one.change == ADDED and not _foreign(one, seen)
        )
    ]
    additions = [
        Addition(what=why, exchanges=len(found), of=_could(compared, aspect), scenario=found[0][2])
        for (aspect, why), found in grouped(added, itemgetter(0, 1)).items()
    ]
    return tuple(sorted(additions, key=lambda one: (-one.exchanges, one.what)))


def _foreign(one: Difference, seen: Observation) -> bool:
    return seen.foreign.told_in(one.text)


def _could(compared: Sequence[Compared], aspect: str) -> int:
    """Requests to which this could be added: those that do not set it themselves, or all for contents."""
    return sum(not is_parameter(aspect) or aspect not in differences.sent for _, _, differences in compared)
