"""The content blocks of an answer on the messages wire, whole and as a stream builds them up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lab.meter.answers import Answer, AnswerCall, halves, new_id, pieces
from lab.meter.script import ServerToolUse

Json = dict[str, Any]


def blocks(given: Answer) -> list[Json]:
    """All blocks in the order in which the provider sends them."""
    script = given.script
    found: list[Json] = [
        {"type": "thinking", "thinking": text, "signature": script.signature} for text in script.thinking
    ]
    found += [{"type": "redacted_thinking", "data": data} for data in script.redacted_thinking]
    for used in script.server_tools:
        found += _server_tool(used)
    if given.text:
        cited = {"citations": script.citations} if script.citations else {}
        found.append({"type": "text", "text": given.text} | cited)
    if given.refusal:
        found.append({"type": "text", "text": given.refusal})
    return found + [_call(call) for call in given.calls]


def _server_tool(used: ServerToolUse) -> list[Json]:
    use_id = used.id or f"srvtoolu_{new_id()}"
    return [
        {"type": "server_tool_use", "id": use_id, "name": used.name, "input": used.input},
        {"type": f"{used.name}_tool_result", "tool_use_id": use_id, "content": used.result},
    ]


def _call(call: AnswerCall) -> Json:
    return {"type": "tool_use", "id": call_id(call), "name": call.name, "input": call.input}


def call_id(call: AnswerCall) -> str:
    """The id of a call: as chosen, or the meter's own with this wire's prefix."""
    return call.chosen or f"toolu_{call.id}"


def opening(block: Json) -> Json:
    """The block as content_block_start has it."""
    empty: dict[str, Json] = {
        "text": {"text": ""} | ({"citations": []} if "citations" in block else {}),
        "thinking": {"thinking": "", "signature": ""},
        "tool_use": {"input": {}},
        "server_tool_use": {"input": {}},
    }
    return block | empty.get(block["type"], {})


def deltas(block: Json, arguments: str) -> Iterator[Json]:
    """What content_block_delta adds to it; `arguments` is a call's input as JSON."""
    kind = block["type"]
    if kind == "text":
        for piece in pieces(block["text"]):
            yield {"type": "text_delta", "text": piece}
        for citation in block.get("citations", ()):
            yield {"type": "citations_delta", "citation": citation}
    elif kind == "thinking":
        for piece in pieces(block["thinking"]):
            yield {"type": "thinking_delta", "thinking": piece}
        yield {"type": "signature_delta", "signature": block["signature"]}
    elif kind in {"tool_use", "server_tool_use"}:
        for part in ("",) if arguments == "{}" else ("", *halves(arguments)):
            yield {"type": "input_json_delta", "partial_json": part}


def usage(given: Answer, output: int) -> Json:
    """What the provider bills, in tokens; its input leaves out what the cache was read or written for."""
    said = given.script.usage
    plain = given.input_total - said.cache_read - said.cache_write
    counts: Json = {
        "input_tokens": plain,
        "cache_creation_input_tokens": said.cache_write,
        "cache_read_input_tokens": said.cache_read,
        "output_tokens": output,
    }
    if said.cache_write:
        counts["cache_creation"] = {
            "ephemeral_5m_input_tokens": said.cache_write,
            "ephemeral_1h_input_tokens": 0,
        }
    searches = sum(used.name == "web_search" for used in given.script.server_tools)
    if searches:
        counts["server_tool_use"] = {"web_search_requests": searches, "web_fetch_requests": 0}
    if said.reasoning:
        counts["output_tokens_details"] = {"thinking_tokens": said.reasoning}
    return counts
