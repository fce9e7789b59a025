"""Runs a plan: starts systems, sends exchanges in the plan's order, and records each as it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from lab.behind.seen import Seen
from lab.config.scenarios import Scenario, Suite
from lab.engines.base import Engine, Started
from lab.errors import EngineError, LabError
from lab.meter.script import ScriptedAnswer
from lab.progress import Reporter
from lab.records.store import RunStore
from lab.run import recorder
from lab.run.client import Client, Try
from lab.run.headers import address, request_headers
from lab.run.instances import Instances
from lab.run.meter_control import MeterControl
from lab.run.model_inputs import ModelInputs
from lab.run.plan import Plan, PlannedVariant, Step
from lab.run.recorder import Sent
from lab.run.without_gateway import WithoutGateway
from lab.scenarios.answers import error_due
from lab.scenarios.request import request_bytes
from lab.wires import exact

WARM_UP = Scenario(
    id="warm-up",
    title="Warm-up",
    looks_at="not measured",
    class_="warm-up",
    max_tokens=64,
    messages=[{"role": "user", "content": "Reply with the single word ready."}],
)
WARM_UP_ANSWER = ScriptedAnswer(text="ready")
SETTLE_MS = 15
ALL_ATTEMPTS_ONCE = 1
_NOTHING: Mapping[int, Seen] = {}


@dataclass(slots=True)
class Clock:
    """Seconds spent in each kind of work, for the manifest."""

    spent: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def running(self, what: str) -> Iterator[None]:
        """Add the time that is spent in here to `what`."""
        begin = time.monotonic()
        yield
        self.spent[what] = round(self.spent.get(what, 0.0) + time.monotonic() - begin, 3)


def added(before: Mapping[str, float], more: Mapping[str, float]) -> dict[str, float]:
    """Seconds by kind of work, `more` added to `before`: a resumed run spends time in several sittings."""
    return dict(before) | {what: round(before.get(what, 0.0) + s, 3) for what, s in more.items()}


class Runner:
    """Makes the exchanges of a plan against running instances, and records them."""

    def __init__(
        self,
        plan: Plan,
        engine: Engine,
        instances: Instances,
        meter: Started,
        token: str,
        store: RunStore,
        reporter: Reporter,
        model_inputs: ModelInputs | None = None,
    ) -> None:
        self._plan = plan
        self._engine = engine
        self._instances = instances
        self._meter = meter
        self._store = store
        self._report = reporter
        self._model_inputs = model_inputs
        self._control = MeterControl(meter.base_url, token)
        self._without_gateway = WithoutGateway(self._control, plan, engine.meter_url)
        self._real = store.manifest().upstream_mode != "scripted"
        limits = plan.lab.limits
        self._client = Client(
            timeout_s=limits.exchange_timeout_s, max_answer_bytes=limits.max_answer_mb * 1_000_000
        )
        self._tiers = {tier.model: name for name, tier in plan.lab.tiers.items()}
        self._variants = {planned.name: planned for planned in plan.variants}
        self._seq = 0
        self._replayed: set[str] = set()
        self._steps: dict[int, tuple[Step, ...]] = {}
        self._times_before: dict[str, float] = {}
        self.clock = Clock()

    def run(self, done: frozenset[str]) -> None:
        """Make all steps whose id is not in `done`; logs and background calls are kept on every way out."""
        self._seq = len(done)
        self._times_before = self._store.manifest().timings_s
        self._write_statuses()
        try:
            self._exchanges(done)
        finally:
            save_logs = partial(self._instances.save_logs, self._store)
            for step in (self._drain_background, self._write_statuses, save_logs):
                self._at_the_end(step)
            self._client.close()
            self._control.close()

    def _at_the_end(self, step: Callable[[], None]) -> None:
        """Do a last step; if it fails the others are still done, and the run's own outcome stands."""
        try:
            step()
        except (LabError, OSError) as exc:
            self._report.warn(str(exc))

    # Exchanges

    def _exchanges(self, done: frozenset[str]) -> None:
        todo = [
            [step for step in part.steps if step.exchange_id not in done]
            for repeat in range(1, self._plan.repeats + 1)
            for part in self._plan.passes(repeat)
        ]
        total = sum(1 for steps in todo for step in steps if self._instances.can_serve(step.variant))
        cold = {planned.name for planned in self._plan.variants}
        with self._report.begin(total):
            for steps in todo:
                asked = [step for step in steps if self._instances.can_serve(step.variant)]
                variants = {step.variant for step in asked}
                cold |= self._refresh(variants)
                with self.clock.running("warm-up"):
                    self._warm_up(cold & variants)
                cold -= variants
                for step in asked:
                    self._replay_before(step, done)
                    self._exchange(step)
                    self._report.advance(step.exchange_id)

    def _refresh(self, variants: set[str]) -> frozenset[str]:
        with self.clock.running("fresh state"):
            restarted = self._instances.refresh(variants)
            if restarted:
                self._client.forget_connections()
        return restarted

    def _replay_before(self, step: Step, done: frozenset[str]) -> None:
        """Resuming within a sequence: what an earlier session recorded of it is sent again, unmeasured.

        State was wiped in between; without this a system could not do what the sequence asks about.
        """
        if step.scenario.sequence is None or not done:
            return
        for earlier in self._planned(step.repeat):
            if earlier.exchange_id == step.exchange_id:
                return
            same = earlier.variant == step.variant and earlier.scenario.sequence == step.scenario.sequence
            if same and earlier.exchange_id in done and earlier.exchange_id not in self._replayed:
                self._replayed.add(earlier.exchange_id)
                self._unmeasured(earlier)

    def _planned(self, repeat: int) -> tuple[Step, ...]:
        if repeat not in self._steps:
            self._steps = {repeat: tuple(self._plan.steps(repeat))}
        return self._steps[repeat]

    def _unmeasured(self, step: Step) -> None:
        planned = self._variants[step.variant]
        suite = self._plan.suite(step.suite)
        raw = self._body(step.scenario, planned, self._plan.nonce(step))
        answer = step.scenario.answer or suite.answer
        self._control.open_exchange(step.exchange_id, self._callers(step), self._plan.marker(step), answer)
        self._send(planned, step.scenario, raw, attempts=self._attempts(suite, step.scenario))
        self._control.close_exchange(step.exchange_id, settle_ms=SETTLE_MS)

    def _body(self, scenario: Scenario, planned: PlannedVariant, nonce: str) -> bytes:
        return request_bytes(scenario, planned.variant.model, nonce, self._plan.wire_of(scenario))

    def _warm_up(self, variants: set[str]) -> None:
        for planned in self._plan.variants:
            running = self._instances.of(planned.name)
            if planned.name not in variants or (running is not None and running.dead):
                continue
            raw = self._body(WARM_UP, planned, "warmup0000")
            self._control.open_exchange(
                f"warm-up-{planned.name}", [planned.name], "labmark-background", WARM_UP_ANSWER
            )
            tried = self._send(planned, WARM_UP, raw, attempts=ALL_ATTEMPTS_ONCE)[-1]
            self._control.close_exchange(f"warm-up-{planned.name}", settle_ms=SETTLE_MS)
            if tried.error or (tried.status or 0) >= 300:
                why = tried.error or f"HTTP {tried.status}: {tried.body[:200].decode('utf-8', 'replace')}"
                self._report.warn(f"the warm-up of {planned.name} failed: {why}")

    def _send(
        self, planned: PlannedVariant, scenario: Scenario, body: bytes, *, attempts: int
    ) -> tuple[Try, ...]:
        self._instances.served(planned.name)
        wire = self._plan.wire_of(scenario)
        headers = request_headers(planned, scenario, wire, self._engine.meter_url())
        return self._client.send(
            self._base_url(planned) + address(scenario, planned.system.wires[wire]),
            headers,
            body,
            attempts=attempts,
            backoff_s=self._plan.lab.limits.backoff_s,
            # A real model that is late would only be late again.
            keep_trying=lambda tried: (
                self._instances.death_of(planned.name) is None and not (self._real and tried.late)
            ),
        )

    def _base_url(self, planned: PlannedVariant) -> str:
        running = self._instances.of(planned.name)
        if running is None:  # no process of its own: the client talks to the meter
            return f"{self._meter.base_url}/{planned.name}"
        if running.started is None:
            raise EngineError(f"{planned.name} was never started")
        return running.started.base_url

    def _exchange(self, step: Step) -> None:
        planned = self._variants[step.variant]
        suite = self._plan.suite(step.suite)
        raw = self._body(step.scenario, planned, self._plan.nonce(step))
        body = exact.loads_object(raw)
        running = self._instances.of(step.variant)
        started_at = datetime.now(UTC).isoformat(timespec="milliseconds")
        if running is not None and running.dead:
            self._record(step, planned, Sent(body, raw, started_at, dead=running.dead))
            return
        marker = self._plan.marker(step)
        answer = step.scenario.answer or suite.answer
        ceiling = step.scenario.may_generate
        self._control.open_exchange(step.exchange_id, self._callers(step), marker, answer, ceiling=ceiling)
        if self._model_inputs is not None:
            self._model_inputs.begin(step.variant, step.scenario.model or planned.variant.model)
        with self.clock.running("answers"):
            tries = self._send(planned, step.scenario, raw, attempts=self._attempts(suite, step.scenario))
        with self.clock.running("settle"):
            calls = self._control.close_exchange(step.exchange_id, settle_ms=SETTLE_MS)
        dead = self._instances.death_of(step.variant) if tries[-1].error else None
        with self.clock.running("record"):
            # First of all: what is asked without a gateway is a prompt of its own behind the server.
            seen = self._model_inputs.of(calls) if self._model_inputs is not None else {}
            alone = self._without_gateway.says(step, planned, calls, raw, body)
            self._record(step, planned, Sent(body, raw, started_at, tries, calls, dead, alone), seen)

    def _callers(self, step: Step) -> list[str]:
        """Who may call for an exchange; a model that a scenario names may be reached as another variant's."""
        if step.scenario.model is None and not step.scenario.whole:
            return [step.variant]
        instance = self._variants[step.variant].instance
        return [name for name, planned in self._variants.items() if planned.instance == instance]

    def _attempts(self, suite: Suite, scenario: Scenario) -> int:
        """How often a request is tried: once, if an error is what it is meant to end with."""
        retries = suite.retries and error_due(suite, scenario) is None
        return self._plan.lab.limits.attempts if retries else ALL_ATTEMPTS_ONCE

    def _record(
        self, step: Step, planned: PlannedVariant, sent: Sent, seen: Mapping[int, Seen] = _NOTHING
    ) -> None:
        self._seq += 1
        record = recorder.exchange_record(self._seq, step, planned, self._plan, sent, self._store)
        upstream = [
            recorder.upstream_record(
                call, self._store, self._tiers, step.exchange_id, step.scenario.headers, seen.get(call.n)
            )
            for call in sent.calls
        ]
        self._store.append_exchange(record, upstream)

    # Ending

    def _drain_background(self) -> None:
        calls = self._control.background()
        self._store.append_background(
            [recorder.upstream_record(call, self._store, self._tiers, None) for call in calls]
        )

    def _write_statuses(self) -> None:
        manifest = self._store.manifest()
        timings = added(self._times_before, self.clock.spent)
        self._store.write_manifest(
            manifest.model_copy(update={"variants": self._instances.statuses(), "timings_s": timings})
        )
