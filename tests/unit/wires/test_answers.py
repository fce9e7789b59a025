"""Answers of every wire: what they say, and where they break the wire's own rules."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest

from lab import wires
from lab.wires.neutral import NeutralAnswer, ToolCall, Usage
from tests.unit.effort import effort

SSE = "text/event-stream; charset=utf-8"
JSON = "application/json"

MESSAGE: dict[str, Any] = {
    "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
    "content": [{"type": "text", "text": "Hello"},
                {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {"file_path": "a"}}],
    "stop_reason": "tool_use", "stop_sequence": None,
    "usage": {"input_tokens": 10, "output_tokens": 5, "cache_read_input_tokens": 900,
              "cache_creation_input_tokens": 90},
}  # fmt: skip
COMPLETION: dict[str, Any] = {
    "id": "c1", "object": "chat.completion", "created": 1, "model": "gpt-5.2",
    "choices": [{"index": 0, "finish_reason": "tool_calls", "logprobs": None, "message": {
        "role": "assistant", "content": "Hello", "refusal": None, "tool_calls": [
            {"id": "call_1", "type": "function",
             "function": {"name": "Read", "arguments": '{"file_path":"a"}'}}]}}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15,
              "prompt_tokens_details": {"cached_tokens": 4}},
}  # fmt: skip
RESPONSE: dict[str, Any] = {
    "id": "r1", "object": "response", "created_at": 1, "model": "gpt-5.2", "status": "completed",
    "error": None, "incomplete_details": None, "instructions": None, "metadata": {},
    "parallel_tool_calls": True, "temperature": 1.0, "tool_choice": "auto", "tools": [], "top_p": 1.0,
    "output": [
        {"id": "m1", "type": "message", "role": "assistant", "status": "completed",
         "content": [{"type": "output_text", "text": "Hello", "annotations": []}]},
        {"id": "f1", "type": "function_call", "call_id": "call_1", "name": "Read",
         "arguments": '{"file_path":"a"}', "status": "completed"}],
    "usage": {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15,
              "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0},
              "output_tokens_details": {"reasoning_tokens": 0}},
}  # fmt: skip
OLLAMA: dict[str, Any] = {
    "model": "qwen2.5:0.5b", "created_at": "2026-01-01T00:00:00Z", "done": True, "done_reason": "stop",
    "message": {"role": "assistant", "content": "Hello",
                "tool_calls": [{"function": {"name": "Read", "arguments": {"file_path": "a"}}}]},
    "total_duration": 5, "prompt_eval_count": 10, "eval_count": 5,
}  # fmt: skip

CALL = {"messages": "toolu_1", "chat": "call_1", "responses": "call_1", "ollama_chat": ""}


def events(*items: dict[str, Any], named: bool = True) -> bytes:
    """Server-sent events, named by their type."""
    lines = (
        f"event: {i['type']}\ndata: {json.dumps(i)}\n\n" if named else f"data: {json.dumps(i)}\n\n"
        for i in items
    )
    return "".join(lines).encode()


def message_events() -> list[dict[str, Any]]:
    """MESSAGE as a stream."""
    start = MESSAGE | {"content": [], "stop_reason": None}
    start["usage"] = MESSAGE["usage"] | {"output_tokens": 1}
    return [
        {"type": "message_start", "message": start},
        {"type": "ping"},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hel"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "lo"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": MESSAGE["content"][1] | {"input": {}}},
        {"type": "content_block_delta", "index": 1,
         "delta": {"type": "input_json_delta", "partial_json": '{"file_pa'}},
        {"type": "content_block_delta", "index": 1,
         "delta": {"type": "input_json_delta", "partial_json": 'th":"a"}'}},
        {"type": "content_block_stop", "index": 1},
        {"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": None},
         "usage": {"output_tokens": 5}},
        {"type": "message_stop"},
    ]  # fmt: skip


def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    """One chunk of COMPLETION's stream."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    head = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-5.2"}
    return head | {"choices": [choice]} | more


