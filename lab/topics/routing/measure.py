"""What routers did with the prompts of the routing suites, and what that cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from lab.figures.cost import MILLION, Price, Prices, usd
from lab.figures.decisions import LADDER, base_prompts, decisions, judges_tiers, routing_suites
from lab.figures.grid import Grid
from lab.records.manifest import Manifest, ScenarioInfo, VariantStatus
from lab.results.cell import Cell
from lab.topics.routing.accuracy import (
    accuracy_of,
    confusion_of,
    constants_of,
    families_of,
    pair_accuracy,
    pairs_of,
    steadiness_of,
)
from lab.topics.routing.table import Flip, RoutedCost, Router, Routing, RoutingSuite

FREE = Price(Decimal(0), Decimal(0))
NOT_COVERED = "there is no prompt that all routers completed"
NOT_MEASURED = "{variant} did not complete {scenario}"


def routing_of(grid: Grid) -> Routing | None:
    """What routers did with the prompts of the routing suites; None without such suites.

    These are the suite `routing` and the user's own prompts; other suites ask about other things.
    """
    names = [name for name in routing_suites(grid.manifest) if base_prompts(grid, name)]
    return Routing(suites=tuple(_suite(grid, name) for name in names)) if names else None


def _suite(grid: Grid, name: str) -> RoutingSuite:
    manifest = grid.manifest
    prompts = base_prompts(grid, name)
    infos = tuple(info for info in grid.valid if info.suite == name)
    routers = [status for status in manifest.variants if status.routes]
    found = [_router(grid, status, prompts, infos) for status in routers]
    priced = _covered_prompts(grid, prompts, [status.name for status in routers])
    baseline = [status.name for status in manifest.variants if status.name == manifest.baseline]
    measured = [router.variant for router, _ in found if router.status == "measured"]
    return RoutingSuite(
        suite=name,
        title=manifest.suite_titles.get(name, name),
        prompts=tuple(info.id for info in prompts),
        judged=sum(judges_tiers(info) for info in prompts),
        covered=tuple(info.id for info in priced),
        top_tier=_top_tier(manifest),
        free_tiers=tuple(name for name, price in _prices(manifest).items() if price == FREE),
        default_model=manifest.default_model,
        constants=constants_of(prompts, [tier for tier in LADDER if tier in manifest.tiers]),
        routers=tuple(router for router, _ in found),
        costs=tuple(_cost(grid, one, priced) for one in dict.fromkeys([*baseline, *measured])),
        flips=tuple(flip for _, flips in found for flip in flips),
        pairs=pairs_of(infos),
    )


def _router(
    grid: Grid, status: VariantStatus, prompts: tuple[ScenarioInfo, ...], infos: tuple[ScenarioInfo, ...]
) -> tuple[Router, tuple[Flip, ...]]:
    """One routing variant over a suite, and its flips."""
    variant = status.name
    cells = [grid.cell(variant, info) for info in prompts]
    best = next((cell for cell in cells if cell.status == "measured"), cells[0])
    frame = Router(variant=variant, status=best.status, reason=best.reason, lab_decides=status.lab_decides)
    if best.status != "measured":
        return frame, ()

    decided = {info.id: decisions(grid, variant, info) for info in infos}
    accuracy, why = accuracy_of(prompts, decided, f"{grid.manifest.seed}:routing:{best.suite}:{variant}")
    steadiness, flips = steadiness_of(variant, prompts, infos, decided)
    reasons = {("accuracy" if accuracy.right is None else "accuracy.ci"): why} if why else {}
    return frame.model_copy(
        update={
            "accuracy": accuracy,
            "families": families_of(prompts, decided),
            "confusion": confusion_of(prompts, decided),
            "steadiness": steadiness,
            "sessions": pair_accuracy("session", infos, decided),
            "envelopes": pair_accuracy("envelope", infos, decided),
            "reasons": reasons,
        }
    ), flips


def _covered_prompts(
    grid: Grid, prompts: Iterable[ScenarioInfo], routers: Iterable[str]
) -> tuple[ScenarioInfo, ...]:
    """The judged prompts that every router completed that completed any: the same ones for all costs."""
    asked = [info for info in prompts if judges_tiers(info)]
    able = [name for name in routers if any(grid.measured(name, info) for info in asked)]
    return tuple(info for info in asked if able and all(grid.measured(name, info) for name in able))


def _top_tier(manifest: Manifest) -> str:
    """The highest tier of the run on the ladder."""
    return max(manifest.tiers, key=LADDER.index)


def _prices(manifest: Manifest) -> dict[str, Price]:
    """The price of each tier of the run, up the ladder."""
    by_model = Prices.of(manifest).by_model
    return {name: by_model[manifest.tiers[name].model] for name in LADDER if name in manifest.tiers}


def _cost(grid: Grid, variant: str, prompts: Sequence[ScenarioInfo]) -> RoutedCost:
    """USD of these prompts once through one variant, and at the reference choices.

    The references price, per prompt, the tokens that the client SENT and the answer that it got, once: a
    router that adds nothing to requests, asks nobody else, and never fails. `oracle` takes the cheapest
    acceptable tier of each prompt, `always_top` the top of the ladder, `always_default` the default model.
    What was paid is what the meter saw: all upstream calls of all attempts, so that added content and second
    calls are in it. A cost below the oracle's is no success by itself: prompts went to tiers too low for
    them, requests were cut, or answers came from a cache.
    """
    manifest = grid.manifest
    prices = _prices(manifest)
    default = Prices.of(manifest).by_model[manifest.default_model]
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
        oracle=total(
            "oracle", lambda info, cell: _at([prices[tier] for tier in info.acceptable_tiers], cell)
        ),
        always_top=total("always_top", lambda _, cell: _at([prices[_top_tier(manifest)]], cell)),
        always_default=total("always_default", lambda _, cell: _at([default], cell)),
        reasons=reasons,
    )


def _at(prices: Sequence[Price], cell: Cell) -> Decimal | None:
    """One exchange of a cell at the cheapest of these: the mean tokens sent, and those of the answer."""
    if cell.tokens.sent is None or cell.tokens.out is None:
        return None
    sent, out = Decimal(str(cell.tokens.sent)), Decimal(str(cell.tokens.out))
    return min((price.input * sent + price.output * out) / MILLION for price in prices)
