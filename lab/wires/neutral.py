"""The wire-neutral form of requests and answers, on which tokens, tools and facts are counted.

Counted are texts, tool calls with their arguments, tool results, and each tool's name, description
and schema. Translating a request from one wire to another therefore costs nothing by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal

PartKind = Literal["text", "tool_call", "tool_result", "image", "thinking", "other"]
# What an answer may hold beside text and calls of the client's tools; `choice` is one after the first.
AnswerPartKind = Literal[
    "thinking", "redacted_thinking", "refusal", "citation", "server_tool", "logprobs", "choice", "other"
]
AnsweredBy = Literal["scripted", "ollama", "cloud", "meter"]
REAL: Final = frozenset({"ollama", "cloud"})  # a model answered, rather than the meter
Details = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a message; `text` is prose, a tool result, or arguments as minified JSON.

    The rest is never counted: `digest` stands for data that is no text (`sha256:` of an image's or a file's
    decoded bytes or of a thinking block's signature, `url:` or `file:` if only a reference was given),
    `cache` is how long a cache mark on it lasts, `blocks` are the texts of a tool result of several, `images`
    the digests of its images, which are parts of their own behind it, and `error` says that it is one.
    `type` is the block's own where that says more than `kind`, such as document, refusal or server_tool_use;
    `details` are its other fields that say something, such as title, citations, caller or detail.
    """

    kind: PartKind
    text: str = ""
    name: str = ""
    id: str = ""
    digest: str = ""
    media_type: str = ""
    cache: str = ""
    blocks: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    error: bool = False
    type: str = ""
    details: Details = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """One message; roles are user, assistant, tool (tool results are a part's kind, not a role)."""

    role: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool offered to the model; `schema` is its parameters' JSON schema, `cache` as in Part.

    `type` is `function` for one with a schema of the client's own, `custom` for OpenAI's with free input,
    else the provider's word for it; `details` are its other fields that say something, such as max_uses.
    """

    name: str
    description: str = ""
    schema: dict[str, Any] | None = None
    cache: str = ""
    type: str = "function"
    details: Details = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NeutralRequest:
    """A request on any wire, reduced to what a model reads, plus its other parameters as sent.

    `system_cache` says for each system text how long a cache mark on it lasts (empty: it has none), and
    `system_places` how many of `messages` stand before it (empty: none before any); `system_details` are as
    in Part. `empty_tools` says that the request has a list of tools, and none in it.
    """

    model: str | None
    system: tuple[str, ...] = ()
    messages: tuple[Message, ...] = ()
    tools: tuple[Tool, ...] = ()
    stream: bool = False
    params: dict[str, Any] = field(default_factory=dict)
    system_cache: tuple[str, ...] = ()
    system_places: tuple[int, ...] = ()
    system_details: tuple[Details, ...] = ()
    empty_tools: bool = False


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call in an answer; `input` is None if the arguments are not a JSON object."""

    id: str
    name: str
    input: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Usage as stated, in tokens; `input` includes cache reads and writes, `output` the `reasoning`."""

    input: int | None = None
    output: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None


@dataclass(frozen=True, slots=True)
class AnswerPart:
    """One piece of an answer that is neither its text nor a tool call.

    `text` is its prose, such as that of a thinking block or a refusal; `digest` stands for the rest of it:
    a signature, encrypted reasoning, a citation, what a server's tool was asked and gave.
    """

    kind: AnswerPartKind
    text: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class NeutralAnswer:
    """An answer on any wire; `problems` lists where it breaks its wire's own rules.

    `stop_details` is what its wire adds to `stop_reason`: why a response is incomplete, which refusal it is.
    `parts` is all else than text and tool calls of the first choice, `counts` every count in its usage by
    its path there. `texts` are the blocks that make its text, and `order` says what stands where.
    """

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    stop_reason: str | None = None
    model: str | None = None
    usage: Usage = Usage()
    problems: tuple[str, ...] = ()
    error: str | None = None
    stop_sequence: str | None = None
    stop_details: str | None = None
    parts: tuple[AnswerPart, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()
    texts: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
