"""Scripted answers: a text with its provenance marker, tool calls, and truthful token counts."""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass
from itertools import count
from typing import Any

import orjson

from lab import tokens
from lab.meter.script import ScriptedAnswer
from lab.wires.neutral import NeutralRequest

BACKGROUND_MARKER = "labmark-background"
_BACKGROUND = ScriptedAnswer(text="This is a general answer to a request outside any exchange.")
_RUN = secrets.token_hex(6)
_NUMBERS = count(1)
_WORDS = re.compile(r"\S+\s*|\s+")
_MAX_PIECES = 16
_MIN_PIECE_CHARS = 12


@dataclass(frozen=True, slots=True)
class Script:
    """What an exchange answers, and the marker that proves where an answer came from."""

    answer: ScriptedAnswer
    marker: str


BACKGROUND = Script(_BACKGROUND, BACKGROUND_MARKER)


@dataclass(slots=True)
class AnswerCall:
    """A tool call to render; `arguments` is minified JSON, `id` is unique and without a wire's prefix."""

    id: str
    name: str
    input: dict[str, Any]
    arguments: str


@dataclass(slots=True)
class Answer:
    """An answer ready to render on any wire; tokens are o200k_base."""

    id: str
    model: str
    text: str
    calls: tuple[AnswerCall, ...]
    input_tokens: int
    output_tokens: int
    created: float
    stream: bool


def new_id() -> str:
    """24 characters that no other id of this meter has."""
    return f"{_RUN}{next(_NUMBERS):012x}"


def compose(
    script: Script, request: NeutralRequest, input_tokens: int, *, may_call: bool, parallel: bool
) -> Answer:
    """The script's answer to one request: a model cannot call a tool that it was not offered."""
    text = f"{script.answer.text}\n\n{script.marker}"
    offered = {tool.name for tool in request.tools} if may_call and script.answer.tool_calls else set()
    wanted = [call for call in script.answer.tool_calls if call.name in offered]
    calls = tuple(
        AnswerCall(new_id(), call.name, call.input, orjson.dumps(call.input).decode())
        for call in (wanted if parallel else wanted[:1])
    )
    return Answer(
        id=new_id(),
        model=request.model or "",
        text=text,
        calls=calls,
        input_tokens=input_tokens,
        output_tokens=tokens.count_answer(text, ((call.name, call.input) for call in calls)),
        created=time.time(),
        stream=request.stream,
    )


def pieces(text: str) -> list[str]:
    """The text in up to 16 deltas of at least two words' length, together the same text."""
    size = max(_MIN_PIECE_CHARS, -(-len(text) // _MAX_PIECES))
    found: list[str] = []
    current = ""
    for word in _WORDS.findall(text):
        current += word
        if len(current) >= size:
            found.append(current)
            current = ""
    return [*found, current] if current else found


def halves(arguments: str) -> tuple[str, str]:
    """A call's arguments in two deltas."""
    middle = len(arguments) // 2
    return arguments[:middle], arguments[middle:]
