"""Latency statistics against known values and against other implementations."""

from __future__ import annotations

import random
import statistics

import numpy as np
import pytest

from lab.measures.latency import Timing, latency_of, median_interval, overhead, percentile, unstable

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
