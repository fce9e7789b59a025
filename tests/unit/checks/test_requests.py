"""Checks of what reached the provider: accepted, asked once, nothing of another conversation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.records.manifest import ExpectInfo, ScenarioInfo
from lab.report.build import build_results
from lab.results.cell import CheckResult
from tests.unit.checks.judging import judge
from tests.unit.records_builder import FACTS, Call, RunBuilder, scenario, variant

Facts = tuple[tuple[str, ...], ...]
OTHER = {"messages": [{"role": "robot", "content": "What the client never wrote."}]}


@pytest.mark.parametrize(
    ("calls", "verdict", "why"),
    [
        ([Call()], "pass", "the provider accepts every call that was forwarded"),
        (
            [Call(body=OTHER, status=400, error="bad role")],
            "fail",
            "1 of 1 calls rejected: HTTP 400: bad role",
        ),
        (
            [Call(status=400, error="bad role")],
            "not_applicable",
            "the provider refuses the request as the client wrote it: HTTP 400: bad role",
        ),
        ([Call(status=404), Call()], "fail", "1 of 2 calls rejected: HTTP 404: no reason given"),
        (
            [Call(status=429), Call(status=500), Call()],
            "pass",
            "the provider accepts every call that was forwarded",
        ),
        ([], "not_applicable", "nothing was forwarded to a model"),
        (
            [Call(status=529), Call(status=503)],
            "not_applicable",
            "the provider judged no call: HTTP 529, HTTP 503",
        ),
    ],
)
def test_request_accepted(tmp_path: Path, calls: list[Call], verdict: str, why: str) -> None:
    """A 4xx is a rejection, unless the provider was only busy or refuses the client's own request."""
    found = judge(tmp_path, "request_accepted", calls=calls)
    assert (found.verdict, found.why) == (verdict, why)


@pytest.mark.parametrize(
    ("by", "status", "verdict"),
    [("scripted", 400, "not_applicable"), ("meter", 400, "fail"), ("scripted", 422, "fail")],
)
def test_a_refusal_on_the_scenarios_order_is_no_judgement_of_the_request(
    tmp_path: Path, by: str, status: int, verdict: str
) -> None:
    """What the provider itself says against a request stays one, even if its status is the same."""
    call = Call(body=OTHER, status=status, answered_by=by)
    found = judge(tmp_path, "request_accepted", {"expect": ExpectInfo(status=400)}, calls=[call])
    assert found.verdict == verdict


@pytest.mark.parametrize(
    ("calls", "verdict"),
    [
        ([Call()], "pass"),
        ([Call(), Call()], "fail"),
        ([Call(status=500), Call()], "pass"),
        ([Call(status=429), Call(status=529), Call()], "pass"),
        ([Call(status=529), Call(), Call()], "fail"),
        ([Call(status=400), Call()], "fail"),
        ([Call(status=529), Call(status=529)], "not_applicable"),
        ([], "not_applicable"),
    ],
)
def test_no_duplicate_calls(tmp_path: Path, calls: list[Call], verdict: str) -> None:
    """One question, one call; asking a busy or broken provider again is no second question."""
    assert judge(tmp_path, "no_duplicate_calls", calls=calls).verdict == verdict


def says(*texts: str) -> dict[str, Any]:
    """A request with these system texts and a question, on the Anthropic wire."""
    system = [{"type": "text", "text": text} for text in texts]
    return {"model": "m", "system": system, "messages": [{"role": "user", "content": "Who is in?"}]}


@pytest.mark.parametrize(
    ("bodies", "verdict", "why"),
    [
        ([says()], "pass", "no word and no answer of another conversation was forwarded"),
        ([says("Known: BARNABY the dog")], "fail", 'words of another conversation were forwarded: "Barnaby"'),
        ([says("heron-77"), says()], "fail", 'words of another conversation were forwarded: "heron-77"'),
        ([], "not_applicable", "nothing was forwarded to a model"),
    ],
)
def test_conversations_apart(tmp_path: Path, bodies: list[dict[str, Any]], verdict: str, why: str) -> None:
    """One word in one call is enough, whatever its case."""
    calls = [Call(body=body) for body in bodies]
    found = judge(tmp_path, "conversations_apart", {"foreign": ("Barnaby", "heron-77")}, calls=calls)
    assert (found.verdict, found.why) == (verdict, why)


def test_conversations_apart_needs_another_conversation(tmp_path: Path) -> None:
    """The first exchange of a run without declared words has nothing to hold."""
    assert judge(tmp_path, "conversations_apart").verdict == "not_applicable"


