"""How answers end on every wire, whole and streamed: cut, stopped, with calls, or one without arguments."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from lab import wires
from lab.meter import chat, messages, ollama, responses
from lab.meter.answers import Script, Wishes, compose
from lab.meter.refusal import Refusal
from lab.meter.replies import Asked, Reply
from lab.meter.script import ScriptedAnswer, ScriptedToolCall
from lab.meter.wire import TextWire
from lab.wires import read_request

MARKER = "labmark-0123456789abcdef"
TOOLS = {"look": {}, "write": {"path": "a"}}
SCRIPT = Script(
    ScriptedAnswer(
        text="One two three. Four five six. " * 8,
        tool_calls=[ScriptedToolCall(name=name, input=given) for name, given in TOOLS.items()],
    ),
    MARKER,
)
HI = [{"role": "user", "content": "hi"}]
SCHEMA = {"type": "object", "properties": {}}
BODIES: dict[str, dict[str, Any]] = {
    "messages": {
        "model": "m",
        "max_tokens": 500,
        "messages": HI,
        "tools": [{"name": name, "input_schema": SCHEMA} for name in TOOLS],
    },
    "chat": {
        "model": "m",
        "messages": HI,
        "tools": [{"type": "function", "function": {"name": name, "parameters": SCHEMA}} for name in TOOLS],
    },
    "responses": {
        "model": "m",
        "input": "hi",
        "tools": [{"type": "function", "name": name, "parameters": SCHEMA} for name in TOOLS],
    },
}
WIRES: dict[str, TextWire] = {"messages": messages.WIRE, "chat": chat.WIRE, "responses": responses.WIRE}


def ask(wire: str, **more: Any) -> Any:
    """The body of an answer, or its events if a stream is asked for."""
    body = {**BODIES[wire], **more}
    asked = Asked("POST", "/", "", {}, orjson.dumps(body), body)
    made = compose(SCRIPT, read_request(wire, body), 9, WIRES[wire].wishes(body))
    answer = WIRES[wire].answer(asked, made)
    if isinstance(answer, Reply):
        assert wires.read_answer(wire, answer.body, "application/json").problems == ()
        return orjson.loads(answer.body)
    raw = b"".join(answer.chunks)  # type: ignore[arg-type]  # scripted answers are no async streams
    assert wires.read_answer(wire, raw, "text/event-stream").problems == ()
    lines = [line.removeprefix(b"data: ") for line in raw.split(b"\n") if line.startswith(b"data: ")]
    return [orjson.loads(line) for line in lines if line != b"[DONE]"]


NO_TOOLS: dict[str, dict[str, Any]] = {
    "messages": {"tool_choice": {"type": "none"}},
    "chat": {"tool_choice": "none"},
    "responses": {"tool_choice": "none"},
}
ONE: dict[str, dict[str, Any]] = {
    "messages": {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
    "chat": {"parallel_tool_calls": False},
    "responses": {"parallel_tool_calls": False},
}
NAMED: dict[str, dict[str, Any]] = {
    "messages": {"tool_choice": {"type": "tool", "name": "write"}},
    "chat": {"tool_choice": {"type": "function", "function": {"name": "write"}}},
    "responses": {"tool_choice": {"type": "function", "name": "write"}},
}
ALLOWED: dict[str, dict[str, Any]] = {
    "chat": {
        "tool_choice": {
            "type": "allowed_tools",
            "allowed_tools": {
                "mode": "required",
                "tools": [{"type": "function", "function": {"name": "write"}}],
            },
        }
    },
    "responses": {
        "tool_choice": {
            "type": "allowed_tools",
            "mode": "required",
            "tools": [{"type": "function", "name": "write"}],
        }
    },
}
LENGTH = {
    "messages": {"max_tokens": 30},
    "chat": {"max_completion_tokens": 30},
    "responses": {"max_output_tokens": 30},
}


def called(wire: str, body: Any) -> list[str]:
    """The names of the tools that an answer calls."""
    if wire == "messages":
        return [block["name"] for block in body["content"] if block["type"] == "tool_use"]
    if wire == "chat":
        return [call["function"]["name"] for call in body["choices"][0]["message"].get("tool_calls", [])]
    return [item["name"] for item in body["output"] if item["type"] == "function_call"]


def ending(wire: str, body: Any) -> str:
    """How an answer ends, in the wire's word."""
    if wire == "messages":
        return str(body["stop_reason"])
    return str(body["choices"][0]["finish_reason"] if wire == "chat" else body["status"])


