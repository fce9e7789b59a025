"""What an honest gateway may do to a request: say the same in another notation."""

from __future__ import annotations

import json
from typing import Any

from .asked import Asked, result_turns


def renotate(asked: Asked) -> None:
    """Says the same otherwise: blocks for strings, results of a turn in another order, keys sorted."""
    _blocks(asked.body, "system")
    for message in asked.messages:
        if message.get("role") != "tool":
            _blocks(message, "content")
    if not asked.chat:
        for turn in result_turns(asked):
            _reversed([result for result, _ in turn])
    if "temperature" not in asked.body:  # some models take one of the two alone
        asked.body.setdefault("top_p", 1)
    if asked.body.get("tools"):
        asked.body.setdefault("tool_choice", _auto(asked))
    asked.body = json.loads(json.dumps(asked.body, sort_keys=True))


def _auto(asked: Asked) -> Any:
    return "auto" if asked.chat else {"type": "auto"}


def _blocks(holder: dict[str, Any], key: str) -> None:
    if isinstance(holder.get(key), str) and holder[key]:
        holder[key] = [{"type": "text", "text": holder[key]}]


def _reversed(turn: list[dict[str, Any]]) -> None:
    copies = [dict(result) for result in reversed(turn)]
    for result, other in zip(turn, copies, strict=True):
        result.clear()
        result.update(other)
