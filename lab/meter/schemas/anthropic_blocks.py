"""The content blocks of POST /v1/messages; blocks of server tools and betas are known by type only.

Sources: the parameter types of the `anthropic` package 2.12.0, and the provider's documented errors.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from lab.meter.schemas.base import ITEMS, TEXT_OR_ITEMS, Loose, Strict, Text, by_key

ToolId = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_-]+$")]


# `absent` is refused with "type: Field required", `unknown` because its tag matches none.
MISSING = "~no_type"
UNKNOWN = "~unknown"


class NoType(Loose):
    """A block without a type, which is required."""

    type: str


def tagged(*types: str) -> dict[str, str]:
    """Types that are their own tags."""
    return {name: name for name in types}


class CacheControl(Strict):
    """A cache marker."""

    type: Literal["ephemeral"]
    ttl: Literal["5m", "1h"] = "5m"


class Cacheable(Strict):
    """A block that may carry a cache marker."""

    cache_control: CacheControl | None = None


class TextBlock(Cacheable):
    """Prose."""

    type: Literal["text"]
    text: str
    citations: list[dict[str, Any]] | None = None


class Base64Source(Strict):
    """An image in the request itself."""

    type: Literal["base64"]
    media_type: Literal["image/jpeg", "image/png", "image/gif", "image/webp"]
    data: Annotated[str, StringConstraints(min_length=1)]


class UrlSource(Strict):
    """An image or document by address."""

    type: Literal["url"]
    url: str


class FileSource(Strict):
    """An uploaded file."""

    type: Literal["file"]
    file_id: str


class Transformations(Strict):
    """What becomes of an image that is too large."""

    oversized_image: Literal["downsize", "error"] | None = None


class ImageBlock(Cacheable):
    """A picture."""

    type: Literal["image"]
    source: Annotated[Base64Source | UrlSource | FileSource, Field(discriminator="type")]
    transformations: Transformations | None = None


class PdfSource(Strict):
    """A PDF in the request itself."""

    type: Literal["base64"]
    media_type: Literal["application/pdf"]
    data: Annotated[str, StringConstraints(min_length=1)]


class TextSource(Strict):
    """Plain text in the request itself."""

    type: Literal["text"]
    media_type: Literal["text/plain"]
    data: str


class ContentSource(Strict):
    """Texts and images in the request itself."""

    type: Literal["content"]
    content: Annotated[
        Text | Annotated[list[Annotated[TextBlock | ImageBlock, Field(discriminator="type")]], ITEMS],
        TEXT_OR_ITEMS,
    ]


class Citations(Strict):
    """Whether the answer may cite."""

    enabled: bool | None = None


class DocumentBlock(Cacheable):
    """A document."""

    type: Literal["document"]
    source: Annotated[
        PdfSource | TextSource | ContentSource | UrlSource | FileSource, Field(discriminator="type")
    ]
    citations: Citations | None = None
    context: str | None = None
    title: str | None = None


class SearchResultBlock(Cacheable):
    """A search result of the client's own."""

    type: Literal["search_result"]
    content: list[TextBlock]
    source: str
    title: str
    citations: Citations | None = None


class ThinkingBlock(Strict):
    """Reasoning handed back."""

    type: Literal["thinking"]
    thinking: str
    signature: str


class RedactedThinkingBlock(Strict):
    """Encrypted reasoning handed back."""

    type: Literal["redacted_thinking"]
    data: str


class ToolUseBlock(Cacheable):
    """A tool call of an earlier answer."""

    type: Literal["tool_use"]
    id: ToolId
    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    input: dict[str, Any]
    caller: dict[str, Any] | None = None
    toolset_name: str | None = None


class OtherBlock(Loose):
    """A server tool's block, or a beta's: known by type, not checked further."""

    type: str


RESULT_BLOCKS = ("browser_state", "document", "image", "search_result", "text", "tool_reference")
_RESULT_TYPES = tagged("text", "image", "search_result", "document") | dict.fromkeys(
    ("tool_reference", "browser_state"), "~other"
)

ResultBlock = Annotated[
    Annotated[TextBlock, Tag("text")]
    | Annotated[ImageBlock, Tag("image")]
    | Annotated[SearchResultBlock, Tag("search_result")]
    | Annotated[DocumentBlock, Tag("document")]
    | Annotated[OtherBlock, Tag("~other")]
    | Annotated[NoType, Tag(MISSING)],
    Discriminator(by_key("type", _RESULT_TYPES, absent=MISSING, unknown=UNKNOWN)),
]


class ToolResultBlock(Cacheable):
    """What a tool call gave."""

    type: Literal["tool_result"]
    tool_use_id: ToolId
    content: Annotated[Text | Annotated[list[ResultBlock], ITEMS], TEXT_OR_ITEMS] = ""
    is_error: bool | None = None
    toolset_name: str | None = None


# Of the general API; what follows is of betas.
BLOCKS = (
    "bash_code_execution_tool_result",
    "code_execution_tool_result",
    "container_upload",
    "document",
    "image",
    "redacted_thinking",
    "search_result",
    "server_tool_use",
    "text",
    "text_editor_code_execution_tool_result",
    "thinking",
    "tool_result",
    "tool_search_tool_result",
    "tool_use",
    "web_fetch_tool_result",
    "web_search_tool_result",
)
OTHER_BLOCKS = (
    "server_tool_use",
    "web_search_tool_result",
    "web_fetch_tool_result",
    "code_execution_tool_result",
    "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result",
    "tool_search_tool_result",
    "container_upload",
    "advisor_tool_result",
    "mcp_tool_use",
    "mcp_tool_result",
    "mcp_tool_listing",
    "compaction",
    "tool_addition",
    "tool_removal",
    "fallback",
    "mid_conv_system",
)
_BLOCK_TYPES = tagged(
    "text",
    "image",
    "document",
    "search_result",
    "thinking",
    "redacted_thinking",
    "tool_use",
    "tool_result",
) | dict.fromkeys(OTHER_BLOCKS, "~other")

Block = Annotated[
    Annotated[TextBlock, Tag("text")]
    | Annotated[ImageBlock, Tag("image")]
    | Annotated[DocumentBlock, Tag("document")]
    | Annotated[SearchResultBlock, Tag("search_result")]
    | Annotated[ThinkingBlock, Tag("thinking")]
    | Annotated[RedactedThinkingBlock, Tag("redacted_thinking")]
    | Annotated[ToolUseBlock, Tag("tool_use")]
    | Annotated[ToolResultBlock, Tag("tool_result")]
    | Annotated[OtherBlock, Tag("~other")]
    | Annotated[NoType, Tag(MISSING)],
    Discriminator(by_key("type", _BLOCK_TYPES, absent=MISSING, unknown=UNKNOWN)),
]
