"""Pydantic models of everything under configs/; unknown keys are errors."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from lab.config.http import Headers, HeaderValue, UrlPath
from lab.meter.script import ScriptedAnswer
from lab.names import TierName

Wire = Literal["anthropic", "openai", "ollama"]
CacheKind = Literal["none", "exact", "semantic"]
Relation = Literal["perturbation", "session", "envelope"]
ClaimRule = Literal["at_most", "at_least", "about", "share"]
# YAML reads an unquoted date as one.
Day = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, date) else value)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]


class Model(BaseModel):
    """Base of all configuration models: immutable, strict about unknown keys, and finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, populate_by_name=True)


class Price(Model):
    """A price: a library look-up (`provider`, `model`) or own figures in USD per million tokens."""

    provider: str | None = None
    model: str | None = None
    input: Decimal | None = Field(default=None, ge=0)
    output: Decimal | None = Field(default=None, ge=0)
    note: str = ""


class Tier(Model):
    """One tier: the upstream model name that stands for it at the meter, and its price."""

    model: str
    title: str
    price: Price


class CloudTarget(Model):
    """Where mode `cloud` forwards a model's calls: base URL, and the variable with the key."""

    base_url: str
    model: str
    key_env: str


class Limits(Model):
    """Equal limits for every system, and the runner's time-outs (s) and attempts."""

    cpus: float = Field(default=1.0, gt=0)
    memory_mb: int = Field(default=2048, ge=64)
    exchange_timeout_s: float = Field(default=90.0, gt=0, le=86_400)
    attempts: int = Field(default=3, ge=1, le=10)
    backoff_s: float = Field(default=0.5, ge=0, le=3_600)
    max_answer_mb: int = Field(default=16, ge=1)


class Extrapolation(Model):
    """How totals are scaled: requests per month, and the mix (weights of scenarios, classes or suites)."""

    requests_per_month: int = Field(default=100_000, gt=0)
    mix: dict[str, float] = {}


class OllamaSettings(Model):
    """Models the Ollama service serves in mode `ollama`, per tier, and for embeddings."""

    models: dict[TierName, str]
    embeddings: str | None = None


class LabConfig(Model):
    """configs/lab.yaml: what runs by default, limits, tiers and prices."""

    variants: list[Name] = Field(min_length=1)
    suites: list[Name] = Field(min_length=1)
    baseline: Name = "direct"
    repeats: int = Field(default=3, ge=1, le=100)
    limits: Limits = Limits()
    tokenizer: Literal["o200k_base"] = "o200k_base"
    default_model: str
    default_model_price: Price
    same_model_price: Price
    tiers: dict[TierName, Tier]
    ollama: OllamaSettings
    cloud: dict[str, CloudTarget] = {}
    extrapolation: Extrapolation = Extrapolation()


class WireAccess(Model):
    """How a system is talked to on one wire: path and headers (`${…}` placeholders allowed).

    If a header holds `${client_key}` the system takes the key of any client; else it knows only one.
    """

    path: UrlPath
    headers: Headers = {}

    @property
    def any_client(self) -> bool:
        """Whether the system can be asked with the key of another client."""
        return any("${client_key}" in value for value in self.headers.values())


class StatedHeaders(Model):
    """Where a system states its own decision: response headers, or dotted paths in the body."""

    tier: str | None = None
    model: str | None = None
    cache: str | None = None
    cost: str | None = None
    overhead_ms: str | None = None


class Change(Model):
    """One thing a variant changes from the vendor's defaults, and why."""

    what: str
    why: str


class Variant(Model):
    """One configuration of a system; variants with the same `instance` share one process.

    `cache` is the kind of answer cache it has, with its similarity threshold if that is known.
    `lab_decides` says what the lab decides in its place (empty: nothing), as the report shows it.
    """

    title: str
    vendor_defaults: bool
    model: str
    instance: Name | None = None
    routes: bool = False
    cache: CacheKind = "none"
    cache_threshold: float | None = Field(default=None, ge=0, le=1)
    lab_decides: str = ""
    env: dict[str, str] = {}
    headers: Headers = {}
    changes: list[Change] = []


