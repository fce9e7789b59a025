"""Wrong answers in an alert on the first screen."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from lab.kit import numbers
from lab.kit.cell_figs import evidence_link
from lab.kit.section import Bullets, Line, Section, Span
from lab.kit.tables import NO, Fig
from lab.kit.text import one_line
from lab.kit.wrong_answers import GROUPS, Group
from lab.results.models import Results
from lab.results.wrong_answers import WrongAnswer, WrongAnswers
from lab.topics.caching.section_sweep import decided_by
from lab.topics.caching.table import Caching

SHOWN = 4
PROOF = "The marker in each answer proves whose it is."


@dataclass(frozen=True, slots=True)
class WrongGroup:
    """Wrong answers of which the same is true: how many, in all and by variant, and what makes them wrong.

    A row is one variant: how many, some of the scenarios with their evidence, and one reason.
    """

    headline: Fig
    text: str
    rows: tuple[tuple[Line, str], ...]


@dataclass(frozen=True, slots=True)
class Alert:
    """The alert of the first screen: wrong answers served, the gravest first, and how that is known."""

    groups: tuple[WrongGroup, ...]
    text: str


def alert_section(results: Results) -> Section | None:
    """Wrong answers on the first screen, the gravest unfolded; None if none was served."""
    wrong = alert(results)
    if wrong is None:
        return None
    gravest, *others = wrong.groups
    said, (first, first_why) = gravest.headline.text, gravest.rows[0]
    why = f"{said}: {gravest.text[0].lower()}{gravest.text[1:]} {first_why} {wrong.text}"
    return Section(
        said,
        (
            Bullets((_line((first, "")), *map(_line, gravest.rows[1:])), "plain"),
            *(
                Section(
                    group.headline.text,
                    (Line((group.text,), "small"), Bullets(tuple(map(_line, group.rows)), "plain")),
                    sign=NO,
                    verdict=Fig(group.headline.note, tone="bad"),
                    folded=True,
                )
                for group in others
            ),
            Line((why, " More: ", *_more(results), "."), "small"),
        ),
        id="alert",
        short="Wrong answers",
        sign=NO,
        tone="box alert",
    )


def _line(row: tuple[Line, str]) -> Line:
    counted, why = row
    return Line((*counted.spans, ".", *((" ", Span(why, "soft")) if why else ())))


def _more(results: Results) -> Iterator[str | Span]:
    """The sections that say more of wrong answers."""
    yield Span("Verdicts", href="#verdicts")
    if results.table(Caching) is not None:
        yield ", "
        yield Span("Answer caches", href="#caching")


def alert(results: Results) -> Alert | None:
    """Wrong answers by what makes them wrong and by variant; None where none was served."""
    wrong, caching = results.wrong_answers, results.table(Caching)
    if not wrong.served:
        return None
    controls = {variant.name for variant in results.variants if variant.kind == "control"}
    groups = (
        _group(group, ones, wrong, controls)
        for group in GROUPS
        if (ones := [one for one in wrong.served if one.wrongness in group.kinds])
    )
    wronged = {one.variant for one in wrong.served}
    caches = [cache for cache in (caching.variants if caching else ()) if cache.variant in wronged]
    return Alert(tuple(groups), " ".join((PROOF, *decided_by(caches))))


def _group(
    group: Group, ones: Sequence[WrongAnswer], wrong: WrongAnswers, controls: Collection[str]
) -> WrongGroup:
    """One group, the variants with most such answers first."""
    by_name: dict[str, list[WrongAnswer]] = {}
    for one in ones:
        by_name.setdefault(one.variant, []).append(one)
    total = sum(one.times for one in ones)
    most_first = sorted(by_name.items(), key=lambda item: -sum(one.times for one in item[1]))
    by = [f"{one_line(name, 40)} {sum(one.times for one in mine):,}" for name, mine in most_first]
    return WrongGroup(
        headline=Fig(group.counted(total), ", ".join(by), tone="bad", sign=NO),
        text=group.text,
        rows=tuple(
            _wrong_row(wrong.of(name, group.kinds), name, mine, name in controls) for name, mine in most_first
        ),
    )


def _wrong_row(answers: int, variant: str, ones: Sequence[WrongAnswer], control: bool) -> tuple[Line, str]:
    """One variant's wrong answers, of the `answers` that may be wrong in this respect."""
    wrong = sum(one.times for one in ones)
    name = one_line(variant, 40) + (" (the control: the lab's own fault)" if control else "")
    count = f"{numbers.share(wrong, answers)} answers, in {numbers.counted(len(ones), 'scenario')}"
    links = [
        Span(one_line(one.scenario, 40), href=evidence_link(variant, one.scenario)) for one in ones[:SHOWN]
    ]
    listed = [part for link in links for part in (", ", link)][1:]
    more = f" and {len(ones) - SHOWN:,} more" if len(ones) > SHOWN else ""
    return Line((Span(name, "strong"), f": {count} (", *listed, f"{more})")), _first(ones[0])


def _first(one: WrongAnswer) -> str:
    """The first wrong answer in words: whose answer was given to which question, where that is known."""
    if not one.whose_title:
        return f"{one.scenario}: {one_line(one.why, 200)}."
    kind = f" ({one_line(one.kind, 60)})" if one.kind else ""
    asked, given = one_line(one.title, 100), one_line(one.whose_title, 100)
    return f"{one.scenario}{kind}: \u201c{asked}\u201d was given the answer to \u201c{given}\u201d."
