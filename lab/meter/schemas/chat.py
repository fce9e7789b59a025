"""Request model of POST /v1/chat/completions.

Sources: the parameter types of the `openai` package 3.54.0, and the provider's documented errors.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from lab.meter.schemas.base import ITEMS, TEXT_OR_ITEMS, Strict, Text, by_key
from lab.meter.schemas.chat_messages import CallType, ChatMessage
from lab.meter.schemas.openai_common import (
    TEXT,
    CacheKey,
    Effort,
    FunctionName,
    Metadata,
    SafetyIdentifier,
    ServiceTier,
    Temperature,
    TopLogprobs,
    TopP,
    UserId,
    Verbosity,
)

Penalty = Annotated[float, Field(ge=-2, le=2)]


class Function(Strict):
    """A function offered to the model."""

    name: FunctionName
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class FunctionTool(Strict):
    """A tool that is a function."""

    type: Literal["function"]
    function: Function


class CustomTool(Strict):
    """A tool with free input."""

    type: Literal["custom"]
    custom: dict[str, Any]


AnyTool = Annotated[
    Annotated[FunctionTool, Tag("~function")]
    | Annotated[CustomTool, Tag("~custom")]
    | Annotated[CallType, Tag("~type")],
    Discriminator(
        by_key("type", {"function": "~function", "custom": "~custom"}, absent="~type", unknown="~type")
    ),
]


class StreamOptions(Strict):
    """What a stream carries besides the answer."""

    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class JsonSchema(Strict):
    """A named schema for the answer."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_-]+$", max_length=64)]
    description: str | None = None
    schema_: dict[str, Any] | None = Field(default=None, alias="schema")
    strict: bool | None = None


class ResponseFormat(Strict):
    """The form of the answer."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None


class ChatRequest(Strict):
    """The body of POST /v1/chat/completions; optional parameters may be null."""

    model: str
    messages: Annotated[list[ChatMessage], Field(min_length=1)]
    functions: Annotated[list[Function], Field(min_length=1, max_length=128)] | None = None
    tools: Annotated[list[AnyTool], Field(min_length=1, max_length=128)] | None = None
    tool_choice: (
        Annotated[
            Annotated[Literal["none", "auto", "required"], TEXT] | Annotated[dict[str, Any], ITEMS],
            TEXT_OR_ITEMS,
        ]
        | None
    ) = None
    function_call: (
        Annotated[Annotated[Literal["none", "auto"], TEXT] | Annotated[dict[str, Any], ITEMS], TEXT_OR_ITEMS]
        | None
    ) = None
    parallel_tool_calls: bool | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    n: Annotated[int, Field(ge=1, le=128)] | None = None
    temperature: Temperature | None = None
    top_p: TopP | None = None
    presence_penalty: Penalty | None = None
    frequency_penalty: Penalty | None = None
    logit_bias: dict[str, Annotated[float, Field(ge=-100, le=100)]] | None = None
    logprobs: bool | None = None
    top_logprobs: TopLogprobs | None = None
    stop: (
        Annotated[Text | Annotated[Annotated[list[str], Field(max_length=4)], ITEMS], TEXT_OR_ITEMS] | None
    ) = None
    user: UserId | None = None
    seed: int | None = None
    safety_identifier: SafetyIdentifier | None = None
    prompt_cache_key: CacheKey | None = None
    prompt_cache_options: dict[str, Any] | None = None
    prompt_cache_retention: Literal["in_memory", "in-memory", "24h"] | None = None
    service_tier: ServiceTier | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    store: bool | None = None
    metadata: Metadata | None = None
    verbosity: Verbosity | None = None
    reasoning_effort: Effort | None = None
    response_format: ResponseFormat | None = None
    audio: dict[str, Any] | None = None
    modalities: list[Literal["text", "audio"]] | None = None
    moderation: dict[str, Any] | None = None
    prediction: dict[str, Any] | None = None
    web_search_options: dict[str, Any] | None = None