def chat_chunks() -> list[dict[str, Any]]:
    """COMPLETION as a stream with usage."""
    call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "Read", "arguments": ""}}
    more = [{"index": 0, "function": {"arguments": text}} for text in ('{"file_pa', 'th":"a"}')]
    return [
        chunk({"role": "assistant", "content": ""}),
        chunk({"content": "Hel"}),
        chunk({"content": "lo"}),
        chunk({"tool_calls": [call]}),
        chunk({"tool_calls": [more[0]]}),
        chunk({"tool_calls": [more[1]]}),
        chunk({}, "tool_calls"),
        chunk({}, choices=[], usage=COMPLETION["usage"]),
    ]


def response_events() -> list[dict[str, Any]]:
    """RESPONSE as a stream."""
    begun = RESPONSE | {"output": [], "status": "in_progress", "usage": None}
    item = {"item_id": "m1", "output_index": 0, "content_index": 0, "logprobs": []}
    found: list[dict[str, Any]] = [
        {"type": "response.created", "response": begun},
        {"type": "response.output_text.delta", "delta": "Hel", **item},
        {"type": "response.output_text.delta", "delta": "lo", **item},
        {"type": "response.completed", "response": RESPONSE},
    ]
    return [event | {"sequence_number": n} for n, event in enumerate(found)]


def ollama_lines() -> list[dict[str, Any]]:
    """OLLAMA as a stream."""
    head = {"model": OLLAMA["model"], "created_at": OLLAMA["created_at"], "done": False}
    parts = [head | {"message": {"role": "assistant", "content": text}} for text in ("Hel", "lo")]
    return [*parts, OLLAMA | {"message": OLLAMA["message"] | {"content": ""}}]


def lines(items: list[dict[str, Any]]) -> bytes:
    """Newline-delimited JSON."""
    return "".join(json.dumps(item) + "\n" for item in items).encode()


def whole(kind: str) -> tuple[bytes, str]:
    """A good answer of this kind in one piece."""
    bodies = {"messages": MESSAGE, "chat": COMPLETION, "responses": RESPONSE, "ollama_chat": OLLAMA}
    return json.dumps(bodies[kind]).encode(), JSON


def streamed(kind: str) -> tuple[bytes, str]:
    """The same answer as a stream."""
    if kind == "messages":
        return events(*message_events()), SSE
    if kind == "chat":
        return events(*chat_chunks(), named=False) + b"data: [DONE]\n\n", SSE
    if kind == "responses":
        return events(*response_events()), SSE
    return lines(ollama_lines()), "application/x-ndjson"


