"""What POST /v1/messages accepts and refuses, in the provider's own words."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from lab.meter import messages
from lab.meter.answers import Wishes
from lab.meter.refusal import Refusal
from lab.meter.schemas.anthropic import TOOLS
from lab.meter.schemas.anthropic_blocks import BLOCKS

USER = {"role": "user", "content": "hi"}
TOOL = {"name": "Read", "description": "Reads.", "input_schema": {"type": "object", "properties": {}}}
USE = {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {"path": "a"}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "text"}
KEY = {"x-api-key": "k", "anthropic-version": "2023-06-01"}


def body(*turns: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A request whose messages are `turns`; a value of None takes the field out."""
    given = {"model": "claude-sonnet-4-5", "max_tokens": 64, "messages": list(turns or (USER,)), **more}
    return {key: value for key, value in given.items() if value is not None}


def assistant(*blocks: dict[str, Any]) -> dict[str, Any]:
    """An assistant's message."""
    return {"role": "assistant", "content": list(blocks)}


def user(*blocks: dict[str, Any]) -> dict[str, Any]:
    """A user's message."""
    return {"role": "user", "content": list(blocks)}


def text(value: str, **more: Any) -> dict[str, Any]:
    """A text block."""
    return {"type": "text", "text": value, **more}


def tool(**schema: Any) -> dict[str, Any]:
    """A tool with another schema."""
    return {"name": "t", "input_schema": schema}


CACHED = {"cache_control": {"type": "ephemeral"}}
ANSWERED = (USER, assistant(USE), user(RESULT))
MIXED_FORMS = (
    USER,
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "tr_1", "type": "function", "function": {"name": "Read", "arguments": "{}"}}],
    },
    {"role": "tool", "tool_call_id": "tr_1", "content": "x"},
)

