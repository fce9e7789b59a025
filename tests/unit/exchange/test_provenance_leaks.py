"""Another's answer in a failed one, and one that is shared by clients who differ in a name alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.report.build import build_results
from lab.results.models import Results
from tests.unit.records_builder import RunBuilder, marker_of, scenario, variant

ASKED: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "How does a volcano erupt?"}]}


def run(root: Path, first: dict[str, Any], then: dict[str, Any], **second: Any) -> Results:
    """Two scenarios that belong to no sequence, the second of which is given the first one's marker."""
    builder = RunBuilder(
        root, variants=(variant("lynkr", cache="exact"),), scenarios=(scenario("A"), scenario("B"))
    )
    builder.exchange("lynkr", "A", body=first)
    builder.exchange("lynkr", "B", body=then, marker=marker_of("r1-A-lynkr"), **second)
    return build_results(builder.store)


@pytest.mark.parametrize("status", [200, 500])
def test_a_failed_answer_with_anothers_marker_is_a_wrong_answer(tmp_path: Path, status: int) -> None:
    """A client that was told half of it was told it."""
    other = ASKED | {"messages": [{"role": "user", "content": "And a geyser?"}]}
    found = run(tmp_path, ASKED, other, status="failed", reason="cut off", http_status=status)
    told = found.cell("lynkr", "B").checks["provenance"]
    assert told.verdict == "fail"
    assert "that of r1-A-lynkr, another conversation" in told.why
    (wrong,) = found.wrong_answers.served
    assert (wrong.scenario, wrong.wrongness, wrong.whose) == ("B", "foreign", "A")


def test_a_failed_answer_without_anothers_marker_has_no_origin(tmp_path: Path) -> None:
    """There is nothing to judge."""
    builder = RunBuilder(tmp_path, variants=(variant("lynkr"),), scenarios=(scenario("A"),))
    builder.exchange("lynkr", "A", status="failed", reason="HTTP 500", http_status=500)
    found = build_results(builder.store)
    told = found.cell("lynkr", "A").checks["provenance"]
    assert (told.verdict, told.why) == ("not_applicable", "the exchange failed")
    assert not found.wrong_answers.served


@pytest.mark.parametrize(
    ("first", "then", "wrongness"),
    [
        ({"metadata": {"user_id": "ann"}}, {"metadata": {"user_id": "bob"}}, "user_id"),
        ({"metadata": {"user_id": "ann"}}, {}, "user_id"),
        ({"user": "ann"}, {"user": "bob"}, "user_id"),
        ({"safety_identifier": "ann"}, {"safety_identifier": "bob"}, "user_id"),
        (
            {"metadata": {"user_id": "ann", "team": "a"}},
            {"metadata": {"user_id": "bob", "team": "b"}},
            "foreign",
        ),
        ({"user": "ann"}, {"user": "bob", "seed": 7}, "foreign"),
    ],
)
def test_sharing_by_the_users_name_alone_is_told_apart(
    tmp_path: Path, first: dict[str, Any], then: dict[str, Any], wrongness: str
) -> None:
    """Whatever scenarios they are: under one credential, the name is data of one client."""
    found = run(tmp_path, ASKED | first, ASKED | then, calls=[])
    (wrong,) = found.wrong_answers.served
    assert wrong.wrongness == wrongness
    assert (found.cell("lynkr", "B").checks["answered"].verdict == "pass") is (wrongness == "user_id")
