"""The calls of an exchange that a model server answered, and what its model got of each."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from lab.errors import RecordsError
from lab.exchange.got.loss import Counts
from lab.exchange.got.seen import counts_of
from lab.exchange.view import ExchangeView
from lab.records.models import ModelInput, SeenBy, UpstreamRecord
from lab.wires import exact


@dataclass(frozen=True, slots=True)
class GotCall:
    """One call to a model server; figures as in lab.records.models.ModelInput, in the model's own tokens."""

    wire: str
    seen_by: SeenBy | None
    why: str
    tokens: int | None = None
    tokens_whole: int | None = None
    context: int | None = None
    counts: Counts = field(default_factory=dict)


def got_calls(view: ExchangeView) -> tuple[GotCall, ...]:
    """What the model got of each call of an exchange that a model server answered with success."""
    return view.bodies.once(("got", view.exchange.id), lambda: tuple(_calls(view)))


def _calls(view: ExchangeView) -> Iterator[GotCall]:
    for call in view.chat:
        if call.model_input is not None and call.status < 400:
            yield _of(view, call, call.model_input)


def _of(view: ExchangeView, call: UpstreamRecord, given: ModelInput) -> GotCall:
    counts: Counts = {}
    if call.request is not None and given.seen_by is not None:
        with contextlib.suppress(RecordsError):
            counts = counts_of(
                view.bodies.request(call.request, call.wire),
                given,
                None if given.prompt is None else view.bodies.text(given.prompt),
                view.answer_given(call),
                call.ceiling,
                exact.loads_object(view.bodies.text(call.request)),
            )
    return GotCall(
        wire=call.wire,
        seen_by=given.seen_by,
        why=given.why,
        tokens=given.tokens,
        tokens_whole=given.tokens_whole,
        context=given.context,
        counts=counts,
    )