ANYWHERE = "; the directive-only form (content: [] with output_config) is accepted at any position"
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("no model", body(model=None), "model: Field required"),
    ("an empty model", body(model=""), "model: String should have at least 1 character"),
    ("a model that is no text", body(model=7), "model: Input should be a valid string"),
    ("no max_tokens", body(max_tokens=None), "max_tokens: Field required"),
    ("max_tokens as text", body(max_tokens="64"), "max_tokens: Input should be a valid integer"),
    ("negative max_tokens", body(max_tokens=-1), "max_tokens: must be greater than or equal to 0"),
    ("no messages", {"model": "m", "max_tokens": 1}, "messages: Field required"),
    ("messages as text", {**body(), "messages": "hi"}, "messages: Input should be a valid array"),
    ("empty messages", {**body(), "messages": []}, "messages: at least one message is required"),
    ("an unknown field", body(foo=1), "foo: Extra inputs are not permitted"),
    ("OpenAI's field n", body(n=1), "n: Extra inputs are not permitted"),
    ("OpenAI's stream_options", body(stream_options={}), "stream_options: Extra inputs are not permitted"),
    (
        "a beta's field without its header",
        body(mcp_servers=[]),
        "mcp_servers: Extra inputs are not permitted",
    ),
    (
        "an unknown field in a message",
        body({**USER, "name": "x"}),
        "messages.0.name: Extra inputs are not permitted",
    ),
    (
        "a role of its own",
        body({"role": "bot", "content": "x"}),
        'messages: Unexpected role "bot". Allowed roles are "user" or "assistant"',
    ),
    (
        "the role tool",
        body({"role": "tool", "content": "x"}),
        'messages: Unexpected role "tool". Allowed roles are "user" or "assistant"',
    ),
    (
        "the role system on a model without it",
        body(USER, {"role": "system", "content": "x"}),
        (
            'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, '
            'not "system" as an input message role.'
        ),
    ),
    (
        "a first system message on a model that takes later ones",
        body({"role": "system", "content": "x"}, USER, model="claude-opus-4-8"),
        f"messages.0: use the top-level 'system' parameter for the initial system prompt{ANYWHERE}",
    ),
    (
        "a system message before a user's",
        body(USER, {"role": "system", "content": "x"}, USER, model="claude-opus-4-8"),
        f"messages.1: role 'system' must precede an 'assistant' message or end the array{ANYWHERE}",
    ),
    ("no content", body({"role": "user"}), "messages.0.content: Field required"),
    (
        "content null",
        body({"role": "user", "content": None}),
        "messages.0.content: Input should be a valid array",
    ),
    (
        "content as an object",
        body({"role": "user", "content": {}}),
        "messages.0.content: Input should be a valid array",
    ),
    (
        "an empty user text",
        body({"role": "user", "content": ""}),
        "messages.0: user messages must have non-empty content",
    ),
    ("an empty user array", body(user()), "messages.0: user messages must have non-empty content"),
    ("an empty text block", body(user(text(""))), "messages: text content blocks must be non-empty"),
    (
        "a blank text block",
        body(user(text(" \n"))),
        "messages: text content blocks must contain non-whitespace text",
    ),
    (
        "an empty assistant turn that is not last",
        body(USER, assistant(), USER),
        (
            "messages.1: all messages must have non-empty content except for the optional "
            "final assistant message"
        ),
    ),
    (
        "trailing white space in a prefill",
        body(USER, assistant(text("The "))),
        "messages: final assistant content cannot end with trailing whitespace",
    ),
    ("a block without type", body(user({"text": "x"})), "messages.0.content.0.type: Field required"),
    (
        "a block of OpenAI's",
        body(user({"type": "image_url", "image_url": {"url": "x"}})),
        (
            "messages.0.content.0: Input tag 'image_url' found using 'type' does not match "
            f"any of the expected tags: {', '.join(map(repr, BLOCKS))}"
        ),
    ),
    (
        "a text block that holds no text",
        body(user({"type": "text"})),
        "messages.0.content.0.text.text: Field required",
    ),
    (
        "an unknown key in a block",
        body(user(text("x", id="1"))),
        "messages.0.content.0.text.id: Extra inputs are not permitted",
    ),
    (
        "both forms of tool calls mixed",
        body(*MIXED_FORMS),
        "messages.1.content: Input should be a valid array",
    ),
    (
        "tool_calls beside content",
        body(USER, {**assistant(text("x")), "tool_calls": []}, USER),
        "messages.1.tool_calls: Extra inputs are not permitted",
    ),
    (
        "an image of an unknown kind",
        body(user({"type": "image", "source": {"type": "base64", "media_type": "image/bmp", "data": "x"}})),
        (
            "messages.0.content.0.image.source.base64.media_type: "
            "Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'"
        ),
    ),
    (
        "a tool call nobody answers",
        body(USER, assistant(USE), USER),
        (
            "messages.1: `tool_use` ids were found without `tool_result` blocks immediately "
            "after: toolu_1. Each "
            "`tool_use` block must have a corresponding `tool_result` block in the next message."
        ),
    ),
    (
        "a tool call at the end",
        body(USER, assistant(USE)),
        (
            "messages.1: `tool_use` ids were found without `tool_result` blocks immediately "
            "after: toolu_1. Each "
            "`tool_use` block must have a corresponding `tool_result` block in the next message."
        ),
    ),
    (
        "a text before the tool result",
        body(USER, assistant(USE), user(text("look"), RESULT)),
        (
            "messages.1: `tool_use` ids were found without `tool_result` blocks immediately "
            "after: toolu_1. Each "
            "`tool_use` block must have a corresponding `tool_result` block in the next message."
        ),
    ),
    (
        "a result without a call",
        body(user(RESULT)),
        (
            "messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_1. Each "
            "`tool_result` block must have a corresponding `tool_use` block in the previous message."
        ),
    ),
    (
        "a result of a call two turns ago",
        body(*ANSWERED, assistant(text("ok")), user(RESULT)),
        (
            "messages.4.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_1. Each "
            "`tool_result` block must have a corresponding `tool_use` block in the previous message."
        ),
    ),
    (
        "two results of one call",
        body(USER, assistant(USE), user(RESULT, RESULT)),
        (
            "messages.2.content.1: each tool_use must have a single result. Found multiple "
            "`tool_result` blocks "
            "with id: toolu_1"
        ),
    ),
    (
        "two calls of one id",
        body(USER, assistant(USE, USE), user(RESULT)),
        "messages.1.content.1: `tool_use` ids must be unique",
    ),
    (
        "an id used again later",
        body(*ANSWERED, assistant(USE), user(RESULT)),
        "messages.3.content.0: `tool_use` ids must be unique",
    ),
    (
        "an id with a dot",
        body(USER, assistant({**USE, "id": "a.b"}), user({**RESULT, "tool_use_id": "a.b"})),
        "messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'",
    ),
    (
        "a call whose input is text",
        body(USER, assistant({**USE, "input": "{}"}), user(RESULT)),
        "messages.1.content.0.tool_use.input: Input should be an object",
    ),
    (
        "a call in a user's message",
        body(user(USE)),
        "messages.0: `tool_use` blocks can only be in `assistant` messages",
    ),
    (
        "a result in an assistant's message",
        body(USER, assistant(RESULT), USER),
        "messages.1: `tool_result` blocks can only be in `user` messages",
    ),
    (
        "OpenAI's form of a tool",
        body(tools=[{"type": "function", "function": {"name": "x", "parameters": {}}}]),
        (
            "tools.0: Input tag 'function' found using 'type' does not match any of the expected tags: "
            f"{', '.join(map(repr, TOOLS))}"
        ),
    ),
    ("a tool without a schema", body(tools=[{"name": "x"}]), "tools.0.custom.input_schema: Field required"),
    (
        "a tool whose name has a space",
        body(tools=[{**TOOL, "name": "a b"}]),
        "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
    ),
    ("two tools of one name", body(tools=[TOOL, TOOL]), "tools: Tool names must be unique."),
    (
        "a schema without type",
        body(tools=[tool(properties={})]),
        "tools.0.custom.input_schema.type: Field required",
    ),
    (
        "a schema of another type",
        body(tools=[tool(type="array")]),
        "tools.0.custom.input_schema.type: Input should be 'object'",
    ),
    (
        "a schema with oneOf on top",
        body(tools=[tool(type="object", oneOf=[{}])]),
        "tools.0.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level",
    ),
    (
        "a schema that is none",
        body(tools=[tool(type="object", properties={"a": {"type": "text"}})]),
        (
            "tools.0.custom.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12 "
            "(https://json-schema.org/draft/2020-12). Learn more about tool use at "
            "https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview."
        ),
    ),
    ("tool_choice as text", body(tool_choice="auto"), "tool_choice: Input should be an object"),
    (
        "tool_choice any without tools",
        body(tool_choice={"type": "any"}),
        "tool_choice.any may only be specified while providing tools",
    ),
    (
        "tool_choice of a tool not offered",
        body(tools=[TOOL], tool_choice={"type": "tool", "name": "x"}),
        "Tool 'x' not found in provided tools",
    ),
    ("a temperature above 1", body(temperature=1.5), "temperature: range: 0..1"),
    ("stop_sequences as text", body(stop_sequences="x"), "stop_sequences: Input should be a valid array"),
    ("an unknown key in metadata", body(metadata={"x": 1}), "metadata.x: Extra inputs are not permitted"),
    (
        "an unknown service tier",
        body(service_tier="flex"),
        "service_tier: Input should be 'auto' or 'standard_only'",
    ),
    (
        "a system prompt with an image",
        body(system=[{"type": "image"}]),
        "system.0.type: Input should be 'text'",
    ),
    (
        "a thinking budget over max_tokens",
        body(thinking={"type": "enabled", "budget_tokens": 2048}),
        (
            "`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at "
            "https://docs.claude.com/en/docs/build-with-claude/extended-thinking#max-tokens-and-context-window-size"
        ),
    ),
    (
        "a small thinking budget",
        body(thinking={"type": "enabled", "budget_tokens": 10}),
        "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
    ),
    (
        "five cache marks",
        body(user(*[text("x", **CACHED)] * 3), system=[text("s", **CACHED)] * 2),
        "A maximum of 4 blocks with cache_control may be provided. Found 5.",
    ),
]

ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    ("the least", body()),
    (
        "every parameter",
        body(
            model="claude-opus-4-5",
            temperature=0,
            top_k=5,
            stop_sequences=["x"],
            stream=True,
            metadata={"user_id": "u"},
            service_tier="auto",
            system=[text("s", **CACHED)],
            inference_geo="us",
            container=None,
            output_config={"effort": "high", "format": {"type": "json_schema", "schema": {}}},
        ),
    ),
    ("a system text", body(system="be brief")),
    ("cache marks of both lengths", body(user(text("x", cache_control={"type": "ephemeral", "ttl": "1h"})))),
    ("the top-level cache mark", body(**CACHED)),
    ("thinking", body(max_tokens=4096, thinking={"type": "enabled", "budget_tokens": 1024})),
    ("adaptive thinking", body(model="claude-opus-4-6", thinking={"type": "adaptive"})),
    (
        "thinking handed back",
        body(USER, assistant({"type": "thinking", "thinking": "h", "signature": "c2ln"}, USE), user(RESULT)),
    ),
    ("a tool call and its result", body(*ANSWERED, tools=[TOOL])),
    (
        "a result with blocks",
        body(
            USER,
            assistant(USE),
            user(
                {
                    **RESULT,
                    "content": [
                        text("a"),
                        {"type": "image", "source": {"type": "url", "url": "https://x/y"}},
                    ],
                    "is_error": False,
                }
            ),
        ),
    ),
    (
        "a result without content",
        body(USER, assistant(USE), user({"type": "tool_result", "tool_use_id": "toolu_1"})),
    ),
    ("a text after the result", body(USER, assistant(USE), user(RESULT, text("go on")))),
    (
        "two results in two messages",
        body(USER, assistant(USE, {**USE, "id": "b"}), user(RESULT), user({**RESULT, "tool_use_id": "b"})),
    ),
    ("consecutive user messages", body(USER, USER)),
    ("an empty user message beside another", body(USER, user())),
    ("a prefill", body(USER, assistant(text("The answer is")))),
    ("an empty last assistant turn", body(USER, assistant())),
    (
        "a picture and a document",
        body(
            user(
                {
                    "type": "image",
                    "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="},
                },
                {
                    "type": "document",
                    "source": {"type": "text", "media_type": "text/plain", "data": "d"},
                    "title": "t",
                },
                text("what is this?"),
            )
        ),
    ),
    ("every tool_choice", body(tools=[TOOL], tool_choice={"type": "tool", "name": "Read"})),
    (
        "tool_choice with one call at a time",
        body(tools=[TOOL], tool_choice={"type": "auto", "disable_parallel_tool_use": True}),
    ),
    (
        "a tool of type custom, strict, marked",
        body(
            tools=[
                tool(type="object", additionalProperties=False) | {"type": "custom", "strict": True, **CACHED}
            ]
        ),
    ),
    (
        "a rich schema",
        body(
            tools=[
                tool(
                    type="object",
                    required=["a"],
                    additionalProperties=False,
                    properties={
                        "a": {"type": ["string", "null"], "enum": ["x", None]},
                        "b": {"type": "array", "items": {}},
                        "c": {"anyOf": [{"type": "integer"}, {"$ref": "#/$defs/d"}]},
                    },
                    **{"$defs": {"d": {"type": "object"}}},
                )
            ]
        ),
    ),
    (
        "server tools",
        body(
            tools=[
                {"type": "web_search_20250305", "name": "web_search", "max_uses": 3},
                {"type": "bash_20250124", "name": "bash"},
                TOOL,
            ]
        ),
    ),
    (
        "server tools' blocks",
        body(
            USER,
            assistant(
                {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}},
                {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
                text("done"),
            ),
            USER,
        ),
    ),
    (
        "a late system message on a model that takes it",
        body(USER, {"role": "system", "content": "now in French"}, model="claude-opus-4-8"),
    ),
]