KINDS = ["messages", "chat", "responses", "ollama_chat"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", [whole, streamed])
def test_good_answers_are_read_whole_and_without_problems(kind: str, form: Any) -> None:
    """Text, tool call, model, stop reason and usage come out, streamed or not."""
    answer = wires.read_answer(kind, *form(kind))
    assert answer.problems == ()
    assert answer.error is None
    assert answer.text == "Hello"
    assert answer.tool_calls == (ToolCall(CALL[kind], "Read", {"file_path": "a"}),)
    assert answer.usage.output == 5
    assert answer.stop_reason in {"tool_use", "tool_calls", "completed", "stop"}
    assert answer.model


@pytest.mark.parametrize("form", [whole, streamed])
def test_input_tokens_include_cached_ones_on_every_wire(form: Any) -> None:
    """Anthropic leaves cached tokens out of input_tokens, OpenAI does not; `input` is the same for both."""
    assert wires.read_answer("messages", *form("messages")).usage == Usage(1000, 5, 900, 90)
    assert wires.read_answer("chat", *form("chat")).usage == Usage(10, 5, 4, None)
    assert wires.read_answer("responses", *form("responses")).usage == Usage(10, 5, 4, 0, 0)
    assert wires.read_answer("ollama_chat", *form("ollama_chat")).usage == Usage(10, 5, None, None)


def changed(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with the value at a dotted path replaced, or removed where `value` is `...`."""
    out = copy.deepcopy(body)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    at: Any = out
    for part in parents:
        at = at[part]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return out


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("role", "user", "role"),
        ("type", "completion", "type"),
        ("id", ..., "id"),
        ("usage", ..., "usage"),
        ("content", "text", "content"),
        ("content.0.type", 5, "content.0"),
        ("content.0.text", 5, "content.0"),
        ("content.1.id", ..., "content.1"),
        ("content.1.input", '{"a":1}', "content.1"),
        ("stop_reason", "stop", "stop_reason"),
        ("stop_reason", None, "stop_reason"),
        ("stop_reason", "end_turn", "end_turn"),
        ("usage.input_tokens", "10", "usage.input_tokens"),
        ("usage.output_tokens", -5, "usage.output_tokens"),
        ("usage.cache_read_input_tokens", -1, "usage.cache_read_input_tokens"),
    ],
)
def test_a_broken_message_is_named(path: str, value: Any, named: str) -> None:
    """Each violation of the Anthropic wire is a problem that names its place."""
    answer = wires.read_answer("messages", json.dumps(changed(MESSAGE, path, value)).encode(), JSON)
    assert any(named in problem for problem in answer.problems), answer.problems


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("object", "text_completion", "object"),
        ("created", ..., "created"),
        ("choices", [], "choices"),
        ("choices.0.index", ..., "index"),
        ("choices.0.finish_reason", "end_turn", "finish_reason"),
        ("choices.0.message.tool_calls.0.function.arguments", {"a": 1}, "arguments"),
        ("choices.0.message.tool_calls.0.function.arguments", "{", "arguments"),
        ("choices.0.message.tool_calls.0.id", "", "no id"),
        ("usage.total_tokens", 16, "total_tokens"),
        ("usage.prompt_tokens", -1, "usage.prompt_tokens"),
        ("usage.prompt_tokens_details.cached_tokens", 11, "cached"),
    ],
)
def test_a_broken_completion_is_named(path: str, value: Any, named: str) -> None:
    """Each violation of the chat wire is a problem that names its place."""
    answer = wires.read_answer("chat", json.dumps(changed(COMPLETION, path, value)).encode(), JSON)
    assert any(named in problem for problem in answer.problems), answer.problems


def without(kind: str) -> list[dict[str, Any]]:
    """MESSAGE's stream without the events of this type."""
    return [event for event in message_events() if event["type"] != kind]


STARTED = message_events()
BROKEN_STREAMS = {
    "stream cut: no message_stop": without("message_stop"),
    "does not begin with message_start": without("message_start"),
    "message_stop without a message_delta": without("message_delta"),
    "last block's content_block_stop": without("content_block_stop"),
    "for a block that is not open": without("content_block_start"),
    "message_start comes twice": [STARTED[0], *STARTED],
    "an event follows message_stop": [*STARTED, STARTED[3]],
    "has the index 5": [*STARTED[:2], STARTED[2] | {"index": 5}, *STARTED[5:]],
    "delta in a tool_use block": [*STARTED[:7], STARTED[3] | {"index": 1}, *STARTED[7:]],
    "arguments are not a JSON object": [*STARTED[:8], *STARTED[9:]],
    "usage.output_tokens": [*STARTED[:10], STARTED[10] | {"usage": {"output_tokens": -1}}, STARTED[11]],
}


@pytest.mark.parametrize("problem", BROKEN_STREAMS)
def test_a_stream_out_of_order_is_named(problem: str) -> None:
    """Missing, doubled and misplaced events are problems, each said for what it is."""
    answer = wires.read_answer("messages", events(*BROKEN_STREAMS[problem]), SSE)
    assert any(problem in found for found in answer.problems), answer.problems


def test_a_cut_stream_still_gives_what_arrived() -> None:
    """The text before the cut is kept, the missing end is a problem, on every wire."""
    expected = {"messages": "no message_stop", "chat": "no [DONE]", "responses": "no response.completed"}
    for kind, problem in expected.items():
        raw, content_type = streamed(kind)
        cut = raw.index(b'lo"') + 12 if kind != "responses" else raw.index(b"event: response.completed")
        answer = wires.read_answer(kind, raw[:cut], content_type)
        assert answer.text.startswith("Hel")
        assert any(problem in found for found in answer.problems), (kind, answer.problems)
    answer = wires.read_answer("ollama_chat", lines(ollama_lines()[:2]), "application/x-ndjson")
    assert answer.text == "Hello"
    assert answer.problems == ("stream cut: no line says done",)


def test_an_event_name_that_belies_its_data_is_a_problem() -> None:
    """SDKs dispatch on the event's name, so it must agree with the type in its data."""
    raw = events(*message_events()).replace(b"event: message_delta", b"event: message_stop")
    assert any("is not the type" in p for p in wires.read_answer("messages", raw, SSE).problems)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "body",
    [
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
        {"error": {"message": "Overloaded", "type": "overloaded_error", "code": None}},
        {"error": "Overloaded"},
    ],
)
def test_an_error_is_an_error_whatever_the_status(kind: str, body: dict[str, Any]) -> None:
    """A body or an event that holds an error is one; nobody needs the HTTP status for that."""
    content_type = "application/x-ndjson" if kind == "ollama_chat" else SSE
    stream = (
        lines([body]) if kind == "ollama_chat" else f"event: error\ndata: {json.dumps(body)}\n\n".encode()
    )
    for raw, given in ((json.dumps(body).encode(), JSON), (stream, content_type)):
        answer = wires.read_answer(kind, raw, given)
        assert answer.error is not None
        assert "Overloaded" in answer.error


def test_an_error_in_mid_stream_keeps_the_text_before_it() -> None:
    """What arrived before the error is kept beside it."""
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    answer = wires.read_answer("messages", events(*STARTED[:5], error), SSE)
    assert (answer.text, answer.error) == ("Hello", "overloaded_error: Overloaded")


def test_an_error_in_another_wires_shape_is_a_problem() -> None:
    """On the Anthropic wire an error says type: error; clients look for it."""
    answer = wires.read_answer("messages", b'{"error":{"message":"no"},"provider":"anthropic"}', JSON)
    assert answer.error == "no"
    assert any("shape" in problem for problem in answer.problems)


@pytest.mark.parametrize("kind", [*wires.KINDS, "metadata", "other"])
@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"", "empty body"),
        (b"  \n ", "empty body"),
        (b"<!DOCTYPE html><html><script>alert(1)</script></html>", "HTML"),
        (b'{"id": "msg_1", "type": ', "not JSON"),
        (b"[1, 2]", "not an object"),
        (b"null", "not an object"),
        (b"[" * 100_000, "not JSON"),
        (b'{"a":' * 100_000, "not JSON"),
        (b"\xff\xfe\x00", "not valid UTF-8"),
    ],
)
def test_what_is_no_answer_at_all_is_said_so(kind: str, raw: bytes, problem: str) -> None:
    """Empty bodies, HTML, broken JSON and other things are problems, not exceptions."""
    answer = wires.read_answer(kind, raw, JSON)
    assert any(problem in found for found in answer.problems), answer.problems
    assert answer.text == ""


