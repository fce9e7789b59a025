"""What went wrong in a run, the worst first: wrong answers, lost facts, tools and content, and all else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import get_args

from lab.checks.registry import registered
from lab.figures.amounts import most_frequent
from lab.figures.grid import Grid
from lab.figures.observation import Observation
from lab.figures.wrong_answers import GRAVEST_FIRST, PROVENANCE, wrongness_of
from lab.records.manifest import ScenarioInfo
from lab.results.models import Gravity
from lab.results.wrong_answers import Wrongness
from lab.topics.verdicts.table import Finding

GRAVITY: tuple[Gravity, ...] = get_args(Gravity)
# A wrong answer fails both; it is one finding, under the check that is about nothing else.
TELL_WRONG = frozenset({PROVENANCE, "answered"})

Key = tuple[Gravity, str, Wrongness | None]


@dataclass(slots=True)
class _Applied:
    """How many scenarios and exchanges of one variant a check applied to."""

    scenarios: set[str] = field(default_factory=set)
    exchanges: int = 0

    def add(self, info: ScenarioInfo) -> None:
        self.scenarios.add(info.id)
        self.exchanges += 1


@dataclass(slots=True)
class _Failures:
    """Failing exchanges of one kind and check, through one variant: the reasons, by scenario."""

    whys: dict[str, list[str]] = field(default_factory=dict)
    suites: dict[str, None] = field(default_factory=dict)

    def add(self, info: ScenarioInfo, why: str) -> None:
        self.whys.setdefault(info.id, []).append(why)
        self.suites[info.suite] = None


@dataclass(slots=True)
class _Found:
    """What one variant's exchanges come to, check by check."""

    applied: dict[str, _Applied] = field(default_factory=dict)
    failed: dict[Key, _Failures] = field(default_factory=dict)


def findings_of(grid: Grid) -> tuple[Finding, ...]:
    """All findings over valid scenarios, the worst first."""
    findings: list[Finding] = []
    for status in grid.manifest.variants:
        found = _found((info, one) for info in grid.valid for one in grid.seen(status.name, info))
        control = status.kind == "control"
        for key, failed in found.failed.items():
            findings.append(_finding(key, status.name, control, failed, found.applied[key[1]]))
    return tuple(sorted(findings, key=_gravity))


def _gravity(one: Finding) -> tuple[int, int, int]:
    grave = GRAVEST_FIRST.index(one.wrongness) if one.wrongness else 0
    return GRAVITY.index(one.kind), grave, -one.exchanges


def _found(seen: Iterable[tuple[ScenarioInfo, Observation]]) -> _Found:
    found = _Found()
    gravity = {entry.name: entry.gravity for entry in registered()}
    for info, one in seen:
        wrong = wrongness_of(one, info)
        if one.origin is not None:
            found.applied.setdefault(PROVENANCE, _Applied()).add(info)
        if wrong and one.origin is not None:
            failed = found.failed.setdefault(("wrong_answer", PROVENANCE, wrong), _Failures())
            failed.add(info, one.origin.why)
        failing = {name for name, judgement in one.checks.items() if judgement.verdict == "fail"}
        for name, judgement in one.checks.items():
            if judgement.verdict == "not_applicable":
                continue
            if name != PROVENANCE:
                found.applied.setdefault(name, _Applied()).add(info)
            known = judgement.cause in failing or (wrong and name in TELL_WRONG)
            if judgement.verdict == "fail" and not known:
                key = (gravity[name], name, None)
                found.failed.setdefault(key, _Failures()).add(info, judgement.why)
    return found


def _finding(key: Key, variant: str, control: bool, failed: _Failures, applied: _Applied) -> Finding:
    kind, name, wrongness = key
    why = most_frequent(why for whys in failed.whys.values() for why in whys)
    return Finding(
        kind=kind,
        wrongness=wrongness,
        check=name,
        variant=variant,
        control=control,
        suites=tuple(failed.suites),
        scenarios=len(failed.whys),
        of=len(applied.scenarios),
        exchanges=sum(map(len, failed.whys.values())),
        of_exchanges=applied.exchanges,
        why=why,
        example=next(scenario for scenario, whys in failed.whys.items() if why in whys),
    )
