"""One `lab run` from options to report: chooses engine and upstream, starts, runs, cleans up, renders."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import orjson

from lab import __version__, wires
from lab.engines import choose
from lab.engines.base import Instance, Started
from lab.errors import EngineError, LabError, StartError
from lab.interrupts import Interrupted, ignore, interruptible
from lab.loading.configs import load_lab, load_systems
from lab.parallel import each
from lab.progress import Reporter
from lab.records.lines import require_folder
from lab.records.manifest import Manifest
from lab.records.redaction import Redactor
from lab.records.store import RunStore
from lab.report import ReportPaths, render
from lab.run import upstream
from lab.run.instances import Instances
from lab.run.manifest import new_manifest
from lab.run.model_inputs import behind
from lab.run.options import RunOptions, plan_of, resumed_run
from lab.run.plan import Plan, environment_of
from lab.run.resume import require_same_versions
from lab.run.runner import Runner, added
from lab.run.serving import Serving
from lab.run.upstream import Upstream
from lab.scenarios.request import named_models

METER_COMPOSE = Path("compose/meter/compose.yaml")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to: its folder, its manifest, and the files of its report."""

    run_dir: Path
    manifest: Manifest
    paths: ReportPaths


def run(options: RunOptions, reporter: Reporter) -> Outcome:
    """Make a run and its report; raises LabError, or Interrupted after everything was stopped."""
    lab = load_lab(options.root)
    systems = load_systems(options.root)
    resumed = resumed_run(options)
    plan = plan_of(options, lab, systems, resumed)
    if resumed is None:
        require_folder(options.reports)
    with interruptible():
        session = _Session(options, plan, reporter, resumed)
        try:
            manifest = session.run()
        finally:
            session.stop()  # a second time if a signal came just as the first began: nothing is left then
            session.pack()
        reporter.say("rendering the report")
        paths = render(session.store.path)  # nothing is noted after this: rendering again must give the same
    return Outcome(session.store.path, manifest, paths)


