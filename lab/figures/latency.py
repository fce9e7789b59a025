"""Latency statistics in ms: percentiles, paired overhead with a bootstrap interval, and what is unstable.

Percentiles interpolate linearly between the closest ranks (numpy's default, `inclusive` in the standard
library's statistics). A p95 needs 20 samples: with fewer, less than one is expected beyond it and the
figure would be the slowest sample under another name. A 95 % interval of a median needs 6 pairs: with n
pairs the whole range covers the median with probability 1 - 2^(1-n), which passes 95 % at n = 6.

Samples of one scenario are flagged by the rules of pyperf's `check`. Those of many scenarios differ because
the scenarios do, so a total is flagged by what would change the figure that is shown: a wide interval, or
repeats that disagree.
"""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from lab.results.cell import Latency, Overhead

P95_SAMPLES = 20
INTERVAL_PAIRS = 6
RESAMPLES = 2000
FEW_SAMPLES = 3
NOISY_SHARE = 0.10
OUTLIER_SHARE = 0.50
# A clock, a scheduler and a loopback connection move a median by this much; less is no disagreement.
NEGLIGIBLE_MS = 0.25
DELAYED_ACK_MS = (39.5, 42.0)

P95_REASON = f"a 95th percentile needs {P95_SAMPLES} samples, there are {{n}}"
DELAYED_ACK = "the overhead is a step of about 40 ms, as delayed TCP acknowledgements make"
# After a retry nobody can tell the provider's part from the waiting.
NO_PAIR = "no exchange was answered at the first attempt both here and at the control"
INTERVAL_REASON = f"a 95 % interval of a median needs {INTERVAL_PAIRS} pairs, there are {{n}}"


def percentile(samples: Sequence[float], share: float) -> float:
    """The `share` (0 to 1) percentile of at least one sample, by linear interpolation."""
    ordered = sorted(samples)
    position = share * (len(ordered) - 1)
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def median_interval(samples: Sequence[float], seed: str) -> tuple[float, float]:
    """The 95 % percentile-bootstrap interval of the median, the same for the same samples and seed.

    The middle order statistics of a resample are drawn directly (the k-th of n uniforms is Beta(k, n+1-k)
    and an index is floor(n*u)): the distribution is that of resampling, the cost does not grow with n.
    """
    ordered = sorted(samples)
    medians = sorted((ordered[low] + ordered[high]) / 2 for low, high in _middles(len(ordered), seed))
    return percentile(medians, 0.025), percentile(medians, 0.975)


@lru_cache(maxsize=256)
def _middles(n: int, seed: str) -> tuple[tuple[int, int], ...]:
    """Indices of the two middle values (one, twice, if n is odd) of so many resamples of n values."""
    draw = random.Random(seed)  # noqa: S311 - must be repeatable, not secret
    rank = (n + 1) // 2
    found = []
    for _ in range(RESAMPLES):
        lower = draw.betavariate(rank, n + 1 - rank)
        low = high = min(int(lower * n), n - 1)
        if n % 2 == 0:
            # Given the k-th smallest of n uniforms, the next one is the smallest of the n-k left above it.
            upper = lower + (1 - lower) * (1 - (1 - draw.random()) ** (1 / (n - rank)))
            high = min(int(upper * n), n - 1)
        found.append((low, high))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Timing:
    """The times of one exchange (ms) and of its counterpart at the control; None if not measured.

    `embedding_ms` is the part in which a service for embeddings was answering the system.
    """

    latency_ms: float | None
    completed: bool
    attempts: int
    own_ms: float | None = None
    control_own_ms: float | None = None
    embedding_ms: float = 0.0
    repeat: int = 1

    @property
    def difference(self) -> float | None:
        """Own time beyond the control's, in ms."""
        if self.own_ms is None or self.control_own_ms is None:
            return None
        return self.own_ms - self.control_own_ms


def latency_of(times: Sequence[Timing], seed: str) -> tuple[Latency, dict[str, str]]:
    """Latency over completed exchanges, success over all of them, and reasons for what is missing."""
    samples = [one.latency_ms for one in times if one.latency_ms is not None]
    differences = [one.difference for one in times if one.difference is not None]
    reasons: dict[str, str] = {}
    if not samples:
        reasons["latency_ms.p50"] = "no exchange completed"
    if len(samples) < P95_SAMPLES:
        reasons["latency_ms.p95"] = P95_REASON.format(n=len(samples))
    if len(samples) < 2:
        reasons["latency_ms.std"] = f"a standard deviation needs 2 samples, there are {len(samples)}"
    paired, why = added(times, seed)
    tried = len(times)
    return Latency(
        p50=round(percentile(samples, 0.5), 3) if samples else None,
        p95=round(percentile(samples, 0.95), 3) if len(samples) >= P95_SAMPLES else None,
        mean=round(statistics.fmean(samples), 3) if samples else None,
        std=round(deviation(samples), 3) if len(samples) > 1 else None,
        n=len(samples),
        success=sum(one.completed for one in times) / tried if tried else None,
        first_attempt_success=(
            sum(one.completed and one.attempts == 1 for one in times) / tried if tried else None
        ),
        overhead=paired,
        unstable=unstable(samples, differences),
    ), reasons | why


