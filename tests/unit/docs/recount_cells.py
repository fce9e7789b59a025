"""Cells, totals and intervals of a run from what `recount` saw of each exchange; nothing of the lab here."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from statistics import fmean, median
from typing import Any

from tests.unit.docs.recount import Json, Run, Seen, count_request

Observed = dict[tuple[str, str], list[Seen]]
RESAMPLES_OF_MEDIANS = 2000
RESAMPLES_OF_COSTS = 1000


def percentile(values: Iterable[float], share: float) -> float:
    """Linear interpolation between the closest ranks."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def cell_of(run: Run, seen: Sequence[Seen], control: Sequence[Seen]) -> Json:
    """The figures of one scenario through one variant, under the names of results.json."""
    done = [one for one in seen if one.done]
    times = [one.record["latency_ms"] for one in done]
    cell: Json = {
        "n": len(seen),
        "completed": len(done),
        "evidence": [one.record["id"] for one in seen],
        "retries": sum(max(0, len(one.record["attempts"]) - 1) for one in seen),
        "latency_ms.n": len(times),
        "latency_ms.p50": percentile(times, 0.5) if times else None,
        "latency_ms.p95": percentile(times, 0.95) if len(times) >= 20 else None,
        "latency_ms.success": len(done) / len(seen),
        "latency_ms.overhead.pairs": len(pairs(seen, control)),
        "latency_ms.overhead.median_ms": median(pairs(seen, control)) if pairs(seen, control) else None,
        "cost_usd.paid_for_failed": sum(one.as_routed for one in seen if not one.done),
        "cost_usd.as_routed": sum(one.as_routed for one in seen) / len(done) if done else None,
        "cost_usd.same_model": sum(one.same_model for one in seen) / len(done) if done else None,
    }
    return cell | (_answered(run, done) if done else {})


def _answered(run: Run, done: Sequence[Seen]) -> Json:
    def mean(of: Callable[[Seen], float]) -> float:
        return fmean([of(one) for one in done])

    def stated(of: str) -> float | None:
        found = [one.record["answer"]["usage"][of] for one in done]
        known = [value for value in found if value is not None]
        return fmean(known) if known else None

    sent, forwarded = sum(sum(one.sent) for one in done), sum(sum(one.forwarded) for one in done)
    uncalled = [one for one in done if not one.chat]
    kinds = Counter(one.origin for one in done)
    embeddings = [[call for call in one.calls if call["kind"] == "embedding"] for one in done]
    found: Json = {
        "tokens.sent": sent / len(done),
        "tokens.forwarded": forwarded / len(done),
        "tokens.saved": (sent - forwarded) / len(done),
        "tokens.saved_without_call": sum(sum(one.sent) for one in uncalled) / len(done),
        "tokens.saving_percent": (sent - forwarded) / sent * 100,
        "tokens.saving_from": "both" if uncalled else "content",
        "tokens.out": mean(lambda one: one.out or 0),
        "tokens.claimed": stated("input"),
        "tokens.claimed_out": stated("output"),
        "upstream_calls": mean(lambda one: len(one.chat)),
        "embedding_calls": fmean(map(len, embeddings)),
        "embedding_tokens": fmean(_embedded(run, calls) for calls in embeddings),
        "cache.hits": kinds["cache"],
        "cache.foreign": kinds["foreign"],
        "cache.unproven": kinds["unproven"],
        "cache.of": len(done),
    }
    if len(uncalled) == len(done):
        found["tokens.saving_from"] = "cache"
    for n, part in enumerate(("system", "messages", "tools")):
        found[f"tokens.sent_parts.{part}"] = mean(lambda one, n=n: one.sent[n])  # type: ignore[misc]
        found[f"tokens.forwarded_parts.{part}"] = mean(lambda one, n=n: one.forwarded[n])  # type: ignore[misc]
    answering = [[call for call in one.chat if call["status"] < 400][-1:] for one in done]
    found["model.served_counts"] = Counter(call["model"] for calls in answering for call in calls)
    return found


def _embedded(run: Run, calls: Iterable[Json]) -> int:
    return sum(sum(count_request("embeddings", run.body(call["request"]))) for call in calls)


def pairs(seen: Iterable[Seen], control: Iterable[Seen]) -> list[float]:
    """Own time beyond the control's in the same scenario and repeat, of those that both completed; ms."""
    theirs = {one.record["repeat"]: one.record["own_ms"] for one in control if one.done}
    mine = ((one.record["own_ms"], theirs.get(one.record["repeat"])) for one in seen if one.done)
    return [own - other for own, other in mine if own is not None and other is not None]


