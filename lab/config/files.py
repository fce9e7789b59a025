"""Reads YAML files and checks them against pydantic models, each problem with its line and key."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError

from lab.compose.yaml_files import KeyPath, Problems, read_yaml, shown
from lab.config.jsonable import unwritable
from lab.names import nearest

__all__ = ["KeyPath", "Problems", "check", "read", "shown"]

T = TypeVar("T")
_QUOTED = re.compile(r"'([^']*)'")


def read(path: Path) -> tuple[Any, Problems]:
    """Plain data of a YAML file and where to note its problems; raises ConfigError if it is no YAML."""
    problems = Problems(path)
    return read_yaml(path, problems, lambda _, text: text), problems


def check(kind: type[T], data: Any, problems: Problems) -> T | None:
    """`data` as a `kind`, or None; every mismatch, and what JSON cannot hold, is noted in `problems`."""
    adapter = TypeAdapter(kind)
    try:
        checked = adapter.validate_python(data)
    except ValidationError as error:
        for item in error.errors(include_url=False):
            _note(kind, data, item["loc"], item, problems)
        return None
    for at, message, next_step in unwritable(adapter.dump_python(checked, by_alias=True)):
        problems.add(at, message, next_step)
    return checked


def _note(
    kind: Any, data: Any, loc: tuple[str | int, ...], item: Mapping[str, Any], problems: Problems
) -> None:
    where = _in_file(data, loc)
    match item["type"]:
        case "extra_forbidden":
            fields = list(_fields(kind, loc[:-1]))
            problems.add(where, "unknown key", nearest(str(loc[-1]), fields) if fields else "remove it")
        case "missing":
            problems.add((*where, str(loc[-1])), "this key is missing", "add it")
        case "literal_error":
            options = _QUOTED.findall(str(item["ctx"]["expected"]))
            problems.add(where, _sentence(item), nearest(str(item["input"]), options))
        case "model_type" | "dict_type":
            problems.add(where, "should be keys with values", "write key: value, one per line")
        case _:
            problems.add(where, _sentence(item), "correct the value")


def _sentence(item: Mapping[str, Any]) -> str:
    message = str(item["msg"]).removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def _in_file(data: Any, loc: Iterable[str | int]) -> KeyPath:
    """The parts of a pydantic location that are keys of the file, not names of types."""
    found: list[str | int] = []
    for part in loc:
        a_key = isinstance(data, dict) and part in data
        if a_key or (isinstance(data, list) and isinstance(part, int) and part < len(data)):
            data = data[part]
            found.append(part)
    return tuple(found)


def _fields(kind: Any, loc: Iterable[str | int]) -> Iterable[str]:
    """Names of the fields that a model has at this place."""
    for part in loc:
        kind = _step(kind, part)
    models = [
        option for option in _options(kind) if isinstance(option, type) and issubclass(option, BaseModel)
    ]
    return [field.alias or name for model in models for name, field in model.model_fields.items()]


def _step(kind: Any, part: str | int) -> Any:
    for option in _options(kind):
        if isinstance(option, type) and issubclass(option, BaseModel) and part in option.model_fields:
            return option.model_fields[str(part)].annotation
        if get_origin(option) in (dict, list, tuple) and get_args(option):
            return get_args(option)[-1 if get_origin(option) is dict else 0]
    return kind


def _options(kind: Any) -> list[Any]:
    """The types a type stands for: those of a union, or itself."""
    if get_origin(kind) is Annotated:
        return _options(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return [option for arg in typing.get_args(kind) for option in _options(arg)]
    return [kind]
