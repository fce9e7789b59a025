"""Bootstrap intervals of costs over repeats, and differences paired by repeat, worked out by hand."""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lab.figures.spread import RESAMPLES, Sum, added, interval_of
from lab.records.manifest import ScenarioInfo
from lab.report.build import build_results
from lab.results.models import Results
from lab.results.totals import Interval
from lab.tokens import TokenParts
from tests.unit.records_builder import Call, RunBuilder, scenario, variant

ONE = (scenario("A"),)
USD = 3e-6  # of the default model for one token sent


def costs(
    root: Path,
    tokens: Mapping[tuple[str, str], Sequence[int | None]],
    scenarios: Sequence[ScenarioInfo] = ONE,
    **over: Any,
) -> Results:
    """A run in which these tokens were forwarded, repeat by repeat; None is a failure after 1,000."""
    repeats = max(len(each) for each in tokens.values())
    names = list(dict.fromkeys(name for name, _ in tokens))
    variants = [variant(name) for name in names]
    run = RunBuilder(root, variants=variants, scenarios=scenarios, repeats=repeats, over=over)
    for (name, info), each in tokens.items():
        for repeat, amount in enumerate(each, start=1):
            failed: dict[str, Any] = {"status": "failed", "reason": "time-out"} if amount is None else {}
            call = Call(tokens=TokenParts(messages=amount or 1000), out=0)
            run.exchange(name, info, repeat, calls=[call], **failed)
    return build_results(run.store)


def as_routed(results: Results, name: str = "direct") -> Interval:
    """The interval of a variant's total cost as routed."""
    interval = results.total(name).cost_interval.as_routed
    assert interval is not None
    return interval


def test_repeats_that_do_not_differ_have_an_interval_without_width(tmp_path: Path) -> None:
    """1,000 tokens in each of three repeats cost 0.003 USD, whatever is drawn."""
    results = costs(tmp_path, {("direct", "A"): (1000, 1000, 1000)})
    assert as_routed(results) == Interval(low=0.003, high=0.003)
    assert results.total("direct").cost_usd.as_routed == Decimal("0.003")


def test_two_repeats_span_from_the_one_to_the_other(tmp_path: Path) -> None:
    """Of 1,000 and 3,000 tokens a quarter of the draws takes one twice: the interval is 0.003 to 0.009."""
    results = costs(tmp_path, {("direct", "A"): (1000, 3000)})
    assert as_routed(results) == Interval(low=0.003, high=0.009)
    assert results.total("direct").cost_usd.as_routed == Decimal("0.006")


def test_one_repeat_has_no_interval_and_says_why(tmp_path: Path) -> None:
    """Totals and classes both."""
    results = costs(tmp_path, {("direct", "A"): (1000,), ("litellm", "A"): (500,)})
    row = results.total("litellm")
    why = "a bootstrap interval over repeats needs 2 repeats, and this run has 1"
    assert (row.cost_interval.as_routed, row.difference.as_routed_interval) == (None, None)
    assert row.reasons["cost_interval.as_routed"] == why
    assert row.difference.as_routed_percent == -50.0
    feature = next(feature for feature in results.classes if feature.variant == "litellm")
    assert (feature.cost_interval.as_routed, feature.reasons["cost_interval.same_model"]) == (None, why)


def test_a_variant_with_one_recorded_repeat_has_no_interval(tmp_path: Path) -> None:
    """An interrupted run has three repeats of direct and one of litellm: its cost would seem not to vary."""
    results = costs(tmp_path, {("direct", "A"): (1000, 2000, 3000), ("litellm", "A"): (1000,)})
    assert results.total("litellm").cost_interval.as_routed is None
    assert results.total("litellm").reasons["cost_interval.as_routed"].endswith("and A has 1")
    assert results.total("litellm").difference.as_routed_interval is None
    assert results.total("direct").cost_interval.as_routed is not None


def test_the_same_records_and_seed_give_the_same_interval(tmp_path: Path) -> None:
    """Another seed draws other repeats."""
    tokens = {("direct", "A"): (100, 900, 250, 1700, 3000)}
    first, again = costs(tmp_path / "1", tokens), costs(tmp_path / "2", tokens)
    other = costs(tmp_path / "3", tokens, seed=43)
    assert as_routed(first) == as_routed(again)
    assert as_routed(first) != as_routed(other)


