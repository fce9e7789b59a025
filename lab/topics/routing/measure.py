"""What routers did with the prompts of the routing suites."""

from __future__ import annotations

from lab.figures.decisions import LADDER, base_prompts, decisions, routing_suites
from lab.figures.grid import Grid
from lab.records.manifest import ScenarioInfo, VariantStatus
from lab.topics.routing.accuracy import accuracy_of, confusion_of, constants_of, families_of
from lab.topics.routing.cost import cost_of, covered, free_tiers, top_tier
from lab.topics.routing.pairs import pair_accuracy, pairs_of, steadiness_of
from lab.topics.routing.table import Flip, Router, Routing, RoutingSuite


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
    priced = covered(grid, prompts, [status.name for status in routers])
    baseline = [status.name for status in manifest.variants if status.name == manifest.baseline]
    measured = [router.variant for router, _ in found if router.status == "measured"]
    return RoutingSuite(
        suite=name,
        title=manifest.suite_titles.get(name, name),
        prompts=tuple(info.id for info in prompts),
        judged=sum(bool(info.acceptable_tiers) for info in prompts),
        covered=tuple(info.id for info in priced),
        top_tier=top_tier(manifest),
        free_tiers=free_tiers(manifest),
        default_model=manifest.default_model,
        constants=constants_of(prompts, [tier for tier in LADDER if tier in manifest.tiers]),
        routers=tuple(router for router, _ in found),
        costs=tuple(cost_of(grid, one, priced) for one in dict.fromkeys([*baseline, *measured])),
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
