"""What POST /v1/responses accepts and refuses, in the provider's own words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lab.meter import openai_errors, responses
from lab.meter.refusal import Refusal

CALL = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "x"}
USER = {"role": "user", "content": "hi"}
TOOL = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}, "strict": False}


def body(given: Any = "hi", **more: Any) -> dict[str, Any]:
    """A request with `given` as its input."""
    return {"model": "kimi-lab-simple", "input": given, **more}


REFUSED: list[tuple[str, dict[str, Any], str | None, str | None, str]] = [
    (
        "no model",
        {"input": "x"},
        "model",
        "missing_required_parameter",
        "Missing required parameter: 'model'.",
    ),
    (
        "a model null",
        {**body(), "model": None},
        "model",
        "invalid_type",
        "Invalid type for 'model': expected a string, but got an object instead.",
    ),
    (
        "no input",
        {"model": "m"},
        "input",
        "missing_required_parameter",
        "Missing required parameter: 'input'.",
    ),
    (
        "messages instead of input",
        {"model": "m", "messages": []},
        None,
        "unsupported_parameter",
        (
            "Unsupported parameter: 'messages'. In the Responses API, this parameter has moved to 'input'. "
            "Try "
            "again with the new parameter. See the API documentation for more information: "
            "https://platform.openai.com/docs/api-reference/responses/create."
        ),
    ),
    ("an unknown parameter", body(n=2), "n", "unknown_parameter", "Unknown parameter: 'n'."),
    (
        "chat's stream option",
        body(stream=True, stream_options={"include_usage": True}),
        "stream_options.include_usage",
        "unknown_parameter",
        "Unknown parameter: 'stream_options.include_usage'.",
    ),
    (
        "an unknown key in an item",
        body([{**USER, "bogus": 1}]),
        "input[0].bogus",
        "unknown_parameter",
        "Unknown parameter: 'input[0].bogus'.",
    ),
    (
        "chat's content part",
        body([{"role": "user", "content": [{"type": "text", "text": "x"}]}]),
        "input[0].content[0].type",
        "invalid_value",
        (
            "Invalid value: 'text'. Supported values are: 'input_text', 'input_image', 'input_audio', "
            "'output_text', 'refusal', 'input_file', 'computer_screenshot', 'summary_text', and "
            "'encrypted_content'."
        ),
    ),
    (
        "an input part from the assistant",
        body([{"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}]),
        "input[0].content[0]",
        "invalid_value",
        "Invalid value: 'input_text'. Supported values are: 'output_text' and 'refusal'.",
    ),
    (
        "an output part from the user",
        body([{"role": "user", "content": [{"type": "output_text", "text": "x"}]}]),
        "input[0].content[0]",
        "invalid_value",
        (
            "Invalid value: 'output_text'. Supported values are: 'input_text', 'input_image', 'input_file', "
            "'scoped_content', and 'input_audio'."
        ),
    ),
    (
        "an unknown role",
        body([{"role": "tool", "content": "x"}]),
        "input[0]",
        "invalid_value",
        "Invalid value: 'tool'. Supported values are: 'assistant', 'system', 'developer', and 'user'.",
    ),
    (
        "an output without its call",
        body([USER, OUTPUT]),
        "input",
        None,
        "No tool call found for function call output with call_id call_1.",
    ),
    (
        "a call without its output",
        body([USER, CALL]),
        "input",
        None,
        "No tool output found for function call call_1.",
    ),
    (
        "arguments as an object",
        body([USER, {**CALL, "arguments": {}}, OUTPUT]),
        "input[1].arguments",
        "invalid_type",
        "Invalid type for 'input[1].arguments': expected a string, but got an object instead.",
    ),
    (
        "chat's form of a tool",
        body(tools=[{"type": "function", "function": {"name": "f"}}]),
        "tools[0].name",
        "missing_required_parameter",
        "Missing required parameter: 'tools[0].name'.",
    ),
    (
        "a schema without type",
        body(tools=[{**TOOL, "parameters": {"properties": {}}}]),
        "tools[0].parameters",
        "invalid_function_parameters",
        (
            "Invalid schema for function 'f': schema must be a JSON Schema of 'type: "
            '"object"\', got \'type: "None"\'.'
        ),
    ),
    (
        "max_output_tokens 0",
        body(max_output_tokens=0),
        "max_output_tokens",
        "integer_below_min_value",
        (
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= "
            "16, but got 0 instead."
        ),
    ),
    (
        "reasoning as text",
        body(reasoning="low"),
        "reasoning",
        "invalid_type",
        "Invalid type for 'reasoning': expected an object, but got a string instead.",
    ),
    (
        "an unknown effort",
        body(reasoning={"effort": "much"}),
        "reasoning.effort",
        "invalid_value",
        (
            "Invalid value: 'much'. Supported values are: 'none', 'minimal', 'low', "
            "'medium', 'high', 'xhigh', and "
            "'max'."
        ),
    ),
    (
        "a previous response nobody gave",
        body(previous_response_id="resp_x"),
        "previous_response_id",
        "previous_response_not_found",
        "Previous response with id 'resp_x' not found.",
    ),
]

ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    ("the least", body()),
    (
        "every parameter",
        body(
            instructions="be brief",
            temperature=0.1,
            top_p=0.5,
            max_output_tokens=16,
            stream=True,
            store=False,
            metadata={},
            reasoning={"effort": "low", "summary": "auto"},
            text={"format": {"type": "text"}},
            tools=[TOOL],
            tool_choice="auto",
            parallel_tool_calls=True,
            truncation="auto",
            include=[],
            service_tier="auto",
            user="u",
            stream_options={"include_obfuscation": False},
            max_tool_calls=1,
        ),
    ),
    (
        "null for every optional parameter",
        body(
            temperature=None, tools=None, reasoning=None, text=None, metadata=None, previous_response_id=None
        ),
    ),
    (
        "messages of every role",
        body(
            [
                {"role": "system", "content": "a"},
                {"role": "developer", "content": "b"},
                USER,
                {
                    "type": "message",
                    "id": "msg_1",
                    "status": "completed",
                    "role": "assistant",
                    "phase": "final_answer",
                    "content": [{"type": "output_text", "text": "x", "annotations": [], "logprobs": []}],
                },
                USER,
            ]
        ),
    ),
    ("a call and its output", body([USER, CALL, OUTPUT], tools=[TOOL])),
    ("an output of parts", body([USER, CALL, {**OUTPUT, "output": [{"type": "input_text", "text": "x"}]}])),
    ("reasoning handed back", body([USER, {"type": "reasoning", "id": "rs_1", "summary": []}, CALL, OUTPUT])),
    (
        "pictures and files",
        body(
            [
                {
                    "role": "user",
                    "content": [
                        {"type": "input_text", "text": "a"},
                        {"type": "input_image", "image_url": "https://x/y", "detail": "auto"},
                        {"type": "input_file", "file_id": "f"},
                    ],
                }
            ]
        ),
    ),
    (
        "hosted tools and their items",
        body(
            [USER, {"type": "web_search_call", "id": "ws_1", "status": "completed"}, USER],
            tools=[{"type": "web_search"}, {"type": "mcp", "server_label": "s", "server_url": "https://x"}],
        ),
    ),
]


def refusal(given: dict[str, Any]) -> Refusal | None:
    """How the wire refuses `given`, read from bytes as it would arrive."""
    try:
        responses.validate(openai_errors.read(json.dumps(given).encode()), {})
    except Refusal as refused:
        return refused
    return None


@pytest.mark.parametrize(
    ("given", "param", "code", "message"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_what_the_provider_refuses_is_refused_in_its_words(
    given: dict[str, Any], param: str | None, code: str | None, message: str
) -> None:
    """The status is 400, and message, parameter and code are the provider's."""
    found = refusal(given)
    assert found is not None
    assert (found.status, found.message, found.param, found.code) == (400, message, param, code)


@pytest.mark.parametrize("given", [case[1] for case in ACCEPTED], ids=[case[0] for case in ACCEPTED])
def test_what_the_provider_accepts_is_accepted(given: dict[str, Any]) -> None:
    """Nothing valid is refused."""
    found = refusal(given)
    assert found is None, found.message if found else ""


def test_a_request_without_a_key_is_refused_in_the_words_of_this_wire() -> None:
    """The chat wire has others."""
    with pytest.raises(Refusal) as found:
        responses.WIRE.authorize({})
    assert (found.value.status, found.value.message) == (
        401,
        "Missing bearer or basic authentication in header",
    )
