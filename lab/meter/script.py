"""What an exchange is answered with, as configs say it and the control API takes it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, StringConstraints

from lab.meter.config import Model

# Why an answer ends, by the names of all wires; those of one line are the same thing.
StopReason = Literal[
    "end_turn", "stop", "completed",
    "max_tokens", "length", "max_output_tokens", "incomplete",
    "tool_use", "tool_calls", "function_call",
    "refusal", "content_filter",
    "stop_sequence",
    "pause_turn",
    "model_context_window_exceeded",
]  # fmt: skip
# What the transfer itself says of a body.
_OF_THE_TRANSFER = frozenset({"content-length", "transfer-encoding", "connection"})


def _header(name: str) -> str:
    if name.lower() in _OF_THE_TRANSFER:
        raise ValueError(f"{name} is said by the transfer itself")
    return name


HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$"), AfterValidator(_header)]
HeaderValue = Annotated[str, StringConstraints(pattern=r"^[!-~]([ -~]*[!-~])?$")]

Texts = Annotated[list[str], BeforeValidator(lambda value: [value] if isinstance(value, str) else value)]


class ScriptedToolCall(Model):
    """A tool call in a scripted answer; `id` is chosen, or else the meter's own."""

    name: str
    input: dict[str, Any]
    id: str = ""


class ServerToolUse(Model):
    """A tool that the provider itself runs, with the `result` as the messages wire has its content.

    On the Responses wire a web_search is a web_search_call; other wires and tools show nothing of it.
    """

    name: str = "web_search"
    input: dict[str, Any]
    result: Any = Field(default=[])
    id: str = ""


class ScriptedUsage(Model):
    """Counts that the answer states beside what the meter counts, in tokens.

    `cache_read` and `cache_write` are part of the input, `reasoning` is added to the output.
    """

    cache_read: int = Field(
        default=0,
        ge=0,
        validation_alias=AliasChoices("cache_read", "cache_read_input_tokens", "cached_tokens"),
    )
    cache_write: int = Field(
        default=0,
        ge=0,
        validation_alias=AliasChoices("cache_write", "cache_creation_input_tokens", "cache_write_tokens"),
    )
    reasoning: int = Field(default=0, ge=0, validation_alias=AliasChoices("reasoning", "reasoning_tokens"))


class ScriptedError(Model):
    """What the provider says went wrong; the type is by the status if it is not given."""

    message: str = "The lab's scripted error."
    type: str = ""
    code: str | None = None


class ScriptedAnswer(Model):
    """What the meter answers on whatever wire it is asked; each wire shows what it has a place for.

    The provenance marker is added to the text; an answer with neither text nor refusal has none. `thinking`
    and `redacted_thinking` come before the text, on the Responses wire as reasoning items. `refusal` is a
    refusal in words. `stop_reason` is any wire's name of it. An answer that says how it ends, by these or by
    a `stop_sequence`, is whole; any other obeys the request's limit of tokens and stop sequences. `citations`
    are those of the messages wire. `choices` are the texts of further choices, if several are asked for; the
    first's if there are none. Log probabilities come if they are asked for. A `status` from 400 up is an
    error, and all else but `headers` and `error` is unused then. `bodies` are whole answers by wire
    (messages, chat, responses), in which `${marker}` is the marker: keys with values, or the very text.
    """

    text: str = ""
    tool_calls: list[ScriptedToolCall] = Field(default=[])
    thinking: Texts = Field(default=[])
    signature: str = "c2lnbmVkIGJ5IHRoZSBsYWI="
    redacted_thinking: Texts = Field(default=[])
    server_tools: list[ServerToolUse] = Field(default=[])
    citations: list[dict[str, Any]] = Field(default=[])
    refusal: str = ""
    stop_reason: StopReason | None = None
    stop_sequence: str | None = None
    usage: ScriptedUsage = ScriptedUsage()
    choices: list[str] = Field(default=[])
    id: str = ""
    status: int = Field(default=200, ge=200, le=599)
    headers: dict[HeaderName, HeaderValue] = Field(default={})
    error: ScriptedError = ScriptedError()
    bodies: dict[Literal["messages", "chat", "responses"], dict[str, Any] | str] = Field(default={})

    @property
    def ending_stated(self) -> bool:
        """Whether it says itself how it ends, whatever a request wishes."""
        return self.stop_reason is not None or self.stop_sequence is not None or bool(self.refusal)

    @property
    def silent(self) -> bool:
        """Whether a client is right to find neither text nor a tool call in it."""
        return self.status >= 400 or bool(self.bodies) or not (self.text or self.tool_calls)
