"""Latency statistics against known values and against other implementations."""

from __future__ import annotations

import random
import statistics
from pathlib import Path

import numpy as np
import pytest

from lab.figures.cells import THE_CONTROL
from lab.figures.latency import (
    NO_PAIR,
    Timing,
    added,
    latency_of,
    median_interval,
    overhead,
    percentile,
    unstable,
    unsteady,
)
from lab.report.build import build_results
from tests.unit.records_builder import RunBuilder

SAMPLES = [12.0, 3.5, 8.25, 40.0, 9.0, 9.5, 11.0]


def timing(latency: float | None, own: float | None = None, control: float | None = None) -> Timing:
    """An exchange that completed at the first attempt, or failed where it has no latency."""
    return Timing(latency, latency is not None, 1, own, control)


def test_a_percentile_interpolates_between_the_closest_ranks() -> None:
    """Of 10, 20, 30, 40 the median is 25, and the 95th percentile lies 0.85 of the way from 30 to 40."""
    assert percentile([40, 10, 30, 20], 0.5) == 25
    assert percentile([40, 10, 30, 20], 0.95) == pytest.approx(38.5)
    assert percentile([7], 0.95) == 7


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 0.95, 1.0])
def test_percentiles_agree_with_numpy(share: float) -> None:
    """The same definition as numpy's default."""
    assert percentile(SAMPLES, share) == pytest.approx(float(np.percentile(SAMPLES, share * 100)))


def test_percentiles_agree_with_the_standard_library() -> None:
    """The same definition as statistics.quantiles with method `inclusive`."""
    cuts = statistics.quantiles(SAMPLES, n=20, method="inclusive")
    assert [percentile(SAMPLES, k / 20) for k in range(1, 20)] == pytest.approx(cuts)


@pytest.mark.parametrize("n", [6, 7, 18, 27])
def test_the_interval_is_that_of_plain_resampling(n: int) -> None:
    """Drawing the middle order statistics gives the interval that resampling gives, odd n and even."""
    draw = random.Random(n)
    samples = [draw.gauss(20, 3) for _ in range(n)]
    medians = [statistics.median(draw.choices(samples, k=n)) for _ in range(20_000)]
    low, high = np.percentile(medians, [2.5, 97.5])
    mine = median_interval(samples, "seed")
    spread = max(samples) - min(samples)
    assert mine[0] == pytest.approx(low, abs=0.04 * spread)
    assert mine[1] == pytest.approx(high, abs=0.04 * spread)


def test_the_interval_depends_on_the_seed_alone() -> None:
    """The same samples in any order give the same interval with the same seed, and another with another."""
    assert median_interval(SAMPLES, "1") == median_interval(SAMPLES[::-1], "1")
    draw = random.Random(1)
    many = [draw.random() for _ in range(50)]
    assert median_interval(many, "1") != median_interval(many, "2")


def test_overhead_is_the_median_of_paired_differences() -> None:
    """Five pairs have a median and no interval, six have both, none has neither; each gap has a reason."""
    found, reasons = overhead([1.0, 5.0, 3.0, 2.0, 9.0], "s")
    assert (found.median_ms, found.ci_low_ms, found.pairs) == (3.0, None, 5)
    assert reasons == {"latency_ms.overhead.ci": "a 95 % interval of a median needs 6 pairs, there are 5"}
    found, reasons = overhead([4.0] * 6, "s")
    assert (found.median_ms, found.ci_low_ms, found.ci_high_ms, found.pairs) == (4.0, 4.0, 4.0, 6)
    assert reasons == {}
    found, reasons = overhead([], "s")
    assert found.median_ms is None
    assert "latency_ms.overhead" in reasons


def test_latency_leaves_failed_exchanges_out_and_counts_them() -> None:
    """Times are of completed exchanges only; success and first-attempt success are over all."""
    times = [timing(10.0), Timing(30.0, True, 2), timing(20.0), timing(None)]
    found, reasons = latency_of(times, "s")
    assert (found.p50, found.mean, found.std, found.n) == (20.0, 20.0, 10.0, 3)
    assert (found.success, found.first_attempt_success) == (0.75, 0.5)
    assert found.p95 is None
    assert reasons["latency_ms.p95"] == "a 95th percentile needs 20 samples, there are 3"


def test_a_p95_is_given_from_twenty_samples() -> None:
    """Of 1 to 20 it is 19.05; of 19 samples there is none."""
    found, _ = latency_of([timing(float(k)) for k in range(1, 21)], "s")
    assert found.p95 == 19.05
    assert latency_of([timing(float(k)) for k in range(1, 20)], "s")[0].p95 is None


def test_overhead_pairs_only_what_both_completed() -> None:
    """A pair needs own times on both sides."""
    times = [timing(10.0, 9.0, 2.0), timing(11.0, 9.5, None), timing(12.0, None, 2.0)]
    found, _ = latency_of(times, "s")
    assert (found.overhead.median_ms, found.overhead.pairs) == (7.0, 1)


def test_what_is_added_comes_with_the_time_of_its_embeddings() -> None:
    """Medians of the pairs alone: an exchange without a counterpart counts in neither."""
    times = [*pairs([4.0, 8.0, 6.0], embedding=2.5), Timing(50.0, True, 1, None, None, 40.0)]
    found, reasons = added(times, "s")
    assert (found.median_ms, found.embedding_ms, found.pairs) == (6.0, 2.5, 3)
    assert "latency_ms.overhead.ci" in reasons
    found, reasons = added([timing(9.0)], "s")
    assert (found.median_ms, found.embedding_ms, found.pairs) == (None, None, 0)
    assert "latency_ms.overhead" in reasons