@pytest.mark.parametrize("wire", WIRES)
def test_calls_are_what_tool_choice_allows(wire: str) -> None:
    """All, none, one, the one that is named, or those of a list."""
    assert called(wire, ask(wire)) == ["look", "write"]
    assert called(wire, ask(wire, **NO_TOOLS[wire])) == []
    assert called(wire, ask(wire, **ONE[wire])) == ["look"]
    assert called(wire, ask(wire, **NAMED[wire])) == ["write"]
    if wire in ALLOWED:
        assert called(wire, ask(wire, **ALLOWED[wire])) == ["write"]


@pytest.mark.parametrize(
    "given", [None, 7, "x", [], ["x"], {"mode": "required"}, {"tools": [7, {"type": 7}]}]
)
def test_an_odd_list_of_tools_is_refused_or_allows_none(given: Any) -> None:
    """Never a fault of the meter's own."""
    for wire, choice in (
        ("chat", {"type": "allowed_tools", "allowed_tools": given}),
        ("responses", {"type": "allowed_tools", "mode": "required", "tools": given}),
    ):
        body = {**BODIES[wire], "tool_choice": choice}
        try:
            WIRES[wire].validate(body, {})
        except Refusal:
            continue
        assert len(called(wire, ask(wire, tool_choice=choice))) <= 2


@pytest.mark.parametrize(
    ("wire", "whole", "without", "cut"),
    [
        ("messages", "tool_use", "end_turn", "max_tokens"),
        ("chat", "tool_calls", "stop", "length"),
        ("responses", "completed", "completed", "incomplete"),
    ],
)
def test_an_ending_has_the_wires_word(wire: str, whole: str, without: str, cut: str) -> None:
    """With calls, without, and cut; and the usage is within what was asked for."""
    assert ending(wire, ask(wire)) == whole
    assert ending(wire, ask(wire, **NO_TOOLS[wire])) == without
    body = ask(wire, **LENGTH[wire])
    assert ending(wire, body) == cut
    usage = body["usage"]
    assert usage.get("output_tokens", usage.get("completion_tokens")) <= 30
    assert called(wire, body) == []
    assert MARKER in str(body)
    if wire == "responses":
        assert body["incomplete_details"] == {"reason": "max_output_tokens"}
        assert body["output"][0]["status"] == "incomplete"


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("more", [LENGTH, NO_TOOLS, ONE, {}], ids=["cut", "no tools", "one", "all"])
def test_a_stream_says_what_the_whole_answer_says(wire: str, more: dict[str, dict[str, Any]]) -> None:
    """Text, calls and ending, put together again."""
    extra = more.get(wire, {})
    body = {**BODIES[wire], **extra}
    made = compose(SCRIPT, read_request(wire, body), 9, WIRES[wire].wishes(body))
    read = []
    for stream in (False, True):
        answer = WIRES[wire].answer(Asked("POST", "/", "", {}, b"", {**body, "stream": stream}), made)
        made.stream = True
        raw = answer.body if isinstance(answer, Reply) else b"".join(answer.chunks)  # type: ignore[arg-type]
        read.append(wires.read_answer(wire, raw, "text/event-stream" if stream else "application/json"))
    assert read[0].text == read[1].text == made.text
    assert read[0].tool_calls == read[1].tool_calls
    assert read[0].problems == read[1].problems == ()


