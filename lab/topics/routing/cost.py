"""What a router's decisions cost, beside what other choices would have cost for the same prompts.

The references price, per prompt, the tokens that the client SENT and the answer that it got, once: a router
that adds nothing to requests, asks nobody else, and never fails. `oracle` takes the cheapest acceptable tier
of each prompt, `always_top` the top of the ladder, `always_default` the default model. What was paid is what
the meter saw: all upstream calls of all attempts, so that added content and second calls are in it. A cost
below the oracle's is no success by itself: prompts went to tiers too low for them, requests were cut, or
answers came from a cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from lab.figures.cost import MILLION, Price, Prices, usd
from lab.figures.decisions import LADDER
from lab.figures.grid import Grid
from lab.records.manifest import Manifest, ScenarioInfo
from lab.results.cell import Cell
from lab.topics.routing.table import RoutedCost

NOT_COVERED = "there is no prompt that all routers completed"
NOT_MEASURED = "{variant} did not complete {scenario}"


def covered(grid: Grid, prompts: Iterable[ScenarioInfo], routers: Iterable[str]) -> tuple[ScenarioInfo, ...]:
    """The judged prompts that every router completed that completed any: the same ones for all costs."""
    asked = [info for info in prompts if info.acceptable_tiers]
    able = [name for name in routers if any(grid.measured(name, info) for info in asked)]
    return tuple(info for info in asked if able and all(grid.measured(name, info) for name in able))


def top_tier(manifest: Manifest) -> str:
    """The highest tier of the run on the ladder."""
    return max(manifest.tiers, key=LADDER.index)


def free_tiers(manifest: Manifest) -> tuple[str, ...]:
    """The tiers that cost nothing in this run, up the ladder."""
    prices = Prices.of(manifest).by_model
    free = Price(Decimal(0), Decimal(0))
    return tuple(name for name in LADDER if name in manifest.tiers and _price(manifest, prices, name) == free)


def cost_of(grid: Grid, variant: str, prompts: Sequence[ScenarioInfo]) -> RoutedCost:
    """USD of these prompts once through one variant, and at the reference choices."""
    manifest = grid.manifest
    prices = Prices.of(manifest).by_model
    top = _price(manifest, prices, top_tier(manifest))
    default = prices[manifest.default_model]
    reasons: dict[str, str] = {}
    missing = next((info for info in prompts if not grid.measured(variant, info)), None)
    if missing is not None or not prompts:
        why = NOT_MEASURED.format(variant=variant, scenario=missing.id) if missing else NOT_COVERED
        return RoutedCost(variant=variant, reasons={"cost_usd": why})

    def total(name: str, of: Callable[[ScenarioInfo, Cell], Decimal | None]) -> Decimal | None:
        amount = Decimal(0)
        for info in prompts:
            cell = grid.cell(variant, info)
            one = of(info, cell)
            if one is None:
                key = f"cost_usd.{name}" if name in {"as_routed", "same_model"} else "tokens.out"
                reasons[name] = f"{info.id}: {cell.reasons.get(key, 'not measured')}"
                return None
            amount += one
        return usd(amount)

    return RoutedCost(
        variant=variant,
        as_routed=total("as_routed", lambda _, cell: cell.cost_usd.as_routed),
        same_model=total("same_model", lambda _, cell: cell.cost_usd.same_model),
        oracle=total("oracle", lambda info, cell: _cheapest(manifest, prices, info, cell)),
        always_top=total("always_top", lambda _, cell: _at(top, cell)),
        always_default=total("always_default", lambda _, cell: _at(default, cell)),
        reasons=reasons,
    )


def _cheapest(manifest: Manifest, prices: dict[str, Price], info: ScenarioInfo, cell: Cell) -> Decimal | None:
    """The cheapest that an acceptable tier could be for these tokens."""
    found = [_at(_price(manifest, prices, tier), cell) for tier in info.acceptable_tiers]
    known = [amount for amount in found if amount is not None]
    return min(known) if len(known) == len(found) else None


def _price(manifest: Manifest, prices: dict[str, Price], tier: str) -> Price:
    return prices[manifest.tiers[tier].model]


def _at(price: Price, cell: Cell) -> Decimal | None:
    """One exchange of a cell at this price: the mean tokens sent, and those of the answer."""
    if cell.tokens.sent is None or cell.tokens.out is None:
        return None
    sent, out = Decimal(str(cell.tokens.sent)), Decimal(str(cell.tokens.out))
    return (price.input * sent + price.output * out) / MILLION
