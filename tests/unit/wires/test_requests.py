"""Requests of every wire in neutral form, and whatever else a client may send."""

from __future__ import annotations

import random
from typing import Any

import pytest

from lab import wires
from lab.tokens import count_parts
from lab.wires.canonical import canonical_json, canonical_text
from lab.wires.neutral import Part

HOSTILE: list[Any] = [
    None, True, 0, -1, 1.5, "", "text", [], {}, [[]], [None], [{}], {"": None}, {"type": []}, {"type": {}},
    {"role": []}, {"role": "user"}, {"role": "system", "content": 5}, {"type": "tool_use"},
    {"type": "tool_result"}, {"function": "x"},
    {"type": "text", "text": 7}, {"type": "tool_result", "content": [{"type": "image"}, 3]},
    {"function": {"name": [], "arguments": {"a": 2**80}}}, {"role": "assistant", "tool_calls": "x"},
    {"role": "assistant", "tool_calls": [1, {"function": {"arguments": "{"}}]}, {"arguments": "\ud800"},
    {"type": "document", "source": 1}, {"type": "document", "source": {"type": "text", "data": "x"}},
]  # fmt: skip
KEYS = [
    "model",
    "system",
    "messages",
    "tools",
    "functions",
    "stream",
    "input",
    "prompt",
    "instructions",
    "images",
]


@pytest.mark.parametrize("kind", wires.KINDS)
def test_no_json_makes_reading_a_request_raise(kind: str) -> None:
    """Thousands of malformed bodies are read without an exception, and can be counted."""
    random_ = random.Random(kind)
    for body in HOSTILE:
        count_parts(wires.read_request(kind, body))
    for _ in range(2000):
        body = {key: random_.choice([*HOSTILE, HOSTILE]) for key in random_.sample(KEYS, 4)}
        count_parts(wires.read_request(kind, body))


@pytest.mark.parametrize("kind", wires.KINDS)
def test_nesting_of_any_depth_is_survived(kind: str) -> None:
    """A body nested deeper than Python recurses is read, not fatal."""
    deep: Any = "x"
    for _ in range(5000):
        deep = {"type": "tool_result", "content": [deep]}
    for key in KEYS:
        count_parts(wires.read_request(kind, {key: [deep]}))
        count_parts(wires.read_request(kind, {key: [{"role": "user", "content": [deep]}]}))
        count_parts(wires.read_request(kind, {key: [{"name": "t", "input_schema": deep}]}))


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/v1/messages", "messages"),
        ("/v1/messages?beta=true", "messages"),
        ("/v1/chat/completions", "chat"),
        ("/v1/responses/", "responses"),
        ("/v1/embeddings", "embeddings"),
        ("/api/embeddings", "embeddings"),
        ("/api/embed", "embeddings"),
        ("/api/chat", "ollama_chat"),
        ("/api/generate", "ollama_generate"),
        ("/api/tags", "metadata"),
        ("/api/show", "metadata"),
        ("/api/version", "metadata"),
        ("/v1/models", "metadata"),
        ("/v1/models/kimi-lab-simple", "metadata"),
        ("/v1/v1/messages", "other"),
        ("/v1/messages/count_tokens", "other"),
        ("/", "other"),
        ("", "other"),
    ],
)
def test_paths_name_their_kind(path: str, kind: str) -> None:
    """Every path the meter serves has its kind; all others are `other`."""
    assert wires.kind_of(path) == kind


def test_a_path_may_stand_for_the_kind() -> None:
    """read_request takes an upstream path as well as a kind."""
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": True, "max_tokens": 5}
    by_path = wires.read_request("/v1/messages", body)
    assert by_path == wires.read_request("messages", body)
    assert (by_path.model, by_path.stream, by_path.params) == ("m", True, {"max_tokens": 5})


def test_ollama_streams_unless_told_not_to() -> None:
    """On Ollama's own wire a request without `stream` is a stream, on the others it is none."""
    assert wires.read_request("ollama_chat", {}).stream
    assert not wires.read_request("ollama_chat", {"stream": False}).stream
    assert not wires.read_request("chat", {}).stream


def test_system_texts_are_found_wherever_a_wire_puts_them() -> None:
    """System prompts as string, blocks, messages, instructions: all end in `system`, none in messages."""
    user = {"role": "user", "content": "hi"}
    forms: list[tuple[str, dict[str, Any]]] = [
        ("messages", {"system": "S", "messages": [user]}),
        ("messages", {"system": [{"type": "text", "text": "S"}], "messages": [user]}),
        ("chat", {"messages": [{"role": "system", "content": "S"}, user]}),
        ("chat", {"messages": [{"role": "developer", "content": [{"type": "text", "text": "S"}]}, user]}),
        ("responses", {"instructions": "S", "input": "hi"}),
        ("responses", {"input": [{"role": "developer", "content": "S"}, user]}),
        ("ollama_chat", {"messages": [{"role": "system", "content": "S"}, user]}),
        ("ollama_generate", {"system": "S", "prompt": "hi"}),
    ]
    for kind, body in forms:
        request = wires.read_request(kind, body)
        assert request.system == ("S",), (kind, body)
        assert [part.text for message in request.messages for part in message.parts] == ["hi"]


