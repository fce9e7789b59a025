"""Typed records of a run, schema 1: what exchanges.jsonl and upstream.jsonl hold."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, NonNegativeInt

from lab.tokens import TokenParts
from lab.wires.neutral import AnsweredBy, ToolCall, Usage

SCHEMA = 1

ExchangeStatus = Literal["completed", "failed"]
UpstreamKind = Literal["chat", "embedding", "metadata", "other"]
SeenBy = Literal["trace", "template", "count"]


def _instant(text: str) -> str:
    datetime.fromisoformat(text)
    return text


Instant = Annotated[str, AfterValidator(_instant)]


class Record(BaseModel):
    """Base of all records: immutable; unknown fields of later versions are kept out of the way.

    A line leaves out fields that hold their default, so a default is part of the schema and stays as it is.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True, serialize_by_alias=True)


class Answer(Record):
    """What the client made of a response, on any wire."""

    text_sha: str | None = None
    markers: tuple[str, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    stop_reason: str | None = None
    model: str | None = None
    usage: Usage = Usage()
    problems: tuple[str, ...] = ()


class Claim(Record):
    """What the gateway states about its own work, from headers or the body."""

    tier: str | None = None
    model: str | None = None
    cache: str | None = None
    cost_usd: str | None = None
    overhead_ms: str | None = None


class Attempt(Record):
    """One HTTP try: latency in ms from sending the request to the last byte of the response."""

    n: int
    started_at: Instant
    latency_ms: float
    ttfb_ms: float | None = None
    http_status: int | None = None
    error: str | None = None
    transient: bool = False
    response: str | None = None
    response_headers: dict[str, str] = {}


class Refused(Record):
    """What a provider says to the client's own request when the lab sends it without a gateway.

    `status` is an HTTP status, below 400 if it is accepted (None: no answer came); `error` is in its words.
    """

    status: int | None = None
    error: str = ""


class ModelInput(Record):
    """What a model got of one call, seen behind the model server that answered it.

    `seen_by` is how: the server's trace log or slots, its template as it renders it on request, or the
    tokens it states against the model's own count (None: it was not seen, for the reason `why`). `prompt`
    leads to the text that the server handed on, before it was cut to the context. `tokens` are what the model
    read, and `tokens_whole` what the prompt had before it was cut, by the model's own tokenizer; a cut one
    keeps its first `keep` tokens and then its end. `context` is the context length in force, in tokens, and
    `images` how many pictures came with it. `form` is the form that the server holds the answer to, in its
    own words (empty: none). None: not known.
    """

    seen_by: SeenBy | None = None
    why: str = ""
    prompt: str | None = None
    tokens: NonNegativeInt | None = None
    tokens_whole: NonNegativeInt | None = None
    keep: NonNegativeInt | None = None
    context: NonNegativeInt | None = None
    images: NonNegativeInt | None = None
    form: str | None = None
    cut: bool | None = None


class ExchangeRecord(Record):
    """One scenario sent once to one variant; latency is the last attempt's.

    `upstream_calls` is how many records of upstream calls belong to it (None: not recorded), so that a lost
    one is noticed. `address` is the path and query that it was sent to, and `credential` a digest of the key
    that the client sent. `without_gateway` is what a real provider that refused or did not answer says to the
    same request without a gateway (None: not asked).
    """

    schema_: int = Field(default=SCHEMA, alias="schema")
    id: str
    seq: int
    variant: str
    system: str
    suite: str
    scenario: str
    repeat: int
    wire: str
    stream: bool = False
    address: str = ""
    nonce: str = ""
    marker: str
    headers_sent: dict[str, str] = {}
    credential: str = ""
    started_at: Instant
    status: ExchangeStatus
    reason: str | None = None
    request: str
    response: str | None = None
    http_status: int | None = None
    attempts: tuple[Attempt, ...] = ()
    latency_ms: float | None = None
    own_ms: float | None = None
    tokens_sent: TokenParts
    tokens_out: int | None = None
    tools_sent: tuple[str, ...] = ()
    answer: Answer = Answer()
    claim: Claim = Claim()
    upstream_calls: int | None = None
    without_gateway: Refused | None = None


class UpstreamRecord(Record):
    """One call the meter received; `exchange` is None for background calls.

    `usage` is what the meter's answer stated; `answer_tool_calls` are the tool calls in that answer, and
    `answer_text_sha` leads to its text, empty if it has none, and `answer_markers` are the markers in it (all
    None if they were not read). `credential` is a digest of the key that the provider was given. `ceiling` is
    the limit on generated tokens that the meter set on what it passed on (None: it set none), and
    `model_input` what the model got of the call (None: no model server answered it).
    """

    schema_: int = Field(default=SCHEMA, alias="schema")
    exchange: str | None = None
    caller: str
    n: int
    kind: UpstreamKind
    wire: str
    method: str
    path: str
    query: str = ""
    model: str | None = None
    tier: str | None = None
    stream: bool = False
    received_at: Instant
    duration_ms: float
    status: int
    error: str | None = None
    answered_by: AnsweredBy = "scripted"
    request: str | None = None
    response: str | None = None
    request_bytes: int = 0
    response_bytes: int = 0
    tokens: TokenParts = TokenParts()
    tokens_out: NonNegativeInt = 0
    tools: tuple[str, ...] = ()
    aborted: bool = False
    usage: Usage = Usage()
    answer_tool_calls: tuple[ToolCall, ...] | None = None
    answer_text_sha: str | None = None
    answer_markers: tuple[str, ...] | None = None
    headers: dict[str, str] = {}
    credential: str = ""
    ceiling: int | None = None
    model_input: ModelInput | None = None
