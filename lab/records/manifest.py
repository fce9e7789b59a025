"""Typed records of a run, schema 1: what manifest.json holds."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import AliasChoices, Field

from lab.records.models import SCHEMA, Record

CellStatus = Literal["measured", "unsupported", "unavailable", "failed", "not_run"]
Differs = Literal["question", "context", "user", "settings"]
# How the title of a suite begins that is a user's folder of own prompts.
OWN_TITLE: Final = "Own prompts in "


class ClaimInfo(Record):
    """A figure that somebody states about a system, and how it is tested, as configs/systems states it.

    `by` is `vendor`, or who else states it; `params` are the parameters of `measure` (empty: none tests it).
    """

    system: str
    system_title: str
    id: str
    text: str
    source: str
    date: str
    by: str = "vendor"
    measure: str = ""
    params: dict[str, Any] = Field(default_factory=dict)
    stated: float | None = None
    of: int | None = None
    unit: str = ""
    rule: str | None = None
    tolerance: float = 0.0
    conditions: str = ""
    not_testable: str = ""
    one_sided: str = ""


class VariantInfo(Record):
    """What a variant is, and from what it was started."""

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
    reason: str | None = None
    version: str | None = None
    image: str | None = None
    boot_s: float | None = None
    changes: tuple[dict[str, str], ...] = ()
    log_tail: str | None = None


class VariantStatus(VariantInfo):
    """How a variant fared as a whole: started or not.

    `wires` are the client wires it speaks (empty: not recorded); `locked` says whether it is what the lab
    pins and locks, rather than a package or an image that was given in its place (None: the lab pins nothing
    for it). On the wires in `one_client` the lab has but one client key that it accepts.
    """

    status: Literal["ran", "unavailable", "not_run"]
    wires: tuple[str, ...] = ()
    one_client: tuple[str, ...] = ()
    locked: bool | None = None


class ExpectInfo(Record):
    """What a scenario expects: the answer's status and headers (None: absent), and whose key is used."""

    status: int | None = None
    headers: tuple[tuple[str, str | None], ...] = ()
    credential: Literal["client", "gateway"] | None = None


class PayloadInfo(Record):
    """A scenario's payload: its kind, where it stands, its size in tokens, and the turns of a history."""

    kind: str
    place: str
    tokens: int
    turns: int = 0


class ScenarioFrame(Record):
    """What a scenario asks and what is expected of it, without its contents.

    `unsupported` says why it cannot be asked on the run's wire (empty: it can); `checks` are the names of
    the checks that judge it (none: all). `cache_differs` is in what a scenario that must miss differs from
    the first of its sequence (None: not stated). `from_vendor` is one that a vendor's own benchmark asks.
    `wire` is the client wire on which it is sent (empty: the run's). If it is a scenario in a further form,
    `written` and `written_suite` name the scenario and the suite that it is a form of.
    """

    id: str
    suite: str
    title: str
    looks_at: str = Field(validation_alias=AliasChoices("looks_at", "feature"))
    class_: str = Field(
        validation_alias=AliasChoices("class", "class_", "group"), serialization_alias="class"
    )
    class_title: str = Field(validation_alias=AliasChoices("class_title", "group_title"))
    valid: bool
    invalid_why: str = ""
    from_vendor: bool = Field(default=False, validation_alias=AliasChoices("from_vendor", "seed"))
    acceptable_tiers: tuple[str, ...] = ()
    tiers_why: str = ""
    tools_needed: tuple[str, ...] = ()
    sequence: str | None = None
    cache_expect: str = "must_miss"
    cache_needs: str = "exact"
    cache_differs: Differs | None = None
    in_pass: int = 0
    routers_only: bool = False
    of: str | None = None
    relation: str | None = None
    checks: tuple[str, ...] = ()
    unsupported: str = ""
    wire: str = ""
    written: str = ""
    written_suite: str = ""


