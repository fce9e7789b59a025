"""The wire of POST /v1/chat/completions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lab.meter import openai_errors
from lab.meter.answers import Answer, AnswerCall, Ending, Wishes, halves, pieces
from lab.meter.moonshot import without_moonshot
from lab.meter.replies import Asked, Reply, Stream, json_reply, sse
from lab.meter.rules import Ask, check
from lab.meter.wire import TextWire

_FINGERPRINT = "fp_lab_meter"


def validate(body: dict[str, Any], headers: dict[str, str]) -> None:
    """Raises Refusal (400) for what the provider refuses."""
    check("chat", Ask(without_moonshot(body), headers))


def wishes(body: dict[str, Any]) -> Wishes:
    """What the request allows its answer."""
    choice, stop = body.get("tool_choice"), body.get("stop") or ()
    most = body.get("max_completion_tokens")
    return Wishes(
        may_call=choice != "none",
        must_call=choice == "required" or _demands(choice),
        named=_named(choice),
        parallel=body.get("parallel_tool_calls") is not False,
        max_tokens=body.get("max_tokens") if most is None else most,
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
    )


def _demands(choice: Any) -> bool:
    if not isinstance(choice, dict):
        return False
    allowed = choice.get("allowed_tools") or {}
    return choice.get("type") != "allowed_tools" or allowed.get("mode") == "required"


def _named(choice: Any) -> frozenset[str] | None:
    if not isinstance(choice, dict):
        return None
    kind = str(choice.get("type"))
    given = choice.get(kind) or {}
    tools = given.get("tools") if kind == "allowed_tools" else [choice]
    if not isinstance(tools, list):
        return None
    return frozenset(str(_name(tool)) for tool in tools if isinstance(tool, dict))


def answer(asked: Asked, given: Answer) -> Reply | Stream:
    """The answer as one completion, or as its chunks; `n` choices say the same."""
    choices = asked.body.get("n") or 1
    if given.stream:
        options = asked.body.get("stream_options") or {}
        return Stream(_chunks(given, choices, with_usage=options.get("include_usage") is True))
    return json_reply(_completion(given, choices), answered_by="scripted")


def _name(tool: dict[str, Any]) -> Any:
    named = tool.get(str(tool.get("type")))
    return named.get("name") if isinstance(named, dict) else None


def _call(call: AnswerCall) -> dict[str, Any]:
    return {
        "id": _call_id(call),
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    }


def _call_id(call: AnswerCall) -> str:
    return f"call_{call.id}"


def _head(given: Answer, kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{given.id}",
        "object": kind,
        "created": int(given.created),
        "model": given.model,
        "service_tier": "default",
        "system_fingerprint": _FINGERPRINT,
    }


def _usage(given: Answer, choices: int) -> dict[str, Any]:
    output = given.output_tokens * choices
    return {
        "prompt_tokens": given.input_tokens,
        "completion_tokens": output,
        "total_tokens": given.input_tokens + output,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


_FINISH: dict[Ending, str] = {"end": "stop", "calls": "tool_calls", "sequence": "stop", "length": "length"}


def _completion(given: Answer, choices: int) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": "assistant",
        "content": given.text,
        "refusal": None,
        "annotations": [],
    }
    if given.calls:
        message["tool_calls"] = [_call(call) for call in given.calls]
    body = _head(given, "chat.completion")
    body["choices"] = [
        {"index": n, "message": message, "logprobs": None, "finish_reason": _FINISH[given.ending]}
        for n in range(choices)
    ]
    body["usage"] = _usage(given, choices)
    return body


def _chunks(given: Answer, choices: int, *, with_usage: bool) -> Iterator[bytes]:
    head = _head(given, "chat.completion.chunk")
    if with_usage:
        head["usage"] = None

    def chunk(n: int, delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": n, "delta": delta, "logprobs": None, "finish_reason": finish}
        return sse({**head, "choices": [choice]})

    for n in range(choices):
        for delta in _deltas(given):
            yield chunk(n, delta)
        yield chunk(n, {}, _FINISH[given.ending])
    if with_usage:
        yield sse({**head, "choices": [], "usage": _usage(given, choices)})
    yield b"data: [DONE]\n\n"


def _deltas(given: Answer) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": "", "refusal": None}
    for piece in pieces(given.text):
        yield {"content": piece}
    for index, call in enumerate(given.calls):
        opening = {"index": index, **_call(call)}
        opening["function"] = {"name": call.name, "arguments": ""}
        yield {"tool_calls": [opening]}
        for part in halves(call.arguments):
            yield {"tool_calls": [{"index": index, "function": {"arguments": part}}]}


WIRE = TextWire(
    "chat", openai_errors.authorize, openai_errors.read, validate, wishes, answer, openai_errors.refuse
)
