"""The wire of POST /v1/messages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from lab.meter import messages_parts as parts
from lab.meter.answers import Answer, Wishes, new_id
from lab.meter.refusal import Refusal
from lab.meter.replies import Asked, Reply, Stream, json_reply, sse
from lab.meter.rules import Ask, betas, check
from lab.meter.rules.messages_request import NO_SAMPLING
from lab.meter.schemas.anthropic import MessagesRequest
from lab.meter.wire import TextWire, read_json
from lab.wires import exact

_VERSIONS = ("2023-01-01", "2023-06-01", NO_SAMPLING)
# Source: https://platform.claude.com/docs/en/api/errors, request size limits.
_MOST_BYTES = 32 * 1024 * 1024
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
    """The body as an object; raises Refusal: 413 for one that is too large, 400 for what is none."""
    if len(raw) > _MOST_BYTES:
        raise Refusal(413, "Request exceeds the maximum size")
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


def _message(given: Answer) -> dict[str, Any]:
    return {
        "id": given.chosen_id("msg_"),
        "type": "message",
        "role": "assistant",
        "model": given.model,
        "content": parts.blocks(given),
        **_stop(given),
        "usage": {**parts.usage(given, given.output_tokens), "service_tier": "standard"},
    }


def _stop(given: Answer) -> dict[str, Any]:
    return {"stop_reason": given.stop.messages, "stop_sequence": given.stop_sequence}


def _event(kind: str, **fields: Any) -> bytes:
    return sse({"type": kind, **fields}, event=kind)


def _events(given: Answer) -> Iterator[bytes]:
    whole = _message(given)
    begun: dict[str, Any] = {
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {**parts.usage(given, 1), "service_tier": "standard"},
    }
    yield _event("message_start", message={**whole, **begun})
    if not whole["content"]:
        yield _event("ping")
    for index, block in enumerate(whole["content"]):
        yield _event("content_block_start", index=index, content_block=parts.opening(block))
        if not index:
            yield _event("ping")
        for delta in parts.deltas(block, exact.dumps(block.get("input")).decode()):
            yield _event("content_block_delta", index=index, delta=delta)
        yield _event("content_block_stop", index=index)
    yield _event("message_delta", delta=_stop(given), usage=parts.usage(given, given.output_tokens))
    yield _event("message_stop")


def _count(_: Asked, given: Answer) -> Reply:
    return json_reply({"input_tokens": given.input_tokens}, answered_by="scripted")


def _any(_: dict[str, Any]) -> Wishes:
    return Wishes()


def _validate_count(body: dict[str, Any], headers: dict[str, str]) -> None:
    """A request to be counted has nothing about its answer, and is otherwise one to be answered."""
    thinking = body.get("thinking")
    budget = thinking.get("budget_tokens") if isinstance(thinking, dict) else None
    most = budget + 1 if isinstance(budget, int) else 1
    asked = {key: value for key, value in body.items() if key not in _ONLY_ANSWERED}
    validate({"max_tokens": most, **asked}, headers)
    for key in body:
        if key in _ONLY_ANSWERED:
            raise Refusal(400, f"{key}: Extra inputs are not permitted")


# What a request to be counted does not have, by MessageCountTokensParams in the `anthropic` package 2.12.0.
_ONLY_ANSWERED = frozenset(
    {
        "max_tokens",
        "metadata",
        "stop_sequences",
        "temperature",
        "service_tier",
        "top_k",
        "top_p",
        "stream",
        "container",
        "inference_geo",
        "diagnostics",
    }
)


COUNT = TextWire("messages", authorize, read, _validate_count, _any, _count, refuse)
WIRE = TextWire("messages", authorize, read, validate, wishes, answer, refuse)
