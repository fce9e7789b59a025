# ruff: noqa: E501 - the providers' sentences are kept whole.
"""What OpenAI was seen to answer, in public, to small requests to gpt-5.6-terra; sources as in `measured`."""

from __future__ import annotations

from typing import Any, Final

from tests.unit.meter.rules.measured import OUT

Body = dict[str, Any]
Said = tuple[str | None, str | None, str]  # param, code, message

_U: Body = {"role": "user", "content": "a"}
_F: Body = {"type": "function", "function": {"name": "f", "parameters": {}}}
_R: Body = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}
_DONE: Body = {
    "id": "msg_1",
    "type": "message",
    "status": "completed",
    "role": "assistant",
    "phase": "final_answer",
    "content": [{"type": "output_text", "annotations": [], "logprobs": [], "text": "OK"}],
}
_REQUIRED = "missing_required_parameter"
_TYPE = "invalid_type"
_VALUE = "invalid_value"
_UNKNOWN = "unknown_parameter"
_UNSUPPORTED = "unsupported_parameter"
_NULL = "Invalid value for 'content': expected a string, got null."
_EMPTY = "empty array. Expected an array with minimum length 1, but got an empty array instead."
_EFFORTS = "Supported values are: 'none', 'low', 'medium', 'high', and 'xhigh'."
_ROLES = "Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'."
_TIERS = "Supported values are: 'auto', 'default', 'fast', 'flex', and 'priority'."
_INCLUDE = (
    "Supported values are: 'file_search_call.results', 'web_search_call.results', 'web_search_call.action.sources', "
    "'message.input_image.image_url', 'computer_call_output.output.image_url', 'code_interpreter_call.outputs', "
    "'reasoning.encrypted_content', and 'message.output_text.logprobs'."
)
_PARTS = (
    "Supported values are: 'input_text', 'input_image', 'input_audio', 'output_text', 'refusal', 'input_file', "
    "'computer_screenshot', 'summary_text', and 'encrypted_content'."
)
_EITHER = "one of a string or array of objects"
_NO_INPUT = "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation' must be provided."
_ONLY_24H = "This model is compatible only with 24h extended prompt caching"


def _m(*messages: Any, **more: Any) -> Body:
    return {"messages": list(messages), **more}


def _i(*items: Any, **more: Any) -> Body:
    return {"input": list(items), **more}


def _missing(param: str) -> Said:
    return param, _REQUIRED, f"Missing required parameter: '{param}'."


def _unknown(param: str, help_: str = "") -> Said:
    return param, _UNKNOWN, f"Unknown parameter: '{param}'.{help_}"


def _type(param: str, expected: str, got: str) -> Said:
    return param, _TYPE, f"Invalid type for '{param}': expected {expected}, but got {got} instead."


def _unsupported(param: str, more: str = "", code: str | None = _UNSUPPORTED) -> Said:
    return param, code, f"Unsupported parameter: '{param}' is not supported with this model.{more}"


def _empty(param: str) -> Said:
    return param, "empty_array", f"Invalid '{param}': {_EMPTY}"


def _bound(param: str, side: str, sign: str, most: str, got: str, kind: str = "integer") -> Said:
    word = "minimum" if side == "below_min" else "maximum"
    text = f"{kind} {side.split('_', maxsplit=1)[0]} {word} value. Expected a value {sign} {most}, but got {got} instead."
    return param, f"{kind}_{side}_value", f"Invalid '{param}': {text}"


def _value(param: str, given: str, named: str) -> Said:
    return param, _VALUE, f"Invalid value: '{given}'. {named}"


