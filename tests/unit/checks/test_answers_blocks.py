"""Where things stand in an answer, and calls and choices in unusual but legal shapes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.checks.judging import judge
from tests.unit.checks.test_answers_bodies import ASKS_NOT, Body, judged
from tests.unit.records_builder import Call
from tests.unit.wires.test_answers import COMPLETION, RESPONSE, changed
from tests.unit.wires.test_answers_legal import REFUSED, SEARCH, THINKING, completion, message

TEXT: dict[str, Any] = {"type": "text", "text": "Hello"}
CITATION = {
    "type": "char_location",
    "cited_text": "the sky",
    "document_index": 0,
    "document_title": None,
    "start_char_index": 0,
    "end_char_index": 7,
}
MORE: dict[str, Any] = {"type": "text", "text": "Bye"}
SAID = changed(
    RESPONSE["output"][0], "content", [{"type": "output_text", "text": "Hello", "annotations": []}]
)


def _message(*blocks: dict[str, Any], **more: Any) -> Body:
    return Body("messages", message(list(blocks), "end_turn", **more))


def _chat(**answer: Any) -> Body:
    return Body("chat", completion({"content": None, "refusal": None} | answer))


def _chosen(*choices: dict[str, Any]) -> Body:
    base = {"finish_reason": "stop", "logprobs": None}
    return Body("chat", changed(COMPLETION, "choices", [base | choice for choice in choices]))


def _choice(index: int, **more: Any) -> dict[str, Any]:
    return {"index": index, "message": {"role": "assistant", "content": f"{index}", "refusal": None} | more}


def _response(*items: dict[str, Any]) -> Body:
    return Body("responses", RESPONSE | {"output": list(items)})


def _cited(url: str) -> dict[str, Any]:
    where = {"type": "url_citation", "url": url, "title": "t", "start_index": 0, "end_index": 5}
    return changed(SAID, "content.0.annotations", [where])


def _annotated(url: str) -> Body:
    where = {"url": url, "title": "t", "start_index": 0, "end_index": 5}
    return _chat(content="Hello", annotations=[{"type": "url_citation", "url_citation": where}])


CALLED = {"name": "now", "arguments": '{"zone": "UTC"}'}
CALL = {"id": "call_1", "type": "function", "function": CALLED}
RESPACED = CALL | {"function": CALLED | {"arguments": '{"zone":"UTC"}'}}
OTHER_CALL = CALL | {"function": CALLED | {"arguments": '{"zone":"CET"}'}}
PROBABLE: dict[str, Any] = {
    "content": [{"token": "1", "logprob": -0.1, "bytes": None, "top_logprobs": []}],
    "refusal": None,
}
CONTAINER = {"id": "container_1", "expires_at": "2026-11-28T00:00:00Z"}
EDITS = {"applied_edits": [{"type": "clear_thinking_20251015", "cleared_thinking_turns": 1}]}


@pytest.mark.parametrize(
    ("given", "got", "verdict"),
    [
        (_message(THINKING, TEXT), _message(TEXT, THINKING), "fail"),
        (_message(THINKING, TEXT, MORE), _message(THINKING, TEXT | {"text": "HelloBye"}), "pass"),
        # A citation belongs to its block.
        (
            _message(TEXT | {"citations": [CITATION]}, MORE),
            _message(TEXT, MORE | {"citations": [CITATION]}),
            "fail",
        ),
        (_message(TEXT, container=CONTAINER), _message(TEXT), "fail"),
        (_message(TEXT, context_management=EDITS), _message(TEXT), "fail"),
        (_message(TEXT), _message(TEXT, container=CONTAINER), "not_applicable"),
        (_message(SEARCH | {"caller": {"type": "direct"}}, TEXT), _message(SEARCH, TEXT), "pass"),
        (_message(SEARCH, TEXT), _message(TEXT, SEARCH), "fail"),
        (_message(TEXT, context_management={"applied_edits": []}), _message(TEXT), "not_applicable"),
        (_chat(function_call=CALLED), _chat(content="Hello"), "fail"),
        (_chat(function_call=CALLED), _chat(function_call=CALLED | {"arguments": '{"zone":"UTC"}'}), "pass"),
        (_chosen(_choice(0), _choice(1)), _chosen(_choice(1), _choice(0)), "pass"),
        (
            _chosen(_choice(0), _choice(1, tool_calls=[CALL])),
            _chosen(_choice(0), _choice(1, tool_calls=[RESPACED])),
            "pass",
        ),
        (
            _chosen(_choice(0), _choice(1, tool_calls=[CALL])),
            _chosen(_choice(0), _choice(1, tool_calls=[OTHER_CALL])),
            "fail",
        ),
        (
            _chosen(_choice(0), _choice(1) | {"logprobs": PROBABLE}),
            _chosen(_choice(0), _choice(1)),
            "fail",
        ),
        (
            _chosen(_choice(0), _choice(1, reasoning_content="Hm.")),
            _chosen(_choice(0), _choice(1)),
            "fail",
        ),
        (_response(SAID | {"phase": "commentary"}), _response(SAID), "fail"),
        (_response(SAID | {"phase": "commentary"}), _response(SAID | {"phase": "final_answer"}), "fail"),
        (_response(_cited("https://a.example")), _response(_cited("https://b.example")), "fail"),
        (_response(_cited("https://a.example")), _annotated("https://a.example"), "pass"),
        (_response(_cited("https://a.example")), _annotated("https://b.example"), "fail"),
        (_annotated("https://a.example"), _response(_cited("https://b.example")), "fail"),
    ],
)
def test_what_belongs_to_a_block_or_a_choice_is_kept_with_it(
    tmp_path: Path, given: Body, got: Body, verdict: str
) -> None:
    """Order, citations, phases, containers and what further choices hold; spelling says nothing."""
    found = judged(tmp_path, "answer_parts_kept", given, got)
    assert (found.verdict, found.why) == (verdict, found.why)


@pytest.mark.parametrize("thinking", [{"type": "enabled", "budget_tokens": 1024}, {"type": "adaptive"}, None])
@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_reasoning_of_the_chat_wire_reaches_whoever_asked_for_thinking(
    tmp_path: Path, thinking: dict[str, Any] | None, name: str
) -> None:
    """The client's wire has a place for it, whatever the provider calls it."""
    asked = ASKS_NOT | ({"thinking": thinking} if thinking else {})
    given = _chat(content="Hello", **{name: "Hm, well."})
    found = judged(tmp_path / "a", "answer_parts_kept", given, _message(TEXT), body=asked)
    assert found.verdict == ("fail" if thinking else "not_applicable")
    told = _message({"type": "thinking", "thinking": "Hm, well.", "signature": ""}, TEXT)
    assert judged(tmp_path / "b", "answer_parts_kept", given, told, body=asked).verdict == "pass"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("blocks", "text", "verdict"),
    [
        ((TEXT, MORE), "HelloBye", "pass"),
        ((TEXT, MORE), "Hello\nBye", "pass"),
        ((TEXT, MORE), "Hello\n\nBye\n", "pass"),
        ((TEXT, MORE), "Hello, Bye", "fail"),
        ((TEXT, MORE), "Bye\nHello", "fail"),
        ((TEXT, MORE), "Hello", "fail"),
        ((TEXT, MORE), "Hello\nBye\nBuy now", "fail"),
        ((TEXT,), "Hel\nlo", "fail"),
    ],
)
def test_blocks_of_text_may_be_joined_with_white_space(
    tmp_path: Path, blocks: tuple[dict[str, Any], ...], text: str, verdict: str, stream: bool
) -> None:
    """A wire with one text per answer has them in one; within a block nothing may change."""
    given = "".join(block["text"] for block in blocks)
    call = Call(response=_message(*blocks).raw(stream=stream), stream=stream, text=given)
    got = _chat(content=text).raw(stream=stream)
    found = judge(
        tmp_path,
        "answer_text_kept",
        calls=[call],
        wire="openai",
        stream=stream,
        raw_response=got,
        text=text,
        marker="",
    )
    assert found.verdict == verdict


