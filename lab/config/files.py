"""Reads YAML files and checks them against pydantic models, each problem with its line and key."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from lab.compose.yaml_files import KeyPath, Problems, known_keys, read_yaml, shown
from lab.names import nearest

__all__ = ["KeyPath", "Problems", "check", "read", "shown"]

T = TypeVar("T")
_QUOTED = re.compile(r"'([^']*)'")
# What to do about a value of another type than the key takes.
_AS_TYPED: Final = {
    "string_type": "put it in quotes, as a text",
    "list_type": "write a list, such as [a, b]",
    "int_type": "write a whole number",
    "int_parsing": "write a whole number",
    "bool_parsing": "write true or false",
}
# The next step for a key that is not known, by where it stands; empty: whatever is nearest.
Hint = Callable[[KeyPath], str]


def read(path: Path) -> tuple[Any, Problems]:
    """Plain data of a YAML file and where to note its problems; raises ConfigError if it is no YAML."""
    problems = Problems(path)
    return read_yaml(path, problems, lambda _, text: text), problems


def check(kind: type[T], data: Any, problems: Problems, hint: Hint = lambda _: "") -> T | None:
    """`data` as a `kind`, or None; every mismatch, and what JSON cannot hold, is noted in `problems`.

    `hint` gives the next step for unknown keys that users are known to try.
    """
    adapter = TypeAdapter(kind)
    try:
        checked = adapter.validate_python(data)
    except ValidationError as error:
        for item in error.errors(include_url=False):
            _note(kind, data, item["loc"], item, problems, hint)
        return None
    for at, message, next_step in _unwritable(adapter.dump_python(checked, by_alias=True)):
        problems.add(at, message, next_step)
    return checked


def _note(
    kind: Any, data: Any, loc: tuple[str | int, ...], item: Mapping[str, Any], problems: Problems, hint: Hint
) -> None:
    where = _in_file(data, loc)
    match item["type"]:
        case "extra_forbidden":
            fields = list(known_keys(kind, loc[:-1]))
            step = hint(where) or (nearest(str(loc[-1]), fields) if fields else "remove it")
            problems.add(where, "unknown key", step)
        case "missing":
            problems.add((*where, str(loc[-1])), "this key is missing", "add it")
        case "literal_error":
            options = _QUOTED.findall(str(item["ctx"]["expected"]))
            problems.add(where, _sentence(item), nearest(str(item["input"]), options))
        case "model_type" | "dict_type":
            problems.add(where, "should be keys with values", "write key: value, one per line")
        case "value_error":
            step = getattr(item["ctx"]["error"], "next_step", "correct the value")
            problems.add(where, _sentence(item), step)
        case kind_of_error:
            step = _AS_TYPED.get(kind_of_error, "correct the value")
            problems.add(where, _sentence(item), step if item["input"] is not None else "give it a value")


def _sentence(item: Mapping[str, Any]) -> str:
    own = "Value error, "
    message = str(item["msg"])
    return message.removeprefix(own) if message.startswith(own) else message[:1].lower() + message[1:]


def _in_file(data: Any, loc: Iterable[str | int]) -> KeyPath:
    """The parts of a pydantic location that are keys of the file, not names of types."""
    found: list[str | int] = []
    for part in loc:
        a_key = isinstance(data, dict) and part in data
        if a_key or (isinstance(data, list) and isinstance(part, int) and part < len(data)):
            data = data[part]
            found.append(part)
    return tuple(found)


def _unwritable(value: Any, at: KeyPath = ()) -> Iterator[tuple[KeyPath, str, str]]:
    """Each place below `at` that JSON cannot hold, with what is wrong there and the next step."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _unwritable(key, (*at, key))
            yield from _unwritable(item, (*at, key))
    elif isinstance(value, list | tuple):
        for n, item in enumerate(value):
            yield from _unwritable(item, (*at, n))
    elif wrong := _wrong(value):
        yield (at, *wrong)


def _wrong(value: Any) -> tuple[str, str] | None:
    if isinstance(value, str):
        # UTF-8, in which all JSON is written here, has whole characters only.
        half = any("\ud800" <= c <= "\udfff" for c in value)
        return ("this text holds half a character (a lone surrogate)", "write it whole") if half else None
    if isinstance(value, int):
        return None  # of any size, as JSON has it
    if isinstance(value, float):
        return None if math.isfinite(value) else ("this number is not finite", "write a finite one")
    if value is None or isinstance(value, Decimal):
        return None
    return f"JSON cannot hold this value ({type(value).__name__})", "put it in quotes, as a text"
