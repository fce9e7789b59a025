"""Checks: what each says of an exchange, and when it does not apply."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.checks import Judgement, check, check_infos, registered
from lab.measures.view import ExchangeView
from lab.results.build import build_results
from lab.results.records import Claim, TokenParts, ToolCall, Usage
from lab.results.tables import CheckResult
from tests.unit.records_builder import Call, RunBuilder, scenario, variant

NAMES = (
    "answered",
    "provenance",
    "tool_call_intact",
    "request_accepted",
    "facts_kept",
    "tools_kept",
    "tools_added",
    "no_duplicate_calls",
    "tier_acceptable",
    "usage_honest",
    "tier_claim_true",
    "tool_choice_kept",
    "parallel_calls_kept",
    "tool_history_kept",
    "tool_ids_kept",
    "system_kept",
    "messages_kept",
    "params_kept",
    "content_added",
    "cache_control_kept",
    "headers_kept",
)


def judge(root: Path, name: str, info: dict[str, Any] | None = None, **exchange: Any) -> CheckResult:
    """What a check says of one exchange through a routing variant."""
    builder = RunBuilder(
        root, variants=(variant("direct"), variant("lynkr")), scenarios=(scenario("S1", **(info or {})),)
    )
    builder.exchange("lynkr", "S1", **exchange)
    return build_results(builder.store).cell("lynkr", "S1").checks[name]


def test_the_names_of_checks_are_stable() -> None:
    """Reports of different versions can be compared by check name."""
    assert tuple(info.name for info in check_infos()) == NAMES
    assert all(info.title for info in check_infos())


def test_a_check_name_can_be_taken_once() -> None:
    """Two checks of one name would hide each other."""

    def answered(_: ExchangeView) -> Judgement:
        raise AssertionError

    with pytest.raises(ValueError, match="answered is registered twice"):
        check("again")(answered)
    assert len(registered()) == len(NAMES)


def test_every_check_says_why_whatever_the_exchange(tmp_path: Path) -> None:
    """There is a sentence for each check of a failed, an empty and an ordinary exchange."""
    cases: tuple[dict[str, Any], ...] = (
        {},
        {"calls": []},
        {"status": "failed", "reason": "time-out", "calls": []},
    )
    for number, case in enumerate(cases):
        for name in NAMES:
            assert judge(tmp_path / f"{number}{name}", name, **case).why


def test_a_failed_exchange_keeps_most_checks_away(tmp_path: Path) -> None:
    """Only the answer and the forwarded request can be judged without an answer."""
    failed: dict[str, Any] = {"status": "failed", "reason": "HTTP 500: broken"}
    assert judge(tmp_path / "a", "answered", **failed) == CheckResult(
        verdict="fail", why="HTTP 500: broken", passed=0, of=1
    )
    assert judge(tmp_path / "b", "request_accepted", **failed).verdict == "pass"
    assert judge(tmp_path / "c", "usage_honest", **failed).why == "the exchange failed"


@pytest.mark.parametrize(
    ("calls", "verdict", "why"),
    [
        ([Call()], "pass", "the provider accepts every call that was forwarded"),
        ([Call(status=400, error="bad role")], "fail", "1 of 1 calls rejected: HTTP 400: bad role"),
        ([Call(status=404), Call()], "fail", "1 of 2 calls rejected: HTTP 404: no reason given"),
        (
            [Call(status=429), Call(status=500), Call()],
            "pass",
            "the provider accepts every call that was forwarded",
        ),
        ([], "not_applicable", "nothing was forwarded to a model"),
    ],
)
def test_request_accepted(tmp_path: Path, calls: list[Call], verdict: str, why: str) -> None:
    """A 4xx is a rejection, unless the provider was only busy."""
    found = judge(tmp_path, "request_accepted", calls=calls)
    assert (found.verdict, found.why) == (verdict, why)


@pytest.mark.parametrize(
    ("calls", "verdict"),
    [
        ([Call()], "pass"),
        ([Call(), Call()], "fail"),
        ([Call(status=500), Call()], "fail"),
        ([], "not_applicable"),
    ],
)
def test_no_duplicate_calls(tmp_path: Path, calls: list[Call], verdict: str) -> None:
    """One question, one call; what a cache answers is outside."""
    assert judge(tmp_path, "no_duplicate_calls", calls=calls).verdict == verdict


def test_calls_of_an_earlier_attempt_are_no_duplicates(tmp_path: Path) -> None:
    """The client's own retry asks again; only the last attempt's calls are judged."""
    builder = RunBuilder(tmp_path, variants=(variant("lynkr"),))
    record = builder.exchange("lynkr", "S1", calls=[Call(status=500), Call()], attempts=2)
    first, last = record.attempts
    moved = last.model_copy(update={"started_at": "2026-11-23T19:15:01.012+00:00"})  # the second call's time
    again = record.model_copy(update={"id": "r2-S1-lynkr", "repeat": 2, "attempts": (first, moved)})
    calls = [call.model_copy(update={"exchange": again.id}) for call in builder.store.upstream()]
    builder.store.append_exchange(again, calls)
    found = build_results(builder.store).cell("lynkr", "S1").checks["no_duplicate_calls"]
    assert (found.verdict, found.passed, found.of) == ("fail", 1, 2)
    assert found.why.startswith("2 upstream chat calls: claude-sonnet-4-5 (HTTP 500)")


@pytest.mark.parametrize(
    ("claimed", "tokens", "verdict"),
    [
        (100, 100, "pass"),
        (108, 100, "pass"),
        (92, 100, "pass"),
        (109, 100, "fail"),
        (1020, 1000, "pass"),
        (1021, 1000, "fail"),
        (0, 100, "fail"),
        (None, 100, "not_applicable"),
        (0, 7, "fail"),
        (1, 7, "pass"),
    ],
)
def test_usage_honest(tmp_path: Path, claimed: int | None, tokens: int, verdict: str) -> None:
    """A claim may be off by 8 tokens or 2 %, whichever is more, and is never 0 where a model read some."""
    calls = [Call(tokens=TokenParts(messages=tokens))]
    found = judge(tmp_path, "usage_honest", calls=calls, usage=Usage(input=claimed, output=20))
    assert found.verdict == verdict


def test_usage_is_compared_with_what_the_provider_states(tmp_path: Path) -> None:
    """A real model counts with its own tokenizer: its usage is the truth, not the lab's count."""
    call = Call(tokens=TokenParts(messages=100), usage=Usage(input=150), answered_by="ollama")
    found = judge(tmp_path / "a", "usage_honest", calls=[call], marker="", usage=Usage(input=150))
    assert found.verdict == "pass"
    silent = Call(usage=Usage(output=3), answered_by="ollama")
    found = judge(tmp_path / "b", "usage_honest", calls=[silent], marker="", usage=Usage(input=150))
    assert (found.verdict, found.why) == ("not_applicable", "the model stated no usage to compare with")


