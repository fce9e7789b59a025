"""Request model of POST /v1/responses; hosted tools are known by type, not checked further.

Sources: the parameter types of the `openai` package 3.54.0, and the provider's documented errors.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from lab.meter.schemas.base import ITEMS, TEXT_OR_ITEMS, Loose, Strict, Text, by_key
from lab.meter.schemas.openai_common import (
    TEXT,
    CacheKey,
    CacheOptions,
    Effort,
    Metadata,
    Retention,
    SafetyIdentifier,
    Temperature,
    TopLogprobs,
    TopP,
    UserId,
    Verbosity,
)
from lab.meter.schemas.responses_items import Item, Name

Tier = Literal["auto", "default", "fast", "flex", "priority", "scale", "ultrafast"]
Includable = Literal[
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
]


class FunctionTool(Strict):
    """A function offered to the model."""

    type: Literal["function"]
    name: Name
    parameters: dict[str, Any] | None = None
    strict: bool | None = None
    description: str | None = None
    defer_loading: bool | None = None
    allowed_callers: list[str] | None = None
    output_schema: dict[str, Any] | None = None


HOSTED_TOOLS = (
    "custom",
    "file_search",
    "computer",
    "computer_use_preview",
    "web_search",
    "web_search_2025_08_26",
    "web_search_preview",
    "web_search_preview_2025_03_11",
    "code_interpreter",
    "image_generation",
    "local_shell",
    "shell",
    "apply_patch",
    "mcp",
    "namespace",
    "tool_search",
    "programmatic_tool_calling",
)


class HostedTool(Loose):
    """A tool the provider runs, known by type."""

    type: str


class ToolType(Loose):
    """Stands for a tool whose type is absent or unknown."""

    type: Literal["function", "custom", "file_search", "web_search", "code_interpreter", "mcp"]


Tool = Annotated[
    Annotated[FunctionTool, Tag("~function")]
    | Annotated[HostedTool, Tag("~hosted")]
    | Annotated[ToolType, Tag("~type")],
    Discriminator(
        by_key(
            "type",
            {"function": "~function"} | dict.fromkeys(HOSTED_TOOLS, "~hosted"),
            absent="~type",
            unknown="~type",
        )
    ),
]


class Reasoning(Strict):
    """How much the model reasons, and what of it is shown."""

    effort: Effort | None = None
    summary: Literal["concise", "detailed", "auto"] | None = None
    generate_summary: Literal["concise", "detailed", "auto"] | None = None
    context: Literal["auto", "current_turn", "all_turns"] | None = None
    mode: str | None = None


class PlainFormat(Strict):
    """An answer in plain text, or any JSON."""

    type: Literal["text", "json_object"]


class SchemaFormat(Strict):
    """An answer in JSON of a schema."""

    type: Literal["json_schema"]
    name: Annotated[str, StringConstraints(min_length=1, pattern=r"^[a-zA-Z0-9_-]+$", max_length=64)]
    schema_: dict[str, Any] = Field(alias="schema")
    description: str | None = None
    strict: bool | None = None


class FormatType(Loose):
    """Stands for a form whose type is absent or unknown."""

    type: Literal["json_object", "text", "json_schema"]


TextFormat = Annotated[
    Annotated[PlainFormat, Tag("~plain")]
    | Annotated[SchemaFormat, Tag("~schema")]
    | Annotated[FormatType, Tag("~type")],
    Discriminator(
        by_key(
            "type",
            {"text": "~plain", "json_object": "~plain", "json_schema": "~schema"},
            absent="~type",
            unknown="~type",
        )
    ),
]


class TextConfig(Strict):
    """Form and length of the answer's text."""

    format: TextFormat | None = None
    verbosity: Verbosity | None = None


class ComparedCacheOptions(CacheOptions):
    """How the prompt cache is used, and with which answer that is compared."""

    comparison_response_id: str | None = None
    prewarm: bool | None = None
    ttl: Literal["30m", "12h"] | None = None  # type: ignore[assignment]  # one more than on the chat wire


class StreamOptions(Strict):
    """What a stream carries besides the answer; `include_usage` is unknown here."""

    include_obfuscation: bool | None = None


class ResponsesRequest(Strict):
    """The body of POST /v1/responses, in the order of its faults; optional parameters may be null."""

    model: str
    input: Annotated[Text | Annotated[list[Item], ITEMS], TEXT_OR_ITEMS] = ""
    previous_response_id: str | None = None
    prompt: dict[str, Any] | None = None
    moderation: dict[str, Any] | None = None
    include: list[Includable] | None = None
    tools: Annotated[list[Tool], Field(max_length=128)] | None = None
    tool_choice: (
        Annotated[
            Annotated[Literal["none", "auto", "required"], TEXT] | Annotated[dict[str, Any], ITEMS],
            TEXT_OR_ITEMS,
        ]
        | None
    ) = None
    metadata: Metadata | None = None
    text: TextConfig | None = None
    temperature: Temperature | None = None
    top_p: TopP | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    parallel_tool_calls: bool | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    background: bool | None = None
    max_output_tokens: Annotated[int, Field(ge=16)] | None = None
    max_tool_calls: Annotated[int, Field(ge=1)] | None = None
    reasoning: Reasoning | None = None
    user: UserId | None = None
    safety_identifier: SafetyIdentifier | None = None
    prompt_cache_options: ComparedCacheOptions | None = None
    prompt_cache_key: CacheKey | None = None
    prompt_cache_retention: Retention | None = None
    truncation: Literal["auto", "disabled"] | None = None
    instructions: str | None = None
    store: bool | None = None
    service_tier: Tier | None = None
    top_logprobs: TopLogprobs | None = None
    context_management: list[dict[str, Any]] | None = None
    conversation: Annotated[Text | Annotated[dict[str, Any], ITEMS], TEXT_OR_ITEMS] | None = None
    background_options: dict[str, Any] | None = None
    access_programs: dict[str, Any] | None = None
    image: dict[str, Any] | None = None
    # Sent by Codex, and taken by the provider, though the published types do not have it.
    client_metadata: dict[str, Any] | None = None
