"""How far sums of costs move over repeats: a bootstrap of the repeats of each scenario.

One resample draws, for each compared scenario, as many of its repeats as there are, with replacement, and
takes the cost of the scenario from these. The same repeats are drawn for every variant, so that differences
between variants are paired by repeat. An interval says what chance between repeats does to a figure; it does
not say what other questions would.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from operator import attrgetter

from lab.figures.amounts import grouped
from lab.figures.cost import PRICES, PriceName
from lab.figures.grid import Grid
from lab.figures.latency import percentile
from lab.figures.observation import Observation
from lab.records.manifest import ScenarioInfo
from lab.results.totals import Interval

RESAMPLES = 1000
FEWEST_REPEATS = 2
ONE_REPEAT = "a bootstrap interval over repeats needs 2 repeats, and this run has 1"
TOO_FEW = "a bootstrap interval over repeats needs 2 repeats of every scenario, and {scenario} has {n}"
UNKNOWN = "the cost itself is not known"

Class = tuple[str, str]
Sums = Mapping[PriceName, "Sum"]


def class_of(info: ScenarioInfo) -> Class:
    """The suite and class of a scenario."""
    return info.suite, info.class_


@dataclass(frozen=True, slots=True)
class Sum:
    """USD of several scenarios in every resample; if there are none, `reason` says why."""

    draws: tuple[float, ...] = ()
    reason: str = ""

    def interval(self) -> Interval | None:
        """The 95 % percentile interval; None if there is none."""
        return interval_of(self.draws)


def interval_of(draws: Sequence[float]) -> Interval | None:
    """The 95 % percentile interval of resampled figures, rounded to 1e-12; None of none."""
    if not draws:
        return None
    return Interval(low=round(percentile(draws, 0.025), 12), high=round(percentile(draws, 0.975), 12))


def added(sums: Iterable[Sum]) -> Sum:
    """Several sums together, resample by resample; one that is missing leaves all missing."""
    sums = list(sums)
    missing = next((one for one in sums if one.reason), None)
    if missing is not None:
        return missing
    return Sum(tuple(map(sum, zip(*(one.draws for one in sums), strict=True))))


@dataclass(frozen=True)
class Spread:
    """The resampled costs of every compared variant, by class (suite and its class)."""

    classes: Mapping[tuple[str, Class], Sums]

    def sums(self, variant: str, of: Class | None = None) -> Sums:
        """The costs of one class, or of all compared scenarios, through one compared variant."""
        if of is not None:
            return self.classes[variant, of]
        every = [sums for (name, _), sums in self.classes.items() if name == variant]
        return {price: added(sums[price] for sums in every) for price in PRICES}


def spread_of(grid: Grid) -> Spread:
    """Resample the repeats of every compared scenario, seeded by the run's seed."""
    names = grid.compared_variants
    classes: dict[tuple[str, Class], Sums] = {}
    for of, infos in grouped(grid.compared, class_of).items():
        found = [_scenario(grid, info, names) for info in infos]
        for name in names:
            classes[name, of] = {price: added(one[name, price] for one in found) for price in PRICES}
    return Spread(classes)


def _scenario(grid: Grid, info: ScenarioInfo, names: Sequence[str]) -> dict[tuple[str, PriceName], Sum]:
    """Every resampled cost of one scenario through each of these variants."""
    keys: list[tuple[str, PriceName]] = list(product(names, PRICES))
    if grid.manifest.repeats < FEWEST_REPEATS:
        return dict.fromkeys(keys, Sum(reason=ONE_REPEAT))
    seen = {name: grouped(grid.seen(name, info), attrgetter("repeat")) for name in names}
    repeats = sorted({repeat for mine in seen.values() for repeat in mine})
    by_repeat = {name: [mine.get(repeat, []) for repeat in repeats] for name, mine in seen.items()}
    costs = {(name, price): _cost(info, by_repeat[name], price) for name, price in keys}
    if all(isinstance(cost, Sum) for cost in costs.values()):
        draws = Draws((), ())
    else:
        answered = [[any(one.completed for one in each) for each in mine] for mine in by_repeat.values()]
        draws = _drawn(f"{grid.manifest.seed}:{info.suite}/{info.id}", len(repeats), answered)
    return {key: cost if isinstance(cost, Sum) else _resampled(cost, draws) for key, cost in costs.items()}


Cost = Callable[[tuple[int, ...]], float]


@dataclass(frozen=True, slots=True)
class Draws:
    """The ways in which repeats were drawn, and which of them each resample took."""

    ways: tuple[tuple[int, ...], ...]
    taken: tuple[int, ...]


def _cost(info: ScenarioInfo, by_repeat: Sequence[Sequence[Observation]], price: PriceName) -> Cost | Sum:
    """What a scenario costs when these repeats are drawn: all that was paid, over what was answered."""
    recorded = sum(bool(each) for each in by_repeat)
    if recorded < FEWEST_REPEATS:
        return Sum(reason=TOO_FEW.format(scenario=info.id, n=recorded))
    amounts: list[Decimal] = []
    for each in by_repeat:
        paid = [getattr(one.paid, price) for one in each]
        if any(amount is None for amount in paid):
            return Sum(reason=UNKNOWN)
        amounts.append(sum(paid, Decimal(0)))
    done = [sum(one.completed for one in each) for each in by_repeat]
    if len(set(amounts)) == 1 and set(done) == {1}:
        return Sum((float(amounts[0]),) * RESAMPLES)
    usd = [float(amount) for amount in amounts]
    return lambda drawn: sum(usd[index] for index in drawn) / sum(done[index] for index in drawn)


def _drawn(seed: str, n: int, answered: Sequence[Sequence[bool]]) -> Draws:
    """Which of n repeats each resample holds; one in which a variant answered nothing is drawn again."""
    draw = random.Random(seed)  # noqa: S311 - must be repeatable, not secret
    partly = [each for each in answered if not all(each)]
    found: list[tuple[int, ...]] = []
    while len(found) < RESAMPLES:
        flat = iter(draw.choices(range(n), k=n * RESAMPLES))
        drawn = zip(*[flat] * n, strict=True)
        found += [one for one in drawn if all(any(each[index] for index in one) for each in partly)]
    # Few repeats can be drawn in few ways, in whatever order: what each way costs is worked out once.
    ways: dict[tuple[int, ...], int] = {}
    number = {one: ways.setdefault(tuple(sorted(one)), len(ways)) for one in set(found)}
    return Draws(tuple(ways), tuple(number[one] for one in found[:RESAMPLES]))


def _resampled(cost: Cost, draws: Draws) -> Sum:
    known = [cost(way) for way in draws.ways]
    return Sum(tuple(map(known.__getitem__, draws.taken)))