class VendorClaim(Model):
    """A figure that somebody states about a system, with its source and date, and how it is tested here.

    `by` is `vendor`, or the name of who else states it. `measure` names a registered measure and `with` its
    parameters. What it observes is held against `stated` (in `unit`s; with `of`, a count of so many) by
    `rule`, give or take `tolerance` units. `conditions` says how the stated conditions differ from the
    lab's. `not_testable` says why there is no verdict, and `one_sided` why falling short would prove nothing.
    """

    id: Name
    text: str
    source: str
    date: Day
    by: str = "vendor"
    measure: str = ""
    with_: dict[str, Any] = Field(default={}, alias="with")
    stated: float | None = None
    of: int | None = Field(default=None, ge=1)
    unit: str = ""
    rule: ClaimRule | None = None
    tolerance: float = Field(default=0.0, ge=0)
    conditions: str = ""
    not_testable: str = ""
    one_sided: str = ""


class SystemConfig(Model):
    """configs/systems/<system>.yaml: how to talk to one system."""

    system: Name
    title: str
    kind: Literal["gateway", "model_server", "control"]
    vendor: str = ""
    compose: str | None = None
    wires: dict[Wire, WireAccess]
    states: StatedHeaders = StatedHeaders()
    variants: dict[Name, Variant]
    patches: list[Change] = []
    claims: list[VendorClaim] = []
    notes: list[str] = []


class Fact(Model):
    """A fact the model needs: parts that must appear, in order and near each other."""

    parts: list[str] = Field(min_length=1)


class ScenarioPayload(Model):
    """The payload of a scenario: its kind, where it stands, its size in tokens, and turns of a history."""

    kind: str
    place: Literal["tool result", "user text", "turns", "turns with tool calls"]
    tokens: int = Field(ge=1)
    turns: int = Field(default=0, ge=0)


class Scenario(Model):
    """One question put to every system, written on the Anthropic wire.

    `params` are further fields of the request, on that wire; `headers` are the client's own. A scenario goes
    in pass `in_pass` of every repeat; state is wiped between passes. `of` names the scenario that this one
    is a perturbation, a session or an envelope of, by `relation`. Each of `perturbations` is the last user
    message in other words and becomes a scenario of its own when the suite is loaded. `checks` judge it;
    those of the suite if it names none. `payload`, and the rows `facts_beside` its facts of which nothing
    is asked, come with a generated payload. `client_key` is another client's key, sent in place of the lab's.
    `cache_differs` says in what a scenario that must miss a cache differs from the first of its sequence: the
    `question`, its `context` (history, system prompt, tool result, document, tools on offer), the `user`, or
    `settings` (parameters).
    `foreign` are words that only the other conversations of its sequence hold, and that it must not bring.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,39}$")]
    title: str
    looks_at: str
    class_: str = Field(alias="class")
    max_tokens: int = Field(ge=1)
    system: str | list[dict[str, Any]] | None = None
    messages: list[dict[str, Any]] = Field(min_length=1)
    tools: list[dict[str, Any]] = []
    params: dict[str, Any] = {}
    headers: Headers = {}
    client_key: HeaderValue = ""
    stream: bool = False
    valid: bool = True
    invalid_why: str = ""
    acceptable_tiers: list[TierName] = []
    tiers_why: str = ""
    tools_needed: list[str] = []
    facts: list[Fact] = []
    facts_beside: list[Fact] = []
    foreign: list[Annotated[str, StringConstraints(min_length=4)]] = []
    payload: ScenarioPayload | None = None
    sequence: str | None = None
    in_pass: int = Field(default=0, ge=0)
    routers_only: bool = False
    of: str | None = None
    relation: Relation | None = None
    perturbations: list[str] = []
    checks: list[str] = []
    nonce: bool = True
    cache_expect: Literal["may_hit", "must_miss", "must_hit"] = "must_miss"
    cache_needs: Literal["exact", "semantic"] = "exact"
    cache_differs: Literal["question", "context", "user", "settings"] | None = None
    answer: ScriptedAnswer | None = None
    from_vendor: bool = False


class Suite(Model):
    """A named set of scenarios, after fixtures, tool sets and perturbations have been put in.

    `checks` are the registered checks that judge its scenarios (none named: all). `nonce` and
    `routers_only` are defaults for its scenarios.
    """

    suite: Name
    title: str
    description: str = ""
    retries: bool = True
    nonce: bool = True
    routers_only: bool = False
    checks: list[str] = []
    answer: ScriptedAnswer
    classes: dict[str, str]
    scenarios: list[Scenario] = Field(min_length=1)
