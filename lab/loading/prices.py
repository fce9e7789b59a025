"""Resolves prices: own figures from configs/lab.yaml, or the list price in the genai-prices library."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from decimal import Decimal
from importlib.metadata import version
from typing import Any

from lab.config.models import Price
from lab.errors import ConfigError
from lab.names import nearest
from lab.records.manifest import PriceInfo


class NoPrice(ConfigError):
    """A price of configs/lab.yaml is not known; `below` is what is wrong within it, if one key is."""

    def __init__(self, message: str, *, next_step: str, below: tuple[str, ...] = ()) -> None:
        super().__init__(message, next_step=next_step)
        self.below = below


def resolve(price: Price) -> PriceInfo:
    """USD per million tokens with the source; raises NoPrice if there is none."""
    if price.input is not None and price.output is not None:
        note = f": {price.note}" if price.note else ""
        return PriceInfo(
            input=str(price.input), output=str(price.output), source=f"own figures in configs/lab.yaml{note}"
        )
    if price.input is not None or price.output is not None:
        missing = "input" if price.input is None else "output"
        raise NoPrice(
            "this key is missing",
            next_step="give both input and output in USD per million tokens, or neither and a library model",
            below=(missing,),
        )
    if not price.provider or not price.model:
        raise NoPrice(
            "neither figures nor a library model are given",
            next_step="give input and output in USD per million tokens, or provider and model",
        )
    return _from_library(price.provider, price.model)


def list_prices(models: Iterable[str]) -> dict[str, PriceInfo]:
    """The list prices of these models, of whatever provider, without those that the library does not know."""
    found = {}
    for model in models:
        with contextlib.suppress(NoPrice):
            found[model] = _from_library(None, model)
    return found


def _from_library(provider: str | None, model: str) -> PriceInfo:
    import genai_prices  # takes about a second to load

    library = f"genai-prices {version('genai-prices')}"
    try:
        # Rates can depend on the request's size; that of a small request is the list price.
        found = genai_prices.calc_price(
            genai_prices.Usage(input_tokens=1, output_tokens=1), model_ref=model, provider_id=provider
        )
    except LookupError as error:
        raise NoPrice(
            f"{library} has no price for {provider}/{model}", next_step=_known(provider or "", model)
        ) from error
    rates = found.model_price
    return PriceInfo(
        input=str(_base(rates.input_mtok)),
        output=str(_base(rates.output_mtok)),
        source=f"{library}, {found.provider.id}/{found.model.id}{_sizes(rates.input_mtok)}",
    )


def _base(rate: Any) -> Decimal:
    """The rate of small requests; models without a price for output bill none."""
    return Decimal(0) if rate is None else Decimal(getattr(rate, "base", rate))


def _sizes(rate: Any) -> str:
    tiers = getattr(rate, "tiers", None)
    return f" (rate below {tiers[0].start:,} input tokens)" if tiers else ""


def _known(provider: str, model: str) -> str:
    from genai_prices import data

    for known in data.providers:
        if known.id == provider:
            return nearest(model, [entry.id for entry in known.models])
    return nearest(provider, [known.id for known in data.providers])
