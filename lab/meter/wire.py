"""What every text wire offers the application, and the JSON reading that they share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lab.meter.answers import Answer, Wishes
from lab.meter.refusal import Refusal
from lab.meter.replies import Asked, Reply, Stream
from lab.wires import exact

_MAX_DEPTH = 200


@dataclass(frozen=True, slots=True)
class TextWire:
    """One wire on which a model answers: its checks, its way of answering, its error shape."""

    kind: str
    authorize: Callable[[dict[str, str]], None]
    read: Callable[[bytes], dict[str, Any]]
    validate: Callable[[dict[str, Any], dict[str, str]], None]
    wishes: Callable[[dict[str, Any]], Wishes]
    answer: Callable[[Asked, Answer], Reply | Stream]
    refuse: Callable[[Refusal], Reply]


def read_json(raw: bytes) -> Any:
    """The JSON value in a body; raises ValueError for invalid JSON, encoding or absurd nesting."""
    value = exact.loads(raw)
    if raw.count(b"[") + raw.count(b"{") > _MAX_DEPTH and _depth(value) > _MAX_DEPTH:
        raise ValueError(f"nested deeper than {_MAX_DEPTH} levels")
    return value


def _depth(value: Any) -> int:
    """Levels of nesting, found level by level so that depth costs no recursion."""
    level = [value]
    depth = 0
    while level and depth <= _MAX_DEPTH:
        inner: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                inner.extend(one.values())
            elif isinstance(one, list):
                inner.extend(one)
        depth += 1
        level = [one for one in inner if isinstance(one, dict | list)]
    return depth
