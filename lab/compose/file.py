"""Compose files: services with their variables filled in, and the `x-lab` block that the lab adds.

The lab honours a part of the Compose specification. A key outside that part is an error, because a key
that is silently ignored starts another system than the one described. A file describes one service.

`x-lab` (top level) holds what Compose has no word for:

    service, port       the service the lab talks to, and its container port
    health              path, status and timeout_s (s) of the HTTP probe that says it is up
    package             registry (pypi, npm), name, version, the variables that replace the package
                        (variable: an exact version or a local file; image_variable: a ready image), and
                        `refused`: versions that must never run, each with the reason
    state               keeps: whether it keeps state; wipe: folders the host engine empties
    egress              whether it may reach the internet (only the meter and model servers)
    host                how the host engine installs and runs it: kind (venv, npm, command, path), lock,
                        command, environment (on top of the service's), install

In `host` and `state` the names in HOST_VARIABLES stay as written; the host engine fills them later.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from lab.compose import fields
from lab.compose.interpolation import InterpolationError, interpolate
from lab.compose.yaml_files import KeyPath, Problems, known_keys, read_yaml

HOST_VARIABLES = frozenset({"LAB_PREFIX", "LAB_HERE", "LAB_PORT", "LAB_STATE", "LAB_PYTHON"})
_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)

Seconds = Annotated[float, BeforeValidator(fields.seconds), Field(ge=0)]
Words = Annotated[tuple[str, ...], BeforeValidator(fields.words)]
Texts = Annotated[tuple[str, ...], BeforeValidator(fields.texts)]
Variables = Annotated[dict[str, str], BeforeValidator(fields.variables)]
PortNumber = Annotated[int, Field(ge=1, le=65535)]


@dataclass(frozen=True, config=_STRICT)
class Build:
    """How an image is built: context folder, Dockerfile within it, target stage, and build arguments."""

    context: Annotated[Path, BeforeValidator(fields.folder)]
    dockerfile: str = "Dockerfile"
    target: str | None = None
    args: Variables = field(default_factory=dict)


@dataclass(frozen=True, config=_STRICT)
class Port:
    """A published port; `host` None lets the kernel pick a free one, always on 127.0.0.1."""

    container: PortNumber
    host: PortNumber | None = None


@dataclass(frozen=True, config=_STRICT)
class Volume:
    """A read-only file or folder of the compose folder, or (`cache` set) a named cache kept between runs."""

    target: str
    source: Path | None = None
    cache: str | None = None


@dataclass(frozen=True, config=_STRICT)
class Healthcheck:
    """The container's own health check; times in seconds, None leaves Docker's default."""

    test: Annotated[tuple[str, ...], BeforeValidator(fields.health_test)]
    interval: Seconds | None = None
    timeout: Seconds | None = None
    start_period: Seconds | None = None
    retries: Annotated[int, Field(ge=0)] | None = None


@dataclass(frozen=True, config=_STRICT)
class Service:
    """One service of a compose file; `command` and `entrypoint` None mean the image's own."""

    name: str
    image: str | None = None
    build: Annotated[Build, BeforeValidator(fields.build)] | None = None
    environment: Variables = field(default_factory=dict)
    command: Words | None = None
    entrypoint: Words | None = None
    ports: Annotated[tuple[Port, ...], BeforeValidator(fields.ports)] = ()
    volumes: Annotated[tuple[Volume, ...], BeforeValidator(fields.volumes)] = ()
    tmpfs: Texts = ()
    healthcheck: Healthcheck | None = None
    init: bool = True
    user: Annotated[str, BeforeValidator(fields.text)] | None = None
    working_dir: str | None = None
    read_only: bool = False


@dataclass(frozen=True, config=_STRICT)
class Health:
    """The HTTP probe that says the service is up; `timeout_s` in seconds from its start."""

    path: Annotated[str, Field(pattern="^/")] = "/"
    status: Annotated[int, Field(ge=100, le=599)] = 200
    timeout_s: Annotated[float, Field(gt=0)] = 120.0


@dataclass(frozen=True, config=_STRICT)
class Package:
    """The package under test: pinned version, the variables that replace it, versions refused with why."""

    registry: Literal["pypi", "npm"]
    name: str
    version: Annotated[str, BeforeValidator(fields.version)]
    variable: str | None = None
    image_variable: str | None = None
    refused: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, config=_STRICT)
class State:
    """Whether the service keeps state between exchanges, and what the host engine wipes."""

    keeps: bool = False
    wipe: Texts = ()


@dataclass(frozen=True, config=_STRICT)
class HostRecipe:
    """How the host engine installs and runs the service; HOST_VARIABLES are still to be filled in."""

    kind: Literal["venv", "npm", "command", "path"]
    command: Words
    lock: str | None = None
    environment: Variables = field(default_factory=dict)
    install: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, config=_STRICT)
class LabBlock:
    """The `x-lab` block: what the lab needs to know and Compose has no word for."""

    service: str
    port: PortNumber
    health: Health = field(default_factory=Health)
    package: Package | None = None
    state: State = field(default_factory=State)
    host: HostRecipe | None = None
    egress: bool = False


