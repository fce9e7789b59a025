"""Why an answer ends, as each wire says it, and whether two wires say the same of one answer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final, Literal

from lab.exchange.quoting import quoted
from lab.wires.neutral import NeutralAnswer

# `filtered`: classifiers or filters stopped it; `refused`: the model declined in its own words.
Ending = Literal["end", "sequence", "length", "window", "tools", "pause", "filtered", "refused"]
Kept = Literal["kept", "changed", "excused"]

_MESSAGES: Final[dict[str, Ending]] = {
    "end_turn": "end",
    "stop_sequence": "sequence",
    "max_tokens": "length",
    "model_context_window_exceeded": "window",
    "tool_use": "tools",
    "pause_turn": "pause",
    "refusal": "filtered",
}
_CHAT: Final[dict[str, Ending]] = {
    "stop": "end",
    "length": "length",
    "tool_calls": "tools",
    "function_call": "tools",
    "content_filter": "filtered",
}
_RESPONSES: Final[dict[str, Ending]] = {
    "completed": "end",
    "incomplete/max_output_tokens": "length",
    "incomplete/content_filter": "filtered",
}
_OLLAMA: Final[dict[str, Ending]] = {"stop": "end", "length": "length"}
_READ: Final = {
    "messages": _MESSAGES,
    "chat": _CHAT,
    "responses": _RESPONSES,
    "ollama_chat": _OLLAMA,
    "ollama_generate": _OLLAMA,
}
# What a client may be told of each ending on each wire; of one that is not listed a wire has no word.
_SAID: Final[dict[str, dict[Ending, frozenset[str]]]] = {
    "messages": {
        "end": frozenset({"end_turn"}),
        "sequence": frozenset({"stop_sequence"}),
        "length": frozenset({"max_tokens"}),
        "window": frozenset({"model_context_window_exceeded", "max_tokens"}),
        "tools": frozenset({"tool_use"}),
        "pause": frozenset({"pause_turn"}),
        "filtered": frozenset({"refusal"}),
        "refused": frozenset({"refusal", "end_turn"}),
    },
    "chat": {
        "end": frozenset({"stop"}),
        "sequence": frozenset({"stop"}),
        "length": frozenset({"length"}),
        "window": frozenset({"length"}),
        "tools": frozenset({"tool_calls", "function_call"}),
        "filtered": frozenset({"content_filter"}),
        "refused": frozenset({"stop", "content_filter"}),
    },
    "responses": {
        "end": frozenset({"completed"}),
        "sequence": frozenset({"completed"}),
        "length": frozenset({"incomplete/max_output_tokens"}),
        "window": frozenset({"incomplete/max_output_tokens"}),
        "tools": frozenset({"completed"}),
        "filtered": frozenset({"incomplete/content_filter"}),
        "refused": frozenset({"completed", "incomplete/content_filter"}),
    },
}
# Of an ending without a word of its own, what would be another one all the same.
_BELIED: Final[dict[str, frozenset[str]]] = {
    "messages": frozenset(),
    "chat": frozenset({"tool_calls", "length", "content_filter"}),
    "responses": frozenset({"incomplete/max_output_tokens", "incomplete/content_filter"}),
}
_NAME: Final = {"messages": "stop_reason", "chat": "finish_reason", "responses": "status"}


def ending_of(kind: str, answer: NeutralAnswer) -> Ending | None:
    """Why an answer ends, in words of no wire; None if it does not say, or in a word that is not known."""
    said = _READ.get(kind, {}).get(_key(kind, answer))
    if said == "end" and kind != "messages":
        # One word stands for several endings there.
        if answer.tool_calls:
            return "tools"
        if any(part.kind == "refusal" for part in answer.parts):
            return "refused"
    return said


def stops_asked(params: Mapping[str, Any]) -> tuple[str, ...]:
    """The stop sequences that a request asks for."""
    stops = params.get("stop_sequences") or params.get("stop") or ()
    listed = (stops,) if isinstance(stops, str) else stops if isinstance(stops, list | tuple) else ()
    return tuple(stop for stop in listed if isinstance(stop, str))


def is_cut(kind: str, answer: NeutralAnswer) -> bool:
    """Whether an answer ends for want of tokens."""
    return ending_of(kind, answer) in {"length", "window"}


def ending_kept(
    given_kind: str, given: NeutralAnswer, got_kind: str, got: NeutralAnswer, stops: Collection[str] = ()
) -> tuple[Kept, str]:
    """Whether the client is told why the provider's answer ends, and what each says of it.

    On one wire it is the same word, stop sequence and details; `stops` are the stop sequences that the client
    asked for.
    """
    was, became = in_words(given_kind, given), in_words(got_kind, got)
    if given_kind == got_kind:
        return ("kept", was) if same_ending(given, got) else ("changed", f"{was} arrived as {became}")
    ending, said = ending_of(given_kind, given), _key(got_kind, got)
    if ending is None or got_kind not in _SAID:
        return "excused", f"{was} has no known counterpart on the {got_kind} wire"
    allowed = _SAID[got_kind].get(ending)
    if allowed is None:
        if not said or said in _BELIED[got_kind]:
            return "changed", f"{was} arrived as {became}"
        return "excused", f"{was} has no counterpart on the {got_kind} wire, and arrived as {became}"
    if said in allowed or _otherwise(ending, said, got, stops):
        return "kept", was if was == became else f"{was}, which arrived as {became}"
    return "changed", f"{was} arrived as {became}"


def same_ending(given: NeutralAnswer, got: NeutralAnswer) -> bool:
    """Whether two answers on one wire say the same of their end."""
    pairs = ((a.stop_reason, a.stop_sequence, a.stop_details) for a in (given, got))
    return len(set(pairs)) == 1


def _otherwise(ending: Ending, said: str, got: NeutralAnswer, stops: Collection[str]) -> bool:
    """Whether a client is told the same in another way: a refusal in words, or which sequence stopped it."""
    if ending == "filtered":
        return said in {"stop", "completed"} and any(part.kind == "refusal" for part in got.parts)
    return ending == "end" and said == "stop_sequence" and got.stop_sequence in stops


def _key(kind: str, answer: NeutralAnswer) -> str:
    details = answer.stop_details if kind == "responses" else None
    return f"{answer.stop_reason or ''}/{details}" if details else answer.stop_reason or ""


def in_words(kind: str, answer: NeutralAnswer) -> str:
    """What an answer says of its end, such as `stop_reason stop_sequence ("END")`."""
    name = _NAME.get(kind, "done_reason")
    if answer.stop_reason is None:
        return f"no {name}"
    also = quoted(answer.stop_sequence) if answer.stop_sequence else answer.stop_details or ""
    return f"{name} {answer.stop_reason[:60]}" + (f" ({also[:120]})" if also else "")