def test_a_stop_sequence_is_named_on_messages() -> None:
    """In the whole answer and in the stream's delta; the text ends before it."""
    body = ask("messages", stop_sequences=["five", "nine"])
    assert (body["stop_reason"], body["stop_sequence"]) == ("stop_sequence", "five")
    assert body["content"][0]["text"].endswith("Four ")
    events = ask("messages", stop_sequences=["five"], stream=True)
    (delta,) = [one["delta"] for one in events if one["type"] == "message_delta"]
    assert delta == {"stop_reason": "stop_sequence", "stop_sequence": "five"}
    assert ending("chat", ask("chat", stop="five")) == "stop"
    assert called("chat", ask("chat", stop=["five"])) == []


def test_messages_stream_a_call_without_arguments_as_one_empty_fragment() -> None:
    """Any other call begins with one; a ping follows the start."""
    events = ask("messages", stream=True)
    assert [one["type"] for one in events[:3]] == ["message_start", "content_block_start", "ping"]
    parts: dict[int, list[str]] = {}
    for one in events:
        if one["type"] == "content_block_delta" and one["delta"]["type"] == "input_json_delta":
            parts.setdefault(one["index"], []).append(one["delta"]["partial_json"])
    assert parts[1] == [""]
    assert parts[2][0] == ""
    assert orjson.loads("".join(parts[2])) == {"path": "a"}


def test_an_answer_of_no_tokens_has_no_content() -> None:
    """As a request that only warms the provider's cache is answered."""
    body = ask("messages", max_tokens=0)
    assert (body["content"], body["stop_reason"], body["usage"]["output_tokens"]) == ([], "max_tokens", 0)
    assert [one["type"] for one in ask("messages", max_tokens=0, stream=True)] == [
        "message_start",
        "ping",
        "message_delta",
        "message_stop",
    ]


def test_chat_streams_role_then_text_then_calls() -> None:
    """A call opens with its name and no arguments; usage comes last, and only if it is asked for."""
    events = ask("chat", stream=True)
    assert events[0]["choices"][0]["delta"] == {"role": "assistant", "content": "", "refusal": None}
    opened = [
        one["choices"][0]["delta"]["tool_calls"][0]
        for one in events
        if "tool_calls" in str(one["choices"][0]["delta"])
    ]
    assert opened[0]["function"] == {"name": "look", "arguments": ""}
    assert not any("usage" in one for one in events)
    asked = ask("chat", stream=True, stream_options={"include_usage": True})
    assert asked[-1]["choices"] == []
    assert all(one["usage"] is None for one in asked[:-1])


def test_responses_number_their_events_and_end_as_they_ended() -> None:
    """One sequence without gaps; a cut answer ends with response.incomplete."""
    for more, last in (({}, "response.completed"), (LENGTH["responses"], "response.incomplete")):
        events = ask("responses", stream=True, **more)
        assert [one["sequence_number"] for one in events] == list(range(len(events)))
        assert events[0]["type"] == "response.created"
        assert events[-1]["type"] == last
        assert events[-1]["response"]["usage"]["output_tokens"] > 0


def test_what_is_not_stored_cannot_be_gone_on_with() -> None:
    """The id of an answer with store: false is not known afterwards."""
    kept, gone = ask("responses"), ask("responses", store=False)
    responses.validate({"model": "m", "input": "go on", "previous_response_id": kept["id"]}, {})
    with pytest.raises(Exception, match=f"Previous response with id '{gone['id']}' not found"):
        responses.validate({"model": "m", "input": "go on", "previous_response_id": gone["id"]}, {})


def test_ollama_stops_where_its_options_say() -> None:
    """num_predict counts tokens, -1 is no limit; the reason is length or stop."""
    wishes = ollama.CHAT.wishes({"options": {"num_predict": 5, "stop": ["x"]}})
    assert wishes == Wishes(max_tokens=5, stop=("x",))
    assert ollama.CHAT.wishes({"options": {"num_predict": -1}}) == Wishes()