def compared(run: Run, observed: Observed) -> tuple[list[str], list[Json]]:
    """The variants that completed any valid scenario, and the valid scenarios that all of them completed."""

    def did(variant: str, scenario: Json) -> bool:
        return any(one.done for one in observed.get((variant, scenario["id"]), ()))

    valid = [info for info in run.manifest["scenarios"] if info["valid"]]
    names = [v["name"] for v in run.manifest["variants"] if any(did(v["name"], info) for info in valid)]
    return names, [info for info in valid if all(did(name, info) for name in names)]


def median_interval(values: Sequence[float], seed: str) -> tuple[float, float]:
    """The 95 % percentile-bootstrap interval of a median, its resamples drawn as order statistics."""
    ordered, n = sorted(values), len(values)
    draw, rank = random.Random(seed), (n + 1) // 2
    medians = []
    for _ in range(RESAMPLES_OF_MEDIANS):
        lower = draw.betavariate(rank, n + 1 - rank)
        low = high = min(int(lower * n), n - 1)
        if n % 2 == 0:
            upper = lower + (1 - lower) * (1 - (1 - draw.random()) ** (1 / (n - rank)))
            high = min(int(upper * n), n - 1)
        medians.append((ordered[low] + ordered[high]) / 2)
    return percentile(medians, 0.025), percentile(medians, 0.975)


def resampled(run: Run, observed: Observed, variant: str, infos: Sequence[Json], price: str) -> list[float]:
    """USD of these scenarios in every resample of their repeats; all exchanges of theirs have completed."""
    totals = [0.0] * RESAMPLES_OF_COSTS
    for info in infos:
        amounts = [getattr(one, price) for one in observed[variant, info["id"]]]
        n = len(amounts)
        draw = random.Random(f"{run.manifest['seed']}:{info['suite']}/{info['id']}")
        flat = draw.choices(range(n), k=n * RESAMPLES_OF_COSTS)
        for at in range(RESAMPLES_OF_COSTS):
            totals[at] += fmean(amounts[drawn] for drawn in flat[at * n : at * n + n])
    return totals


def total_of(run: Run, observed: Observed, variant: str, control: str) -> Json:
    """The figures of one compared variant over the compared scenarios, under the names of results.json."""
    _, infos = compared(run, observed)
    seen = {info["id"]: observed[variant, info["id"]] for info in infos}
    cells = [cell_of(run, seen[info["id"]], observed[control, info["id"]]) for info in infos]
    times = [one.record["latency_ms"] for each in seen.values() for one in each if one.done]
    differences = [
        d for info in infos if variant != control
        for d in pairs(seen[info["id"]], observed[control, info["id"]])
    ]  # fmt: skip

    def whole(name: str) -> Any:
        known = [cell[name] for cell in cells if cell[name] is not None]
        return sum(known) if len(known) == len(cells) else None

    total: Json = {
        name: whole(name)
        for name in (
            *("tokens.sent", "tokens.forwarded", "tokens.claimed", "tokens.out", "tokens.saved"),
            *("cost_usd.as_routed", "cost_usd.same_model", "upstream_calls", "embedding_calls"),
        )
    }
    sent, forwarded = total["tokens.sent"], total["tokens.forwarded"]
    total["tokens.saving_percent"] = (sent - forwarded) / sent * 100
    total["latency_ms.p50"], total["latency_ms.p95"] = percentile(times, 0.5), percentile(times, 0.95)
    total["latency_ms.overhead.pairs"] = len(differences)
    if differences:
        low, high = median_interval(differences, str(run.manifest["seed"]))
        total["latency_ms.overhead.median_ms"] = median(differences)
        total |= {"latency_ms.overhead.ci_low_ms": low, "latency_ms.overhead.ci_high_ms": high}
    for price in ("as_routed", "same_model"):
        mine = resampled(run, observed, variant, infos, price)
        theirs = resampled(run, observed, control, infos, price)
        beyond = [(a - b) / b * 100 for a, b in zip(mine, theirs, strict=True)]
        for name, draws in (("cost_interval." + price, mine), (f"difference.{price}_interval", beyond)):
            total[f"{name}.low"], total[f"{name}.high"] = percentile(draws, 0.025), percentile(draws, 0.975)
    return total