class _Session:
    """The parts of a run that need an engine: instances, meter, upstream, runner."""

    def __init__(self, options: RunOptions, plan: Plan, reporter: Reporter, resumed: RunStore | None) -> None:
        self._options = options
        self._plan = plan
        self._reporter = reporter
        self._resumed = resumed
        self._store: RunStore | None = resumed
        self._token = secrets.token_hex(16)
        self._run_id = (
            resumed.manifest().run if resumed else f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        )
        self._unavailable: dict[str, LabError] = {}
        self._times: dict[str, float] = {}
        self._stopped = False
        self._engine = choose(
            resumed.manifest().engine if resumed else options.engine,
            run_id=self._run_id,
            limits=plan.lab.limits,
            say=reporter.say,
            meter_on_host=self._upstream_wanted() in {"auto", "ollama"}
            and upstream.on_loopback(upstream.ollama_url() or ""),
        )
        self._serving = Serving(
            plan, self._engine, reporter, self._upstream_wanted(), resumed=resumed is not None
        )

    def run(self) -> Manifest:
        """Measure, and stop whatever was started on every way out."""
        self._reporter.say(f"run {self._run_id}, engine {self._engine.name}, seed {self._plan.seed}")
        for note in (*self._plan.notes, *self._engine.notes()):
            self._reporter.warn(note)
        threading.Thread(target=wires.preload, name="preload", daemon=True).start()
        try:
            return self._measure()
        except Interrupted:
            if self._store is not None:
                self._reporter.warn(
                    f"interrupted; {self._store.path} keeps what was recorded, "
                    f"`lab run --resume {self._run_id}` completes it"
                )
            raise
        finally:
            self.stop()

    def stop(self) -> None:
        """Stop whatever was started, undisturbed by further signals; again if that was not reached."""
        ignore()
        if self._stopped:
            return
        begin = time.monotonic()
        self._serving.let_go()
        self._engine.stop_all()
        self._stopped = True
        self._reporter.say(f"stopped what was started in {time.monotonic() - begin:.1f} s")
        self.note_time("stop", begin)

    def pack(self) -> None:
        """Put the bodies into one file; if that fails, they and the outcome of the run stay as they are."""
        if self._store is None:
            return
        begin = time.monotonic()
        try:
            self._store.bodies.pack()
            self.note_time("pack", begin)
        except (LabError, OSError) as exc:
            self._reporter.warn(str(exc))

    @property
    def store(self) -> RunStore:
        """The run's records; raises EngineError if the run never came that far."""
        if self._store is not None:
            return self._store
        raise EngineError("the run ended before anything was recorded")

    def note_time(self, what: str, begin: float) -> None:
        """Add seconds since `begin` (time.monotonic) to the manifest's timings, as soon as there is one."""
        self._times[what] = self._times.get(what, 0.0) + time.monotonic() - begin
        if self._store is not None:
            manifest = self._store.manifest()
            timings = added(manifest.timings_s, self._times)
            self._times.clear()
            self._store.write_manifest(manifest.model_copy(update={"timings_s": timings}))

    def _measure(self) -> Manifest:
        if self._upstream_wanted() == "cloud":
            upstream.from_cloud(self._plan.lab)  # a missing key is reported before anything is built
        begin = time.monotonic()
        ahead = self._serving.decide()
        self._plan = self._serving.plan
        self._unavailable |= self._serving.unavailable
        self._reporter.say(f"upstream: {ahead.mode} ({ahead.why})")
        self.note_time("model server", begin)
        begin = time.monotonic()
        self._install()
        self.note_time("install", begin)
        started = {name: self._instance(name) for name in self._instance_names()}
        instances = Instances(self._engine, self._plan.variants, started, self._unavailable, self._reporter)
        for instance in self._serving.instances.values():
            instances.also_keep_log_of(instance)
        url = self._engine.meter_url()
        begin = time.monotonic()
        meter = instances.start_all(self._configured_meter(ahead))
        if self._engine.meter_url() != url:
            raise StartError("the meter's port was taken by another program", next_step="run again")
        self._open_store(ahead, meter, instances)
        self.note_time("boot", begin)
        seen = behind(self._engine, ahead, self._serving.ready)
        runner = Runner(
            self._plan, self._engine, instances, meter, self._token, self.store, self._reporter, seen
        )
        done = frozenset(self.store.completed_keys()) if self._resumed else frozenset()
        state = "interrupted"
        try:
            runner.run(done)
            state = "finished"
        finally:
            self._end(state)
        return self.store.manifest()

    def _end(self, state: str) -> None:
        manifest = self.store.manifest()
        again = self._serving.loaded_again()
        for problem in again:
            self._reporter.warn(f"ollama: {problem}")
        finished_at = datetime.now(UTC).isoformat(timespec="seconds") if state == "finished" else None
        update = {"state": state, "finished_at": finished_at, **self.store.counts()}
        servers = tuple(
            one.with_problems(again) if one.kind == "ollama" else one for one in manifest.model_servers
        )
        manifest = manifest.model_copy(update={"model_servers": servers})
        self.store.write_manifest(manifest.model_copy(update=update))

    # Instances

    def _instance_names(self) -> list[str]:
        failed = {v.instance for v in self._plan.variants if v.name in self._unavailable}
        names = [v.instance for v in self._plan.variants if v.system.compose and v.system.kind == "gateway"]
        return [name for name in dict.fromkeys(names) if name not in failed]

    def _instance(self, name: str) -> Instance:
        planned = next(v for v in self._plan.variants if v.instance == name)
        assert planned.system.compose is not None  # noqa: S101 - _instance_names picks only such
        env = environment_of(planned, os.environ)
        env |= {"LAB_METER_URL": self._engine.meter_url(), "LAB_VARIANT": name}
        return Instance(name, planned.system.system, self._options.root / planned.system.compose, env)

    def _meter_instance(self, config: Mapping[str, object], *, egress: bool) -> Instance:
        env = {
            **os.environ,
            "LAB_METER_CONFIG": orjson.dumps(config).decode(),
            "LAB_METER_EGRESS": str(egress).lower(),
            "LAB_VERSION": __version__,
        }
        return Instance("meter", "meter", self._options.root / METER_COMPOSE, env)

    def _install(self) -> None:
        targets = [self._meter_instance({}, egress=False), *map(self._instance, self._instance_names())]
        results = each({t.name: partial(self._engine.install, t, self._reporter.say) for t in targets})
        for name, outcome in results.items():
            if not isinstance(outcome, LabError):
                continue
            if name == "meter":
                raise outcome
            self._reporter.warn(f"{name} cannot be installed: {outcome}")
            for planned in self._plan.variants:
                if planned.instance == name:
                    self._unavailable[planned.name] = outcome

    # Upstream

    def _upstream_wanted(self) -> str:
        return self._resumed.manifest().upstream_mode if self._resumed else self._options.upstream

    # Meter and manifest

    def _configured_meter(self, ahead: Upstream) -> Instance:
        # The lab's own model servers stand beside the meter; one that the user named may stand anywhere.
        outside = ahead.mode == "cloud" or any(one.instance is None for one in ahead.model_servers)
        config = upstream.meter_config(self._plan.lab, ahead, self._token, named_models(self._plan.suites))
        return self._meter_instance(config, egress=outside)

    def _open_store(self, ahead: Upstream, meter: Started, instances: Instances) -> None:
        secret_values = (self._token, *upstream.secrets_of(ahead))
        if self._resumed is not None:
            manifest = self._resumed.manifest()
            require_same_versions(manifest, instances.statuses())
            update = {"resumed": manifest.resumed + 1, "state": "running", "finished_at": None}
            manifest = manifest.model_copy(update={**update, "exchanges": None, "background_calls": None})
            self._resumed.use_redactor(Redactor(secret_values))
            self._resumed.write_manifest(manifest)
            return
        manifest = new_manifest(
            run=self._run_id,
            plan=self._plan,
            engine=self._engine,
            ahead=ahead,
            meter=meter,
            command=self._options.command,
        )
        manifest = manifest.model_copy(update={"variants": instances.statuses()})
        self._store = RunStore.create(self._options.reports, manifest, Redactor(secret_values))
