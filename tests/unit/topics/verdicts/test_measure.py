"""A scenario passes only if every repeat does; what went wrong is counted once, the worst first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.records.manifest import ScenarioInfo
from lab.report.build import build_results
from lab.results.models import Results
from lab.tokens import TokenParts
from lab.topics.verdicts.table import SuiteVerdict, Verdicts
from lab.wires.neutral import Usage
from tests.unit.records_builder import (
    FACTS,
    PACKAGE,
    Call,
    RunBuilder,
    marker_of,
    request_of,
    scenario,
    table_of,
    variant,
)
from tests.unit.suites_run import suites_run

BASIC = ("answered", "provenance", "request_accepted", "no_duplicate_calls", "usage_honest")


def _run(root: Path, *scenarios: ScenarioInfo, repeats: int = 3, **over: Any) -> RunBuilder:
    return RunBuilder(root, scenarios=scenarios or (scenario("S1"),), repeats=repeats, over=over)


def _everywhere(builder: RunBuilder, *, but: tuple[str, ...] = ()) -> None:
    """Every exchange of the plan, answered well, but for those of the named variants."""
    for repeat in range(1, builder.repeats + 1):
        for info in builder.scenarios:
            for status in builder.variants:
                if status.name not in but and status.status == "ran":
                    builder.exchange(status.name, info.id, repeat)


def _verdicts(builder: RunBuilder) -> Verdicts:
    verdicts = build_results(builder.store).table(Verdicts)
    assert verdicts is not None
    return verdicts


def _row(verdicts: Verdicts, name: str = "litellm", suite: str = "core") -> SuiteVerdict:
    (row,) = [row for row in verdicts.rows if (row.variant, row.suite) == (name, suite)]
    return row


def test_a_scenario_passes_only_if_every_repeat_passes(tmp_path: Path) -> None:
    """Two of three repeats are no pass: the scenario is shown as 2 of 3."""
    builder = _run(tmp_path, scenario("S1"), scenario("S2"))
    _everywhere(builder, but=("litellm",))
    for repeat in (1, 2, 3):
        builder.exchange("litellm", "S1", repeat)
        usage = Usage(input=900, output=20) if repeat == 2 else None
        builder.exchange("litellm", "S2", repeat, usage=usage)
    row = _row(_verdicts(builder))
    assert (row.scenarios, row.judged, row.passed, row.failed) == (2, 2, 1, 0)
    assert [(one.scenario, one.passed, one.of) for one in row.partly] == [("S2", 2, 3)]
    (failed,) = row.checks
    assert (failed.check, failed.scenarios, failed.of, failed.example) == ("usage_honest", 1, 2, "S2")
    assert (failed.exchanges, failed.of_exchanges) == (1, 6)
    assert failed.why == "claims 900 input tokens, the provider states 100"


def test_a_scenario_that_fails_in_every_repeat_is_failed(tmp_path: Path) -> None:
    """None of three is neither passed nor partly passed."""
    builder = _run(tmp_path)
    _everywhere(builder, but=("litellm",))
    for repeat in (1, 2, 3):
        builder.exchange("litellm", "S1", repeat, usage=Usage(input=900, output=20))
    row = _row(_verdicts(builder))
    assert (row.judged, row.passed, row.partly, row.failed) == (1, 0, (), 1)


def test_the_control_passes_where_nothing_is_wrong(tmp_path: Path) -> None:
    """An honest run has no finding at all, and every scenario passes."""
    builder = _run(tmp_path, scenario("S1"), scenario("S2"))
    _everywhere(builder)
    results = build_results(builder.store)
    verdicts = table_of(results, Verdicts)
    assert [(row.variant, row.passed, row.judged) for row in verdicts.rows] == [
        ("direct", 2, 2),
        ("litellm", 2, 2),
    ]
    assert (verdicts.findings, results.wrong_answers.served) == ((), ())
    assert results.wrong_answers.judged == {"direct": 6, "litellm": 6}


def test_an_exchange_that_failed_fails_its_scenario(tmp_path: Path) -> None:
    """No answer is no pass, whatever else the suite judges."""
    builder = _run(tmp_path)
    _everywhere(builder, but=("litellm",))
    for repeat in (1, 2, 3):
        builder.exchange("litellm", "S1", repeat, status="failed", reason="HTTP 500: out of order")
    row = _row(_verdicts(builder))
    assert (row.judged, row.failed, row.missing) == (1, 1, ())
    assert [(one.check, one.why) for one in row.checks] == [("answered", "HTTP 500: out of order")]


def test_what_was_not_asked_is_counted_apart_with_its_reason(tmp_path: Path) -> None:
    """Unsupported, unavailable and not run: judged neither way, and every one is accounted for."""
    scenarios = (
        scenario("S1"),
        scenario("RT-p1", suite="routing", routers_only=True),
        scenario("FD-1", suite="fidelity", unsupported="images have no form on this wire"),
    )
    broken = variant("portkey", status="unavailable", reason="no image")
    builder = RunBuilder(
        tmp_path, variants=(variant("direct"), variant("lynkr"), broken), scenarios=scenarios, repeats=1
    )
    for name in ("direct", "lynkr"):
        builder.exchange(name, "S1")
    builder.exchange("lynkr", "RT-p1")
    verdicts = _verdicts(builder)
    missing = {
        (row.variant, row.suite): [
            (one.status, one.scenarios, one.reason, one.example) for one in row.missing
        ]
        for row in verdicts.rows
    }
    only = "only routers are asked this, and this variant does not route"
    assert missing["direct", "routing"] == [("unsupported", 1, only, "RT-p1")]
    assert missing["lynkr", "routing"] == []
    assert missing["lynkr", "fidelity"] == [("unsupported", 1, "images have no form on this wire", "FD-1")]
    assert missing["portkey", "core"] == [("unavailable", 1, "no image", "S1")]
    for row in verdicts.rows:
        assert row.judged + sum(one.scenarios for one in row.missing) == row.scenarios
        assert row.passed + len(row.partly) + row.failed == row.judged


def test_a_scenario_with_missing_repeats_is_not_passed(tmp_path: Path) -> None:
    """Two good repeats of three planned ones are no verdict yet; one bad repeat already is."""
    builder = _run(tmp_path, scenario("S1"), scenario("S2"), state="interrupted", finished_at=None)
    for repeat in (1, 2):
        builder.exchange("litellm", "S1", repeat)
    builder.exchange("litellm", "S2", 1, usage=Usage(input=900, output=20))
    row = _row(_verdicts(builder))
    assert (row.judged, row.passed, row.failed) == (1, 0, 1)
    assert [(one.status, one.reason, one.example) for one in row.missing] == [
        ("not_run", "not all repeats were recorded", "S1")
    ]


def test_a_measured_scenario_without_a_check_that_applies_is_not_judged(tmp_path: Path) -> None:
    """Nothing to judge is no pass: it is said so."""
    builder = _run(tmp_path, scenario("S1", checks=("facts_kept",)), repeats=1)
    _everywhere(builder)
    row = _row(_verdicts(builder))
    assert (row.judged, row.passed) == (0, 0)
    assert [(one.status, one.reason) for one in row.missing] == [
        ("measured", "no check applies: the scenario declares no facts")
    ]


def test_invalid_requests_are_in_no_verdict(tmp_path: Path) -> None:
    """A request that providers must reject is not judged as a scenario."""
    builder = _run(
        tmp_path, scenario("S1"), scenario("S2", valid=False, invalid_why="mixes wires"), repeats=1
    )
    for name in ("direct", "litellm"):
        builder.exchange(name, "S1")
        builder.exchange(name, "S2", status="failed", reason="HTTP 400: no", calls=[Call(status=400)])
    verdicts = _verdicts(builder)
    assert {row.scenarios for row in verdicts.rows} == {1}
    assert verdicts.findings == ()


def test_verdicts_together_cover_what_is_judged_for_all_that_are_compared(tmp_path: Path) -> None:
    """What one variant is never asked is in nobody's count; one that could not start shrinks no count."""
    scenarios = (scenario("S1"), scenario("S2"), scenario("X1", suite="cache", other_client=True))
    lynkr = variant("lynkr").model_copy(update={"one_client": ("anthropic",)})
    gone = variant("portkey", status="unavailable", reason="no image")
    builder = RunBuilder(tmp_path, variants=(variant("direct"), lynkr, gone), scenarios=scenarios, repeats=1)
    for info in scenarios:
        builder.exchange("direct", info.id)
    builder.exchange("lynkr", "S1")
    builder.exchange("lynkr", "S2", usage=Usage(input=900, output=20))
    verdicts = _verdicts(builder)
    assert [(row.variant, row.suite, row.scenarios, row.judged, row.passed) for row in verdicts.together] == [
        ("direct", "", 2, 2, 2),
        ("lynkr", "", 2, 2, 1),
        ("portkey", "", 2, 0, 0),
    ]
    assert verdicts.about_tiers == ()


