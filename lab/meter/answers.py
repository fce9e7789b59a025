"""Scripted answers: a text with its provenance marker, tool calls, and truthful token counts."""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass
from itertools import count
from typing import Any

from lab import tokens
from lab.meter.examples import example
from lab.meter.script import ScriptedAnswer
from lab.meter.stops import STOPS, Stop, stop_of
from lab.wires import exact
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


@dataclass(slots=True)
class AnswerCall:
    """A tool call to render; `arguments` is minified JSON, `id` is unique and without a wire's prefix.

    `chosen` is the id that the script gives it, if it does.
    """

    id: str
    name: str
    input: dict[str, Any]
    arguments: str
    chosen: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A text that is answered, and why it ends; `sequence` is the stop sequence that ended it."""

    text: str
    stop: Stop
    sequence: str | None = None


@dataclass(slots=True)
class Answer:
    """An answer ready to render on any wire; tokens are o200k_base.

    `text`, `refusal` and the further `choices` carry the marker, if they are not empty and it has room; all
    else that a wire may show is in the `script`. `stop_sequence` is the sequence that ended it.
    """

    id: str
    model: str
    text: str
    calls: tuple[AnswerCall, ...]
    input_tokens: int
    output_tokens: int
    created: float
    stream: bool
    script: ScriptedAnswer
    stop: Stop
    stop_sequence: str | None = None
    refusal: str = ""
    choices: tuple[Choice, ...] = ()

    @property
    def input_total(self) -> int:
        """Input tokens, or what the script says a cache was read and written for if that is more."""
        said = self.script.usage
        return max(self.input_tokens, said.cache_read + said.cache_write)

    def chosen_id(self, prefix: str) -> str:
        """The answer's id: as the script chooses it, or the meter's own with a wire's prefix."""
        return self.script.id or f"{prefix}{self.id}"


_ANY = Wishes()
# Between text and marker; the first that holds no stop sequence.
_JOINTS = ("\n\n", "\n", " ", "|", "~")


def new_id() -> str:
    """24 characters that no other id of this meter has."""
    return f"{_RUN}{next(_NUMBERS):012x}"


def compose(script: Script, request: NeutralRequest, input_tokens: int, wishes: Wishes = _ANY) -> Answer:
    """The script's answer to one request: a model cannot call a tool that it was not offered."""
    said = _within_thinking(script.answer, wishes.max_tokens)
    script = Script(said, script.marker)
    first, calls = _said(said.text, _calls(said, request, wishes), script, wishes)
    refusal = _marked(said.refusal, script.marker)
    return Answer(
        id=new_id(),
        model=request.model or "",
        text=first.text,
        calls=calls,
        input_tokens=input_tokens,
        output_tokens=_tokens(first.text + refusal, calls)
        + tokens.count(said.thinking)
        + said.usage.reasoning,
        created=time.time(),
        stream=request.stream,
        script=said,
        stop=first.stop,
        stop_sequence=said.stop_sequence if first.sequence is None else first.sequence,
        refusal=refusal,
        choices=tuple([_said(text, calls, script, wishes)[0] for text in said.choices]),
    )


_NOTHING: dict[str, Any] = {"text": "", "tool_calls": [], "choices": [], "stop_reason": "max_tokens"}


def _within_thinking(said: ScriptedAnswer, most: int | None) -> ScriptedAnswer:
    """The script, cut if its thinking alone reaches a limit of tokens; a limit of 0 leaves nothing of any."""
    if most == 0:
        usage = said.usage.model_copy(update={"reasoning": 0})
        blocks: dict[str, Any] = {
            key: [] for key in ("thinking", "redacted_thinking", "server_tools", "citations")
        }
        return said.model_copy(
            update={**_NOTHING, **blocks, "refusal": "", "stop_sequence": None, "usage": usage}
        )
    if most is None or said.ending_stated or tokens.count(said.thinking) <= most:
        return said
    thinking: list[str] = []
    for text in said.thinking:
        thinking.append(beginning(text, most - tokens.count(thinking)))
    return said.model_copy(update={**_NOTHING, "thinking": [text for text in thinking if text]})


