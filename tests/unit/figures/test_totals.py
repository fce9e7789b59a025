"""Totals, features, differences and extrapolation, over the scenarios that all compared variants share."""

from __future__ import annotations

import itertools
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lab.figures.amounts import median_change
from lab.report.build import build_results
from lab.report.stated import claims_table
from lab.results.cell import Cell, Tokens
from lab.results.models import Results
from lab.tokens import TokenParts
from lab.wires.neutral import Usage
from tests.unit.records_builder import SONNET, TIERS, Call, RunBuilder, scenario, variant
from tests.unit.sample_run import sample_run

THREE = (scenario("A"), scenario("B", class_="other", class_title="Other"), scenario("C"))


def parts(messages: int) -> TokenParts:
    """Tokens in messages."""
    return TokenParts(messages=messages)


def run(
    tmp_path: Path, *, failing: tuple[tuple[str, str], ...] = (), leave_out: str = "", **over: Any
) -> Results:
    """Direct sends 100, 200 and 300 tokens at sonnet's price; litellm forwards half of each."""
    amounts = {info: 100 * n for n, info in enumerate(THREE, start=1) if info.id != leave_out}
    builder = RunBuilder(tmp_path, scenarios=tuple(amounts), repeats=1, over=over)
    for name in ("direct", "litellm"):
        for info, tokens in amounts.items():
            failed: dict[str, Any] = {}
            if (name, info.id) in failing:
                failed = {"status": "failed", "reason": "HTTP 500: broken", "calls": []}
            forwarded = tokens if name == "direct" else tokens // 2
            call = Call(tokens=parts(forwarded), out=20)
            fields: dict[str, Any] = {"sent": parts(tokens), "calls": [call]}
            builder.exchange(name, info.id, **(fields | failed))
    return build_results(builder.store)


def test_totals_are_the_sums_of_cells(tmp_path: Path) -> None:
    """600 tokens at 3 and 60 at 15 USD per million are 0.0027; with half the input 0.0018, a third less."""
    results = run(tmp_path)
    direct, litellm = results.totals
    assert (direct.tokens.sent, direct.tokens.forwarded, litellm.tokens.forwarded) == (600.0, 600.0, 300.0)
    assert (direct.cost_usd.as_routed, litellm.cost_usd.as_routed) == (Decimal("0.0027"), Decimal("0.0018"))
    assert (litellm.tokens.saved, litellm.tokens.saving_percent) == (300.0, 50.0)
    assert litellm.difference.as_routed_usd == Decimal("-0.0009")
    assert (litellm.difference.as_routed_percent, litellm.difference.forwarded_percent) == (-33.3333, -50.0)
    assert (direct.difference.as_routed_usd, direct.difference.as_routed_percent) == (Decimal(0), 0.0)
    assert (litellm.scenarios, litellm.exchanges, litellm.completed) == (3, 3, 3)


def test_totals_equal_the_sum_of_their_cells_in_a_mixed_run(tmp_path: Path) -> None:
    """For every variant and amount of a realistic run the row is the sum of its compared cells, exactly."""
    results = build_results(sample_run(tmp_path))
    compared = [row for row in results.totals if row.compared]
    assert len(compared) == 4
    assert results.comparison.scenarios == ("S1", "R1", "T1", "L1", "SC1", "SC2")
    for row in compared:
        cells = [results.cell(row.variant, name) for name in results.comparison.scenarios]
        for name in ("sent", "forwarded", "claimed", "out", "saved", "saved_without_call"):
            total = sum(getattr(cell.tokens, name) for cell in cells)
            assert getattr(row.tokens, name) == pytest.approx(total, abs=1e-9), (row.variant, name)
        for name in ("as_routed", "same_model", "paid_for_failed"):
            total = sum(getattr(cell.cost_usd, name) for cell in cells)
            assert getattr(row.cost_usd, name) == total, (row.variant, name)
        features = [found for found in results.classes if found.variant == row.variant]
        assert sum(found.cost_usd.as_routed or 0 for found in features) == row.cost_usd.as_routed
        assert sum(found.tokens.forwarded or 0 for found in features) == row.tokens.forwarded


