"""Checks of what gateways state: usage and tiers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab.records.models import Claim
from lab.report.build import build_results
from lab.tokens import TokenParts
from lab.wires.neutral import Usage
from tests.unit.checks.judging import judge
from tests.unit.records_builder import Call, RunBuilder, marker_of, scenario, variant


@pytest.mark.parametrize(
    ("claimed", "tokens", "verdict"),
    [
        (100, 100, "pass"),
        (108, 100, "near"),
        (92, 100, "near"),
        (109, 100, "fail"),
        (1020, 1000, "near"),
        (1021, 1000, "fail"),
        (0, 100, "fail"),
        (None, 100, "fail"),
        (0, 7, "fail"),
        (1, 7, "near"),
    ],
)
def test_usage_honest(tmp_path: Path, claimed: int | None, tokens: int, verdict: str) -> None:
    """A claim is what the provider states; of a count it may be off by 8 tokens or 2 %, but not be 0."""
    calls = [Call(tokens=TokenParts(messages=tokens))]
    usage = Usage(input=claimed, output=20)
    stated = judge(tmp_path / "a", "usage_honest", calls=calls, usage=usage)
    assert stated.verdict == ("fail" if verdict == "near" else verdict)
    silent = [replace(UNSTATED, tokens=TokenParts(messages=tokens))]
    counted = judge(tmp_path / "b", "usage_honest", calls=silent, usage=usage)
    assert counted.verdict == ("pass" if verdict == "near" else verdict)


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


@pytest.mark.parametrize("claimed", [1, 8, 143])
@pytest.mark.parametrize("check", ["usage_honest", "output_usage_honest"])
def test_what_is_close_enough_needs_a_call_to_be_close_to(tmp_path: Path, check: str, claimed: int) -> None:
    """Where nothing was forwarded and no cache is proven, any claim but 0 is made up."""
    excuse: dict[str, Any] = {"calls": [Call(status=400)], "marker": ""}
    made_up = judge(tmp_path / "a", check, usage=Usage(input=claimed, output=claimed), **excuse)
    assert made_up.verdict == "fail"
    assert made_up.why.endswith("though nothing was forwarded to a model")
    assert judge(tmp_path / "b", check, usage=Usage(input=0, output=0), **excuse).verdict == "pass"


@pytest.mark.parametrize(("claimed", "verdict"), [(20, "pass"), (19, "fail"), (28, "fail"), (0, "fail")])
def test_output_is_judged_as_input_is(tmp_path: Path, claimed: int, verdict: str) -> None:
    """A claim of output is what the provider states too; the input does not matter for it."""
    found = judge(tmp_path, "output_usage_honest", usage=Usage(input=100, output=claimed))
    assert (found.verdict, found.why) == (verdict, f"claims {claimed} output tokens, the provider states 20")


UNSTATED = Call(wire="chat", path="/v1/chat/completions", usage=Usage(), stream=True)


@pytest.mark.parametrize(
    ("options", "stream", "end"),
    [
        (None, True, ", as the gateway did not ask for usage"),
        ({"include_usage": False}, True, ", as the gateway did not ask for usage"),
        ({"include_usage": True}, True, ""),
        (None, False, ""),
    ],
)
def test_usage_that_no_provider_stated_is_not_said_to_be_stated(
    tmp_path: Path, options: dict[str, bool] | None, stream: bool, end: str
) -> None:
    """What was forwarded is what was counted here; that it was not asked for is said where it shows."""
    body = {"messages": [], "stream": stream, **({"stream_options": options} if options else {})}
    call = replace(UNSTATED, body=body, stream=stream)
    exchange: dict[str, Any] = {"calls": [call], "usage": Usage(input=0, output=0), "stream": True}
    found = judge(tmp_path / "a", "usage_honest", **exchange)
    assert found.verdict == "fail"
    assert found.why == (
        f"claims 0 input tokens; 100 were forwarded, and the provider's answer stated none{end}"
    )
    found = judge(tmp_path / "b", "output_usage_honest", **exchange)
    assert found.verdict == "fail"
    assert found.why == f"claims 0 output tokens; 20 are in the provider's answer, and it stated none{end}"


def test_usage_that_one_of_two_answers_stated(tmp_path: Path) -> None:
    """A sum of a stated and a counted part is called neither."""
    calls = [Call(), UNSTATED]
    found = judge(tmp_path, "usage_honest", calls=calls, usage=Usage(input=100, output=20))
    assert found.why == "claims 100 input tokens; 200 were forwarded, and 1 of 2 answers stated none"


@pytest.mark.parametrize(
    ("first", "again", "verdict"),
    [
        (100, 0, "pass"),
        (100, 100, "pass"),
        (100, 101, "fail"),
        (500, 500, "pass"),  # what the first answer claimed, whether true or not: that is judged there
        (500, 100, "pass"),  # what the provider stated for it
        (None, 100, "pass"),
        (None, 300, "fail"),
    ],
)
@pytest.mark.parametrize("side", ["input", "output"])
def test_a_cache_may_repeat_the_usage_of_its_answer(
    tmp_path: Path, side: str, first: int | None, again: int, verdict: str
) -> None:
    """An answer from a cache claims nothing, or what the same answer claimed or cost when it was fresh."""
    infos = (scenario("A", sequence="pair"), scenario("B", sequence="pair"))
    builder = RunBuilder(tmp_path, variants=(variant("lynkr", cache="exact"),), scenarios=infos)
    builder.exchange("lynkr", "A", calls=[Call(out=100)], usage=Usage(**{side: first}))
    builder.exchange("lynkr", "B", calls=[], marker=marker_of("r1-A-lynkr"), usage=Usage(**{side: again}))
    check = "usage_honest" if side == "input" else "output_usage_honest"
    found = build_results(builder.store).cell("lynkr", "B").checks[check]
    assert found.verdict == verdict
    if again and verdict == "pass":
        assert found.why == (
            f"claims {again} {side} tokens: repeats the usage of r1-A-lynkr, nothing was forwarded to a model"
        )


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


@pytest.mark.parametrize(("silent", "verdict"), [(True, "not_applicable"), (False, "fail")])
def test_an_answer_that_a_scenario_writes_itself_may_state_no_usage(
    tmp_path: Path, silent: bool, verdict: str
) -> None:
    """Then no gateway has lost any."""
    builder = RunBuilder(tmp_path, scenarios=(scenario("S1", silent=silent),), repeats=1)
    builder.exchange("litellm", "S1", calls=[Call(usage=Usage())], usage=Usage())
    found = build_results(builder.store).cell("litellm", "S1").checks["usage_honest"]
    assert found.verdict == verdict
