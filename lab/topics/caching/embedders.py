"""By whose embeddings a cache decided, and what depends on them."""

from __future__ import annotations

from collections.abc import Iterable

from lab.exchange.answercache import CLOSE
from lab.kit import numbers
from lab.kit.text import one_line
from lab.topics.caching.table import CacheOf

COMPUTED = {
    "meter": "all-MiniLM-L6-v2, computed at the meter",
    "scripted": "all-MiniLM-L6-v2, computed at the meter",
    "ollama": "the model server of this run",
    "cloud": "a provider in the cloud",
}
NEAR = f"within {CLOSE:g} of the threshold"


def decided_by(caches: Iterable[CacheOf]) -> tuple[str, ...]:
    """By whose embeddings each cache by meaning decided, one sentence a variant."""
    return tuple(_decided(cache) for cache in caches if cache.cache == "semantic" and cache.embedders)


def _decided(cache: CacheOf) -> str:
    by = " and ".join(dict.fromkeys(COMPUTED[embedder.answered_by] for embedder in cache.embedders))
    asked = ", ".join(dict.fromkeys(embedder.asked for embedder in cache.embedders if embedder.asked))
    wanted = f"asked for {one_line(asked, 80)} and " if asked else ""
    close = sum(count.close for count in cache.kinds)
    hang = numbers.counted(close, "wrong answer hangs", "wrong answers hang")
    near = f" {hang} on that model, as the two questions are {NEAR}." if close else ""
    return (
        f"{one_line(cache.variant, 40)} compares questions by embeddings: it {wanted}got those of {by}.{near}"
    )
