"""Request model of POST /v1/messages, field by field in the order in which the provider reports faults.

Sources: the parameter types of the `anthropic` package 2.12.0, and the provider's documented errors.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from lab.meter.schemas.anthropic_blocks import Block, Cacheable, CacheControl, TextBlock
from lab.meter.schemas.base import ITEMS, TEXT_OR_ITEMS, Loose, Strict, Text

UnitFloat = Annotated[float, Field(ge=0, le=1)]


class Message(Strict):
    """One turn; which roles are allowed depends on the model and is a rule of its own."""

    role: str
    content: Annotated[Text | Annotated[list[Block], ITEMS], TEXT_OR_ITEMS]


class CustomTool(Cacheable):
    """A tool of the client's own."""

    name: Annotated[str, StringConstraints(min_length=1, pattern=r"^[a-zA-Z0-9_-]{1,128}$")]
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


_SERVER_TOOL = re.compile(
    r"(bash|text_editor|computer|web_search|web_fetch|code_execution|memory|advisor|tool_search_tool_bm25"
    r"|tool_search_tool_regex|browser_toolset|computer_toolset)_\d{8}"
    r"|tool_search_tool_bm25|tool_search_tool_regex|mcp_toolset"
)


def _tool_tag(value: Any) -> str:
    given = value.get("type") if isinstance(value, dict) else None
    if given in (None, "custom"):
        return "custom"
    return "~server" if isinstance(given, str) and _SERVER_TOOL.fullmatch(given) else "~unknown"


ToolDefinition = Annotated[
    Annotated[CustomTool, Tag("custom")] | Annotated[ServerTool, Tag("~server")], Discriminator(_tool_tag)
]


class ToolChoice(Strict):
    """How the model may use tools."""

    type: Literal["auto", "any", "tool", "none"]
    name: str | None = None
    disable_parallel_tool_use: bool | None = None


class Metadata(Strict):
    """Who asks."""

    user_id: str | None = None


class Thinking(Strict):
    """Extended thinking; `budget_tokens` belongs to type `enabled`."""

    type: Literal["enabled", "disabled", "adaptive", "between_tools"]
    budget_tokens: Annotated[int, Field(ge=1024)] | None = None
    display: Literal["summarized", "omitted"] | None = None


class OutputFormat(Strict):
    """A JSON schema for the answer."""

    type: Literal["json_schema"]
    schema_: dict[str, Any] = Field(alias="schema")


class OutputConfig(Strict):
    """Effort, and the answer's format."""

    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    format: OutputFormat | None = None
    task_budget: dict[str, Any] | None = None


class MessagesRequest(Strict):
    """The body of POST /v1/messages."""

    model: Annotated[str, StringConstraints(min_length=1)]
    tool_choice: ToolChoice = ToolChoice(type="auto")
    tools: list[ToolDefinition] = Field(default=[])
    messages: list[Message]
    system: Annotated[Text | Annotated[list[TextBlock], ITEMS], TEXT_OR_ITEMS] = ""
    thinking: Thinking = Thinking(type="disabled")
    output_config: OutputConfig = OutputConfig()
    cache_control: CacheControl | None = None
    max_tokens: Annotated[int, Field(ge=0)]
    metadata: Metadata = Metadata()
    stop_sequences: list[str] = Field(default=[])
    temperature: UnitFloat = 1.0
    service_tier: Literal["auto", "standard_only"] = "auto"
    top_k: Annotated[int, Field(ge=0)] = 0
    top_p: UnitFloat = 1.0
    stream: bool = False
    container: dict[str, Any] | str | None = None
    inference_geo: str | None = None
    speed: Literal["standard", "fast"] | None = None
    diagnostics: dict[str, Any] | None = None
    user_profile_id: str | None = None
    workspace_id: str | None = None


# Taken out before validation if the request carries an `anthropic-beta` header, refused otherwise.
BETA_FIELDS = frozenset(
    {
        "billing_policy",
        "compaction",
        "context_management",
        "fallback_credit_token",
        "fallbacks",
        "mcp_servers",
        "output_format",
        "thread",
    }
)
