"""Tokens, USD and cache hits of one cell as means over its completed exchanges."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import TypeVar

from lab.figures.cost import PRICES, Paid, sum_usd, usd
from lab.figures.observation import Observation
from lab.results.cell import Cache, CacheVerdict, Cell, Cost, Facts, Parts, SavingFrom, Tokens

Reasons = dict[str, str]
T = TypeVar("T")
K = TypeVar("K")

PARTS = tuple(Parts.model_fields)
LOCAL_EMBEDDINGS = "embedding calls were answered locally: they are counted, and cost nothing"
CACHE_COUNTS = ("hits", "wrong", "missed", "foreign", "unproven", "of")
NO_ANSWER = "no exchange completed"
NO_COMPARISON = "there is no scenario that all compared variants completed"


def grouped(things: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    """These things by a key, keys and things in the order in which they come."""
    found: dict[K, list[T]] = {}
    for thing in things:
        found.setdefault(key(thing), []).append(thing)
    return found


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


def commonest(values: Sequence[str]) -> str | None:
    """The most frequent of these values; None of none."""
    return most_frequent(values) if values else None


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
        sent_parts=Parts(**{part: mean(getattr(one.sent, part) for one in done) for part in PARTS}),
        forwarded_parts=Parts(**{part: mean(getattr(one.forwarded, part) for one in done) for part in PARTS}),
        saved=round(sent_total - forwarded_total, 4),
        saved_without_call=round(sum(no_call) / len(done), 4),
        saving_percent=percent,
        saving_from=saving_from(len(no_call), len(done)),
    ), reasons


def _stated(name: str, values: Sequence[int | None], reasons: Reasons) -> float | None:
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        reasons[name] = f"{len(values) - len(known)} of {len(values)} responses do not state it"
        return None
    return mean(known)


def cost_of(seen: Sequence[Observation]) -> tuple[Cost, Reasons]:
    """USD per completed exchange, with what failed exchanges cost paid for by those that completed."""
    done = sum(1 for one in seen if one.completed)
    everything = [one.paid for one in seen]
    failed = [one.paid for one in seen if not one.completed]
    reasons: Reasons = {}
    lost = sum_usd(paid.as_routed for paid in failed)
    if lost is None:
        reasons["cost_usd.paid_for_failed"] = _why(failed)
    each: dict[str, Decimal | None] = {}
    for price in PRICES:
        amount = sum_usd(getattr(paid, price) for paid in everything)
        each[price] = usd(amount / done) if done and amount is not None else None
        if each[price] is None:
            reasons[f"cost_usd.{price}"] = _why(everything) if done else NO_ANSWER
    return Cost(
        **each,
        paid_for_failed=None if lost is None else usd(lost),
        note=LOCAL_EMBEDDINGS if any(one.local_embeddings for one in seen) else "",
    ), reasons


def _why(paid: Sequence[Paid]) -> str:
    return most_frequent(one.reason for one in paid if one.reason)


def cache_of(done: Sequence[Observation], wrong: int, missed: int) -> Cache:
    """How many answers of completed exchanges came from somewhere else than a fresh model call."""
    kinds = Counter(one.stems_from for one in done)
    return _with_verdict(
        Cache(
            hits=kinds["cache"],
            wrong=wrong,
            missed=missed,
            foreign=kinds["foreign"],
            unproven=kinds["unproven"],
            of=len(done),
            claimed=commonest([one.claimed_cache for one in done if one.claimed_cache]),
        )
    )


def _with_verdict(cache: Cache) -> Cache:
    """The counts with their verdict: the worst that happened."""
    verdict: CacheVerdict | None = "none" if cache.of else None
    if cache.foreign:
        verdict = "foreign"
    elif cache.unproven:
        verdict = "unproven"
    elif cache.hits:
        verdict = "hit" if cache.hits == cache.of else "mixed"
    return cache.model_copy(update={"verdict": verdict})


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
        sent=None if sent is None else round(sent, 3),
        forwarded=None if forwarded is None else round(forwarded, 3),
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
    return Parts(**{name: round(sum(getattr(part, name) for part in known), 4) for name in PARTS})


def sum_cost(cells: Sequence[Cell]) -> tuple[Cost, Reasons]:
    """USD of several measured cells together, one completed exchange of each."""
    reasons: Reasons = {}
    if not cells:
        return Cost(), {"cost_usd": NO_COMPARISON}
    found: dict[str, Decimal | None] = {}
    for name in ("as_routed", "same_model", "paid_for_failed"):
        found[name] = sum_usd(getattr(cell.cost_usd, name) for cell in cells)
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
    counts = {name: sum(getattr(cache, name) for cache in caches) for name in CACHE_COUNTS}
    claimed = commonest([cache.claimed for cache in caches if cache.claimed])
    return _with_verdict(Cache(**counts, claimed=claimed))
