"""What the model got of an exchange's calls: asks the observer behind the model server, call by call."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from lab import wires
from lab.behind.asking import Asking
from lab.behind.seen import Handed, Observer, Seen
from lab.behind.tracelog import TraceLog
from lab.engines.base import Engine, Instance
from lab.records.models import ModelInput
from lab.records.store import RunStore
from lab.run.meter_control import MeterCall
from lab.run.upstream import Upstream

# So soon has a server logged that it has answered.
_LOGGED_S = 0.1


def behind(
    engine: Engine, server: Instance | None, ahead: Upstream, ready: Callable[[str], float]
) -> ModelInputs | None:
    """What sees behind the model server: the log of one that the lab started, else what it can be asked."""
    if ahead.mode != "ollama" or ahead.ollama_url is None:
        return None
    if server is not None:
        return ModelInputs(TraceLog(partial(engine.log_since, server)), ahead, ready)
    return ModelInputs(Asking(ahead.ollama_url), ahead, ready)


class ModelInputs:
    """Tells of each call that a model server answered what its model got."""

    def __init__(self, observer: Observer, ahead: Upstream, ready: Callable[[str], float]) -> None:
        self._observer = observer
        self._ahead = ahead
        self._ready = ready

    def begin(self, variant: str, model: str) -> None:
        """An exchange is about to be sent: the model that it asks for is loaded, and nothing else is seen."""
        if self._ahead.forward_for and self._ready(self._target(variant, model)):
            time.sleep(_LOGGED_S)
        self._observer.begin()

    def of(self, calls: Sequence[MeterCall]) -> dict[int, Seen]:
        """What the model got, by the calls' numbers; calls that no model server answered have no entry."""
        answered = [call for call in calls if call.answered_by == "ollama" and _asks_a_model(call)]
        if not answered:
            return {}
        seen = self._observer.seen([self._handed(call) for call in answered])
        return {call.n: one for call, one in zip(answered, seen, strict=True)}

    def _handed(self, call: MeterCall) -> Handed:
        return Handed(
            path=call.path,
            body=call.request,
            model=self._target(call.caller, call.model or ""),
            status=call.status,
            aborted=call.aborted,
            stated=_stated(call),
        )

    def _target(self, caller: str, model: str) -> str:
        """The model's name on the server; empty if its calls are not passed on."""
        own: Mapping[str, Mapping[str, Any]] = self._ahead.forward_for.get(caller, {})
        target = own.get(model) or self._ahead.forward.get(model) or {}
        return str(target.get("model", ""))


def _asks_a_model(call: MeterCall) -> bool:
    return wires.kind_of(call.path) in wires.KINDS


def _stated(call: MeterCall) -> int | None:
    """The input tokens that an answer's usage states; None if it states none."""
    if call.status >= 400:
        return None
    kind = wires.kind_of(call.path)
    return wires.read_answer(kind, call.response, call.answer_type, strictly=False).usage.input


def model_input(seen: Seen | None, store: RunStore) -> ModelInput | None:
    """What the model got as a record; the prompt goes into the store."""
    if seen is None:
        return None
    return ModelInput(
        seen_by=seen.by,
        why=seen.why,
        prompt=None if seen.prompt is None else store.put_body(seen.prompt.encode("utf-8", "replace")),
        tokens=seen.tokens,
        tokens_whole=seen.tokens_whole,
        keep=seen.keep,
        context=seen.context,
        images=seen.images,
        form=seen.form,
        cut=seen.cut,
    )
