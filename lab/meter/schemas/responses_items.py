"""The input items of POST /v1/responses; items of hosted tools are known by type, not checked further.

Sources: the parameter types of the `openai` package 3.54.0, and the provider's documented errors.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, StringConstraints, Tag

from lab.meter.schemas.base import ITEMS, TEXT_OR_ITEMS, Loose, Strict, Text, by_key
from lab.meter.schemas.openai_common import CacheBreakpoint

CallId = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_-]+$", max_length=128)]
Status = Literal["in_progress", "completed", "incomplete"]


class InputText(Strict):
    """Prose from outside."""

    type: Literal["input_text"]
    text: str
    prompt_cache_breakpoint: CacheBreakpoint | None = None


class InputImage(Strict):
    """A picture."""

    type: Literal["input_image"]
    image_url: str | None = None
    file_id: str | None = None
    detail: Literal["low", "high", "auto", "original"] | None = None
    prompt_cache_breakpoint: CacheBreakpoint | None = None


class InputFile(Strict):
    """A file."""

    type: Literal["input_file"]
    file_data: str | None = None
    file_id: str | None = None
    file_url: str | None = None
    filename: str | None = None
    detail: Literal["auto", "low", "high"] | None = None
    prompt_cache_breakpoint: CacheBreakpoint | None = None


class OutputText(Strict):
    """Prose of an earlier answer."""

    type: Literal["output_text"]
    text: str
    annotations: list[dict[str, Any]] | None = None
    logprobs: list[dict[str, Any]] | None = None


class RefusalPart(Strict):
    """An earlier refusal of the model."""

    type: Literal["refusal"]
    refusal: str


class PartType(Loose):
    """Stands for a part whose type is absent or unknown."""

    type: Literal["input_text", "input_image", "input_file", "output_text", "refusal"]


_PARTS = {
    "input_text": "~input_text",
    "input_image": "~image",
    "input_file": "~file",
    "output_text": "~output_text",
    "refusal": "~refusal",
}
Part = Annotated[
    Annotated[InputText, Tag("~input_text")]
    | Annotated[InputImage, Tag("~image")]
    | Annotated[InputFile, Tag("~file")]
    | Annotated[OutputText, Tag("~output_text")]
    | Annotated[RefusalPart, Tag("~refusal")]
    | Annotated[PartType, Tag("~type")],
    Discriminator(by_key("type", _PARTS, absent="~type", unknown="~type")),
]
Content = Annotated[Text | Annotated[list[Part], ITEMS], TEXT_OR_ITEMS]


class MessageItem(Strict):
    """A message of the conversation; its `type` may be left out."""

    role: Literal["user", "assistant", "system", "developer"]
    content: Content
    type: Literal["message"] | None = None
    id: str | None = None
    status: Status | None = None
    phase: Literal["commentary", "final_answer"] | None = None


class FunctionCallItem(Strict):
    """A call of a function in an earlier answer."""

    type: Literal["function_call"]
    call_id: CallId
    name: Name
    arguments: str
    id: str | None = None
    status: Status | None = None
    caller: dict[str, Any] | None = None
    namespace: str | None = None


class FunctionOutputItem(Strict):
    """What a function gave."""

    type: Literal["function_call_output"]
    call_id: CallId
    output: Content
    id: str | None = None
    status: Status | None = None
    caller: dict[str, Any] | None = None
    name: str | None = None
    namespace: str | None = None


class ReasoningItem(Strict):
    """Reasoning handed back."""

    type: Literal["reasoning"]
    summary: list[dict[str, Any]]
    id: str | None = None
    content: list[dict[str, Any]] | None = None
    encrypted_content: str | None = None
    status: Status | None = None


OTHER_ITEMS = (
    "item_reference",
    "custom_tool_call",
    "custom_tool_call_output",
    "file_search_call",
    "computer_call",
    "computer_call_output",
    "web_search_call",
    "code_interpreter_call",
    "image_generation_call",
    "local_shell_call",
    "local_shell_call_output",
    "shell_call",
    "shell_call_output",
    "apply_patch_call",
    "apply_patch_call_output",
    "tool_search_call",
    "tool_search_output",
    "additional_tools",
    "mcp_list_tools",
    "mcp_approval_request",
    "mcp_approval_response",
    "mcp_call",
    "compaction",
    "compaction_trigger",
    "program",
    "program_output",
)


class OtherItem(Loose):
    """An item of a hosted tool, known by type."""

    type: str


class ItemType(Loose):
    """Stands for an item whose type is unknown."""

    type: Literal["message", "function_call", "function_call_output", "reasoning", "item_reference"]


_ITEMS = {
    "message": "~message",
    "function_call": "~call",
    "function_call_output": "~output",
    "reasoning": "~reasoning",
} | dict.fromkeys(OTHER_ITEMS, "~other")
Item = Annotated[
    Annotated[MessageItem, Tag("~message")]
    | Annotated[FunctionCallItem, Tag("~call")]
    | Annotated[FunctionOutputItem, Tag("~output")]
    | Annotated[ReasoningItem, Tag("~reasoning")]
    | Annotated[OtherItem, Tag("~other")]
    | Annotated[ItemType, Tag("~type")],
    Discriminator(by_key("type", _ITEMS, absent="~message", unknown="~type")),
]
