"""Rules of /v1/chat/completions on fields, their types, and parameters that depend on one another."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from lab.meter.refusal import Refusal
from lab.meter.rules import sources as src
from lab.meter.rules.gpt import gpt
from lab.meter.rules.openai_schemas import check_format
from lab.meter.rules.rule import Ask, Body, Example, bad, rule
from lab.meter.schemas import openai_words
from lab.meter.schemas.chat import ChatRequest
from lab.meter.schemas.openai_common import RETENTIONS

_OPEN: Body = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
_CLOSED: Body = {**_OPEN, "additionalProperties": False}
_TOO_LONG = (
    "Invalid '{0}': string too long. Expected a string with maximum length {1}, but got a string with "
    "length {2} "
    "instead."
)
_TOO_MANY = (
    "Invalid '{0}': array too long. Expected an array with maximum length {1}, but got an array with "
    "length {2} "
    "instead."
)


def _function(name: str) -> Body:
    return {"type": "function", "function": {"name": name}}


def _format(schema: Body, **more: Any) -> Body:
    return {
        "response_format": {"type": "json_schema", "json_schema": {"name": "f", "schema": schema, **more}}
    }


@rule(
    "chat/types",
    "Fields that are missing, not known, of another type or size than the published one",
    source=src.OPENAI_TYPES,
    date=src.TYPES_DATE,
    legal=(
        Example({"stop": ["A", "B", "C", "D"], "n": 2, "seed": 7, "user": "u" * 64, "service_tier": "flex"}),
        Example({"tools": [_function("x" * 64)] * 128}),
        Example({"stop": None, "tools": None, "response_format": {"type": "text"}}),
    ),
    illegal=(
        Example({"model": None}, "you must provide a model parameter"),
        Example(
            {"messages": None},
            "Invalid type for 'messages': expected an array of objects, but got null instead.",
        ),
        Example({"thinking": {}}, "Unrecognized request argument supplied: thinking"),
        Example({"client_metadata": {}}, "Unrecognized request argument supplied: client_metadata"),
        Example({"stop": ["A", "B", "C", "D", "E"]}, _TOO_MANY.format("stop", 4, 5)),
        Example(
            {"stop": 5},
            "Invalid type for 'stop': expected one of a string or array of strings, but got an integer "
            "instead.",
        ),
        Example({"tools": [_function("f")] * 129}, _TOO_MANY.format("tools", 128, 129)),
        Example({"tools": [_function("x" * 65)]}, _TOO_LONG.format("tools[0].function.name", 64, 65)),
        Example(
            {"tools": [_function("a b")]},
            "Invalid 'tools[0].function.name': string does not match pattern. Expected a string that "
            "matches the "
            "pattern '^[a-zA-Z0-9_-]+$'.",
        ),
        Example({"user": "u" * 123}, _TOO_LONG.format("user", 64, 123)),
        Example(
            {"temperature": 2.5},
            "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 2.5 instead.",
        ),
        Example(
            {"n": 0},
            "Invalid 'n': integer below minimum value. Expected a value >= 1, but got 0 instead.",
        ),
        Example(
            {"tool_choice": "any"},
            "Invalid value: 'any'. Supported values are: 'none', 'auto', and 'required'.",
        ),
        Example(
            {"messages": [{"role": "tester", "content": "x"}]},
            "Invalid value: 'tester'. Supported values are: 'system', 'assistant', 'user', 'function', "
            "'tool', and "
            "'developer'.",
        ),
        Example(
            {"messages": [{"role": "user", "name": "Ada L", "content": "hi"}]},
            "Invalid 'messages[0].name': string does not match pattern. Expected a string that matches the "
            "pattern "
            "'^[^\\s<|\\\\/>]+$'.",
        ),
        Example(
            {"metadata": {f"k{n}": "v" for n in range(17)}},
            "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but "
            "got an "
            "object with 17 properties instead.",
        ),
    ),
)
def _types(ask: Ask) -> None:
    if ask.body.get("model") in (None, ""):
        raise bad("you must provide a model parameter")
    if ask.body.get("prompt_cache_retention") not in (None, *RETENTIONS) and isinstance(
        ask.body["prompt_cache_retention"], str
    ):
        raise bad("Invalid prompt_cache_retention argument", param="prompt_cache_retention")
    model = gpt(ask.model)
    gone = _GONE if model and model.version >= (5, 6) else frozenset()
    extra = [key for key in ask.body if key in gone]
    try:
        ChatRequest.model_validate(ask.body)
        if extra:
            raise _unknown(ask, extra)
    except ValidationError as error:
        raise openai_words.refusal(
            error, unknown=lambda names: _unknown(ask, names), expected=_EXPECTED
        ) from None


def _unknown(ask: Ask, names: list[str]) -> Refusal:
    """Models since GPT-5 say it in other words than older ones."""
    model = gpt(ask.model)
    if model is None or model.version < (5, 0):
        return openai_words.unrecognized(names)
    return openai_words.unknown_parameter(names, ChatRequest.model_fields.keys() - ask.body.keys() - _GONE)


# What models since GPT-5.6 do not know.
_GONE = frozenset({"audio", "modalities", "web_search_options"})
_EXPECTED = {
    "functions": "an array of function definitions",
    "metadata": "a metadata object",
    "stop": "one of a string or array of strings",
    "tool_choice": "one of one of 'none', 'auto', or 'required' or object",
}


@rule(
    "chat/stream-options",
    "stream_options without a stream",
    source=src.OPENAI_TYPES,
    date=src.TYPES_DATE,
    legal=(Example({"stream": True, "stream_options": {"include_usage": True}}),),
    illegal=(
        Example(
            {"stream_options": {"include_usage": True}},
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
        ),
    ),
)
def _stream_options(ask: Ask) -> None:
    check_stream_options(ask)


def check_stream_options(ask: Ask) -> None:
    """Raises Refusal if options of a stream come without one; also on /v1/responses."""
    if ask.body.get("stream_options") is not None and not ask.body.get("stream"):
        text = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise bad(text, param="stream_options")


@rule(
    "chat/both-limits",
    "max_tokens together with max_completion_tokens",
    source="https://github.com/langchain-ai/langgraph/issues/5943",
    date="2025-08-19",
    legal=(Example({"max_tokens": 64}), Example({"max_completion_tokens": 64})),
    illegal=(
        Example(
            {"max_tokens": 64, "max_completion_tokens": 64},
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
        ),
    ),
)
def _both_limits(ask: Ask) -> None:
    if ask.body.get("max_tokens") is not None and ask.body.get("max_completion_tokens") is not None:
        text = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
        raise bad(text, param="max_tokens", code="invalid_parameter_combination")


@rule(
    "chat/top-logprobs",
    "top_logprobs without logprobs",
    source=src.OPENAI_TYPES,
    date=src.TYPES_DATE,
    legal=(Example({"logprobs": True, "top_logprobs": 5}), Example({"logprobs": True})),
    illegal=(
        Example(
            {"top_logprobs": 5}, "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled."
        ),
    ),
)
def _top_logprobs(ask: Ask) -> None:
    if ask.body.get("top_logprobs") is not None and not ask.body.get("logprobs"):
        text = "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled."
        raise bad(text, param="top_logprobs")


@rule(
    "chat/response-format",
    "Form json_object if no message has the word json, and form json_schema without a schema's name",
    source=src.OPENAI_STRUCTURED,
    date="2026-11",
    legal=(
        Example(
            {
                "response_format": {"type": "json_object"},
                "messages": [{"role": "user", "content": "Three colours as JSON"}],
            }
        ),
        Example(_format(_OPEN)),
    ),
    illegal=(
        Example(
            {"response_format": {"type": "json_object"}},
            "'messages' must contain the word 'json' in some form, to use 'response_format' of type "
            "'json_object'.",
        ),
        Example(
            {"response_format": {"type": "json_schema"}},
            "Missing required parameter: 'response_format.json_schema'.",
        ),
    ),
)
def _response_format(ask: Ask) -> None:
    form = ask.body.get("response_format") or {}
    if form.get("type") == "json_schema" and not form.get("json_schema"):
        param = "response_format.json_schema"
        raise bad(f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter")
    if form.get("type") == "json_object" and "json" not in str(ask.body["messages"]).lower():
        text = "'messages' must contain the word 'json' in some form, to use 'response_format' of type "
        raise bad(f"{text}'json_object'.", param="messages")


@rule(
    "chat/strict-format",
    "A strict schema for the answer with an object that is open, or that does not require all its properties",
    source="https://github.com/vercel/ai/issues/6484",
    date="2025-05-26",
    legal=(
        Example(_format(_CLOSED, strict=True)),
        Example(_format(_OPEN)),
        Example(_format(_OPEN, strict=False)),
    ),
    illegal=(
        Example(
            _format(_OPEN, strict=True),
            "Invalid schema for response_format 'f': In context=(), 'additionalProperties' is required to be "
            "supplied and to be false.",
        ),
        Example(
            _format({**_CLOSED, "required": []}, strict=True),
            "Invalid schema for response_format 'f': In context=(), 'required' is required to be supplied "
            "and to be "
            "an array including every key in properties. Missing 'a'.",
        ),
    ),
)
def _strict_format(ask: Ask) -> None:
    form = (ask.body.get("response_format") or {}).get("json_schema") or {}
    if form:
        strict = form.get("strict") is True
        check_format(form.get("schema"), form["name"], "response_format", strict=strict, code=None)
