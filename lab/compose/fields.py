"""The spellings that the Compose specification allows for a field, each turned into one form."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from compose_spec import PyCompose, parse_duration
from pydantic import BeforeValidator, ValidationInfo

_REASONS: Mapping[str, tuple[str, ...]] = {
    "a crash must be seen, not repaired": ("restart",),
    "the lab decides the order of starts": ("depends_on",),
    "the lab gives every system the same network without a way out": ("networks", "network_mode"),
    "the lab names containers after the run": ("container_name", "hostname"),
    "every system gets the same limits, from configs/lab.yaml": (
        "cpus",
        "mem_limit",
        "memswap_limit",
        "deploy",
    ),
    "variables belong under `environment`, where they can be seen": ("env_file",),
    "systems under test get no rights over this machine": ("privileged", "cap_add", "devices"),
    "the lab ends all systems alike, and keeps no state of theirs": ("stop_signal", "stop_grace_period"),
    "the lab bounds and keeps the logs itself": ("logging",),
}
NOT_HONOURED = {key: why for why, keys in _REASONS.items() for key in keys}


@dataclass(frozen=True, slots=True)
class Context:
    """What validation needs to know besides the data: the compose folder and the variables."""

    folder: Path
    env: Mapping[str, str]


def _context(info: ValidationInfo) -> Context:
    if not isinstance(info.context, Context):
        raise TypeError("validation needs a Context")
    return info.context


def text(value: Any) -> Any:
    """A text, also if YAML made a number of it (`user: 1000`)."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def version(value: Any) -> Any:
    """A version, which YAML reads as a number if it has no quotes."""
    if isinstance(value, int | float):
        raise ValueError(f'a version must be a text: write "{value}" in quotes')  # noqa: TRY004
    return value


def texts(value: Any) -> Any:
    """One text or a list of texts."""
    return (value,) if isinstance(value, str) else value


def words(value: Any) -> Any:
    """A command line: a list of words, or one text that is split as a shell would."""
    if isinstance(value, list):
        return [text(word) for word in value]
    return tuple(shlex.split(value)) if isinstance(value, str) else value


def seconds(value: Any) -> Any:
    """A duration such as `1m30s` or `500ms`, in seconds."""
    if not isinstance(value, str):
        raise ValueError("a duration must be a text with a unit, such as 30s")  # noqa: TRY004
    return parse_duration(value)


def health_test(value: Any) -> Any:
    """A health check's test: a list that begins with CMD, CMD-SHELL or NONE, or a shell command."""
    if isinstance(value, str):
        return ("CMD-SHELL", value)
    if isinstance(value, list) and (not value or value[0] not in {"CMD", "CMD-SHELL", "NONE"}):
        raise ValueError("the list must begin with CMD, CMD-SHELL or NONE")
    return value


def variables(value: Any, info: ValidationInfo) -> Any:
    """Variables as a mapping or a list; one without a value is taken over from the environment."""
    if isinstance(value, list):
        if not all(isinstance(item, str) for item in value):
            raise ValueError("every entry must be a text such as NAME=value")
        pairs = [item.partition("=") for item in value]
        value = {name: given if equals else None for name, equals, given in pairs}
    if not isinstance(value, dict):
        return value
    env = _context(info).env
    out: dict[str, str] = {}
    for name, given in value.items():
        if given is None:
            if name in env:
                out[name] = env[name]
        elif isinstance(given, bool) or not isinstance(given, str | int | float):
            raise ValueError(f"{name} must be a text or a number: put true and false in quotes")
        else:
            out[name] = str(given)
    return out


def build(value: Any) -> Any:
    """A build given as its context folder only, or in full."""
    return {"context": value} if isinstance(value, str) else value


def folder(value: Any, info: ValidationInfo) -> Any:
    """An existing folder, relative to the compose file."""
    if not isinstance(value, str):
        return value
    path = Path(os.path.normpath(_context(info).folder / value))
    if not path.is_dir():
        raise ValueError(f"there is no folder {path}")
    return path


_PORT = re.compile(r"(?:(?P<ip>[0-9.]*|\[[^]]*\]):)??(?:(?P<host>\d*):)?(?P<container>\d+)(?:/tcp)?")


def ports(value: Any) -> Any:
    """Ports such as `4000` (the kernel picks the host's port) or `127.0.0.1:8080:4000`."""
    return [_port(item) for item in value] if isinstance(value, list) else value


def _port(item: Any) -> dict[str, Any]:
    match = _PORT.fullmatch(str(item)) if isinstance(item, str | int) else None
    if match is None:
        raise ValueError(f"not a port the lab can publish: {item} (one TCP port, such as 4000)")
    if match["ip"] not in {None, "", "127.0.0.1"}:
        raise ValueError(f"{item}: the lab publishes on 127.0.0.1 only")
    return {"container": int(match["container"]), "host": int(match["host"]) if match["host"] else None}


_VOLUME = re.compile(r"(?P<source>[^:]+):(?P<target>/[^:]*)(?::(?P<mode>.*))?")


def volumes(value: Any, info: ValidationInfo) -> Any:
    """Volumes such as `./config.yaml:/etc/config.yaml:ro`, or `name:/folder` for a cache."""
    return [_volume(item, _context(info).folder) for item in value] if isinstance(value, list) else value


def _volume(item: Any, here: Path) -> dict[str, Any]:
    match = _VOLUME.fullmatch(item) if isinstance(item, str) else None
    if match is None:
        raise ValueError(f"not a volume the lab can mount: {item} (./file:/target:ro or name:/target)")
    source, target, mode = match["source"], match["target"], match["mode"]
    if "/" not in source and not source.startswith("."):
        if mode:
            raise ValueError(f"{item}: a cache takes no mode")
        return {"cache": source, "target": target}
    path = Path(os.path.normpath(here / source))
    if mode != "ro":
        raise ValueError(f"{item}: files are mounted read-only; end it in :ro")
    model = source.startswith("/") and path.suffix.lower() == ".gguf"
    if not path.is_relative_to(here) and not model:
        raise ValueError(f"{item}: only files of the compose file's own folder, and models, can be mounted")
    if not path.exists():
        raise ValueError(f"{item}: there is no {path}")
    return {"source": path, "target": target}


def _empty(value: Any) -> Any:
    return {} if value is None else value


EmptyMapping = Annotated[dict[str, Literal[None]], BeforeValidator(_empty)]


def against_specification(data: Any) -> str | None:
    """What the Compose specification has against a file's data, variables filled in; None if nothing."""
    try:
        PyCompose.from_yaml(yaml.safe_dump(data)).validate()
    except ValueError as exc:
        return str(exc).rpartition(" at line ")[0] or str(exc)
    return None
