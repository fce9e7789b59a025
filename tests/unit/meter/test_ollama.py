"""What Ollama's own API accepts and refuses: unknown keys pass, wrong types do not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lab.meter import ollama
from lab.meter.refusal import Refusal
from lab.meter.wire import TextWire

USER = {"role": "user", "content": "hi"}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}


def chat(**more: Any) -> dict[str, Any]:
    """A body of /api/chat."""
    return {"model": "m", "messages": [USER], **more}


def call(arguments: Any) -> dict[str, Any]:
    """An assistant's message with one call."""
    return {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"function": {"name": "f", "arguments": arguments}}],
    }


REFUSED: list[tuple[str, TextWire, dict[str, Any], str]] = [
    ("no model", ollama.CHAT, {"messages": [USER]}, "model is required"),
    (
        "messages as text",
        ollama.CHAT,
        chat(messages="hi"),
        "json: cannot unmarshal string into Go struct field ChatRequest.messages of type []api.Message",
    ),
    (
        "content as an array",
        ollama.CHAT,
        chat(messages=[{"role": "user", "content": [{"type": "text"}]}]),
        "json: cannot unmarshal array into Go struct field ChatRequest.messages.content of type string",
    ),
    (
        "arguments as text",
        ollama.CHAT,
        chat(messages=[USER, call("{}")]),
        (
            "json: cannot unmarshal string into Go struct field "
            "ChatRequest.messages.tool_calls.function.arguments of "
            "type api.ToolCallFunctionArguments"
        ),
    ),
    (
        "stream as text",
        ollama.CHAT,
        chat(stream="yes"),
        "json: cannot unmarshal string into Go struct field ChatRequest.stream of type bool",
    ),
    (
        "a description that is no text",
        ollama.CHAT,
        chat(tools=[{"function": {"description": 1}}]),
        (
            "json: cannot unmarshal number into Go struct field "
            "ChatRequest.tools.function.description of type string"
        ),
    ),
    (
        "an unknown way to think",
        ollama.CHAT,
        chat(think="hard"),
        'invalid think value: "hard" (must be "high", "medium", "low", true, or false)',
    ),
    (
        "a prompt that is no text",
        ollama.GENERATE,
        {"model": "m", "prompt": 1},
        "json: cannot unmarshal number into Go struct field GenerateRequest.prompt of type string",
    ),
]

ACCEPTED: list[tuple[str, TextWire, dict[str, Any]]] = [
    ("the least", ollama.CHAT, chat()),
    ("unknown keys anywhere", ollama.CHAT, chat(foo=1, messages=[{**USER, "foo": 1}])),
    (
        "null anywhere",
        ollama.CHAT,
        chat(stream=None, tools=None, options=None, messages=[{**USER, "content": None}]),
    ),
    (
        "every parameter",
        ollama.CHAT,
        chat(
            stream=False,
            format="json",
            options={"temperature": 0, "top_k": 40.0, "num_ctx": 4096, "stop": ["x"]},
            keep_alive="5m",
            tools=[TOOL],
            think=True,
        ),
    ),
    ("keep_alive as a number", ollama.CHAT, chat(keep_alive=-1, format={"type": "object"}, think="low")),
    (
        "calls and results",
        ollama.CHAT,
        chat(messages=[USER, call({"a": 1}), {"role": "tool", "tool_name": "f", "content": "x"}]),
    ),
    ("no messages, which loads the model", ollama.CHAT, {"model": "m"}),
    ("a prompt", ollama.GENERATE, {"model": "m", "prompt": "hi", "system": "s", "raw": False, "images": []}),
]


@pytest.mark.parametrize(
    ("wire", "given", "message"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_a_value_of_the_wrong_type_is_refused_in_gos_words(
    wire: TextWire, given: dict[str, Any], message: str
) -> None:
    """The status is 400 and the message is that of Go's decoder, or Ollama's own."""
    with pytest.raises(Refusal) as caught:
        wire.validate(wire.read(json.dumps(given).encode()), {})
    assert (caught.value.status, caught.value.message) == (400, message)


@pytest.mark.parametrize(
    ("wire", "given"), [case[1:] for case in ACCEPTED], ids=[case[0] for case in ACCEPTED]
)
def test_what_ollama_accepts_is_accepted(wire: TextWire, given: dict[str, Any]) -> None:
    """Nothing that Ollama takes is refused."""
    wire.validate(wire.read(json.dumps(given).encode()), {})


def test_an_empty_body_is_named() -> None:
    """Ollama says that the body is missing."""
    with pytest.raises(Refusal, match="missing request body"):
        ollama.read(b"")


def test_an_error_has_ollamas_shape() -> None:
    """One text under `error`."""
    assert json.loads(ollama.refuse(Refusal(404, "no")).body) == {"error": "no"}
