"""What went wrong in a run, the worst first: wrong answers, lost facts, tools and content, and all else."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import get_args

from lab.checks.answers import PROVENANCE
from lab.checks.registry import failed as fails
from lab.checks.registry import registered
from lab.figures.amounts import most_frequent
from lab.figures.grid import Grid
from lab.figures.observation import Observation
from lab.figures.wrong_answers import GRAVEST_FIRST, differs_in, probes_of, wrongness_of
from lab.records.manifest import ScenarioInfo
from lab.results.models import Gravity
from lab.results.wrong_answers import Wrongness
from lab.topics.verdicts.causes import causes_of, failures_of, kind_of_addition
from lab.topics.verdicts.table import Finding

GRAVITY: tuple[Gravity, ...] = get_args(Gravity)

# A cause, and for wrong answers what makes them so.
Key = tuple[str, Wrongness | None]


@dataclass(slots=True)
class _Applied:
    """How many scenarios and exchanges of one variant something applied to."""

    scenarios: set[str] = field(default_factory=set)
    exchanges: int = 0

    def add(self, info: ScenarioInfo) -> None:
        self.scenarios.add(info.id)
        self.exchanges += 1


@dataclass(slots=True)
class _Failures:
    """Failing exchanges of one cause, through one variant: reasons by scenario, and by check it fails."""

    whys: dict[str, dict[str, str]] = field(default_factory=dict)
    exchanges: set[str] = field(default_factory=set)
    checks: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    suites: dict[str, None] = field(default_factory=dict)

    def add(self, info: ScenarioInfo, exchange: str, check: str, why: str) -> None:
        self.whys.setdefault(info.id, {}).setdefault(exchange, why)
        self.exchanges.add(exchange)
        self.checks.setdefault(check, []).append((info.id, why))
        self.suites[info.suite] = None

    def take(self, other: _Failures) -> None:
        """Add those of another cause."""
        for scenario, whys in other.whys.items():
            self.whys.setdefault(scenario, {}).update(whys)
        for check, found in other.checks.items():
            self.checks.setdefault(check, []).extend(found)
        self.exchanges |= other.exchanges
        self.suites |= other.suites


@dataclass(slots=True)
class Found:
    """What one variant's exchanges come to: what each check, or kind of wrong answer, applied to, and why.

    `causes` are all causes for which a scenario fails, by its suite and id.
    """

    variant: str
    control: bool
    applied: dict[str, _Applied] = field(default_factory=dict)
    failed: dict[Key, _Failures] = field(default_factory=dict)
    causes: dict[tuple[str, str], set[Key]] = field(default_factory=dict)

    def applies(self, name: str, info: ScenarioInfo) -> None:
        """Note that an exchange of a scenario could have failed this."""
        self.applied.setdefault(name, _Applied()).add(info)

    def fails(self, key: Key, info: ScenarioInfo, exchange: str, check: str, why: str) -> None:
        """Note that it did, for this cause."""
        self.failed.setdefault(key, _Failures()).add(info, exchange, check, why)
        self.causes.setdefault((info.suite, info.id), set()).add(key)

    def merge(self, keys: Collection[Key], into: Key) -> None:
        """Take several causes as one."""
        whole = self.failed.setdefault(into, _Failures())
        for key in keys:
            whole.take(self.failed.pop(key))
        for causes in self.causes.values():
            if causes & set(keys):
                causes.difference_update(keys)
                causes.add(into)


Probes = Mapping[tuple[str, str], Wrongness]


def found_in(grid: Grid) -> tuple[Found, ...]:
    """What every variant's exchanges of valid scenarios come to."""
    probes = {(info.suite, info.id): differs_in(info) for info in probes_of(grid.every_form)}
    every: list[Found] = []
    for status in grid.manifest.variants:
        seen = ((info, one) for info in grid.every_form for one in grid.seen(status.name, info))
        every.append(_found(Found(status.name, status.kind == "control"), seen, probes))
    return tuple(every)


def findings_of(every: Iterable[Found]) -> tuple[Finding, ...]:
    """All findings, the worst first: one per cause and variant."""
    findings = (finding_of(key, found) for found in every for key in found.failed)
    return tuple(sorted(findings, key=_gravity))


def _gravity(one: Finding) -> tuple[int, int, int]:
    grave = GRAVEST_FIRST.index(one.wrongness) if one.wrongness else 0
    return GRAVITY.index(one.kind), grave, -one.exchanges


def _found(found: Found, seen: Iterable[tuple[ScenarioInfo, Observation]], probes: Probes) -> Found:
    for info, one in seen:
        wrong = wrongness_of(one, info)
        if one.origin is not None:
            found.applies(PROVENANCE, info)
            # Any answer may be another conversation's; only a probe may be answered for the question before.
            found.applies("foreign", info)
            if probe := wrong if wrong not in {None, "foreign"} else probes.get((info.suite, info.id)):
                found.applies(probe, info)
        for name, judgement in one.checks.items():
            if judgement.verdict != "not_applicable" and name != PROVENANCE:
                found.applies(name, info)
        # A wrong answer is found even where no check is about it.
        checks = {**one.checks, PROVENANCE: fails(one.origin.why)} if wrong and one.origin else one.checks
        for name, judgement in failures_of(checks):
            if wrong and name == PROVENANCE:
                found.fails((wrong, wrong), info, one.id, name, judgement.why)
            else:
                for cause, why in causes_of(name, judgement).items():
                    found.fails((cause, None), info, one.id, name, why)
    _merge_rare(found)
    return found


def _merge_rare(found: Found) -> None:
    """Texts that were each added in one scenario are one habit: each request is given a text of its own."""
    rare: dict[str, list[Key]] = {}
    for key, failures in found.failed.items():
        if (whose := kind_of_addition(key[0])) and len(failures.whys) == 1:
            rare.setdefault(whose, []).append(key)
    for whose, keys in rare.items():
        if len(keys) > 1:
            found.merge(keys, (whose, None))


def finding_of(key: Key, found: Found) -> Finding:
    """One finding; of the checks that it fails it is under the gravest, or else the one that fails most."""
    wrongness, failed = key[1], found.failed[key]
    gravity = {entry.name: entry.gravity for entry in registered()}
    grave = {name: "wrong_answer" if wrongness else gravity[name] for name in failed.checks}
    name = min(failed.checks, key=lambda check: (GRAVITY.index(grave[check]), -len(failed.checks[check])))
    applied = found.applied[wrongness or name]
    why = most_frequent(why for _, why in failed.checks[name])
    exchanges = sum(map(len, failed.whys.values()))
    return Finding(
        kind=grave[name],
        wrongness=wrongness,
        check=name,
        checks=tuple(failed.checks),
        variant=found.variant,
        control=found.control,
        suites=tuple(failed.suites),
        scenarios=len(failed.whys),
        of=max(len(applied.scenarios), len(failed.whys)),
        exchanges=exchanges,
        of_exchanges=max(applied.exchanges, exchanges),
        why=why,
        example=next(scenario for scenario, other in failed.checks[name] if other == why),
    )
