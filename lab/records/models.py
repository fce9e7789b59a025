"""Typed records of a run, schema 1: what exchanges.jsonl, upstream.jsonl and manifest.json hold."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, NonNegativeInt

from lab.records.claim_info import ClaimInfo
from lab.tokens import TokenParts
from lab.wires.neutral import AnsweredBy

SCHEMA = 1

ExchangeStatus = Literal["completed", "failed"]
CellStatus = Literal["measured", "unsupported", "unavailable", "failed", "not_run"]
UpstreamKind = Literal["chat", "embedding", "metadata", "other"]
Differs = Literal["question", "context", "user", "settings"]


def _instant(text: str) -> str:
    datetime.fromisoformat(text)
    return text


Instant = Annotated[str, AfterValidator(_instant)]


class Record(BaseModel):
    """Base of all records: immutable; unknown fields of later versions are kept out of the way."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True, serialize_by_alias=True)


class Usage(Record):
    """Tokens as a response states them; `input` includes cache reads and writes."""

    input: int | None = None
    output: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None


class ToolCall(Record):
    """A tool call in an answer."""

    id: str
    name: str
    input: dict[str, Any] | None = None


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


class ExchangeRecord(Record):
    """One scenario sent once to one variant; latency is the last attempt's.

    `upstream_calls` is how many records of upstream calls belong to it (None: not recorded), so that a lost
    one is noticed.
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
    nonce: str
    marker: str
    headers_sent: dict[str, str] = {}
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


class UpstreamRecord(Record):
    """One call the meter received; `exchange` is None for background calls.

    `usage` is what the meter's answer stated; `answer_tool_calls` are the tool calls in that answer, and
    `answer_text_sha` leads to its text, empty where it has none (both None where they were not read).
    """

    schema_: int = Field(default=SCHEMA, alias="schema")
    exchange: str | None
    caller: str
    n: int
    kind: UpstreamKind
    wire: str
    method: str
    path: str
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
    headers: dict[str, str] = {}


class VariantStatus(Record):
    """How a variant fared as a whole: started or not, and from what it was started.

    `wires` are the client wires it speaks (empty: not recorded); `locked` says whether it is what the lab
    pins and locks, rather than a package or an image that was given in its place (None: the lab pins nothing
    for it). On the wires in `one_client` the lab has but one client key that it accepts.
    """

    name: str
    system: str
    title: str
    kind: str
    vendor_defaults: bool
    routes: bool
    model: str
    cache: str = "none"
    cache_threshold: float | None = None
    lab_decides: str = ""
    status: Literal["ran", "unavailable", "not_run"]
    reason: str | None = None
    version: str | None = None
    image: str | None = None
    boot_s: float | None = None
    wires: tuple[str, ...] = ()
    one_client: tuple[str, ...] = ()
    locked: bool | None = None
    changes: tuple[dict[str, str], ...] = ()
    log_tail: str | None = None


class PayloadInfo(Record):
    """A scenario's payload: its kind, where it stands, its size in tokens, and the turns of a history."""

    kind: str
    place: str
    tokens: int
    turns: int = 0


class ScenarioInfo(Record):
    """What the report needs of a scenario without reading configs again.

    `unsupported` says why it cannot be asked on the run's wire (empty: it can); `checks` are the names of
    the checks that judge it (none: all). `similarity` is how alike the last user texts of it and of its
    sequence's first scenario are (cosine of all-MiniLM-L6-v2; 1 where they are equal, None where unknown).
    `cache_differs` is in what a scenario that must miss differs from that first one (None: not stated).
    `foreign` are words of the sequence's other conversations.
    """

    id: str
    suite: str
    title: str
    feature: str
    group: str
    group_title: str
    valid: bool
    invalid_why: str = ""
    seed: bool = False
    acceptable_tiers: tuple[str, ...] = ()
    tiers_why: str = ""
    tools_needed: tuple[str, ...] = ()
    facts: tuple[tuple[str, ...], ...] = ()
    facts_beside: tuple[tuple[str, ...], ...] = ()
    foreign: tuple[str, ...] = ()
    payload: PayloadInfo | None = None
    sequence: str | None = None
    cache_expect: str = "must_miss"
    cache_needs: str = "exact"
    cache_differs: Differs | None = None
    stream: bool = False
    in_pass: int = 0
    routers_only: bool = False
    of: str | None = None
    relation: str | None = None
    other_client: bool = False
    similarity: float | None = None
    checks: tuple[str, ...] = ()
    unsupported: str = ""


class PriceInfo(Record):
    """A resolved price in USD per million tokens, with its source."""

    input: str
    output: str
    source: str


class TierInfo(Record):
    """A tier: its model name at the meter and its resolved price."""

    model: str
    title: str
    price: PriceInfo


class Manifest(Record):
    """manifest.json: what ran, how, where, and from which files.

    `scenarios_folder` holds the user's own prompts, and `scenarios_suite` is the suite made of them.
    `exchanges` and `background_calls` are how many records there were when the run ended or was interrupted
    (None: it is running, or was killed).
    """

    schema_: int = Field(default=SCHEMA, alias="schema")
    run: str
    lab_version: str
    created_at: str
    finished_at: str | None = None
    state: Literal["running", "interrupted", "finished"] = "running"
    seed: int
    repeats: int
    suites: tuple[str, ...]
    suite_titles: dict[str, str] = {}
    scenarios_folder: str | None = None
    scenarios_suite: str | None = None
    wire: str = "anthropic"
    engine: str
    engine_notes: tuple[str, ...] = ()
    upstream_mode: str
    upstream_mode_why: str = ""
    baseline: str
    default_model: str
    default_model_price: PriceInfo
    same_model: str
    same_model_price: PriceInfo
    tiers: dict[str, TierInfo]
    tokenizer: str
    requests_per_month: int
    mix: dict[str, float] = {}
    limits: dict[str, Any] = {}
    variants: tuple[VariantStatus, ...] = ()
    scenarios: tuple[ScenarioInfo, ...] = ()
    claims: tuple[ClaimInfo, ...] = ()
    config_sha256: dict[str, str] = {}
    packages: dict[str, str] = {}
    host: dict[str, str] = {}
    git: dict[str, str] = {}
    command: tuple[str, ...] = ()
    timings_s: dict[str, float] = {}
    exchanges: int | None = None
    background_calls: int | None = None
    resumed: int = 0
