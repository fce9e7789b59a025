"""The worst findings: wrong answers in an alert on the first screen, and all findings in one table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from lab.report import figures
from lab.report.cells import NO, evidence_name
from lab.report.model import Column, Fig, Row, Table
from lab.report.names import variant_page
from lab.report.text import one_line
from lab.report.wrongness import GROUPS, TO, Group, decided_by
from lab.results.caching_tables import WrongAnswer
from lab.results.tables import Results
from lab.results.verdicts_tables import Finding, Verdicts, WrongAnswers, Wrongness

SHOWN = 4
PROOF = "The marker in each answer proves whose it is."
WORDS = {
    "foreign_content": "Words of another conversation forwarded",
    "facts_lost": "Facts lost",
    "tools_lost": "Needed tools not intact",
    "content_lost": "Content changed or lost",
}


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


Told = Mapping[tuple[str, str, Wrongness], WrongAnswer]


def alert(results: Results) -> Alert | None:
    """Wrong answers by what makes them wrong and by variant; None where none was served."""
    verdicts, caching = results.verdicts, results.caching
    if verdicts is None or not verdicts.wrong:
        return None
    controls = {variant.name for variant in results.variants if variant.kind == "control"}
    told = {(one.variant, one.scenario, one.wrongness): one for one in (caching.wrong if caching else ())}
    groups = (
        _group(group, ones, verdicts, controls, told)
        for group in GROUPS
        if (ones := [one for one in verdicts.wrong if one.wrongness in group.kinds])
    )
    wrong = {one.variant for one in verdicts.wrong}
    caches = [cache for cache in (caching.variants if caching else ()) if cache.variant in wrong]
    return Alert(tuple(groups), " ".join((PROOF, *decided_by(caches))))


def _group(
    group: Group, ones: Sequence[WrongAnswers], verdicts: Verdicts, controls: Collection[str], told: Told
) -> WrongGroup:
    """One group, the variants with most such answers first."""
    found: dict[str, list[WrongAnswers]] = {}
    for one in ones:
        found.setdefault(one.variant, []).append(one)
    total = sum(one.exchanges for one in ones)
    most_first = sorted(found.items(), key=lambda item: -sum(one.exchanges for one in item[1]))
    by = [f"{one_line(name, 40)} {sum(one.exchanges for one in mine):,}" for name, mine in most_first]
    return WrongGroup(
        headline=Fig(group.counted(total), ", ".join(by), tone="bad", sign=NO),
        text=group.text,
        rows=tuple(_wrong_row(verdicts, name, mine, name in controls, told) for name, mine in most_first),
    )


def _wrong_row(
    verdicts: Verdicts, variant: str, ones: Sequence[WrongAnswers], control: bool, told: Told
) -> WrongRow:
    wrong, answers = sum(one.exchanges for one in ones), verdicts.answers.get(variant, 0)
    more = len(ones) - SHOWN
    first = ones[0]
    return WrongRow(
        variant=f"{one_line(variant, 40)} (the control: the lab's own fault)"
        if control
        else one_line(variant, 40),
        count=f"{figures.share(wrong, answers)} answers, in {_count(len(ones), 'scenario', 'scenarios')}",
        scenarios=tuple(
            Fig(one_line(one.scenario, 40), href=evidence_name(variant, one.scenario)) for one in ones[:SHOWN]
        ),
        more=f"and {more:,} more" if more > 0 else "",
        why=_first(first, told.get((variant, first.scenario, first.wrongness))),
    )


def _first(one: WrongAnswers, told: WrongAnswer | None) -> str:
    """The first wrong answer in words: whose answer was given to which question, where that is known."""
    if told is None or not told.whose_title:
        return f"{one.scenario}: {one_line(one.why, 200)}."
    kind = f" ({one_line(told.kind, 60)})" if told.kind else ""
    asked, given = one_line(told.title, 100), one_line(told.whose_title, 100)
    return f"{one.scenario}{kind}: \u201c{asked}\u201d was given the answer to \u201c{given}\u201d."


def _count(number: int, one: str, many: str) -> str:
    return f"1 {one}" if number == 1 else f"{number:,} {many}"


def findings_table(results: Results, findings: Sequence[Finding], name: str = "findings") -> Table:
    """What went wrong, one row a check and variant, the gravest first."""
    titles = {check.name: check.title for check in results.checks}
    return Table(
        id=name,
        caption=(
            "Wrong answers come first, then words of other conversations, lost facts, tools and content that "
            "were changed or lost, and every other failed check. A row leads to the evidence of the first "
            "scenario that failed for the stated reason."
        ),
        columns=(
            Column("Variant", num=False),
            Column("What went wrong", num=False),
            Column("Scenarios", "of those it applies to", num=False),
            Column("Exchanges", "of those it applies to", num=False),
            Column("Suites", num=False),
            Column("Most frequent reason", num=False),
        ),
        rows=tuple(_finding_row(one, titles.get(one.check, "")) for one in findings),
        cards=True,
    )


def _finding_row(one: Finding, title: str) -> Row:
    word = f"Answers {TO[one.wrongness]}" if one.wrongness else WORDS.get(one.kind, "")
    note = one.check if word else f"not true: {title}" if title else ""
    what = Fig(word or one_line(one.check, 60), one_line(note, 160), tone="bad" if word else "", sign=NO)
    return Row(
        Fig(
            one_line(one.variant, 40),
            note="control: the lab's fault" if one.control else "",
            href=evidence_name(one.variant, one.example),
            page=variant_page(one.variant),
        ),
        (
            what,
            Fig(figures.share(one.scenarios, one.of)),
            Fig(figures.share(one.exchanges, one.of_exchanges)),
            Fig(one_line(", ".join(one.suites), 120)),
            Fig(one_line(one.why, 300), f"first in {one.example}"),
        ),
        control=one.control,
    )
