"""What runs have in Docker, by label: their networks, and the removal of all, at an end and after a kill."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Literal

import docker
from docker.errors import APIError, NotFound

from lab.engines.docker.caches import remove_own_models
from lab.engines.docker.containers import Place, labels_of
from lab.engines.docker.daemon import (
    CACHE_LABEL,
    IMAGE_LABEL,
    OWNER_LABEL,
    RUN_LABEL,
    TROUBLE,
    connect,
    in_words,
    talking,
)
from lab.engines.owner import owner, owner_alive
from lab.errors import EngineError, StartError

NO_MASQUERADE = {"com.docker.network.bridge.enable_ip_masquerade": "false"}
SWEEPS = 3
GRACE_S = 1.0
POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Leftover:
    """A container or network with the lab's label; `owner` names the process that made it."""

    kind: Literal["container", "network"]
    id: str
    name: str
    owner: str

    @property
    def in_use(self) -> bool:
        """Whether another process that still runs on this machine made it."""
        return self.owner != owner() and owner_alive(self.owner)


def leftovers(client: docker.DockerClient, run: str | None = None) -> list[Leftover]:
    """Everything in Docker that carries the lab's label (of one run, or of all), containers first."""
    label = {"label": RUN_LABEL if run is None else f"{RUN_LABEL}={run}"}
    with talking("listing what the lab has in Docker", EngineError):
        containers = client.api.containers(all=True, filters=label)
        networks = client.api.networks(filters=label)
    return [
        *(Leftover("container", c["Id"], c["Names"][0].lstrip("/"), _owner(c)) for c in containers),
        *(Leftover("network", n["Id"], n["Name"], _owner(n)) for n in networks),
    ]


def _owner(attrs: Mapping[str, Any]) -> str:
    return str(attrs["Labels"].get(OWNER_LABEL, ""))


def remove(client: docker.DockerClient, found: Sequence[Leftover]) -> None:
    """Remove containers (a second's grace, then by force) and networks; EngineError names what stays."""
    containers = [one for one in found if one.kind == "container"]
    _end(client, containers)
    for one in containers:
        _gone(client, one)
    for one in found:
        if one.kind == "network":
            _gone(client, one)


def _end(client: docker.DockerClient, containers: Sequence[Leftover]) -> None:
    """Ask all containers to end at the same time, and wait for the slowest within the grace."""
    deadline = time.monotonic() + GRACE_S
    asked = set()
    for one in containers:
        try:
            client.api.kill(one.id, signal="SIGTERM")
            asked.add(one.id)
        except APIError:  # it does not run, or is gone: removing it is next anyway
            continue
    while asked and time.monotonic() < deadline:
        time.sleep(POLL_S)
        asked &= {one["Id"] for one in client.api.containers(filters={"id": list(asked)})}


def _gone(client: docker.DockerClient, one: Leftover) -> None:
    try:
        if one.kind == "container":
            client.api.remove_container(one.id, force=True, v=True)
        else:
            client.api.remove_network(one.id)
    except NotFound:
        return
    except APIError as exc:
        if "already in progress" not in in_words(exc):
            raise


def clean(run: str | None = None, *, images: bool = False, cache: bool = False) -> list[str]:
    """Remove what killed runs left in Docker (`images`: built images too, `cache`: model caches too).

    What belongs to a lab that still runs stays, unless its run is named. Returns a sentence for each
    thing; raises EngineUnavailable if no daemon answers.
    """
    with closing(connect()) as client:
        found = [one for one in leftovers(client, run) if run is not None or not one.in_use]
        with talking("removing what runs left in Docker", EngineError):
            remove(client, found)
            said = [f"removed the {one.kind} {one.name}" for one in found]
            said += _remove_images(client) if images else []
            said += _remove_caches(client) if cache else remove_own_models(client) if run is None else []
        return said


def _remove_images(client: docker.DockerClient) -> list[str]:
    """Remove built images, the stages they were built from, and containers of builds that failed."""
    for made in client.containers.list(all=True, filters={"label": IMAGE_LABEL, "status": "exited"}):
        if RUN_LABEL not in made.labels:
            made.remove(force=True)
    said, stays = [], dict[str, str]()
    while True:  # a stage can be removed only after all that was built on it
        removed = False
        stays.clear()
        for image in client.images.list(filters={"label": IMAGE_LABEL}):
            name = image.tags[0] if image.tags else str(image.id)
            try:
                for tag in image.tags or [str(image.id)]:
                    client.images.remove(tag)
            except NotFound:
                continue
            except APIError as exc:
                stays[name] = in_words(exc)
            else:
                removed = True
                said.append(f"removed the image {name}")
        if not removed:
            return said + [f"the image {name} stays: {why}" for name, why in stays.items()]


def _remove_caches(client: docker.DockerClient) -> list[str]:
    said = []
    for volume in client.volumes.list(filters={"label": CACHE_LABEL}):
        try:
            volume.remove()
        except APIError as exc:
            said.append(f"the volume {volume.name} stays: {in_words(exc)}")
        else:
            said.append(f"removed the volume {volume.name}")
    return said


class Networks:
    """Makes a run's networks when they are first needed, and removes all that the run has in Docker."""

    def __init__(self, client: docker.DockerClient, run: str) -> None:
        self._client = client
        self._run = run
        self._lock = threading.RLock()
        self._made: dict[str, str] = {}

    def place(self, hosts: Mapping[str, str], *, egress: bool) -> Place:
        """Where a container goes; `hosts` are names it knows besides the other containers'."""
        return Place(self._run, self._lab(), self._named("egress", {}) if egress else None, hosts)

    def gateway(self) -> str:
        """This machine's address on the network, at which containers reach it."""
        with talking("reading the network's address"):
            attrs = self._client.api.inspect_network(self._lab())
        for config in attrs["IPAM"]["Config"] or ():
            if config.get("Gateway"):
                return str(config["Gateway"]).partition("/")[0]
        raise StartError("the Docker network has no gateway address", next_step="use `--engine host`")

    def remove_all(self) -> None:
        """Remove the run's containers and networks; never raises, `lab clean` finds what may stay."""
        for _ in range(SWEEPS):
            try:
                found = leftovers(self._client, self._run)
                if not found:
                    return
                remove(self._client, found)
            except (EngineError, *TROUBLE):
                continue

    def _lab(self) -> str:
        with self._lock:
            if not self._made:
                self._sweep_out()
            # A published port works without masquerade, a connection to the outside does not.
            return self._named("lab", NO_MASQUERADE)

    def _named(self, kind: str, options: Mapping[str, str]) -> str:
        # Of a container's networks the one whose name sorts first leads out: `egress` before `lab`.
        name = f"llm-gateway-lab-{self._run}-{kind}"
        with self._lock:
            if kind not in self._made:
                with talking("the run's network cannot be made"):
                    made = self._client.api.create_network(
                        name, driver="bridge", options=dict(options), labels=labels_of(self._run)
                    )
                self._made[kind] = made["Id"]
            return name

    def _sweep_out(self) -> None:
        """Before a resumed run begins: remove what its killed predecessor left under the same id."""
        found = leftovers(self._client, self._run)
        if busy := next((one for one in found if one.in_use), None):
            raise StartError(
                f"run {self._run} is still going on in process {busy.owner.split(':')[1]}",
                next_step="wait for it, or end that process",
            )
        with talking("removing what an earlier attempt of this run left"):
            remove(self._client, found)