@pytest.mark.parametrize(("names", "covered"), [(("direct", "lynkr"), 1), (("lynkr", "litellm-router"), 2)])
def test_a_suite_about_tiers_is_in_the_whole_only_where_all_route(
    tmp_path: Path, names: tuple[str, str], covered: int
) -> None:
    """Passing it without choosing a tier is another thing than passing it."""
    scenarios = (
        scenario("S1"),
        scenario("RT-1", suite="routing", acceptable_tiers=("SIMPLE",)),
    )
    builder = RunBuilder(
        tmp_path,
        variants=tuple(variant(name) for name in names),
        scenarios=scenarios,
        repeats=1,
        over={"suites": ("core", "routing"), "baseline": names[0]},
    )
    for name in names:
        for info in scenarios:
            builder.exchange(name, info.id, calls=[Call(model="kimi-lab-simple")])
    verdicts = _verdicts(builder)
    assert verdicts.about_tiers == ("routing",)
    assert {row.judged for row in verdicts.together} == {covered}


def _sequence(**over: Any) -> tuple[ScenarioInfo, ...]:
    return (
        scenario("S1"),
        scenario("CA-a", suite="cache", sequence="pair", checks=BASIC),
        scenario("CA-b", suite="cache", sequence="pair", checks=BASIC, **over),
    )


