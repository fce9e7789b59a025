"""Checks of what reached the client: its answer, its text, its tool calls."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from lab.report.build import build_results
from lab.wires.neutral import ToolCall
from tests.unit.checks.judging import judge
from tests.unit.records_builder import Call, RunBuilder, marker_of, scenario, variant

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
    """If the provider has none there is nothing to keep; text of the gateway's own is an addition."""
    silent = Call(text="", tool_calls=(READ,))
    found = judge(tmp_path / "a", "answer_text_kept", calls=[silent], marker="", text="Hello.")
    assert found.why == 'the provider\'s answer has no text, and 6 characters were added: "Hello."'
    found = judge(tmp_path / "b", "answer_text_kept", calls=[silent], marker="", no_text=True)
    assert (found.verdict, found.why) == ("not_applicable", "the provider's answer has no text")


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
    broken = judge(tmp_path / "b", "answered", raw_response=UNENDED, problems=("of an earlier version",))
    assert broken.verdict == "fail"
    assert broken.why == "the answer breaks its wire's rules: the message has no stop_reason"


UNENDED = orjson.dumps(
    {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [],
        "stop_reason": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }
)


def test_what_the_provider_says_in_the_same_way_is_no_fault_of_the_gateway(tmp_path: Path) -> None:
    """On one wire a gateway that passes on what it gets breaks no rule; one that translates does."""
    same = Call(response=UNENDED)
    seen = judge(tmp_path / "a", "answered", calls=[same], raw_response=UNENDED, problems=("a problem",))
    assert seen.verdict == "pass"
    other = replace(same, wire="chat")
    seen = judge(tmp_path / "b", "answered", calls=[other], raw_response=UNENDED, problems=("a problem",))
    assert seen.verdict == "fail"


def test_a_problem_that_is_none_any_more_fails_nothing(tmp_path: Path) -> None:
    """Records of earlier versions name problems that are legal, as is known now."""
    seen = judge(tmp_path, "answered", problems=("content.0: no such block",))
    assert seen.verdict == "pass"


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
