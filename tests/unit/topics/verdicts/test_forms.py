"""Passes by form: which wire, plain or streamed."""

from __future__ import annotations

from pathlib import Path

from lab.report.build import build_results
from lab.topics.verdicts.forms import forms_table
from lab.topics.verdicts.table import Verdicts
from tests.unit.records_builder import RunBuilder, scenario, variant


def run(folder: Path, *, forms: bool) -> RunBuilder:
    """One scenario in one form or in two, of which litellm fails the second."""
    infos = [scenario("A")]
    if forms:
        further = {"suite": "core.chat-streamed", "written": "A", "written_suite": "core", "wire": "openai"}
        infos.append(scenario("A.chat-streamed", **further))
    variants = (variant("direct"), variant("litellm"))
    builder = RunBuilder(folder, variants=variants, scenarios=tuple(infos), repeats=1)
    for name in ("direct", "litellm"):
        builder.exchange(name, "A")
        if forms:
            status, reason = ("failed", "HTTP 500") if name == "litellm" else ("completed", None)
            builder.exchange(name, "A.chat-streamed", wire="openai", status=status, reason=reason)
    return builder


def test_each_form_has_a_column_of_its_own(tmp_path: Path) -> None:
    """So that what fails in one is not pooled with what passes in another."""
    results = build_results(run(tmp_path, forms=True).store)
    verdicts = results.table(Verdicts)
    assert verdicts is not None
    shown = forms_table(results, verdicts)
    assert shown is not None
    assert [column.title for column in shown.columns] == ["Variant", "first form", "chat, streamed"]
    rows = {row.head.text: [fig.text for fig in row.cells] for row in shown.rows}
    assert rows == {"direct": ["1 of 1", "1 of 1"], "litellm": ["1 of 1", "0 of 1"]}


def test_a_run_in_one_form_needs_no_such_table(tmp_path: Path) -> None:
    """It would say the same again."""
    results = build_results(run(tmp_path, forms=False).store)
    verdicts = results.table(Verdicts)
    assert verdicts is not None
    assert forms_table(results, verdicts) is None
