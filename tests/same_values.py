"""Compares two results.json of the same records: every value must be the same, wherever it stands now.

`python -m tests.same_values BEFORE AFTER` prints what differs, and exits with 1 if anything does. Fields that
moved on purpose are listed in MOVED, with what they were merged into.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Where = tuple[str | int, ...]
# By the beginning of where a value stood, `*` for any number: where it stands now.
MOVED: dict[str, str] = {
    # The two lists of wrong answers, and the two counts of answers whose origin is known, are one each.
    "verdicts.wrong.*.exchanges": "wrong_answers.served.*.times",
    "verdicts.wrong": "wrong_answers.served",
    "verdicts.answers": "wrong_answers.judged",
    "caching.wrong": "wrong_answers.served",
    "caching.judged": "wrong_answers.judged",
    # One word a thing.
    "scenarios.*.seed": "scenarios.*.from_vendor",
    "scenarios.*.feature": "scenarios.*.looks_at",
    "scenarios.*.group_title": "scenarios.*.class_title",
    "scenarios.*.group": "scenarios.*.class",
    "features.*.group": "classes.*.class",
    "features": "classes",
    "comparison.classes_left_out.*.group": "comparison.classes_left_out.*.class",
    "routing.suites.*.routers.*.families.*.group": "routing.suites.*.routers.*.families.*.class",
    "totals.*.monthly.saving_a_year_as_routed": "totals.*.monthly.saving_per_year_as_routed",
    "totals.*.monthly.saving_a_year_same_model": "totals.*.monthly.saving_per_year_same_model",
}


def flat(value: Any, at: Where = ()) -> Iterator[tuple[Where, Any]]:
    """Every value with where it stands; empty lists and objects stand for themselves."""
    if isinstance(value, dict) and value:
        for key, below in value.items():
            yield from flat(below, (*at, key))
    elif isinstance(value, list) and value:
        for number, below in enumerate(value):
            yield from flat(below, (*at, number))
    else:
        yield at, value


def moved(at: Where) -> Where:
    """Where a value of an earlier results.json stands today."""
    for old, new in MOVED.items():
        before = old.split(".")
        if len(at) >= len(before) and all(
            part == (str(here) if isinstance(here, str) else "*")
            for part, here in zip(before, at, strict=False)
        ):
            numbers = iter([here for here in at[: len(before)] if isinstance(here, int)])
            return (*(next(numbers) if part == "*" else part for part in new.split(".")), *at[len(before) :])
    return at


def differences(before: Any, after: Any) -> list[str]:
    """What is not the same, a sentence per field; `after` may hold fields that `before` does not."""
    there = dict(flat(after))
    found = []
    for at, value in flat(before):
        now = moved(at)
        name = ".".join(map(str, now))
        if now not in there:
            found.append(f"{name}: is gone; it was {value!r}")
        elif there[now] != value:
            found.append(f"{name}: was {value!r}, is {there[now]!r}")
    return found


def main(before: str, after: str) -> int:
    """Print what differs between two files; 1 if anything does."""
    first, second = (json.loads(Path(name).read_text("utf-8")) for name in (before, after))
    found = differences(first, second)
    for sentence in found:
        print(sentence)
    old, new = dict(flat(first)), dict(flat(second))
    added = {
        ".".join(str(part) for part in at if isinstance(part, str))
        for at in new.keys() - set(map(moved, old))
    }
    print(f"{len(old):,} values before, {len(new):,} after; {len(found):,} differ; added: {sorted(added)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
