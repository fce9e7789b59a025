"""Costs per upstream call, at the price of the model that the meter saw."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from lab.errors import RecordsError
from lab.figures.cost import Paid, Prices
from lab.records.manifest import PriceInfo
from lab.report.build import build_results
from lab.tokens import TokenParts
from tests.unit.records_builder import Call, RunBuilder, manifest, scenario, variant

PRICES = Prices.of(manifest([variant("direct")], [scenario("S1")], repeats=1))


def pay(tmp_path: Path, *calls: Call) -> Paid:
    """What these calls cost together, as recorded and read again."""
    builder = RunBuilder(tmp_path)
    builder.exchange("direct", "S1", calls=calls)
    return PRICES.pay(builder.store.upstream())


def call(model: str | None, tokens: int, out: int, **more: object) -> Call:
    """A chat call of so many tokens."""
    return Call(model=model, tokens=TokenParts(messages=tokens), out=out, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("model", "routed"),
    [
        ("claude-sonnet-4-5", "0.0045"),  # 1000 at 3 and 100 at 15 USD per million
        ("kimi-lab-complex", "0.00085"),  # 1000 at 0.6 and 100 at 2.5
        ("kimi-lab-reasoning", "0.00315"),  # 1000 at 1.75 and 100 at 14
        ("kimi-lab-simple", "0"),
    ],
)
def test_a_call_costs_what_its_model_costs(tmp_path: Path, model: str, routed: str) -> None:
    """As routed at the model's own price; same model always at claude-sonnet-4-5's."""
    paid = pay(tmp_path, call(model, 1000, 100))
    assert paid == Paid(Decimal(routed), Decimal("0.0045"), None)


def test_all_calls_of_an_exchange_are_paid(tmp_path: Path) -> None:
    """A retry by the gateway that the provider answered is paid twice."""
    paid = pay(tmp_path, call("kimi-lab-complex", 1000, 100), call("kimi-lab-reasoning", 1000, 100))
    assert (paid.as_routed, paid.same_model) == (Decimal("0.004"), Decimal("0.009"))


def test_what_the_provider_rejects_is_not_billed(tmp_path: Path) -> None:
    """A provider bills its answers, not its errors."""
    paid = pay(tmp_path, call("claude-sonnet-4-5", 1000, 100, status=500), call("nobody", 9, 0, status=404))
    assert paid == Paid()


@pytest.mark.parametrize("model", ["gpt-unknown", None])
def test_an_unknown_model_has_no_price(tmp_path: Path, model: str | None) -> None:
    """There is no default price: the cost as routed is unknown, the same-model view is not."""
    paid = pay(tmp_path, call("claude-sonnet-4-5", 1000, 100), call(model, 1000, 100))
    assert paid.as_routed is None
    assert paid.same_model == Decimal("0.009")
    assert paid.reason == f"no price is known for model {model or '(none named)'}"


def test_embeddings_are_free_only_where_they_are_local(tmp_path: Path) -> None:
    """Embeddings answered here cost nothing; a cloud provider's have no price."""
    local = Call(kind="embedding", model="all-minilm", tokens=TokenParts(messages=50))
    assert pay(tmp_path / "local", local) == Paid()
    cloud = Call(kind="embedding", model="embed-3", tokens=TokenParts(messages=50), answered_by="cloud")
    paid = pay(tmp_path / "cloud", cloud)
    assert (paid.as_routed, paid.same_model) == (None, None)
    assert paid.reason == "no price is known for embedding calls to embed-3"


def test_a_damaged_price_is_an_error() -> None:
    """A price that is no number is never taken for 0."""
    bad = PriceInfo(input="free", output="0", source="?")
    broken = manifest([variant("direct")], [scenario("S1")], repeats=1, same_model_price=bad)
    with pytest.raises(RecordsError, match="a price is not a number: 'free'"):
        Prices.of(broken)


def test_a_model_that_a_scenario_names_has_its_list_price(tmp_path: Path) -> None:
    """Else the sum of the whole run would be unknown."""
    named = {"claude-opus-4-8": PriceInfo(input="5", output="25", source="the library")}
    for prices, known in ((named, True), ({}, False)):
        builder = RunBuilder(tmp_path / str(known), repeats=1, over={"named_prices": prices})
        builder.exchange("litellm", "S1", calls=[Call(model="claude-opus-4-8")])
        paid = build_results(builder.store).cell("litellm", "S1").cost_usd
        assert (paid.as_routed is not None) is known
