"""One container of a run: how it is created, limited, looked at, and what it said."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
from docker.errors import NotFound
from docker.types import LogConfig, Mount

from lab.compose.file import ComposeFile, Healthcheck, Service
from lab.config.models import Limits
from lab.engines.docker.daemon import CACHE_LABEL, INSTANCE_LABEL, OWNER_LABEL, RUN_LABEL
from lab.engines.docker.images import Image
from lab.engines.owner import owner

METER = "meter"
KILLED = 137  # the exit code after signal 9
SOON_S = 0.3
TAIL_LINES = 40
LOG_BYTES, LOG_FILES = "20m", "2"
MAX_PROCESSES = 4096
MIB = 1024 * 1024
# No name server: names outside must not be resolved, also by engines that would ask the host's own name
# server. Without these options each look-up of such a name would hold up a gateway for ten seconds.
NO_WAY_OUT: Mapping[str, Any] = {
    "dns": ["127.0.0.1"],
    "dns_opt": ["timeout:1", "attempts:1"],
    "dns_search": ["."],
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where containers of a run live: the run's id, its networks by name, and names they all know."""

    run: str
    network: str
    way_out: str | None
    hosts: Mapping[str, str]


def container_name(run: str, instance: str) -> str:
    """The container's name, unique to the run and the instance."""
    return f"llm-gateway-lab-{run}-{instance}"


def labels_of(run: str, instance: str | None = None) -> dict[str, str]:
    """Labels that mark a container or network as the lab's, for one run and instance."""
    labels = {RUN_LABEL: run, OWNER_LABEL: owner()}
    return labels | ({INSTANCE_LABEL: instance} if instance else {})


def create(
    client: docker.DockerClient, name: str, compose: ComposeFile, image: Image, limits: Limits, place: Place
) -> str:
    """Create the container of an instance (not started yet) and return its id."""
    service = compose.service
    ports = {port.container: port.host for port in service.ports} | (
        {} if any(port.container == compose.lab.port for port in service.ports) else {compose.lab.port: None}
    )
    host_config = client.api.create_host_config(
        network_mode=place.network,
        port_bindings={port: ("127.0.0.1", host) for port, host in ports.items()},
        init=service.init,
        read_only=service.read_only,
        tmpfs=dict(entry.partition(":")[::2] for entry in service.tmpfs) or None,
        mounts=_mounts(service),
        extra_hosts=dict(place.hosts) or None,
        log_config=LogConfig(type="json-file", config={"max-size": LOG_BYTES, "max-file": LOG_FILES}),
        pids_limit=MAX_PROCESSES,
        **_limits(name, limits),
        **({} if compose.lab.egress else NO_WAY_OUT),
    )
    endpoint = client.api.create_endpoint_config(aliases=sorted({service.name, name}))
    networking: Any = {"EndpointsConfig": {place.network: endpoint}}  # the SDK's own stubs mistype this
    created = client.api.create_container(
        image.id,
        command=None if service.command is None else list(service.command),
        entrypoint=None if service.entrypoint is None else list(service.entrypoint),
        name=container_name(place.run, name),
        environment=dict(service.environment),
        user=service.user,
        working_dir=service.working_dir,
        ports=list(ports),
        labels=labels_of(place.run, name),
        healthcheck=_healthcheck(service.healthcheck),
        host_config=host_config,
        networking_config=networking,
        use_config_proxy=False,  # a proxy of the Docker client's settings would redirect a gateway's calls
    )
    if compose.lab.egress and place.way_out:
        client.api.connect_container_to_network(created["Id"], place.way_out)
    return str(created["Id"])


def _limits(name: str, limits: Limits) -> dict[str, Any]:
    memory = {"mem_limit": limits.memory_mb * MIB, "memswap_limit": limits.memory_mb * MIB}
    # The meter is the instrument, not a system: a CPU quota would let it stall for the rest of a scheduling
    # period, and its stalls would be booked as the latency of the gateway in front of it. One exchange is in
    # flight at a time, so it takes no CPU away while a gateway works. Its memory is bounded like all others'.
    return memory if name == METER else memory | {"nano_cpus": round(limits.cpus * 1e9)}


def _mounts(service: Service) -> list[Mount]:
    mounts = []
    for volume in service.volumes:
        if volume.cache is not None:
            source = f"llm-gateway-lab-{volume.cache}"
            mounts.append(Mount(volume.target, source, type="volume", labels={CACHE_LABEL: volume.cache}))
        else:
            mounts.append(Mount(volume.target, str(volume.source), type="bind", read_only=True))
    return mounts


def _healthcheck(check: Healthcheck | None) -> dict[str, Any]:
    # An image's own check is switched off: it would send traffic to the system that the lab did not send.
    if check is None:
        return {"test": ["NONE"]}
    times = {"interval": check.interval, "timeout": check.timeout, "start_period": check.start_period}
    nanoseconds = {name: round(value * 1e9) for name, value in times.items() if value is not None}
    retries = {} if check.retries is None else {"retries": check.retries}
    return {"test": list(check.test)} | nanoseconds | retries


@dataclass(frozen=True, slots=True)
class Look:
    """A container at one moment: running or not, its health if it declares one, its published ports."""

    running: bool
    end: str
    health: str | None
    ports: Mapping[int, int]


def look_at(client: docker.DockerClient, container_id: str) -> Look | None:
    """The container's state, or None if it is gone."""
    try:
        attrs = client.api.inspect_container(container_id)
        if attrs["State"].get("ExitCode") == KILLED and not attrs["State"].get("OOMKilled"):
            time.sleep(SOON_S)  # that memory was the reason is known a moment later
            attrs = client.api.inspect_container(container_id)
    except NotFound:
        return None
    state: Mapping[str, Any] = attrs["State"]
    running = bool(state["Running"]) and not state.get("Restarting")
    test = (attrs["Config"].get("Healthcheck") or {}).get("Test")
    return Look(
        running=running,
        end="" if running else _end(state),
        health=(state.get("Health") or {}).get("Status") if test and test[0] != "NONE" else None,
        ports=_published(attrs["NetworkSettings"].get("Ports") or {}),
    )


def _end(state: Mapping[str, Any]) -> str:
    code = state.get("ExitCode")
    how = f"it ended with exit code {code}"
    if state.get("OOMKilled"):
        how += ", killed because it used more memory than limits.memory_mb allows"
    elif isinstance(code, int) and code > 128:
        how += f" (signal {code - 128})"
    return f"{how}: {state['Error']}" if state.get("Error") else how


def _published(ports: Mapping[str, Sequence[Mapping[str, str]] | None]) -> dict[int, int]:
    return {
        int(port.partition("/")[0]): int(bindings[0]["HostPort"])
        for port, bindings in ports.items()
        if bindings and bindings[0].get("HostPort")
    }


def log_tail(client: docker.DockerClient, container_id: str, lines: int = TAIL_LINES) -> str:
    """The last lines of what the container wrote, standard output and error together."""
    try:
        raw = client.api.logs(container_id, tail=lines)
    except NotFound:
        return ""
    return bytes(raw).decode("utf-8", "replace").strip()


def copy_log(client: docker.DockerClient, container_id: str, path: Path) -> None:
    """Append all that the container wrote to a file."""
    try:
        raw = client.api.logs(container_id, stream=True, follow=False)
    except NotFound:
        return
    with path.open("ab") as out:
        for chunk in raw:
            out.write(chunk)
