"""Differences between a row of figures and the baseline's row, with intervals that are paired by repeat."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from lab.figures.spread import PRICES, Price, Sum, interval_of
from lab.results.cell import Cost, Tokens
from lab.results.totals import Difference, Interval

Spreads = Mapping[Price, Sum]
NO_BASELINE = "the baseline row is not among the compared variants"
FREE = "the baseline row costs nothing"


def difference(
    mine: tuple[Cost, Tokens], theirs: tuple[Cost, Tokens], spread: Spreads, reference: Spreads
) -> Difference:
    """Mine minus the baseline's, in USD, tokens and percent; intervals if both have resamples."""
    (cost, tokens), (base, base_tokens) = mine, theirs
    forwarded, base_forwarded = tokens.forwarded, base_tokens.forwarded
    more = None
    if forwarded is not None and base_forwarded is not None:
        more = round(forwarded - base_forwarded, 4)
    return Difference(
        as_routed_usd=minus(cost.as_routed, base.as_routed),
        as_routed_percent=percent(cost.as_routed, base.as_routed),
        same_model_usd=minus(cost.same_model, base.same_model),
        same_model_percent=percent(cost.same_model, base.same_model),
        forwarded_tokens=more,
        forwarded_percent=percent(forwarded, base_forwarded),
        as_routed_usd_interval=_usd_interval(spread["as_routed"], reference["as_routed"]),
        same_model_usd_interval=_usd_interval(spread["same_model"], reference["same_model"]),
        as_routed_interval=_percent_interval(spread["as_routed"], reference["as_routed"]),
        same_model_interval=_percent_interval(spread["same_model"], reference["same_model"]),
    )


def why_no_percent(cost: Cost) -> dict[str, str]:
    """Why there is no difference in percent to a baseline of this cost."""
    return {f"difference.{name}_percent": FREE for name in PRICES if getattr(cost, name) == 0}


def minus(mine: Decimal | None, theirs: Decimal | None) -> Decimal | None:
    """The difference in USD, or None if one of the two is not known."""
    return None if mine is None or theirs is None else mine - theirs


def percent(mine: Decimal | float | None, theirs: Decimal | float | None) -> float | None:
    """How much `mine` is more than `theirs`, in percent; None if that is not known or theirs is 0."""
    if mine is None or not theirs:
        return None
    return round((float(mine) - float(theirs)) / float(theirs) * 100, 4)


def _usd_interval(mine: Sum, theirs: Sum) -> Interval | None:
    return interval_of([a - b for a, b in zip(mine.draws, theirs.draws, strict=False)])


def _percent_interval(mine: Sum, theirs: Sum) -> Interval | None:
    """The interval of the ratio, taken resample by resample; None if the baseline may cost nothing."""
    if not theirs.draws or min(theirs.draws) <= 0:
        return None
    found = interval_of([(a - b) / b * 100 for a, b in zip(mine.draws, theirs.draws, strict=False)])
    return found and Interval(low=round(found.low, 4), high=round(found.high, 4))