def _served(root: Path, marker_from: str, **over: Any) -> Results:
    """A run in which litellm answers the second question of a pair with another exchange's answer."""
    builder = _run(root, *_sequence(**over), repeats=1)
    _everywhere(builder, but=("litellm",))
    builder.exchange("litellm", "S1")
    builder.exchange("litellm", "CA-a")
    builder.exchange(
        "litellm", "CA-b", calls=[], marker=marker_of(marker_from), usage=Usage(input=0, output=20)
    )
    return build_results(builder.store)


@pytest.mark.parametrize("source", ["r1-CA-a-litellm", "r1-S1-litellm", "r1-CA-b-direct", "r9-none"])
def test_a_wrong_answer_is_one_finding_and_the_worst(tmp_path: Path, source: str) -> None:
    """A stale answer, another question's, another variant's, an unknown one: each is a wrong answer, once."""
    results = _served(tmp_path, source)
    (wrong,) = results.wrong_answers.served
    assert (wrong.variant, wrong.scenario, wrong.times, wrong.of) == ("litellm", "CA-b", 1, 1)
    (finding,) = table_of(results, Verdicts).findings
    assert (finding.kind, finding.check, finding.variant, finding.control) == (
        "wrong_answer",
        "provenance",
        "litellm",
        False,
    )
    # Any answer may be another conversation's; only the probe may be given the answer before it.
    of = 3 if finding.wrongness == "foreign" else 1
    assert (finding.scenarios, finding.of, finding.exchanges, finding.of_exchanges) == (1, of, 1, of)
    assert results.wrong_answers.of("litellm", ["request"]) == 1
    assert finding.why == wrong.why


