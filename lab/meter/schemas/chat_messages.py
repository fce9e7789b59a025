"""The messages of POST /v1/chat/completions, one model per role and per kind of part.

Sources: the parameter types of the `openai` package 3.54.0, and the provider's documented errors.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from lab.meter.schemas.base import ITEMS, TEXT_OR_ITEMS, Loose, Strict, Text, by_key
from lab.meter.schemas.openai_common import CacheBreakpoint, FunctionName

Speaker = Annotated[str, StringConstraints(pattern=r"^[^\s<|\\/>]+$", max_length=64)]
CallId = Annotated[str, StringConstraints(max_length=40)]


class TextPart(Strict):
    """Prose."""

    type: Literal["text"]
    text: str
    prompt_cache_breakpoint: CacheBreakpoint | None = None


class RefusalPart(Strict):
    """An earlier refusal of the model."""

    type: Literal["refusal"]
    refusal: str


class ImageUrl(Strict):
    """Where a picture is, or the picture as a data URL."""

    url: str
    detail: Literal["auto", "low", "high", "original"] | None = None


class ImagePart(Strict):
    """A picture."""

    type: Literal["image_url"]
    image_url: ImageUrl
    prompt_cache_breakpoint: CacheBreakpoint | None = None


class InputAudio(Strict):
    """Sound in base64."""

    data: str
    format: Literal["wav", "mp3"]


class AudioPart(Strict):
    """A sound."""

    type: Literal["input_audio"]
    input_audio: InputAudio
    prompt_cache_breakpoint: CacheBreakpoint | None = None


class FileRef(Strict):
    """An uploaded or inlined file."""

    file_data: str | None = None
    file_id: str | None = None
    filename: str | None = None


class FilePart(Strict):
    """A file."""

    type: Literal["file"]
    file: FileRef
    prompt_cache_breakpoint: CacheBreakpoint | None = None


class UserPartType(Loose):
    """Stands for a part of a user message whose type is absent or unknown."""

    type: Literal["text", "image_url", "input_audio", "file", "refusal"]


class AssistantPartType(Loose):
    """Stands for a part of an assistant message whose type is absent or unknown."""

    type: Literal["text", "refusal"]


UserPart = Annotated[
    Annotated[TextPart, Tag("~text_part")]
    | Annotated[ImagePart, Tag("~image")]
    | Annotated[AudioPart, Tag("~audio")]
    | Annotated[FilePart, Tag("~file")]
    | Annotated[RefusalPart, Tag("~refusal")]
    | Annotated[UserPartType, Tag("~type")],
    Discriminator(
        by_key(
            "type",
            {
                "text": "~text_part",
                "image_url": "~image",
                "input_audio": "~audio",
                "file": "~file",
                "refusal": "~refusal",
            },
            absent="~type",
            unknown="~type",
        )
    ),
]
AssistantPart = Annotated[
    Annotated[TextPart, Tag("~text_part")]
    | Annotated[RefusalPart, Tag("~refusal")]
    | Annotated[AssistantPartType, Tag("~type")],
    Discriminator(
        by_key("type", {"text": "~text_part", "refusal": "~refusal"}, absent="~type", unknown="~type")
    ),
]

TextContent = Annotated[Text | Annotated[list[TextPart], ITEMS], TEXT_OR_ITEMS] | None


class SystemMessage(Strict):
    """Instructions; `developer` is the newer name of the role."""

    role: Literal["system", "developer"]
    content: TextContent = None
    name: Speaker | None = None


class UserMessage(Strict):
    """What the user says."""

    role: Literal["user"]
    content: Annotated[Text | Annotated[list[UserPart], ITEMS], TEXT_OR_ITEMS] | None = None
    name: Speaker | None = None


class FunctionCall(Strict):
    """A function's name and its arguments as a JSON text."""

    name: FunctionName
    arguments: str


class ToolCall(Strict):
    """A call of a function."""

    id: CallId
    type: Literal["function"]
    function: FunctionCall


class CustomCall(Strict):
    """Name and free input of a custom tool."""

    name: str
    input: str


class CustomToolCall(Strict):
    """A call of a custom tool."""

    id: CallId
    type: Literal["custom"]
    custom: CustomCall


class CallType(Loose):
    """Stands for a call whose type is absent or unknown."""

    type: Literal["function", "custom"]


AnyToolCall = Annotated[
    Annotated[ToolCall, Tag("~function")]
    | Annotated[CustomToolCall, Tag("~custom")]
    | Annotated[CallType, Tag("~type")],
    Discriminator(
        by_key("type", {"function": "~function", "custom": "~custom"}, absent="~type", unknown="~type")
    ),
]


class AssistantMessage(Strict):
    """An earlier answer."""

    role: Literal["assistant"]
    content: Annotated[Text | Annotated[list[AssistantPart], ITEMS], TEXT_OR_ITEMS] | None = None
    tool_calls: Annotated[list[AnyToolCall], Field(min_length=1)] | None = None
    function_call: FunctionCall | None = None
    refusal: str | None = None
    audio: dict[str, Any] | None = None
    annotations: list[dict[str, Any]] | None = None
    name: Speaker | None = None


class ToolMessage(Strict):
    """What a tool gave."""

    role: Literal["tool"]
    content: TextContent = None
    tool_call_id: CallId


class FunctionMessage(Strict):
    """What a function gave, in the older form."""

    role: Literal["function"]
    content: str | None = None
    name: str


class MessageRole(Loose):
    """Stands for a message whose role is absent or unknown."""

    role: Literal["system", "assistant", "user", "function", "tool", "developer"]


_ROLES = {
    "system": "~system",
    "developer": "~system",
    "user": "~user",
    "assistant": "~assistant",
    "tool": "~tool",
    "function": "~function",
}
ChatMessage = Annotated[
    Annotated[SystemMessage, Tag("~system")]
    | Annotated[UserMessage, Tag("~user")]
    | Annotated[AssistantMessage, Tag("~assistant")]
    | Annotated[ToolMessage, Tag("~tool")]
    | Annotated[FunctionMessage, Tag("~function")]
    | Annotated[MessageRole, Tag("~role")],
    Discriminator(by_key("role", _ROLES, absent="~role", unknown="~role")),
]