def _calls(said: ScriptedAnswer, request: NeutralRequest, wishes: Wishes) -> tuple[AnswerCall, ...]:
    demanded = wishes.must_call and not said.ending_stated
    if not wishes.may_call or not (said.tool_calls or demanded):
        return ()
    offered = [tool for tool in request.tools if wishes.named is None or tool.name in wishes.named]
    names = {tool.name for tool in offered}
    wanted = [(call.name, call.input, call.id) for call in said.tool_calls if call.name in names]
    if demanded and not wanted:
        wanted = [(tool.name, example(tool.schema), "") for tool in offered if tool.schema is not None][:1]
    return tuple(
        AnswerCall(new_id(), name, given, exact.dumps(given).decode(), chosen)
        for name, given, chosen in (wanted if wishes.parallel else wanted[:1])
    )


def _said(
    text: str, calls: tuple[AnswerCall, ...], script: Script, wishes: Wishes
) -> tuple[Choice, tuple[AnswerCall, ...]]:
    """A text and calls as far as the request wishes, unless the script states how its answer ends."""
    said = script.answer
    if said.ending_stated:
        return Choice(_marked(text, script.marker), stop_of(said, calls=bool(calls))), calls
    shown, sequence = _stopped(text, script.marker, wishes.stop)
    if sequence is not None:
        calls = ()
    if wishes.max_tokens is not None:
        room = max(wishes.max_tokens - tokens.count(said.thinking) - said.usage.reasoning, 0)
        # A token is one byte at least, so that most answers need no counting here.
        if (calls or 4 * len(shown) > room) and _tokens(shown, calls) > room:
            shown, calls = _within(room, script.marker, text, shown, calls, wishes.stop)
            return Choice(shown, STOPS["length"]), calls
    stop = stop_of(said, calls=bool(calls)) if sequence is None else STOPS["stop_sequence"]
    return Choice(shown, stop, sequence), calls


def _marked(text: str, marker: str) -> str:
    return f"{text}{_JOINTS[0]}{marker}" if text else ""


def _stopped(text: str, marker: str, stops: tuple[str, ...]) -> tuple[str, str | None]:
    """The text up to the first stop sequence in it, and which that is; a marker in danger comes first."""
    whole = _marked(text, marker)
    if not stops or not any(stop in whole for stop in stops):
        return whole, None
    whole = _marker_first(text, marker, stops)
    found = min(((whole.find(stop), stop) for stop in stops if stop in whole), default=None)
    return (whole, None) if found is None else (whole[: found[0]], found[1])


def _marker_first(text: str, marker: str, stops: tuple[str, ...]) -> str:
    """What joins marker and text is the lab's own, and not what a stop sequence is meant for."""
    joint = next((one for one in _JOINTS if not any(stop in one for stop in stops)), _JOINTS[0])
    return f"{marker}{joint}{text}"


def _within(
    most: int, marker: str, text: str, shown: str, calls: tuple[AnswerCall, ...], stops: tuple[str, ...]
) -> tuple[str, tuple[AnswerCall, ...]]:
    """The beginning of an answer that has so many tokens: calls are whole or left out, the marker too."""
    if tokens.count_text(shown) <= most:
        while calls and _tokens(shown, calls) > most:
            calls = calls[:-1]
        return shown, calls
    fits = tokens.count_text(marker) < most
    return beginning(_marker_first(text, marker, stops) if fits else text, most), ()


def _tokens(text: str, calls: tuple[AnswerCall, ...]) -> int:
    if not calls:
        return tokens.count_text(text)
    return tokens.count_answer(text, ((call.name, call.input) for call in calls))


def beginning(text: str, most: int) -> str:
    """The longest beginning of a text that has so many o200k_base tokens, as far as counts grow with it."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if tokens.count_text(text[:middle]) <= most else (low, middle - 1)
    return text[:low]


def token_logprobs(text: str, top: int) -> list[dict[str, Any]]:
    """Made-up log probabilities of a text's words, equal for equal texts, with `top` alternatives each."""
    found = []
    for word in _WORDS.findall(text):
        own = {"token": word, "logprob": -round(0.01 * (1 + len(word) % 7), 2), "bytes": list(word.encode())}
        others = [
            {"token": f"{word}{n}", "logprob": -float(4 + n), "bytes": list(f"{word}{n}".encode())}
            for n in range(1, top)
        ]
        found.append(own | {"top_logprobs": [own, *others][:top]})
    return found


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