CHAT: Final[list[tuple[Body, Said]]] = [
    ({"model": OUT}, (None, None, "you must provide a model parameter")),
    ({"model": ""}, (None, None, "you must provide a model parameter")),
    ({"messages": OUT}, _missing("messages")),
    (_m(), _empty("messages")),
    ({"messages": "a"}, _type("messages", "an array of objects", "a string")),
    (_m("a"), _type("messages[0]", "an object", "a string")),
    (_m({"content": "a"}), _missing("messages[0].role")),
    (_m({"role": "bogus", "content": "a"}), _value("messages[0].role", "bogus", _ROLES)),
    (_m({"role": "user", "content": 7}), _type("messages[0].content", _EITHER, "an integer")),
    (_m({"role": "user"}), ("messages.[0].content", None, _NULL)),
    (_m({"role": "user", "content": None}), ("messages.[0].content", None, _NULL)),
    (_m(_U, {"role": "developer"}), _missing("messages[1].content")),
    (_m(_U, {"role": "developer", "content": None}), _type("messages[1].content", _EITHER, "null")),
    (_m(_U, {"role": "assistant", "refusal": None}), ("messages.[1].content", None, _NULL)),
    (_m(_U, {"role": "assistant", "tool_calls": None}), ("messages.[1].content", None, _NULL)),
    (_m(_U, {"role": "assistant", "content": "x", "tool_calls": []}), _empty("messages[1].tool_calls")),
    (_m(_U, {"role": "assistant", "tool_calls": []}), _empty("messages[1].tool_calls")),
    (
        _m(_U, {"role": "assistant", "content": "x", "tool_calls": "x"}),
        _type("messages[1].tool_calls", "an array of objects", "a string"),
    ),
    (
        _m({"role": "user"}, {"role": "user", "content": 7}),
        _type("messages[1].content", _EITHER, "an integer"),
    ),
    (_m({"role": "user"}, {"role": "bogus", "content": "a"}), _value("messages[1].role", "bogus", _ROLES)),
    (
        _m({"role": "user"}, temperature=0.5),
        (
            "temperature",
            "unsupported_value",
            (
                "Unsupported value: 'temperature' does not support 0.5 with this model. Only the default (1) value is "
                "supported."
            ),
        ),
    ),
    ({"zzz": 1}, _unknown("zzz")),
    ({"reasoning": {"effort": "low"}}, _unknown("reasoning")),
    ({"text": {"verbosity": "low"}}, _unknown("text")),
    ({"audio": {"voice": "alloy", "format": "wav"}}, _unknown("audio")),
    ({"modalities": ["text"]}, _unknown("modalities")),
    ({"web_search_options": {}}, _unknown("web_search_options")),
    ({"stor": 1}, _unknown("stor", " Did you mean 'stop' or 'store'?")),
    ({"temperatur": 1}, _unknown("temperatur", " Did you mean 'temperature'?")),
    ({"messagess": 1}, _unknown("messagess")),
    ({"zzz": 1, "messages": []}, _unknown("zzz")),
    ({"zzz": 1, "n": "x"}, _unknown("zzz")),
    ({"zzz": 1, "stop": ["Z"]}, _unknown("zzz")),
    (
        {"prompt_cache_retention": "x"},
        ("prompt_cache_retention", None, "Invalid prompt_cache_retention argument"),
    ),
    ({"prompt_cache_retention": "in_memory"}, ("prompt_cache_retention", None, _ONLY_24H)),
    (
        {"prompt_cache_retention": {}},
        _type("prompt_cache_retention", "one of 'in_memory' or '24h'", "an object"),
    ),
    ({"prompt_cache_options": {"bogus": 1}}, _unknown("prompt_cache_options.bogus")),
    ({"stop": ["Z"]}, _unsupported("stop")),
    ({"max_tokens": 32}, _unsupported("max_tokens", " Use 'max_completion_tokens' instead.")),
    ({"logit_bias": {"1": 1}}, _unsupported("logit_bias")),
    ({"prediction": {"type": "content", "content": "a"}}, _unsupported("prediction")),
    ({"frequency_penalty": 0.5}, _unsupported("frequency_penalty")),
    ({"presence_penalty": 0.5}, _unsupported("presence_penalty")),
    ({"logprobs": True}, _unsupported("logprobs")),
    ({"n": "2"}, _type("n", "an integer", "a string")),
    ({"temperature": "hot"}, _type("temperature", "a decimal", "a string")),
    ({"top_p": "wide"}, _type("top_p", "a decimal", "a string")),
    ({"store": "yes"}, _type("store", "a boolean", "a string")),
    ({"seed": 1.5}, _type("seed", "an integer", "a decimal number")),
    ({"user": {}}, _type("user", "a string", "an object")),
    ({"tools": "x"}, _type("tools", "an array of objects", "a string")),
    (
        {"functions": "x"},
        _type("functions", "an array of function definitions", "a string"),
    ),
    (
        {"tool_choice": 7},
        _type("tool_choice", "one of one of 'none', 'auto', or 'required' or object", "an integer"),
    ),
    ({"response_format": "json"}, _type("response_format", "an object", "a string")),
    ({"metadata": "x"}, _type("metadata", "a metadata object", "a string")),
    (
        {"service_tier": {}},
        _type("service_tier", "one of 'auto', 'default', 'fast', 'flex', or 'priority'", "an object"),
    ),
    ({"n": 0}, _bound("n", "below_min", ">=", "1", "0")),
    ({"n": 64}, _bound("n", "above_max", "<=", "8", "64")),
    ({"max_completion_tokens": 0}, _bound("max_completion_tokens", "below_min", ">=", "1", "0")),
    (
        {"logprobs": True, "reasoning_effort": "none", "top_logprobs": -1},
        _bound("top_logprobs", "below_min", ">=", "0", "-1"),
    ),
    (
        {"logprobs": True, "reasoning_effort": "none", "top_logprobs": 21},
        ("top_logprobs", None, "Invalid value for 'top_logprobs': must be less than or equal to 5."),
    ),
    (
        {"reasoning_effort": "none", "top_logprobs": 1},
        ("top_logprobs", None, "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled."),
    ),
    (
        {"reasoning_effort": "none", "frequency_penalty": 3},
        _bound("frequency_penalty", "above_max", "<=", "2", "3", "decimal"),
    ),
    (
        {"reasoning_effort": "none", "presence_penalty": -3},
        _bound("presence_penalty", "below_min", ">=", "-2", "-3", "decimal"),
    ),
    (
        {"metadata": {"k": "x" * 600}},
        (
            "metadata.k",
            "string_above_max_length",
            (
                "Invalid 'metadata.k': string too long. Expected a string with maximum length 512, but got a string with "
                "length 600 instead."
            ),
        ),
    ),
    (
        {"metadata": {"k" * 70: "v"}},
        (
            f"metadata.{'k' * 70}",
            "property_name_above_max_length",
            (
                "Invalid property name in 'metadata': 'kkk...kkk' is too long. Expected a string with maximum length 64, "
                "but got a string with length 70 instead."
            ),
        ),
    ),
    ({"metadata": {"k": 7}}, _type("metadata.k", "a string", "an integer")),
    ({"service_tier": "bogus"}, _value("service_tier", "bogus", _TIERS)),
    (
        {"verbosity": "bogus"},
        _value("verbosity", "bogus", "Supported values are: 'low', 'medium', and 'high'."),
    ),
    (
        {"response_format": {"type": "bogus"}},
        _value(
            "response_format.type",
            "bogus",
            "Supported values are: 'json_object', 'json_schema', and 'text'.",
        ),
    ),
    (
        {"tools": [_F], "tool_choice": "bogus"},
        _value("tool_choice", "bogus", "Supported values are: 'none', 'auto', and 'required'."),
    ),
    (
        {"reasoning_effort": "max"},
        (
            "reasoning_effort",
            "unsupported_value",
            f"Unsupported value: 'reasoning_effort' does not support 'max' with this model. {_EFFORTS}",
        ),
    ),
    (
        {"reasoning_effort": "bogus"},
        (
            "reasoning_effort",
            "unsupported_value",
            f"Unsupported value: 'reasoning_effort' does not support 'bogus' with this model. {_EFFORTS}",
        ),
    ),
    ({"response_format": {}}, _missing("response_format.type")),
    ({"functions": [{"parameters": {}}]}, _missing("functions[0].name")),
    ({"tools": [{"type": "function"}]}, _missing("tools[0].function")),
    ({"tools": [{"type": "function", "function": {}}]}, _missing("tools[0].function.name")),
    ({"tools": [_F], "tool_choice": {"type": "bogus"}}, _missing("tool_choice.function")),
    (
        {"tools": [_F], "tool_choice": {"type": "function", "function": {}}},
        _missing("tool_choice.function.name"),
    ),
    (
        {"tools": [{"type": "function", "function": {"name": ""}}]},
        (
            "tools[0].function.name",
            "empty_string",
            (
                "Invalid 'tools[0].function.name': empty string. Expected a string with minimum length 1, but got an empty "
                "string instead."
            ),
        ),
    ),
    (
        {"tools": [_F], "tool_choice": {"type": "function", "function": {"name": "g"}}},
        (
            "function_call",
            None,
            "Invalid value for 'function_call': no function named 'g' was specified in the 'functions' parameter.",
        ),
    ),
    ({"functions": [{"name": "f", "parameters": {}}], "function_call": {}}, _missing("function_call.name")),
    ({"moderation": {}}, _missing("moderation.model")),
    ({"response_format": {"type": "json_schema"}}, _missing("response_format.json_schema")),
    (
        {"response_format": {"type": "json_schema", "json_schema": {}}},
        _missing("response_format.json_schema.name"),
    ),
    ({"stream_options": {"bogus": 1}}, _unknown("stream_options.bogus")),
    ({"n": "x", "stop": ["Z"]}, _type("n", "an integer", "a string")),
    ({"n": "x", "temperature": 0.5}, _type("n", "an integer", "a string")),
    ({"stop": ["Z"], "temperature": 0.5}, _unsupported("stop")),
    ({"n": 0, "stop": ["Z"]}, _bound("n", "below_min", ">=", "1", "0")),
    ({"metadata": {"k": 7}, "n": 0}, _bound("n", "below_min", ">=", "1", "0")),
    ({"functions": "x", "messages": "x"}, _type("messages", "an array of objects", "a string")),
    ({"store": "x", "stream": "y"}, _type("stream", "a boolean", "a string")),
    ({"temperature": 0.5, "metadata": "x"}, _type("metadata", "a metadata object", "a string")),
    (
        {"tools": [_F]},
        (
            "reasoning_effort",
            None,
            (
                "Function tools with reasoning_effort are not supported for gpt-5.6-terra in /v1/chat/completions. To use "
                "function tools, use /v1/responses or set reasoning_effort to 'none'."
            ),
        ),
    ),
]
CHAT_TAKEN: Final[list[Body]] = [
    _m({"role": "user", "content": ""}),
    _m({"role": "user", "content": []}),
    _m(_U, {"role": "assistant", "refusal": "no"}, _U),
    {"tools": [_F], "reasoning_effort": "none"},
    {"reasoning_effort": "none", "logprobs": True, "top_logprobs": 5, "frequency_penalty": 1},
    {"prompt_cache_retention": "24h", "service_tier": "fast", "store": True, "user": "u", "verbosity": "low"},
    {"temperature": 1, "top_p": 1, "n": 8},
]

