"""Checks: what each says of an exchange, and when it does not apply."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab.checks import Judgement, check, check_infos, registered
from lab.checks.registry import Need, applicable
from lab.exchange.view import ExchangeView
from lab.records.models import Claim
from lab.report.build import build_results
from lab.results.models import CheckResult
from lab.tokens import TokenParts
from lab.wires.neutral import ToolCall, Usage
from tests.paths import ROOT
from tests.unit.records_builder import Call, RunBuilder, marker_of, scenario, variant

NAMES = (
    "answered",
    "provenance",
    "tool_call_intact",
    "answer_text_kept",
    "request_accepted",
    "facts_kept",
    "tools_kept",
    "tools_added",
    "conversations_apart",
    "no_duplicate_calls",
    "tier_acceptable",
    "usage_honest",
    "output_usage_honest",
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


def test_every_check_is_about_a_topic_of_the_report() -> None:
    """A check that belongs to no folder of lab/topics has lost its place."""
    topics = {path.parent.name for path in (ROOT / "lab" / "topics").glob("*/__init__.py")}
    assert {info.about for info in check_infos()} <= topics


def test_a_scenario_that_declares_nothing_is_judged_by_what_judges_any_answer() -> None:
    """What it declares adds the checks of that, and of nothing else."""
    plain = set(applicable(()))
    assert "answered" in plain
    facts: list[Need] = ["facts"]
    tiers: list[Need] = ["tiers"]
    assert set(applicable(facts)) - plain == {"facts_kept"}
    assert set(applicable(tiers)) - plain == {"tier_acceptable", "tier_claim_true"}


def test_a_check_name_can_be_taken_once() -> None:
    """Two checks of one name would hide each other."""

    def answered(_: ExchangeView) -> Judgement:
        raise AssertionError

    with pytest.raises(ValueError, match="answered is registered twice"):
        check("again", about="verdicts")(answered)
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


def says(*texts: str) -> dict[str, Any]:
    """A request with these system texts and a question, on the Anthropic wire."""
    system = [{"type": "text", "text": text} for text in texts]
    return {"model": "m", "system": system, "messages": [{"role": "user", "content": "Who is in?"}]}


@pytest.mark.parametrize(
    ("bodies", "verdict", "why"),
    [
        ([says()], "pass", "none of 2 words of another conversation was forwarded"),
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


def test_conversations_apart_needs_words_to_look_for(tmp_path: Path) -> None:
    """Where none are declared, nothing is said."""
    assert judge(tmp_path, "conversations_apart").verdict == "not_applicable"


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


@pytest.mark.parametrize("claimed", [1, 8, 143])
@pytest.mark.parametrize("check", ["usage_honest", "output_usage_honest"])
def test_what_is_close_enough_needs_a_call_to_be_close_to(tmp_path: Path, check: str, claimed: int) -> None:
    """Where nothing was forwarded and no cache is proven, any claim but 0 is made up."""
    excuse: dict[str, Any] = {"calls": [Call(status=400)], "marker": ""}
    made_up = judge(tmp_path / "a", check, usage=Usage(input=claimed, output=claimed), **excuse)
    assert made_up.verdict == "fail"
    assert made_up.why.endswith("though nothing was forwarded to a model")
    assert judge(tmp_path / "b", check, usage=Usage(input=0, output=0), **excuse).verdict == "pass"


@pytest.mark.parametrize(("claimed", "verdict"), [(20, "pass"), (28, "pass"), (29, "fail"), (0, "fail")])
def test_output_is_judged_as_input_is(tmp_path: Path, claimed: int, verdict: str) -> None:
    """A claim of output may be off by 8 tokens or 2 % too; the input does not matter for it."""
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
        (100, 108, "pass"),
        (100, 109, "fail"),
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


READ = ToolCall(id="1", name="Read", input={"file_path": "README"})


@pytest.mark.parametrize(
    ("given", "got", "verdict", "why"),
    [
        ((READ,), (replace(READ, id="other"),), "pass", "1 tool calls arrived unchanged"),
        ((), (), "not_applicable", "no tool was called"),
        ((READ,), (), "fail", "the provider called Read; what arrived is none"),
        ((), (READ,), "fail", "the provider called no tool; what arrived is Read"),
        (
            (READ,),
            (replace(READ, input={"file_path": "README.md"}),),
            "fail",
            (
                "the provider called Read; what arrived is Read with other arguments: "
                'file_path "README" arrived as "README.md"'
            ),
        ),
    ],
)
def test_tool_call_intact(
    tmp_path: Path, given: tuple[ToolCall, ...], got: tuple[ToolCall, ...], verdict: str, why: str
) -> None:
    """Names and arguments must arrive; ids belong to the wire."""
    found = judge(tmp_path, "tool_call_intact", calls=[Call(tool_calls=given)], tool_calls=got)
    assert (found.verdict, found.why) == (verdict, why)


TEXT = "I'll get both at once.\n\nlabmark-0123456789abcdef"


@pytest.mark.parametrize(
    ("got", "tools", "why"),
    [
        (TEXT, 0, "the text arrived unchanged"),
        (f"\n{TEXT} ", 0, "the text arrived unchanged but for white space at its ends"),
        ("", 1, 'the text beside the tool call was dropped (48 characters): "'),
        (" ", 2, 'the text beside the tool calls was dropped (48 characters): "'),
        ("", 0, 'the text was dropped (48 characters): "'),
        (TEXT[:-4], 0, '4 characters were cut at its end, of 48: "cdef"'),
        (TEXT[5:], 0, '5 characters were cut at its beginning, of 48: "I\'ll"'),
        (TEXT.replace("both ", ""), 0, '5 characters were cut within the text, of 48: "both"'),
        (f"{TEXT}\n\nBuy <b>more</b>", 0, '17 characters were appended: "Buy <b>more</b>"'),
        (f"{TEXT}!", 0, '1 character was appended: "!"'),
        (f"Hi! {TEXT}", 0, '4 characters were put before it: "Hi!"'),
        (TEXT.replace("at", "now, at"), 0, '5 characters were inserted: "now,"'),
        ("Nein.", 0, "the text was replaced: \"I'll get"),
        (TEXT.replace("both", "none"), 0, "the text was changed: \"I'll get both"),
    ],
)
def test_answer_text_kept(tmp_path: Path, got: str, tools: int, why: str) -> None:
    """Dropped, cut, appended and replaced text is told apart; white space at the ends is no difference."""
    made = tuple(replace(READ, id=str(n)) for n in range(tools))
    call = Call(text=TEXT, tool_calls=made)
    found = judge(tmp_path, "answer_text_kept", calls=[call], marker="", text=got, tool_calls=made)
    assert found.verdict == ("pass" if "unchanged" in why else "fail")
    assert found.why.startswith(why)


def test_hostile_text_in_an_answer_is_quoted(tmp_path: Path) -> None:
    """One line, no control characters, and not all of a long text."""
    got = f"{TEXT}\x1b[31m\n" + "x" * 5000
    found = judge(tmp_path, "answer_text_kept", calls=[Call(text=TEXT)], marker="", text=got)
    assert found.why.isprintable()
    assert len(found.why) < 200


def test_text_where_the_provider_gave_none(tmp_path: Path) -> None:
    """No text is as good as any where the provider has none; text of the gateway's own is not."""
    silent = Call(text="", tool_calls=(READ,))
    found = judge(tmp_path / "a", "answer_text_kept", calls=[silent], marker="", text="Hello.")
    assert found.why == 'the provider\'s answer has no text, and 6 characters were added: "Hello."'
    builder = RunBuilder(tmp_path / "b", variants=(variant("lynkr"),))
    record = builder.exchange("lynkr", "S1", calls=[silent], marker="")
    empty = record.answer.model_copy(update={"text_sha": None})
    calls = [call.model_copy(update={"exchange": "r2"}) for call in builder.store.upstream()]
    builder.store.append_exchange(record.model_copy(update={"id": "r2", "repeat": 2, "answer": empty}), calls)
    found = build_results(builder.store).cell("lynkr", "S1").checks["answer_text_kept"]
    assert (found.passed, found.of) == (1, 2)


