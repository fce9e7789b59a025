"""Asks a real provider what it says to a client's own request, where it refused what a gateway made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from lab import wires
from lab.config.models import WireAccess
from lab.errors import MeterError
from lab.exchange.charged import is_refusal
from lab.records.models import Refused
from lab.run.headers import address, request_headers
from lab.run.meter_control import MeterCall, MeterControl
from lab.run.plan import Plan, PlannedVariant, Step
from lab.wires.neutral import REAL, NeutralAnswer

_PATHS: Final[Mapping[str, str]] = {
    "anthropic": "/v1/messages",
    "openai": "/v1/chat/completions",
    "responses": "/v1/responses",
    "ollama": "/api/chat",
}
_SHOWN: Final = 300


class WithoutGateway:
    """Remembers what was said: a request that a provider refuses is the same for all gateways."""

    def __init__(self, control: MeterControl, plan: Plan, meter_url: Callable[[], str]) -> None:
        self._control = control
        self._plan = plan
        self._meter_url = meter_url
        self._said: dict[tuple[str, str, bytes], Refused] = {}

    def says(
        self,
        step: Step,
        planned: PlannedVariant,
        calls: Sequence[MeterCall],
        raw: bytes,
        body: dict[str, Any],
    ) -> Refused | None:
        """What the provider says to the client's own request; None if it refused nothing of a gateway's.

        The model is the one of the refused call, and the path the provider's own. Overload and faults need
        no asking: no request is their cause.
        """
        refused = [call for call in calls if _refuses(call)]
        if not refused or planned.system.kind != "gateway":
            return None
        model = refused[-1].model or ""
        wire = self._plan.wire_of(step.scenario)
        path, _, query = address(step.scenario, WireAccess(path=_PATHS[wire])).partition("?")
        key = (model, path, raw)
        if key not in self._said:
            headers = request_headers(planned, step.scenario, wire, self._meter_url())
            sent = {name.lower(): value for name, value in headers.items()}
            asked = {**body, "model": model}
            try:
                status, answer = self._control.ask_upstream(model, path, query, sent, asked)
            except MeterError as exc:
                self._said[key] = Refused(error=exc.message)
            else:
                self._said[key] = Refused(status=status, error=_words(path, status, answer))
        return self._said[key]


def _refuses(call: MeterCall) -> bool:
    return call.answered_by in REAL and is_refusal(call.status, aborted=call.aborted)


def _words(path: str, status: int, answer: bytes) -> str:
    """The provider's own words for an error; empty if it is none."""
    if status < 400:
        return ""
    read = wires.read_answer(wires.kind_of(path), answer, "application/json", strictly=False)
    return (read.error or answer.decode("utf-8", "replace"))[:_SHOWN]


def error_of(call: MeterCall, answer: NeutralAnswer) -> str | None:
    """Why a call failed, in the words of a real provider if it has any."""
    real = call.answered_by in REAL and call.status >= 400
    return answer.error if real and answer.error else call.error
