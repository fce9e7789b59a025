"""What all answer readers share: a draft to fill in, and careful ways to look into unknown JSON."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from lab.wires import exact
from lab.wires.canonical import canonical_json
from lab.wires.neutral import AnswerPart, AnswerPartKind, NeutralAnswer, ToolCall, Usage
from lab.wires.strict import MAX_PROBLEMS, shown, violations

MAX_ERROR_CHARS = 500
# What names a piece of a stream, rather than being one.
_GIVEN_ONCE: Final = frozenset({"type", "id", "role", "name"})
# Parts that are blocks of their own.
_IN_ORDER: Final = frozenset({"thinking", "redacted_thinking", "server_tool"})


@dataclass(slots=True)
class Draft:
    """An answer being read; problems are kept once each, MAX_PROBLEMS at most.

    `strictly`: violations of the SDK's types are problems too.
    """

    texts: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    tool_calls: list[ToolCall] = field(default_factory=list)
    stop_reason: str | None = None
    model: str | None = None
    usage: Usage = field(default_factory=Usage)
    problems: list[str] = field(default_factory=list)
    error: str | None = None
    stop_sequence: str | None = None
    stop_details: str | None = None
    parts: list[AnswerPart] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    strictly: bool = True

    def problem(self, text: str) -> None:
        """Note where the answer breaks its wire's rules."""
        if text not in self.problems and len(self.problems) < MAX_PROBLEMS:
            self.problems.append(text)

    def check(self, shape: str, data: Any, prefix: str = "") -> None:
        """Note all violations of the SDK's type for `shape`."""
        for violation in violations(shape, data) if self.strictly else ():
            self.problem(prefix + violation)

    def call(self, call_id: Any, name: Any, arguments: Any) -> None:
        """Add a tool call; arguments may be an object or its JSON text."""
        value = loads(arguments or "{}") if isinstance(arguments, str) else arguments
        if not isinstance(value, dict):
            self.problem(f"tool call {shown(name)}: its arguments are not a JSON object")
            value = None
        self._stands("tool call")
        self.tool_calls.append(ToolCall(id=string(call_id) or "", name=string(name) or "", input=value))

    def custom(self, call_id: Any, name: Any, text: Any) -> None:
        """Add a call of a tool that takes free text."""
        self.call(call_id, name, {"input": string(text) or ""})

    def text(self, text: Any) -> None:
        """Add a block of text."""
        said = string(text) or ""
        self.texts.append(said)
        if said:
            self._stands("text")

    @property
    def place(self) -> int:
        """How many blocks of text there are so far, empty ones apart."""
        return sum(map(bool, self.texts))

    def _stands(self, kind: str) -> None:
        """Note what stands where; several of a kind in a row may as well be one."""
        if self.order[-1:] != [kind]:
            self.order.append(kind)

    def part(self, kind: AnswerPartKind, text: str = "", rest: Any = None) -> None:
        """Add what is neither text nor a call of a client's tool; `rest` is kept as its digest."""
        self.parts.append(AnswerPart(kind, text, "" if rest is None else digest_of(rest)))
        if kind in _IN_ORDER:
            self._stands(kind.replace("_", " "))

    def same_ids(self) -> None:
        """Note tool calls that share an id or lack one."""
        ids = [call.id for call in self.tool_calls]
        if len(set(ids)) < len(ids):
            self.problem("two tool calls have the same id")
        if "" in ids:
            self.problem("a tool call has no id")

    def done(self) -> NeutralAnswer:
        """The answer as read."""
        return NeutralAnswer(
            text="".join(self.texts),
            texts=tuple(self.texts),
            order=tuple(self.order),
            tool_calls=tuple(self.tool_calls),
            stop_reason=self.stop_reason,
            model=self.model,
            usage=self.usage,
            problems=tuple(self.problems),
            error=self.error,
            stop_sequence=self.stop_sequence,
            stop_details=self.stop_details,
            parts=tuple(self.parts),
            counts=tuple(sorted(self.counts.items())),
        )


class Bad:
    """Stands for text that is no JSON, with the reason; never equal to parsed data."""

    def __init__(self, why: str) -> None:
        self.why = why


