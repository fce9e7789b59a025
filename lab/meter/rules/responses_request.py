"""Rules of /v1/responses on fields, their types, tools, and the form of the answer."""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationError

from lab.meter.refusal import Refusal
from lab.meter.rules import sources as src
from lab.meter.rules.chat_request import check_stream_options
from lab.meter.rules.openai_schemas import check_format
from lab.meter.rules.rule import Ask, Body, Example, bad, rule
from lab.meter.schemas import openai_words
from lab.meter.schemas.responses import ResponsesRequest
from lab.meter.schemas.responses_items import NAMED_ITEMS

_OPEN: Body = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
_CLOSED: Body = {**_OPEN, "additionalProperties": False}
_TOOL: Body = {"type": "function", "name": "f", "parameters": _OPEN, "strict": False}


_MOVED = (
    "Unsupported parameter: 'messages'. In the Responses API, this parameter has moved to 'input'. Try again "
    "with "
    "the new parameter. See the API documentation for more information: "
    "https://platform.openai.com/docs/api-reference/responses/create."
)


def _format(schema: Body, **more: Any) -> Body:
    return {"text": {"format": {"type": "json_schema", "name": "f", "schema": schema, **more}}}


@rule(
    "responses/types",
    "Fields that are missing, not known, of another type or size than the published one; Codex's "
    "client_metadata is known",
    source=src.OPENAI_TYPES,
    date=src.TYPES_DATE,
    legal=(
        Example(
            {
                "model": "gpt-5",
                "client_metadata": {"installation": "x"},
                "include": ["reasoning.encrypted_content"],
            }
        ),
        Example({"max_output_tokens": 16, "store": False, "truncation": "auto", "service_tier": "ultrafast"}),
        Example({"tools": [{**_TOOL, "name": "x" * 128}]}),
    ),
    illegal=(
        Example({"model": None}, "Invalid type for 'model': expected a string, but got an object instead."),
        Example(
            {"messages": []},
            _MOVED,
        ),
        Example({"n": 2}, "Unknown parameter: 'n'."),
        Example(
            {"include": ["usage"]},
            "Invalid value: 'usage'. Supported values are: 'file_search_call.results', "
            "'web_search_call.results', "
            "'web_search_call.action.sources', 'message.input_image.image_url', "
            "'computer_call_output.output.image_url', 'code_interpreter_call.outputs', "
            "'reasoning.encrypted_content', and 'message.output_text.logprobs'.",
        ),
        Example(
            {"tools": [_TOOL], "tool_choice": "any"},
            "Invalid value: 'any'. Supported values are: 'none', 'auto', and 'required'.",
        ),
        Example(
            {"tools": [_TOOL] * 129},
            "Invalid 'tools': array too long. Expected an array with maximum length 128, but got an array "
            "with "
            "length 129 instead.",
        ),
        Example(
            {"max_output_tokens": 15},
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 15 "
            "instead.",
        ),
        Example(
            {"text": {"format": {"type": "json_schema", "schema": {}}}},
            "Missing required parameter: 'text.format.name'.",
        ),
    ),
)
def _types(ask: Ask) -> None:
    if "messages" in ask.body:
        raise bad(_MOVED, code="unsupported_parameter")
    if "input" not in ask.body and "model" in ask.body and not _has_state(ask.body):
        raise bad("Missing required parameter: 'input'.", param="input", code="missing_required_parameter")
    if ask.body.get("model") == "":
        raise bad("The requested model '' does not exist.", param="model", code="model_not_found")
    for key in ("model", "input"):
        if key in ask.body and ask.body[key] is None:
            raise openai_words.invalid_type(key, "a string", {})  # null is an object here
    try:
        ResponsesRequest.model_validate(ask.body)
    except ValidationError as error:
        raise _refusal(ask, error) from None


def _refusal(ask: Ask, error: ValidationError) -> Refusal:
    def unknown(names: list[str]) -> Refusal:
        return openai_words.unknown_parameter(names, ResponsesRequest.model_fields.keys() - ask.body.keys())

    found = openai_words.refusal(error, unknown=unknown, expected=_EXPECTED)
    item = _ITEM.fullmatch(found.param or "")
    if item is None:
        return found
    # Of an item it is only said which of its parts tells what it is.
    given = ask.body["input"][int(item[1])]
    if not isinstance(given, dict):
        return openai_words.invalid_type(f"input[{item[1]}]", "an input item", given)
    said = given.get("role" if item[2] == ".role" else "type")
    allowed = _ROLES if item[2] == ".role" else sorted(NAMED_ITEMS)
    return openai_words.invalid_value(said if isinstance(said, str) else "", allowed, f"input[{item[1]}]")


