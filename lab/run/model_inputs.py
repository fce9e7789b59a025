"""What the model got of an exchange's calls: asks the observer behind the model server, call by call."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from lab import wires
from lab.behind.asking import Asking
from lab.behind.seen import Handed, Observer, Seen
from lab.behind.slots import Slots
from lab.behind.tracelog import TraceLog
from lab.engines.base import Engine
from lab.records.models import ModelInput
from lab.records.store import RunStore
from lab.run.meter_control import MeterCall
from lab.run.model_server import ModelServerOfRun
from lab.run.upstream import Upstream

# So soon has a server logged that it has answered.
_LOGGED_S = 0.1


def behind(
    engine: Engine, ahead: Upstream, ready: Callable[[Mapping[str, Any]], float]
) -> ModelInputs | None:
    """What sees behind the model servers of a run; None if none answers."""
    observers = {server.address.from_meter: _observer(engine, server) for server in ahead.model_servers}
    return ModelInputs(observers, ahead, ready) if observers else None


def _observer(engine: Engine, server: ModelServerOfRun) -> Observer:
    """By what the server is: the slots of llama.cpp's, the log of the lab's own Ollama, else its answers."""
    if server.answer.server.kind == "llama.cpp":
        return Slots(server.address.url)
    if server.instance is not None:
        return TraceLog(partial(engine.log_since, server.instance))
    return Asking(server.address.url)


class ModelInputs:
    """Tells of each call that a model server answered what its model got.

    `observers` see behind the servers, by the base URL at which the meter reaches them.
    """

    def __init__(
        self, observers: Mapping[str, Observer], ahead: Upstream, ready: Callable[[Mapping[str, Any]], float]
    ) -> None:
        self._observers = observers
        self._ahead = ahead
        self._ready = ready

    def begin(self, variant: str, model: str) -> None:
        """An exchange is about to be sent: the model that it asks for is loaded, and nothing else is seen."""
        if self._ahead.forward_for and self._ready(self._target(variant, model)):
            time.sleep(_LOGGED_S)
        for observer in self._observers.values():
            observer.begin()

    def of(self, calls: Sequence[MeterCall]) -> dict[int, Seen]:
        """What the model got, by the calls' numbers; calls that no model server answered have no entry."""
        found: dict[int, Seen] = {}
        for url, observer in self._observers.items():
            to_it = [call for call in calls if self._target(call.caller, call.model).get("base_url") == url]
            answered = [call for call in to_it if _asks_a_model(call)]
            if answered:
                seen = observer.seen([self._handed(call) for call in answered])
                found |= {call.n: one for call, one in zip(answered, seen, strict=True)}
        return found

    def _handed(self, call: MeterCall) -> Handed:
        return Handed(
            path=call.path,
            body=call.request,
            model=str(self._target(call.caller, call.model).get("model", "")),
            status=call.status,
            aborted=call.aborted,
            stated=_stated(call),
        )

    def _target(self, caller: str, model: str | None) -> Mapping[str, Any]:
        """Where calls of a model are passed on; empty if they are not."""
        own: Mapping[str, Mapping[str, Any]] = self._ahead.forward_for.get(caller, {})
        return own.get(model or "") or self._ahead.forward.get(model or "") or {}


def _asks_a_model(call: MeterCall) -> bool:
    return call.answered_by == "ollama" and wires.kind_of(call.path) in wires.KINDS


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
