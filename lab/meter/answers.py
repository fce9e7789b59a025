"""Scripted answers: a text with its provenance marker, tool calls, and truthful token counts."""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass
from itertools import count
from typing import Any, Literal

import orjson

from lab import tokens
from lab.meter.examples import example
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


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a request allows its answer: calls, how many at once, tokens (o200k_base), and where to stop."""

    may_call: bool = True
    must_call: bool = False
    named: frozenset[str] | None = None  # the only tools that may be called
    parallel: bool = True
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()


Ending = Literal["end", "calls", "sequence", "length"]


@dataclass(slots=True)
class AnswerCall:
    """A tool call to render; `arguments` is minified JSON, `id` is unique and without a wire's prefix."""

    id: str
    name: str
    input: dict[str, Any]
    arguments: str


@dataclass(slots=True)
class Answer:
    """An answer ready to render on any wire; tokens are o200k_base. `stop` is the sequence that ended it."""

    id: str
    model: str
    text: str
    calls: tuple[AnswerCall, ...]
    input_tokens: int
    output_tokens: int
    created: float
    stream: bool
    ending: Ending = "end"
    stop: str | None = None


_ANY = Wishes()
# Between text and marker; the first that holds no stop sequence.
_JOINTS = ("\n\n", "\n", " ", "|", "~")


def new_id() -> str:
    """24 characters that no other id of this meter has."""
    return f"{_RUN}{next(_NUMBERS):012x}"


def compose(script: Script, request: NeutralRequest, input_tokens: int, wishes: Wishes = _ANY) -> Answer:
    """The script's answer to one request: a model cannot call a tool that it was not offered."""
    calls = _calls(script.answer, request, wishes)
    text, stop = _stopped(script, wishes.stop)
    if stop is not None:
        calls = ()
    ending: Ending = "sequence" if stop is not None else "calls" if calls else "end"
    spent = _tokens(text, calls)
    if wishes.max_tokens is not None and spent > wishes.max_tokens:
        text, calls = _within(wishes.max_tokens, script, text, calls, wishes.stop)
        ending, stop, spent = "length", None, _tokens(text, calls)
    return Answer(
        id=new_id(),
        model=request.model or "",
        text=text,
        calls=calls,
        input_tokens=input_tokens,
        output_tokens=spent,
        created=time.time(),
        stream=request.stream,
        ending=ending,
        stop=stop,
    )


def _calls(answer: ScriptedAnswer, request: NeutralRequest, wishes: Wishes) -> tuple[AnswerCall, ...]:
    if not wishes.may_call or not (answer.tool_calls or wishes.must_call):
        return ()
    offered = [tool for tool in request.tools if wishes.named is None or tool.name in wishes.named]
    names = {tool.name for tool in offered}
    wanted = [(call.name, call.input) for call in answer.tool_calls if call.name in names]
    if wishes.must_call and not wanted:
        wanted = [(tool.name, example(tool.schema)) for tool in offered if tool.schema is not None][:1]
    return tuple(
        AnswerCall(new_id(), name, given, orjson.dumps(given).decode())
        for name, given in (wanted if wishes.parallel else wanted[:1])
    )


def _stopped(script: Script, stops: tuple[str, ...]) -> tuple[str, str | None]:
    """The text up to the first stop sequence in it, and which that is; a marker in danger comes first."""
    whole = f"{script.answer.text}{_JOINTS[0]}{script.marker}"
    if not any(stop in whole for stop in stops):
        return whole, None
    whole = _marker_first(script, stops)
    found = min(((whole.find(stop), stop) for stop in stops if stop in whole), default=None)
    return (whole, None) if found is None else (whole[: found[0]], found[1])


def _marker_first(script: Script, stops: tuple[str, ...]) -> str:
    """What joins marker and text is the lab's own, and not what a stop sequence is meant for."""
    joint = next((one for one in _JOINTS if not any(stop in one for stop in stops)), _JOINTS[0])
    return f"{script.marker}{joint}{script.answer.text}"


def _within(
    most: int, script: Script, text: str, calls: tuple[AnswerCall, ...], stops: tuple[str, ...]
) -> tuple[str, tuple[AnswerCall, ...]]:
    """The beginning of an answer that has so many tokens: calls are whole or left out, the marker too."""
    if tokens.count_text(text) <= most:
        while calls and _tokens(text, calls) > most:
            calls = calls[:-1]
        return text, calls
    fits = tokens.count_text(script.marker) < most
    return beginning(_marker_first(script, stops) if fits else script.answer.text, most), ()


def _tokens(text: str, calls: tuple[AnswerCall, ...]) -> int:
    return tokens.count_answer(text, ((call.name, call.input) for call in calls))


def beginning(text: str, most: int) -> str:
    """The longest beginning of a text that has so many o200k_base tokens, as far as counts grow with it."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if tokens.count_text(text[:middle]) <= most else (low, middle - 1)
    return text[:low]


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
