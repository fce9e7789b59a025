"""USD per upstream call, at the price of the model that the meter saw; Decimal throughout.

A provider bills what it answers: calls it rejects (status 400 and up) cost nothing, answers that never
reached the client are paid for all the same. Tokens are o200k_base counts for every model.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal

from lab.errors import RecordsError
from lab.records.manifest import Manifest, PriceInfo
from lab.records.models import UpstreamRecord

PRICES: tuple[PriceName, ...] = ("as_routed", "same_model")
MILLION = Decimal(1_000_000)
ZERO = Decimal(0)
STEP = Decimal("1e-12")

PriceName = Literal["as_routed", "same_model"]


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million input and output tokens."""

    input: Decimal
    output: Decimal

    def of(self, tokens_in: int, tokens_out: int) -> Decimal:
        """USD for one call."""
        return (self.input * tokens_in + self.output * tokens_out) / MILLION


@dataclass(frozen=True, slots=True)
class Paid:
    """USD for a set of upstream calls; `reason` says why `as_routed` or both are unknown."""

    as_routed: Decimal | None = ZERO
    same_model: Decimal | None = ZERO
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Prices:
    """The prices of a run: one per model at the meter, and the one for the same-model view."""

    by_model: dict[str, Price]
    same_model: Price

    @classmethod
    def of(cls, manifest: Manifest) -> Prices:
        """The prices that a manifest states; raises RecordsError if one is not a number."""
        by_model = {name: _price(price) for name, price in manifest.named_prices.items()}
        by_model[manifest.default_model] = _price(manifest.default_model_price)
        by_model |= {tier.model: _price(tier.price) for tier in manifest.tiers.values()}
        return cls(by_model, _price(manifest.same_model_price))

    def pay(self, calls: Iterable[UpstreamRecord]) -> Paid:
        """What all these calls cost together; one call without a price leaves the sum unknown."""
        paid = [self._call(call) for call in calls]
        return Paid(
            sum_usd(one.as_routed for one in paid),
            sum_usd(one.same_model for one in paid),
            next((one.reason for one in paid if one.reason), None),
        )

    def _call(self, call: UpstreamRecord) -> Paid:
        if call.status >= 400:
            return Paid()
        if call.kind == "embedding" and call.answered_by == "cloud":
            return Paid(None, None, f"no price is known for embedding calls to {call.model or 'a provider'}")
        if call.kind != "chat":
            return Paid()
        same = self.same_model.of(call.tokens.total, call.tokens_out)
        price = self.by_model.get(call.model or "")
        if price is None:
            return Paid(None, same, f"no price is known for model {call.model or '(none named)'}")
        return Paid(price.of(call.tokens.total, call.tokens_out), same)


def sum_usd(values: Iterable[Decimal | None]) -> Decimal | None:
    """The sum in USD, or None if one of the values is unknown."""
    found = list(values)
    return None if None in found else sum((value for value in found if value is not None), ZERO)


def usd(value: Decimal) -> Decimal:
    """A sum of USD rounded to 1e-12, so that printed cells add up to printed totals exactly."""
    return value.quantize(STEP)


def _price(info: PriceInfo) -> Price:
    try:
        price = Price(Decimal(info.input), Decimal(info.output))
        known = all(rate.is_finite() and rate >= 0 for rate in (price.input, price.output))
    except InvalidOperation:
        known = False
    if not known:
        raise RecordsError(
            f"manifest.json: a price is not a number: {info.input!r}, {info.output!r}",
            next_step="the manifest is damaged: restore it, or run the comparison again",
        )
    return price
