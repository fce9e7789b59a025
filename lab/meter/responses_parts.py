"""The items of an answer on the Responses wire, whole and as the events that build them up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from lab.meter.answers import Answer, AnswerCall, halves, new_id, pieces, token_logprobs
from lab.meter.chat_parts import url_citations

Json = dict[str, Any]
Event = Callable[..., bytes]
LOGPROBS = "message.output_text.logprobs"
ENCRYPTED = "reasoning.encrypted_content"


def items(body: Json, given: Answer) -> list[Json]:
    """All items in the order in which the provider sends them."""
    script = given.script
    found = [_reasoning(body, text, script.signature) for text in script.thinking]
    found += [_reasoning(body, "", data) for data in script.redacted_thinking]
    found += [_search(used.input, used.id) for used in script.server_tools if used.name == "web_search"]
    content = _content(body, given)
    if content:
        found.append(
            {
                "id": given.chosen_id("msg_"),
                "type": "message",
                "status": _text_status(given),
                "role": "assistant",
                "content": content,
            }
        )
    return found + [_function_call(call) for call in given.calls]


def _text_status(given: Answer) -> str:
    """Whether the text itself was cut; calls that no longer fit come after a whole text."""
    return "completed" if given.calls else given.stop.status


def _reasoning(body: Json, text: str, encrypted: str) -> Json:
    item: Json = {"id": f"rs_{new_id()}", "type": "reasoning", "summary": []}
    if text:
        item["summary"] = [{"type": "summary_text", "text": text}]
    if ENCRYPTED in (body.get("include") or ()) or not text:
        item["encrypted_content"] = encrypted
    return item


def _search(asked: Json, chosen: str) -> Json:
    action = {"type": "search", "query": str(asked.get("query", ""))}
    return {
        "id": chosen or f"ws_{new_id()}",
        "type": "web_search_call",
        "status": "completed",
        "action": action,
    }


def _content(body: Json, given: Answer) -> list[Json]:
    content = []
    if given.text:
        asked = LOGPROBS in (body.get("include") or ())
        content.append(
            {
                "type": "output_text",
                "annotations": [{"type": "url_citation", **one} for one in url_citations(given)],
                "logprobs": token_logprobs(given.text, body.get("top_logprobs") or 0) if asked else [],
                "text": given.text,
            }
        )
    if given.refusal:
        content.append({"type": "refusal", "refusal": given.refusal})
    return content


def _function_call(call: AnswerCall) -> Json:
    return {
        "id": f"fc_{call.id}",
        "type": "function_call",
        "status": "completed",
        "call_id": call.chosen or f"call_{call.id}",
        "name": call.name,
        "arguments": call.arguments,
    }


def events(item: Json, index: int, event: Event) -> Iterator[bytes]:
    """The events of one item, from its beginning to its end."""
    yield event("response.output_item.added", output_index=index, item=_opened(item))
    at = {"item_id": item["id"], "output_index": index}
    if item["type"] == "message":
        for number, part in enumerate(item["content"]):
            yield from _part_events(part, {**at, "content_index": number}, event)
    elif item["type"] == "reasoning":
        for number, part in enumerate(item["summary"]):
            yield from _summary_events(part, {**at, "summary_index": number}, event)
    elif item["type"] == "web_search_call":
        for step in ("in_progress", "searching", "completed"):
            yield event(f"response.web_search_call.{step}", **at)
    elif item["type"] == "function_call":
        for delta in halves(item["arguments"]):
            yield event("response.function_call_arguments.delta", **at, delta=delta)
        done = {"name": item["name"], "arguments": item["arguments"]}
        yield event("response.function_call_arguments.done", **at, **done)
    yield event("response.output_item.done", output_index=index, item=item)


def _opened(item: Json) -> Json:
    empty: dict[str, Json] = {
        "message": {"status": "in_progress", "content": []},
        "reasoning": {"summary": []},
        "web_search_call": {"status": "in_progress"},
        "function_call": {"status": "in_progress", "arguments": ""},
    }
    return item | empty[item["type"]]


def _part_events(part: Json, at: Json, event: Event) -> Iterator[bytes]:
    if part["type"] == "refusal":
        yield event("response.content_part.added", **at, part=part | {"refusal": ""})
        for piece in pieces(part["refusal"]):
            yield event("response.refusal.delta", **at, delta=piece)
        yield event("response.refusal.done", **at, refusal=part["refusal"])
    else:
        yield event(
            "response.content_part.added", **at, part=part | {"text": "", "annotations": [], "logprobs": []}
        )
        for piece in pieces(part["text"]):
            asked = token_logprobs(piece, 0) if part["logprobs"] else []
            yield event("response.output_text.delta", **at, delta=piece, logprobs=_bare(asked))
        for number, annotation in enumerate(part["annotations"]):
            yield event(
                "response.output_text.annotation.added", **at, annotation_index=number, annotation=annotation
            )
        done = _bare(part["logprobs"])
        yield event("response.output_text.done", **at, text=part["text"], logprobs=done)
    yield event("response.content_part.done", **at, part=part)


def _bare(logprobs: list[Json]) -> list[Json]:
    """Log probabilities as events have them, without bytes."""
    return [{"token": one["token"], "logprob": one["logprob"], "top_logprobs": []} for one in logprobs]


def _summary_events(part: Json, at: Json, event: Event) -> Iterator[bytes]:
    yield event("response.reasoning_summary_part.added", **at, part=part | {"text": ""})
    for piece in pieces(part["text"]):
        yield event("response.reasoning_summary_text.delta", **at, delta=piece)
    yield event("response.reasoning_summary_text.done", **at, text=part["text"])
    yield event("response.reasoning_summary_part.done", **at, part=part)
