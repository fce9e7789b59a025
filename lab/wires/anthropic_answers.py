"""Reads answers of the Anthropic wire (/v1/messages): one JSON message, or its stream of events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from lab.wires.details import says_nothing
from lab.wires.draft import (
    Bad,
    Draft,
    check_counts,
    counts_in,
    error_text,
    grow,
    grown,
    items,
    loads,
    mapping,
    stated,
    string,
    tokens,
)
from lab.wires.events import Event
from lab.wires.neutral import Usage
from lab.wires.strict import shown

# Which deltas belong to which blocks. Types of blocks and deltas that are not named here may come any day.
_BLOCKS_OF: Final = {
    "text_delta": {"text"},
    "citations_delta": {"text"},
    "input_json_delta": {"tool_use", "server_tool_use", "mcp_tool_use"},
    "thinking_delta": {"thinking"},
    "signature_delta": {"thinking"},
}
_BESIDE: Final = ("container", "context_management")
_KNOWN_BLOCKS: Final = frozenset({"text", "tool_use", "server_tool_use", "thinking", "redacted_thinking"})


def read_json(draft: Draft, body: dict[str, Any]) -> None:
    """Read a whole message."""
    draft.check("messages", body)
    draft.model = string(body.get("model"))
    _take_end(draft, body)
    _take_beside(draft, body)
    for block in items(body.get("content")):
        _add_block(draft, mapping(block))
    usage = mapping(body.get("usage"))
    check_counts(draft, usage)
    draft.usage, draft.counts = read_usage(usage), counts_in(usage)
    _check_end(draft)


def _take_end(draft: Draft, end: dict[str, Any]) -> None:
    """What a message, or the delta at its end, says of why it ends."""
    draft.stop_reason = string(end.get("stop_reason")) or draft.stop_reason
    draft.stop_sequence = string(end.get("stop_sequence")) or draft.stop_sequence
    draft.stop_details = stated(mapping(end.get("stop_details"))) or draft.stop_details


def _take_beside(draft: Draft, holder: dict[str, Any]) -> None:
    """What a message says of its container, and of what was cleared from its context."""
    for key in _BESIDE:
        said = mapping(holder.get(key))
        if any(said.values()):
            draft.part("other", key, said)


def read_usage(usage: dict[str, Any]) -> Usage:
    """Usage as stated: Anthropic's input_tokens leave cache reads and writes out, so they are added."""
    plain = tokens(usage.get("input_tokens"))
    read = tokens(usage.get("cache_read_input_tokens"))
    written = tokens(usage.get("cache_creation_input_tokens"))
    total = None if plain is None else plain + (read or 0) + (written or 0)
    thought = tokens(mapping(usage.get("output_tokens_details")).get("thinking_tokens"))
    return Usage(total, tokens(usage.get("output_tokens")), read, written, thought)


def _add_block(draft: Draft, block: dict[str, Any]) -> None:
    kind = block.get("type")
    if kind == "text":
        draft.text(block.get("text"))
        for citation in items(block.get("citations")):
            cited = string(mapping(citation).get("cited_text")) or ""
            draft.part("citation", cited, [draft.place, citation])
    elif kind == "tool_use":
        draft.call(block.get("id"), block.get("name"), block.get("input"))
    elif kind == "thinking":
        draft.part("thinking", string(block.get("thinking")) or "", block.get("signature") or None)
    elif kind == "redacted_thinking":
        draft.part("redacted_thinking", rest=block.get("data"))
    elif isinstance(kind, str) and kind.endswith(("_tool_use", "_tool_result")):
        draft.part("server_tool", f"{kind} {string(block.get('name')) or ''}".strip(), _telling(block))
    else:
        draft.part("other", shown(kind, bare=True), _telling(block))


def _telling(block: dict[str, Any]) -> dict[str, Any]:
    """A block without fields that say only what is so without them, such as a direct caller."""
    return {key: value for key, value in block.items() if not says_nothing(key, value)}


def _check_end(draft: Draft) -> None:
    if draft.stop_reason is None:
        draft.problem("the message has no stop_reason")
    if draft.stop_reason == "tool_use" and not draft.tool_calls:
        draft.problem("stop_reason is tool_use, but there is no tool_use block")
    if draft.stop_reason == "end_turn" and draft.tool_calls:
        draft.problem("there is a tool_use block, but stop_reason is end_turn")
    draft.same_ids()


@dataclass(slots=True)
class _Stream:
    """State of a stream: which event may come next."""

    draft: Draft
    blocks: list[dict[str, Any]] = field(default_factory=list)
    partial: list[str] = field(default_factory=list)
    open: bool = False
    started: bool = False
    stopping: bool = False
    ended: bool = False
    usage: dict[str, Any] = field(default_factory=dict)


def read_stream(draft: Draft, events: list[Event]) -> None:
    """Read a stream; events out of order or missing are problems, those of types yet unknown are none.

    The provider's own client (anthropic 2.12.0, `_streaming.py`) passes over events without a name, so that
    OpenAI's end of a stream does no harm; with data of this wire it is a loss, and a problem.
    """
    stream = _Stream(draft)
    for event in events:
        if event.name is None and event.data.strip() == "[DONE]":
            continue
        if not event.whole:
            draft.problem("stream cut: it ends within an event")
        _take(stream, event)
        if draft.error is not None:
            break
    if draft.error is not None:
        _finish_blocks(stream)
        return
    if not stream.ended:
        draft.problem("stream cut: no message_stop")
    _finish_blocks(stream)
    draft.usage, draft.counts = read_usage(stream.usage), counts_in(stream.usage)
    if stream.ended:
        _check_end(draft)


