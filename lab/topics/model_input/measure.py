"""What model servers' models got, from what is known of each call; no two ways of seeing share a figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lab.exchange.got.calls import GotCall
from lab.exchange.got.loss import Kind
from lab.figures.grid import Grid
from lab.figures.observation import Observation
from lab.topics.model_input.table import Got, InputLoss, InputRow, ModelInputs, NotSeen
from lab.wires import CLIENT_KINDS

Place = tuple[str, str, str, bool]


@dataclass(frozen=True, slots=True)
class Called:
    """One call of a variant to the model server, and the scenario that it was made for."""

    scenario: str
    exchange: Observation
    call: GotCall


def model_inputs_of(grid: Grid) -> ModelInputs | None:
    """What the models of a run got; None if no model server answered."""
    called = {status.name: list(_called(grid, status.name)) for status in grid.manifest.variants}
    own = next((s.name for s in grid.manifest.variants if s.kind == "model_server" and called[s.name]), "")
    rows = [row for name, calls in called.items() for row in _rows(name, calls)]
    if not rows:
        return None
    lost_without = _lost_where(called[own]) if own else None
    servers = {status.name for status in grid.manifest.variants if status.kind == "model_server"}
    losses = [
        loss
        for name, calls in called.items()
        for loss in _losses(name, calls, None if name in servers else lost_without)
    ]
    # First what the servers lose by themselves, then what becomes of it behind gateways.
    losses.sort(key=lambda loss: (loss.variant not in servers, -loss.calls))
    return ModelInputs(rows=tuple(rows), losses=tuple(losses))


def _called(grid: Grid, variant: str) -> Iterator[Called]:
    for info in grid.every_form:
        for one in grid.seen(variant, info):
            yield from (Called(info.written or info.id, one, call) for call in one.got)


def _rows(variant: str, called: Sequence[Called]) -> Iterator[InputRow]:
    places: dict[Place, list[GotCall]] = {}
    for one in called:
        client = CLIENT_KINDS.get(one.exchange.wire, one.exchange.wire)
        places.setdefault((variant, client, one.call.wire, one.exchange.stream), []).append(one.call)
    for (name, client, server, streamed), calls in sorted(places.items()):
        read = [(call.tokens, call.tokens_whole) for call in calls]
        lengths = [(one, whole) for one, whole in read if one is not None and whole is not None]
        contexts = {call.context for call in calls if call.context}
        yield InputRow(
            variant=name,
            client_wire=client,
            server_wire=server,
            streamed=streamed,
            calls=len(calls),
            seen=dict(sorted(Counter(call.seen_by for call in calls if call.seen_by).items())),
            not_seen=tuple(
                NotSeen(calls=n, why=why)
                for why, n in Counter(call.why for call in calls if not call.seen_by).most_common()
            ),
            tokens_read=sum(one for one, _ in lengths) if lengths else None,
            tokens_whole=sum(whole for _, whole in lengths) if lengths else None,
            context=contexts.pop() if len(contexts) == 1 else None,
            kinds=_kinds(calls),
        )


def _kinds(calls: Iterable[GotCall]) -> dict[str, Got]:
    """Sums over calls; a kind that no call has is left out."""
    sums: dict[str, Got] = {}
    for call in calls:
        for kind, count in call.counts.items():
            so_far = sums.get(kind, Got())
            sums[kind] = Got(
                of=so_far.of + count.of, kept=so_far.kept + count.kept, unsure=so_far.unsure + count.unsure
            )
    return sums


def _lost_where(called: Iterable[Called]) -> frozenset[tuple[str, str]]:
    """Scenarios and kinds of which something was lost."""
    return frozenset(
        (one.scenario, kind) for one in called for kind, count in one.call.counts.items() if count.lost
    )


def _losses(
    variant: str, called: Sequence[Called], lost_without: frozenset[tuple[str, str]] | None
) -> Iterator[InputLoss]:
    kinds: dict[Kind, list[Called]] = {}
    for one in called:
        for kind, count in one.call.counts.items():
            if count.lost:
                kinds.setdefault(kind, []).append(one)
    sums: Mapping[str, Got] = _kinds(one.call for one in called)
    for kind, found in kinds.items():
        worst = max(found, key=lambda one: len(one.call.counts[kind].lost))
        scenarios = {one.scenario for one in found}
        without = None
        if lost_without is not None:
            without = any((name, kind) in lost_without for name in scenarios)
        yield InputLoss(
            variant=variant,
            kind=kind,
            lost=sum(len(one.call.counts[kind].lost) for one in found),
            of=sums[kind].of,
            scenarios=len(scenarios),
            calls=len(found),
            scenario=worst.scenario,
            what=_some(worst.call.counts[kind].lost),
            also_without=without,
        )


def _some(lost: Sequence[str]) -> str:
    more = len(lost) - 3
    return ", ".join(lost[:3]) + (f" and {more} more" if more > 0 else "")