@pytest.mark.parametrize("seed", range(4))
def test_the_interval_holds_the_figure_itself(tmp_path: Path, seed: int) -> None:
    """Also where repeats failed and are paid for by those that completed."""
    draw = random.Random(seed)
    scenarios = [scenario(name) for name in "ABC"]
    tokens: dict[tuple[str, str], list[int | None]] = {
        (name, info.id): [draw.randrange(1, 9999), *(draw.choice([None, 50, 7000]) for _ in range(4))]
        for name, info in itertools.product(("direct", "litellm"), scenarios)
    }
    results = costs(tmp_path, tokens, scenarios)
    rows = [(row.cost_interval, row.cost_usd) for row in results.totals]
    rows += [(row.cost_interval, row.cost_usd) for row in results.classes]
    for intervals, cost in rows:
        for price in ("as_routed", "same_model"):
            interval = getattr(intervals, price)
            assert interval.low <= float(getattr(cost, price)) <= interval.high
    difference = results.total("litellm").difference
    assert difference.as_routed_interval is not None
    assert difference.as_routed_percent is not None
    assert difference.as_routed_interval.low <= difference.as_routed_percent
    assert difference.as_routed_percent <= difference.as_routed_interval.high


def test_a_wider_spread_gives_a_wider_interval(tmp_path: Path) -> None:
    """The same mean of 1,000 tokens from 900 to 1,100 and from 500 to 1,500."""
    near = as_routed(costs(tmp_path / "near", {("direct", "A"): (900, 950, 1000, 1050, 1100)}))
    far = as_routed(costs(tmp_path / "far", {("direct", "A"): (500, 750, 1000, 1250, 1500)}))
    assert far.low < near.low < 0.003 < near.high < far.high
    assert far.high - far.low == pytest.approx(5 * (near.high - near.low), rel=1e-6)


def test_more_repeats_of_the_same_spread_give_a_narrower_interval(tmp_path: Path) -> None:
    """Chance averages out: 16 repeats of 900 and 1,100 are surer than 4."""
    few = as_routed(costs(tmp_path / "few", {("direct", "A"): (900, 1100) * 2}))
    many = as_routed(costs(tmp_path / "many", {("direct", "A"): (900, 1100) * 8}))
    assert many.high - many.low < (few.high - few.low) * 0.75


def test_differences_are_paired_by_repeat(tmp_path: Path) -> None:
    """A gateway that always adds 10 % differs by 10 % for certain, however much the repeats themselves do."""
    tokens = {("direct", "A"): (1000, 2000, 9000), ("litellm", "A"): (1100, 2200, 9900)}
    results = costs(tmp_path, tokens)
    difference = results.total("litellm").difference
    assert difference.as_routed_percent == 10.0
    assert difference.as_routed_interval == Interval(low=10.0, high=10.0)
    assert as_routed(results).low < as_routed(results).high
    assert difference.as_routed_usd_interval is not None
    assert difference.as_routed_usd_interval.low == pytest.approx(100 * USD, rel=1e-6)
    assert difference.as_routed_usd_interval.high == pytest.approx(900 * USD, rel=1e-6)


def test_a_draw_in_which_nothing_was_answered_is_drawn_again(tmp_path: Path) -> None:
    """One answer in three repeats: every draw holds it, so that no cost is divided by nothing."""
    results = costs(tmp_path, {("direct", "A"): (None, 1000, None)})
    # 1,000 tokens are paid for in every repeat. The answered one is drawn once (12 of 19 draws), twice (6)
    # or three times (1 of 19, 5.3 %), and pays for as many: 0.009, 0.0045 or 0.003 USD an answer.
    assert results.total("direct").cost_usd.as_routed == Decimal("0.009")
    interval = as_routed(results)
    assert (round(interval.low, 6), round(interval.high, 6)) == (0.003, 0.009)


