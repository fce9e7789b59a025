"""What is said of figures that nobody should trust as they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.kit.cell_figs import saving_fig
from lab.report.build import build_results
from lab.report.summary import cache_fig
from tests.unit.records_builder import Call, RunBuilder


@pytest.mark.parametrize("calls", [[], [Call(status=400)]])
def test_answers_that_are_no_models_are_no_saving(tmp_path: Path, calls: list[Call]) -> None:
    """A gateway that says a ready-made sentence to everybody is the cheapest of all."""
    builder = RunBuilder(tmp_path)
    for repeat in (1, 2, 3):
        builder.exchange("direct", "S1", repeat)
        builder.exchange("litellm", "S1", repeat, calls=calls, marker="", text="I am sorry.")
    results = build_results(builder.store)
    (note,) = [one for one in results.trust if one.title == "litellm answered without a model"]
    assert note.severity == "warning"
    assert note.detail.startswith("3 of its 3 answers are no model's")
    (row,) = [one for one in results.totals if one.variant == "litellm"]
    assert (cache_fig(row).text, cache_fig(row).tone) == ("3 unproven", "warn")
    if not calls:
        assert saving_fig(results.cell("litellm", "S1")).note == "answered by no model"


def test_answers_from_models_and_caches_need_no_such_note(tmp_path: Path) -> None:
    """The ordinary run."""
    builder = RunBuilder(tmp_path)
    for variant in ("direct", "litellm"):
        builder.exchange(variant, "S1")
    assert not [one for one in build_results(builder.store).trust if "without a model" in one.title]
