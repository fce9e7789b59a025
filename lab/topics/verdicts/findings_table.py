"""What went wrong, in one table."""

from __future__ import annotations

from collections.abc import Sequence

from lab.kit import numbers
from lab.kit.anchors import variant_page
from lab.kit.cell_figs import NO, evidence_name
from lab.kit.tables import Column, Fig, Row, Table
from lab.kit.text import one_line
from lab.kit.wrong_answers import TO
from lab.results.models import Results
from lab.topics.verdicts.table import Finding

WORDS = {
    "foreign_content": "Words of another conversation forwarded",
    "facts_lost": "Facts lost",
    "tools_lost": "Needed tools not intact",
    "content_lost": "Content changed or lost",
}


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
            Fig(numbers.share(one.scenarios, one.of)),
            Fig(numbers.share(one.exchanges, one.of_exchanges)),
            Fig(one_line(", ".join(one.suites), 120)),
            Fig(one_line(one.why, 300), f"first in {one.example}"),
        ),
        control=one.control,
    )
