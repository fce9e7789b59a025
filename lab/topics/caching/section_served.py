"""What answers from a cache cost beside fresh ones, and what gateways claim of their caches."""

from __future__ import annotations

from lab.kit import numbers
from lab.kit.anchors import by_variant, variant_head
from lab.kit.cell_figs import ALERT, NO, YES
from lab.kit.tables import Column, Fig, Notes, Row, Table
from lab.kit.text import one_line
from lab.results.models import Results
from lab.topics.caching.table import CacheOf, Caching, Served

NO_HIT = "no answer came from a cache"


def served_table(results: Results, found: Caching) -> Table:
    """One row a variant: calls, tokens claimed, USD and time of hits, beside those of fresh answers."""
    notes = Notes()
    variants = by_variant(results)
    control = (
        f"{numbers.ms(found.control_ms)} ms, n = {found.control_n:,}"
        if found.control_ms is not None
        else "not measured"
    )
    return Table(
        id="caching-served",
        caption=(
            "Means over the answers from the cache, and over the fresh ones beneath; latency is the median. "
            "Calls are those that the meter saw, and their cost is as routed. Embeddings are computed on "
            f"this machine, and scripted answers take no time. The control: {control}."
        ),
        columns=(
            Column("Variant", num=False),
            Column("Answers"),
            Column("Calls to a model", "an answer"),
            Column("Calls for embeddings", "an answer"),
            Column("Input tokens claimed", "in usage"),
            Column("Cost", "USD an answer"),
            Column("Latency", "ms"),
        ),
        rows=tuple(
            row
            for cache in found.variants
            if cache.status == "measured" and (cache.hits.n or cache.cache != "none")
            for row in _served(cache, notes, control=variants[cache.variant].kind == "control")
        ),
        notes=tuple(notes.texts),
    )


def _served(cache: CacheOf, notes: Notes, *, control: bool) -> tuple[Row, Row]:
    return (
        Row(
            variant_head(cache.variant, "from the cache"),
            _figures(cache.hits, notes, hit=True),
            control=control,
        ),
        Row(variant_head(cache.variant, "fresh"), _figures(cache.fresh, notes, hit=False), control=control),
    )


def _figures(served: Served, notes: Notes, *, hit: bool) -> tuple[Fig, ...]:
    if not served.n:
        why = NO_HIT if hit else "no fresh answer was seen"
        return (Fig("0"), *(notes.missing("none", why) for _ in range(5)))
    calls = served.chat_calls or 0.0
    asked_anyway = hit and calls > 0
    claimed = served.tokens_claimed
    return (
        Fig(numbers.tokens(served.n)),
        Fig(
            numbers.tokens(calls),
            sign=NO if asked_anyway else "",
            tone="bad" if asked_anyway else "good" if hit else "",
        ),
        Fig(numbers.tokens(served.embedding_calls or 0.0)),
        notes.missing("not stated", "no answer states input tokens")
        if claimed is None
        else Fig(
            numbers.tokens(claimed),
            sign=ALERT if hit and claimed and not calls else "",
            tone="warn" if hit and claimed and not calls else "",
        ),
        notes.missing("no price", served.usd_reason or "no price is known")
        if served.usd is None
        else Fig(numbers.usd(served.usd)),
        notes.missing("not measured", "no latency was recorded")
        if served.latency_ms is None
        else Fig(numbers.ms(served.latency_ms)),
    )


def claims_table(results: Results, found: Caching) -> Table:
    """One row a variant that says anything of its cache, or has hits: hits claimed beside hits proven."""
    variants = by_variant(results)
    return Table(
        id="caching-claims",
        caption=(
            "What headers or bodies state of the cache, beside what the markers prove. A state such as MISS "
            "or DISABLED claims no hit; the key of an entry does."
        ),
        columns=(
            Column("Variant", num=False),
            Column("States anything", "answers", num=False),
            Column("Proven hits that are claimed", num=False),
            Column("Claimed hits that are none", num=False),
            Column("Most frequent statement", num=False),
        ),
        rows=tuple(
            Row(
                variant_head(cache.variant),
                _claimed(cache),
                control=variants[cache.variant].kind == "control",
            )
            for cache in found.variants
            if cache.status == "measured" and (cache.claims.stated or cache.hits.n)
        ),
    )


def _claimed(cache: CacheOf) -> tuple[Fig, ...]:
    claims = cache.claims
    hits, fresh = claims.claimed + claims.unclaimed, cache.fresh.n
    told = Fig("no hit") if not hits else Fig(numbers.share(claims.claimed, hits))
    if hits and claims.unclaimed:
        told = Fig(told.text, tone="warn", sign=ALERT)
    return (
        Fig(numbers.share(claims.stated, hits + fresh)),
        told,
        Fig(
            numbers.share(claims.false, fresh),
            sign=NO if claims.false else YES,
            tone="bad" if claims.false else "good",
        ),
        Fig(one_line(claims.example, 80) if claims.example else "nothing stated"),
    )