def loads(raw: bytes | str) -> Any:
    """Parsed JSON, or a Bad that says why it is none; lone surrogate escapes are let through.

    Integers of any size are read as such.
    """
    try:
        return exact.loads(raw)
    except orjson.JSONDecodeError as error:
        if "surrogate" not in str(error):
            return Bad(str(error)[:MAX_ERROR_CHARS])
    except (ValueError, RecursionError) as error:
        return Bad(str(error)[:MAX_ERROR_CHARS])
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        return Bad(str(error)[:MAX_ERROR_CHARS])


def mapping(value: Any) -> dict[str, Any]:
    """`value` if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """`value` if it is a JSON array, else an empty one."""
    return value if isinstance(value, list) else []


def string(value: Any) -> str | None:
    """`value` if it is a string, else None."""
    return value if isinstance(value, str) else None


def tokens(value: Any) -> int | None:
    """`value` if it is a number of tokens (an integer, whatever its sign), else None."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def digest_of(value: Any) -> str:
    """What stands for a JSON value of which only sameness counts; members that are null say nothing."""
    return hashlib.sha256(canonical_json(_stated(value)).encode("utf-8", "replace")).hexdigest()[:16]


def _stated(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _stated(item) for key, item in value.items() if item is not None}
    return [_stated(item) for item in value] if isinstance(value, list) else value


def stated(value: dict[str, Any]) -> str:
    """An object as JSON, without members that are null; empty if it says nothing."""
    told = _stated(value)
    return canonical_json(told) if told else ""


def counts_in(usage: dict[str, Any], path: str = "") -> dict[str, int]:
    """Every count anywhere in a usage object, by its dotted path."""
    found: dict[str, int] = {}
    for key, value in usage.items():
        if isinstance(value, dict):
            found |= counts_in(value, f"{path}{key}.")
        elif isinstance(value, int) and not isinstance(value, bool):
            found[f"{path}{key}"] = value
    return found


class _Pieces(list[str]):
    """A text that comes in pieces; it is joined once, as adding to a long text again and again takes long."""


def grow(block: dict[str, Any], delta: dict[str, Any]) -> None:
    """Add a piece of a stream to what came before: texts and lists grow, objects by their members."""
    for key, piece in delta.items():
        before = block.get(key)
        if isinstance(piece, str) and isinstance(before, str | _Pieces) and key not in _GIVEN_ONCE:
            pieces = before if isinstance(before, _Pieces) else _Pieces([before])
            pieces.append(piece)
            block[key] = pieces
        elif isinstance(piece, list) and isinstance(before, list):
            before.extend(piece)
        elif isinstance(piece, dict) and isinstance(before, dict):
            grow(before, piece)
        elif piece is not None or key not in block:
            block[key] = piece


def grown(block: Any) -> Any:
    """What has grown, with its texts joined."""
    if isinstance(block, _Pieces):
        return "".join(block)
    if isinstance(block, dict):
        return {key: grown(value) for key, value in block.items()}
    return block


def check_counts(draft: Draft, usage: dict[str, Any], path: str = "usage") -> None:
    """Note negative numbers anywhere in a usage object."""
    for key, value in usage.items():
        if isinstance(value, dict):
            check_counts(draft, value, f"{path}.{shown(key, bare=True)}")
        elif isinstance(value, int | float) and value < 0:
            draft.problem(f"{path}.{shown(key, bare=True)}: a negative count")


def check_total(draft: Draft, usage: dict[str, Any], first: str, second: str) -> None:
    """Note a total that is not the sum of its two parts."""
    parts = (tokens(usage.get(first)), tokens(usage.get(second)), tokens(usage.get("total_tokens")))
    if None not in parts and (parts[0] or 0) + (parts[1] or 0) != parts[2]:
        draft.problem(f"usage: {first} + {second} is not total_tokens")


def error_text(data: Any) -> str | None:
    """What went wrong, if a body of any wire is an error, else None."""
    body = mapping(data)
    error = body.get("error")
    if isinstance(error, str) and error:
        return error[:MAX_ERROR_CHARS]
    if isinstance(error, dict) and error:
        parts = (
            string(error.get("type")) or str(error.get("code") or ""),
            string(error.get("message")) or "",
        )
        return ": ".join(part for part in parts if part)[:MAX_ERROR_CHARS] or "an error without a message"
    if error or body.get("type") == "error":
        return string(body.get("message")) or "an error without a message"
    return None
