"""The wires of Ollama's own API: /api/chat and /api/generate."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
from pydantic import ValidationError

from lab.meter.answers import Answer, Wishes, pieces
from lab.meter.refusal import Refusal
from lab.meter.replies import NDJSON, Asked, Reply, Stream, json_reply
from lab.meter.schemas import ollama as schemas
from lab.meter.schemas.base import Loose
from lab.meter.wire import TextWire, read_json

Fields = dict[str, Any]


def refuse(refusal: Refusal) -> Reply:
    """The refusal as {"error": message}."""
    return Reply(refusal.status, orjson.dumps({"error": refusal.message}), error=refusal.message)


def authorize(_: dict[str, str]) -> None:
    """Ollama asks for no key."""


def read(raw: bytes) -> dict[str, Any]:
    """The body as an object; raises Refusal (400)."""
    if not raw.strip():
        raise Refusal(400, "missing request body")
    try:
        body = read_json(raw)
    except ValueError as error:
        raise Refusal(400, str(error)) from None
    if not isinstance(body, dict):
        raise Refusal(400, "json: cannot unmarshal value into Go value of type api.Request")
    return body


def check(body: Fields, struct: str, model: type[Loose]) -> None:
    """Raises Refusal (400) for values that Go's decoder refuses, and if no model is named."""
    try:
        model.model_validate(body)
    except ValidationError as error:
        raise schemas.refusal(struct, error) from None
    if not body.get("model"):
        raise Refusal(400, "model is required")


def _validate_chat(body: Fields, _: dict[str, str]) -> None:
    check(body, "ChatRequest", schemas.ChatRequest)
    think = body.get("think")
    if isinstance(think, str) and think not in ("high", "medium", "low", "max"):
        raise Refusal(
            400, f'invalid think value: "{think}" (must be "high", "medium", "low", true, or false)'
        )


def _validate_generate(body: Fields, _: dict[str, str]) -> None:
    check(body, "GenerateRequest", schemas.GenerateRequest)


def _wishes(body: Fields) -> Wishes:
    options = body.get("options") or {}
    most, stop = options.get("num_predict"), options.get("stop") or ()
    return Wishes(
        max_tokens=int(most) if most is not None and most >= 0 else None,
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
    )


def _answer_chat(asked: Asked, given: Answer) -> Reply | Stream:
    if not asked.body.get("messages"):
        return _loaded(given, {"message": {"role": "assistant", "content": ""}})
    calls = [
        {"id": f"call_{call.id}", "function": {"index": n, "name": call.name, "arguments": call.input}}
        for n, call in enumerate(given.calls)
    ]

    def message(text: str, with_calls: bool = False) -> Fields:
        held = {"tool_calls": calls} if with_calls and calls else {}
        return {"message": {"role": "assistant", "content": text, **held}}

    if not given.stream:
        return json_reply(_whole(asked, given, message(given.text, with_calls=True)), answered_by="scripted")
    return Stream(_lines(asked, given, message, with_calls=bool(calls)), content_type=NDJSON)


def _answer_generate(asked: Asked, given: Answer) -> Reply | Stream:
    if not asked.body.get("prompt"):
        return _loaded(given, {"response": ""})

    def response(text: str, with_calls: bool = False) -> Fields:  # noqa: ARG001 - /api/generate knows no tools
        return {"response": text}

    if not given.stream:
        return json_reply(_whole(asked, given, response(given.text)), answered_by="scripted")
    return Stream(_lines(asked, given, response, with_calls=False), content_type=NDJSON)


def _head(given: Answer) -> Fields:
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return {"model": given.model, "created_at": now}


def _loaded(given: Answer, empty: Fields) -> Reply:
    """An empty conversation only loads the model."""
    return json_reply({**_head(given), **empty, "done": True, "done_reason": "load"}, answered_by="scripted")


def _whole(asked: Asked, given: Answer, content: Fields) -> Fields:
    return {**_head(given), **content, "done": True, "done_reason": _reason(given), **_numbers(asked, given)}


def _reason(given: Answer) -> str:
    return "length" if given.stop.chat == "length" else "stop"


def _numbers(asked: Asked, given: Answer) -> Fields:
    """Counts in tokens, and the time since the request came, in ns; nothing was loaded."""
    spent = max(2, int((time.perf_counter() - asked.received) * 1e9))
    return {
        "total_duration": spent,
        "load_duration": 0,
        "prompt_eval_count": given.input_tokens,
        "prompt_eval_duration": spent // 2,
        "eval_count": given.output_tokens,
        "eval_duration": spent - spent // 2,
    }


def _lines(
    asked: Asked, given: Answer, content: Callable[..., Fields], *, with_calls: bool
) -> Iterator[bytes]:
    def line(fields: Fields) -> bytes:
        return orjson.dumps({**_head(given), **fields}) + b"\n"

    for piece in pieces(given.text):
        yield line({**content(piece), "done": False})
    if with_calls:
        yield line({**content("", with_calls=True), "done": False})
    yield line({**content(""), "done": True, "done_reason": _reason(given), **_numbers(asked, given)})


CHAT = TextWire("ollama_chat", authorize, read, _validate_chat, _wishes, _answer_chat, refuse)
GENERATE = TextWire("ollama_generate", authorize, read, _validate_generate, _wishes, _answer_generate, refuse)
