"""Reads the payloads, tool sets and fact lists that scenarios refer to."""

from __future__ import annotations

import base64
import json
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from lab.config.files import check, read, shown
from lab.errors import ConfigError
from lab.names import nearest
from lab.scenarios import generated

# Read as the base64 that requests carry them in.
BINARY: Final = frozenset({".png", ".jpg", ".pdf"})


def read_payload(base: Path, reference: dict[str, Any]) -> str:
    """`{fixture: path}` as a string: JSON minified as a program would print it, anything else as it is.

    Images and PDF files become base64.
    """
    path = _path(base, reference, "fixture", frozenset({"fixture"}))
    if path.suffix in BINARY:
        return base64.b64encode(_bytes(path)).decode()
    text = _text(path)
    if path.suffix != ".json":
        return text
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))
    except ValueError as error:
        raise ConfigError(
            f"{shown(path)}: not valid JSON: {error}", next_step="correct the fixture"
        ) from error


def read_text(base: Path, name: str) -> str:
    """A file below `base`, word for word."""
    return _text(base / name)


def read_tools(base: Path, reference: dict[str, Any]) -> list[dict[str, Any]]:
    """`{toolset: path, only: [names]}` as a list of tools, in the order of the tool set."""
    path = _path(base, reference, "toolset", frozenset({"toolset", "only"}))
    tools = _toolset(path, _text(path))
    names = [tool.get("name") for tool in tools]
    only = reference.get("only", names)
    for name in only:
        if name not in names:
            raise ConfigError(
                f"{shown(path)} has no tool {name}", next_step=nearest(str(name), [str(n) for n in names])
            )
    return [deepcopy(tool) for tool in tools if tool.get("name") in only]


@lru_cache(maxsize=32)
def _toolset(path: Path, _content: str) -> tuple[dict[str, Any], ...]:
    """All tools of a file, read once for each content: many scenarios refer to the same one."""
    data, problems = read(path)
    tools = check(list[dict[str, Any]], data, problems)
    problems.raise_if_any()
    return tuple(tools or ())


def read_facts(base: Path, reference: dict[str, Any]) -> list[dict[str, list[str]]]:
    """`{fixture: path}` as facts, each the list of its parts; or those of a generated payload."""
    if generated.refers(reference):
        return generated.read_facts(reference)
    path = _path(base, reference, "fixture", frozenset({"fixture"}))
    _text(path)
    data, problems = read(path)
    facts = check(list[list[str]], data, problems)
    problems.raise_if_any()
    return [{"parts": parts} for parts in facts or []]


def _path(base: Path, reference: dict[str, Any], key: str, keys: frozenset[str]) -> Path:
    name = reference.get(key)
    if not isinstance(name, str):
        raise ConfigError(f"{key} is missing or no text", next_step=f"give {key}: fixtures/<file>")
    for given in reference:
        if given not in keys:
            raise ConfigError(f"unknown key {given}", next_step=nearest(str(given), keys))
    return base / name


def _text(path: Path) -> str:
    try:
        return _bytes(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{shown(path)} cannot be read: {error}", next_step="make it readable UTF-8"
        ) from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        near = nearest(path.name, [p.name for p in path.parent.glob("*")]) if path.parent.is_dir() else ""
        raise ConfigError(f"there is no file {shown(path)}", next_step=near or "correct the path") from error
    except OSError as error:
        raise ConfigError(f"{shown(path)} cannot be read: {error}", next_step="make it readable") from error
