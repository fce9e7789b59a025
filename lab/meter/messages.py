"""The wire of POST /v1/messages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from lab.meter.answers import Answer, Ending, Wishes, halves, new_id, pieces
from lab.meter.refusal import Refusal
from lab.meter.replies import Asked, Reply, Stream, json_reply, sse
from lab.meter.rules import Ask, betas, check
from lab.meter.rules.messages_request import NO_SAMPLING
from lab.meter.schemas.anthropic import MessagesRequest
from lab.meter.wire import TextWire, read_json

_VERSIONS = ("2023-01-01", "2023-06-01", NO_SAMPLING)
_KINDS = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}


def refuse(refusal: Refusal) -> Reply:
    """The refusal as {"type": "error", "error": {type, message}, "request_id"}."""
    kind = _KINDS.get(refusal.status, refusal.kind if refusal.status < 500 else "api_error")
    request_id = f"req_{new_id()}"
    error = {"type": "error", "error": {"type": kind, "message": refusal.message}, "request_id": request_id}
    return Reply(
        refusal.status,
        orjson.dumps(error),
        headers=((b"request-id", request_id.encode()),),
        error=refusal.message,
    )


def authorize(headers: dict[str, str]) -> None:
    """Raises Refusal: 401 without a key, 400 without a known `anthropic-version`."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    bearer = scheme.lower() == "bearer" and token.strip()
    if not headers.get("x-api-key", "").strip() and not bearer:
        raise Refusal(401, "x-api-key header is required")
    version = headers.get("anthropic-version")
    if version is None:
        raise Refusal(400, "anthropic-version: header is required")
    if version not in _VERSIONS:
        raise Refusal(400, f'anthropic-version: "{version}" is not a valid version')


def read(raw: bytes) -> dict[str, Any]:
    """The body as an object; raises Refusal (400)."""
    try:
        body = read_json(raw)
    except ValueError as error:
        raise Refusal(400, f"The request body is not valid JSON: {error}") from None
    if not isinstance(body, dict):
        raise Refusal(400, "Input should be an object")
    return body


def validate(body: dict[str, Any], headers: dict[str, str]) -> None:
    """Raises Refusal (400) for what the provider refuses."""
    asked = Ask(body, headers)
    known = betas.without(body, asked.betas, MessagesRequest.model_fields)
    check("messages", Ask(known, headers))


def wishes(body: dict[str, Any]) -> Wishes:
    """What the request allows its answer."""
    choice = body.get("tool_choice") or {}
    kind = choice.get("type")
    return Wishes(
        may_call=kind != "none",
        must_call=kind in ("any", "tool"),
        named=frozenset({choice["name"]}) if kind == "tool" else None,
        parallel=not choice.get("disable_parallel_tool_use"),
        max_tokens=body["max_tokens"],
        stop=tuple(body.get("stop_sequences") or ()),
    )


def answer(_: Asked, given: Answer) -> Reply | Stream:
    """The answer as one message, or as the wire's events."""
    return Stream(_events(given)) if given.stream else json_reply(_message(given), answered_by="scripted")


def _blocks(given: Answer) -> list[dict[str, Any]]:
    calls = [
        {"type": "tool_use", "id": _call_id(call.id), "name": call.name, "input": call.input}
        for call in given.calls
    ]
    texts = [{"type": "text", "text": given.text}] if given.text else []
    return [*texts, *calls]


def _call_id(unique: str) -> str:
    return f"toolu_{unique}"


def _usage(given: Answer, output: int) -> dict[str, Any]:
    return {
        "input_tokens": given.input_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": output,
    }


def _message(given: Answer) -> dict[str, Any]:
    return {
        "id": f"msg_{given.id}",
        "type": "message",
        "role": "assistant",
        "model": given.model,
        "content": _blocks(given),
        "stop_reason": _STOP_REASONS[given.ending],
        "stop_sequence": given.stop,
        "usage": {**_usage(given, given.output_tokens), "service_tier": "standard"},
    }


_STOP_REASONS: dict[Ending, str] = {
    "end": "end_turn",
    "calls": "tool_use",
    "sequence": "stop_sequence",
    "length": "max_tokens",
}


def _event(kind: str, **fields: Any) -> bytes:
    return sse({"type": kind, **fields}, event=kind)


def _events(given: Answer) -> Iterator[bytes]:
    opening = {**_message(given), "content": [], "stop_reason": None, "stop_sequence": None}
    yield _event("message_start", message={**opening, "usage": _usage(given, 1)})
    if not given.text:
        yield _event("ping")
    else:
        yield _event("content_block_start", index=0, content_block={"type": "text", "text": ""})
        yield _event("ping")
        for piece in pieces(given.text):
            yield _event("content_block_delta", index=0, delta={"type": "text_delta", "text": piece})
        yield _event("content_block_stop", index=0)
    for index, call in enumerate(given.calls, start=1 if given.text else 0):
        block = {"type": "tool_use", "id": _call_id(call.id), "name": call.name, "input": {}}
        yield _event("content_block_start", index=index, content_block=block)
        # A call without arguments is one empty fragment; any other begins with one.
        for part in ("", *(halves(call.arguments) if call.input else ())):
            yield _event(
                "content_block_delta", index=index, delta={"type": "input_json_delta", "partial_json": part}
            )
        yield _event("content_block_stop", index=index)
    stop = {"stop_reason": _STOP_REASONS[given.ending], "stop_sequence": given.stop}
    yield _event("message_delta", delta=stop, usage=_usage(given, given.output_tokens))
    yield _event("message_stop")


WIRE = TextWire("messages", authorize, read, validate, wishes, answer, refuse)
