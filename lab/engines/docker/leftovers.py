"""What runs have in Docker, by label, and removing it: at a run's end, and after killed runs."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Literal

import docker
from docker.errors import APIError, NotFound

from lab.engines.docker.daemon import (
    CACHE_LABEL,
    IMAGE_LABEL,
    OWNER_LABEL,
    RUN_LABEL,
    connect,
    in_words,
    talking,
)
from lab.engines.owner import owner, owner_alive
from lab.errors import EngineError

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
            said += _remove_caches(client) if cache else []
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
