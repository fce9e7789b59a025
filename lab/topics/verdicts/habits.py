"""One habit of a variant that fails scenarios by itself, so that what else differs stays in sight."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from lab.results.cell import Cell
from lab.topics.verdicts.findings import Found, Key, finding_of
from lab.topics.verdicts.table import Habit

# What comes, under one check, as good as always with a more frequent thing, and not seldom beside it, is one
# habit: a temperature on every request, and rules for tools on those that have some.
WITHIN: Final = 0.9
OFTEN: Final = 0.2
# Once is no habit.
FEWEST: Final = 2

Place = tuple[str, str]


def habit_of(found: Found, cells: Iterable[Cell]) -> tuple[Habit, frozenset[Place]] | None:
    """The habit for which most of these cells fail and for nothing else, and those that do; None if none."""
    failed = [
        (cell.suite, cell.scenario)
        for cell in cells
        if cell.variant == found.variant and cell.passes.passed < cell.passes.of
    ]
    whole = frozenset[Key]()
    alone = frozenset[Place]()
    # Wrong answers are no habit: they stand before all else anyway.
    for key in (key for key in found.failed if key[1] is None):
        these = _together(key, found)
        fail = frozenset(place for place in failed if found.causes.get(place, {None}) <= these)
        if len(fail) > len(alone):
            whole, alone = these, fail
    if len(alone) < FEWEST:
        return None
    findings = sorted((finding_of(key, found) for key in whole), key=lambda one: (-one.exchanges, one.why))
    habit = Habit(
        variant=found.variant,
        check=findings[0].check,
        whys=tuple(one.why for one in findings),
        scenarios=len(alone),
        example=findings[0].example,
    )
    return habit, alone


def _together(key: Key, found: Found) -> frozenset[Key]:
    """A cause with those that fail the same checks in part of its exchanges, and hardly in others."""
    one = found.failed[key]
    return frozenset(
        other
        for other, failures in found.failed.items()
        if failures.checks.keys() == one.checks.keys()
        and len(failures.exchanges & one.exchanges) >= WITHIN * len(failures.exchanges)
        and len(failures.exchanges) >= OFTEN * len(one.exchanges)
        and (len(failures.whys) >= FEWEST or other == key)
    )