@pytest.mark.parametrize("seed", range(5))
def test_totals_equal_the_sum_of_their_cells_in_random_runs(tmp_path: Path, seed: int) -> None:
    """Whatever is sent, forwarded, retried, priced or failed, rows are sums that count no failure as 0."""
    draw = random.Random(seed)
    names = ("direct", "litellm", "lynkr")
    builder = RunBuilder(tmp_path, variants=[variant(name) for name in names], scenarios=THREE, repeats=4)
    models = ("claude-sonnet-4-5", "kimi-lab-simple", "kimi-lab-complex", "kimi-lab-reasoning")
    paid = dict.fromkeys(names, Decimal(0))
    answers: dict[tuple[str, str], int] = {}
    for repeat, name, info in itertools.product(range(1, 5), names, THREE):
        calls = [
            Call(model=draw.choice(models), tokens=parts(draw.randrange(1, 9999)), out=draw.randrange(99))
            for _ in range(draw.randrange(4))
        ]
        failed = {"status": "failed", "reason": "time-out"} if draw.random() < 0.2 else {}
        answers[name, info.id] = answers.get((name, info.id), 0) + (not failed)
        builder.exchange(name, info.id, repeat, sent=parts(draw.randrange(1, 9999)), calls=calls, **failed)  # type: ignore[arg-type]
    results = build_results(builder.store)
    covered = results.comparison.scenarios
    assert covered == tuple(i.id for i in THREE if all(answers[name, i.id] for name in names))
    for call in builder.store.upstream():
        scenario_id = (call.exchange or "").split("-")[1]
        if scenario_id in covered:
            price = next((t.price for t in TIERS.values() if t.model == call.model), SONNET)
            cost = call.tokens.total * Decimal(price.input) + call.tokens_out * Decimal(price.output)
            paid[call.caller] += cost / 1_000_000 / answers[call.caller, scenario_id]
    for row in results.totals:
        cells = [results.cell(row.variant, name) for name in covered]
        assert row.cost_usd.as_routed == sum(cell.cost_usd.as_routed or 0 for cell in cells)
        assert row.cost_usd.as_routed == pytest.approx(paid[row.variant], abs=Decimal("1e-11"))
        assert row.tokens.saved == pytest.approx(
            (row.tokens.sent or 0) - (row.tokens.forwarded or 0), abs=1e-3
        )
        assert row.tokens.forwarded == pytest.approx(sum(cell.tokens.forwarded or 0 for cell in cells))


def test_a_scenario_that_one_variant_failed_leaves_all_totals(tmp_path: Path) -> None:
    """B failed for litellm only: no row counts it, and it is said why."""
    results = run(tmp_path, failing=(("litellm", "B"),))
    assert results.comparison.scenarios == ("A", "C")
    (left,) = results.comparison.scenarios_left_out
    assert (left.name, left.reason) == ("B", "not completed by litellm")
    assert [row.tokens.sent for row in results.totals] == [400.0, 400.0]
    assert results.totals[0].cost_usd.as_routed == Decimal("0.0018")
    assert [row.scenarios for row in results.totals] == [2, 2]
    feature = next(row for row in results.classes if row.class_ == "other" and row.variant == "direct")
    assert (feature.scenarios, feature.of, feature.cost_usd.as_routed) == ((), ("B",), None)
    assert feature.reason == "B: not completed by litellm"
    assert results.total("litellm").latency_ms.success == pytest.approx(2 / 3)