def _take(stream: _Stream, event: Event) -> None:
    draft = stream.draft
    data = loads(event.data)
    if isinstance(data, Bad) or not isinstance(data, dict):
        if event.whole:
            draft.problem("an event's data is not a JSON object")
        return
    error = error_text(data)
    if error is not None:
        draft.error = error
        return
    kind = data.get("type")
    if event.name != kind:
        draft.problem(f"event name {shown(event.name)} is not the type in its data, {shown(kind)}")
    if kind == "ping" or (isinstance(kind, str) and kind not in _HANDLERS):
        return
    if stream.ended:
        draft.problem("an event follows message_stop")
    if not stream.started and kind != "message_start":
        draft.problem("the stream does not begin with message_start")
    draft.check("messages_event", data, f"{shown(kind, bare=True)}: ")
    if isinstance(kind, str):
        _HANDLERS[kind](stream, data)


def _start(stream: _Stream, data: dict[str, Any]) -> None:
    if stream.started:
        stream.draft.problem("message_start comes twice")
    stream.started = True
    message = mapping(data.get("message"))
    if items(message.get("content")):
        stream.draft.problem("message_start already has content")
    stream.draft.model = string(message.get("model"))
    _state_usage(stream, message)


def _block_start(stream: _Stream, data: dict[str, Any]) -> None:
    _finish_block(stream, "content_block_start comes before the last block's content_block_stop")
    if data.get("index") != len(stream.blocks):
        stream.draft.problem(f"content block {len(stream.blocks)} has the index {shown(data.get('index'))}")
    if stream.stopping:
        stream.draft.problem("a content block follows message_delta")
    block = dict(mapping(data.get("content_block")))
    stream.blocks.append(block)
    stream.partial = []
    stream.open = True


def _block_delta(stream: _Stream, data: dict[str, Any]) -> None:
    delta = mapping(data.get("delta"))
    kind = delta.get("type")
    if not stream.open or data.get("index") != len(stream.blocks) - 1:
        stream.draft.problem("content_block_delta for a block that is not open")
        return
    block = stream.blocks[-1]
    block_type = string(block.get("type")) or ""
    belongs = _BLOCKS_OF.get(kind, {block_type}) if isinstance(kind, str) else set()
    if block_type in _KNOWN_BLOCKS and block_type not in belongs:
        stream.draft.problem(f"a {shown(kind)} delta in a {block_type} block")
        return
    for key, piece in delta.items():
        if key == "partial_json":
            stream.partial.append(string(piece) or "")
        elif key == "citation":
            grow(block, {"citations": [piece]})
        elif key != "type":
            grow(block, {key: piece})


def _block_stop(stream: _Stream, data: dict[str, Any]) -> None:
    if not stream.open or data.get("index") != len(stream.blocks) - 1:
        stream.draft.problem("content_block_stop for a block that is not open")
        return
    _finish_block(stream, None)


def _message_delta(stream: _Stream, data: dict[str, Any]) -> None:
    _finish_block(stream, "message_delta comes before the last block's content_block_stop")
    stream.stopping = True
    delta = mapping(data.get("delta"))
    _take_end(stream.draft, delta)
    _take_beside(stream.draft, {key: delta.get(key) or data.get(key) for key in _BESIDE})
    _state_usage(stream, data)


def _message_stop(stream: _Stream, data: dict[str, Any]) -> None:
    del data
    _finish_block(stream, "message_stop comes before the last block's content_block_stop")
    if not stream.stopping:
        stream.draft.problem("message_stop without a message_delta")
    stream.ended = True


_HANDLERS: Final[dict[str, Callable[[_Stream, dict[str, Any]], None]]] = {
    "message_start": _start,
    "content_block_start": _block_start,
    "content_block_delta": _block_delta,
    "content_block_stop": _block_stop,
    "message_delta": _message_delta,
    "message_stop": _message_stop,
}


def _state_usage(stream: _Stream, data: dict[str, Any]) -> None:
    """Counts are cumulative: later statements replace earlier ones."""
    usage = mapping(data.get("usage"))
    check_counts(stream.draft, usage)
    stream.usage |= {key: value for key, value in usage.items() if value is not None}


def _finish_block(stream: _Stream, problem: str | None) -> None:
    """Close the open block, with `problem` noted if something else than its stop closes it."""
    if not stream.open:
        return
    stream.open = False
    if problem is not None:
        stream.draft.problem(problem)
    block = grown(stream.blocks[-1])
    if "".join(stream.partial):
        text = "".join(stream.partial)
        # A client's own call is read with the rules for arguments; a server's is kept as what it says.
        value = text if block.get("type") == "tool_use" else loads(text)
        block["input"] = text if isinstance(value, Bad) else value
    _add_block(stream.draft, block)


def _finish_blocks(stream: _Stream) -> None:
    _finish_block(stream, None)
