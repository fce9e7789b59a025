"""Prices: own figures first, else the library's list price, else an error that says what to do."""

from __future__ import annotations

from decimal import Decimal
from importlib.metadata import version

import genai_prices
import pytest

from lab.config.models import Price
from lab.loading.configs import load_lab
from lab.loading.prices import NoPrice, list_prices, resolve
from lab.records.manifest import PriceInfo
from tests.paths import ROOT

LAB = load_lab(ROOT)
MODELS = [
    ("anthropic", "claude-sonnet-4-5"),
    ("anthropic", "claude-haiku-4-5"),
    ("moonshotai", "kimi-k2"),
    ("moonshotai", "kimi-k2-0905-preview"),
    ("azure", "gpt-5.2"),
    ("openai", "gpt-4o-mini"),
]


@pytest.mark.parametrize(("provider", "model"), MODELS)
@pytest.mark.parametrize(("given", "made"), [(1, 0), (0, 1), (3249, 512), (100_000, 7)])
def test_flat_rates_equal_the_librarys_price_of_one_request(
    provider: str, model: str, given: int, made: int
) -> None:
    """For requests below the size tiers, tokens times rate is exactly what the library computes."""
    info = resolve(Price(provider=provider, model=model))
    ours = (Decimal(info.input) * given + Decimal(info.output) * made) / 1_000_000
    usage = genai_prices.Usage(input_tokens=given, output_tokens=made)
    assert ours == genai_prices.calc_price(usage, model_ref=model, provider_id=provider).total_price


def test_the_rate_of_small_requests_is_taken_not_that_of_large_ones() -> None:
    """A model with size tiers is priced at its base rate, and the source says up to which size."""
    info = resolve(Price(provider="anthropic", model="claude-sonnet-4-5"))
    assert (info.input, info.output) == ("3", "15")
    large = genai_prices.Usage(input_tokens=1_000_000)
    library = genai_prices.calc_price(large, model_ref="claude-sonnet-4-5", provider_id="anthropic")
    assert library.total_price > 3
    assert "200,000" in info.source


def test_the_source_names_the_librarys_version() -> None:
    """A price can be traced: library, version, provider and model."""
    source = resolve(Price(provider="moonshotai", model="kimi-k2")).source
    assert source == f"genai-prices {version('genai-prices')}, moonshotai/kimi-k2"


def test_own_figures_win_over_the_library() -> None:
    """Figures in lab.yaml are used even where a library model is named, and 0 is a figure."""
    price = Price(provider="anthropic", model="claude-sonnet-4-5", input=Decimal("1.5"), output=Decimal(0))
    assert resolve(price) == PriceInfo(input="1.5", output="0", source="own figures in configs/lab.yaml")


@pytest.mark.parametrize(
    ("price", "said"),
    [
        (Price(provider="anthropic", model="claude-sonet-4-5"), "claude-sonnet-4-5"),
        (Price(provider="antropic", model="claude-sonnet-4-5"), "anthropic"),
        (Price(input=Decimal(1)), "this key is missing"),
        (Price(output=Decimal(1)), "this key is missing"),
        (Price(model="claude-sonnet-4-5"), "neither figures nor a library model"),
        (Price(), "neither figures nor a library model"),
    ],
)
def test_a_price_that_cannot_be_had_says_why_and_the_next_step(price: Price, said: str) -> None:
    """An unknown model suggests the nearest; half a price names the missing half."""
    with pytest.raises(NoPrice) as caught:
        resolve(price)
    assert said in str(caught.value)
    assert caught.value.next_step
    halves = {(True, False): ("output",), (False, True): ("input",)}
    assert caught.value.below == halves.get((price.input is not None, price.output is not None), ())


def test_the_labs_own_prices_resolve() -> None:
    """Every price in configs/lab.yaml is known: local tiers cost 0, the others what their model lists."""
    prices = {name: resolve(tier.price) for name, tier in LAB.tiers.items()}
    assert {name: (p.input, p.output) for name, p in prices.items() if name in ("SIMPLE", "MEDIUM")} == {
        "SIMPLE": ("0", "0"),
        "MEDIUM": ("0", "0"),
    }
    assert Decimal(prices["COMPLEX"].input) > 0
    assert Decimal(prices["REASONING"].output) > Decimal(prices["COMPLEX"].output)
    assert resolve(LAB.same_model_price) == resolve(LAB.default_model_price)


def test_models_that_scenarios_name_have_list_prices_if_the_library_knows_them() -> None:
    """Else one scenario with a model of its own would leave the whole run without costs."""
    found = list_prices(["claude-opus-4-8", "gpt-5", "no-such-model"])
    assert set(found) == {"claude-opus-4-8", "gpt-5"}
    assert "anthropic/claude-opus-4-8" in found["claude-opus-4-8"].source
