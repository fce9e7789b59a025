"""What answers from a cache cost and how long they take, beside fresh ones, and what is claimed of them."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from decimal import Decimal

from lab.exchange.answercache import claims_hit
from lab.figures.amounts import mean, most_frequent
from lab.figures.observation import Observation
from lab.topics.caching.table import CacheClaims, Served


def from_cache(one: Observation) -> bool:
    """Whether an earlier answer was served: this conversation's, or another's and no model was asked."""
    if one.origin is None:
        return False
    return one.origin.kind == "cache" or (one.origin.kind == "foreign" and not one.reached_model)


def served_of(seen: Sequence[Observation]) -> Served:
    """These answers in figures: means of calls, tokens and USD, and the median of latency."""
    if not seen:
        return Served()
    claimed = [one.claimed for one in seen if one.claimed is not None]
    paid = [one.paid.as_routed for one in seen if one.paid.as_routed is not None]
    unpaid = [one.paid.reason or "" for one in seen if one.paid.as_routed is None]
    latency, _ = latency_of(seen)
    return Served(
        n=len(seen),
        chat_calls=mean(one.chat_calls for one in seen),
        embedding_calls=mean(one.embedding_calls for one in seen),
        embedding_tokens=mean(one.embedding_tokens for one in seen),
        tokens_claimed=mean(claimed) if claimed else None,
        usd=None if unpaid else sum(paid, Decimal(0)) / len(paid),
        usd_reason=most_frequent(unpaid) if unpaid else "",
        latency_ms=latency,
    )


def latency_of(seen: Iterable[Observation]) -> tuple[float | None, int]:
    """Median latency (ms) of completed exchanges, and of how many."""
    times = [one.latency_ms for one in seen if one.completed and one.latency_ms is not None]
    return (round(statistics.median(times), 3) if times else None), len(times)


def claims_of(hits: Sequence[Observation], fresh: Sequence[Observation]) -> CacheClaims:
    """What is stated of hits and of fresh answers; a statement may deny a hit."""
    stated = [one.claimed_cache for one in (*hits, *fresh) if one.claimed_cache]
    claimed = sum(claims_hit(one.claimed_cache) for one in hits)
    return CacheClaims(
        stated=len(stated),
        claimed=claimed,
        unclaimed=len(hits) - claimed,
        false=sum(claims_hit(one.claimed_cache) for one in fresh),
        example=most_frequent(stated) if stated else None,
    )
