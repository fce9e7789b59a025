"""The part of results.json for routing: what routers did with the prompts of the routing suites.

A decision is the tier of the model that answered a completed exchange, as the meter saw it. Exchanges that
show none (answered from a cache, or failed) are counted apart and are in no share. Shares are 0 to 1.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lab.records.manifest import CellStatus
from lab.records.models import Record
from lab.results.cell import Usd

Effect = Literal["right to wrong", "wrong to right", "both right", "both wrong", "not judged"]


class Accuracy(Record):
    """The base prompts of one router: means over the judged prompts of the share of their repeats.

    `right`, `over`, `under` and `no_tier` add up to 1; the 95 % interval of `right` resamples prompts.
    `prompts` of `of` showed a decision; `exchanges` decisions were seen, `cached` and `failed` showed none.
    """

    right: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    over: float | None = None
    under: float | None = None
    no_tier: float | None = None
    prompts: int = 0
    of: int = 0
    exchanges: int = 0
    cached: int = 0
    failed: int = 0


class FamilyAccuracy(Record):
    """One family of base prompts: `hits` of `exchanges` decisions right, and the mean over its prompts."""

    class_: str = Field(alias="class")
    title: str
    right: float | None = None
    prompts: int = 0
    of: int = 0
    hits: int = 0
    exchanges: int = 0


class ConfusionRow(Record):
    """How many decisions went to each tier, of the base prompts whose lowest acceptable tier is `lowest`."""

    lowest: str
    served: dict[str, int] = Field(default_factory=dict)


class Steadiness(Record):
    """Prompts whose tier is the same in all their wordings, `steady` of `of`; `unseen` showed too little.

    `flips` counts exchanges with a perturbation that got another tier than the prompt did in that repeat.
    """

    steady: int = 0
    of: int = 0
    unseen: int = 0
    flips: int = 0
    right_to_wrong: int = 0
    wrong_to_right: int = 0


class PairAccuracy(Record):
    """Tasks in another setting, beside the bare prompt: decisions right, of the `of` seen in both."""

    right: int = 0
    bare_right: int = 0
    of: int = 0
    pairs: int = 0
    unseen: int = 0


class Router(Record):
    """What one routing variant did with a suite; `reason` says why there is nothing to show.

    `lab_decides` is not empty if the lab chose the tier in its place: its figures are then no finding.
    """

    variant: str
    status: CellStatus
    reason: str | None = None
    lab_decides: str = ""
    accuracy: Accuracy = Accuracy()
    families: tuple[FamilyAccuracy, ...] = ()
    confusion: tuple[ConfusionRow, ...] = ()
    steadiness: Steadiness = Steadiness()
    sessions: PairAccuracy = PairAccuracy()
    envelopes: PairAccuracy = PairAccuracy()
    reasons: dict[str, str] = Field(default_factory=dict)


class RoutedCost(Record):
    """USD for the covered base prompts once, by one variant, beside what other choices would have cost.

    `as_routed` and `same_model` are paid at the meter: all upstream calls, those of failed exchanges too.
    The others price the tokens that the client sent and the answer it got: `oracle` at the cheapest
    acceptable tier of each prompt, `always_top` at the top tier, `always_default` at the default model.
    """

    variant: str
    as_routed: Usd | None = None
    same_model: Usd | None = None
    oracle: Usd | None = None
    always_top: Usd | None = None
    always_default: Usd | None = None
    reasons: dict[str, str] = Field(default_factory=dict)


class Flip(Record):
    """A perturbation that was served another tier than its prompt, in `times` of `of` repeats."""

    variant: str
    prompt: str
    perturbation: str
    before: str
    after: str
    times: int
    of: int
    effect: Effect


class Pair(Record):
    """A task in another setting: its scenario, the bare prompt, and the opener before it, if there is one."""

    relation: str
    scenario: str
    bare: str
    opener: str | None = None


class Constant(Record):
    """What serving one tier for every judged prompt would score: shares that add up to 1, not measured."""

    tier: str
    right: float
    over: float
    under: float


class RoutingSuite(Record):
    """One suite: its base prompts, those that costs cover, and what each routing variant did."""

    suite: str
    title: str
    prompts: tuple[str, ...] = ()
    judged: int = 0
    covered: tuple[str, ...] = ()
    top_tier: str = ""
    free_tiers: tuple[str, ...] = ()
    default_model: str = ""
    constants: tuple[Constant, ...] = ()
    routers: tuple[Router, ...] = ()
    costs: tuple[RoutedCost, ...] = ()
    flips: tuple[Flip, ...] = ()
    pairs: tuple[Pair, ...] = ()


class Routing(Record):
    """What routers did with the prompts of the routing suites."""

    suites: tuple[RoutingSuite, ...] = ()
