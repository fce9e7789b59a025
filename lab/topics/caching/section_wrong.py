"""Every wrong answer that was served, the gravest first, and whose answer it was."""

from __future__ import annotations

from typing import get_args

from lab.kit import numbers
from lab.kit.anchors import by_variant
from lab.kit.cell_figs import NO, evidence_name
from lab.kit.section import Part
from lab.kit.tables import Column, Fig, Row, Table
from lab.kit.text import one_line
from lab.kit.wrong_answers import DIFFERS
from lab.results.models import Results
from lab.results.wrong_answers import WrongAnswer, Wrongness
from lab.topics.caching.embedders import NEAR

MOST_ROWS = 200
GRAVEST_FIRST = get_args(Wrongness)


def wrong_part(results: Results) -> Part:
    """The wrong answers first of all, or how many answers were judged and found right."""
    title = "Wrong answers served"
    found = results.wrong_answers
    if not found.served:
        judged = sum(found.judged.values())
        text = f"None. {numbers.tokens(judged)} answers were judged by where they come from."
        return Part(title, text=(text,))
    more = len(found.served) - MOST_ROWS
    text = "In all suites of this run. Each row leads to the evidence: the request and the answer it got."
    cut = (f"{more:,} more are in results.json.",) if more > 0 else ()
    return Part(title, text=(text, *cut), table=wrong_table(results))


def wrong_table(results: Results) -> Table:
    """Every scenario with a wrong answer: what was asked, and whose answer was served."""
    variants, served = by_variant(results), results.wrong_answers.served
    several = len({wrong.suite for wrong in served}) > 1
    return Table(
        id="caching-wrong",
        caption=(
            "Scenarios that were answered with another request's answer, in what the two differ, and whose "
            "it was; the gravest first."
        ),
        columns=(
            Column("Variant and question", num=False),
            Column("Kind", num=False),
            Column("Served wrongly", "answers", num=False),
            Column("Whose answer", num=False),
            Column("Alike", "cosine"),
        ),
        rows=tuple(
            Row(
                _question(wrong, several=several),
                _wrong_figs(wrong),
                control=variants[wrong.variant].kind == "control",
            )
            for wrong in sorted(served, key=_gravity)[:MOST_ROWS]
        ),
    )


def _gravity(wrong: WrongAnswer) -> int:
    return GRAVEST_FIRST.index(wrong.wrongness)


def _question(wrong: WrongAnswer, *, several: bool) -> Fig:
    where = f"suite {one_line(wrong.suite, 40)}: " if several else ""
    href = evidence_name(wrong.variant, wrong.scenario)
    return Fig(one_line(f"{wrong.variant}: {wrong.title}", 120), f"{where}{wrong.scenario}", href=href)


def _wrong_figs(wrong: WrongAnswer) -> tuple[Fig, ...]:
    whose = Fig("nobody's", one_line(wrong.why, 200))
    if wrong.whose:
        source = f"exchange {one_line(wrong.source, 90)}"
        whose = Fig(
            f"that of: {one_line(wrong.whose_title, 100)}",
            source,
            href=evidence_name(wrong.variant, wrong.whose),
        )
    near = NEAR if wrong.close else ""
    alike = Fig("not known") if wrong.similarity is None else Fig(f"{wrong.similarity:.3f}", near)
    if wrong.wrongness == "foreign":
        alike = Fig("another conversation")
    return (
        Fig(one_line(wrong.kind, 80), DIFFERS[wrong.wrongness]),
        Fig(numbers.share(wrong.times, wrong.of), sign=NO, tone="bad"),
        whose,
        alike,
    )
