"""Compares a tool's JSON schema before and after a gateway: what it lost, and what is another one now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from lab.wires.canonical import canonical_json

# What tells a model about a value rather than which values are allowed.
_TOLD: Final = frozenset({"description", "title", "default", "examples", "example"})
# Lists that are sets; more of `required` demands what the client did not.
_SETS: Final = frozenset({"required", "enum", "type"})
# Maps from names of the client's own, among which `description` is a name like any other.
_NAMES: Final = frozenset({"properties", "$defs", "definitions", "patternProperties"})


@dataclass(frozen=True, slots=True)
class Lost:
    """A part of a schema by its dotted path that is gone (`gone`) or says something else."""

    path: str
    gone: bool
    told: bool = False


def lost_parts(sent: Any, arrived: Any) -> list[Lost]:
    """What is gone or changed, what limits values before what describes them; additions lose nothing."""
    return sorted(_walk(sent, arrived, "", names=False), key=lambda lost: lost.told)


def in_words(lost: list[Lost]) -> str:
    """The first lost part in words, and how many more there are."""
    first = lost[0]
    what = f"lost {first.path} of its schema" if first.gone else f"has another {first.path} in its schema"
    return what + (f" (and {len(lost) - 1} more)" if len(lost) > 1 else "")


def _walk(sent: Any, arrived: Any, path: str, *, names: bool) -> Iterator[Lost]:
    key = path.rpartition(".")[2]
    if isinstance(sent, dict) and isinstance(arrived, dict):
        for name, value in sent.items():
            where, told = f"{path}.{name}" if path else str(name), not names and name in _TOLD
            if name not in arrived:
                yield Lost(where, gone=True, told=told)
            elif told:
                if value != arrived[name]:
                    yield Lost(where, gone=False, told=True)
            else:
                yield from _walk(value, arrived[name], where, names=not names and name in _NAMES)
    elif isinstance(sent, list) and isinstance(arrived, list):
        yield from _lists(sent, arrived, path, a_set=key in _SETS)
    elif sent != arrived or (type(sent) is not type(arrived) and not _numbers(sent, arrived)):
        yield Lost(path or "all", gone=False)


def _lists(sent: list[Any], arrived: list[Any], path: str, *, a_set: bool) -> Iterator[Lost]:
    ours, theirs = ({canonical_json(item) for item in items} for items in (sent, arrived))
    if ours <= theirs:
        if a_set and ours != theirs:
            yield Lost(path, gone=False)
    elif not a_set and len(sent) == len(arrived):
        for n, (one, other) in enumerate(zip(sent, arrived, strict=True)):
            yield from _walk(one, other, f"{path}.{n}", names=False)
    else:
        yield Lost(path, gone=True)


def _numbers(*values: Any) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