class ScenarioInfo(ScenarioFrame):
    """What the report needs of a scenario without reading configs again.

    `similarity` is how alike the last user texts of it and of its sequence's first scenario are (cosine of
    all-MiniLM-L6-v2; 1 if they are equal, None if unknown). `foreign` are words of the sequence's
    other conversations. `path` is its own (empty: the wire's), and the answer of a `silent` one is right to
    have neither text nor a tool call. `unsupported_for` are variants whose model cannot take the scenario,
    each with the reason (not named: it can, or a gateway decides which model is asked).
    """

    facts: tuple[tuple[str, ...], ...] = ()
    facts_beside: tuple[tuple[str, ...], ...] = ()
    foreign: tuple[str, ...] = ()
    payload: PayloadInfo | None = None
    stream: bool = False
    other_client: bool = False
    similarity: float | None = None
    path: str = ""
    silent: bool = False
    unsupported_for: tuple[tuple[str, str], ...] = ()
    expect: ExpectInfo = ExpectInfo()


class FormInfo(Record):
    """A form in which scenarios are sent: the client wire, and whether streamed (None: each as written)."""

    wire: str
    stream: bool | None = None


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


class ServedModel(Record):
    """One model behind the meter: what configs/lab.yaml asks for, and what the model server says of it.

    `served_as` is its name on the server, and `capabilities` are in the server's words (None: it does not
    say). `trained_context` is what the model was made for, and `context` what was in force before the run, in
    tokens. `load_s` is how long loading took before anything was measured (0: it was loaded), and `answer_s`
    how long a short answer then took; `read_per_s` and `write_per_s` are tokens per second, as the server
    states them. None: not known.
    """

    asked_for: str
    served_as: str
    capabilities: tuple[str, ...] | None = None
    trained_context: int | None = None
    context: int | None = None
    load_s: float | None = None
    answer_s: float | None = None
    read_per_s: float | None = None
    write_per_s: float | None = None


class ModelServerInfo(Record):
    """A model server behind the meter, as it was asked before the run.

    `where` says who runs it, and at which address. `models` are what it serves, by tier, and `embeddings`;
    `problems` are what did not fit, one sentence each, and `needs_about_s` are the seconds that the models'
    part of the run was expected to take (at least, at most).
    """

    system: str
    kind: str
    version: str | None = None
    where: str = ""
    models: dict[str, ServedModel] = Field(default_factory=dict)
    problems: tuple[str, ...] = ()
    needs_about_s: tuple[float, float] | None = None

    def with_problems(self, more: tuple[str, ...]) -> ModelServerInfo:
        """The same with what was seen later."""
        return self.model_copy(update={"problems": (*self.problems, *more)})


class RunFrame(Record):
    """What ran, how, where and at which prices (USD per million tokens).

    `named_prices` are those of models that scenarios ask for themselves, if the library knows them.
    """

    lab_version: str
    created_at: str
    finished_at: str | None = None
    state: Literal["running", "interrupted", "finished"] = "running"
    seed: int
    repeats: int
    suites: tuple[str, ...]
    suite_titles: dict[str, str] = Field(default_factory=dict)
    wire: str = "anthropic"
    forms: tuple[FormInfo, ...] = ()
    asked_why: str = ""
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
    named_prices: dict[str, PriceInfo] = Field(default_factory=dict)
    tokenizer: str
    limits: dict[str, Any] = Field(default_factory=dict)
    config_sha256: dict[str, str] = Field(default_factory=dict)
    packages: dict[str, str] = Field(default_factory=dict)
    host: dict[str, str] = Field(default_factory=dict)
    git: dict[str, str] = Field(default_factory=dict)
    command: tuple[str, ...] = ()
    timings_s: dict[str, float] = Field(default_factory=dict)
    resumed: int = 0


class Manifest(RunFrame):
    """manifest.json: what ran, with everything a report needs of the configs.

    `scenarios_folder` holds the user's own prompts, and `scenarios_suite` is the suite made of them. `asked`
    are the variants that are asked each scenario, by its id (empty: all of them); `asked_why` says why the
    others are not. `exchanges` and `background_calls` are how many records there were when the run ended or
    was interrupted (None: it is running, or was killed).
    """

    schema_: int = Field(default=SCHEMA, alias="schema")
    run: str
    scenarios_folder: str | None = None
    scenarios_suite: str | None = None
    requests_per_month: int
    mix: dict[str, float] = Field(default_factory=dict)
    variants: tuple[VariantStatus, ...] = ()
    scenarios: tuple[ScenarioInfo, ...] = ()
    asked: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    model_servers: tuple[ModelServerInfo, ...] = ()
    claims: tuple[ClaimInfo, ...] = ()
    exchanges: int | None = None
    background_calls: int | None = None
