"""The wire of POST /v1/chat/completions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lab.meter import chat_parts as parts
from lab.meter import openai_errors
from lab.meter.answers import Answer, AnswerCall, Wishes, halves, pieces
from lab.meter.moonshot import without_moonshot
from lab.meter.refusal import Refusal
from lab.meter.replies import Asked, Reply, Stream, json_reply, sse
from lab.meter.rules import Ask, check
from lab.meter.rules.gpt import gpt
from lab.meter.wire import TextWire

_FINGERPRINT = "fp_lab_meter"
_RESPONSES_ONLY = "This model is only supported in v1/responses and not in v1/chat/completions."


def validate(body: dict[str, Any], headers: dict[str, str]) -> None:
    """Raises Refusal for what the provider refuses: 400, or 404 for models of /v1/responses."""
    model = gpt(str(body.get("model")))
    if model is not None and model.responds_only:
        raise Refusal(404, _RESPONSES_ONLY, param="model")
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
    """The answer as one completion, or as its chunks; `n` choices say the same, or what is scripted."""
    if given.stream:
        options = asked.body.get("stream_options") or {}
        return Stream(_chunks(asked.body, given, with_usage=options.get("include_usage") is True))
    return json_reply(_completion(asked.body, given), answered_by="scripted")


def _choices(body: dict[str, Any]) -> int:
    return body.get("n") or 1


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
    return call.chosen or f"call_{call.id}"


def _head(given: Answer, kind: str) -> dict[str, Any]:
    return {
        "id": given.chosen_id("chatcmpl-"),
        "object": kind,
        "created": int(given.created),
        "model": given.model,
        "service_tier": "default",
        "system_fingerprint": _FINGERPRINT,
    }


def _usage(given: Answer, choices: int) -> dict[str, Any]:
    output = given.output_tokens * choices
    return {
        "prompt_tokens": given.input_total,
        "completion_tokens": output,
        "total_tokens": given.input_total + output,
        "prompt_tokens_details": {"cached_tokens": given.script.usage.cache_read, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": given.script.usage.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _message(given: Answer, text: str) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": "assistant",
        "content": text or None,
        "refusal": given.refusal or None,
        "annotations": parts.cited(given),
    }
    if thinking := parts.thinking(given):
        message["reasoning_content"] = thinking
    if given.calls:
        message["tool_calls"] = [_call(call) for call in given.calls]
    return message


def _completion(asked: dict[str, Any], given: Answer) -> dict[str, Any]:
    body = _head(given, "chat.completion")
    body["choices"] = [
        {
            "index": n,
            "message": _message(given, one.text),
            "logprobs": parts.logprobs(asked, one.text),
            "finish_reason": one.stop.chat,
        }
        for n, one in enumerate(parts.choices(given, _choices(asked)))
    ]
    body["usage"] = _usage(given, _choices(asked))
    return body


def _chunks(asked: dict[str, Any], given: Answer, *, with_usage: bool) -> Iterator[bytes]:
    head = _head(given, "chat.completion.chunk")
    if with_usage:
        head["usage"] = None

    def chunk(n: int, delta: dict[str, Any], finish: str | None = None) -> bytes:
        likely = parts.logprobs(asked, delta["content"]) if delta.get("content") else None
        choice = {"index": n, "delta": delta, "logprobs": likely, "finish_reason": finish}
        return sse({**head, "choices": [choice]})

    for n, one in enumerate(parts.choices(given, _choices(asked))):
        for delta in _deltas(given, one.text):
            yield chunk(n, delta)
        yield chunk(n, {}, one.stop.chat)
    if with_usage:
        yield sse({**head, "choices": [], "usage": _usage(given, _choices(asked))})
    yield b"data: [DONE]\n\n"


def _deltas(given: Answer, text: str) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": "" if text or not given.calls else None, "refusal": None}
    for piece in pieces(parts.thinking(given)):
        yield {"reasoning_content": piece}
    for piece in pieces(text):
        yield {"content": piece}
    for piece in pieces(given.refusal):
        yield {"refusal": piece}
    if cited := parts.cited(given):
        yield {"annotations": cited}
    for index, call in enumerate(given.calls):
        opening = {"index": index, **_call(call)}
        opening["function"] = {"name": call.name, "arguments": ""}
        yield {"tool_calls": [opening]}
        for part in halves(call.arguments):
            yield {"tool_calls": [{"index": index, "function": {"arguments": part}}]}


WIRE = TextWire(
    "chat", openai_errors.authorize, openai_errors.read, validate, wishes, answer, openai_errors.refuse
)
