# ruff: noqa: E501 - the providers' sentences are kept whole.
"""What providers were seen to answer, in public, to small requests; each differs from a legal one in these fields.

Requests to Claude Sonnet 5 and GPT-5.6 were measured from 2026-08-30 to 2026-09-04 by the authors of
https://github.com/kangminlee-maker/local-OAuth-CLI-API-adapter (docs/conformance-matrix.md); those to Claude
Haiku 4.5 on 2026-08-28 by https://github.com/aegis-gateway/aegis-ai-gateway, to Claude Sonnet 5.5 on 2026-09-29 by
https://github.com/aakshintala/fiber. Only requests and the providers' own words are taken from there.
"""

from __future__ import annotations

from typing import Any, Final

Body = dict[str, Any]
# A field that is left out.
OUT: Final = object()

_U: Body = {"role": "user", "content": "a"}
_B: Body = {"role": "user", "content": "b"}
_A: Body = {"role": "assistant", "content": "ok"}
_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
_IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": _PNG}}
_TAIL = "; the directive-only form (content: [] with output_config) is accepted at any position"
_FIRST = f"use the top-level 'system' parameter for the initial system prompt{_TAIL}"
_PRECEDE = f"role 'system' must precede an 'assistant' message or end the array{_TAIL}"
_BLOCKS = "role 'system' supports text, tool_addition, and tool_removal blocks only"
_SHAPE = "Input does not match the expected shape."
_SYSTEM_EMPTY = "system content must contain at least one block"
_SYSTEM_BLANK = "system text blocks must contain non-whitespace text"
_USER_EMPTY = "user messages must have non-empty content"


def _s(content: Any) -> Body:
    return {"role": "system", "content": content}


def _m(*messages: Any, **more: Any) -> Body:
    return {"messages": list(messages), **more}