def refusal(given: dict[str, Any], **headers: str) -> Refusal | None:
    """How the wire refuses `given`, read from bytes as it would arrive."""
    try:
        messages.validate(messages.read(json.dumps(given).encode()), {**KEY, **headers})
    except Refusal as refused:
        return refused
    return None


@pytest.mark.parametrize(
    ("given", "message"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_what_the_provider_refuses_is_refused_in_its_words(given: dict[str, Any], message: str) -> None:
    """The status is 400 and the message is the provider's."""
    found = refusal(given)
    assert found is not None
    assert (found.status, found.message) == (400, message)


@pytest.mark.parametrize("given", [case[1] for case in ACCEPTED], ids=[case[0] for case in ACCEPTED])
def test_what_the_provider_accepts_is_accepted(given: dict[str, Any]) -> None:
    """Nothing valid is refused."""
    found = refusal(given)
    assert found is None, found.message if found else ""


MARKED = {"cache_control": {"type": "ephemeral", "scope": "global"}}


@pytest.mark.parametrize(
    ("beta", "given"),
    [
        ("context-management-2025-06-27", body(context_management={"edits": []})),
        ("compact-2026-09-04", body(compaction={})),
        ("mcp-client-2025-11-20", body(mcp_servers=[])),
        ("server-side-fallback-2026-07-01", body(fallbacks="default")),
        ("message-threads-2026-08-12", body(thread={"id": "t"})),
        ("task-budgets-2026-03-13", body(output_config={"task_budget": {"type": "tokens", "total": 9}})),
        ("prompt-caching-scope-2026-01-05", body(user(text("x", **MARKED)), system=[text("s", **MARKED)])),
        ("prompt-caching-scope-2026-01-05", body(tools=[{**TOOL, **MARKED}], **MARKED)),
        ("mid-conversation-output-config-2026-07-01", body({**USER, "output_config": {"effort": "low"}})),
        (
            "thinking-display-updates-2026-08-18",
            body(max_tokens=4096, thinking={"type": "enabled", "budget_tokens": 1024, "display": "updates"}),
        ),
        (
            "thinking-display-updates-2026-08-18",
            body(model="claude-opus-5-5", thinking={"type": "adaptive", "display": "updates"}),
        ),
        (
            "thinking-binding-controls-2026-08-01",
            body(model="claude-opus-5-5", thinking={"type": "adaptive", "block_binding": {}}),
        ),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_beta_makes_its_own_fields_known(beta: str, given: dict[str, Any]) -> None:
    """Without the header the same body is refused, with another beta's too; beside others it is fine."""
    assert refusal(given) is not None
    assert refusal(given, **{"anthropic-beta": "interleaved-thinking-2025-05-14"}) is not None
    assert refusal(given, **{"anthropic-beta": beta}) is None
    assert refusal(given, **{"anthropic-beta": f"claude-code-20250219, {beta}"}) is None


def test_a_beta_opens_no_value_that_is_none() -> None:
    """A display that nobody has is refused with the header too."""
    given = body(model="claude-opus-5-5", thinking={"type": "adaptive", "display": "loud"})
    found = refusal(given, **{"anthropic-beta": "thinking-display-updates-2026-08-18"})
    assert found is not None
    assert found.message == "thinking.adaptive.display: Input should be 'summarized' or 'omitted'"


@pytest.mark.parametrize(
    ("headers", "status", "message"),
    [
        ({}, 401, "x-api-key header is required"),
        ({"x-api-key": " "}, 401, "x-api-key header is required"),
        ({"x-api-key": "k"}, 400, "anthropic-version: header is required"),
        ({"x-api-key": "k", "anthropic-version": "1"}, 400, 'anthropic-version: "1" is not a valid version'),
    ],
)
def test_a_call_without_key_or_version_is_refused(headers: dict[str, str], status: int, message: str) -> None:
    """The key comes first, as at the provider."""
    with pytest.raises(Refusal) as caught:
        messages.authorize(headers)
    assert (caught.value.status, caught.value.message) == (status, message)


@pytest.mark.parametrize("headers", [KEY, {"authorization": "Bearer k", "anthropic-version": "2023-06-01"}])
def test_a_key_in_either_header_will_do(headers: dict[str, str]) -> None:
    """x-api-key, or a bearer token."""
    messages.authorize(headers)


def test_an_error_has_the_providers_shape() -> None:
    """Type, error and request id, the id in a header too."""
    reply = messages.refuse(Refusal(401, "no"))
    shown = json.loads(reply.body)
    assert shown["type"] == "error"
    assert shown["error"] == {"type": "authentication_error", "message": "no"}
    assert (b"request-id", shown["request_id"].encode()) in reply.headers
    assert reply.status == 401


CITED = text("x", citations=[{"type": "char_location"}])
DOCUMENT = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "d"}}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (body(temperature=1.0), "temperature: Extra inputs are not permitted"),
        (body(top_p=0.9), "top_p: Extra inputs are not permitted"),
        (body(top_k=1), "top_k: Extra inputs are not permitted"),
        (body(user(CITED)), "messages.0.content.0.text.citations: Extra inputs are not permitted"),
        (
            body(USER, assistant(DOCUMENT), USER),
            "messages.1.content.0: `document` blocks can only be in `user` messages",
        ),
    ],
)
def test_what_the_api_version_of_october_2026_took_out_is_refused_there_only(
    given: dict[str, Any], message: str
) -> None:
    """The same bodies are fine with the version before."""
    found = refusal(given, **{"anthropic-version": "2026-10-21"})
    assert found is not None
    assert found.message == message
    assert refusal(given) is None, "with the version before"
    assert refusal(body(), **{"anthropic-version": "2026-10-21"}) is None