def added(times: Sequence[Timing], seed: str) -> tuple[Overhead, dict[str, str]]:
    """What was added over the control in these exchanges, and how much of their time embeddings took."""
    found, why = overhead([one.difference for one in times if one.difference is not None], seed)
    within = [one.embedding_ms for one in times if one.difference is not None]
    if not within:
        return found, why
    return found.model_copy(update={"embedding_ms": round(statistics.median(within), 3)}), why


def overhead(differences: Sequence[float], seed: str) -> tuple[Overhead, dict[str, str]]:
    """Median of paired differences in ms, and the reasons for what is missing of it."""
    if not differences:
        return Overhead(), {"latency_ms.overhead": NO_PAIR}
    pairs = len(differences)
    middle = round(statistics.median(differences), 3)
    if pairs < INTERVAL_PAIRS:
        reasons = {"latency_ms.overhead.ci": INTERVAL_REASON.format(n=pairs)}
        return Overhead(median_ms=middle, pairs=pairs), reasons
    low, high = median_interval(differences, seed)
    found = Overhead(median_ms=middle, ci_low_ms=round(low, 3), ci_high_ms=round(high, 3), pairs=pairs)
    return found, {}


def deviation(samples: Sequence[float]) -> float:
    """The standard deviation of at least two samples, in floats: exact fractions take ten times as long."""
    mean = statistics.fmean(samples)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in samples) / (len(samples) - 1))


def unstable(samples: Sequence[float], differences: Sequence[float]) -> tuple[str, ...]:
    """Why these latencies deserve suspicion, in words; the limits are those of pyperf's `check`."""
    if not samples:
        return ()
    if len(samples) < FEW_SAMPLES:
        return (f"only {len(samples)} of at least {FEW_SAMPLES} samples",)
    found = []
    mean = statistics.fmean(samples)
    spread = deviation(samples)
    if spread >= NOISY_SHARE * mean:
        found.append(f"the standard deviation is {spread / mean:.0%} of the mean")
    farthest = max(samples, key=lambda value: abs(value - mean))
    if abs(farthest - mean) >= OUTLIER_SHARE * mean:
        found.append(f"one sample of {farthest:.1f} ms is far from the mean of {mean:.1f} ms")
    if _steps_of_delayed_ack(differences):
        found.append(DELAYED_ACK)
    return tuple(found)


def unsteady(times: Sequence[Timing], found: Latency) -> tuple[str, ...]:
    """Why the figures that `found` pools from many scenarios deserve suspicion, in words."""
    differences = [one.difference for one in times if one.difference is not None]
    over = found.overhead
    reasons = []
    if over.median_ms is not None and over.ci_low_ms is not None and over.ci_high_ms is not None:
        half = (over.ci_high_ms - over.ci_low_ms) / 2
        if _matters(half, over.median_ms):
            reasons.append(f"the 95 % interval reaches {_share(half, over.median_ms)} from the median")
    by_repeat = _medians_by_repeat(times, paired=bool(differences))
    middle = over.median_ms if differences else found.p50
    if middle is not None and len(by_repeat) > 1 and _matters(max(by_repeat) - min(by_repeat), middle):
        reasons.append(
            f"the medians of the {len(by_repeat)} repeats range from {min(by_repeat):.2f} to "
            f"{max(by_repeat):.2f} ms"
        )
    if _steps_of_delayed_ack(differences):
        reasons.append(DELAYED_ACK)
    return tuple(reasons)


def _matters(change_ms: float, of_ms: float) -> bool:
    return change_ms > NEGLIGIBLE_MS and change_ms > NOISY_SHARE * abs(of_ms)


def _share(part: float, of: float) -> str:
    return f"{part / abs(of):.0%}" if of else "far"


def _medians_by_repeat(times: Sequence[Timing], *, paired: bool) -> list[float]:
    """The median of each repeat in ms: of what was added if there are pairs, else of the latency."""
    by_repeat: dict[int, list[float]] = {}
    for one in times:
        value = one.difference if paired else one.latency_ms
        if value is not None:
            by_repeat.setdefault(one.repeat, []).append(value)
    return [statistics.median(values) for values in by_repeat.values()]


def _steps_of_delayed_ack(differences: Sequence[float]) -> bool:
    """Linux delays an acknowledgement by 40 ms; a gateway's own work would not sit there so tightly."""
    low, high = DELAYED_ACK_MS
    inside = sum(1 for value in differences if low <= value <= high)
    return len(differences) >= FEW_SAMPLES and inside * 2 > len(differences)
