"""Generated payloads: realistic texts of any size, with the facts that a model needs of them.

They are made of a seed alone, so that every run and every machine sends the very same bytes, and nothing of
them is stored. A YAML suite refers to them as `{generate: json_search, tokens: 10000, seed: a}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from lab.errors import ConfigError
from lab.names import nearest
from lab.scenarios.payloads import code, data, history, logs, prose
from lab.scenarios.payloads.parts import Payload, Shape, assemble

__all__ = ["CONVERSATION", "SHAPES", "Payload", "conversation", "payload"]

SHAPES: Final[Mapping[str, Shape]] = MappingProxyType(
    {
        "json_search": data.JSON_SEARCH,
        "json_api": data.JSON_API,
        "json_table": data.JSON_TABLE,
        "csv": data.CSV,
        "logs": logs.LOGS,
        "grep": logs.GREP,
        "code_python": code.CODE_PYTHON,
        "code_typescript": code.CODE_TYPESCRIPT,
        "diff": code.DIFF,
        "prose": prose.PROSE,
    }
)
CONVERSATION: Final = "history"

TOKENS: Final = (500, 200_000)
TURNS: Final = (2, 200)
SEED_CHARS: Final = 40


def payload(reference: Mapping[str, Any]) -> Payload:
    """The text and facts of `{generate: <shape>, tokens: <number>, seed: <text>}`; ConfigError for others."""
    _check(reference, SHAPES, "tokens", TOKENS, frozenset())
    return _payload(reference["generate"], reference["tokens"], reference["seed"])


def conversation(reference: Mapping[str, Any]) -> tuple[list[dict[str, Any]], Payload]:
    """Messages and facts of `{generate: history, turns: <number>, seed: <text>, tools: <true or false>}`."""
    _check(reference, (CONVERSATION,), "turns", TURNS, frozenset({"tools"}))
    tools = reference.get("tools", False)
    if not isinstance(tools, bool):
        raise ConfigError("tools is neither true nor false", next_step="write tools: true, or leave it out")
    return deepcopy(_conversation(reference["turns"], reference["seed"], tools))


def _check(
    reference: Mapping[str, Any],
    known: Iterable[str],
    measure: str,
    bounds: tuple[int, int],
    more: frozenset[str],
) -> None:
    """Raise ConfigError for an unknown generator or key, a size out of bounds, or a seed that is no text."""
    name = reference["generate"]
    if not isinstance(name, str) or name not in known:
        everything = (*SHAPES, CONVERSATION)
        here = "only messages can be generated" if name == CONVERSATION else f"unknown generator {name}"
        raise ConfigError(here, next_step=nearest(str(name), known if name in everything else everything))
    keys = {"generate", measure, "seed"} | more
    for key in reference:
        if key not in keys:
            raise ConfigError(f"unknown key {key}", next_step=nearest(str(key), keys))
    size, (low, high) = reference.get(measure), bounds
    if not isinstance(size, int) or isinstance(size, bool) or not low <= size <= high:
        given = f"is {size}" if measure in reference else "is missing"
        raise ConfigError(
            f"{measure} {given}", next_step=f"give {measure}: a whole number from {low} to {high}"
        )
    seed = reference.get("seed")
    if not isinstance(seed, str) or not 1 <= len(seed) <= SEED_CHARS:
        raise ConfigError("seed is missing or no short text", next_step="give seed: a word, such as a")


@lru_cache(maxsize=256)
def _payload(name: str, tokens: int, seed: str) -> Payload:
    return assemble(SHAPES[name], tokens, seed)


@lru_cache(maxsize=64)
def _conversation(turns: int, seed: str, tools: bool) -> tuple[list[dict[str, Any]], Payload]:
    return history.history(turns, seed, tools)
