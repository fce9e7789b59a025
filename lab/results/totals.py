"""The part of results.json that sums cells up: classes of scenarios, and totals of variants."""

from __future__ import annotations

from pydantic import Field

from lab.records.models import Record
from lab.results.cell import Cache, Cost, Facts, Latency, Overhead, Tokens, Usd


class Interval(Record):
    """A 95 % interval: bootstrap over the repeats of each scenario."""

    low: float
    high: float


class CostIntervals(Record):
    """How far chance between repeats moves a sum of costs, in USD."""

    as_routed: Interval | None = None
    same_model: Interval | None = None


class Difference(Record):
    """Signed difference to the baseline row: variant minus baseline; negative is less.

    The intervals are of the differences in percent and in USD, paired by repeat.
    """

    as_routed_usd: Usd | None = None
    as_routed_percent: float | None = None
    same_model_usd: Usd | None = None
    same_model_percent: float | None = None
    forwarded_tokens: float | None = None
    forwarded_percent: float | None = None
    as_routed_interval: Interval | None = None
    same_model_interval: Interval | None = None
    as_routed_usd_interval: Interval | None = None
    same_model_usd_interval: Interval | None = None


class ClassRow(Record):
    """One class of scenarios (of one suite) through one variant: sums over its compared scenarios."""

    suite: str = ""
    class_: str = Field(alias="class")
    title: str
    variant: str
    scenarios: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    reason: str | None = None
    tokens: Tokens = Tokens()
    facts: Facts = Facts()
    tools_needed: int = 0
    tools_needed_kept: float | None = None
    cost_usd: Cost = Cost()
    cost_interval: CostIntervals = CostIntervals()
    difference: Difference = Difference()
    upstream_calls: float | None = None
    cache: Cache = Cache()
    reasons: dict[str, str] = Field(default_factory=dict)


class Monthly(Record):
    """USD per month at the stated number of requests and mix, and USD per year saved against the baseline."""

    as_routed: Usd | None = None
    same_model: Usd | None = None
    saving_per_year_as_routed: Usd | None = None
    saving_per_year_same_model: Usd | None = None


class CheckCount(Record):
    """How many exchanges of a variant passed, failed, or were outside a check (valid scenarios only)."""

    passed: int = 0
    failed: int = 0
    not_applicable: int = 0


class ClaimedTokens(Record):
    """Input tokens that answers claim beside those forwarded for them, over valid scenarios.

    `claimed` and `forwarded` are sums over the same `exchanges`: those that completed, reached a model and
    claim a number. What answers claim for which no model was asked stands apart, in `cached_claimed`.
    """

    exchanges: int = 0
    claimed: int = 0
    forwarded: int = 0
    cached: int = 0
    cached_claimed: int = 0


class PromptsRight(Record):
    """Base prompts of all suites: `right` (in every decision that was seen), of `seen` (any), of `of`."""

    right: int = 0
    seen: int = 0
    of: int = 0


class TotalRow(Record):
    """One variant over the compared scenarios: every sum is over the same scenarios for all variants.

    Times cover the compared scenarios too, of which `unstable_scenarios` are flagged by themselves; success,
    retries, exchanges, claimed tokens, check and cache counts, and prompts with acceptable tiers cover all
    valid scenarios of the variant, so that failures stay in sight. `median_change_percent` is the change from
    tokens sent to tokens forwarded of the median scenario.
    """

    variant: str
    compared: bool
    reason: str | None = None
    baseline: bool = False
    scenarios: int = 0
    exchanges: int = 0
    completed: int = 0
    tokens: Tokens = Tokens()
    median_change_percent: float | None = None
    facts: Facts = Facts()
    tools_needed: int = 0
    tools_needed_kept: float | None = None
    prompts_right: PromptsRight = PromptsRight()
    upstream_calls: float | None = None
    embedding_calls: float | None = None
    embedding_tokens: float | None = None
    retries: int = 0
    cost_usd: Cost = Cost()
    cost_interval: CostIntervals = CostIntervals()
    difference: Difference = Difference()
    monthly: Monthly = Monthly()
    latency_ms: Latency = Latency()
    added_to_whole: Overhead = Overhead()
    added_to_streams: Overhead = Overhead()
    unstable_scenarios: int = 0
    cache: Cache = Cache()
    claimed_tokens: ClaimedTokens = ClaimedTokens()
    checks: dict[str, CheckCount] = Field(default_factory=dict)
    reasons: dict[str, str] = Field(default_factory=dict)