def test_scenarios_are_drawn_by_themselves(tmp_path: Path) -> None:
    """Two scenarios of 1,000 or 3,000 tokens: both low in one of 16 draws, so the whole range is in 95 %."""
    scenarios = (scenario("A"), scenario("B", class_="other"))
    tokens = {("direct", name): (1000, 3000) for name in "AB"}
    results = costs(tmp_path, tokens, scenarios)
    assert as_routed(results) == Interval(low=0.006, high=0.018)
    more = [scenario(f"S{n}") for n in range(8)]
    eight = costs(tmp_path / "8", {("direct", info.id): (1000, 3000) for info in more}, more)
    interval = as_routed(eight)
    assert 8 * 0.003 < interval.low < 8 * 0.006 < interval.high < 8 * 0.009


def test_a_baseline_that_may_cost_nothing_has_no_interval_in_percent(tmp_path: Path) -> None:
    """A ratio to nothing is no figure; the difference in USD has its interval all the same."""
    run = RunBuilder(tmp_path, scenarios=ONE, repeats=2)
    for repeat in (1, 2):
        run.exchange("direct", "A", repeat, calls=[Call(model="kimi-lab-simple")])
        run.exchange("litellm", "A", repeat, calls=[Call(tokens=TokenParts(messages=1000), out=0)])
    difference = build_results(run.store).total("litellm").difference
    assert difference.as_routed_interval is None
    assert difference.as_routed_usd_interval == Interval(low=0.003, high=0.003)


def test_a_cost_that_is_not_known_has_no_interval(tmp_path: Path) -> None:
    """One model without a price leaves the sum, and so its interval, unknown; the other price is known."""
    run = RunBuilder(tmp_path, variants=(variant("direct"),), scenarios=ONE, repeats=2)
    run.exchange("direct", "A", 1)
    run.exchange("direct", "A", 2, calls=[Call(model="mystery")])
    row = build_results(run.store).total("direct")
    assert (row.cost_interval.as_routed, row.cost_interval.same_model is None) == (None, False)
    assert row.reasons["cost_interval.as_routed"] == "the cost itself is not known"


def test_a_class_is_a_group_of_one_suite(tmp_path: Path) -> None:
    """Groups of one name in two suites are two classes, and their costs add up to the total."""
    scenarios = (
        scenario("A", class_="json", class_title="JSON"),
        scenario("B", suite="tools", class_="json", class_title="JSON"),
        scenario("C", suite="tools", class_="json", class_title="JSON"),
    )
    tokens: dict[tuple[str, str], tuple[int, int]] = {}
    for name, factor in (("direct", 2), ("litellm", 1)):
        for info, amount in zip(scenarios, (100, 200, 300), strict=True):
            tokens[name, info.id] = (amount * factor, amount * factor)
    results = costs(tmp_path, tokens, scenarios)
    found = {(row.suite, row.variant): row for row in results.classes}
    assert {key: row.scenarios for key, row in found.items() if key[1] == "direct"} == {
        ("core", "direct"): ("A",),
        ("tools", "direct"): ("B", "C"),
    }
    tools = found["tools", "litellm"]
    assert (tools.cost_usd.as_routed, tools.difference.as_routed_usd) == (
        Decimal("0.0015"),
        Decimal("-0.0015"),
    )
    assert (tools.difference.as_routed_percent, tools.difference.forwarded_tokens) == (-50.0, -500.0)
    whole = sum(row.cost_usd.as_routed or 0 for key, row in found.items() if key[1] == "litellm")
    assert whole == results.total("litellm").cost_usd.as_routed


def test_sums_of_resamples_are_added_draw_by_draw() -> None:
    """What is missing in one is missing in the sum, and nothing has no interval."""
    low, high = Sum((1.0,) * RESAMPLES), Sum((2.0,) * RESAMPLES)
    assert added([low, high]).interval() == Interval(low=3.0, high=3.0)
    assert added([low, Sum(reason="too few")]) == Sum(reason="too few")
    assert interval_of(()) is None
    # 2.5 % and 97.5 % of 0 to 100 by linear interpolation.
    assert interval_of([float(n) for n in range(101)]) == Interval(low=2.5, high=97.5)
