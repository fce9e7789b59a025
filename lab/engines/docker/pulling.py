"""Pulling images with a limit on the wait, and remembering which registries do not answer."""

from __future__ import annotations

import threading
from functools import partial

import docker
from docker.errors import ImageNotFound

from lab.engines.base import Say
from lab.engines.docker.daemon import TROUBLE, in_words, talking
from lab.engines.docker.listening import Event, Silence, Stopped, heard
from lab.errors import InstallError

FIRST_WORD_S = 20.0
NEXT_WORD_S = 180.0
DEFAULT_REGISTRY = "docker.io"
_UNREACHABLE = (
    "no such host", "dial tcp", "timeout", "time-out", "deadline exceeded", "connection refused",
    "unreachable", "server misbehaving", "x509", "eof", "canceled while waiting",
)  # fmt: skip


# Verdicts of this process: why a registry does not answer, or an image cannot be pulled.
_VERDICTS: dict[str, str] = {}
_BUSY: dict[str, threading.Lock] = {}


def image_id(client: docker.DockerClient, name: str) -> str | None:
    """The id of an image that this machine has, or None."""
    with talking(f"looking for the image {name}", InstallError):
        try:
            return str(client.images.get(name).id)
        except ImageNotFound:
            return None


def pull(client: docker.DockerClient, name: str, say: Say, stop: threading.Event) -> None:
    """Pull an image; raises InstallError with the reason, at once if its registry failed before."""
    registry = registry_of(name)
    with _BUSY.setdefault(registry, threading.Lock()):
        known = _VERDICTS.get(registry) or _VERDICTS.get(name)
        why = known or _pull_once(client, name, say, stop)
        if why is not None:
            unreachable = any(word in why.lower() for word in _UNREACHABLE)
            _VERDICTS[registry if unreachable else name] = why
            raise InstallError(
                f"the image {name} cannot be pulled: {why}",
                next_step="check the name, the network and the proxy settings of the Docker daemon",
            )


def registry_of(name: str) -> str:
    """The registry that an image's name points to."""
    first, slash, _ = name.partition("/")
    return first if slash and ("." in first or ":" in first or first == "localhost") else DEFAULT_REGISTRY


def _pull_once(client: docker.DockerClient, name: str, say: Say, stop: threading.Event) -> str | None:
    say(f"pulling the image {name}")
    layers: dict[str, str] = {}
    try:
        pull_it = partial(client.api.pull, name, stream=True, decode=True)
        for event in heard(pull_it, stop, first_s=FIRST_WORD_S, next_s=NEXT_WORD_S):
            if "error" in event:
                return str(event["error"])
            _progress(name, event, layers, say)
    except Silence as exc:
        return f"time-out, {registry_of(name)} said nothing for {exc.seconds:.0f} s"
    except Stopped as exc:
        raise InstallError(f"pulling {name} was stopped") from exc
    except TROUBLE as exc:
        return in_words(exc)
    return None


def _progress(name: str, event: Event, layers: dict[str, str], say: Say) -> None:
    layer, status = event.get("id"), str(event.get("status", ""))
    if not layer or layers.get(layer) == status or status not in {"Pulling fs layer", "Pull complete"}:
        return
    layers[layer] = status
    done = sum(1 for state in layers.values() if state == "Pull complete")
    if status == "Pull complete":
        say(f"pulling the image {name}: {done} of {len(layers)} layers")
