"""Reads answers of /v1/chat/completions: one JSON completion, or its stream of chunks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lab.wires.draft import (
    Bad,
    Draft,
    check_counts,
    check_total,
    error_text,
    items,
    loads,
    mapping,
    string,
    tokens,
)
from lab.wires.events import Event
from lab.wires.neutral import Usage


def read_json(draft: Draft, body: dict[str, Any]) -> None:
    """Read a whole completion; the first choice is the answer."""
    draft.check("chat", body)
    draft.model = string(body.get("model"))
    choices = items(body.get("choices"))
    if not choices:
        draft.problem("the completion has no choices")
    choice = mapping(choices[0]) if choices else {}
    message = mapping(choice.get("message"))
    draft.stop_reason = string(choice.get("finish_reason"))
    draft.texts.append(string(message.get("content")) or "")
    for call in items(message.get("tool_calls")):
        function = mapping(mapping(call).get("function"))
        draft.call(mapping(call).get("id"), function.get("name"), function.get("arguments"))
    take_usage(draft, mapping(body.get("usage")))
    _check_end(draft)


def take_usage(draft: Draft, usage: dict[str, Any]) -> None:
    """Usage as stated: prompt_tokens already include cached ones."""
    if not usage:
        return
    check_counts(draft, usage)
    check_total(draft, usage, "prompt_tokens", "completion_tokens")
    cached = tokens(mapping(usage.get("prompt_tokens_details")).get("cached_tokens"))
    prompt = tokens(usage.get("prompt_tokens"))
    if prompt is not None and (cached or 0) > prompt:
        draft.problem("usage: more cached tokens than prompt_tokens")
    draft.usage = Usage(prompt, tokens(usage.get("completion_tokens")), cached, None)


def _check_end(draft: Draft) -> None:
    if draft.stop_reason is None:
        draft.problem("the answer has no finish_reason")
    if draft.stop_reason == "tool_calls" and not draft.tool_calls:
        draft.problem("finish_reason is tool_calls, but there is no tool call")
    draft.same_ids()


@dataclass(slots=True)
class _Call:
    """A tool call whose pieces arrive one by one."""

    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)


def read_stream(draft: Draft, events: list[Event]) -> None:
    """Read a stream of chunks; a missing [DONE], and chunks after it, are problems."""
    calls: dict[int, _Call] = {}
    ended = False
    for event in events:
        if event.data.strip() == "[DONE]":
            ended = True
            continue
        if not event.whole:
            draft.problem("stream cut: it ends within an event")
        if ended:
            draft.problem("an event follows [DONE]")
        _take(draft, event, calls)
        if draft.error is not None:
            break
    for _, call in sorted(calls.items()):
        draft.call(call.id, call.name, "".join(call.arguments))
    if draft.error is None:
        if not ended:
            draft.problem("stream cut: no [DONE]")
        _check_end(draft)


def _take(draft: Draft, event: Event, calls: dict[int, _Call]) -> None:
    data = loads(event.data)
    if isinstance(data, Bad) or not isinstance(data, dict):
        if event.whole:
            draft.problem("an event's data is not a JSON object")
        return
    draft.error = error_text(data)
    if draft.error is not None:
        return
    draft.check("chat_event", data, "chunk: ")
    draft.model = string(data.get("model")) or draft.model
    take_usage(draft, mapping(data.get("usage")))
    for choice in items(data.get("choices")):
        _take_choice(draft, mapping(choice), calls)


def _take_choice(draft: Draft, choice: dict[str, Any], calls: dict[int, _Call]) -> None:
    if choice.get("index") not in (0, None):
        return
    delta = mapping(choice.get("delta"))
    content = string(delta.get("content"))
    if content and draft.stop_reason is not None:
        draft.problem("content follows the finish_reason")
    draft.texts.append(content or "")
    for piece in items(delta.get("tool_calls")):
        part = mapping(piece)
        index = tokens(part.get("index"))
        call = calls.setdefault(0 if index is None else index, _Call())
        function = mapping(part.get("function"))
        call.id = call.id or string(part.get("id")) or ""
        call.name = call.name or string(function.get("name")) or ""
        call.arguments.append(string(function.get("arguments")) or "")
    draft.stop_reason = string(choice.get("finish_reason")) or draft.stop_reason
