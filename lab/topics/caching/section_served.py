"""What answers from a cache cost beside fresh ones, and what gateways claim of their caches."""

from __future__ import annotations

from typing import NamedTuple

from lab.kit import numbers
from lab.kit.anchors import is_control, variant_head
from lab.kit.tables import ALERT, NO, Fig, Table, Tone, col, judged, missing, num, table
from lab.kit.text import one_line
from lab.results.models import Results
from lab.topics.caching.table import CacheOf, Caching, Served

NO_HIT = "no answer came from a cache"
NO_CLAIM = "nothing stated"


def served_table(results: Results, caching: Caching) -> Table:
    """One row a variant: calls, tokens claimed, USD and time of hits, beside those of fresh answers."""
    control = (
        f"{numbers.ms(caching.control_ms)} ms, n = {caching.control_n:,}"
        if caching.control_ms is not None
        else "not measured"
    )
    return table(
        "caching-served",
        "Means over the answers from the cache, and over the fresh ones beneath; latency is the median. "
        "Calls are those that the meter saw, and their cost is as routed. Embeddings are computed on "
        f"this machine, and scripted answers take no time. The control: {control}.",
        (
            col("Variant", lambda row: variant_head(row.variant, "from the cache" if row.hit else "fresh")),
            num("Answers", lambda row: Fig(numbers.tokens(row.served.n))),
            num("Calls to a model", lambda row: row.none or _calls(row), "an answer"),
            num("Calls for embeddings", lambda row: row.none or _embeddings(row), "an answer"),
            num("Input tokens claimed", lambda row: row.none or _tokens(row), "in usage"),
            num("Cost", lambda row: row.none or _cost(row), "USD an answer"),
            num("Latency", lambda row: row.none or _latency(row), "ms"),
        ),
        [
            _Answers(cache.variant, served, hit)
            for cache in caching.variants
            if cache.status == "measured" and (cache.hits.n or cache.cache != "none")
            for served, hit in ((cache.hits, True), (cache.fresh, False))
        ],
        control=is_control(results),
    )


class _Answers(NamedTuple):
    """The answers of a variant that came from its cache, or those that did not."""

    variant: str
    served: Served
    hit: bool

    @property
    def none(self) -> Fig | None:
        """In place of each figure, if there was no such answer."""
        return None if self.served.n else missing("none", NO_HIT if self.hit else "no fresh answer was seen")


def _calls(row: _Answers) -> Fig:
    calls = row.served.chat_calls or 0.0
    asked_anyway = row.hit and calls > 0
    tone: Tone = "bad" if asked_anyway else "good" if row.hit else ""
    return Fig(numbers.tokens(calls), sign=NO if asked_anyway else "", tone=tone)


def _embeddings(row: _Answers) -> Fig:
    return Fig(numbers.tokens(row.served.embedding_calls or 0.0))


def _tokens(row: _Answers) -> Fig:
    claimed = row.served.tokens_claimed
    if claimed is None:
        return missing("not stated", "no answer states input tokens")
    odd = row.hit and claimed and not row.served.chat_calls
    return Fig(numbers.tokens(claimed), sign=ALERT if odd else "", tone="warn" if odd else "")


def _cost(row: _Answers) -> Fig:
    if row.served.usd is None:
        return missing("no price", row.served.usd_reason or "no price is known")
    return Fig(numbers.usd(row.served.usd))


def _latency(row: _Answers) -> Fig:
    if row.served.latency_ms is None:
        return missing("not measured", "no latency was recorded")
    return Fig(numbers.ms(row.served.latency_ms))


def claims_table(results: Results, caching: Caching) -> Table:
    """One row a variant that says anything of its cache, or has hits: hits claimed beside hits proven."""
    return table(
        "caching-claims",
        "What headers or bodies state of the cache, beside what the markers prove. A state such as MISS "
        "or DISABLED claims no hit; the key of an entry does.",
        (
            col("Variant", lambda cache: variant_head(cache.variant)),
            col("States anything", _stated, "answers"),
            col("Proven hits that are claimed", _claimed),
            col("Claimed hits that are none", _false),
            col("Most frequent statement", lambda row: Fig(one_line(row.claims.example or NO_CLAIM, 80))),
        ),
        [
            cache
            for cache in caching.variants
            if cache.status == "measured" and (cache.claims.stated or cache.hits.n)
        ],
        control=is_control(results),
    )


def _stated(cache: CacheOf) -> Fig:
    claims = cache.claims
    return Fig(numbers.share(claims.stated, claims.claimed + claims.unclaimed + cache.fresh.n))


def _false(cache: CacheOf) -> Fig:
    return judged(numbers.share(cache.claims.false, cache.fresh.n), not cache.claims.false)


def _claimed(cache: CacheOf) -> Fig:
    hits = cache.claims.claimed + cache.claims.unclaimed
    if not hits:
        return Fig("no hit")
    silent = bool(cache.claims.unclaimed)
    share = numbers.share(cache.claims.claimed, hits)
    return Fig(share, tone="warn" if silent else "", sign=ALERT if silent else "")
