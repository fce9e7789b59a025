"""What POST /v1/chat/completions accepts and refuses, in the provider's own words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lab.meter import chat, openai_errors
from lab.meter.refusal import Refusal

USER = {"role": "user", "content": "hi"}
CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "x"}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}


def body(*turns: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A request whose messages are `turns`."""
    return {"model": "kimi-lab-simple", "messages": list(turns or (USER,)), **more}


def calling(*calls: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An assistant's message with tool calls."""
    return {"role": "assistant", "content": None, "tool_calls": list(calls), **more}


def function(name: str = "f", **schema: Any) -> dict[str, Any]:
    """A function tool with another name or schema."""
    return {"type": "function", "function": {"name": name, "parameters": schema}}


NOT_AFTER_CALLS = (
    "Invalid parameter: messages with role 'tool' must be a response to a preceeding "
    "message with 'tool_calls'."
)
UNANSWERED = (
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
    "'tool_call_id'. The following tool_call_ids did not have response messages: "
)
NO_CONTENT = "Invalid value for 'content': expected a string, got null."
EMPTY = "empty array. Expected an array with minimum length 1, but got an empty array instead."
ROLES = "'system', 'assistant', 'user', 'function', 'tool', and 'developer'"

REFUSED: list[tuple[str, dict[str, Any], str | None, str | None, str]] = [
    ("no model", {"messages": [USER]}, None, None, "you must provide a model parameter"),
    ("an empty model", {"model": "", "messages": [USER]}, None, None, "you must provide a model parameter"),
    (
        "no messages",
        {"model": "m"},
        "messages",
        "missing_required_parameter",
        "Missing required parameter: 'messages'.",
    ),
    (
        "empty messages",
        {"model": "m", "messages": []},
        "messages",
        "empty_array",
        f"Invalid 'messages': {EMPTY}",
    ),
    (
        "messages as text",
        {"model": "m", "messages": "hi"},
        "messages",
        "invalid_type",
        "Invalid type for 'messages': expected an array of objects, but got a string instead.",
    ),
    ("an unknown parameter", body(foo=1), None, None, "Unrecognized request argument supplied: foo"),
    (
        "two unknown parameters",
        body(thinking={}, top_k=1, model="gpt-4.1"),
        None,
        None,
        "Unrecognized request arguments supplied: thinking, top_k",
    ),
    ("Anthropic's system", body(system="x"), None, None, "Unrecognized request argument supplied: system"),
    (
        "reasoning handed back to a model that is not Moonshot's",
        body(USER, {"role": "assistant", "content": "x", "reasoning_content": "y"}, model="gpt-5.2"),
        "messages[1].reasoning_content",
        "unknown_parameter",
        "Unknown parameter: 'messages[1].reasoning_content'.",
    ),
    (
        "reasoning of a user",
        body({**USER, "reasoning_content": "y"}),
        "messages[0].reasoning_content",
        "unknown_parameter",
        "Unknown parameter: 'messages[0].reasoning_content'.",
    ),
    (
        "an unknown key in a message",
        body({**USER, "id": 1}),
        "messages[0].id",
        "unknown_parameter",
        "Unknown parameter: 'messages[0].id'.",
    ),
    (
        "Anthropic's cache mark",
        body(
            {
                "role": "user",
                "content": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}],
            }
        ),
        "messages[0].content[0].cache_control",
        "unknown_parameter",
        "Unknown parameter: 'messages[0].content[0].cache_control'.",
    ),
    (
        "a message that is no object",
        {"model": "m", "messages": ["hi"]},
        "messages[0]",
        "invalid_type",
        "Invalid type for 'messages[0]': expected an object, but got a string instead.",
    ),
    (
        "no role",
        body({"content": "x"}),
        "messages[0].role",
        "missing_required_parameter",
        "Missing required parameter: 'messages[0].role'.",
    ),
    (
        "an unknown role",
        body({"role": "bot", "content": "x"}),
        "messages[0].role",
        "invalid_value",
        f"Invalid value: 'bot'. Supported values are: {ROLES}.",
    ),
    ("no content", body({"role": "user"}), "messages.[0].content", None, NO_CONTENT),
    ("content null", body({"role": "user", "content": None}), "messages.[0].content", None, NO_CONTENT),
    (
        "an assistant with nothing",
        body(USER, {"role": "assistant"}),
        "messages.[1].content",
        None,
        NO_CONTENT,
    ),
    (
        "a tool result without content",
        body(USER, calling(CALL), {"role": "tool", "tool_call_id": "call_1"}),
        "messages.[2].content",
        None,
        NO_CONTENT,
    ),
    (
        "content as a number",
        body({"role": "user", "content": 7}),
        "messages[0].content",
        "invalid_type",
        (
            "Invalid type for 'messages[0].content': expected one of a string or array of "
            "objects, but got an integer "
            "instead."
        ),
    ),
    (
        "Anthropic's tool result",
        body({"role": "user", "content": [{"type": "tool_result"}]}),
        "messages[0].content[0].type",
        "invalid_value",
        (
            "Invalid value: 'tool_result'. Supported values are: 'text', 'image_url', "
            "'input_audio', 'file', and "
            "'refusal'."
        ),
    ),
    (
        "a picture from the assistant",
        body(USER, {"role": "assistant", "content": [{"type": "image_url"}]}),
        "messages[1].content[0].type",
        "invalid_value",
        "Invalid value: 'image_url'. Supported values are: 'text' and 'refusal'.",
    ),
    ("a tool result that answers nothing", body(USER, RESULT), "messages.[1].role", None, NOT_AFTER_CALLS),
    (
        "a tool result after a user's message",
        body(USER, calling(CALL), RESULT, USER, RESULT),
        "messages.[4].role",
        None,
        NOT_AFTER_CALLS,
    ),
    (
        "a tool result of another id",
        body(USER, calling(CALL), {**RESULT, "tool_call_id": "other"}),
        "messages.[2].tool_call_id",
        None,
        "Invalid parameter: 'tool_call_id' of 'other' not found in 'tool_calls' of previous message.",
    ),
    (
        "a call nobody answers",
        body(USER, calling(CALL), USER),
        "messages.[2].role",
        None,
        UNANSWERED + "call_1",
    ),
    ("a call at the end", body(USER, calling(CALL)), "messages.[2].role", None, UNANSWERED + "call_1"),
    (
        "one of two calls unanswered",
        body(USER, calling(CALL, {**CALL, "id": "b"}), RESULT, USER),
        "messages.[3].role",
        None,
        UNANSWERED + "b",
    ),
    (
        "two calls of one id",
        body(USER, calling(CALL, CALL), RESULT),
        "messages.[1].tool_calls",
        None,
        "Duplicate value for 'tool_call_id' of 'call_1' in message[1]",
    ),
    (
        "empty tool_calls",
        body(USER, calling(content="x")),
        "messages[1].tool_calls",
        "empty_array",
        f"Invalid 'messages[1].tool_calls': {EMPTY}",
    ),
    (
        "arguments as an object",
        body(USER, calling({**CALL, "function": {"name": "f", "arguments": {}}}), RESULT),
        "messages[1].tool_calls[0].function.arguments",
        "invalid_type",
        (
            "Invalid type for 'messages[1].tool_calls[0].function.arguments': expected a "
            "string, but got an object "
            "instead."
        ),
    ),
    (
        "a call without type",
        body(USER, calling({"id": "call_1", "function": {"name": "f", "arguments": ""}}), RESULT),
        "messages[1].tool_calls[0].type",
        "missing_required_parameter",
        "Missing required parameter: 'messages[1].tool_calls[0].type'.",
    ),
    (
        "a call with its stream's index",
        body(USER, calling({**CALL, "index": 0}), RESULT),
        "messages[1].tool_calls[0].index",
        "unknown_parameter",
        "Unknown parameter: 'messages[1].tool_calls[0].index'.",
    ),
    (
        "a long call id",
        body(USER, calling({**CALL, "id": "x" * 41}), {**RESULT, "tool_call_id": "x" * 41}),
        "messages[1].tool_calls[0].id",
        "string_above_max_length",
        (
            "Invalid 'messages[1].tool_calls[0].id': string too long. Expected a string with "
            "maximum length 40, but "
            "got a string with length 41 instead."
        ),
    ),
    ("empty tools", body(tools=[]), "tools", "empty_array", f"Invalid 'tools': {EMPTY}"),
    (
        "tools as text",
        body(tools="x"),
        "tools",
        "invalid_type",
        "Invalid type for 'tools': expected an array of objects, but got a string instead.",
    ),
    (
        "Anthropic's form of a tool",
        body(tools=[{"name": "f", "input_schema": {}}]),
        "tools[0].type",
        "missing_required_parameter",
        "Missing required parameter: 'tools[0].type'.",
    ),
    (
        "a tool without a function",
        body(tools=[{"type": "function"}]),
        "tools[0].function",
        "missing_required_parameter",
        "Missing required parameter: 'tools[0].function'.",
    ),
    (
        "a tool whose name has a dot",
        body(tools=[function("a.b", type="object", properties={})]),
        "tools[0].function.name",
        "invalid_value",
        (
            "Invalid 'tools[0].function.name': string does not match pattern. Expected a "
            "string that matches the "
            "pattern '^[a-zA-Z0-9_-]+$'."
        ),
    ),
    (
        "a schema without type",
        body(tools=[function(properties={})]),
        "tools[0].function.parameters",
        "invalid_function_parameters",
        (
            "Invalid schema for function 'f': schema must be a JSON Schema of 'type: "
            '"object"\', got \'type: "None"\'.'
        ),
    ),
    (
        "a schema without properties",
        body(tools=[function(type="object")]),
        "tools[0].function.parameters",
        "invalid_function_parameters",
        "Invalid schema for function 'f': In context=(), object schema missing properties.",
    ),
    (
        "an array without items",
        body(tools=[function(type="object", properties={"a": {"type": "array"}})]),
        "tools[0].function.parameters",
        "invalid_function_parameters",
        "Invalid schema for function 'f': In context=('properties', 'a'), array schema missing items.",
    ),
    (
        "tool_choice without tools",
        body(tool_choice="auto"),
        "tool_choice",
        None,
        "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
    ),
    (
        "parallel_tool_calls without tools",
        body(parallel_tool_calls=True),
        "parallel_tool_calls",
        None,
        (
            "Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed "
            "when 'tools' are specified."
        ),
    ),
    (
        "tool_choice of a tool not offered",
        body(tools=[TOOL], tool_choice={"type": "function", "function": {"name": "g"}}),
        "function_call",
        None,
        (
            "Invalid value for 'function_call': no function named 'g' was specified in the 'functions' "
            "parameter."
        ),
    ),
    (
        "stream_options without a stream",
        body(stream_options={"include_usage": True}),
        "stream_options",
        None,
        "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
    ),
    (
        "an unknown stream option",
        body(stream=True, stream_options={"x": 1}),
        "stream_options.x",
        "unknown_parameter",
        "Unknown parameter: 'stream_options.x'.",
    ),
    (
        "both limits",
        body(max_tokens=1, max_completion_tokens=1),
        "max_tokens",
        "invalid_parameter_combination",
        "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
    ),
    (
        "max_tokens 0",
        body(max_tokens=0),
        "max_tokens",
        "integer_below_min_value",
        "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.",
    ),
    (
        "a temperature above 2",
        body(temperature=2.5),
        "temperature",
        "decimal_above_max_value",
        "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 2.5 instead.",
    ),
    (
        "a temperature as text",
        body(temperature="hot"),
        "temperature",
        "invalid_type",
        "Invalid type for 'temperature': expected a decimal, but got a string instead.",
    ),
    (
        "an unknown effort",
        body(reasoning_effort="much"),
        "reasoning_effort",
        "invalid_value",
        (
            "Invalid value: 'much'. Supported values are: 'none', 'minimal', 'low', "
            "'medium', 'high', 'xhigh', and "
            "'max'."
        ),
    ),
    (
        "a metadata value that is no text",
        body(metadata={"a": 1}),
        "metadata.a",
        "invalid_type",
        "Invalid type for 'metadata.a': expected a string, but got an integer instead.",
    ),
    (
        "a format without its schema",
        body(response_format={"type": "json_schema"}),
        "response_format.json_schema",
        "missing_required_parameter",
        "Missing required parameter: 'response_format.json_schema'.",
    ),
    (
        "json_object without the word",
        body(response_format={"type": "json_object"}),
        "messages",
        None,
        (
            "'messages' must contain the word 'json' in some form, to use 'response_format' "
            "of type 'json_object'."
        ),
    ),
]

ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    ("the least", body()),
    (
        "thinking on Moonshot's wire, and reasoning handed back",
        body(USER, calling(CALL, reasoning_content="y"), RESULT, thinking={"type": "enabled"}),
    ),
    (
        "every parameter",
        body(
            n=2,
            temperature=0,
            top_p=1,
            presence_penalty=-1,
            frequency_penalty=1.5,
            logit_bias={"1": -100},
            logprobs=True,
            top_logprobs=3,
            stop=["a", "b"],
            seed=1,
            user="u",
            store=False,
            metadata={"a": "b"},
            reasoning_effort="low",
            verbosity="low",
            service_tier="auto",
            max_completion_tokens=10,
            stream=True,
            stream_options={"include_usage": True, "include_obfuscation": False},
            prompt_cache_key="k",
            safety_identifier="s",
            tools=[TOOL],
            tool_choice="auto",
            parallel_tool_calls=False,
            response_format={
                "type": "json_schema",
                "json_schema": {
                    "name": "a",
                    "schema": {"type": "object", "properties": {}, "additionalProperties": False},
                    "strict": True,
                },
            },
        ),
    ),
    (
        "null for every optional parameter",
        body(
            temperature=None,
            tools=None,
            tool_choice=None,
            stream=None,
            stop=None,
            max_tokens=None,
            n=None,
            response_format=None,
            metadata=None,
            stream_options=None,
            parallel_tool_calls=None,
        ),
    ),
    (
        "system and developer",
        body({"role": "system", "content": "a"}, {"role": "developer", "content": "b"}, USER),
    ),
    (
        "contents as arrays",
        body(
            {"role": "system", "content": [{"type": "text", "text": "a"}]},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "a"},
                    {"type": "image_url", "image_url": {"url": "https://x/y", "detail": "low"}},
                    {"type": "input_audio", "input_audio": {"data": "x", "format": "wav"}},
                    {"type": "file", "file": {"file_id": "f"}},
                ],
            },
            {"role": "assistant", "content": [{"type": "text", "text": "a"}]},
        ),
    ),
    ("a call and its result", body(USER, calling(CALL), RESULT, tools=[TOOL])),
    ("a call beside a text", body(USER, calling(CALL, content="I look"), RESULT)),
    (
        "two calls answered in another order",
        body(USER, calling(CALL, {**CALL, "id": "b"}), {**RESULT, "tool_call_id": "b"}, RESULT, USER),
    ),
    (
        "a result as an array",
        body(USER, calling(CALL), {**RESULT, "content": [{"type": "text", "text": "x"}]}),
    ),
    (
        "a message given back as it was received",
        body(
            USER,
            {
                "role": "assistant",
                "content": "x",
                "refusal": None,
                "annotations": [],
                "audio": None,
                "function_call": None,
                "tool_calls": None,
            },
            USER,
        ),
    ),
    (
        "the older functions",
        body(
            USER,
            {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
            {"role": "function", "name": "f", "content": "x"},
            functions=[{"name": "f"}],
            function_call="auto",
        ),
    ),
    ("a tool without parameters", body(tools=[{"type": "function", "function": {"name": "f"}}])),
    ("a tool with empty parameters", body(tools=[function()])),
    ("a custom tool", body(tools=[{"type": "custom", "custom": {"name": "c"}}])),
    (
        "json_object with the word",
        body({"role": "user", "content": "as JSON"}, response_format={"type": "json_object"}),
    ),
    ("an empty text", body({"role": "user", "content": ""})),
]


