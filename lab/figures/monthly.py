"""Extrapolation: what a month of requests costs at the stated mix of scenarios."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from operator import attrgetter

from lab.figures.amounts import NO_COMPARISON, grouped
from lab.figures.cost import usd
from lab.figures.grid import Grid
from lab.records.manifest import ScenarioInfo
from lab.results.models import ExtrapolationInfo
from lab.results.totals import Monthly

NAMED = 20
# In a mix: the suite of the user's own prompts, whatever their folder is called.
OWN = "own"


def extrapolation_of(grid: Grid) -> ExtrapolationInfo:
    """Each compared scenario's share of a month's requests: as lab.yaml weighs them, else as described here.

    Without a mix the scenarios of one suite have equal shares. Of several suites the classes (a class is a
    group of one suite) have equal shares, and within a class its scenarios: else the suite that asks the
    most questions would decide what a month costs.
    """
    manifest, infos = grid.manifest, grid.compared
    requests = manifest.requests_per_month
    if not infos:
        return ExtrapolationInfo(requests_per_month=requests, mix=NO_COMPARISON)
    weighed = {
        name: members(name, infos, manifest.scenarios_suite)
        for name, weight in manifest.mix.items()
        if weight
    }
    shares = _shares({name: (manifest.mix[name], found) for name, found in weighed.items() if found})
    unused = sorted(name for name in manifest.mix if not members(name, infos, manifest.scenarios_suite))
    words = _weighed_words(manifest.mix, weighed, unused)
    if not shares:
        shares, words = _default(infos)
        if manifest.mix:
            words += " (none of the scenarios that the mix weighs was compared)"
    classes: dict[str, float] = {}
    for info in infos:
        if info.id in shares:
            name = class_name(info)
            classes[name] = classes.get(name, 0.0) + shares[info.id]
    return ExtrapolationInfo(requests_per_month=requests, shares=shares, classes=classes, mix=words)


def class_name(info: ScenarioInfo) -> str:
    """The name of a scenario's class in a mix: `suite/class`."""
    return f"{info.suite}/{info.class_}"


def members(name: str, infos: Sequence[ScenarioInfo], own: str | None = None) -> list[ScenarioInfo]:
    """The scenarios that a name in a mix stands for: one by its id, those of a class, or of a suite.

    `own` is the suite of the user's own prompts, which the name `own` stands for.
    """
    if name == OWN and own is not None:
        name = own
    names: tuple[Callable[[ScenarioInfo], str], ...] = (attrgetter("id"), class_name, attrgetter("suite"))
    for of in names:
        if found := [info for info in infos if of(info) == name]:
            return found
    return []


def _shares(weights: Mapping[str, tuple[float, Sequence[ScenarioInfo]]]) -> dict[str, float]:
    """Each scenario's share; a weight is divided alike among the scenarios that its name stands for."""
    whole = sum(weight for weight, _ in weights.values())
    shares: dict[str, float] = {}
    for weight, infos in weights.values():
        for info in infos:
            shares[info.id] = shares.get(info.id, 0.0) + weight / whole / len(infos)
    return shares


def _weighed_words(
    mix: Mapping[str, float], weighed: Mapping[str, Sequence[ScenarioInfo]], unused: Sequence[str]
) -> str:
    whole = sum(mix[name] for name, infos in weighed.items() if infos)
    parts = []
    for name, infos in weighed.items():
        if infos:
            alike = f" (its {len(infos)} scenarios alike)" if infos[0].id != name and len(infos) > 1 else ""
            parts.append(f"{name} {mix[name] / whole:.1%}{alike}")
    words = "weighed: " + ", ".join(parts)
    if unused:
        words += f" (weights of scenarios that were not compared are left out: {', '.join(unused)})"
    return words


def _default(infos: Sequence[ScenarioInfo]) -> tuple[dict[str, float], str]:
    """Equal shares of the scenarios of one suite; of several suites, of their classes."""
    suites = list(dict.fromkeys(info.suite for info in infos))
    if len(suites) == 1:
        ids = [info.id for info in infos]
        return dict.fromkeys(ids, 1 / len(ids)), (
            f"equal shares of the {len(ids)} compared scenarios: {_some(ids)}"
        )
    classes = grouped(infos, class_name)
    counts = [f"{suite} {sum(found[0].suite == suite for found in classes.values())}" for suite in suites]
    words = (
        f"equal shares of the {len(classes)} classes with compared scenarios ({', '.join(counts)}), "
        "and within a class of its scenarios"
    )
    return _shares({name: (1.0, found) for name, found in classes.items()}), words


def _some(ids: Sequence[str]) -> str:
    return ", ".join(ids[:NAMED]) + (f" and {len(ids) - NAMED} more" if len(ids) > NAMED else "")


def monthly_of(grid: Grid, name: str, extrapolation: ExtrapolationInfo) -> Monthly:
    """USD per month of one compared variant; savings against the baseline are put in by the totals."""
    given = extrapolation.shares
    infos = [info for info in grid.compared if info.id in given]
    cells = [(grid.cell(name, info).cost_usd, given[info.id]) for info in infos]
    requests = grid.manifest.requests_per_month
    return Monthly(
        as_routed=_weighed([(cost.as_routed, share) for cost, share in cells], requests),
        same_model=_weighed([(cost.same_model, share) for cost, share in cells], requests),
    )


def _weighed(costs: Sequence[tuple[Decimal | None, float]], requests: int) -> Decimal | None:
    total, whole = Decimal(0), Decimal(0)
    for cost, part in costs:
        if cost is None:
            return None
        share = Decimal(repr(part))
        total, whole = total + cost * share, whole + share
    return usd(total * requests / whole) if whole else None  # rounded shares miss 1 by a little
