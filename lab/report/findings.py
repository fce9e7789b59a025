"""The worst findings: wrong answers in an alert on the first screen, and all findings in one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lab.report import figures
from lab.report.cells import NO, evidence_name
from lab.report.model import Column, Fig, Row, Table
from lab.report.text import one_line
from lab.results.caching_tables import WrongAnswer
from lab.results.tables import Results
from lab.results.verdicts_tables import Finding, Verdicts, WrongAnswers

SHOWN = 4
WORDS = {
    "wrong_answer": "Wrong answers served",
    "facts_lost": "Facts lost",
    "tools_lost": "Needed tools not intact",
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
class Alert:
    """The alert of the first screen: wrong answers served, by variant."""

    headline: Fig
    text: str
    rows: tuple[WrongRow, ...]


def alert(results: Results) -> Alert | None:
    """Wrong answers by variant, those with most first; None where none was served."""
    verdicts = results.verdicts
    if verdicts is None or not verdicts.wrong:
        return None
    controls = {variant.name for variant in results.variants if variant.kind == "control"}
    told = {(one.variant, one.scenario): one for one in (results.caching.wrong if results.caching else ())}
    found: dict[str, list[WrongAnswers]] = {}
    for one in verdicts.wrong:
        found.setdefault(one.variant, []).append(one)
    total = sum(one.exchanges for one in verdicts.wrong)
    most_first = sorted(found.items(), key=lambda item: -sum(one.exchanges for one in item[1]))
    return Alert(
        headline=Fig(
            _count(total, "wrong answer was served", "wrong answers were served"), tone="bad", sign=NO
        ),
        text=(
            "The client was given the answer to another question: one from another conversation, or one that "
            "a cache had kept for a question that only looks alike. The marker in each answer proves it."
        ),
        rows=tuple(_wrong_row(verdicts, name, ones, name in controls, told) for name, ones in most_first),
    )


def _wrong_row(
    verdicts: Verdicts,
    variant: str,
    ones: list[WrongAnswers],
    control: bool,
    told: Mapping[tuple[str, str], WrongAnswer],
) -> WrongRow:
    wrong, answers = sum(one.exchanges for one in ones), verdicts.answers.get(variant, 0)
    more = len(ones) - SHOWN
    return WrongRow(
        variant=f"{one_line(variant, 40)} (the control: the lab's own fault)"
        if control
        else one_line(variant, 40),
        count=f"{figures.share(wrong, answers)} answers, in {_count(len(ones), 'scenario', 'scenarios')}",
        scenarios=tuple(
            Fig(one_line(one.scenario, 40), href=evidence_name(variant, one.scenario)) for one in ones[:SHOWN]
        ),
        more=f"and {more:,} more" if more > 0 else "",
        why=_first(ones[0], told.get((variant, ones[0].scenario))),
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
            "Wrong answers come first, then lost facts, tools not intact, and every other failed check. A "
            "row leads to the evidence of the first scenario that failed for the stated reason."
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
    word = WORDS.get(one.kind)
    what = Fig(
        word or one_line(one.check, 60),
        one_line(f"not true: {title}" if title and not word else one.check if not word else "", 160),
        tone="bad" if word else "",
        sign=NO,
    )
    return Row(
        Fig(
            one_line(one.variant, 40),
            note="control: the lab's fault" if one.control else "",
            href=evidence_name(one.variant, one.example),
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