@pytest.mark.parametrize(
    "more",
    [{}, {"thinking": {"type": "enabled", "budget_tokens": 2048}}, {"tool_choice": {"type": "any"}}],
    ids=["plain", "thinking", "tool choice"],
)
def test_a_request_to_be_counted_needs_no_max_tokens(more: dict[str, Any]) -> None:
    """Whatever else it asks, it is judged as one that leaves room for it, and wishes nothing of an answer."""
    given = body(max_tokens=None, tools=[TOOL], **more)
    messages.COUNT.validate(given, KEY)
    assert messages.COUNT.wishes(given) == Wishes()


def test_a_request_to_be_counted_is_judged_like_any_other() -> None:
    """What the provider refuses to answer it refuses to count."""
    with pytest.raises(Refusal, match="budget_tokens"):
        messages.COUNT.validate(body(max_tokens=None, thinking={"type": "enabled", "budget_tokens": 9}), KEY)


def test_an_image_of_more_than_ten_megabytes_is_refused() -> None:
    """Its length in base64 counts."""
    data = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(8 * 1024 * 1024)).decode()
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}
    found = refusal(body(user(image)))
    assert found is not None
    assert found.message == (
        f"messages.0.content.0.image.source.base64: image exceeds 10 MB maximum: {len(data)} bytes > "
        "10485760 bytes"
    )


def test_a_request_of_more_than_32_megabytes_is_refused_with_413() -> None:
    """Whatever is in it."""
    with pytest.raises(Refusal) as found:
        messages.read(b" " * (32 * 1024 * 1024 + 1))
    assert (found.value.status, found.value.message) == (413, "Request exceeds the maximum size")
    assert json.loads(messages.refuse(found.value).body)["error"]["type"] == "request_too_large"


@pytest.mark.parametrize(
    "key", ["max_tokens", "temperature", "stream", "metadata", "stop_sequences", "top_k"]
)
def test_a_request_to_be_counted_has_nothing_about_its_answer(key: str) -> None:
    """Else it is refused, as the provider does."""
    values: dict[str, Any] = {"metadata": {}, "stop_sequences": [], "stream": False}
    counted = body(max_tokens=None)
    messages.COUNT.validate(counted, KEY)
    with pytest.raises(Refusal) as found:
        messages.COUNT.validate({**counted, key: values.get(key, 1)}, KEY)
    assert found.value.message == f"{key}: Extra inputs are not permitted"
