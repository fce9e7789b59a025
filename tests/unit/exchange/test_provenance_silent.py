"""Where an answer without text comes from: if the provider's has none either, from the provider."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.report.build import build_results
from lab.results.cell import CheckResult
from tests.unit.records_builder import Call, RunBuilder, scenario, variant


def checks(folder: Path, calls: list[Call], text: str = "", **info: object) -> dict[str, CheckResult]:
    """The checks of one answer without a marker."""
    infos = (scenario("S", **info),)
    builder = RunBuilder(folder, variants=(variant("direct"), variant("litellm")), scenarios=infos, repeats=1)
    builder.exchange("litellm", "S", calls=calls, text=text, marker="")
    return build_results(builder.store).cell("litellm", "S").checks


def test_an_answer_without_text_is_fresh_if_the_providers_has_none(tmp_path: Path) -> None:
    """There is nothing that could carry a marker."""
    found = checks(tmp_path, [Call(text="")])
    assert (found["answered"].verdict, found["provenance"].verdict) == ("pass", "pass")


@pytest.mark.parametrize("text", ["The provider's text.", None])
def test_a_text_that_lost_its_marker_is_still_lost(tmp_path: Path, text: str | None) -> None:
    """Whether it was replaced or never recorded."""
    found = checks(tmp_path, [Call(text=text)], "Another text.")
    assert found["answered"].verdict == "fail"
    assert "carried a marker" in found["answered"].why


def test_an_answer_without_text_and_without_a_call_is_unproven(tmp_path: Path) -> None:
    """Nobody was asked, so nothing says that it is this conversation's."""
    found = checks(tmp_path, [])
    assert found["answered"].verdict == "fail"
    assert "no model was asked" in found["answered"].why


def test_another_path_than_an_answers_needs_no_marker(tmp_path: Path) -> None:
    """Such as that of a count of tokens."""
    other = Call(kind="other", wire="other", path="/v1/messages/count_tokens")
    found = checks(tmp_path, [other], path="/v1/messages/count_tokens")
    assert found["answered"].verdict == "pass"