@pytest.mark.parametrize("name", ["A", "B", "C"])
def test_a_variant_with_failures_never_looks_cheaper(tmp_path: Path, name: str) -> None:
    """A failure is no cost of 0: all rows are those of a run that never had the scenario."""
    lossy = run(tmp_path / "lossy", failing=(("litellm", name),))
    without = run(tmp_path / "without", leave_out=name)
    assert len(lossy.totals) > 1
    for row, other in zip(lossy.totals, without.totals, strict=True):
        for amount in ("tokens", "cost_usd", "difference", "monthly", "facts", "upstream_calls"):
            assert getattr(row, amount) == getattr(other, amount), (row.variant, amount)


@pytest.mark.parametrize("attempts_paid", [0, 1, 3])
def test_failed_repeats_only_ever_raise_the_cost(tmp_path: Path, attempts_paid: int) -> None:
    """A repeat without an answer adds what it cost and nothing to divide by."""
    costs = []
    for failing in (False, True):
        builder = RunBuilder(tmp_path / str(failing), repeats=2)
        for repeat in (1, 2):
            builder.exchange("direct", "S1", repeat)
            lost = failing and repeat == 2
            calls = [Call()] * attempts_paid if lost else [Call()]
            failed = {"status": "failed", "reason": "time-out"} if lost else {}
            builder.exchange("litellm", "S1", repeat, calls=calls, **failed)  # type: ignore[arg-type]
        costs.append(build_results(builder.store).total("litellm").cost_usd.as_routed)
    whole, lossy = costs
    assert whole is not None
    assert lossy == whole * (1 + attempts_paid)


def test_variants_that_completed_nothing_are_left_out_with_the_reason(tmp_path: Path) -> None:
    """An unavailable variant and one that failed everything do not empty everybody's totals."""
    variants = (
        variant("direct"),
        variant("portkey", status="unavailable", reason="no image"),
        variant("litellm"),
    )
    builder = RunBuilder(tmp_path, variants=variants)
    builder.exchange("direct", "S1")
    builder.exchange("litellm", "S1", status="failed", reason="HTTP 500: broken", calls=[])
    results = build_results(builder.store)
    assert results.comparison.variants == ("direct",)
    assert {left.name: left.reason for left in results.comparison.variants_left_out} == {
        "portkey": "completed none of 1 scenarios: unavailable: no image",
        "litellm": "completed none of 1 scenarios: failed: HTTP 500: broken",
    }
    row = results.total("litellm")
    assert (row.compared, row.cost_usd.as_routed, row.monthly.as_routed) == (False, None, None)
    assert row.latency_ms.success == 0.0
    assert results.total("direct").scenarios == 1


def test_scenarios_declared_invalid_are_shown_but_never_summed(tmp_path: Path) -> None:
    """Even where every variant answers them."""
    scenarios = (scenario("A"), scenario("A-seed", valid=False, invalid_why="mixes two wires"))
    builder = RunBuilder(tmp_path, scenarios=scenarios)
    for name in ("direct", "litellm"):
        for info in scenarios:
            builder.exchange(name, info.id)
    results = build_results(builder.store)
    assert results.comparison.scenarios == ("A",)
    assert results.comparison.scenarios_left_out[0].reason == "declared invalid: mixes two wires"
    assert results.cell("litellm", "A-seed").status == "measured"
    assert results.total("litellm").exchanges == 1


def test_an_unknown_price_leaves_the_total_unknown(tmp_path: Path) -> None:
    """One cell without a price is not a cell at no cost."""
    builder = RunBuilder(tmp_path, scenarios=THREE[:2])
    for info in THREE[:2]:
        builder.exchange("direct", info.id)
        builder.exchange(
            "litellm", info.id, calls=[Call(model="mystery" if info.id == "B" else "claude-sonnet-4-5")]
        )
    row = build_results(builder.store).total("litellm")
    assert row.cost_usd.as_routed is None
    assert row.cost_usd.same_model == Decimal("0.0012")
    assert row.reasons["cost_usd.as_routed"] == "B: no price is known for model mystery"
    assert (row.difference.as_routed_usd, row.monthly.as_routed) == (None, None)
    assert row.monthly.saving_per_year_same_model == 0


