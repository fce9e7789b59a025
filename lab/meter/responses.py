"""The wire of POST /v1/responses."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from itertools import count
from typing import Any

from lab.meter import openai_errors
from lab.meter import responses_parts as parts
from lab.meter.answers import Answer, Wishes
from lab.meter.refusal import Refusal
from lab.meter.replies import Asked, Reply, Stream, json_reply, sse
from lab.meter.rules import Ask, check
from lab.meter.wire import TextWire

_REMEMBERED = 10_000
_issued: OrderedDict[str, None] = OrderedDict()


def validate(body: dict[str, Any], headers: dict[str, str]) -> None:
    """Raises Refusal (400) for what the provider refuses."""
    check("responses", Ask(body, headers))
    previous = body.get("previous_response_id")
    if previous is not None and previous not in _issued:
        text = f"Previous response with id '{previous}' not found."
        raise Refusal(400, text, param="previous_response_id", code="previous_response_not_found")


def authorize(headers: dict[str, str]) -> None:
    """Raises Refusal (401) if no key is sent, in the words of this wire."""
    try:
        openai_errors.authorize(headers)
    except Refusal as refusal:
        raise Refusal(refusal.status, "Missing bearer or basic authentication in header") from None


def wishes(body: dict[str, Any]) -> Wishes:
    """What the request allows its answer."""
    choice = body.get("tool_choice")
    named: frozenset[str] | None = None
    must_call = choice == "required"
    if isinstance(choice, dict):
        listed = choice.get("type") == "allowed_tools"
        must_call = not listed or choice.get("mode") == "required"
        tools = choice.get("tools") if listed else [choice]
        if isinstance(tools, list):
            named = frozenset(str(one.get("name")) for one in tools if isinstance(one, dict))
    return Wishes(
        may_call=choice != "none",
        must_call=must_call,
        named=named,
        parallel=body.get("parallel_tool_calls") is not False,
        max_tokens=body.get("max_output_tokens"),
    )


def answer(asked: Asked, given: Answer) -> Reply | Stream:
    """The answer as one response, or as the wire's events."""
    if asked.body.get("store") is not False:  # what is not stored cannot be gone on with
        _issued[_id(given)] = None
        if len(_issued) > _REMEMBERED:
            _issued.popitem(last=False)
    if given.stream:
        return Stream(_events(asked.body, given))
    whole = _response(asked.body, given, given.stop.status, parts.items(asked.body, given))
    return json_reply(whole, answered_by="scripted")


def _id(given: Answer) -> str:
    return f"resp_{given.id}"


def _response(
    body: dict[str, Any], given: Answer, status: str, items: list[dict[str, Any]]
) -> dict[str, Any]:
    reasoning = body.get("reasoning") or {}
    done = status != "in_progress"
    why = given.stop.incomplete if done else None
    return {
        "id": _id(given),
        "object": "response",
        "created_at": int(given.created),
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": {"reason": why} if why else None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "model": given.model,
        "output": items,
        "parallel_tool_calls": body.get("parallel_tool_calls") is not False,
        "previous_response_id": body.get("previous_response_id"),
        "reasoning": {"effort": reasoning.get("effort"), "summary": reasoning.get("summary")},
        "service_tier": "default",
        "store": body.get("store") is not False,
        "temperature": _number(body, "temperature"),
        "text": _text_config(body),
        "tool_choice": body.get("tool_choice") or "auto",
        "tools": [_tool(tool) for tool in body.get("tools") or []],
        "top_p": _number(body, "top_p"),
        "truncation": body.get("truncation") or "disabled",
        "usage": _usage(given) if done else None,
        "user": body.get("user"),
        "metadata": body.get("metadata") or {},
    }


def _number(body: dict[str, Any], key: str) -> float:
    value = body.get(key)
    return 1.0 if value is None else float(value)


def _text_config(body: dict[str, Any]) -> dict[str, Any]:
    given = body.get("text") or {}
    return {
        "format": given.get("format") or {"type": "text"},
        "verbosity": given.get("verbosity") or "medium",
    }


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    """A tool as the provider repeats it: strict unless the request says otherwise."""
    if tool["type"] != "function":
        return tool
    defaults = {"description": None, "parameters": None}
    strict = tool.get("strict")
    return {**defaults, **tool, "strict": True if strict is None else strict}


def _usage(given: Answer) -> dict[str, Any]:
    said = given.script.usage
    return {
        "input_tokens": given.input_total,
        "input_tokens_details": {"cached_tokens": said.cache_read, "cache_write_tokens": said.cache_write},
        "output_tokens": given.output_tokens,
        "output_tokens_details": {"reasoning_tokens": said.reasoning},
        "total_tokens": given.input_total + given.output_tokens,
    }


def _events(body: dict[str, Any], given: Answer) -> Iterator[bytes]:
    numbers = count()

    def event(kind: str, **fields: Any) -> bytes:
        return sse({"type": kind, "sequence_number": next(numbers), **fields}, event=kind)

    opening = _response(body, given, "in_progress", [])
    yield event("response.created", response=opening)
    yield event("response.in_progress", response=opening)
    items = parts.items(body, given)
    for index, item in enumerate(items):
        yield from parts.events(item, index, event)
    final = _response(body, given, given.stop.status, items)
    yield event(f"response.{given.stop.status}", response=final)


WIRE = TextWire("responses", authorize, openai_errors.read, validate, wishes, answer, openai_errors.refuse)
