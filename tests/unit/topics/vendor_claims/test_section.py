"""The section on claims: figures with units, verdicts in words and signs, conditions, sources as text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.kit.cell_figs import evidence_link
from lab.records.manifest import ClaimInfo
from lab.report import render
from lab.report.build import build_results
from lab.tokens import TokenParts
from lab.topics.vendor_claims.section import in_unit, section, stated_text
from lab.topics.vendor_claims.table import ClaimRow
from tests.unit.records_builder import HOSTILE, Call, RunBuilder, variant
from tests.unit.topics.vendor_claims.test_measure import claim


def a_row(**over: Any) -> ClaimRow:
    """A row of a claim of at least 53 %; `over` replaces any field."""
    fields: dict[str, Any] = {
        "id": "c",
        "text": "Fewer tokens",
        "by": "vendor",
        "source": "https://vendor.example/readme",
        "date": "2026-01-31",
        "stated": 53.0,
        "unit": "%",
        "rule": "at_least",
        "verdict": "reproduced",
    }
    return ClaimRow(**(fields | over))


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (53.0, "%", "53%"),
        (-42.166, "%", "\u221242.2%"),
        (-0.01, "%", "0%"),
        (171.0, "ms", "171 ms"),
        (0.007, "ms", "0.007 ms"),
        (0.000813, "USD", "0.000813 USD"),
        (77000.0, "USD", "77,000.00 USD"),
        (122.0, "kB", "122 kB"),
        (0.0, "tokens", "0 tokens"),
    ],
)
def test_figures_have_their_unit(value: float, unit: str, shown: str) -> None:
    """With the digits that it deserves, and a true minus sign."""
    assert in_unit(value, unit) == shown


def test_stated_figures_say_how_they_are_meant() -> None:
    """At least, at most, about, a count, or no figure at all."""
    assert stated_text(a_row()) == "at least 53%"
    assert stated_text(a_row(stated=1.0, unit="ms", rule="at_most")) == "at most 1.00 ms"
    assert stated_text(a_row(rule="about")) == "about 53%"
    assert stated_text(a_row(stated=4.0, of=11, rule="share")) == "4 of 11"
    assert stated_text(a_row(stated=200.0, unit="ms", rule=None)) == "200 ms"
    assert stated_text(a_row(stated=None)) == "no figure"


def run(root: Path, *claims: ClaimInfo) -> RunBuilder:
    """Direct and lynkr, which forwards 100 of 400 tokens; the manifest holds these claims."""
    variants = (variant("direct"), variant("lynkr"))
    builder = RunBuilder(root, variants=variants, repeats=1, over={"claims": claims})
    builder.exchange("direct", "S1")
    builder.exchange(
        "lynkr", "S1", sent=TokenParts(messages=400), calls=[Call(tokens=TokenParts(messages=100))]
    )
    return builder


def test_a_claim_stands_beside_what_was_observed(tmp_path: Path) -> None:
    """75 % saved is at least 50 %, and not at least 90 %; the figure leads to its evidence."""
    made = section(
        build_results(
            run(
                tmp_path,
                claim("saving_percent", id="good", text="Saves half", conditions="Another tokenizer."),
                claim("saving_percent", id="bad", text="Saves all", stated=90.0, tolerance=5.0),
                claim("", id="never", text="Is loved", stated=None, not_testable="nobody was asked"),
            ).store
        )
    )
    assert made is not None
    assert made.text[0].endswith(
        "closest conditions it has. Of 3 published claims: 1 not reproduced, 1 reproduced, 1 not testable "
        "here. Of 2 statements in the gateways' own answers (headers, usage): 0 not reproduced, 1 "
        "reproduced, 1 not testable here."
    )
    (part,) = made.parts
    assert part.table is not None
    bad, good, own, *never = part.table.rows
    assert [row.head.text for row in (bad, good, never[0])] == ["Saves all", "Saves half", "Is loved"]
    assert [fig.text for fig in bad.cells[:3]] == ["at least 90%", "75%", "not reproduced"]
    assert bad.cells[3].text == "75% is not at least 90%, give or take 5%."
    assert (bad.cells[2].sign, good.cells[2].sign) == ("\u2717", "\u2713")
    assert bad.cells[1].href == evidence_link("lynkr", "S1")
    assert good.cells[1].note == "400 tokens sent, 100 forwarded"
    assert good.cells[3].note == "Observed on 1 exchange of S1. Another tokenizer."
    assert good.head.note == "vendor, 2026-01-31"
    assert good.cells[4].text == "vendor.example/readme"
    assert own.head.text == "Usage in whole answers is that of the provider's answer (lynkr)"
    assert [fig.text for fig in never[0].cells[:4]] == [
        "no figure",
        "nothing",
        "not testable here",
        "Nobody was asked.",
    ]


def test_the_report_shows_sources_as_text_and_claims_as_data(tmp_path: Path) -> None:
    """No page links to where a claim was made, and hostile words of a claim stay words."""
    hostile = claim("saving_percent", text=f"Saves half {HOSTILE}", by=HOSTILE)
    paths = render(run(tmp_path, hostile).store.path)
    html, text = paths.html.read_text("utf-8"), paths.markdown.read_text("utf-8")
    assert "vendor.example/readme" in html
    assert 'href="https:' not in html
    assert "<script>alert" not in html
    assert "## What vendors state" in text
    assert "](https:" not in text


def test_without_gateways_there_is_no_section(tmp_path: Path) -> None:
    """The control states nothing."""
    builder = RunBuilder(tmp_path, variants=(variant("direct"),), repeats=1)
    builder.exchange("direct", "S1")
    assert section(build_results(builder.store)) is None