def test_a_month_is_scaled_from_equal_shares(tmp_path: Path) -> None:
    """0.0027 and 0.0018 over 3 scenarios are 90 and 60 USD for 100,000 requests; 360 USD a year saved."""
    results = run(tmp_path)
    direct, litellm = results.totals
    assert results.extrapolation.requests_per_month == 100_000
    assert results.extrapolation.mix == "equal shares of the 3 compared scenarios: A, B, C"
    assert (direct.monthly.as_routed, litellm.monthly.as_routed) == (Decimal(90), Decimal(60))
    assert litellm.monthly.saving_per_year_as_routed == Decimal(360)
    assert direct.monthly.saving_per_year_as_routed == Decimal(0)


def test_a_month_is_scaled_by_the_stated_mix(tmp_path: Path) -> None:
    """Three parts A (0.0006) and one part C (0.0012) are 75 USD; weights of what is missing are named."""
    results = run(tmp_path, mix={"A": 3.0, "C": 1.0, "Z": 9.0})
    assert results.extrapolation.shares == {"A": 0.75, "C": 0.25}
    assert results.extrapolation.mix == (
        "weighed: A 75.0%, C 25.0% (weights of scenarios that were not compared are left out: Z)"
    )
    assert results.total("direct").monthly.as_routed == Decimal(75)


def test_without_the_baseline_there_is_no_difference(tmp_path: Path) -> None:
    """The rows stand without a difference, and say why."""
    results = run(tmp_path, baseline="portkey")
    row = results.total("litellm")
    assert (row.difference.as_routed_usd, row.monthly.saving_per_year_as_routed) == (None, None)
    assert row.reasons["difference"] == "the baseline row is not among the compared variants"
    assert row.monthly.as_routed == Decimal(60)


def test_a_baseline_that_costs_nothing_has_no_percentages(tmp_path: Path) -> None:
    """A difference in percent of nothing is missing with a reason, not infinite."""
    variants = (variant("direct"), variant("litellm"))
    builder = RunBuilder(tmp_path, variants=variants, over={"baseline": "litellm"})
    builder.exchange("direct", "S1")
    builder.exchange("litellm", "S1", calls=[Call(model="kimi-lab-simple")])
    row = build_results(builder.store).total("direct")
    assert (row.difference.as_routed_percent, row.difference.as_routed_usd) == (None, Decimal("0.0006"))
    assert row.reasons["difference.as_routed_percent"] == "the baseline row costs nothing"


def test_with_nothing_compared_every_amount_has_a_reason(tmp_path: Path) -> None:
    """Two variants that share no completed scenario have no totals."""
    builder = RunBuilder(tmp_path, scenarios=THREE[:2])
    builder.exchange("direct", "A")
    builder.exchange("litellm", "B")
    results = build_results(builder.store)
    assert results.comparison.scenarios == ()
    assert {row.variant for row in results.totals} >= {"direct", "litellm"}
    for row in results.totals:
        assert (row.compared, row.scenarios, row.cost_usd.as_routed) == (True, 0, None)
        assert row.reasons["cost_usd"] == "there is no scenario that all compared variants completed"
    assert results.extrapolation.shares == {}


@pytest.mark.parametrize(
    ("pairs", "median"),
    [
        ([(100, 300), (100, 350), (100_000, 10_000)], 200.0),
        ([(100, 300), (100, 0)], 50.0),
        ([(0, 50), (200, 150)], -25.0),
        ([(0, 50)], None),
        ([], None),
    ],
)
def test_the_median_scenario_is_not_that_of_the_largest_requests(
    pairs: list[tuple[int, int]], median: float | None
) -> None:
    """Two small requests triple and a huge one shrinks: the sum falls, the median scenario rises."""
    cells = [
        Cell(
            variant="lynkr",
            scenario=f"S{n}",
            suite="core",
            status="measured",
            tokens=Tokens(sent=sent, forwarded=forwarded),
        )
        for n, (sent, forwarded) in enumerate(pairs)
    ]
    assert median_change(cells) == median


