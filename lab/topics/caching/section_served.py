"""What answers from a cache cost beside fresh ones, and what gateways claim of their caches."""

from __future__ import annotations

from dataclasses import dataclass

from lab.kit import numbers
from lab.kit.anchors import is_control, variant_head
from lab.kit.tables import ALERT, NO, Col, Fig, Notes, Table, Tone, col, judged, num, table
from lab.kit.text import one_line
from lab.results.models import Results
from lab.topics.caching.table import CacheOf, Caching, Served

NO_HIT = "no answer came from a cache"


def served_table(results: Results, caching: Caching) -> Table:
    """One row a variant: calls, tokens claimed, USD and time of hits, beside those of fresh answers."""
    notes = Notes()
    control = (
        f"{numbers.ms(caching.control_ms)} ms, n = {caching.control_n:,}"
        if caching.control_ms is not None
        else "not measured"
    )
    columns: tuple[Col[_Answers], ...] = (
        col("Variant", lambda row: variant_head(row.variant, row.kind)),
        num("Answers", lambda row: Fig(numbers.tokens(row.served.n))),
        num("Calls to a model", lambda row: row.none(notes) or row.calls(), "an answer"),
        num("Calls for embeddings", lambda row: row.none(notes) or row.embeddings(), "an answer"),
        num("Input tokens claimed", lambda row: row.none(notes) or row.claimed(notes), "in usage"),
        num("Cost", lambda row: row.none(notes) or row.cost(notes), "USD an answer"),
        num("Latency", lambda row: row.none(notes) or row.latency(notes), "ms"),
    )
    return table(
        "caching-served",
        "Means over the answers from the cache, and over the fresh ones beneath; latency is the median. "
        "Calls are those that the meter saw, and their cost is as routed. Embeddings are computed on "
        f"this machine, and scripted answers take no time. The control: {control}.",
        columns,
        [
            _Answers(cache.variant, served, hit)
            for cache in caching.variants
            if cache.status == "measured" and (cache.hits.n or cache.cache != "none")
            for served, hit in ((cache.hits, True), (cache.fresh, False))
        ],
        notes=notes,
        control=is_control(results),
    )


@dataclass(frozen=True, slots=True)
class _Answers:
    """The answers of a variant that came from its cache, or those that did not."""

    variant: str
    served: Served
    hit: bool

    @property
    def kind(self) -> str:
        return "from the cache" if self.hit else "fresh"

    def none(self, notes: Notes) -> Fig | None:
        """In place of each figure, if there was no such answer."""
        if self.served.n:
            return None
        return notes.missing("none", NO_HIT if self.hit else "no fresh answer was seen")

    def calls(self) -> Fig:
        calls = self.served.chat_calls or 0.0
        asked_anyway = self.hit and calls > 0
        tone: Tone = "bad" if asked_anyway else "good" if self.hit else ""
        return Fig(numbers.tokens(calls), sign=NO if asked_anyway else "", tone=tone)

    def embeddings(self) -> Fig:
        return Fig(numbers.tokens(self.served.embedding_calls or 0.0))

    def claimed(self, notes: Notes) -> Fig:
        claimed = self.served.tokens_claimed
        if claimed is None:
            return notes.missing("not stated", "no answer states input tokens")
        odd = self.hit and claimed and not self.served.chat_calls
        return Fig(numbers.tokens(claimed), sign=ALERT if odd else "", tone="warn" if odd else "")

    def cost(self, notes: Notes) -> Fig:
        if self.served.usd is None:
            return notes.missing("no price", self.served.usd_reason or "no price is known")
        return Fig(numbers.usd(self.served.usd))

    def latency(self, notes: Notes) -> Fig:
        if self.served.latency_ms is None:
            return notes.missing("not measured", "no latency was recorded")
        return Fig(numbers.ms(self.served.latency_ms))


def claims_table(results: Results, caching: Caching) -> Table:
    """One row a variant that says anything of its cache, or has hits: hits claimed beside hits proven."""
    columns: tuple[Col[CacheOf], ...] = (
        col("Variant", lambda cache: variant_head(cache.variant)),
        col("States anything", _stated, "answers"),
        col("Proven hits that are claimed", _claimed),
        col(
            "Claimed hits that are none",
            lambda cache: judged(numbers.share(cache.claims.false, cache.fresh.n), not cache.claims.false),
        ),
        col(
            "Most frequent statement",
            lambda cache: Fig(one_line(cache.claims.example or "nothing stated", 80)),
        ),
    )
    return table(
        "caching-claims",
        "What headers or bodies state of the cache, beside what the markers prove. A state such as MISS "
        "or DISABLED claims no hit; the key of an entry does.",
        columns,
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


def _claimed(cache: CacheOf) -> Fig:
    hits = cache.claims.claimed + cache.claims.unclaimed
    if not hits:
        return Fig("no hit")
    silent = bool(cache.claims.unclaimed)
    share = numbers.share(cache.claims.claimed, hits)
    return Fig(share, tone="warn" if silent else "", sign=ALERT if silent else "")