def test_a_hit_where_a_hit_is_allowed_is_no_wrong_answer(tmp_path: Path) -> None:
    """The earlier answer of the same conversation is right where the scenario lets a cache answer."""
    results = _served(tmp_path, "r1-CA-a-litellm", cache_expect="may_hit")
    assert (results.wrong_answers.served, table_of(results, Verdicts).findings) == ((), ())


def test_another_conversations_answer_is_wrong_even_where_no_check_is_about_it(tmp_path: Path) -> None:
    """A suite that forgot to name the check of provenance hides no wrong answer."""
    builder = _run(tmp_path, scenario("S1"), scenario("S2", checks=("usage_honest",)), repeats=1)
    _everywhere(builder, but=("litellm",))
    builder.exchange("litellm", "S1")
    builder.exchange("litellm", "S2", marker=marker_of("r1-S1-litellm"))
    results = build_results(builder.store)
    assert [(one.variant, one.scenario) for one in results.wrong_answers.served] == [("litellm", "S2")]
    assert [one.kind for one in table_of(results, Verdicts).findings] == ["wrong_answer"]


def test_findings_come_by_gravity_and_then_by_number(tmp_path: Path) -> None:
    """Wrong answers by what makes them so, lost facts, tools and content, then every other failed check."""
    results = build_results(suites_run(tmp_path))
    kinds = [one.kind for one in table_of(results, Verdicts).findings]
    order = ["wrong_answer", "facts_lost", "tools_lost", "content_lost", "other"]
    assert kinds == sorted(kinds, key=order.index)
    assert set(kinds) == {"wrong_answer", "facts_lost", "tools_lost", "other"}
    wrong = [one.wrongness for one in table_of(results, Verdicts).findings if one.kind == "wrong_answer"]
    assert wrong == ["foreign", "question", "context", "user_id", "settings"]
    others = [one.exchanges for one in table_of(results, Verdicts).findings if one.kind == "other"]
    assert others == sorted(others, reverse=True)


def test_lost_facts_are_a_finding_of_their_own_with_a_reason_and_an_example(tmp_path: Path) -> None:
    """What was lost stands beside how often, and leads to a scenario where it was."""
    builder = _run(tmp_path, scenario("L1", facts=FACTS), repeats=1)
    body = request_of("L1", 1) | {"messages": [{"role": "user", "content": PACKAGE}]}
    builder.exchange("direct", "L1", body=body)
    less = body | {"messages": [{"role": "user", "content": '{"express":"^1.0.3"}'}]}
    builder.exchange("litellm", "L1", body=body, calls=[Call(body=less, tokens=TokenParts(messages=9))])
    facts = [one for one in _verdicts(builder).findings if one.kind == "facts_lost"]
    assert [(one.variant, one.scenarios, one.of, one.example) for one in facts] == [("litellm", 1, 1, "L1")]
    assert facts[0].why.startswith("2 of 3 facts are lost")


def test_changed_content_stands_before_bookkeeping(tmp_path: Path) -> None:
    """A system prompt that was dropped is graver than ever so many wrong figures of usage."""
    checks = ("system_kept", "usage_honest")
    scenarios = [scenario("FD-1", checks=checks), *(scenario(f"S{n}", checks=checks) for n in range(3))]
    builder = _run(tmp_path, *scenarios, repeats=1)
    for info in scenarios:
        body = request_of(info.id, 1) | {"system": "Answer in Latin."}
        builder.exchange("direct", info.id, body=body)
        less = {name: value for name, value in body.items() if name != "system" or info.id != "FD-1"}
        usage = Usage(input=900, output=20)
        builder.exchange("litellm", info.id, body=body, calls=[Call(body=less)], usage=usage)
    found = [(one.kind, one.check, one.exchanges) for one in _verdicts(builder).findings]
    assert found == [("content_lost", "system_kept", 1), ("other", "usage_honest", 4)]


