"""Whatever a script answers is, on each wire and plain or streamed, what that wire's provider could send."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lab import wires
from lab.meter import chat, messages, responses
from lab.meter.answers import Script, compose
from lab.meter.replies import Asked, Reply, Stream
from lab.meter.script import ScriptedAnswer
from lab.meter.scripted import reply_to
from lab.meter.wire import TextWire
from lab.wires import read_request
from lab.wires.neutral import NeutralAnswer

MARKER = "labmark-0123456789abcdef"
WIRES: dict[str, TextWire] = {"messages": messages.WIRE, "chat": chat.WIRE, "responses": responses.WIRE}
SHAPE = {"type": "object", "properties": {}}
BODIES: dict[str, dict[str, Any]] = {
    "messages": {
        "model": "kimi-lab-simple",
        "max_tokens": 99,
        "messages": [{"role": "user", "content": "hi"}],
        "tools": [{"name": "f", "input_schema": SHAPE}],
    },
    "chat": {
        "model": "kimi-lab-simple",
        "messages": [{"role": "user", "content": "hi"}],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": SHAPE}}],
        "stream_options": {"include_usage": True},
    },
    "responses": {
        "model": "kimi-lab-simple",
        "input": "hi",
        "tools": [{"type": "function", "name": "f", "parameters": SHAPE, "strict": False}],
    },
}
HUGE = 19876543210987654321
CITED = {
    "type": "web_search_result_location",
    "url": "https://example.com/a",
    "title": "A",
    "cited_text": "Yes",
    "encrypted_index": "YQ==",
}
FOUND = {
    "type": "web_search_result",
    "url": "https://example.com/a",
    "title": "A",
    "encrypted_content": "YQ==",
    "page_age": None,
}
SCRIPTS: dict[str, dict[str, Any]] = {
    "text": {"text": "Yes."},
    "nothing": {},
    "nothing, cut": {"stop_reason": "max_tokens"},
    "a call alone": {"tool_calls": [{"name": "f", "input": {}}]},
    "chosen ids": {
        "text": "Yes.",
        "id": "msg_mine",
        "tool_calls": [{"name": "f", "input": {}, "id": "mine"}],
    },
    "a huge integer": {"tool_calls": [{"name": "f", "input": {"wei": HUGE}}]},
    "thinking": {"text": "Yes.", "thinking": "Let me think about that for a while."},
    "redacted thinking": {"text": "Yes.", "redacted_thinking": ["ZW5j"]},
    "thinking before a call": {
        "thinking": ["One.", "Two."],
        "tool_calls": [{"name": "f", "input": {"a": 1}}],
    },
    "a refusal in words": {"refusal": "I cannot help with that."},
    "a refusal beside text": {"text": "No", "stop_reason": "refusal"},
    "cut": {"text": "Yes", "stop_reason": "length"},
    "filtered": {"text": "Yes", "stop_reason": "content_filter"},
    "a stop sequence": {"text": "Yes", "stop_sequence": "HALT"},
    "a pause": {"text": "Wait.", "stop_reason": "pause_turn"},
    "a full window": {"text": "Yes", "stop_reason": "model_context_window_exceeded"},
    "a search": {
        "text": "Yes it is.",
        "server_tools": [{"name": "web_search", "input": {"query": "q"}, "result": [FOUND]}],
        "citations": [CITED],
    },
    "counts": {"text": "Yes.", "usage": {"cache_read": 500, "cache_write": 20, "reasoning": 7}},
    "headers": {"text": "Yes.", "headers": {"x-ratelimit-remaining-requests": "9"}},
}


def reply(wire: str, script: dict[str, Any], stream: bool = False, **more: Any) -> Reply | Stream:
    """What the meter answers on this wire."""
    body = BODIES[wire] | {"stream": stream} | more
    said = Script(ScriptedAnswer.model_validate(script), MARKER)
    given = compose(said, read_request(wire, body), 11)
    return reply_to(Asked("POST", f"/v1/{wire}", "", {}, body=body), WIRES[wire], said, given)


def raw(answered: Reply | Stream) -> bytes:
    """All bytes of its body."""
    if isinstance(answered, Reply):
        return answered.body
    return b"".join(answered.chunks)  # type: ignore[arg-type]


def read(wire: str, script: dict[str, Any], stream: bool, **more: Any) -> NeutralAnswer:
    """What a client reads."""
    answered = reply(wire, script, stream, **more)
    return wires.read_answer(wire, raw(answered), answered.content_type.decode())


def whole(wire: str, script: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The plain answer as JSON."""
    found: dict[str, Any] = json.loads(raw(reply(wire, script, **more)))
    return found


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("name", SCRIPTS)
def test_an_answer_breaks_no_rule_of_its_wire(name: str, wire: str, stream: bool) -> None:
    """The published types accept it, events are in order, and a stream says what a plain answer says."""
    answer = read(wire, SCRIPTS[name], stream)
    assert answer.problems == ()
    assert answer.error is None
    plain = read(wire, SCRIPTS[name], False)
    assert (answer.text, answer.stop_reason, answer.usage) == (plain.text, plain.stop_reason, plain.usage)
    assert [(c.name, c.input) for c in answer.tool_calls] == [(c.name, c.input) for c in plain.tool_calls]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("script", "ends"),
    [
        ({"text": "x"}, ("end_turn", "stop", "completed")),
        ({"text": "x", "stop_reason": "max_tokens"}, ("max_tokens", "length", "incomplete")),
        ({"text": "x", "stop_reason": "length"}, ("max_tokens", "length", "incomplete")),
        ({"text": "x", "stop_reason": "incomplete"}, ("max_tokens", "length", "incomplete")),
        ({"text": "x", "stop_reason": "refusal"}, ("refusal", "content_filter", "incomplete")),
        ({"text": "x", "stop_reason": "content_filter"}, ("refusal", "content_filter", "incomplete")),
        ({"refusal": "no"}, ("refusal", "stop", "completed")),
        ({"refusal": "no", "stop_reason": "refusal"}, ("refusal", "stop", "completed")),
        ({"text": "x", "stop_sequence": "H"}, ("stop_sequence", "stop", "completed")),
        ({"text": "x", "stop_reason": "pause_turn"}, ("pause_turn", "stop", "completed")),
        ({"tool_calls": [{"name": "f", "input": {}}]}, ("tool_use", "tool_calls", "completed")),
        (
            {"tool_calls": [{"name": "f", "input": {}}], "stop_reason": "max_tokens"},
            ("max_tokens", "length", "incomplete"),
        ),
    ],
)
def test_a_reason_to_end_is_said_in_the_words_of_each_wire(
    script: dict[str, Any], ends: tuple[str, str, str], stream: bool
) -> None:
    """By any wire's name of it."""
    assert tuple(read(wire, script, stream).stop_reason for wire in WIRES) == ends


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("wire", WIRES)
def test_an_answer_without_text_has_no_marker_and_one_with_text_has_it(wire: str, stream: bool) -> None:
    """The marker is no reason to say something."""
    assert read(wire, {"tool_calls": [{"name": "f", "input": {}}]}, stream).text == ""
    assert MARKER in read(wire, {"text": "Yes."}, stream).text


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("wire", WIRES)
def test_counts_of_caches_are_stated_where_the_wire_has_them(wire: str, stream: bool) -> None:
    """The neutral input includes them on all wires; only the messages wire leaves them out of its own."""
    usage = read(wire, SCRIPTS["counts"], stream).usage
    assert (usage.input, usage.cache_read) == (520, 500)
    plain = read(wire, SCRIPTS["text"], stream).usage
    assert (usage.output or 0) - (plain.output or 0) == 7


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("wire", WIRES)
def test_integers_of_any_size_and_chosen_ids_arrive(wire: str, stream: bool) -> None:
    """A float in their place would be the meter's own fault."""
    script = {"tool_calls": [{"name": "f", "input": {"wei": HUGE}, "id": "toolu_mine"}]}
    (call,) = read(wire, script, stream).tool_calls
    assert (call.id, call.input) == ("toolu_mine", {"wei": HUGE})