def test_ten_megabytes_are_read_with_bounded_effort() -> None:
    """A huge text, a huge stream and huge garbage come to an end soon."""
    wires.preload()
    assert effort(read_ten_megabytes, tries=1) < 1000


def read_ten_megabytes() -> None:
    """Read answers of ten megabytes each."""
    text = "x" * 10_000_000
    big = changed(MESSAGE, "content.0.text", text)
    assert wires.read_answer("messages", json.dumps(big).encode(), JSON).text == text
    assert len(wires.read_answer("messages", b"data: " + text.encode(), SSE).problems) <= 20
    many = [STARTED[3] | {"delta": {"type": "text_delta", "text": "y" * 1000}}] * 10_000
    answer = wires.read_answer("messages", events(*STARTED[:3], *many, *STARTED[5:]), SSE)
    assert (len(answer.text), answer.problems) == (10_000_000, ())
    assert len(wires.read_answer("chat", b"data: {}\n\n" * 20_000, SSE).problems) <= 20


def test_terminal_escapes_and_markup_stay_data() -> None:
    """Hostile text comes out byte for byte, and problems that quote it hold no control characters."""
    hostile = "\x1b[2J\x1b]0;owned\x07<script>alert(1)</script>\u202e"
    body = changed(MESSAGE, "content.0.text", hostile)
    assert wires.read_answer("messages", json.dumps(body).encode(), JSON).text == hostile
    bad = changed(MESSAGE, "stop_reason", hostile) | {hostile: -1}
    bad["usage"][hostile] = -1
    raw = events(STARTED[0], {"type": hostile}).replace(b"event: ", b"event: \x1b[2J")
    raw += events(*message_events()[1:3], STARTED[3] | {"delta": {"type": hostile}})
    problems = [
        *wires.read_answer("messages", json.dumps(bad).encode(), JSON).problems,
        *wires.read_answer("messages", raw, SSE).problems,
    ]
    assert len(problems) > 3
    assert all(problem.isprintable() for problem in problems), problems