@pytest.mark.parametrize(
    ("over", "wrongness"),
    [
        ({"cache_differs": "question"}, "question"),
        ({"cache_differs": "context"}, "context"),
        ({"cache_differs": "user", "other_client": True}, "user"),
        ({"cache_differs": "user"}, "user_id"),
        ({"cache_differs": "settings"}, "settings"),
        ({}, "request"),
    ],
)
def test_a_kept_answer_is_wrong_in_what_its_probe_differs(
    tmp_path: Path, over: dict[str, Any], wrongness: str
) -> None:
    """In nothing that is known, where the suite does not say; another conversation's is wrong by itself."""
    kept = _served(tmp_path / "kept", "r1-CA-a-litellm", **over)
    assert [one.wrongness for one in kept.wrong_answers.served] == [wrongness]
    assert [one.wrongness for one in table_of(kept, Verdicts).findings] == [wrongness]
    assert kept.wrong_answers.probes["litellm"] == {wrongness: 1}
    foreign = _served(tmp_path / "foreign", "r1-S1-litellm", **over)
    assert [one.wrongness for one in foreign.wrong_answers.served] == ["foreign"]


def test_what_the_control_fails_is_marked_as_the_labs_fault(tmp_path: Path) -> None:
    """A finding on the control is told from one on a gateway, and is a fault of the run."""
    builder = _run(tmp_path, repeats=1)
    builder.exchange("direct", "S1", usage=Usage(input=900, output=20))
    builder.exchange("litellm", "S1")
    results: Results = build_results(builder.store)
    assert [(one.variant, one.control) for one in table_of(results, Verdicts).findings] == [("direct", True)]
    assert (results.trust[0].severity, results.trust[0].title) == ("fault", "The control failed S1")


def test_many_failures_of_the_control_are_one_fault_a_check(tmp_path: Path) -> None:
    """A broken lab does not fill the first screen: one note names the check, some scenarios, and a reason."""
    scenarios = tuple(scenario(f"S{n}") for n in range(20))
    builder = _run(tmp_path, *scenarios, repeats=1)
    for info in scenarios:
        builder.exchange("direct", info.id, usage=Usage(input=900, output=20))
        builder.exchange("litellm", info.id)
    faults = [note for note in build_results(builder.store).trust if note.severity == "fault"]
    assert [note.title for note in faults] == ["The control failed usage_honest in 20 scenarios"]
    assert "S0, S1" in faults[0].detail
    assert "and 8 more" in faults[0].detail
    assert "claims 900 input tokens, the provider states 100" in faults[0].detail


def test_a_failed_control_is_a_fault_even_where_no_check_is_about_answers(tmp_path: Path) -> None:
    """A suite whose checks all need an answer cannot hide that the control had none."""
    builder = _run(tmp_path, scenario("S1", checks=("facts_kept",)), repeats=1)
    builder.exchange("direct", "S1", status="failed", reason="HTTP 502: meter gone", calls=[])
    builder.exchange("litellm", "S1")
    faults = [note for note in build_results(builder.store).trust if note.severity == "fault"]
    assert [note.title for note in faults] == ["The control failed S1"]
    assert "HTTP 502: meter gone" in faults[0].detail


def test_one_cause_is_one_finding_whatever_it_fails(tmp_path: Path) -> None:
    """Two checks that fail for one reason are one finding; two reasons of one check are two."""
    checks = ("usage_honest", "output_usage_honest", "params_kept", "content_added")
    scenarios = [scenario(f"S{n}", checks=checks) for n in range(3)]
    builder = _run(tmp_path, *scenarios, repeats=1)
    for n, info in enumerate(scenarios):
        body = request_of(info.id, 1) | {"stop_sequences": [f"#{n}"], "temperature": 0.5}
        builder.exchange("direct", info.id, body=body)
        gone = {"stop_sequences"} if n else {"stop_sequences", "temperature"}
        less = {name: value for name, value in body.items() if name not in gone} | {"top_k": n + 1}
        usage = Usage() if n else None
        builder.exchange("litellm", info.id, body=body, calls=[Call(body=less)], usage=usage)
    by_checks = sorted((one.checks, one.scenarios, one.of) for one in _verdicts(builder).findings)
    assert by_checks == [
        (("content_added",), 3, 3),
        (("params_kept",), 1, 3),
        (("params_kept",), 3, 3),
        (("usage_honest", "output_usage_honest"), 2, 3),
    ]
