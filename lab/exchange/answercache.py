"""What may be expected of a variant's answer cache, and what it says of itself."""

from __future__ import annotations

from typing import Final

from lab.records.manifest import ScenarioInfo, VariantStatus

# A pair this near to a threshold (cosine) may lie on its other side with another model for embeddings.
CLOSE: Final = 0.01
RANKS: Final = {"none": 0, "exact": 1, "semantic": 2}
NO_CACHE: Final = "this variant has no such cache"
# Words with which a gateway says that its cache did not answer; the first word of a statement counts.
DENIALS: Final = frozenset(
    {"miss", "disabled", "false", "no", "none", "bypass", "off", "refresh", "0", "null"}
)


def why_not_due(variant: VariantStatus, scenario: ScenarioInfo) -> str:
    """Why a hit is not due of this variant, in one sentence; empty if it is."""
    if RANKS.get(variant.cache, 0) < RANKS.get(scenario.cache_needs, 1):
        return NO_CACHE
    alike, threshold = scenario.similarity, variant.cache_threshold
    if scenario.cache_needs == "exact" or threshold is None:
        return ""
    if alike is None:
        return "how alike the two questions are is not known, as the embedding weights are not installed"
    if alike >= threshold:
        return ""
    return f"the two questions are {alike:.3f} alike, less than this variant's threshold of {threshold:g}"


def depends_on_embeddings(variant: VariantStatus, scenario: ScenarioInfo) -> bool:
    """Whether a pair is so near to the threshold that another model for embeddings may decide otherwise."""
    alike, threshold = scenario.similarity, variant.cache_threshold
    if scenario.cache_needs == "exact" or alike is None or threshold is None:
        return False
    # Rounded, as 0.96 - 0.95 is more than 0.01 in floating point.
    return round(abs(alike - threshold), 6) <= CLOSE


def claims_hit(claim: str | None) -> bool:
    """Whether what a gateway states of its cache says that the answer came from it.

    A state (`HIT`, `SEMANTIC MISS`, `true`) says so by its words; anything else, such as the key of an
    entry, by being there.
    """
    words = (claim or "").casefold().replace("_", " ").replace("-", " ").split()
    return bool(words) and not DENIALS.intersection(words[:2])
