"""Request models of Ollama's own API: unknown keys are ignored and null is as good as absent, as in Go.

Source: api/types.go of Ollama, whose JSON decoding refuses only values of the wrong type.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, ValidationError

from lab.meter.refusal import Refusal
from lab.meter.schemas.base import Loose


class CallFunction(Loose):
    """Name and arguments of a call; arguments are an object, unlike on the OpenAI wire."""

    name: str | None = None
    arguments: dict[str, Any] | None = None
    index: int | None = None


class ToolCall(Loose):
    """A call of a function."""

    id: str | None = None
    function: CallFunction | None = None


class Message(Loose):
    """One message; content is a text, never an array of parts."""

    role: str | None = None
    content: str | None = None
    thinking: str | None = None
    images: list[str] | None = None
    tool_calls: list[ToolCall] | None = None
    tool_name: str | None = None
    tool_call_id: str | None = None


class Property(Loose):
    """One parameter of a function."""

    type: Annotated[Any, Field(default=None)]
    description: str | None = None
    enum: list[Any] | None = None


class Parameters(Loose):
    """A function's parameters."""

    type: str | None = None
    required: list[str] | None = None
    properties: dict[str, Property] | None = None


class ToolFunction(Loose):
    """A function offered to the model."""

    name: str | None = None
    description: str | None = None
    parameters: Parameters | None = None


class Tool(Loose):
    """A tool offered to the model."""

    type: str | None = None
    function: ToolFunction | None = None


class Options(Loose):
    """The options whose types are commonest to be wrong; the others are ignored."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: float | None = None
    num_predict: float | None = None
    num_ctx: float | None = None
    seed: float | None = None
    stop: list[str] | None = None


class _Common(Loose):
    model: str | None = None
    stream: bool | None = None
    options: Options | None = None
    keep_alive: str | float | None = None
    think: bool | str | None = None
    format: dict[str, Any] | str | None = None


class ChatRequest(_Common):
    """The body of POST /api/chat."""

    messages: list[Message] | None = None
    tools: list[Tool] | None = None


class GenerateRequest(_Common):
    """The body of POST /api/generate."""

    prompt: str | None = None
    suffix: str | None = None
    system: str | None = None
    template: str | None = None
    context: list[int] | None = None
    raw: bool | None = None
    images: list[str] | None = None


class EmbedRequest(Loose):
    """The body of POST /api/embed."""

    model: str | None = None
    input: str | list[str] | None = None
    truncate: bool | None = None
    dimensions: int | None = None


class EmbeddingRequest(Loose):
    """The body of POST /api/embeddings, the older form for one text."""

    model: str | None = None
    prompt: str | None = None


_GO_TYPES = {
    "string_type": "string",
    "int_type": "int",
    "int_from_float": "int",
    "float_type": "float32",
    "bool_type": "bool",
    "list_type": "[]interface {}",
    "dict_type": "map[string]interface {}",
    "model_type": "struct",
    "model_attributes_type": "struct",
}
_UNION_PARTS = frozenset({"str", "bool", "float", "int", "list[str]", "dict[str,any]"})
_SPECIAL = {
    "messages.tool_calls.function.arguments": "api.ToolCallFunctionArguments",
    "messages": "[]api.Message",
}


def refusal(struct: str, error: ValidationError) -> Refusal:
    """The first finding in the words of Go's JSON decoder."""
    first = error.errors(include_url=False)[0]
    keys = [p for p in first["loc"] if isinstance(p, str) and p not in _UNION_PARTS]
    field = ".".join(keys)
    wanted = _SPECIAL.get(field) or _GO_TYPES.get(first["type"], first["type"])
    given = _json_kind(first["input"])
    return Refusal(
        400, f"json: cannot unmarshal {given} into Go struct field {struct}.{field} of type {wanted}"
    )


def _json_kind(value: Any) -> str:
    kinds = {bool: "bool", int: "number", float: "number", str: "string", list: "array"}
    return kinds.get(type(value), "object")
