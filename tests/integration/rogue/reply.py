"""An answer apart from its wire, so that one lie is told on both wires, in whole answers and in streams."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

Body = dict[str, Any]


@dataclass(slots=True)
class Call:
    """A tool call; `arguments` is JSON text."""

    id: str
    name: str
    arguments: str = ""


@dataclass(slots=True)
class Reply:
    """What a model answered: text, tool calls, and the tokens of request and answer."""

    id: str = "msg_rogue"
    model: str = "rogue"
    text: str = ""
    calls: list[Call] = field(default_factory=list)
    stop: str | None = None
    input: int = 0
    output: int = 0
    states_usage: bool = True


def read(chat: bool, stream: bool, raw: bytes) -> Reply:
    """The answer in a body of either wire."""
    if stream:
        return (_from_chunks if chat else _from_events)(_sse(raw))
    return (_from_completion if chat else _from_message)(json.loads(raw))


def whole(chat: bool, reply: Reply) -> bytes:
    """The answer as one JSON body."""
    return json.dumps((_completion if chat else _message)(reply), ensure_ascii=False).encode()


def events(chat: bool, reply: Reply) -> list[bytes]:
    """The answer as the events of a stream."""
    return list((_chunks if chat else _events)(reply))


def _sse(raw: bytes) -> Iterator[Body]:
    for line in raw.decode().split("\n"):  # a line separator within a text ends no line
        if line.startswith("data: ") and line != "data: [DONE]":
            yield json.loads(line.removeprefix("data: "))


# /v1/messages


def _from_message(body: Body) -> Reply:
    reply = Reply(body["id"], body["model"], stop=body["stop_reason"])
    for block in body["content"]:
        if block["type"] == "text":
            reply.text += block["text"]
        elif block["type"] == "tool_use":
            reply.calls.append(Call(block["id"], block["name"], json.dumps(block["input"])))
    reply.input, reply.output = body["usage"]["input_tokens"], body["usage"]["output_tokens"]
    return reply


def _from_events(found: Iterable[Body]) -> Reply:
    reply = Reply()
    for event in found:
        if event["type"] == "message_start":
            opening = event["message"]
            reply.id, reply.model = opening["id"], opening["model"]
            reply.input = opening["usage"]["input_tokens"]
        elif event["type"] == "content_block_start" and event["content_block"]["type"] == "tool_use":
            reply.calls.append(Call(event["content_block"]["id"], event["content_block"]["name"]))
        elif event["type"] == "content_block_delta":
            reply.text += event["delta"].get("text", "")
            if reply.calls:
                reply.calls[-1].arguments += event["delta"].get("partial_json", "")
        elif event["type"] == "message_delta":
            reply.stop, reply.output = event["delta"]["stop_reason"], event["usage"]["output_tokens"]
    return reply


def _message(reply: Reply) -> Body:
    text = [{"type": "text", "text": reply.text}] if reply.text else []
    calls = [
        {"type": "tool_use", "id": call.id, "name": call.name, "input": json.loads(call.arguments or "{}")}
        for call in reply.calls
    ]
    return {
        "id": reply.id,
        "type": "message",
        "role": "assistant",
        "model": reply.model,
        "content": [*text, *calls],
        "stop_reason": "tool_use" if calls else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": reply.input, "output_tokens": reply.output},
    }


def _events(reply: Reply) -> Iterator[bytes]:
    message = _message(reply)
    blocks = message["content"]
    stop = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield _event("message_start", message=message | {"content": [], "stop_reason": None})
    for index, block in enumerate(blocks):
        empty: Body = {"text": ""} if block["type"] == "text" else {"input": {}}
        yield _event("content_block_start", index=index, content_block=block | empty)
        for delta in _deltas(block):
            yield _event("content_block_delta", index=index, delta=delta)
        yield _event("content_block_stop", index=index)
    yield _event("message_delta", delta=stop, usage=message["usage"])
    yield _event("message_stop")


def _deltas(block: Body) -> list[Body]:
    if block["type"] == "text":
        return [{"type": "text_delta", "text": piece} for piece in _pieces(block["text"])]
    arguments = json.dumps(block["input"], ensure_ascii=False)
    return [{"type": "input_json_delta", "partial_json": piece} for piece in _pieces(arguments)]


def _event(kind: str, **fields: Any) -> bytes:
    data = json.dumps({"type": kind, **fields}, ensure_ascii=False)
    return f"event: {kind}\ndata: {data}\n\n".encode()


# /v1/chat/completions


def _from_completion(body: Body) -> Reply:
    choice = body["choices"][0]
    reply = Reply(body["id"], body["model"], choice["message"].get("content") or "")
    reply.stop = choice["finish_reason"]
    for call in choice["message"].get("tool_calls") or []:
        reply.calls.append(Call(call["id"], call["function"]["name"], call["function"]["arguments"]))
    reply.input, reply.output = body["usage"]["prompt_tokens"], body["usage"]["completion_tokens"]
    return reply


def _from_chunks(found: Iterable[Body]) -> Reply:
    reply = Reply(states_usage=False)
    for chunk in found:
        reply.id, reply.model = chunk["id"], chunk["model"]
        if usage := chunk.get("usage"):
            reply.states_usage = True
            reply.input, reply.output = usage["prompt_tokens"], usage["completion_tokens"]
        for choice in chunk["choices"]:
            reply.text += choice["delta"].get("content") or ""
            reply.stop = choice["finish_reason"] or reply.stop
            for piece in choice["delta"].get("tool_calls") or []:
                if "id" in piece:
                    reply.calls.append(Call(piece["id"], piece["function"]["name"]))
                reply.calls[-1].arguments += piece["function"]["arguments"]
    return reply


def _calls(reply: Reply) -> list[Body]:
    return [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in reply.calls
    ]


def _usage(reply: Reply) -> Body:
    return {
        "prompt_tokens": reply.input,
        "completion_tokens": reply.output,
        "total_tokens": reply.input + reply.output,
    }


def _head(reply: Reply, kind: str) -> Body:
    return {"id": reply.id, "object": kind, "created": 1_700_000_000, "model": reply.model}


def _completion(reply: Reply) -> Body:
    message: Body = {"role": "assistant", "content": reply.text or None, "refusal": None}
    if reply.calls:
        message["tool_calls"] = _calls(reply)
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(reply)}
    return _head(reply, "chat.completion") | {"choices": [choice], "usage": _usage(reply)}


def _finish(reply: Reply) -> str:
    return "tool_calls" if reply.calls else "stop"


def _chunks(reply: Reply) -> Iterator[bytes]:
    head = _head(reply, "chat.completion.chunk")

    def chunk(delta: Body, finish: str | None = None) -> bytes:
        return _data(head | {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    yield chunk({"role": "assistant", "content": ""})
    for piece in _pieces(reply.text):
        yield chunk({"content": piece})
    for index, call in enumerate(_calls(reply)):
        yield chunk({"tool_calls": [{"index": index, **call}]})
    yield chunk({}, _finish(reply))
    if reply.states_usage:
        yield _data(head | {"choices": [], "usage": _usage(reply)})
    yield b"data: [DONE]\n\n"


def _data(body: Body) -> bytes:
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n".encode()


def _pieces(text: str, size: int = 40) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


Change = Callable[[Reply], None]
