"""The host engine: systems run as plain processes on the loopback, from the same compose files."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

from lab.compose.file import load_compose
from lab.config.models import Limits
from lab.engines.base import Instance, Say, Started
from lab.engines.cache import default_cache
from lab.engines.ending import Ending
from lab.engines.health import wait_until_healthy
from lab.engines.host import process
from lab.engines.host.clean import forget, register
from lab.engines.host.install import Installer
from lab.engines.host.process import LOOPBACK, Process
from lab.engines.host.slot import Slot
from lab.errors import StartError

METER = "meter"
USUAL_METER_PORT = 9700
PORT_TRIES = 4


class HostEngine:
    """Implements `lab.engines.base.Engine` with processes; `cache_dir` holds installs and runs' folders.

    `address` is where the meter listens, `why` says for the notes why this engine was chosen.
    """

    name = "host"

    def __init__(
        self,
        run_id: str,
        limits: Limits,
        env: Mapping[str, str] | None = None,
        cache_dir: Path | None = None,
        ca_bundle: Path | None = None,
        address: str = LOOPBACK,
        why: tuple[str, ...] = (),
    ) -> None:
        self._run_id = run_id
        self._limits = limits
        self._env = dict(os.environ if env is None else env)
        cache = (cache_dir or default_cache(self._env)).resolve()
        self._ca_bundle = ca_bundle
        self._address = address
        self._why = why
        self._ending = Ending()
        self._installer = Installer(cache / "host", self._env, ca_bundle, self._ending)
        self._run = cache / "runs" / run_id
        self._slots: dict[str, Slot] = {}
        self._guard = threading.Lock()
        self._meter_port: int | None = None

    def notes(self) -> tuple[str, ...]:
        """Why this engine, and what processes cannot guarantee and containers can."""
        cpus = self._limits.cpus
        limits = f"{cpus:g} CPU{'' if cpus == 1 else 's'} and {self._limits.memory_mb} MB"
        return (
            *self._why,
            "Host engine: no barrier keeps systems from the internet; only what reached the meter is known.",
            f"Host engine: the limits of {limits} are not enforced; systems share all cores and memory.",
            "Host engine: systems that cannot be told where to listen do so on all network interfaces.",
        )

    def meter_url(self) -> str:
        """Where systems reach the meter; its port is picked here, before the meter starts."""
        with self._guard:
            if self._meter_port is None:
                self._meter_port = self._free_meter_port()
            return f"http://{self._address}:{self._meter_port}"

    def install(self, instance: Instance, say: Say) -> None:
        """Have the packages in the cache; raises InstallError or ConfigError."""
        self._slot(instance, say)

    def start(self, instance: Instance, say: Say) -> Started:
        """Start the program in a fresh state folder and wait until it is healthy; raises StartError."""
        slot = self._slot(instance, say)
        with slot.lock:
            if slot.process is not None:
                process.end([slot.process])
            return self._start(instance, slot, say)

    def wipe(self, instance: Instance, say: Say) -> Started:
        """Stop the program, delete all it has written, start it again; raises StartError."""
        return self.start(instance, say)

    def keeps_state(self, instance: Instance) -> bool:
        """Whether x-lab.state says that this system keeps state."""
        return load_compose(instance.compose, instance.env).lab.state.keeps

    def died(self, instance: Instance) -> str | None:
        """How the process ended, with the end of its log, or None while it runs."""
        with self._guard:
            slot = self._slots.get(instance.name)
        if slot is None or slot.process is None:
            return f"{instance.name} is not running"
        ending = slot.process.ending()
        return (
            None if ending is None else f"{instance.name} ended with {ending}\n{slot.process.tail()}".rstrip()
        )

    def save_log(self, instance: Instance, path: Path) -> None:
        """Copy the instance's log; if it never started, the file is empty."""
        path.parent.mkdir(parents=True, exist_ok=True)
        log = self._run / instance.name / "log"
        if log.is_file():
            shutil.copyfile(log, path)
        else:
            path.write_bytes(b"")

    def log_since(self, instance: Instance, position: int) -> bytes:
        """The instance's log from that byte on; nothing if there is none."""
        try:
            with (self._run / instance.name / "log").open("rb") as stream:
                stream.seek(position)
                return stream.read()
        except OSError:
            return b""

    def stop_all(self) -> None:
        """End all processes and installs of this engine, and remove the run's folder; never raises."""
        self._ending.begin()
        self._installer.stop()
        with self._guard:
            slots = list(self._slots.values())
        try:
            process.end([slot.process for slot in slots if slot.process is not None])
            forget(self._run)
        except OSError:
            pass

    # One instance

    def _free_meter_port(self) -> int:
        """A free port for the meter: its usual one where containers ask for it, else one the kernel picks."""
        if self._address != LOOPBACK:
            with suppress(OSError):  # it is taken, or the address is not this machine's: the next try tells
                return process.free_port(self._address, USUAL_METER_PORT)
        try:
            return process.free_port(self._address)
        except OSError as exc:
            raise StartError(
                f"the meter cannot listen on {self._address}: {exc.strerror}",
                next_step="use a Docker daemon on this machine, `--engine host`, or an OLLAMA_URL that "
                "containers reach",
            ) from exc

    def _slot(self, instance: Instance, say: Say) -> Slot:
        with self._guard:
            known = self._slots.get(instance.name)
        compose = load_compose(instance.compose, instance.env)
        if known is not None:
            known.compose = compose  # its variables may have changed: the meter's address, for one
            return known
        installed = self._installer.provide(compose, instance.env, say)
        register(self._run)
        slot = Slot(instance.name, compose, installed, self._run / instance.name)
        with self._guard:
            if instance.name == METER and slot.fixed_port:
                self._meter_port = slot.fixed_port  # known before any system is told where the meter is
            return self._slots.setdefault(instance.name, slot)

    def _start(self, instance: Instance, slot: Slot, say: Say) -> Started:
        for left in range(PORT_TRIES - 1, -1, -1):
            slot.fresh()
            port = self._port(instance, slot)
            begin = time.monotonic()
            with self._ending.starting(StartError(f"{instance.name} was stopped while it started")):
                started = slot.spawn(self._env, self._run_id, self._ca_bundle, self._address, port)
                slot.process = started
            base_url = f"http://{self._address}:{port}"
            try:
                wait_until_healthy(
                    base_url, slot.compose.lab.health, partial(self._look, started), self._ending.event
                )
            except StartError as exc:
                process.end([started])
                if left and not slot.fixed_port and started.port_was_taken():
                    say(f"{instance.name}: port {port} was taken by another program, trying another")
                    continue
                raise StartError(
                    f"{instance.name}: {exc.message}", next_step=exc.next_step, log_tail=started.tail()
                ) from exc
            boot = time.monotonic() - begin
            image = f"host install {slot.installed.key}" if slot.installed.label else None
            return Started(base_url, slot.installed.label, image, boot)
        raise AssertionError("the last try returns or raises")

    def _port(self, instance: Instance, slot: Slot) -> int:
        if fixed := slot.fixed_port:
            process.require_free(fixed, instance.name)
            port = fixed
        elif instance.name == METER and slot.process is None:
            port = int(self.meter_url().rpartition(":")[2])
        elif instance.name == METER and slot.process is not None and not slot.process.port_was_taken():
            port = slot.process.port
        else:
            port = process.free_port(self._address)
        if instance.name == METER:
            with self._guard:
                self._meter_port = port
        return port

    def _look(self, process: Process) -> None:
        """Raise StartError if the process has ended, or is to end."""
        if self._ending.begun:
            raise StartError("it was stopped while it started")
        if ending := process.ending():
            if process.port_was_taken():
                raise StartError(
                    f"port {process.port} is in use by another program ({ending})",
                    next_step="end the program that listens there, or start the run again",
                )
            raise StartError(f"it died while it started ({ending})", next_step="the end of its log says why")
