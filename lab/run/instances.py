"""The running instances of a run: starts them all at once, watches them, wipes them between passes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from lab.compose.file import load_compose
from lab.engines.base import Engine, Instance, Started
from lab.engines.packages import choose_package
from lab.errors import LabError
from lab.parallel import each
from lab.progress import Reporter
from lab.records.manifest import VariantStatus
from lab.records.store import RunStore
from lab.run.plan import PlannedVariant

Start = Callable[[Instance, Callable[[str], None]], Started]


@dataclass(slots=True)
class Running:
    """The state of one instance: healthy, never started (`unavailable`), or died since (`dead`)."""

    instance: Instance
    started: Started | None = None
    unavailable: str | None = None
    log_tail: str | None = None
    dead: str | None = None
    used: bool = False


class Instances:
    """All instances of a run by name, and which variant is served by which."""

    def __init__(
        self,
        engine: Engine,
        variants: Iterable[PlannedVariant],
        instances: Mapping[str, Instance],
        unavailable: Mapping[str, LabError],
        reporter: Reporter,
    ) -> None:
        self._engine = engine
        self._variants = {planned.name: planned for planned in variants}
        self._running = {name: Running(instance) for name, instance in instances.items()}
        self._unavailable = dict(unavailable)
        self._report = reporter
        self._behind: list[Instance] = []

    def start_all(self, meter: Instance) -> Started:
        """Start the meter and all instances at once; raises what keeps the meter from starting."""
        actions: dict[str, Callable[[], Started | None]] = {
            name: partial(self._begin, running, self._engine.start) for name, running in self._running.items()
        }
        self._behind.append(meter)
        actions["meter"] = partial(self._engine.start, meter, self._report.say)
        found = each(actions)["meter"]
        if isinstance(found, LabError):
            raise found
        assert found is not None  # noqa: S101 - an engine's start returns or raises
        return found

    def of(self, variant: str) -> Running | None:
        """The instance that serves a variant; None for one the client reaches through the meter alone."""
        return self._running.get(self._variants[variant].instance)

    def can_serve(self, variant: str) -> bool:
        """Whether exchanges can be sent to this variant at all; a dead one is still sent to, and fails."""
        running = self.of(variant)
        return variant not in self._unavailable and (running is None or not running.unavailable)

    def death_of(self, variant: str) -> str | None:
        """Why the variant's instance no longer runs, reported once on the console; None while it runs."""
        running = self.of(variant)
        if running is None:
            return None
        if running.dead is None:
            running.dead = self._engine.died(running.instance)
            if running.dead:
                self._report.warn(f"{running.instance.name} died: {running.dead}")
        return running.dead

    def served(self, variant: str) -> None:
        """Note that a variant's instance has seen a request since it was started."""
        if (running := self.of(variant)) is not None:
            running.used = True

    def refresh(self, variants: Iterable[str]) -> frozenset[str]:
        """Before a pass of these variants: used state is wiped, what died starts again; those it was."""
        serving = {self._variants[name].instance for name in variants}
        stale = {
            name: running
            for name, running in self._running.items()
            if name in serving
            and running.started is not None
            and not running.unavailable
            and (running.dead or (running.used and self._engine.keeps_state(running.instance)))
        }
        if stale:
            self._report.say("fresh state for " + ", ".join(stale))
            each({name: partial(self._wipe, running) for name, running in stale.items()})
        return frozenset(name for name, planned in self._variants.items() if planned.instance in stale)

    def save_logs(self, store: RunStore) -> None:
        """Keep what every instance and what answers behind them has logged; the store redacts it."""
        for instance in (*(running.instance for running in self._running.values()), *self._behind):
            with tempfile.TemporaryDirectory(prefix="lab-log-") as folder:
                path = Path(folder) / "log"
                self._engine.save_log(instance, path)
                if path.exists():
                    store.put_log(instance.name, path.read_bytes())

    def also_keep_log_of(self, instance: Instance) -> None:
        """Keep this instance's log too: the model server's, which serves through the meter."""
        self._behind.append(instance)

    def statuses(self) -> tuple[VariantStatus, ...]:
        """How every variant fared so far, for the manifest."""
        return tuple(self._status(planned) for planned in self._variants.values())

    def _wipe(self, running: Running) -> None:
        first = running.started
        self._begin(running, self._engine.wipe)
        if running.unavailable:  # it ran before: what it did stays, what follows fails with the reason
            running.dead, running.unavailable = running.unavailable, None
        elif running.started is not None and first is not None:
            running.started = replace(running.started, boot_s=first.boot_s)

    def _begin(self, running: Running, start: Start) -> Started | None:
        name = running.instance.name
        try:
            running.started = start(running.instance, self._report.say)
        except LabError as exc:
            running.unavailable = exc.message
            running.log_tail = exc.log_tail or None
            self._report.warn(f"{name} is unavailable: {exc}")
            return None
        running.dead = None
        running.used = False
        self._report.say(f"{name} is healthy after {running.started.boot_s:.1f} s")
        return running.started

    def _status(self, planned: PlannedVariant) -> VariantStatus:
        running = self.of(planned.name)
        started = running.started if running else None
        missing = self._unavailable.get(planned.name)
        unavailable = missing.message if missing else running.unavailable if running else None
        log_tail = (missing.log_tail if missing else "") or (running.log_tail if running else None)
        more = {
            "name": planned.name,
            "system": planned.system.system,
            "kind": planned.system.kind,
            "status": "unavailable" if unavailable else "ran",
            "reason": unavailable,
            "version": started.version if started else None,
            "image": started.image if started else None,
            "boot_s": started.boot_s if started else None,
            "changes": [c.model_dump() for c in (*planned.system.patches, *planned.variant.changes)],
            "log_tail": log_tail,
            "wires": tuple(planned.system.wires),
            "one_client": tuple(name for name, wire in planned.system.wires.items() if not wire.any_client),
            "locked": _locked(running.instance) if running else None,
        }
        return VariantStatus.model_validate(planned.variant.model_dump() | more)


def _locked(instance: Instance) -> bool | None:
    """Whether it is what the lab pins, rather than a package or an image that was given in its place."""
    package = load_compose(instance.compose, instance.env).lab.package
    if package is None:
        return None
    if package.image_variable and instance.env.get(package.image_variable, "").strip():
        return False
    return choose_package(package, instance.env).pinned