def refusal(given: dict[str, Any]) -> Refusal | None:
    """How the wire refuses `given`, read from bytes as it would arrive."""
    try:
        chat.validate(openai_errors.read(json.dumps(given).encode()), {})
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


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer "}, {"authorization": "Basic x"}])
def test_a_call_without_a_bearer_key_is_refused(headers: dict[str, str]) -> None:
    """401, as at the provider."""
    with pytest.raises(Refusal) as caught:
        openai_errors.authorize(headers)
    assert caught.value.status == 401


def test_an_error_has_the_providers_shape() -> None:
    """Message, type, param and code within `error`."""
    reply = openai_errors.refuse(Refusal(400, "no", param="a[0]", code="c"))
    shown = {"message": "no", "type": "invalid_request_error", "param": "a[0]", "code": "c"}
    assert json.loads(reply.body) == {"error": shown}


@pytest.mark.parametrize("model", ["gpt-5-codex", "o3-pro", "gpt-5.2-pro", "gpt-5.1-codex-max"])
def test_a_model_of_the_responses_wire_is_not_found(model: str) -> None:
    """Its status is 404."""
    with pytest.raises(Refusal) as found:
        chat.validate(body(model=model), {})
    assert (found.value.status, found.value.param, found.value.message) == (
        404,
        "model",
        "This model is only supported in v1/responses and not in v1/chat/completions.",
    )
