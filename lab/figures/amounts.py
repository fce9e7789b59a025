"""Tokens, USD and cache hits of one cell as means over its completed exchanges."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

from lab.figures.cost import ZERO, Paid, usd
from lab.figures.observation import Observation
from lab.results.models import Cache, CacheVerdict, Cell, Cost, Facts, Parts, SavingFrom, Tokens
from lab.tokens import TokenParts

Reasons = dict[str, str]

LOCAL_EMBEDDINGS = "embedding calls were answered locally: they are counted, and cost nothing"
NO_ANSWER = "no exchange completed"
NO_COMPARISON = "there is no scenario that all compared variants completed"


def mean(values: Iterable[float]) -> float:
    """The mean of at least one value, to four decimals."""
    return round(statistics.fmean(list(values)), 4)  # of a generator it takes twice as long


def most_frequent(values: Iterable[str]) -> str:
    """The value that occurs most often; of several such, the first in the alphabet."""
    found = list(values)
    if len(set(found)) == 1:
        return found[0]
    counts = Counter(found)
    return min(counts, key=lambda value: (-counts[value], value))


def saving_percent(sent: float, forwarded: float) -> float | None:
    """Signed share of tokens that were not forwarded, in percent; None if nothing was sent."""
    return round((sent - forwarded) / sent * 100, 4) if sent else None


def saving_from(calls_missing: float, of: float) -> SavingFrom:
    """What a saving comes from, given how many of `of` exchanges reached no model."""
    if not calls_missing:
        return "content"
    return "cache" if calls_missing == of else "both"


def tokens_of(done: Sequence[Observation]) -> tuple[Tokens, Reasons]:
    """Mean tokens of completed exchanges (at least one), and reasons for what is missing."""
    reasons: Reasons = {}
    sent, forwarded = _mean_parts([one.sent for one in done]), _mean_parts([one.forwarded for one in done])
    sent_total = mean(one.sent.total for one in done)
    forwarded_total = mean(one.forwarded.total for one in done)
    no_call = [one.sent.total for one in done if not one.reached_model]
    percent = saving_percent(sum(one.sent.total for one in done), sum(one.forwarded.total for one in done))
    if percent is None:
        reasons["tokens.saving_percent"] = "the client sent no tokens"
    return Tokens(
        sent=sent_total,
        forwarded=forwarded_total,
        claimed=_stated("tokens.claimed", [one.claimed for one in done], reasons),
        out=_stated("tokens.out", [one.out for one in done], reasons),
        claimed_out=_stated("tokens.claimed_out", [one.claimed_out for one in done], reasons),
        sent_parts=sent,
        forwarded_parts=forwarded,
        saved=round(sent_total - forwarded_total, 4),
        saved_without_call=round(sum(no_call) / len(done), 4),
        saving_percent=percent,
        saving_from=saving_from(len(no_call), len(done)),
    ), reasons


def _mean_parts(parts: Sequence[TokenParts]) -> Parts:
    return Parts(
        system=mean(part.system for part in parts),
        messages=mean(part.messages for part in parts),
        tools=mean(part.tools for part in parts),
    )


def _stated(name: str, values: Sequence[int | None], reasons: Reasons) -> float | None:
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        reasons[name] = f"{len(values) - len(known)} of {len(values)} responses do not state it"
        return None
    return mean(known)


def cost_of(seen: Sequence[Observation]) -> tuple[Cost, Reasons]:
    """USD per completed exchange, with what failed exchanges cost paid for by those that completed."""
    done = sum(1 for one in seen if one.completed)
    failed = [one.paid for one in seen if not one.completed]
    reasons: Reasons = {}
    lost = _sum(paid.as_routed for paid in failed)
    if lost is None:
        reasons["cost_usd.paid_for_failed"] = _why(failed)
    everything = [one.paid for one in seen]
    as_routed, same_model = (
        _sum(paid.as_routed for paid in everything),
        _sum(paid.same_model for paid in everything),
    )
    for name, amount in (("as_routed", as_routed), ("same_model", same_model)):
        if not done:
            reasons[f"cost_usd.{name}"] = NO_ANSWER
        elif amount is None:
            reasons[f"cost_usd.{name}"] = _why(everything)
    return Cost(
        as_routed=usd(as_routed / done) if done and as_routed is not None else None,
        same_model=usd(same_model / done) if done and same_model is not None else None,
        paid_for_failed=None if lost is None else usd(lost),
        note=LOCAL_EMBEDDINGS if any(one.local_embeddings for one in seen) else "",
    ), reasons


def _sum(values: Iterable[Decimal | None]) -> Decimal | None:
    """The sum, or None if one of the values is unknown."""
    total = ZERO
    for value in values:
        if value is None:
            return None
        total += value
    return total


def _why(paid: Sequence[Paid]) -> str:
    return most_frequent(one.reason for one in paid if one.reason)


def cache_of(done: Sequence[Observation], wrong: int, missed: int) -> Cache:
    """How many answers of completed exchanges came from somewhere else than a fresh model call."""
    kinds = Counter(one.origin.kind for one in done if one.origin)
    claims = [one.claimed_cache for one in done if one.claimed_cache]
    return cache_counts(
        kinds["cache"],
        wrong,
        missed,
        kinds["foreign"],
        kinds["unproven"],
        len(done),
        most_frequent(claims) if claims else None,
    )


def cache_counts(
    hits: int, wrong: int, missed: int, foreign: int, unproven: int, of: int, claimed: str | None
) -> Cache:
    """A cache cell from its counts; the verdict is the worst that happened."""
    verdict: CacheVerdict | None = "none" if of else None
    if foreign:
        verdict = "foreign"
    elif unproven:
        verdict = "unproven"
    elif hits:
        verdict = "hit" if hits == of else "mixed"
    return Cache(
        verdict=verdict,
        hits=hits,
        wrong=wrong,
        missed=missed,
        foreign=foreign,
        unproven=unproven,
        of=of,
        claimed=claimed,
    )


def _whole(tokens: float | None) -> float | None:
    """A sum of means without the traces of their rounding."""
    return None if tokens is None else round(tokens, 3)


def sum_tokens(cells: Sequence[Cell]) -> tuple[Tokens, Reasons]:
    """Tokens of several measured cells together: one exchange of each; a missing part leaves a reason."""
    reasons: Reasons = {}
    if not cells:
        return Tokens(), {"tokens": NO_COMPARISON}
    sent, forwarded = _total("tokens.sent", cells, reasons), _total("tokens.forwarded", cells, reasons)
    missing = _total("tokens.saved_without_call", cells, reasons) or 0.0
    uncached = [cell for cell in cells if cell.tokens.saving_from != "cache"]
    percent = None if sent is None or forwarded is None else saving_percent(sent, forwarded)
    return Tokens(
        sent=_whole(sent),
        forwarded=_whole(forwarded),
        claimed=_total("tokens.claimed", cells, reasons),
        out=_total("tokens.out", cells, reasons),
        claimed_out=_total("tokens.claimed_out", cells, reasons),
        sent_parts=_sum_parts([cell.tokens.sent_parts for cell in cells]),
        forwarded_parts=_sum_parts([cell.tokens.forwarded_parts for cell in cells]),
        saved=_total("tokens.saved", cells, reasons),
        saved_without_call=missing,
        saving_percent=percent,
        saving_from=("both" if missing else "content") if uncached else "cache",
    ), reasons


def median_change(cells: Sequence[Cell]) -> float | None:
    """The change from tokens sent to tokens forwarded in percent, of the median scenario; None of none."""
    changes = [
        (cell.tokens.forwarded - cell.tokens.sent) / cell.tokens.sent * 100
        for cell in cells
        if cell.tokens.sent and cell.tokens.forwarded is not None
    ]
    return round(statistics.median(changes), 4) if changes else None


def _total(name: str, cells: Sequence[Cell], reasons: Reasons) -> float | None:
    total = 0.0
    field = name.removeprefix("tokens.")
    for cell in cells:
        value = getattr(cell.tokens, field)
        if value is None:
            reasons[name] = f"{cell.scenario}: {cell.reasons.get(name, 'not measured')}"
            return None
        total += value
    return round(total, 4)


def _sum_parts(parts: Sequence[Parts | None]) -> Parts:
    known = [part for part in parts if part is not None]
    return Parts(
        system=round(sum(part.system for part in known), 4),
        messages=round(sum(part.messages for part in known), 4),
        tools=round(sum(part.tools for part in known), 4),
    )


def sum_cost(cells: Sequence[Cell]) -> tuple[Cost, Reasons]:
    """USD of several measured cells together, one completed exchange of each."""
    reasons: Reasons = {}
    if not cells:
        return Cost(), {"cost_usd": NO_COMPARISON}
    found: dict[str, Decimal | None] = {}
    for name in ("as_routed", "same_model", "paid_for_failed"):
        found[name] = _sum(getattr(cell.cost_usd, name) for cell in cells)
        if found[name] is None:
            key = f"cost_usd.{name}"
            missing = next(cell for cell in cells if getattr(cell.cost_usd, name) is None)
            reasons[key] = f"{missing.scenario}: {missing.reasons.get(key, 'not measured')}"
    notes = sorted({cell.cost_usd.note for cell in cells if cell.cost_usd.note})
    return Cost(
        **found, note="embedding calls were answered locally and cost nothing" if notes else ""
    ), reasons


def sum_facts(cells: Sequence[Cell]) -> tuple[Facts, Reasons]:
    """Facts kept and declared, over the cells in which a model was sent any."""
    counted = [(cell.facts.kept, cell.facts.total) for cell in cells if cell.facts.kept is not None]
    if not counted:
        return Facts(), {"facts.kept": "no compared scenario declares facts and reached a model"}
    return Facts(
        kept=round(sum(kept for kept, _ in counted), 4), total=sum(total for _, total in counted)
    ), {}


def sum_needed_tools(cells: Sequence[Cell]) -> tuple[int, float | None]:
    """Needed tools, and how many of them arrived intact, over the cells in which a model was asked."""
    counted = [(cell.tools.needed, cell.tools.needed_kept) for cell in cells]
    kept = [(needed, there) for needed, there in counted if there is not None]
    if not kept:
        return 0, None
    return sum(needed for needed, _ in kept), round(sum(there for _, there in kept), 4)


def sum_calls(cells: Sequence[Cell], name: str) -> float | None:
    """The sum of a mean per cell (upstream_calls, embedding_calls, embedding_tokens); None without cells."""
    values = [getattr(cell, name) for cell in cells]
    return round(sum(values), 4) if values else None


def sum_cache(cells: Sequence[Cell]) -> Cache:
    """Cache counts of several cells together."""
    caches = [cell.cache for cell in cells]
    claims = [cache.claimed for cache in caches if cache.claimed]
    return cache_counts(
        sum(cache.hits for cache in caches),
        sum(cache.wrong for cache in caches),
        sum(cache.missed for cache in caches),
        sum(cache.foreign for cache in caches),
        sum(cache.unproven for cache in caches),
        sum(cache.of for cache in caches),
        most_frequent(claims) if claims else None,
    )
