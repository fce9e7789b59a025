"""What the provider refuses without a gateway is the request's own fault, and what it takes is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.records.manifest import ExpectInfo
from lab.report.build import build_results
from lab.report.console import legality
from lab.results.models import Results
from lab.topics.verdicts.table import Verdicts
from tests.unit.records_builder import DEFAULT_MODEL, Call, RunBuilder, scenario, table_of, variant

REFUSED: dict[str, Any] = {
    "status": 400,
    "error": "stop_sequences: each must be non-empty",
    "answered_by": "meter",
}
TITLES = {"suite_titles": {"core": "Own prompts in mine"}}


def run(root: Path, control: dict[str, Any], *, over: dict[str, Any] | None = None, **info: Any) -> Results:
    """Two scenarios; of one the provider does that with the control's request and with a gateway's."""
    builder = RunBuilder(
        root,
        variants=(variant("direct"), variant("litellm")),
        scenarios=(scenario("S1"), scenario("P-44", **info)),
        repeats=1,
        over=TITLES if over is None else over,
    )
    for name in ("direct", "litellm"):
        builder.exchange(name, "S1")
        if control:
            call = Call(**control)
            builder.exchange(
                name, "P-44", calls=[call], status="failed", reason="HTTP 400: …", http_status=400
            )
        else:
            builder.exchange(name, "P-44")
    return build_results(builder.store)


def test_a_users_own_illegal_request_is_nobody_elses_fault(tmp_path: Path) -> None:
    """The lab is not at fault, no gateway is accused, no total holds it; the provider is quoted."""
    results = run(tmp_path, REFUSED)
    (note,) = (one for one in results.trust if "P-44" in one.title)
    assert (note.severity, note.title) == ("warning", "P-44 is refused as it was written")
    assert "HTTP 400: stop_sequences: each must be non-empty." in note.detail
    assert "lab's fault" not in " ".join(one.detail for one in results.trust)
    assert [one for one in table_of(results, Verdicts).findings if one.example == "P-44"] == []
    assert results.comparison.scenarios == ("S1",)
    (left,) = results.comparison.scenarios_left_out
    assert left.reason.startswith("the provider refuses it as it was written: HTTP 400")
    assert legality(results) == (
        "P-44: the provider refuses it as it was written: HTTP 400: stop_sequences: each must be non-empty.",
    )


def test_a_scenario_of_the_lab_that_is_refused_is_a_fault_of_the_lab(tmp_path: Path) -> None:
    """It is said with the provider's words all the same."""
    results = run(tmp_path, REFUSED, over={"suite_titles": {"core": "The core"}})
    assert (results.trust[0].severity, results.trust[0].title) == (
        "fault",
        "P-44 is refused as it was written",
    )


def test_without_a_control_a_gateway_that_forwards_it_as_it_is_is_not_accused(tmp_path: Path) -> None:
    """The provider refuses the client's own words, or those of a gateway that changed them."""
    for name, more, verdict in (("same", {}, "not_applicable"), ("changed", {"top_k": 3}, "fail")):
        builder = RunBuilder(tmp_path / name, variants=(variant("litellm"),), repeats=1)
        body = {"model": DEFAULT_MODEL, "stop_sequences": [""], "messages": []}
        call = Call(body=body | more, **REFUSED)
        builder.exchange("litellm", "S1", body=body, calls=[call], status="failed", reason="HTTP 400")
        found = build_results(builder.store).cell("litellm", "S1").checks["request_accepted"]
        assert found.verdict == verdict
        assert found.why.endswith("HTTP 400: stop_sequences: each must be non-empty")


def test_a_check_that_a_users_own_scenario_fails_at_the_control_may_be_its_own_fault(tmp_path: Path) -> None:
    """It may ask for what cannot be."""
    builder = RunBuilder(tmp_path, repeats=1, over=TITLES)
    builder.exchange("direct", "S1", status="failed", reason="HTTP 500: the meter broke")
    note = build_results(builder.store).trust[0]
    assert "this is the scenario's own fault or the lab's" in note.detail


@pytest.mark.parametrize(
    "call",
    [
        {"status": 500, "error": "broke", "answered_by": "meter"},
        {"status": 429, "error": "busy", "answered_by": "meter"},
        {"status": 401, "error": "no such key", "answered_by": "meter"},
        {"status": 400, "error": "as the scenario ordered", "answered_by": "scripted"},
    ],
)
def test_what_is_no_refusal_of_the_request_stays_a_fault(tmp_path: Path, call: dict[str, Any]) -> None:
    """A provider that is broken, busy or does not know the key says nothing about the request."""
    results = run(tmp_path, call)
    assert (results.trust[0].severity, results.trust[0].title) == ("fault", "The control failed P-44")


def test_a_request_that_was_declared_invalid_and_is_accepted_is_told(tmp_path: Path) -> None:
    """In the report and on the terminal."""
    results = run(tmp_path, {}, valid=False, invalid_why="the provider refuses unknown betas")
    (note,) = (one for one in results.trust if "P-44" in one.title)
    assert (note.severity, note.title) == ("warning", "P-44 was declared invalid and was accepted")
    assert (
        "`valid: false` (the provider refuses unknown betas), and the control's request was answered"
        in note.detail
    )
    assert legality(results) == (
        "P-44 was declared invalid and was accepted: the provider refuses unknown betas",
    )


def test_a_request_that_was_declared_invalid_and_is_refused_needs_no_words(tmp_path: Path) -> None:
    """It went as it was said."""
    results = run(tmp_path, REFUSED, valid=False, invalid_why="the provider refuses it")
    assert [one for one in results.trust if "P-44" in one.title] == []
    assert legality(results) == ()


def test_a_refusal_that_is_expected_is_no_acceptance(tmp_path: Path) -> None:
    """The control's exchange is complete with it."""
    expect = ExpectInfo(status=400)
    infos = (scenario("S1"), scenario("P-44", valid=False, invalid_why="no JSON", expect=expect))
    builder = RunBuilder(tmp_path, variants=(variant("direct"),), scenarios=infos, repeats=1, over=TITLES)
    builder.exchange("direct", "S1")
    builder.exchange("direct", "P-44", calls=[Call(**REFUSED)], http_status=400)
    results = build_results(builder.store)
    assert [note for note in results.trust if "P-44" in note.title] == []
    assert legality(results) == ()


@pytest.mark.parametrize(
    ("error", "verdict"), [(REFUSED["error"], "not_applicable"), ("max_tokens: must be a number", "fail")]
)
def test_a_gateway_is_not_accused_of_what_the_control_is_refused_for(
    tmp_path: Path, error: str, verdict: str
) -> None:
    """Whatever else it changed of the request; what the provider says of the gateway's alone is its own."""
    infos = (scenario("S1"), scenario("P-44"))
    builder = RunBuilder(
        tmp_path, variants=(variant("direct"), variant("litellm")), scenarios=infos, repeats=1
    )
    changed = {"messages": [{"role": "user", "content": "Changed."}]}
    for name, call in (
        ("direct", Call(**REFUSED)),
        ("litellm", Call(**(REFUSED | {"error": error, "body": changed}))),
    ):
        builder.exchange(name, "S1")
        builder.exchange(name, "P-44", calls=[call], status="failed", reason="HTTP 400: …", http_status=400)
    found = build_results(builder.store).cell("litellm", "P-44").checks["request_accepted"]
    assert found.verdict == verdict