def test_nothing_completed_has_reasons_and_no_numbers() -> None:
    """A missing latency is never a latency of nothing."""
    found, reasons = latency_of([timing(None)] * 3, "s")
    assert (found.p50, found.p95, found.mean, found.n, found.success) == (None, None, None, 0, 0.0)
    assert set(reasons) == {"latency_ms.p50", "latency_ms.p95", "latency_ms.std", "latency_ms.overhead"}


def test_instability_is_named() -> None:
    """Few samples, a wide spread, an outlier and the step of a delayed acknowledgement are flagged."""
    assert unstable([10.0, 10.1], []) == ("only 2 of at least 3 samples",)
    assert unstable([10.0, 10.1, 10.2], []) == ()
    wide = unstable([10.0, 12.0, 14.0], [])
    assert wide == ("the standard deviation is 17% of the mean",)
    assert any("one sample of 40.0 ms" in why for why in unstable([10.0, 10.0, 40.0], []))
    stepped = unstable([42.0, 42.1, 42.2], [40.1, 40.8, 40.9])
    assert stepped == ("the overhead is a step of about 40 ms, as delayed TCP acknowledgements make",)
    assert unstable([37.0, 38.0, 39.0], [35.0, 36.0, 44.0]) == ()
    assert unstable([], []) == ()


def pairs(added: list[float], repeat: int = 1, embedding: float = 0.0) -> list[Timing]:
    """Exchanges to which so many ms were added over a control of 1 ms, each with time in embeddings."""
    return [Timing(ms + 1.0, True, 1, ms + 1.0, 1.0, embedding, repeat) for ms in added]


def why_unsteady(times: list[Timing]) -> tuple[str, ...]:
    """The flags of a total over these exchanges."""
    return unsteady(times, latency_of(times, "s")[0])


def test_a_total_is_not_flagged_because_its_scenarios_differ() -> None:
    """Short and long requests take different times; what counts is whether the repeats agree."""
    scenarios = [20.0 + k / 10 for k in range(20)] + [400.0]
    assert unstable(scenarios, scenarios) != ()
    assert why_unsteady(pairs(scenarios, 1) + pairs(scenarios, 2) + pairs(scenarios, 3)) == ()
    assert why_unsteady(pairs(scenarios, 1)) == ()
    assert why_unsteady([]) == ()


def test_repeats_that_disagree_flag_a_total() -> None:
    """One repeat that is a fifth slower than the others is said with its numbers."""
    times = pairs([20.0] * 10, 1) + pairs([20.0] * 10, 2) + pairs([24.0] * 10, 3)
    assert why_unsteady(times) == ("the medians of the 3 repeats range from 20.00 to 24.00 ms",)
    assert why_unsteady(pairs([20.0] * 10, 1) + pairs([21.9] * 10, 2)) == ()
    # A tenth of very little is less than a clock and a scheduler make.
    assert why_unsteady(pairs([0.5] * 10, 1) + pairs([0.7] * 10, 2)) == ()


def test_the_control_is_flagged_by_its_latency() -> None:
    """It has no pairs, and drifts all the same."""
    times = [Timing(2.0, True, 1, repeat=1)] * 5 + [Timing(3.0, True, 1, repeat=2)] * 5
    assert why_unsteady(times) == ("the medians of the 2 repeats range from 2.00 to 3.00 ms",)


def test_a_wide_interval_flags_a_total() -> None:
    """Six pairs from 10 to 60 ms say little about their median."""
    flags = why_unsteady(pairs([10.0, 20.0, 30.0, 40.0, 50.0, 60.0]))
    assert len(flags) == 1
    assert flags[0].startswith("the 95 % interval reaches ")
    assert flags[0].endswith("% from the median")


def test_a_step_of_a_delayed_acknowledgement_flags_a_total() -> None:
    """It is the network's doing, however steady it is."""
    assert why_unsteady(pairs([40.5] * 8)) == (
        "the overhead is a step of about 40 ms, as delayed TCP acknowledgements make",
    )


def test_time_in_embeddings_is_a_median_over_the_same_pairs() -> None:
    """What no pair was made of is in neither figure; without pairs there is none."""
    unpaired = Timing(500.0, True, 1, 499.0, None, 400.0)
    found, _ = latency_of([*pairs([110.0, 130.0, 150.0], embedding=90.0), unpaired], "s")
    assert (found.overhead.median_ms, found.overhead.embedding_ms) == (130.0, 90.0)
    assert latency_of([unpaired], "s")[0].overhead.embedding_ms is None


def test_what_no_pair_shows_has_a_reason_that_is_true(tmp_path: Path) -> None:
    """Retried exchanges complete, and have no time of their own; the control is its own measure."""
    builder = RunBuilder(tmp_path, repeats=1)
    builder.exchange("direct", "S1")
    builder.exchange("litellm", "S1", attempts=2)
    control, gateway = build_results(builder.store).totals
    assert control.reasons["added_to_whole"] == THE_CONTROL
    for name in ("added_to_whole", "latency_ms.overhead"):
        assert gateway.reasons[name] == NO_PAIR
        assert "at the first attempt" in NO_PAIR
