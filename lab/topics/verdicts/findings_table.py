"""What went wrong, in one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lab.kit import numbers
from lab.kit.anchors import variant_page
from lab.kit.cell_figs import evidence_link
from lab.kit.tables import NO, Col, Fig, Table, col, table
from lab.kit.text import one_line
from lab.kit.wrong_answers import TO
from lab.records.manifest import OWN_TITLE
from lab.results.models import Results
from lab.topics.verdicts.table import FailedCheck, Finding

WORDS = {
    "foreign_content": "Words of another conversation forwarded",
    "facts_lost": "Facts lost",
    "tools_lost": "Needed tools not intact",
    "content_lost": "Content changed or lost",
}


def findings_table(results: Results, findings: Sequence[Finding], name: str = "findings") -> Table:
    """What went wrong, one row a check and variant, the gravest first."""
    titles = {check.name: check.title for check in results.checks}
    columns: tuple[Col[Finding], ...] = (
        col("Variant", lambda one: _variant(one, results.run.suite_titles)),
        col("What went wrong", lambda one: _what(one, titles.get(one.check, ""))),
        col("Scenarios", lambda one: Fig(numbers.share(one.scenarios, one.of)), "of those it applies to"),
        col("Exchanges", exchanges_fig, "of those it applies to"),
        col("Suites", lambda one: Fig(one_line(", ".join(one.suites), 120))),
        col("Most frequent reason", why_fig),
    )
    return table(
        name,
        "Wrong answers come first, then words of other conversations, lost facts, tools and content that "
        "were changed or lost, and every other failed check. A row leads to the evidence of the first "
        "scenario that failed for the stated reason.",
        columns,
        findings,
        control=lambda one: one.control,
        cards=True,
    )


def exchanges_fig(one: Finding | FailedCheck) -> Fig:
    """The exchanges that fail, of those that the check applies to."""
    return Fig(numbers.share(one.exchanges, one.of_exchanges))


def why_fig(one: Finding | FailedCheck) -> Fig:
    """The most frequent reason, and the first scenario that failed for it."""
    return Fig(one_line(one.why, 300), f"first in {one.example}")


def _variant(one: Finding, titles: Mapping[str, str]) -> Fig:
    """Who it is; what the control fails is the lab's fault, or perhaps that of a user's own scenario."""
    own = not one.wrongness and all(titles.get(suite, "").startswith(OWN_TITLE) for suite in one.suites)
    whose = "the scenario's fault or the lab's" if own else "the lab's fault"
    fault = f"control: {whose}" if one.control else ""
    href, page = evidence_link(one.variant, one.example), variant_page(one.variant)
    return Fig(one_line(one.variant, 40), fault, href=href, page=page)


def _what(one: Finding, title: str) -> Fig:
    word = f"Answers {TO[one.wrongness]}" if one.wrongness else WORDS.get(one.kind, "")
    note = one.check if word else f"not true: {title}" if title else ""
    return Fig(word or one_line(one.check, 60), one_line(note, 160), "bad" if word else "", NO)
