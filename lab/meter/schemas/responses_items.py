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

    type: Literal[
        "input_text",
        "input_image",
        "input_audio",
        "output_text",
        "refusal",
        "input_file",
        "computer_screenshot",
        "summary_text",
        "encrypted_content",
    ]


class OtherPart(Loose):
    """A part that is known by type only."""

    type: str


_PARTS = {
    "input_text": "~input_text",
    "input_image": "~image",
    "input_file": "~file",
    "output_text": "~output_text",
    "refusal": "~refusal",
    "input_audio": "~other",
    "scoped_content": "~other",
    "computer_screenshot": "~other",
    "summary_text": "~other",
    "encrypted_content": "~other",
}
Part = Annotated[
    Annotated[InputText, Tag("~input_text")]
    | Annotated[InputImage, Tag("~image")]
    | Annotated[InputFile, Tag("~file")]
    | Annotated[OutputText, Tag("~output_text")]
    | Annotated[RefusalPart, Tag("~refusal")]
    | Annotated[OtherPart, Tag("~other")]
    | Annotated[PartType, Tag("~type")],
    Discriminator(by_key("type", _PARTS, absent="~type", unknown="~type")),
]
Content = Annotated[Text | Annotated[list[Part], ITEMS], TEXT_OR_ITEMS]


class InputMessage(Strict):
    """A message to the model; its `type` may be left out."""

    role: Literal["user", "system", "developer"]
    content: Content
    type: Literal["message"] | None = None
    id: str | None = None
    status: Status | None = None


class AnswerMessage(Strict):
    """A message of the model."""

    role: Literal["assistant"]
    content: Content
    type: Literal["message"] | None = None
    id: str | None = None
    status: Status | None = None
    phase: Literal["commentary", "final_answer"] | None = None


class MessageRole(Loose):
    """Stands for a message whose role is absent or unknown."""

    role: Literal["assistant", "system", "developer", "user"]


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
    "agent_message",
    "multi_agent_call",
    "multi_agent_call_output",
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


# What the API names when it knows a type of item not.
NAMED_ITEMS = (*OTHER_ITEMS, "function_call", "function_call_output", "message", "reasoning")
_TAGS = {
    "function_call": "~call",
    "function_call_output": "~output",
    "reasoning": "~reasoning",
} | dict.fromkeys(OTHER_ITEMS, "~other")


def _item_tag(value: Any) -> str:
    given = value.get("type") if isinstance(value, dict) else None
    if given not in (None, "message"):
        return _TAGS.get(given, "~type") if isinstance(given, str) else "~type"
    role = value.get("role") if isinstance(value, dict) else ""
    if role == "assistant":
        return "~answer"
    return "~message" if role in ("user", "system", "developer") else "~role"


class ItemType(Loose):
    """Stands for an item whose type is unknown."""

    type: Literal["message"]


Item = Annotated[
    Annotated[InputMessage, Tag("~message")]
    | Annotated[AnswerMessage, Tag("~answer")]
    | Annotated[MessageRole, Tag("~role")]
    | Annotated[FunctionCallItem, Tag("~call")]
    | Annotated[FunctionOutputItem, Tag("~output")]
    | Annotated[ReasoningItem, Tag("~reasoning")]
    | Annotated[OtherItem, Tag("~other")]
    | Annotated[ItemType, Tag("~type")],
    Discriminator(_item_tag),
]
