"""Contents that a wire cannot take as they were sent, and what a gateway may make of them there."""

from __future__ import annotations

import re
from typing import Final

from lab.exchange.arguments import INTEROPERABLE, first_difference
from lab.exchange.compare.blocks import Wires
from lab.exchange.compare.equivalents import has_block_type
from lab.wires import exact
from lab.wires.neutral import Part

# What a wire without `is_error` may say of a result instead; any other word would be the gateway's own.
_FAILED: Final = frozenset({"error", "failed", "failure"})
_OF_RESULT: Final = _FAILED | {"the", "this", "is", "tool", "call", "result", "execution", "returned", "true"}
_WORD: Final = re.compile(r"[^\W_]+")


def unsendable(wires: Wires, part: Part) -> str:
    """Why an image, a sound or a file cannot be said on a wire at all; empty if it can."""
    if part.type == "audio" and not has_block_type(wires.arrived, wires.sent, "audio"):
        return f"the {wires.name} wire has no sound"
    if part.digest.startswith("file:") and "messages" in (wires.sent, wires.arrived):
        return "only the provider who keeps the file can read it"
    return ""


def forced_call(wires: Wires, part: Part, there: Part) -> str:
    """Why a call's arguments are other ones: nothing at all is no JSON, and Anthropic takes objects only."""
    if part.kind != "tool_call" or part.name != there.name or part.type not in ("", "custom") or there.type:
        return ""
    if part.type and not wires.same and not has_block_type(wires.arrived, wires.sent, part.type):
        made = _json(there.text)
        return (
            "the wire has no free input" if isinstance(made, dict) and [*made.values()] == [part.text] else ""
        )
    if there.text == "{}" and not part.text.strip():
        return "no arguments, in JSON"
    if wires.arrived != "messages" or wires.same or isinstance(_json(part.text), dict):
        return ""
    kept = isinstance(made := _json(there.text), dict) and (not made or part.text in map(str, made.values()))
    return "the messages wire takes no arguments but an object" if kept else ""


def unsafe_number(part: Part, there: Part) -> str:
    """In words how arguments differ if only integers beyond 2^53 were rounded; empty if otherwise."""
    if part.kind != "tool_call" or part.name != there.name:
        return ""
    given, got = _json(part.text), _json(there.text)
    if not isinstance(given, dict) or not isinstance(got, dict) or first_difference(given, got, beyond=False):
        return ""
    why = first_difference(given, got)
    return f"{why}, {INTEROPERABLE}" if why else ""


def error_in_words(wires: Wires, part: Part, there: Part) -> bool:
    """Whether a failed result says in its text that it is one, on a wire that has no other place for it."""
    if not part.error or wires.arrived == "messages" or part.text not in there.text:
        return False
    words = set(_WORD.findall(there.text.replace(part.text, " ", 1).casefold()))
    return bool(words & _FAILED) and words <= _OF_RESULT


def _json(text: str) -> object:
    try:
        return exact.loads(text)
    except ValueError:
        return None
