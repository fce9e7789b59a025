"""Wrong answers in an alert on the first screen."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from lab.kit import numbers
from lab.kit.cell_figs import NO, evidence_name
from lab.kit.tables import Fig
from lab.kit.text import one_line
from lab.kit.wrong_answers import GROUPS, Group
from lab.results.models import Results
from lab.results.wrong_answers import WrongAnswer
from lab.topics.caching.embedders import decided_by
from lab.topics.caching.table import Caching

SHOWN = 4
PROOF = "The marker in each answer proves whose it is."


@dataclass(frozen=True, slots=True)
class WrongRow:
    """One variant's wrong answers: how many, some of the scenarios with their evidence, and one reason."""

    variant: str
    count: str
    scenarios: tuple[Fig, ...]
    more: str
    why: str


@dataclass(frozen=True, slots=True)
class WrongGroup:
    """Wrong answers of which the same is true: how many, in all and by variant, and what makes them wrong."""

    headline: Fig
    text: str
    rows: tuple[WrongRow, ...]


@dataclass(frozen=True, slots=True)
class Alert:
    """The alert of the first screen: wrong answers served, the gravest first, and how that is known."""

    groups: tuple[WrongGroup, ...]
    text: str

    @property
    def headline(self) -> Fig:
        """The gravest of all."""
        return self.groups[0].headline


def alert(results: Results) -> Alert | None:
    """Wrong answers by what makes them wrong and by variant; None where none was served."""
    wrong, caching = results.wrong_answers, results.table(Caching)
    if not wrong.served:
        return None
    controls = {variant.name for variant in results.variants if variant.kind == "control"}
    groups = (
        _group(group, ones, wrong.judged, controls)
        for group in GROUPS
        if (ones := [one for one in wrong.served if one.wrongness in group.kinds])
    )
    wronged = {one.variant for one in wrong.served}
    caches = [cache for cache in (caching.variants if caching else ()) if cache.variant in wronged]
    return Alert(tuple(groups), " ".join((PROOF, *decided_by(caches))))


def _group(
    group: Group, ones: Sequence[WrongAnswer], judged: Mapping[str, int], controls: Collection[str]
) -> WrongGroup:
    """One group, the variants with most such answers first."""
    found: dict[str, list[WrongAnswer]] = {}
    for one in ones:
        found.setdefault(one.variant, []).append(one)
    total = sum(one.times for one in ones)
    most_first = sorted(found.items(), key=lambda item: -sum(one.times for one in item[1]))
    by = [f"{one_line(name, 40)} {sum(one.times for one in mine):,}" for name, mine in most_first]
    return WrongGroup(
        headline=Fig(group.counted(total), ", ".join(by), tone="bad", sign=NO),
        text=group.text,
        rows=tuple(_wrong_row(judged, name, mine, name in controls) for name, mine in most_first),
    )


def _wrong_row(
    judged: Mapping[str, int], variant: str, ones: Sequence[WrongAnswer], control: bool
) -> WrongRow:
    wrong, answers = sum(one.times for one in ones), judged.get(variant, 0)
    more = len(ones) - SHOWN
    return WrongRow(
        variant=f"{one_line(variant, 40)} (the control: the lab's own fault)"
        if control
        else one_line(variant, 40),
        count=f"{numbers.share(wrong, answers)} answers, in {_count(len(ones), 'scenario', 'scenarios')}",
        scenarios=tuple(
            Fig(one_line(one.scenario, 40), href=evidence_name(variant, one.scenario)) for one in ones[:SHOWN]
        ),
        more=f"and {more:,} more" if more > 0 else "",
        why=_first(ones[0]),
    )


def _first(one: WrongAnswer) -> str:
    """The first wrong answer in words: whose answer was given to which question, where that is known."""
    if not one.whose_title:
        return f"{one.scenario}: {one_line(one.why, 200)}."
    kind = f" ({one_line(one.kind, 60)})" if one.kind else ""
    asked, given = one_line(one.title, 100), one_line(one.whose_title, 100)
    return f"{one.scenario}{kind}: \u201c{asked}\u201d was given the answer to \u201c{given}\u201d."


def _count(number: int, one: str, many: str) -> str:
    return f"1 {one}" if number == 1 else f"{number:,} {many}"
