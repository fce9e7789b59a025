"""Finds what YAML can hold and JSON cannot: requests, records and manifests are all written as JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from lab.compose.yaml_files import KeyPath


def unwritable(value: Any, at: KeyPath = ()) -> Iterator[tuple[KeyPath, str, str]]:
    """Each place below `at` that JSON cannot hold, with what is wrong there and the next step."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from unwritable(key, (*at, key))
            yield from unwritable(item, (*at, key))
    elif isinstance(value, list | tuple):
        for n, item in enumerate(value):
            yield from unwritable(item, (*at, n))
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