# To claude-sonnet-5: fields, and the message.
MESSAGES: Final[list[tuple[Body, str]]] = [
    ({"model": OUT}, "model: Field required"),
    ({"model": None}, "model: Input should be a valid string"),
    ({"model": 7}, "model: Input should be a valid string"),
    ({"model": ""}, "model: String should have at least 1 character"),
    ({"messages": OUT}, "messages: Field required"),
    ({"messages": "x"}, "messages: Input should be a valid array"),
    (_m(), "messages: at least one message is required"),
    ({"max_tokens": OUT}, "max_tokens: Field required"),
    ({"max_tokens": None}, "max_tokens: Input should be a valid integer"),
    ({"max_tokens": "x"}, "max_tokens: Input should be a valid integer"),
    ({"max_tokens": -1}, "max_tokens: must be greater than or equal to 0"),
    (_m({"content": "a"}), "messages.0.role: Field required"),
    (
        _m({"role": "bogus", "content": "a"}),
        'messages: Unexpected role "bogus". Allowed roles are "user" or "assistant"',
    ),
    (_m(_s("a")), f"messages.0: {_FIRST}"),
    (_m(_s([]), _U), f"messages.0: {_SYSTEM_EMPTY}"),
    (
        _m({"role": "developer", "content": "x"}, _U),
        'messages: Unexpected role "developer". Allowed roles are "user" or "assistant"',
    ),
    (_m(_U, {"role": "system"}), "messages.1.content: Field required"),
    (_m(_U, _s(None)), "messages.1.content: Input should be a valid array"),
    (_m(_U, _s(7)), "messages.1.content: Input should be a valid array"),
    (_m(_U, _s([{"text": "x"}])), "messages.1.content.0.type: Field required"),
    (_m(_U, {**_s("x"), "bogus": 1}, temperature="x"), "messages.1.bogus: Extra inputs are not permitted"),
    (_m({**_U, "bogus": 1}, temperature="x"), "messages.0.bogus: Extra inputs are not permitted"),
    (_m({**_U, "bogus": 1}, zzz=1), "messages.0.bogus: Extra inputs are not permitted"),
    (_m({"role": "user"}), "messages.0.content: Field required"),
    (_m({"role": "user", "content": None}), "messages.0.content: Input should be a valid array"),
    (_m({"role": "user", "content": 7}), "messages.0.content: Input should be a valid array"),
    (_m({"role": "user", "content": {}}), "messages.0.content: Input should be a valid array"),
    (_m({"role": "user", "content": []}), f"messages.0: {_USER_EMPTY}"),
    (_m({"role": "user", "content": ""}), f"messages.0: {_USER_EMPTY}"),
    (_m({"role": "user", "content": [7]}), "messages.0.content.0: Input should be an object"),
    (_m({"role": "user", "content": [{}]}), "messages.0.content.0.type: Field required"),
    ({"tool_choice": 7}, "tool_choice: Input should be an object"),
    ({"tool_choice": None}, "tool_choice: Input should be an object"),
    ({"tool_choice": {}}, "tool_choice.type: Field required"),
    (
        {"tool_choice": {"type": "bogus"}},
        (
            "tool_choice: Input tag 'bogus' found using 'type' does not match any of the expected tags: "
            "'auto', 'any', 'tool', 'none'"
        ),
    ),
    ({"tools": "x"}, "tools: Input should be a valid array"),
    ({"tools": None}, "tools: Input should be a valid array"),
    ({"tools": [7]}, "tools.0: Input should be an object"),
    ({"system": 7}, "system: Input should be a valid array"),
    ({"system": None}, "system: Input should be a valid array"),
    ({"system": [7]}, f"system.0: {_SHAPE}"),
    ({"thinking": "x"}, "thinking: Input should be an object"),
    ({"thinking": None}, "thinking: Input should be an object"),
    ({"output_config": "x"}, f"output_config: {_SHAPE}"),
    ({"output_config": None}, f"output_config: {_SHAPE}"),
    (
        {"output_config": {"effort": "x"}},
        "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'",
    ),
    ({"cache_control": "x"}, "cache_control: Input should be an object"),
    ({"metadata": "x"}, f"metadata: {_SHAPE}"),
    ({"metadata": {"bogus": "x"}}, "metadata.bogus: Extra inputs are not permitted"),
    ({"metadata": {"user_id": 7}}, "metadata.user_id: Input should be a valid string"),
    ({"stop_sequences": "ZZ"}, "stop_sequences: Input should be a valid array"),
    ({"stop_sequences": [1]}, "stop_sequences.0: Input should be a valid string"),
    ({"temperature": "x"}, "temperature: Input should be a valid number"),
    ({"temperature": None}, "temperature: Input should be a valid number"),
    ({"temperature": 2}, "temperature: range: 0..1"),
    ({"temperature": -0.1}, "temperature: range: 0..1"),
    ({"service_tier": "bogus"}, "service_tier: Input should be 'auto' or 'standard_only'"),
    ({"service_tier": None}, "service_tier: Input should be 'auto' or 'standard_only'"),
    ({"top_k": "x"}, "top_k: Input should be a valid integer"),
    ({"top_k": 1.5}, "top_k: Input should be a valid integer"),
    ({"top_k": None}, "top_k: Input should be a valid integer"),
    ({"top_p": "x"}, "top_p: Input should be a valid number"),
    ({"top_p": None}, "top_p: Input should be a valid number"),
    ({"top_p": 1.5}, "top_p: range: 0..1"),
    ({"stream": "yes"}, "stream: Input should be a valid boolean"),
    ({"stream": None}, "stream: Input should be a valid boolean"),
    ({"container": 7}, f"container.ContainerParams: {_SHAPE}"),
    (
        {"container": "container_x"},
        "container: Container identifier can only be provided when using the code execution tool",
    ),
    ({"inference_geo": 7}, "inference_geo: Input should be a valid string"),
    ({"zzz": 1}, "zzz: Extra inputs are not permitted"),
    ({"zzz": None}, "zzz: Extra inputs are not permitted"),
    ({"tool_choice": 7, "model": 7}, "model: Input should be a valid string"),
    ({"tools": "x", "tool_choice": 7}, "tool_choice: Input should be an object"),
    ({"messages": "x", "tools": "x"}, "tools: Input should be a valid array"),
    ({"system": 7, "messages": "x"}, "messages: Input should be a valid array"),
    ({"thinking": "x", "system": 7}, "system: Input should be a valid array"),
    ({"output_config": "x", "thinking": "x"}, "thinking: Input should be an object"),
    ({"cache_control": "x", "output_config": "x"}, f"output_config: {_SHAPE}"),
    ({"max_tokens": "x", "cache_control": "x"}, "cache_control: Input should be an object"),
    ({"metadata": "x", "max_tokens": "x"}, "max_tokens: Input should be a valid integer"),
    ({"temperature": "x", "stop_sequences": "Z"}, "stop_sequences: Input should be a valid array"),
    ({"service_tier": 7, "temperature": "x"}, "temperature: Input should be a valid number"),
    ({"top_p": "x", "top_k": "x"}, "top_k: Input should be a valid integer"),
    ({"inference_geo": 7, "container": 7}, f"container.ContainerParams: {_SHAPE}"),
    ({"zzz": 1, "inference_geo": 7}, "inference_geo: Input should be a valid string"),
    ({"model": OUT, "zzz": 1}, "model: Field required"),
    ({"container": "c", "zzz": 1}, "zzz: Extra inputs are not permitted"),
    ({"container": "c", "inference_geo": 7}, "inference_geo: Input should be a valid string"),
    (_m(_U, _s("s"), _B), f"messages.1: {_PRECEDE}"),
    (_m(_U, _s("s"), _s("t"), _B), f"messages.2: {_PRECEDE}"),
    (_m(_U, _s("s"), _s("t"), _s("u"), _B), f"messages.3: {_PRECEDE}"),
    (_m(_U, _s([])), f"messages.1: {_SYSTEM_EMPTY}"),
    (_m(_U, _s([]), _B), f"messages.1: {_SYSTEM_EMPTY}"),
    (_m(_U, _s("  ")), f"messages.1: {_SYSTEM_BLANK}"),
    (
        _m(_U, _s([{"type": "text", "text": "x"}, {"type": "text", "text": ""}])),
        f"messages.1: {_SYSTEM_BLANK}",
    ),
    (_m(_U, _s("  "), _B), f"messages.1: {_PRECEDE}"),
    (_m(_s("  "), _U), f"messages.0: {_FIRST}"),
    (_m(_U, _s([_IMAGE])), f"messages.1: {_BLOCKS}"),
    (_m(_U, _s([_IMAGE]), _B), f"messages.1: {_BLOCKS}"),
    (_m(_s([_IMAGE]), _U), f"messages.0: {_BLOCKS}"),
    (
        _m(_U, _A, _s("x")),
        (
            "messages.2: role 'system' must follow a 'user' message or an 'assistant' message ending in a server "
            f"tool result{_TAIL}"
        ),
    ),
    (_m(_U, _A, {"role": "user", "content": []}), f"messages.2: {_USER_EMPTY}"),
    (
        _m(_U, _A, {"role": "user", "content": []}, {"role": "user", "content": []}),
        f"messages.2: {_USER_EMPTY}",
    ),
    (
        _m(_U, _A),
        "This model does not support assistant message prefill. The conversation must end with a user message.",
    ),
    ({"tool_choice": {"type": "any"}}, "tool_choice.any may only be specified while providing tools"),
    ({"tool_choice": {"type": "tool", "name": "w"}}, "Tool 'w' not found in provided tools"),
]
# What Claude Sonnet 5 answered with 200.
MESSAGES_TAKEN: Final[list[Body]] = [
    {"max_tokens": 0},
    {"top_k": -1},
    {"stop_sequences": []},
    {
        "metadata": None,
        "inference_geo": None,
        "stop_sequences": None,
        "cache_control": None,
        "container": None,
    },
    {"inference_geo": "us"},
    {"system": "s"},
    {"tool_choice": {"type": "auto"}},
    {"tool_choice": {"type": "none"}},
    {"tools": [], "tool_choice": {"type": "auto"}},
    _m(_U, _s("x")),
    _m(_U, _s("x"), _s("y")),
    _m(_U, _s("x"), _A, _B),
    _m(_U, _s("x"), _s("y"), _A, _B),
    _m({"role": "user", "content": []}, _U),
    _m(_U, {"role": "user", "content": []}),
]
# To claude-haiku-4-5.
HAIKU: Final[list[tuple[Body, str]]] = [
    ({"tools": [{"name": "t", "parameters": {}}]}, "tools.0.custom.input_schema: Field required"),
    (
        {"tools": [{"name": "t", "strict": True, "input_schema": {"type": "object", "properties": {}}}]},
        "tools.0.custom: For 'object' type, 'additionalProperties' must be explicitly set to false",
    ),
    ({"tool_choice": "auto"}, "tool_choice: Input should be an object"),
    (
        _m(_U, {"role": "assistant", "content": [{"type": "tool_result", "tool_use_id": "t"}]}),
        "messages.1: `tool_result` blocks can only be in `user` messages",
    ),
    (
        _m(_U, _A, {"role": "user", "content": [{"type": "tool_result", "content": "x"}]}),
        "messages.2.content.0.tool_result.tool_use_id: Field required",
    ),
    (_m(_s("x"), _U), f"messages.0: {_FIRST}"),
]
