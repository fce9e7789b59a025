"""The Docker engine: systems run as containers on a network that leads nowhere but to each other."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from lab.compose.file import ComposeFile, load_compose
from lab.config.models import Limits
from lab.engines.base import Instance, Say, Started
from lab.engines.docker import containers
from lab.engines.docker.daemon import TROUBLE, connect, in_words, talking
from lab.engines.docker.following import Followed
from lab.engines.docker.images import Image, Images
from lab.engines.docker.leftovers import Networks
from lab.engines.health import wait_until_healthy
from lab.engines.host.engine import HostEngine
from lab.errors import StartError

REACHABLE = (
    "Containers cannot reach the internet, but each other and those services of this machine that listen on "
    "all of its addresses."
)
READ_LOG = "read the end of its log, and the compose file it was started from"


class DockerEngine:
    """Runs systems as containers; every method may be called from several threads, one instance each."""

    name = "docker"

    def __init__(
        self,
        run_id: str,
        limits: Limits,
        *,
        env: Mapping[str, str] = os.environ,
        ca_bundle: Path | None = None,
        meter_on_host: bool = False,
    ) -> None:
        self._run = run_id
        self._limits = limits
        self._env = dict(env)
        self._client = connect(env)
        self._stop = threading.Event()
        self._lock = threading.RLock()
        self._ca_bundle = ca_bundle
        self._images = Images(self._client, ca_bundle, self._stop)
        self._networks = Networks(self._client, run_id)
        self._ready: dict[str, Image] = {}
        self._followed: dict[str, Followed] = {}
        self._containers: dict[str, str] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="llm-gateway-lab-", ignore_cleanup_errors=True)
        self._meter_on_host = meter_on_host
        self._meter: HostEngine | None = None

    def notes(self) -> tuple[str, ...]:
        """What this engine cannot guarantee on this machine, one sentence each."""
        noted = [image.note for image in self._ready.values() if image.note]
        host = (
            ["The meter runs as a process of this machine, because OLLAMA_URL leads to its loopback address."]
            if self._meter_on_host
            else []
        )
        return tuple(dict.fromkeys([REACHABLE, *host, *(f"{note[0].upper()}{note[1:]}." for note in noted)]))

    def meter_url(self) -> str:
        """The meter's base URL as containers see it."""
        port = self._host().meter_url().rpartition(":")[2] if self._meter_on_host else "9700"
        return f"http://{containers.METER}:{port}"

    def keeps_state(self, instance: Instance) -> bool:
        """Whether the compose file's x-lab block says that this system keeps state."""
        return self._compose(instance).lab.state.keeps

    def install(self, instance: Instance, say: Say) -> None:
        """Have the image ready: the replaced one, the built one, or the pulled one."""
        if host := self._process(instance):
            host.install(instance, say)
        else:
            compose, env = self._compose(instance), self._all_env(instance)
            self._ready[instance.name] = self._images.provide(compose, env, say)

    def start(self, instance: Instance, say: Say) -> Started:
        """Create and start the container, and wait until it is healthy."""
        if host := self._process(instance):
            return host.start(instance, say)
        if instance.name not in self._ready:
            self.install(instance, say)
        try:
            return self._start(instance)
        except StartError as exc:
            tail = self._take_away(instance)
            raise StartError(
                f"{instance.name}: {exc.message}", next_step=exc.next_step, log_tail=tail
            ) from exc

    def wipe(self, instance: Instance, say: Say) -> Started:
        """Remove the container, which holds all the state there is, and start a new one."""
        self._take_away(instance)
        return self.start(instance, say)

    def died(self, instance: Instance) -> str | None:
        """Why the instance no longer runs, with the end of its log; None while it runs."""
        if host := self._process(instance):
            return host.died(instance)
        container = self._containers.get(instance.name)
        if container is None:
            return "it was never started, or was removed"
        try:
            seen = containers.look_at(self._client, container)
            if seen is None:
                return "its container was removed by someone else"
            if seen.running:
                return None
            return f"{seen.end}\n{containers.log_tail(self._client, container)}".strip()
        except TROUBLE as exc:
            return f"the Docker daemon no longer answers ({in_words(exc)})"

    def save_log(self, instance: Instance, path: Path) -> None:
        """Write all that the instance wrote, over all its starts, to `path`; raises EngineError."""
        if host := self._process(instance):
            host.save_log(instance, path)
            return
        log = self._log(instance)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(log.read_bytes() if log.is_file() else b"")
        if container := self._containers.get(instance.name):
            with talking(f"saving the log of {instance.name}"):
                containers.copy_log(self._client, container, path)

    def log_since(self, instance: Instance, position: int) -> bytes:
        """What the container wrote from that byte on; it is followed from the first time it is asked for."""
        container = self._containers.get(instance.name)
        if container is None:
            return b""
        if container not in self._followed:
            self._followed[container] = Followed(self._client, container)
        return self._followed[container].since(position)

    def stop_all(self) -> None:
        """Remove all of this run's containers and networks, half-made ones too; never raises."""
        self._stop.set()
        held = self._lock.acquire(timeout=10)  # what is being created right now must be seen by the sweep
        try:
            self._networks.remove_all()
            if self._meter:
                self._meter.stop_all()
        finally:
            if held:
                self._lock.release()
            self._client.close()
            self._folder.cleanup()

    # Inside

    def _all_env(self, instance: Instance) -> dict[str, str]:
        return {**self._env, **instance.env}

    def _compose(self, instance: Instance) -> ComposeFile:
        return load_compose(instance.compose, self._all_env(instance))

    def _process(self, instance: Instance) -> HostEngine | None:
        """The engine that runs this instance as a process, if it is a meter on this machine."""
        return self._host() if self._meter_on_host and instance.name == containers.METER else None

    def _host(self) -> HostEngine:
        with self._lock:
            if self._meter is None:
                self._still_open()
                address = self._networks.gateway()
                self._meter = HostEngine(
                    self._run, self._limits, self._env, ca_bundle=self._ca_bundle, address=address
                )
            return self._meter

    def _start(self, instance: Instance) -> Started:
        compose = self._compose(instance)
        image = self._ready[instance.name]
        with self._lock:
            self._still_open()
            hosts = {containers.METER: self._networks.gateway()} if self._meter_on_host else {}
            place = self._networks.place(hosts, egress=compose.lab.egress)
            with talking("its container cannot be created"):
                container = containers.create(
                    self._client, instance.name, compose, image, self._limits, place
                )
            self._containers[instance.name] = container
        begin = time.monotonic()
        with talking("its container cannot be started"):
            self._client.api.start(container)
        base_url = self._wait(compose, container)
        return Started(base_url, image.version, image.id, time.monotonic() - begin)

    def _wait(self, compose: ComposeFile, container: str) -> str:
        with talking("looking at its container"):
            port = self._see(container).ports.get(compose.lab.port)
        if port is None:
            raise StartError(f"its port {compose.lab.port} was not published", next_step=READ_LOG)
        base_url = f"http://127.0.0.1:{port}"

        def look() -> str | None:
            with talking("looking at its container"):
                health = self._see(container).health
            return None if health in {None, "healthy"} else f"its own health check says {health}"

        wait_until_healthy(base_url, compose.lab.health, look, self._stop)
        return base_url

    def _see(self, container: str) -> containers.Look:
        self._still_open()
        seen = containers.look_at(self._client, container)
        if seen is None:
            raise StartError("its container was removed by someone else", next_step="run again")
        if not seen.running:
            raise StartError(seen.end, next_step=READ_LOG)
        return seen

    def _log(self, instance: Instance) -> Path:
        """What its containers that were taken away have written."""
        return Path(self._folder.name) / f"{instance.name}.log"

    def _take_away(self, instance: Instance) -> str:
        """Keep the log and remove the container, if there is one; returns the log's tail."""
        container = self._containers.pop(instance.name, None)
        if container is None:
            return ""
        try:
            tail = containers.log_tail(self._client, container)
            containers.copy_log(self._client, container, self._log(instance))
            self._client.api.remove_container(container, force=True, v=True)
        except TROUBLE as exc:  # the sweep at the end of the run tries again
            return f"(no log: {in_words(exc)})"
        return tail

    def _still_open(self) -> None:
        if self._stop.is_set():
            raise StartError("the run is being stopped")
