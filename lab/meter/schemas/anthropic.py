"""Request model of POST /v1/messages, field by field in the order in which the provider reports faults.

Sources: the parameter types of the `anthropic` package 2.12.0, and the provider's documented errors.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from lab.meter.schemas.anthropic_blocks import (
    MISSING,
    UNKNOWN,
    Block,
    Cacheable,
    CacheControl,
    NoType,
    TextBlock,
    tagged,
)
from lab.meter.schemas.base import ITEMS, TEXT_OR_ITEMS, Loose, Strict, Text, by_key

# In the order in which the provider names them: this union is not sorted, the others are.
CHOICES = ("auto", "any", "tool", "none")
THINKING = ("adaptive", "between_tools", "disabled", "enabled")
UnitFloat = Annotated[float, Field(ge=0, le=1)]


class Message(Strict):
    """One turn; which roles are allowed depends on the model and is a rule of its own."""

    role: str
    content: Annotated[Text | Annotated[list[Block], ITEMS], TEXT_OR_ITEMS]


class CustomTool(Cacheable):
    """A tool of the client's own."""

    name: Annotated[str, StringConstraints(min_length=1)]
    input_schema: dict[str, Any]
    type: Literal["custom"] | None = None
    description: str = ""
    strict: bool | None = None
    defer_loading: bool | None = None
    allowed_callers: list[str] | None = None
    eager_input_streaming: bool | None = None
    input_examples: list[dict[str, Any]] | None = None


class ServerTool(Loose):
    """A tool the provider defines, known by its dated type."""

    type: str


# Of the general API, and of betas.
TOOLS = (
    "bash_20250124",
    "browser_toolset_20260801",
    "code_execution_20250522",
    "code_execution_20250825",
    "code_execution_20260120",
    "code_execution_20260521",
    "computer_toolset_20260801",
    "custom",
    "memory_20250818",
    "text_editor_20250124",
    "text_editor_20250429",
    "text_editor_20250728",
    "tool_search_tool_bm25",
    "tool_search_tool_bm25_20251119",
    "tool_search_tool_regex",
    "tool_search_tool_regex_20251119",
    "web_fetch_20250910",
    "web_fetch_20260209",
    "web_fetch_20260309",
    "web_fetch_20260318",
    "web_search_20250305",
    "web_search_20260209",
    "web_search_20260318",
)
_BETA_TOOL = re.compile(r"(bash|text_editor|computer|advisor)_\d{8}|mcp_toolset")


def _tool_tag(value: Any) -> str:
    if not isinstance(value, dict):
        return UNKNOWN
    given = value.get("type")
    if given in (None, "custom"):
        return "custom"
    known = isinstance(given, str) and (given in TOOLS or _BETA_TOOL.fullmatch(given))
    return "~server" if known else UNKNOWN


ToolDefinition = Annotated[
    Annotated[CustomTool, Tag("custom")] | Annotated[ServerTool, Tag("~server")], Discriminator(_tool_tag)
]


class FreeChoice(Strict):
    """The model decides whether, or must, call some tool."""

    type: Literal["auto", "any"]
    disable_parallel_tool_use: bool | None = None


class ToolChoice(Strict):
    """The model must call this tool."""

    type: Literal["tool"]
    name: str
    disable_parallel_tool_use: bool | None = None


class NoTools(Strict):
    """The model must not call a tool."""

    type: Literal["none"]


AnyChoice = Annotated[
    Annotated[FreeChoice, Tag("auto")]
    | Annotated[FreeChoice, Tag("any")]
    | Annotated[ToolChoice, Tag("tool")]
    | Annotated[NoTools, Tag("none")]
    | Annotated[NoType, Tag(MISSING)],
    Discriminator(by_key("type", tagged(*CHOICES), absent=MISSING, unknown=UNKNOWN)),
]


class Metadata(Strict):
    """Who asks."""

    user_id: str | None = None


class EnabledThinking(Strict):
    """Extended thinking with a budget."""

    type: Literal["enabled"]
    budget_tokens: Annotated[int, Field(ge=1024)]
    display: Literal["summarized", "omitted"] | None = None


class AdaptiveThinking(Strict):
    """Thinking as the model sees fit."""

    type: Literal["adaptive"]
    display: Literal["summarized", "omitted"] | None = None


class LittleThinking(Strict):
    """No thinking, or only between tools."""

    type: Literal["disabled", "between_tools"]


AnyThinking = Annotated[
    Annotated[EnabledThinking, Tag("enabled")]
    | Annotated[AdaptiveThinking, Tag("adaptive")]
    | Annotated[LittleThinking, Tag("disabled")]
    | Annotated[LittleThinking, Tag("between_tools")]
    | Annotated[NoType, Tag(MISSING)],
    Discriminator(by_key("type", tagged(*THINKING), absent=MISSING, unknown=UNKNOWN)),
]


class OutputFormat(Strict):
    """A JSON schema for the answer."""

    type: Literal["json_schema"]
    schema_: dict[str, Any] = Field(alias="schema")


class OutputConfig(Strict):
    """Effort, and the answer's format."""

    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    format: OutputFormat | None = None


class MessagesRequest(Strict):
    """The body of POST /v1/messages."""

    model: Annotated[str, StringConstraints(min_length=1)]
    tool_choice: AnyChoice = FreeChoice(type="auto")
    tools: list[ToolDefinition] = Field(default=[])
    messages: list[Message]
    system: Annotated[Text | Annotated[list[TextBlock], ITEMS], TEXT_OR_ITEMS] = ""
    thinking: AnyThinking = LittleThinking(type="disabled")
    output_config: OutputConfig = OutputConfig()
    cache_control: CacheControl | None = None
    max_tokens: Annotated[int, Field(ge=0)]
    metadata: Metadata | None = None
    stop_sequences: list[str] | None = None
    temperature: UnitFloat = 1.0
    service_tier: Literal["auto", "standard_only"] = "auto"
    top_k: int = 0
    top_p: UnitFloat = 1.0
    stream: bool = False
    container: Annotated[Text | Annotated[dict[str, Any], ITEMS], TEXT_OR_ITEMS] | None = None
    inference_geo: str | None = None
    speed: Literal["standard", "fast"] | None = None
    diagnostics: dict[str, Any] | None = None
    user_profile_id: str | None = None
    workspace_id: str | None = None
