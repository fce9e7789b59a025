"""Reads answers of /v1/responses: one JSON response, or its stream of events."""

from __future__ import annotations

from typing import Any, Final

from lab.wires.draft import (
    Bad,
    Draft,
    check_counts,
    check_total,
    counts_in,
    error_text,
    items,
    loads,
    mapping,
    string,
    tokens,
)
from lab.wires.events import Event
from lab.wires.neutral import Usage
from lab.wires.strict import shown

_TERMINAL: Final = ("response.completed", "response.incomplete", "response.failed")


def read_json(draft: Draft, body: dict[str, Any]) -> None:
    """Read a whole response; its status stands for the stop reason."""
    draft.check("responses", body)
    draft.model = string(body.get("model"))
    draft.stop_reason = string(body.get("status"))
    draft.stop_details = string(mapping(body.get("incomplete_details")).get("reason"))
    for item in items(body.get("output")):
        _take_item(draft, mapping(item))
    usage = mapping(body.get("usage"))
    check_counts(draft, usage)
    check_total(draft, usage, "input_tokens", "output_tokens")
    inward, outward = (mapping(usage.get(f"{side}_tokens_details")) for side in ("input", "output"))
    draft.usage = Usage(
        tokens(usage.get("input_tokens")),
        tokens(usage.get("output_tokens")),
        tokens(inward.get("cached_tokens")),
        tokens(inward.get("cache_write_tokens")),
        tokens(outward.get("reasoning_tokens")),
    )
    draft.counts = counts_in(usage)
    if draft.stop_reason is None:
        draft.problem("the response has no status")
    draft.same_ids()


def _take_item(draft: Draft, item: dict[str, Any]) -> None:
    kind = item.get("type")
    if kind == "message":
        for part in items(item.get("content")):
            _take_part(draft, mapping(part))
        if phase := string(item.get("phase")):
            draft.part("other", f"the phase {phase}", draft.place)
    elif kind == "function_call":
        draft.call(item.get("call_id"), item.get("name"), item.get("arguments"))
    elif kind == "custom_tool_call":
        draft.custom(item.get("call_id"), item.get("name"), item.get("input"))
    elif kind == "reasoning":
        pieces = [*items(item.get("summary")), *items(item.get("content"))]
        text = "\n\n".join(filter(None, (string(mapping(piece).get("text")) for piece in pieces)))
        draft.part("thinking", text, item.get("encrypted_content") or None)
    else:
        # Its own id and status are given anew by whoever answers.
        rest = {key: value for key, value in item.items() if key not in {"id", "status"}}
        tool = isinstance(kind, str) and kind.endswith(("_call", "_call_output", "list_tools"))
        draft.part("server_tool" if tool else "other", shown(kind, bare=True), rest)


def _take_part(draft: Draft, part: dict[str, Any]) -> None:
    kind = part.get("type")
    if kind == "output_text":
        draft.text(part.get("text"))
        for annotation in items(part.get("annotations")):
            url = string(mapping(annotation).get("url")) or ""
            draft.part("citation", url, [draft.place, annotation])
        if items(part.get("logprobs")):
            draft.part("logprobs", rest=part.get("logprobs"))
    elif kind == "refusal":
        draft.part("refusal", string(part.get("refusal")) or "")
    else:
        draft.part("other", shown(kind, bare=True), part)


def read_stream(draft: Draft, events: list[Event]) -> None:
    """Read a stream of events; the terminal event's response is the answer."""
    final: dict[str, Any] | None = None
    deltas: list[str] = []
    last = -1
    begun = False
    for event in (e for e in events if e.data.strip() != "[DONE]"):
        data = loads(event.data)
        if not event.whole:
            draft.problem("stream cut: it ends within an event")
        if isinstance(data, Bad) or not isinstance(data, dict):
            if event.whole:
                draft.problem("an event's data is not a JSON object")
            continue
        kind = data.get("type")
        draft.error = error_text(data)
        if draft.error is not None:
            break
        if isinstance(kind, str) and not kind.startswith("response."):
            # Of a type yet unknown, such as one that keeps the connection open.
            continue
        _check_event(draft, event, data, first=not begun, ended=final is not None)
        begun = True
        number = tokens(data.get("sequence_number"))
        if number is not None and number <= last:
            draft.problem("sequence_number does not grow")
        last = last if number is None else number
        if kind == "response.output_text.delta":
            deltas.append(string(data.get("delta")) or "")
        if kind in _TERMINAL:
            final = mapping(data.get("response"))
    _finish(draft, final, deltas)


def _check_event(draft: Draft, event: Event, data: dict[str, Any], *, first: bool, ended: bool) -> None:
    kind = data.get("type")
    if event.name is not None and event.name != kind:
        draft.problem(f"event name {shown(event.name)} is not the type in its data, {shown(kind)}")
    if first and kind != "response.created":
        draft.problem("the stream does not begin with response.created")
    if ended:
        draft.problem("an event follows the terminal event")
    draft.check("responses_event", data, f"{shown(kind, bare=True)}: ")


def _finish(draft: Draft, final: dict[str, Any] | None, deltas: list[str]) -> None:
    if final is None:
        draft.texts = deltas
        if draft.error is None:
            draft.problem("stream cut: no response.completed")
        return
    failed = error_text(final)
    if failed is not None:
        draft.error = failed
    read_json(draft, final)
    if deltas and "".join(deltas) != "".join(draft.texts):
        draft.problem("the deltas do not add up to the final text")