def apart(root: Path, later: ScenarioInfo, held: str, *, first: str = "lynkr") -> CheckResult:
    """A run in which one tells of Barnaby, and the gateway puts `held` before a later request.

    {marker} in it is that of the answer which was given to the first.
    """
    told = scenario("A1", sequence="travel", checks=("conversations_apart",))
    body = says("I am with Barnaby.")
    asks = scenario("A2", sequence="travel", foreign=("Barnaby",), checks=("conversations_apart",))
    variants = (variant("lynkr"), variant("portkey"))
    builder = RunBuilder(root, variants=variants, scenarios=(told, asks, later))
    record = builder.exchange(first, "A1", body=body, calls=[Call(body=body)])
    text = held.format(marker=record.marker)
    builder.exchange("lynkr", later.id, body=says(), calls=[Call(body=says(text))])
    return build_results(builder.store).cell("lynkr", later.id).checks["conversations_apart"]


def test_words_of_others_are_sought_in_every_later_request(tmp_path: Path) -> None:
    """Not in those of the scenario alone that declares them: memory that is shared shows anywhere."""
    later = scenario("Z9", checks=("conversations_apart",))
    found = apart(tmp_path / "a", later, "Known: Barnaby")
    assert (found.verdict, found.why) == ("fail", 'words of another conversation were forwarded: "Barnaby"')
    assert apart(tmp_path / "b", later, "Known: nothing").verdict == "pass"


def test_a_word_that_was_said_through_another_gateway_was_not_remembered(tmp_path: Path) -> None:
    """What one gateway was told, another cannot know: the word is its own."""
    later = scenario("Z9", checks=("conversations_apart",))
    assert apart(tmp_path, later, "Known: Barnaby", first="portkey").verdict == "not_applicable"


def test_an_answer_given_to_another_conversation_is_not_to_be_forwarded(tmp_path: Path) -> None:
    """Every answer carries a marker, so that no word need be declared."""
    later = scenario("Z9", checks=("conversations_apart",))
    found = apart(tmp_path / "a", later, "Earlier: {marker}")
    assert (found.verdict, found.why[:48]) == ("fail", "another conversation's answer was forwarded: tha")
    own = scenario("A3", sequence="travel", checks=("conversations_apart",))
    assert apart(tmp_path / "b", own, "Earlier: {marker}").verdict == "pass"
    other = scenario("A3", sequence="travel", other_client=True, checks=("conversations_apart",))
    assert apart(tmp_path / "c", other, "Earlier: {marker}").verdict == "fail"


def test_calls_of_an_earlier_attempt_are_no_duplicates(tmp_path: Path) -> None:
    """The client's own retry asks again; only the last attempt's calls are judged."""
    builder = RunBuilder(tmp_path, variants=(variant("lynkr"),))
    record = builder.exchange("lynkr", "S1", calls=[Call(), Call()], attempts=2)
    first, last = record.attempts
    moved = last.model_copy(update={"started_at": "2026-11-23T19:15:01.012+00:00"})  # the second call's time
    again = record.model_copy(update={"id": "r2-S1-lynkr", "repeat": 2, "attempts": (first, moved)})
    calls = [call.model_copy(update={"exchange": again.id}) for call in builder.store.upstream()]
    builder.store.append_exchange(again, calls)
    found = build_results(builder.store).cell("lynkr", "S1").checks["no_duplicate_calls"]
    assert (found.verdict, found.passed, found.of) == ("fail", 1, 2)
    assert found.why.startswith("2 upstream chat calls: claude-sonnet-4-5 (HTTP 200)")


def holding(*facts: tuple[str, ...]) -> dict[str, Any]:
    """A request that holds these facts, a line each."""
    text = "\n".join(" ".join(fact) for fact in facts)
    return {"model": "m", "messages": [{"role": "user", "content": f"Read this.\n{text}"}]}


@pytest.mark.parametrize(
    ("sent", "arrived", "verdict", "kept", "total"),
    [
        (FACTS, FACTS, "pass", 3, 3),
        (FACTS, FACTS[:2], "fail", 2, 3),
        (FACTS[:2], FACTS[:2], "pass", 2, 2),
        (FACTS[:2], FACTS[:1], "fail", 1, 2),
        ((), (), "not_applicable", None, 3),
    ],
)
def test_a_gateway_loses_no_fact_that_the_client_did_not_send(
    tmp_path: Path, sent: Facts, arrived: Facts, verdict: str, kept: int | None, total: int
) -> None:
    """What the request itself lacks is the scenario's fault, which the control shows."""
    infos = (scenario("S1", facts=FACTS),)
    builder = RunBuilder(tmp_path, variants=(variant("direct"), variant("lynkr")), scenarios=infos)
    for name in ("direct", "lynkr"):
        builder.exchange(name, "S1", body=holding(*sent), calls=[Call(body=holding(*arrived))])
    results = build_results(builder.store)
    found = results.cell("lynkr", "S1")
    assert found.checks["facts_kept"].verdict == verdict
    assert (found.facts.kept, found.facts.total) == (kept, total)
    lacking = results.cell("direct", "S1").checks["facts_kept"].verdict
    assert lacking == ("pass" if arrived == FACTS else "fail")
