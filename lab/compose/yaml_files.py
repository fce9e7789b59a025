"""Reading a YAML file into plain data that remembers the line of every key and value."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter

from lab.errors import ConfigError

KeyPath = tuple[str | int, ...]
DEEPEST = 40
_FLAT = "write it out flat, without aliases that hold themselves, or as a text or a file of JSON"
Fill = Callable[[KeyPath, str], str]


@dataclass(slots=True)
class Problems:
    """Collects what is wrong with one file, so that one error names all of it."""

    path: Path
    lines: dict[KeyPath, int] = field(default_factory=dict)
    found: dict[str, str] = field(default_factory=dict)

    def add(self, key: KeyPath, message: str, next_step: str = "") -> None:
        """Note one problem at `key`; its line is that of the nearest key that the file has."""
        near = key
        while near and near not in self.lines:
            near = near[:-1]
        name = ".".join(map(str, key))
        line = f"{shown(self.path)}:{self.lines.get(near, 1)}"
        self.found.setdefault(f"{line}: {name + ': ' if name else ''}{message}", next_step)

    def raise_if_any(self) -> None:
        """Raise one ConfigError that names all problems found so far, if there are any."""
        if self.found:
            steps = list(dict.fromkeys(step for step in self.found.values() if step))
            raise ConfigError("\n".join(self.found), next_step="; ".join(steps))


def shown(path: Path) -> str:
    """The path as a user would type it: relative to the working directory if it lies below it."""
    resolved = path.resolve()
    return str(resolved.relative_to(Path.cwd())) if resolved.is_relative_to(Path.cwd()) else str(path)


def read_yaml(path: Path, problems: Problems, fill: Fill) -> Any:
    """Plain data of a YAML file, each text passed through `fill`; raises ConfigError if it is no YAML."""
    try:
        loader = yaml.SafeLoader(path.read_text("utf-8"))
    except FileNotFoundError as exc:
        raise ConfigError(f"{shown(path)}: there is no such file", next_step="check the path") from exc
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as exc:
        raise ConfigError(
            f"{shown(path)}: cannot be read: {exc}", next_step="make it readable UTF-8"
        ) from exc
    try:
        node = loader.get_single_node()
        return None if node is None else _plain(loader, node, (), problems, fill)
    except RecursionError as exc:
        raise ConfigError(f"{shown(path)}: nested too deeply", next_step=_FLAT) from exc
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else 1
        raise ConfigError(
            f"{shown(path)}:{line}: not valid YAML: {exc.problem or exc.context}",
            next_step="correct the indentation, quotes or brackets there",
        ) from exc
    except yaml.YAMLError as exc:
        raise ConfigError(f"{shown(path)}: not valid YAML: {exc}", next_step="correct the file") from exc
    finally:
        loader.dispose()


def _plain(loader: yaml.SafeLoader, node: yaml.Node, at: KeyPath, problems: Problems, fill: Fill) -> Any:
    problems.lines.setdefault(at, node.start_mark.line + 1)
    if len(at) > DEEPEST:  # an alias that holds itself would never end
        problems.add(at, "nested too deeply", _FLAT)
        problems.raise_if_any()
    if isinstance(node, yaml.MappingNode):
        return _mapping(loader, node, at, problems, fill)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(loader, item, (*at, n), problems, fill) for n, item in enumerate(node.value)]
    value = loader.construct_object(node)
    return fill(at, value) if isinstance(value, str) else value


def _mapping(
    loader: yaml.SafeLoader, node: yaml.MappingNode, at: KeyPath, problems: Problems, fill: Fill
) -> dict[str, Any]:
    written: set[Hashable] = set()
    for key_node, _ in node.value:
        if key_node.tag != "tag:yaml.org,2002:merge":
            if key_node.value in written:
                problems.lines[*at, key_node.value] = key_node.start_mark.line + 1
                problems.add((*at, key_node.value), "this key is given twice", "keep one of the two")
            written.add(key_node.value)
    loader.flatten_mapping(node)
    out: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node)
        if not isinstance(key, str):
            problems.lines[*at, str(key)] = key_node.start_mark.line + 1
            problems.add((*at, str(key)), "keys must be texts", "put the key in quotes")
            continue
        problems.lines[*at, key] = key_node.start_mark.line + 1
        out[key] = _plain(loader, value_node, (*at, key), problems, fill)
    return out


def known_keys(kind: Any, at: Iterable[str | int]) -> list[str]:
    """The keys that a file read as a `kind` may have at a place, by the model's schema."""
    root = TypeAdapter(kind).json_schema()
    places = _options(root, root)
    for part in at:
        below = [
            place.get("properties", {}).get(part) or place.get("additionalProperties") for place in places
        ]
        below += [place.get("items") for place in places if isinstance(part, int)]
        # A part of a location that is no key, but the name of a type, leads nowhere.
        places = [
            one for schema in below if isinstance(schema, dict) for one in _options(schema, root)
        ] or places
    return list(dict.fromkeys(key for place in places for key in place.get("properties", ())))


def _options(schema: dict[str, Any], root: dict[str, Any]) -> list[dict[str, Any]]:
    """What a schema stands for: what it refers to, those of a union, or itself."""
    if "$ref" in schema:
        return _options(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    options = schema.get("anyOf") or schema.get("oneOf")
    return [one for option in options for one in _options(option, root)] if options else [schema]
