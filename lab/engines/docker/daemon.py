"""Reaching the Docker daemon, the labels that mark what is the lab's, and errors in plain words."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import docker
import requests
from docker.errors import APIError, DockerException, NotFound

from lab.errors import EngineError, EngineUnavailable, StartError

RUN_LABEL = "llm-gateway-lab.run"
INSTANCE_LABEL = "llm-gateway-lab.instance"
OWNER_LABEL = "llm-gateway-lab.owner"
IMAGE_LABEL = "llm-gateway-lab.image"
CACHE_LABEL = "llm-gateway-lab.cache"

DEFAULT_SOCKET = "unix:///var/run/docker.sock"
ANSWER_TIMEOUT_S = 10
CALL_TIMEOUT_S = 60
TROUBLE = (DockerException, requests.exceptions.RequestException, OSError)


def connect(env: Mapping[str, str] | None = None) -> docker.DockerClient:
    """A client of the daemon that DOCKER_HOST names (else of the local socket); raises EngineUnavailable."""
    env = os.environ if env is None else env
    address = env.get("DOCKER_HOST") or DEFAULT_SOCKET
    if address.startswith("unix://"):
        _try_socket(Path(address.removeprefix("unix://")))
    client: docker.DockerClient | None = None
    try:
        client = docker.DockerClient.from_env(
            version="auto", timeout=ANSWER_TIMEOUT_S, environment={**env, "DOCKER_HOST": address}
        )
        client.ping()
    except TROUBLE as exc:
        if client is not None:
            client.close()
        raise EngineUnavailable(
            f"the Docker daemon at {address} does not answer: {in_words(exc)}",
            next_step="start or restart Docker, correct DOCKER_HOST, or use `--engine host`",
        ) from exc
    client.api.timeout = CALL_TIMEOUT_S
    return client


def _try_socket(path: Path) -> None:
    """Say precisely why a daemon cannot be reached through its socket; the SDK only says that it failed."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(ANSWER_TIMEOUT_S)
        try:
            probe.connect(str(path))
        except OSError as exc:
            if isinstance(exc, FileNotFoundError):
                what = f"there is no Docker socket at {path}"
                step = "install and start Docker, set DOCKER_HOST"
            elif isinstance(exc, PermissionError):
                what = f"permission denied at the Docker socket {path}"
                step = "add this user to the group `docker` and log in again"
            else:
                what = f"no Docker daemon answers at the socket {path}: {exc.strerror or exc}"
                step = "start the Docker daemon"
            raise EngineUnavailable(what, next_step=f"{step}, or use `--engine host`") from exc


def in_words(exc: BaseException) -> str:
    """What the daemon said, without the client's URL and class names around it."""
    if isinstance(exc, APIError):
        return str(exc.explanation or exc)
    if isinstance(exc, requests.exceptions.Timeout):
        return "time-out"
    if isinstance(exc, requests.exceptions.ConnectionError):
        return f"the connection failed{_reason(exc)}"
    if isinstance(exc, DockerException) and isinstance(exc.__cause__, requests.exceptions.RequestException):
        return in_words(exc.__cause__)
    return str(exc) or type(exc).__name__


def _reason(exc: BaseException | None) -> str:
    """The system's own word for what failed, in brackets; empty if it said none."""
    while exc is not None:
        if isinstance(exc, OSError) and exc.strerror:
            return f" ({exc.strerror})"
        exc = exc.__cause__ or exc.__context__
    return ""


@contextmanager
def talking(what: str, kind: type[EngineError] = StartError) -> Iterator[None]:
    """Turn every trouble with the daemon while doing `what` into one EngineError with a next step."""
    try:
        yield
    except NotFound as exc:
        raise kind(f"{what}: {in_words(exc)}", next_step="run again; something removed it meanwhile") from exc
    except APIError as exc:
        raise kind(f"{what}: {in_words(exc)}", next_step=_advice(in_words(exc))) from exc
    except TROUBLE as exc:
        raise kind(
            f"{what}: the Docker daemon no longer answers ({in_words(exc)})",
            next_step="check that Docker runs, then `lab clean` and run again",
        ) from exc


def _advice(said: str) -> str:
    low = said.lower()
    if "port is already allocated" in low or "address already in use" in low:
        return "end what uses that port, or leave out the host port in the compose file"
    if "no space left" in low:
        return "free disk space, for example with `lab clean --images`"
    if "range of cpus" in low:
        return "lower limits.cpus in configs/lab.yaml"
    if "address pool" in low:
        return "remove unused Docker networks: `lab clean`, then `docker network prune`"
    return "see what the daemon said; `lab doctor` examines this machine"
