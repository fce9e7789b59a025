"""What all answer readers share: a draft to fill in, and careful ways to look into unknown JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import orjson

from lab.wires.neutral import NeutralAnswer, ToolCall, Usage
from lab.wires.strict import MAX_PROBLEMS, shown, violations

MAX_ERROR_CHARS = 500


@dataclass(slots=True)
class Draft:
    """An answer being read; problems are kept once each, MAX_PROBLEMS at most."""

    texts: list[str] = field(default_factory=list)
    tool_calls: list[ToolCall] = field(default_factory=list)
    stop_reason: str | None = None
    model: str | None = None
    usage: Usage = field(default_factory=Usage)
    problems: list[str] = field(default_factory=list)
    error: str | None = None

    def problem(self, text: str) -> None:
        """Note where the answer breaks its wire's rules."""
        if text not in self.problems and len(self.problems) < MAX_PROBLEMS:
            self.problems.append(text)

    def check(self, shape: str, data: Any, prefix: str = "") -> None:
        """Note all violations of the SDK's type for `shape`."""
        for violation in violations(shape, data):
            self.problem(prefix + violation)

    def call(self, call_id: Any, name: Any, arguments: Any) -> None:
        """Add a tool call; arguments may be an object or its JSON text."""
        value = loads(arguments or "{}") if isinstance(arguments, str) else arguments
        if not isinstance(value, dict):
            self.problem(f"tool call {shown(name)}: its arguments are not a JSON object")
            value = None
        self.tool_calls.append(ToolCall(id=string(call_id) or "", name=string(name) or "", input=value))

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
            tool_calls=tuple(self.tool_calls),
            stop_reason=self.stop_reason,
            model=self.model,
            usage=self.usage,
            problems=tuple(self.problems),
            error=self.error,
        )


class Bad:
    """Stands for text that is no JSON, with the reason; never equal to parsed data."""

    def __init__(self, why: str) -> None:
        self.why = why


def loads(raw: bytes | str) -> Any:
    """Parsed JSON, or a Bad that says why it is none; lone surrogate escapes are let through."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        if "surrogate" not in str(error):
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
