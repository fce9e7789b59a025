"""Every wrong answer that was served, the gravest first, and whose answer it was."""

from __future__ import annotations

from typing import get_args

from lab.kit import numbers
from lab.kit.anchors import is_control
from lab.kit.cell_figs import evidence_name
from lab.kit.section import Section
from lab.kit.tables import Fig, Table, col, judged, num, table
from lab.kit.text import one_line
from lab.kit.wrong_answers import DIFFERS
from lab.results.models import Results
from lab.results.wrong_answers import WrongAnswer, Wrongness
from lab.topics.caching.section_sweep import NEAR

MOST_ROWS = 200
GRAVEST_FIRST = get_args(Wrongness)


def wrong_part(results: Results) -> Section:
    """The wrong answers first of all, or how many answers were judged and found right."""
    title = "Wrong answers served"
    wrong = results.wrong_answers
    if not wrong.served:
        answers = numbers.tokens(sum(wrong.judged.values()))
        return Section(title, (f"None. {answers} answers were judged by where they come from.",))
    more = len(wrong.served) - MOST_ROWS
    text = "In all suites of this run. Each row leads to the evidence: the request and the answer it got."
    cut = (f"{more:,} more are in results.json.",) if more > 0 else ()
    return Section(title, (text, *cut, wrong_table(results)))


def wrong_table(results: Results) -> Table:
    """Every scenario with a wrong answer: what was asked, and whose answer was served."""
    served = results.wrong_answers.served
    several = len({wrong.suite for wrong in served}) > 1
    return table(
        "caching-wrong",
        "Scenarios that were answered with another request's answer, in what the two differ, and whose "
        "it was; the gravest first.",
        (
            col("Variant and question", lambda wrong: _question(wrong, several=several)),
            col("Kind", lambda wrong: Fig(one_line(wrong.kind, 80), DIFFERS[wrong.wrongness])),
            col("Served wrongly", _times, "answers"),
            col("Whose answer", _whose),
            num("Alike", _alike, "cosine"),
        ),
        sorted(served, key=lambda wrong: GRAVEST_FIRST.index(wrong.wrongness))[:MOST_ROWS],
        control=is_control(results),
    )


def _question(wrong: WrongAnswer, *, several: bool) -> Fig:
    where = f"suite {one_line(wrong.suite, 40)}: " if several else ""
    href = evidence_name(wrong.variant, wrong.scenario)
    return Fig(one_line(f"{wrong.variant}: {wrong.title}", 120), f"{where}{wrong.scenario}", href=href)


def _times(wrong: WrongAnswer) -> Fig:
    return judged(numbers.share(wrong.times, wrong.of), right=False)


def _whose(wrong: WrongAnswer) -> Fig:
    if not wrong.whose:
        return Fig("nobody's", one_line(wrong.why, 200))
    href = evidence_name(wrong.variant, wrong.whose)
    source = f"exchange {one_line(wrong.source, 90)}"
    return Fig(f"that of: {one_line(wrong.whose_title, 100)}", source, href=href)


def _alike(wrong: WrongAnswer) -> Fig:
    if wrong.wrongness == "foreign":
        return Fig("another conversation")
    if wrong.similarity is None:
        return Fig("not known")
    return Fig(f"{wrong.similarity:.3f}", NEAR if wrong.close else "")