def test_usage_claimed_without_any_call_is_not_honest(tmp_path: Path) -> None:
    """A cached answer that claims tokens claims what nobody was billed for."""
    found = judge(tmp_path, "usage_honest", calls=[], usage=Usage(input=143))
    assert found.why == "claims 143 input tokens, though nothing was forwarded to a model"
    assert found.verdict == "fail"


@pytest.mark.parametrize(
    ("claimed", "model", "verdict"),
    [
        ("simple", "kimi-lab-simple", "pass"),
        ("SIMPLE", "kimi-lab-medium", "fail"),
        ("SIMPLE", "claude-sonnet-4-5", "fail"),
        (None, "kimi-lab-simple", "not_applicable"),
    ],
)
def test_tier_claim_true(tmp_path: Path, claimed: str | None, model: str, verdict: str) -> None:
    """The claim is compared with the tier of the model that answered at the meter."""
    found = judge(tmp_path, "tier_claim_true", calls=[Call(model=model)], claim=Claim(tier=claimed))
    assert found.verdict == verdict


@pytest.mark.parametrize(
    ("accepted", "model", "verdict"),
    [
        (("SIMPLE",), "kimi-lab-simple", "pass"),
        (("SIMPLE",), "kimi-lab-reasoning", "fail"),
        (("SIMPLE",), "claude-sonnet-4-5", "fail"),
        ((), "kimi-lab-reasoning", "not_applicable"),
    ],
)
def test_tier_acceptable(tmp_path: Path, accepted: tuple[str, ...], model: str, verdict: str) -> None:
    """A router that leaves the tiers altogether has not picked an acceptable one."""
    info = {"acceptable_tiers": accepted}
    assert judge(tmp_path, "tier_acceptable", info, calls=[Call(model=model)]).verdict == verdict