def test_tool_calls_and_results_keep_name_and_id() -> None:
    """A call's name, id and arguments, and which call a result answers, survive every wire."""
    call = Part("tool_call", '{"a":1,"b":"x"}', "Read", "id1")
    result = Part("tool_result", "done", id="id1")
    arguments = '{"b": "x", "a": 1}'
    forms: list[tuple[str, dict[str, Any]]] = [
        ("messages", {"messages": [
            {"role": "assistant", "content": [
                {"type": "tool_use", "id": "id1", "name": "Read", "input": {"b": "x", "a": 1}}]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "id1", "content": "done"}]}]}),
        ("chat", {"messages": [
            {"role": "assistant", "content": None, "tool_calls": [
                {"id": "id1", "type": "function", "function": {"name": "Read", "arguments": arguments}}]},
            {"role": "tool", "tool_call_id": "id1", "content": "done"}]}),
        ("responses", {"input": [
            {"type": "function_call", "call_id": "id1", "name": "Read", "arguments": arguments},
            {"type": "function_call_output", "call_id": "id1", "output": "done"}]}),
    ]  # fmt: skip
    for kind, body in forms:
        parts = [part for m in wires.read_request(kind, body).messages for part in m.parts]
        assert parts == [call, result], kind


def test_openai_tool_calls_in_an_anthropic_message_are_read_too() -> None:
    """The seed sends such a mixture; what it holds is counted and compared like anything else."""
    function = {"name": "Read", "arguments": '{"file_path":"package.json"}'}
    message = {"role": "assistant", "content": None, "tool_calls": [{"id": "t", "function": function}]}
    (read,) = wires.read_request("messages", {"messages": [message]}).messages
    assert read.parts == (Part("tool_call", '{"file_path":"package.json"}', "Read", "t"),)


def test_unknown_content_is_kept_and_pictures_are_not_counted() -> None:
    """A block nobody knows is kept as JSON, so that nothing is hidden; picture data is no text."""
    blocks = [{"type": "novel", "z": 1, "a": "x"}, {"type": "image", "source": {"data": "AAAA" * 999}}]
    (message,) = wires.read_request("messages", {"messages": [{"role": "user", "content": blocks}]}).messages
    assert message.parts[0] == Part("other", '{"a":"x","type":"novel","z":1}', type="novel")
    assert (message.parts[1].kind, message.parts[1].text) == ("image", "")


def test_tools_of_all_wires_read_alike() -> None:
    """Name, description and schema come out the same; tools without a function are known by their type."""
    schema = {"type": "object", "properties": {}}
    anthropic = {"tools": [{"name": "T", "description": "D", "input_schema": schema}]}
    function = {"name": "T", "description": "D", "parameters": schema}
    chat = {"tools": [{"type": "function", "function": function}]}
    responses = {"tools": [{"type": "function", **function}]}
    read = wires.read_request("messages", anthropic).tools
    assert read == wires.read_request("chat", chat).tools == wires.read_request("responses", responses).tools
    assert wires.read_request("chat", {"functions": [function]}).tools == read
    assert [t.name for t in wires.read_request("responses", {"tools": [{"type": "web_search"}]}).tools] == [
        "web_search"
    ]


def test_embedding_inputs_are_messages() -> None:
    """Texts to embed are counted as messages, one each, on all three paths."""
    for body in ({"input": ["one", "two"]}, {"input": "one"}, {"prompt": "one"}):
        messages = wires.read_request("/api/embed", body).messages
        assert [m.parts[0].text for m in messages] == ["one", "two"][: len(messages)]
        assert messages


def test_canonical_json_spells_equal_values_alike() -> None:
    """Key order, white space, escapes and 1.0 for 1 make no difference; other texts stay as they are."""
    assert (
        canonical_text('{ "b": 1.0,\n "a": "\\u00e9" }')
        == canonical_text('{"a":"é","b":1}')
        == '{"a":"é","b":1}'
    )
    assert canonical_text("not json {") == "not json {"
    assert canonical_json({"big": 2**70}) == '{"big":1180591620717411303424}'


def test_markers_are_found_once_each_and_only_whole() -> None:
    """Provenance markers are exactly 16 hex digits, or the background one."""
    one = "labmark-0123456789abcdef"
    text = f"a {one} b labmark-background, {one} labmark-12 {one}0"
    assert wires.find_markers(text) == (one, "labmark-background")


@pytest.mark.parametrize(
    "written",
    [
        "labmark-0123456789abcdef",
        "LABMARK-0123456789ABCDEF",
        "Labmark-0123456789abcdef",
        r"labmark\-0123456789abcdef",
        "**labmark-0123456789abcdef**",
        "`labmark-0123456789abcdef`.",
        "labmark\u20110123456789abcdef",
        "labmark\u20130123456789abcdef",
    ],
)
def test_a_marker_is_found_however_a_gateway_writes_it(written: str) -> None:
    """Whose answer it is does not change with its letters; that they were changed is found elsewhere."""
    assert wires.find_markers(f"An answer.\n\n{written}") == ("labmark-0123456789abcdef",)
