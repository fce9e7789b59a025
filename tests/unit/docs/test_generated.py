"""Generated pages and schemas are what `make docs` writes from the code as it is."""

from __future__ import annotations

import re

import pytest

from lab.meter.rules import RULES
from lab.report.build import results_model
from scripts.docs import PAGE, SCHEMAS, files, kind
from scripts.docs import RULES as RULES_PAGE
from tests.paths import ROOT


def test_committed_files_are_those_that_make_docs_writes() -> None:
    """A model, a check or a constant that changes takes its page along."""
    wanted = files()
    stale = [
        name
        for name, text in wanted.items()
        if not (ROOT / name).is_file() or (ROOT / name).read_text("utf-8") != text
    ]
    assert stale == [], "run `make docs`"
    assert {f"{SCHEMAS}/{path.name}" for path in (ROOT / SCHEMAS).iterdir()} == wanted.keys() - {
        PAGE,
        RULES_PAGE,
    }


def test_every_link_on_the_page_leads_somewhere() -> None:
    """Models are linked by their headings, files by their paths."""
    page = (ROOT / PAGE).read_text("utf-8")
    headings = re.findall(r"^#+ (.+)$", page, flags=re.MULTILINE)
    assert len(headings) == len(set(headings))
    anchors = {re.sub(r"[^a-z0-9_ -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    links = set(re.findall(r"\]\(([^)]+)\)", page))
    assert {link[1:] for link in links if link.startswith("#")} <= anchors
    for link in links:
        assert link.startswith("#") or (ROOT / "docs" / link).exists()


def test_the_page_of_rules_has_every_rule_with_its_source() -> None:
    """And says which words nobody has seen."""
    page = (ROOT / RULES_PAGE).read_text("utf-8")
    for one in RULES:
        (row,) = [line for line in page.splitlines() if line.startswith(f"| `{one.id}` |")]
        assert f"]({one.source}) | {one.date} |" in row
        assert ("wording not verified" in row) != one.sure


def test_the_page_has_every_field_of_the_results() -> None:
    """No field of results.json is left for the reader to guess."""
    page = (ROOT / PAGE).read_text("utf-8")
    fields = results_model().model_json_schema()["properties"]
    assert len(fields) > 10
    for field in fields:
        assert f"| `{field}` |" in page


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "integer"}, "whole number"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "text or null"),
        ({"type": "array", "items": {"$ref": "#/$defs/Cell"}}, "list of [Cell](#cell)"),
        ({"type": "object", "additionalProperties": {"type": "number"}}, "object of number"),
        ({"enum": ["a", "b"], "type": "string"}, "`a` or `b`"),
        ({}, "anything"),
    ],
)
def test_types_are_told_in_words(schema: dict[str, object], words: str) -> None:
    """A reader need not know JSON Schema."""
    assert kind(schema) == words
