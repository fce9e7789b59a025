"""The part of results.json that says what ran: the run, its variants, scenarios and checks."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from lab.records.models import CellStatus, Differs, PriceInfo, Record, TierInfo


class VariantRow(Record):
    """One variant: what it is, from what it was started, and how it fared as a whole."""

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
    status: CellStatus
    reason: str | None = None
    version: str | None = None
    image: str | None = None
    boot_s: float | None = None
    baseline: bool = False
    changes: tuple[dict[str, str], ...] = ()
    log_tail: str | None = None


class ScenarioRow(Record):
    """One scenario, and whether totals cover it."""

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
    facts_total: int = 0
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
    compared: bool = False


class RunInfo(Record):
    """What ran, how, where and at which prices (USD per million tokens)."""

    id: str
    lab_version: str
    created_at: str
    finished_at: str | None = None
    state: str
    seed: int
    repeats: int
    suites: tuple[str, ...]
    suite_titles: dict[str, str] = Field(default_factory=dict)
    wire: str
    engine: str
    engine_notes: tuple[str, ...] = ()
    upstream_mode: str
    upstream_mode_why: str = ""
    baseline: str
    tokenizer: str
    default_model: str
    default_model_price: PriceInfo
    same_model: str
    same_model_price: PriceInfo
    tiers: dict[str, TierInfo]
    limits: dict[str, Any] = Field(default_factory=dict)
    packages: dict[str, str] = Field(default_factory=dict)
    host: dict[str, str] = Field(default_factory=dict)
    git: dict[str, str] = Field(default_factory=dict)
    config_sha256: dict[str, str] = Field(default_factory=dict)
    command: tuple[str, ...] = ()
    timings_s: dict[str, float] = Field(default_factory=dict)
    resumed: int = 0
    exchanges: int = 0
    upstream_calls: int = 0
