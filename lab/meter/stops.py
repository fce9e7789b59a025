"""Why an answer ends, in the words of each wire, by any wire's name of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lab.meter.script import ScriptedAnswer, StopReason


@dataclass(frozen=True, slots=True)
class Stop:
    """The stop_reason, the finish_reason, and a response's status with why it is incomplete."""

    messages: str
    chat: str
    status: str = "completed"
    incomplete: str | None = None


_END: Final = Stop("end_turn", "stop")
_CUT: Final = Stop("max_tokens", "length", "incomplete", "max_output_tokens")
_FILTERED: Final = Stop("refusal", "content_filter", "incomplete", "content_filter")
_CALLS: Final = Stop("tool_use", "tool_calls")
STOPS: Final[dict[StopReason, Stop]] = {
    "end_turn": _END,
    "stop": _END,
    "completed": _END,
    "max_tokens": _CUT,
    "length": _CUT,
    "max_output_tokens": _CUT,
    "incomplete": _CUT,
    "content_filter": _FILTERED,
    "refusal": _FILTERED,
    "tool_use": _CALLS,
    "tool_calls": _CALLS,
    "function_call": Stop("tool_use", "function_call"),
    "stop_sequence": Stop("stop_sequence", "stop"),
    "pause_turn": Stop("pause_turn", "stop"),
    "model_context_window_exceeded": Stop(
        "model_context_window_exceeded", "length", "incomplete", "max_output_tokens"
    ),
}


def stop_of(script: ScriptedAnswer, *, calls: bool) -> Stop:
    """Why the answer ends: as the script says, else by what it holds."""
    said = script.stop_reason
    if said is not None:
        stop = STOPS[said]
        # OpenAI ends a refusal in words like any other answer.
        return Stop("refusal", "stop") if stop is _FILTERED and script.refusal else stop
    if script.refusal:
        return Stop("refusal", "stop")
    if script.stop_sequence is not None:
        return STOPS["stop_sequence"]
    return _CALLS if calls else _END