@dataclass(frozen=True, config=_STRICT)
class _File:
    services: dict[str, Service]
    lab: Annotated[LabBlock, Field(validation_alias="x-lab")]
    name: str | None = None
    volumes: dict[str, fields.EmptyMapping] = field(default_factory=dict)


@dataclass(frozen=True, config=_STRICT)
class ComposeFile:
    """A compose file as the lab understands it, all variables filled in."""

    path: Path
    services: Mapping[str, Service]
    lab: LabBlock

    @property
    def folder(self) -> Path:
        """The folder that holds the file; relative paths in it start here."""
        return self.path.parent

    @property
    def service(self) -> Service:
        """The service the lab talks to."""
        return self.services[self.lab.service]


def load_compose(path: Path, env: Mapping[str, str]) -> ComposeFile:
    """Read a compose file with `env` as its variables; ConfigError names file, line and key of all errors."""
    path = path.resolve()
    problems = Problems(path)

    def fill(at: KeyPath, text: str) -> str:
        keep = HOST_VARIABLES if at[:2] in {("x-lab", "host"), ("x-lab", "state")} else ()
        try:
            return interpolate(text, env, keep)
        except InterpolationError as exc:
            problems.add(at, str(exc), exc.next_step)
            return text

    data = read_yaml(path, problems, fill)
    problems.raise_if_any()
    file = _validated(data, fields.Context(path.parent, env), problems)
    _cross_checks(file, problems)
    problems.raise_if_any()
    _spec_checks(data, file, problems)
    problems.raise_if_any()
    return ComposeFile(path=path, services=file.services, lab=file.lab)


def _validated(data: Any, context: fields.Context, problems: Problems) -> _File:
    if not isinstance(data, dict) or not isinstance(data.get("services"), dict) or not data["services"]:
        problems.add((), "a compose file needs a mapping `services`", "describe the service to start there")
        problems.raise_if_any()
    named = {}
    for name, service in data["services"].items():
        if isinstance(service, dict) and "name" in service:
            problems.add(("services", name, "name"), "the lab does not honour this key", "remove it")
        named[name] = {**service, "name": name} if isinstance(service, dict) else service
    ours = {key: value for key, value in data.items() if key == "x-lab" or not key.startswith("x-")}
    try:
        file = TypeAdapter(_File).validate_python({**ours, "services": named}, context=context)
    except ValidationError as exc:
        for error in exc.errors():
            key = tuple(error["loc"])
            problems.add(key, *_explained(str(error["type"]), key, error["msg"], error["input"]))
    problems.raise_if_any()
    return file


def _explained(kind: str, key: KeyPath, message: str, given: Any) -> tuple[str, str]:
    if kind in {"unexpected_keyword_argument", "extra_forbidden"}:
        of_service = key[0] == "services" and len(key) == 3
        known = sorted(set(known_keys(_File, key[:-1])) - ({"name"} if of_service else set()))
        near = difflib.get_close_matches(str(key[-1]), known, n=1)
        why = fields.NOT_HONOURED.get(str(key[-1])) if of_service else None
        hint = f"did you mean {near[0]}?" if near else f"remove it; known here: {', '.join(known)}"
        return f"the lab does not honour this key{f': {why}' if why else ''}", hint
    if kind in {"missing", "missing_argument"}:
        return "this key is required", f"add {key[-1]} to the file"
    text = message.removeprefix("Value error, ").removeprefix("Input ")
    if kind == "value_error":
        return text, "correct the value"
    return f"{text}, not {json.dumps(given, default=str)[:80]}", "correct the value"


def _cross_checks(file: _File, problems: Problems) -> None:
    if len(file.services) > 1:
        others = ", ".join(name for name in file.services if name != file.lab.service)
        problems.add(
            ("services",), f"the lab starts one service per compose file, and would leave out {others}",
            "give each service its own folder under compose/",
        )  # fmt: skip
    if file.lab.service not in file.services:
        problems.add(("x-lab", "service"), f"there is no service {file.lab.service}",
                     f"name one of: {', '.join(file.services)}")  # fmt: skip
    for name, service in file.services.items():
        if service.image is None and service.build is None:
            problems.add(("services", name), "neither `image` nor `build` is given", "add one of them")
        for volume in service.volumes:
            if volume.cache is not None and volume.cache not in file.volumes:
                problems.add(("services", name, "volumes"), f"there is no volume {volume.cache}",
                             f"add {volume.cache} to the top-level `volumes`")  # fmt: skip


def _spec_checks(data: Any, file: _File, problems: Problems) -> None:
    """What the Compose specification forbids and the lab's own types let through."""
    for name, service in data["services"].items():  # what a variable put there is a text until now
        typed = file.services[name]
        service.update({key: getattr(typed, key) for key in ("init", "read_only") if key in service})
    if complaint := fields.against_specification(data):
        problems.add((), f"not valid by the Compose specification: {complaint}", "correct the file")
