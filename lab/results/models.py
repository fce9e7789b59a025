"""Pydantic models of results.json, schema 1: the tables of a report as data.

Conventions: tokens, calls and USD of a cell are means over its completed exchanges, so that a total is
the sum of its cells. A number that is missing is `None` and has its reason: in `reason` where the whole
row is missing, else in `reasons` under the field's dotted name. Percentages are signed and never clamped.
"""

from __future__ import annotations

from typing import Literal, TypeVar

from pydantic import Field

from lab.records.models import SCHEMA, Record
from lab.results.cell import (
    Cache,
    CacheVerdict,
    Cell,
    CheckResult,
    Choice,
    Cost,
    Facts,
    Latency,
    Overhead,
    Parts,
    Passes,
    SavingFrom,
    TierChoice,
    Tokens,
    Tools,
    Usd,
    Verdict,
)
from lab.results.run import RunInfo, ScenarioRow, VariantRow
from lab.results.wrong_answers import WrongAnswers

__all__ = [
    "BackgroundRow",
    "Cache",
    "CacheVerdict",
    "Cell",
    "CheckCount",
    "CheckInfo",
    "CheckResult",
    "Choice",
    "ClaimedTokens",
    "ClassLeftOut",
    "Comparison",
    "Cost",
    "CostIntervals",
    "Difference",
    "ExtrapolationInfo",
    "Facts",
    "FeatureRow",
    "Gravity",
    "Interval",
    "Latency",
    "LeftOut",
    "Monthly",
    "Overhead",
    "Parts",
    "Passes",
    "PromptsRight",
    "Results",
    "RunInfo",
    "SavingFrom",
    "ScenarioRow",
    "Severity",
    "TierChoice",
    "Tokens",
    "Tools",
    "TotalRow",
    "TrustNote",
    "Usd",
    "VariantRow",
    "Verdict",
]

Severity = Literal["fault", "warning", "note"]
# The gravest first: what a failed check means for the user of a gateway. A wrong answer is seen by where it
# comes from, not by a check: `provenance` also fails on a missed hit.
Gravity = Literal["wrong_answer", "foreign_content", "facts_lost", "tools_lost", "content_lost", "other"]
T = TypeVar("T", bound=Record)


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


class FeatureRow(Record):
    """One class of scenarios (a group of one suite) through one variant: sums over its compared scenarios."""

    suite: str = ""
    group: str
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
    """USD a month at the stated number of requests and mix, and USD a year saved against the baseline."""

    as_routed: Usd | None = None
    same_model: Usd | None = None
    saving_a_year_as_routed: Usd | None = None
    saving_a_year_same_model: Usd | None = None


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


class LeftOut(Record):
    """A scenario or variant that totals do not cover, and why."""

    name: str
    reason: str


class ClassLeftOut(Record):
    """Scenarios of one class that totals do not cover for the same reason."""

    suite: str
    group: str
    title: str
    scenarios: tuple[str, ...]
    reason: str


class Comparison(Record):
    """What totals cover: the variants compared and the scenarios that all of them completed."""

    baseline: str
    variants: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    variants_left_out: tuple[LeftOut, ...] = ()
    scenarios_left_out: tuple[LeftOut, ...] = ()
    classes_left_out: tuple[ClassLeftOut, ...] = ()


class ExtrapolationInfo(Record):
    """How totals are scaled to a month: requests, the mix in words, and the shares (each sums to 1).

    `shares` are those of compared scenarios by id, `classes` those of their classes (`suite/group`).
    """

    requests_per_month: int
    shares: dict[str, float] = Field(default_factory=dict)
    classes: dict[str, float] = Field(default_factory=dict)
    mix: str = ""


class BackgroundRow(Record):
    """Upstream calls outside any exchange, by caller, kind and path; tokens are request tokens."""

    caller: str
    kind: str
    path: str
    count: int
    tokens: int


class TrustNote(Record):
    """One reason to trust this run less (fault, warning), or to read it with care (note)."""

    severity: Severity
    title: str
    detail: str


class CheckInfo(Record):
    """A registered check: its stable name, what it judges, the topic it is about, and how grave a fail is."""

    name: str
    title: str
    about: str
    gravity: Gravity


class Results(Record):
    """What every results.json holds; lab.topics adds a table per topic."""

    schema_: int = Field(default=SCHEMA, alias="schema")
    run: RunInfo
    variants: tuple[VariantRow, ...] = ()
    scenarios: tuple[ScenarioRow, ...] = ()
    checks: tuple[CheckInfo, ...] = ()
    cells: tuple[Cell, ...] = ()
    features: tuple[FeatureRow, ...] = ()
    comparison: Comparison
    totals: tuple[TotalRow, ...] = ()
    extrapolation: ExtrapolationInfo
    background: tuple[BackgroundRow, ...] = ()
    trust: tuple[TrustNote, ...] = ()
    wrong_answers: WrongAnswers = WrongAnswers()

    def table(self, kind: type[T]) -> T | None:
        """The table of a topic by its model; None where this run has nothing for that topic."""
        return next((value for value in self.__dict__.values() if isinstance(value, kind)), None)

    def cell(self, variant: str, scenario: str) -> Cell:
        """The cell of a variant and a scenario; raises KeyError where there is none."""
        for cell in self.cells:
            if cell.variant == variant and cell.scenario == scenario:
                return cell
        raise KeyError((variant, scenario))

    def total(self, variant: str) -> TotalRow:
        """The totals row of a variant; raises KeyError where there is none."""
        for row in self.totals:
            if row.variant == variant:
                return row
        raise KeyError(variant)