def _has_state(body: Body) -> bool:
    return any(body.get(key) is not None for key in ("prompt", "conversation"))


_ITEM = re.compile(r"input\[(\d+)\](|\.role|\.type)")
_ROLES = ("assistant", "system", "developer", "user")
_EXPECTED = {
    "input": "one of a string or array of input items",
    "metadata": "a metadata object",
    "tools": "an array of tools",
    "tool_choice": "one of an object or 'none', 'auto', or 'required'",
    "include": "an array of one of 'fil...lts', 'web...lts', 'web...ces', 'mes...url', 'com...url', "
    "'cod...uts', 'rea...ent', or 'mes...obs'",
}


@rule(
    "responses/stream-options",
    "stream_options without a stream",
    source=src.OPENAI_TYPES,
    date=src.TYPES_DATE,
    legal=(Example({"stream": True, "stream_options": {"include_obfuscation": False}}),),
    illegal=(
        Example(
            {"stream_options": {"include_obfuscation": False}},
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
        ),
    ),
)
def _stream_options(ask: Ask) -> None:
    check_stream_options(ask)


_BOTH = (
    "Mutually exclusive parameters: ''. Ensure you are only providing one of: 'pre..._id' or 'conversation'."
)
_NEITHER = "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation' must be provided."


@rule(
    "responses/state",
    "A conversation together with a previous response, and neither input nor anything to continue",
    source=src.MEASURED,
    date="2026-08-31",
    legal=(
        Example({"input": "", "previous_response_id": "resp_1"}),
        Example({"input": [], "conversation": "conv_1"}),
    ),
    illegal=(
        Example(
            {"conversation": "conv_1", "previous_response_id": "resp_1"},
            _BOTH,
        ),
        Example({"input": []}, _NEITHER),
        Example({"input": ""}, _NEITHER),
    ),
)
def _state(ask: Ask) -> None:
    body = ask.body
    if body.get("conversation") is not None and body.get("previous_response_id") is not None:
        raise bad(_BOTH, code="mutually_exclusive_parameters")
    if not body.get("input") and not continues(body):
        raise bad(_NEITHER, code="missing_required_parameter")


def continues(body: Body) -> bool:
    """Whether a request goes on with what the provider keeps."""
    return any(body.get(key) is not None for key in ("previous_response_id", "conversation", "prompt"))


@rule(
    "responses/strict-format",
    "A strict schema for the answer with an object that is open, or that does not require all its properties",
    source="https://github.com/vercel/ai/issues/6484",
    date="2025-05-26",
    legal=(Example(_format(_CLOSED, strict=True)), Example(_format(_OPEN, strict=False))),
    illegal=(
        Example(
            _format(_OPEN, strict=True),
            "Invalid schema for response_format 'f': In context=(), 'additionalProperties' is required to be "
            "supplied and to be false.",
        ),
    ),
)
def _strict_format(ask: Ask) -> None:
    form = (ask.body.get("text") or {}).get("format") or {}
    if form.get("type") == "json_schema":
        strict = form.get("strict") is True
        check_format(
            form["schema"], form["name"], "text.format.schema", strict=strict, code="invalid_json_schema"
        )


@rule(
    "responses/json-word",
    "Form json_object if no message of the input has the word json",
    source=src.OPENAI_STRUCTURED,
    date="2026-11",
    legal=(Example({"text": {"format": {"type": "json_object"}}, "input": "Three colours as JSON"}),),
    illegal=(
        Example(
            {"text": {"format": {"type": "json_object"}}},
            "Response input messages must contain the word 'json' in some form to use 'text.format' of type "
            "'json_object'.",
        ),
    ),
)
def _json_word(ask: Ask) -> None:
    form = (ask.body.get("text") or {}).get("format") or {}
    if form.get("type") == "json_object" and not continues(ask.body):
        if "json" in f"{ask.body.get('input')}{ask.body.get('instructions')}".lower():
            return
        text = (
            "Response input messages must contain the word 'json' in some form to use 'text.format' of type "
        )
        raise bad(f"{text}'json_object'.", param="input")
