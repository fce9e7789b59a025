"""The wire of POST /v1/responses."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from itertools import count
from typing import Any

from lab.meter import openai_errors
from lab.meter.answers import Answer, AnswerCall, Wishes, halves, pieces
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
        _issued[f"resp_{given.id}"] = None
        if len(_issued) > _REMEMBERED:
            _issued.popitem(last=False)
    if given.stream:
        return Stream(_events(asked.body, given))
    whole = _response(asked.body, given, _status(given), _items(given))
    return json_reply(whole, answered_by="scripted")


def _text_part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "annotations": [], "logprobs": [], "text": text}


def _message(given: Answer, content: list[dict[str, Any]], status: str) -> dict[str, Any]:
    return {
        "id": f"msg_{given.id}",
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": content,
    }


def _function_call(call: AnswerCall, arguments: str, status: str) -> dict[str, Any]:
    return {
        "id": f"fc_{call.id}",
        "type": "function_call",
        "status": status,
        "call_id": f"call_{call.id}",
        "name": call.name,
        "arguments": arguments,
    }


def _items(given: Answer) -> list[dict[str, Any]]:
    calls = [_function_call(call, call.arguments, "completed") for call in given.calls]
    texts = [_message(given, [_text_part(given.text)], _text_status(given))] if given.text else []
    return [*texts, *calls]


def _status(given: Answer) -> str:
    return "incomplete" if given.ending == "length" else "completed"


def _text_status(given: Answer) -> str:
    """Whether the text itself was cut; calls that no longer fit come after a whole text."""
    return "incomplete" if given.ending == "length" and not given.calls else "completed"


def _response(
    body: dict[str, Any], given: Answer, status: str, items: list[dict[str, Any]]
) -> dict[str, Any]:
    reasoning = body.get("reasoning") or {}
    done = status != "in_progress"
    return {
        "id": f"resp_{given.id}",
        "object": "response",
        "created_at": int(given.created),
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
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
    return {
        "input_tokens": given.input_tokens,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": given.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": given.input_tokens + given.output_tokens,
    }


def _events(body: dict[str, Any], given: Answer) -> Iterator[bytes]:
    numbers = count()

    def event(kind: str, **fields: Any) -> bytes:
        return sse({"type": kind, "sequence_number": next(numbers), **fields}, event=kind)

    opening = _response(body, given, "in_progress", [])
    yield event("response.created", response=opening)
    yield event("response.in_progress", response=opening)
    if given.text:
        where = {"item_id": f"msg_{given.id}", "output_index": 0, "content_index": 0}
        yield event("response.output_item.added", output_index=0, item=_message(given, [], "in_progress"))
        yield event("response.content_part.added", **where, part=_text_part(""))
        for piece in pieces(given.text):
            yield event("response.output_text.delta", **where, delta=piece, logprobs=[])
        yield event("response.output_text.done", **where, text=given.text, logprobs=[])
        part = _text_part(given.text)
        yield event("response.content_part.done", **where, part=part)
        whole = _message(given, [part], _text_status(given))
        yield event("response.output_item.done", output_index=0, item=whole)
    for index, call in enumerate(given.calls, start=1 if given.text else 0):
        opened = _function_call(call, "", "in_progress")
        yield event("response.output_item.added", output_index=index, item=opened)
        at = {"item_id": f"fc_{call.id}", "output_index": index}
        for delta in halves(call.arguments):
            yield event("response.function_call_arguments.delta", **at, delta=delta)
        yield event("response.function_call_arguments.done", **at, name=call.name, arguments=call.arguments)
        done = _function_call(call, call.arguments, "completed")
        yield event("response.output_item.done", output_index=index, item=done)
    yield event(f"response.{_status(given)}", response=_response(body, given, _status(given), _items(given)))


WIRE = TextWire(
    "responses", openai_errors.authorize, openai_errors.read, validate, wishes, answer, openai_errors.refuse
)