READ = ToolCall(id="1", name="Read", input={"file_path": "README"})


@pytest.mark.parametrize(
    ("given", "got", "verdict", "why"),
    [
        ((READ,), (READ.model_copy(update={"id": "other"}),), "pass", "1 tool calls arrived unchanged"),
        ((), (), "not_applicable", "no tool was called"),
        ((READ,), (), "fail", "the provider called Read; what arrived is none"),
        ((), (READ,), "fail", "the provider called no tool; what arrived is Read"),
        (
            (READ,),
            (READ.model_copy(update={"input": {"file_path": "README.md"}}),),
            "fail",
            "the provider called Read; what arrived is Read with other arguments",
        ),
    ],
)
def test_tool_call_intact(
    tmp_path: Path, given: tuple[ToolCall, ...], got: tuple[ToolCall, ...], verdict: str, why: str
) -> None:
    """Names and arguments must arrive; ids belong to the wire."""
    found = judge(tmp_path, "tool_call_intact", calls=[Call(tool_calls=given)], tool_calls=got)
    assert (found.verdict, found.why) == (verdict, why)


def test_answered_needs_a_valid_answer_with_status_200(tmp_path: Path) -> None:
    """Problems on the wire and other statuses are fails."""
    assert judge(tmp_path / "a", "answered", http_status=206).why == "HTTP 206 instead of 200"
    builder = RunBuilder(tmp_path / "b")
    record = builder.exchange("direct", "S1")
    broken = record.answer.model_copy(update={"problems": ("stop_reason: missing",)})
    builder.store.append_exchange(record.model_copy(update={"id": "r2-S1-direct", "answer": broken}), [])
    found = build_results(builder.store).cell("direct", "S1").checks["answered"]
    assert (found.passed, found.of) == (1, 2)
    assert found.why == "the answer breaks its wire's rules: stop_reason: missing"


@pytest.mark.parametrize(
    ("asked", "came", "why"),
    [
        (True, "application/json", "application/json came instead of a stream"),
        (False, "text/event-stream; charset=utf-8", "a stream came, though none was asked for"),
        (True, "text/event-stream", None),
        (False, "application/json; charset=utf-8", None),
    ],
)
def test_answered_needs_a_stream_just_where_one_was_asked_for(
    tmp_path: Path, asked: bool, came: str, why: str | None
) -> None:
    """A client that reads events cannot read a whole body, nor the other way round."""
    builder = RunBuilder(tmp_path)
    record = builder.exchange("direct", "S1")
    attempt = record.attempts[-1].model_copy(update={"response_headers": {"content-type": came}})
    changed = {"id": "r2-S1-direct", "stream": asked, "attempts": (attempt,)}
    builder.store.append_exchange(record.model_copy(update=changed), [])
    found = build_results(builder.store).cell("direct", "S1").checks["answered"]
    assert (found.why if found.verdict == "fail" else None) == why