def test_thinking_stands_where_each_provider_shows_it() -> None:
    """As blocks before the text, as reasoning items, and as Moonshot's models show it on the chat wire."""
    script = {"text": "Yes.", "thinking": "Hm.", "redacted_thinking": "ZW5j", "signature": "c2ln"}
    blocks = whole("messages", script)["content"]
    assert blocks[0] == {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
    assert blocks[1] == {"type": "redacted_thinking", "data": "ZW5j"}
    items = whole("responses", script)["output"]
    assert [item["type"] for item in items] == ["reasoning", "reasoning", "message"]
    assert (items[0]["summary"][0]["text"], items[1]["encrypted_content"]) == ("Hm.", "ZW5j")
    assert "encrypted_content" not in items[0]
    asked = whole("responses", script, include=["reasoning.encrypted_content"])["output"][0]
    assert asked["encrypted_content"] == "c2ln"
    assert whole("chat", script)["choices"][0]["message"]["reasoning_content"] == "Hm."
    assert "reasoning_content" not in whole("chat", script, model="gpt-x")["choices"][0]["message"]


def test_a_refusal_in_words_stands_where_each_wire_has_it() -> None:
    """OpenAI's wires have a field of their own, and no content then."""
    message = whole("chat", {"refusal": "No."})["choices"][0]["message"]
    assert (message["content"], message["refusal"]) == (None, f"No.\n\n{MARKER}")
    (item,) = whole("responses", {"refusal": "No."})["output"]
    assert item["content"] == [{"type": "refusal", "refusal": f"No.\n\n{MARKER}"}]
    assert whole("messages", {"refusal": "No."})["content"][0]["text"].startswith("No.")


def test_a_search_and_what_is_cited_of_it_stand_where_each_wire_has_them() -> None:
    """A call of the provider's own tool, its result, and citations with the place of the cited words."""
    blocks = whole("messages", SCRIPTS["a search"])["content"]
    assert [block["type"] for block in blocks] == ["server_tool_use", "web_search_tool_result", "text"]
    assert blocks[0]["id"] == blocks[1]["tool_use_id"]
    assert blocks[2]["citations"] == [CITED]
    search, message = whole("responses", SCRIPTS["a search"])["output"]
    assert search["action"] == {"type": "search", "query": "q"}
    (noted,) = message["content"][0]["annotations"]
    assert (noted["url"], noted["start_index"], noted["end_index"]) == (CITED["url"], 0, 3)
    chosen = whole("chat", SCRIPTS["a search"])["choices"][0]["message"]
    assert chosen["annotations"][0]["url_citation"]["url"] == CITED["url"]


@pytest.mark.parametrize("stream", [False, True])
def test_several_choices_say_what_the_script_has_for_each(stream: bool) -> None:
    """A third that is not scripted says what the first says."""
    text = raw(reply("chat", {"text": "One.", "choices": ["Two."]}, stream, n=3)).decode()
    assert [text.count(word) for word in ("One.", "Two.")] == [2, 1]
    assert {f'"index":{n}' in text for n in range(3)} == {True}


@pytest.mark.parametrize("stream", [False, True])
def test_log_probabilities_come_only_if_they_are_asked_for(stream: bool) -> None:
    """With as many alternatives as were asked for."""
    asked: dict[str, Any] = {"logprobs": True, "top_logprobs": 2}
    answered = raw(reply("chat", {"text": "Yes it is."}, stream, **asked))
    assert b'"top_logprobs":[{' in answered
    assert b'"top_logprobs":[{' not in raw(reply("chat", {"text": "Yes it is."}, stream))
    include = {"include": ["message.output_text.logprobs"]}
    assert b'"logprob":-' in raw(reply("responses", {"text": "Yes."}, stream, **include))
    assert b'"logprob":-' not in raw(reply("responses", {"text": "Yes."}, stream))
    assert read("chat", {"text": "Yes it is."}, stream, **asked).problems == ()
    assert read("responses", {"text": "Yes."}, stream, **include).problems == ()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("wire", WIRES)
def test_an_error_has_its_status_its_headers_and_the_shape_of_its_wire(wire: str, stream: bool) -> None:
    """A stream that was asked for does not begin."""
    script = {"status": 429, "headers": {"Retry-After": "7"}, "error": {"message": "Slow down."}}
    answered = reply(wire, script, stream)
    assert isinstance(answered, Reply)
    assert (answered.status, answered.answered_by) == (429, "scripted")
    assert (b"retry-after", b"7") in answered.headers
    answer = wires.read_answer(wire, answered.body, "application/json")
    assert answer.error == "rate_limit_error: Slow down."
    assert answer.problems == ()


@pytest.mark.parametrize("wire", WIRES)
def test_headers_of_the_script_go_with_answers_of_both_kinds(wire: str) -> None:
    """As a provider states its rate limits."""
    for stream in (False, True):
        wanted = (b"x-ratelimit-remaining-requests", b"9")
        assert wanted in reply(wire, SCRIPTS["headers"], stream).headers


def test_a_whole_answer_is_sent_as_it_is_written() -> None:
    """With the marker where it is wanted, as JSON or as events."""
    script = {"text": "x", "bodies": {"chat": 'data: {"a":  "${marker}"}\n\n', "messages": {"n": HUGE}}}
    answered = reply("chat", script)
    assert raw(answered) == f'data: {{"a":  "{MARKER}"}}\n\n'.encode()
    assert answered.content_type.startswith(b"text/event-stream")
    assert raw(reply("messages", script)) == f'{{"n":{HUGE}}}'.encode()
    assert MARKER in read("responses", script, False).text


@pytest.mark.parametrize("said", [{"cache_read": 5}, {"cache_read_input_tokens": 5}, {"cached_tokens": 5}])
def test_counts_have_the_names_of_each_wire(said: dict[str, int]) -> None:
    """Whoever knows one provider's name need not look up another."""
    assert ScriptedAnswer.model_validate({"usage": said}).usage.cache_read == 5
