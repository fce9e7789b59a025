"""What went wrong in a run, the worst first: wrong answers, then lost facts, lost tools, and all else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from lab.measures.amounts import most_frequent
from lab.measures.grid import Grid
from lab.measures.observation import Observation
from lab.results.records import ScenarioInfo
from lab.results.verdicts_tables import Finding, FindingKind, WrongAnswers

GRAVITY: tuple[FindingKind, ...] = ("wrong_answer", "facts_lost", "tools_lost", "other")
KINDS: dict[str, FindingKind] = {"facts_kept": "facts_lost", "tools_kept": "tools_lost"}
# A wrong answer fails both; it is one finding, under the check that is about nothing else.
WRONG_ANSWER = "provenance"
TELL_WRONG = frozenset({WRONG_ANSWER, "answered"})

Key = tuple[FindingKind, str]


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
    answers: int = 0


def is_wrong(one: Observation, info: ScenarioInfo) -> bool:
    """Whether the answer is none to this question: another conversation's, or one a cache had to keep."""
    if one.origin is None or one.origin.kind not in {"foreign", "cache"}:
        return False
    if one.origin.kind == "foreign":
        return True
    judged = one.checks.get(WRONG_ANSWER)
    return info.cache_expect == "must_miss" if judged is None else judged.verdict == "fail"


def wrong_answers_of(grid: Grid) -> tuple[WrongAnswers, ...]:
    """Every cell in which a wrong answer was served, in the order of variants and scenarios."""
    found = []
    for status in grid.manifest.variants:
        for info in grid.valid:
            judged = [one for one in grid.seen(status.name, info) if one.origin is not None]
            wrong = [one for one in judged if is_wrong(one, info)]
            if wrong:
                found.append(
                    WrongAnswers(
                        variant=status.name,
                        suite=info.suite,
                        scenario=info.id,
                        exchanges=len(wrong),
                        of=len(judged),
                        why=most_frequent(one.origin.why for one in wrong if one.origin),
                    )
                )
    return tuple(found)


def findings_of(grid: Grid) -> tuple[tuple[Finding, ...], dict[str, int]]:
    """All findings over valid scenarios, the worst first; and each variant's answers judged by origin."""
    findings: list[Finding] = []
    answers: dict[str, int] = {}
    for status in grid.manifest.variants:
        found = _found((info, one) for info in grid.valid for one in grid.seen(status.name, info))
        answers[status.name] = found.answers
        control = status.kind == "control"
        for (kind, name), failed in found.failed.items():
            findings.append(_finding(kind, name, status.name, control, failed, found.applied[name]))
    return tuple(sorted(findings, key=lambda one: (GRAVITY.index(one.kind), -one.exchanges))), answers


def _found(seen: Iterable[tuple[ScenarioInfo, Observation]]) -> _Found:
    found = _Found()
    for info, one in seen:
        wrong = is_wrong(one, info)
        if one.origin is not None:
            found.answers += 1
            found.applied.setdefault(WRONG_ANSWER, _Applied()).add(info)
        if wrong and one.origin is not None:
            found.failed.setdefault(("wrong_answer", WRONG_ANSWER), _Failures()).add(info, one.origin.why)
        for name, judgement in one.checks.items():
            if judgement.verdict == "not_applicable":
                continue
            if name != WRONG_ANSWER:
                found.applied.setdefault(name, _Applied()).add(info)
            if judgement.verdict == "fail" and not (wrong and name in TELL_WRONG):
                key = (KINDS.get(name, "other"), name)
                found.failed.setdefault(key, _Failures()).add(info, judgement.why)
    return found


def _finding(
    kind: FindingKind, name: str, variant: str, control: bool, failed: _Failures, applied: _Applied
) -> Finding:
    why = most_frequent(why for whys in failed.whys.values() for why in whys)
    return Finding(
        kind=kind,
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