DECLINED = {"type": "refusal", "category": "cyber", "explanation": "We decline."}


@pytest.mark.parametrize(
    ("given", "got", "told", "verdicts"),
    [
        # Its text as a refusal, and what is said of it as a refusal or as text.
        (("No.", None), {"refusal": "No."}, "", ("pass", "pass")),
        (("", DECLINED), {"refusal": "We decline."}, "", ("not_applicable", "pass")),
        (("", DECLINED), {"content": "We decline."}, "We decline.", ("pass", "not_applicable")),
        (("No.", None), {"refusal": "Never."}, "", ("fail", "fail")),
        (("No.", None), {}, "", ("fail", "not_applicable")),
        (("", None), {"content": "We decline."}, "We decline.", ("fail", "not_applicable")),
    ],
)
def test_a_refusal_has_another_place_on_another_wire(
    tmp_path: Path,
    given: tuple[str, dict[str, Any] | None],
    got: dict[str, str],
    told: str,
    verdicts: tuple[str, str],
) -> None:
    """OpenAI has a field for its words, where Anthropic says by the stop reason what its text is."""
    text, details = given
    blocks = [{"type": "text", "text": text}] if text else []
    call = Call(
        response=Body("messages", message(blocks, "refusal", stop_details=details)).raw(stream=False),
        text=text,
    )
    arrived = _chat(**got).raw(stream=False)
    found = [
        judge(
            tmp_path / check,
            check,
            calls=[call],
            wire="openai",
            raw_response=arrived,
            text=told,
            marker="",
            no_text=not told,
        )
        for check in ("answer_text_kept", "answer_parts_kept")
    ]
    assert tuple(one.verdict for one in found) == verdicts, [one.why for one in found]


CUSTOM = {"id": "call_1", "type": "custom", "custom": {"name": "sql", "input": "select 1"}}
OTHER = CUSTOM | {"custom": {"name": "sql", "input": "drop table"}}
ITEM = {"type": "custom_tool_call", "call_id": "call_1", "name": "sql", "input": "select 1"}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("given", "got", "verdict"),
    [
        (_chat(tool_calls=[CUSTOM]), _chat(tool_calls=[CUSTOM]), "pass"),
        (_chat(tool_calls=[CUSTOM]), _chat(tool_calls=[OTHER]), "fail"),
        (_chat(tool_calls=[CUSTOM]), _chat(content="Hello"), "fail"),
        (_response(ITEM), _chat(tool_calls=[CUSTOM]), "pass"),
        (_response(ITEM), _chat(tool_calls=[OTHER]), "fail"),
        (_response(ITEM), _response(ITEM | {"input": "drop table"}), "fail"),
    ],
)
def test_calls_with_free_text_are_calls(
    tmp_path: Path, given: Body, got: Body, verdict: str, stream: bool
) -> None:
    """Of OpenAI's custom tools, on both of its wires."""
    found = judged(tmp_path, "tool_call_intact", given, got, stream=stream)
    assert found.verdict == verdict


def test_null_members_of_stop_details_say_nothing(tmp_path: Path) -> None:
    """Types that leave them out write the same answer."""
    given = Body("messages", message([], "refusal", stop_details=REFUSED))
    told = {key: value for key, value in REFUSED.items() if value is not None}
    got = Body("messages", message([], "refusal", stop_details=told))
    assert judged(tmp_path, "stop_reason_kept", given, got).verdict == "pass"