RESPONSES: Final[list[tuple[Body, Said]]] = [
    ({"zzz": 1}, _unknown("zzz")),
    ({"n": 2}, _unknown("n")),
    ({"stop": ["Z"]}, _unknown("stop", " Did you mean 'store'?")),
    ({"seed": 1}, _unknown("seed")),
    ({"logprobs": True}, _unknown("logprobs")),
    ({"max_tokens": 16}, _unknown("max_tokens")),
    (
        {"messages": [_U]},
        (
            None,
            _UNSUPPORTED,
            (
                "Unsupported parameter: 'messages'. In the Responses API, this parameter has moved to 'input'. Try again "
                "with the new parameter. See the API documentation for more information: "
                "https://platform.openai.com/docs/api-reference/responses/create."
            ),
        ),
    ),
    ({"model": OUT}, _missing("model")),
    ({"model": None}, _type("model", "a string", "an object")),
    ({"model": ""}, ("model", "model_not_found", "The requested model '' does not exist.")),
    ({"model": 7}, _type("model", "a string", "an integer")),
    ({"input": OUT}, _missing("input")),
    ({"input": OUT, "zzz": 1}, _missing("input")),
    ({"input": OUT, "previous_response_id": "resp_x"}, _missing("input")),
    (_i(), (None, _REQUIRED, _NO_INPUT)),
    ({"input": ""}, (None, _REQUIRED, _NO_INPUT)),
    (_i(temperature=0.5), (None, _REQUIRED, _NO_INPUT)),
    (_i(zzz=1), _unknown("zzz")),
    (_i(truncation="bogus"), _value("truncation", "bogus", "Supported values are: 'auto' and 'disabled'.")),
    ({"input": None}, _type("input", "a string", "an object")),
    ({"input": {"a": 1}}, _type("input", "one of a string or array of input items", "an object")),
    (_i({**_U, "bogus": 1}), _unknown("input[0].bogus")),
    (_i({**_U, "bogus": 1}, zzz=1), _unknown("zzz")),
    (_i({**_U, "phase": "final_answer"}), _unknown("input[0].phase")),
    (
        _i({**_DONE, "phase": "bogus"}, _U),
        _value("input[0].phase", "bogus", "Supported values are: 'commentary' and 'final_answer'."),
    ),
    (_i({**_DONE, "zzz": 1}, _U), _unknown("input[0].zzz")),
    (
        _i({"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}, _U),
        _value("input[0].content[0]", "input_text", "Supported values are: 'output_text' and 'refusal'."),
    ),
    (_i(7), _type("input[0]", "an input item", "an integer")),
    (_i(None), _type("input[0]", "an input item", "null")),
    (
        _i({"role": "bogus", "content": "a"}),
        _value("input[0]", "bogus", "Supported values are: 'assistant', 'system', 'developer', and 'user'."),
    ),
    (
        _i({}),
        _value("input[0]", "", "Supported values are: 'assistant', 'system', 'developer', and 'user'."),
    ),
    (_i({"role": "user"}), _missing("input[0].content")),
    (
        _i({"role": "user", "content": [{"type": "bogus", "text": "x"}]}),
        _value("input[0].content[0].type", "bogus", _PARTS),
    ),
    (
        _i({"role": "user", "content": [{"type": "output_text", "text": "x"}]}),
        _value(
            "input[0].content[0]",
            "output_text",
            "Supported values are: 'input_text', 'input_image', 'input_file', 'scoped_content', and 'input_audio'.",
        ),
    ),
    (_i({"role": "user", "content": [{"type": "input_text"}]}), _missing("input[0].content[0].text")),
    ({"text": {"zzz": 1}}, _unknown("text.zzz")),
    (
        {"text": {"format": {"type": "bogus"}}},
        _value(
            "text.format.type", "bogus", "Supported values are: 'json_object', 'text', and 'json_schema'."
        ),
    ),
    ({"text": {"format": {"type": "json_schema"}}}, _missing("text.format.name")),
    (
        {"text": {"verbosity": "bogus"}},
        _value("text.verbosity", "bogus", "Supported values are: 'low', 'medium', and 'high'."),
    ),
    ({"tools": [{}]}, _missing("tools[0].type")),
    ({"tools": [{"type": "function"}]}, _missing("tools[0].name")),
    ({"tools": [_F]}, _missing("tools[0].name")),
    ({"reasoning": "low"}, _type("reasoning", "an object", "a string")),
    (
        {"reasoning": {"effort": "bogus"}},
        _value(
            "reasoning.effort",
            "bogus",
            "Supported values are: 'none', 'minimal', 'low', 'medium', 'high', 'xhigh', and 'max'.",
        ),
    ),
    (
        {"reasoning": {"effort": "minimal"}},
        (
            "reasoning.effort",
            "unsupported_value",
            (
                "Unsupported value: 'minimal' is not supported with the 'gpt-5.6-terra' model. Supported values are: "
                "'none', 'low', 'medium', 'high', 'xhigh', and 'max'."
            ),
        ),
    ),
    (
        {"reasoning": {"summary": "bogus"}},
        _value("reasoning.summary", "bogus", "Supported values are: 'concise', 'detailed', and 'auto'."),
    ),
    ({"reasoning": {"bogus": 1}}, _unknown("reasoning.bogus")),
    ({"temperature": 0.5}, _unsupported("temperature", code=None)),
    ({"temperature": "hot"}, _type("temperature", "a decimal", "a string")),
    ({"top_p": 0.5}, _unsupported("top_p", code=None)),
    ({"presence_penalty": 0.5}, _unsupported("presence_penalty", code=None)),
    ({"frequency_penalty": 0.5}, _unsupported("frequency_penalty", code=None)),
    (
        {"top_logprobs": 1},
        ("top_logprobs", _UNSUPPORTED, "logprobs are not supported with reasoning models."),
    ),
    (
        {"include": ["message.output_text.logprobs"]},
        ("include", _UNSUPPORTED, "logprobs are not supported with reasoning models."),
    ),
    (
        {"previous_response_id": "resp_no"},
        (
            "previous_response_id",
            "previous_response_not_found",
            "Previous response with id 'resp_no' not found.",
        ),
    ),
    ({"previous_response_id": {}}, _type("previous_response_id", "a string", "an object")),
    ({"prompt": "x"}, _type("prompt", "an object", "a string")),
    (
        {"truncation": "bogus"},
        _value("truncation", "bogus", "Supported values are: 'auto' and 'disabled'."),
    ),
    ({"truncation": {}}, _type("truncation", "one of 'auto' or 'disabled'", "an object")),
    ({"include": ["bogus"]}, _value("include[0]", "bogus", _INCLUDE)),
    ({"max_tool_calls": 0}, _bound("max_tool_calls", "below_min", ">=", "1", "0")),
    ({"max_output_tokens": 15}, _bound("max_output_tokens", "below_min", ">=", "16", "15")),
    ({"max_output_tokens": "x"}, _type("max_output_tokens", "an integer", "a string")),
    ({"metadata": "x"}, _type("metadata", "a metadata object", "a string")),
    ({"prompt_cache_retention": "in_memory"}, ("prompt_cache_retention", "invalid_parameter", _ONLY_24H)),
    ({"prompt_cache_options": {"bogus": 1}}, _unknown("prompt_cache_options.bogus")),
    ({"stream_options": {"include_usage": True}}, _unknown("stream_options.include_usage")),
    ({"stream_options": "x"}, _type("stream_options", "an object", "a string")),
    ({"stream": "yes"}, _type("stream", "a boolean", "a string")),
    ({"store": "yes"}, _type("store", "a boolean", "a string")),
    ({"instructions": {}}, _type("instructions", "a string", "an object")),
    ({"text": "x"}, _type("text", "an object", "a string")),
    ({"tools": "x"}, _type("tools", "an array of tools", "a string")),
    ({"context_management": "x"}, _type("context_management", "an array of objects", "a string")),
    (
        {"tool_choice": 7},
        _type("tool_choice", "one of an object or 'none', 'auto', or 'required'", "an integer"),
    ),
    (
        {"tools": [_R], "tool_choice": "bogus"},
        _value("tool_choice", "bogus", "Supported values are: 'none', 'auto', and 'required'."),
    ),
    ({"tools": [_R], "tool_choice": {"type": "function"}}, _missing("tool_choice.name")),
    (
        {"tools": [_R], "tool_choice": {"type": "function", "function": {"name": "f"}}},
        _missing("tool_choice.name"),
    ),
    (
        {"truncation": "bogus", "input": 7},
        _type("input", "one of a string or array of input items", "an integer"),
    ),
    ({"metadata": "x", "tools": "x"}, _type("tools", "an array of tools", "a string")),
    ({"text": "x", "metadata": "x"}, _type("metadata", "a metadata object", "a string")),
    ({"temperature": "x", "text": "x"}, _type("text", "an object", "a string")),
    ({"tools": "x", "include": ["bogus"]}, _value("include[0]", "bogus", _INCLUDE)),
    (
        {"conversation": "conv_1", "previous_response_id": "resp_1"},
        (
            None,
            "mutually_exclusive_parameters",
            "Mutually exclusive parameters: ''. Ensure you are only providing one of: 'pre..._id' or 'conversation'.",
        ),
    ),
]
RESPONSES_TAKEN: Final[list[Body]] = [
    _i({**_U, "status": "completed"}),
    _i({**_U, "id": "msg_x"}),
    _i({**_U, "type": "message"}),
    _i(_U, _DONE, _U),
    _i({"role": "developer", "content": "a"}, _U),
    _i({"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]}, _U),
    {
        "truncation": None,
        "store": None,
        "user": None,
        "metadata": None,
        "instructions": None,
        "temperature": None,
    },
    {"max_output_tokens": 16, "reasoning": {"effort": "max"}},
    {"tools": [_R], "tool_choice": "auto"},
]