def test_lone_surrogates_in_json_are_read() -> None:
    """JavaScript may cut an emoji in two; the answer is read all the same."""
    raw = json.dumps(changed(MESSAGE, "content.0.text", "cut \ud83d")).encode()
    assert wires.read_answer("messages", raw, JSON).text == "cut \ud83d"


def test_unusual_but_valid_framing_of_events_is_understood() -> None:
    """CRLF, comments, missing spaces, several data lines and U+2028 within data follow the standard."""
    raw = events(*message_events()).decode().replace("\n", "\r\n").replace("data: ", "data:")
    raw = ": comment\r\n\r\n" + raw.replace("Hel", "Hel\u2028")
    answer = wires.read_answer("messages", raw.encode(), SSE)
    assert (answer.text, answer.problems) == ("Hel\u2028lo", ())
    split = b'event: ping\ndata: {"type":\ndata: "ping"}\n\n'
    answer = wires.read_answer("messages", split + events(*message_events()), SSE)
    assert answer.problems == ()


def test_a_stream_under_a_wrong_content_type_is_read_and_reported() -> None:
    """The bytes decide how they are read; the wrong label is a problem."""
    answer = wires.read_answer("messages", events(*message_events()), JSON)
    assert answer.text == "Hello"
    assert answer.problems == ("a stream of events under another content type",)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", [whole, streamed])
def test_no_damage_makes_reading_an_answer_raise(kind: str, form: Any) -> None:
    """Bytes cut, flipped, doubled or dropped anywhere are survived."""
    raw, content_type = form(kind)
    random_ = random.Random(f"{kind} {form.__name__}")
    pieces = [b"null", b"{}", b"[]", b'"', b"-1", b"\n\n", b"\x00", b"\xff", b"data: ", b'"type":"ping"']
    for _ in range(300):
        at = random_.randrange(len(raw))
        until = min(len(raw), at + random_.randrange(30))
        damaged = raw[:at] + random_.choice(pieces) * random_.randrange(3) + raw[until:]
        answer = wires.read_answer(kind, damaged, content_type)
        assert isinstance(answer, NeutralAnswer)
        assert len(answer.problems) <= 20


@pytest.mark.parametrize("end", [b"data: [DONE]\n\n", b"data: [DONE]\n", b"data:[DONE]"])
def test_openais_end_of_a_stream_does_no_harm_on_the_messages_wire(end: bytes) -> None:
    """Anthropic's own client passes over events without a name; with one, it would read it as JSON."""
    raw, kind = streamed("messages")
    assert wires.read_answer("messages", raw + end, kind) == wires.read_answer("messages", raw, kind)
    named = wires.read_answer("messages", raw + b"event: message\n" + end, kind)
    assert named.problems