def test_totals_have_the_change_of_the_median_scenario(tmp_path: Path) -> None:
    """Direct forwards what is sent, litellm half of each."""
    direct, litellm = run(tmp_path).totals
    assert (direct.median_change_percent, litellm.median_change_percent) == (0.0, -50.0)


def test_what_is_added_to_streams_is_told_apart(tmp_path: Path) -> None:
    """Two whole answers take 3 and 5 ms more, a stream 30; all of them together 5."""
    infos = (scenario("A"), scenario("B"), scenario("C", stream=True), scenario("D", stream=True))
    builder = RunBuilder(tmp_path, scenarios=infos, repeats=1)
    for info, more in zip(infos, (3.0, 5.0, 30.0, 70.0), strict=True):
        builder.exchange("direct", info.id, own_ms=1.0)
        failed = {"status": "failed", "reason": "cut"} if info.id == "D" else {}
        builder.exchange("litellm", info.id, own_ms=1.0 + more, **failed)  # type: ignore[arg-type]
    direct, litellm = build_results(builder.store).totals
    assert (litellm.added_to_whole.median_ms, litellm.added_to_whole.pairs) == (4.0, 2)
    assert (litellm.added_to_streams.median_ms, litellm.added_to_streams.pairs) == (30.0, 1)
    assert litellm.latency_ms.overhead.median_ms == 5.0
    assert direct.added_to_whole.median_ms is None


def test_a_run_without_streams_says_why_nothing_is_added_to_them(tmp_path: Path) -> None:
    """A missing figure has its reason."""
    row = run(tmp_path).total("litellm")
    assert row.added_to_streams.median_ms is None
    assert row.reasons["added_to_streams"] == "no compared scenario asks for streams"


def test_check_counts_cover_all_valid_exchanges(tmp_path: Path) -> None:
    """Passed, failed and outside add up to the exchanges of the row."""
    results = build_results(sample_run(tmp_path))
    for row in results.totals:
        for name, count in row.checks.items():
            assert count.passed + count.failed + count.not_applicable == row.exchanges, (row.variant, name)
    assert results.total("lynkr").checks["facts_kept"].failed == 3
    assert results.total("litellm").checks["answered"].failed == 1


def test_claimed_tokens_stand_beside_those_forwarded_in_the_same_exchanges(tmp_path: Path) -> None:
    """An invalid scenario and an answer without usage are left out; an answer from a cache stands apart."""
    scenarios = (scenario("A"), scenario("B"), scenario("C"), scenario("D", valid=False, invalid_why="mixed"))
    builder = RunBuilder(tmp_path, scenarios=scenarios, repeats=1)
    call = Call(tokens=parts(100))
    for name in ("direct", "litellm"):
        builder.exchange(name, "A", calls=[call], usage=Usage(input=90))
        builder.exchange(name, "B", calls=[] if name == "litellm" else [call], usage=Usage(input=70))
        builder.exchange(name, "C", calls=[call], usage=Usage())
        builder.exchange(name, "D", calls=[call], usage=Usage(input=5_000))
    results = build_results(builder.store)
    found = results.total("litellm").claimed_tokens
    assert (found.exchanges, found.claimed, found.forwarded) == (1, 90, 100)
    assert (found.cached, found.cached_claimed) == (1, 70)
    shown = next(row for row in claims_table(results).rows if row.head.text == "litellm")
    assert shown.cells[2].note == (
        "90 claimed, 100 forwarded in 1 exchange; apart from that 70 claimed in 1 answer from a cache"
    )
    assert shown.cells[4].text == "2 of 2"