@pytest.mark.parametrize(
    ("calls", "why"),
    [
        ([], "no model was asked"),
        ([Call(status=400)], "no model was asked"),
        ([Call()], "the text of the provider's answer was not recorded"),
    ],
)
def test_text_that_cannot_be_compared(tmp_path: Path, calls: list[Call], why: str) -> None:
    """Records of earlier versions have no text of the provider's, and excuses have no original."""
    found = judge(tmp_path, "answer_text_kept", calls=calls, marker="")
    assert (found.verdict, found.why) == ("not_applicable", why)


def test_the_text_of_a_real_model_is_compared_too_and_that_of_a_cache_is_not(tmp_path: Path) -> None:
    """No marker is needed for the one; the other is an answer to an earlier request."""
    call = Call(answered_by="ollama", text="UDP is fast.")
    found = judge(tmp_path / "a", "answer_text_kept", calls=[call], marker="", text="UDP is fast. Buy!")
    assert found.why == '5 characters were appended: "Buy!"'
    infos = (scenario("A", sequence="pair"), scenario("B", sequence="pair"))
    builder = RunBuilder(tmp_path / "b", variants=(variant("lynkr"),), scenarios=infos)
    builder.exchange("lynkr", "A")
    builder.exchange("lynkr", "B", calls=[Call(text=TEXT)], marker=marker_of("r1-A-lynkr"))
    found = build_results(builder.store).cell("lynkr", "B").checks["answer_text_kept"]
    assert (found.verdict, found.why) == (
        "not_applicable",
        "a cache answered: the answer is that of r1-A-lynkr",
    )


def test_any_answer_of_the_last_attempt_may_be_the_one_that_arrives(tmp_path: Path) -> None:
    """A gateway that asks twice is told so elsewhere; which answer it returns is its choice."""
    calls = [Call(text="One."), Call(text="Two.")]
    for n, text in enumerate(("One.", "Two.")):
        found = judge(tmp_path / str(n), "answer_text_kept", calls=calls, marker="", text=text)
        assert found.verdict == "pass"


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
