"""Images: taken as named, pulled, or built from the package registries onto a base image.

A build gets these arguments, if the Dockerfile declares them:

    PACKAGE_SPEC                 empty (the locked default), a version, or a file name under package/
    PYTHON_IMAGE, NODE_IMAGE     the base image, as decided by `base_image`
    PIP_INDEX_URL, NPM_CONFIG_REGISTRY and the like, and the usual proxy variables, as they are set

and all of the compose file's `build.args`. An image is tagged with a hash of its context, arguments and
base image's id, so that nothing stale is ever used and an unchanged build is skipped.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import docker
from docker.errors import ImageNotFound

from lab.compose.file import Build, ComposeFile, Package
from lab.engines.base import Say
from lab.engines.cache import default_cache, file_lock
from lab.engines.docker.building import Context, Job, build_image, collect
from lab.engines.docker.daemon import IMAGE_LABEL, TROUBLE, in_words, talking
from lab.engines.docker.listening import Event, Silence, Stopped, heard
from lab.engines.packages import choose_package, refuse
from lab.errors import ConfigError, InstallError

LOCAL_BASE = "llm-gateway-lab/base:trixie"
BASE_DEFAULTS: Mapping[str, str] = {"PYTHON_IMAGE": "python:3.13-slim", "NODE_IMAGE": "node:22-slim"}
PASSED_ON = (
    "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_INDEX_URL", "NPM_CONFIG_REGISTRY",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
)  # fmt: skip


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


@dataclass(frozen=True, slots=True)
class Image:
    """An image that this machine has: name, id (sha256:…), version inside, and what to say about it."""

    name: str
    id: str
    version: str | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Images:
    """The images of one daemon; setting `stop` ends pulls, builds and waits within half a second."""

    client: docker.DockerClient
    ca_bundle: Path | None
    stop: threading.Event

    def provide(self, compose: ComposeFile, env: Mapping[str, str], say: Say) -> Image:
        """Have the image of a compose file's service ready; raises InstallError or ConfigError."""
        package, service = compose.lab.package, compose.service
        replaced = env.get(package.image_variable, "").strip() if package and package.image_variable else ""
        if replaced and package:
            _refuse_tag(package, replaced)
            image = self._ready(replaced, f"{package.image_variable}={replaced}", say)
            refuse(package, image.version or "")
            return image
        if service.build is not None:
            return self._built(compose, service.build, env, say)
        if service.image is None:
            raise ConfigError(f"{compose.path}: {service.name} has neither image nor build")
        return self._ready(service.image, service.image, say)

    def _ready(self, name: str, called: str, say: Say) -> Image:
        """The image as it is on this machine, else pulled."""
        found = image_id(self.client, name)
        if found is None:
            try:
                pull(self.client, name, say, self.stop)
            except InstallError as exc:
                raise InstallError(
                    f"{called}: this machine does not have the image, and {exc.message}",
                    next_step=exc.next_step,
                ) from exc
            found = image_id(self.client, name)
        if found is None:
            raise InstallError(f"{called}: pulled, but not there", next_step="see the Docker daemon's log")
        return Image(name, found, _version_of(self.client, name))

    def base(self, variable: str, default: str, env: Mapping[str, str], say: Say) -> Image:
        """The base image that `variable` names, else `default`, else the one `make base-images` made."""
        explicit = env.get(variable, "").strip()
        wanted = explicit or default
        try:
            return self._ready(wanted, f"{variable}={wanted}", say)
        except InstallError as exc:
            if explicit or self.stop.is_set():
                raise
            local = image_id(self.client, LOCAL_BASE)
            if local is None:
                raise InstallError(
                    f"no base image: {exc.message}",
                    next_step=f"`make base-images` makes one from Debian packages, or name one in {variable}",
                ) from exc
            why = f"built on {LOCAL_BASE}, because {wanted} is not here and cannot be pulled"
            return Image(LOCAL_BASE, local, None, why)

    def _built(self, compose: ComposeFile, build: Build, env: Mapping[str, str], say: Say) -> Image:
        system = compose.folder.name
        package = compose.lab.package
        chosen = choose_package(package, env) if package else None
        context = collect(build, self.ca_bundle, chosen.file if chosen else None, f"{IMAGE_LABEL}={system}")
        args = dict(build.args) | ({"PACKAGE_SPEC": chosen.spec} if chosen else {})
        bases = {
            variable: self.base(variable, args[variable], env, say)
            for variable in sorted(BASE_DEFAULTS.keys() & args.keys())
        }
        args |= {variable: base.name for variable, base in bases.items()}
        digest = context.digest(
            *(f"{name}={args[name]}" for name in sorted(args)),
            *(base.id for base in bases.values()),
            build.target or "",
        )
        args |= {variable: env[variable] for variable in PASSED_ON if env.get(variable)}
        tag = f"llm-gateway-lab/{system}:{digest[:16]}"
        job = Job(system, build, tag, args)
        note = next((f"{system} is {base.note}" for base in bases.values() if base.note), "")
        return Image(tag, self._build_once(job, context, say), chosen.label if chosen else None, note)

    def _build_once(self, job: Job, context: Context, say: Say) -> str:
        """Build under the tag's lock, unless the image is there; returns its id."""
        name = job.tag.replace("/", "-").replace(":", "-")
        stopped = f"waiting for another build of {name} was stopped"
        with file_lock(default_cache() / "locks" / f"{name}.lock", self.stop, stopped):
            found = image_id(self.client, job.tag)
            if found is None:
                with talking(f"building the image of {job.system}", InstallError), context.tar() as tar:
                    build_image(self.client, job, tar, say, self.stop)
                found = image_id(self.client, job.tag)
        if found is None:
            raise InstallError(
                f"the image of {job.system} was built, but is not there",
                next_step="see the Docker daemon's log",
            )
        return found


def base_image(
    client: docker.DockerClient,
    kind: str,
    env: Mapping[str, str] = os.environ,
    say: Say = lambda _: None,
) -> str:
    """Name of the base image (kind `python` or `node`) that builds would use; raises InstallError."""
    variable = f"{kind.upper()}_IMAGE"
    images = Images(client, None, threading.Event())
    return images.base(variable, BASE_DEFAULTS[variable], env, say).name


def _version_of(client: docker.DockerClient, name: str) -> str | None:
    """The version that an image states by its label, else its tag."""
    with talking(f"reading the labels of {name}", InstallError):
        labels = client.images.get(name).labels
    tag = name.rpartition(":")[2] if ":" in name.rpartition("/")[2] and "@" not in name else None
    return labels.get("org.opencontainers.image.version") or tag


def _refuse_tag(package: Package, image: str) -> None:
    """Refuse an image whose tag holds a refused version, such as `main-v1.2.3-stable`."""
    tag = image.rpartition("/")[2].partition(":")[2]
    for version in package.refused:
        if re.search(rf"(?<![0-9.]){re.escape(version)}(?!\.?[0-9])", tag):
            refuse(package, version)


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
