"""Request model of POST /v1/chat/completions.

Sources: the parameter types of the `openai` package 3.54.0, and the provider's documented errors.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from lab.meter.schemas.base import ITEMS, TEXT_OR_ITEMS, Loose, Strict, Text, by_key
from lab.meter.schemas.chat_messages import CallType, ChatMessage
from lab.meter.schemas.openai_common import (
    TEXT,
    CacheKey,
    CacheOptions,
    FunctionName,
    Metadata,
    Retention,
    SafetyIdentifier,
    ServiceTier,
    Temperature,
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

    type: Literal["json_object", "json_schema", "text"]
    json_schema: JsonSchema | None = None


class FunctionChoice(Strict):
    """The function to call, in the older form."""

    name: str


class Moderation(Loose):
    """What moderates the request."""

    model: str


class ChatRequest(Strict):
    """The body of POST /v1/chat/completions, in the order of its faults; optional parameters may be null."""

    model: str
    messages: Annotated[list[ChatMessage], Field(min_length=1)]
    functions: Annotated[list[Function], Field(min_length=1, max_length=128)] | None = None
    function_call: (
        Annotated[Annotated[Literal["none", "auto"], TEXT] | Annotated[FunctionChoice, ITEMS], TEXT_OR_ITEMS]
        | None
    ) = None
    tools: Annotated[list[AnyTool], Field(min_length=1, max_length=128)] | None = None
    tool_choice: (
        Annotated[
            Annotated[Literal["none", "auto", "required"], TEXT] | Annotated[dict[str, Any], ITEMS],
            TEXT_OR_ITEMS,
        ]
        | None
    ) = None
    parallel_tool_calls: bool | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    n: Annotated[int, Field(ge=1, le=128)] | None = None
    temperature: Temperature | None = None
    top_p: TopP | None = None
    presence_penalty: Penalty | None = None
    frequency_penalty: Penalty | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0)] | None = None
    user: UserId | None = None
    seed: int | None = None
    moderation: Moderation | None = None
    safety_identifier: SafetyIdentifier | None = None
    prompt_cache_options: CacheOptions | None = None
    prompt_cache_key: CacheKey | None = None
    prompt_cache_retention: Retention | None = None
    response_format: ResponseFormat | None = None
    service_tier: ServiceTier | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    reasoning_effort: Any = None  # what it may be is a rule of its own
    logit_bias: dict[str, Annotated[float, Field(ge=-100, le=100)]] | None = None
    stop: (
        Annotated[Text | Annotated[Annotated[list[str], Field(max_length=4)], ITEMS], TEXT_OR_ITEMS] | None
    ) = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    store: bool | None = None
    metadata: Metadata | None = None
    prediction: dict[str, Any] | None = None
    verbosity: Verbosity | None = None
    audio: dict[str, Any] | None = None
    modalities: list[Literal["text", "audio"]] | None = None
    web_search_options: dict[str, Any] | None = None
