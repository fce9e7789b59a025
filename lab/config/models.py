"""Pydantic models of everything under configs/; unknown keys are errors."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from lab.config.http import Headers, UrlPath
from lab.names import TierName

Wire = Literal["anthropic", "openai", "responses", "ollama"]
CacheKind = Literal["none", "exact", "semantic"]
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

    requests_per_month: int = Field(default=100_000, gt=0, le=10**15)
    mix: dict[str, float] = {}


class OllamaSettings(Model):
    """Models the model server serves in mode `ollama`, per tier, and for embeddings.

    An entry is a model's name there, or the path of a GGUF file or of a folder of safetensors, which is
    imported. `max_tokens` is the most that a call may generate, in tokens; the meter sees to it.
    """

    models: dict[TierName, str]
    embeddings: str | None = None
    max_tokens: int = Field(default=32, ge=1)


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
    `lab_decides` says what the lab decides in its place (empty: nothing), as the report shows it. `context`,
    of a model server: whether its models have the context that it gives them, or what the scenarios need.
    """

    title: str
    vendor_defaults: bool
    model: str
    instance: Name | None = None
    routes: bool = False
    cache: CacheKind = "none"
    cache_threshold: float | None = Field(default=None, ge=0, le=1)
    lab_decides: str = ""
    context: Literal["usual", "needed"] = "usual"
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
