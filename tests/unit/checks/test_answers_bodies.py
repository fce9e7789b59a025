"""What the provider's answer says, against what the client got of it, by their bodies, whole or streamed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lab.results.cell import CheckResult
from lab.wires.neutral import Usage
from tests.unit.checks.judging import judge
from tests.unit.records_builder import Call
from tests.unit.wires.test_answers import (
    COMPLETION,
    JSON,
    MESSAGE,
    RESPONSE,
    SSE,
    changed,
    chunk,
    events,
    response_events,
)
from tests.unit.wires.test_answers_legal import (
    BLOCKS,
    CITED,
    REASONING,
    REFUSED,
    completion,
    message,
    streamed,
)

CLIENT = {"messages": "anthropic", "chat": "openai", "responses": "responses"}


@dataclass(frozen=True)
class Body:
    """An answer on a wire; `whole` is its JSON, from which its stream is made."""

    wire: str
    whole: dict[str, Any]

    def raw(self, *, stream: bool) -> bytes:
        """The bytes of the answer."""
        if not stream:
            return json.dumps(self.whole).encode()
        if self.wire == "messages":
            return streamed(self.whole)
        if self.wire == "responses":
            last = {"type": "response.completed", "response": self.whole, "sequence_number": 9}
            return events(response_events()[0], last)
        made = []
        for choice in self.whole["choices"]:
            pieces = [chunk(choice["message"]), chunk({}, choice["finish_reason"])]
            made += [changed(piece, "choices.0.index", choice["index"]) for piece in pieces]
        usage = [chunk({}, choices=[], usage=self.whole["usage"])] if "usage" in self.whole else []
        return events(*made, *usage, named=False) + b"data: [DONE]\n\n"


def judged(
    root: Path,
    check: str,
    given: Body,
    got: Body,
    *,
    stream: bool = False,
    body: dict[str, Any] | None = None,
) -> CheckResult:
    """What a check says of an answer that the provider gave and of what the client got."""
    call = Call(wire=given.wire, response=given.raw(stream=stream), stream=stream, body=body)
    return judge(
        root,
        check,
        calls=[call],
        wire=CLIENT[got.wire],
        stream=stream,
        raw_response=got.raw(stream=stream),
        content_type=SSE if stream else JSON,
        body=body,
    )


REFUSAL = Body("messages", message([], "refusal", stop_details=REFUSED))
STOPPED = Body("messages", message([CITED], "stop_sequence", stop_sequence="END"))
ENDED = Body("messages", message([CITED], "end_turn"))
EMPTY_END = Body("messages", message([], "end_turn"))
CUT = Body("messages", message([CITED], "max_tokens"))
CHAT_END = Body("chat", completion({"content": "Hello", "refusal": None}))
CHAT_CUT = Body("chat", completion({"content": "Hello", "refusal": None}, "length"))
CHAT_FILTERED = Body("chat", completion({"content": None, "refusal": None}, "content_filter"))
CHAT_REFUSED = Body("chat", completion({"content": None, "refusal": "No."}))
INCOMPLETE = Body(
    "responses", RESPONSE | {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("given", "got", "verdict"),
    [
        (REFUSAL, REFUSAL, "pass"),
        (REFUSAL, EMPTY_END, "fail"),
        (REFUSAL, Body("messages", message([], "refusal")), "fail"),
        (STOPPED, STOPPED, "pass"),
        (STOPPED, ENDED, "fail"),
        (CUT, CUT, "pass"),
        (CUT, ENDED, "fail"),
        (ENDED, ENDED, "not_applicable"),
        (ENDED, CUT, "fail"),
        (REFUSAL, CHAT_FILTERED, "pass"),
        (REFUSAL, CHAT_END, "fail"),
        (CUT, CHAT_CUT, "pass"),
        (CUT, CHAT_END, "fail"),
        (CHAT_CUT, CUT, "pass"),
        (CHAT_CUT, ENDED, "fail"),
        (CHAT_FILTERED, REFUSAL, "pass"),
        (CHAT_FILTERED, EMPTY_END, "fail"),
        (INCOMPLETE, CUT, "pass"),
        (INCOMPLETE, ENDED, "fail"),
        (INCOMPLETE, CHAT_CUT, "pass"),
    ],
)
def test_stop_reason_kept(tmp_path: Path, given: Body, got: Body, verdict: str, stream: bool) -> None:
    """On one wire as it is, across wires by the table; the ordinary end is no news."""
    assert judged(tmp_path, "stop_reason_kept", given, got, stream=stream).verdict == verdict


def test_an_answer_of_a_cache_or_of_nobody_has_no_end_to_keep(tmp_path: Path) -> None:
    """Nothing to compare with is no pass."""
    for n, calls in enumerate(([], [Call(status=400)], [Call()])):
        for check in ("stop_reason_kept", "answer_parts_kept", "usage_details_kept"):
            assert judge(tmp_path / f"{n}{check}", check, calls=calls).verdict == "not_applicable"


ALL_BLOCKS = Body("messages", message(BLOCKS, "end_turn"))
CHOICES = Body("chat", changed(COMPLETION, "choices", [
    {"index": n, "finish_reason": "stop", "logprobs": None,
     "message": {"role": "assistant", "content": text, "refusal": None}}
    for n, text in enumerate(("Ha", "Ho"))
]))  # fmt: skip
ONE_CHOICE = Body("chat", changed(CHOICES.whole, "choices", CHOICES.whole["choices"][:1]))
REASONED = Body("responses", RESPONSE | {"output": [REASONING, RESPONSE["output"][0]]})


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("gone", range(len(BLOCKS)))
def test_a_block_that_vanishes_from_the_answer_is_seen(tmp_path: Path, gone: int, stream: bool) -> None:
    """Thinking, redacted thinking, a server's tool and its result, citations, what is not known yet."""
    kept = judged(tmp_path / "a", "answer_parts_kept", ALL_BLOCKS, ALL_BLOCKS, stream=stream)
    assert kept.verdict == "pass"
    blocks = [
        {"type": "text", "text": "Hello"} if block is CITED else block
        for n, block in enumerate(BLOCKS)
        if n != gone or block is CITED
    ]
    if BLOCKS[gone] is not CITED:
        blocks = [block for n, block in enumerate(BLOCKS) if n != gone]
    without = Body("messages", message(blocks, "end_turn"))
    assert judged(tmp_path / "b", "answer_parts_kept", ALL_BLOCKS, without, stream=stream).verdict == "fail"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("given", "got", "verdict", "why"),
    [
        (CHOICES, CHOICES, "pass", "1 further choice arrived"),
        (CHOICES, ONE_CHOICE, "fail", '1 further choice dropped: "Ho"'),
        (CHOICES, ENDED, "fail", '1 citation added: "the sky is blue"'),
        (CHOICES, EMPTY_END, "not_applicable", "the messages wire has no place for 1 further choice"),
        (CHAT_REFUSED, CHAT_REFUSED, "pass", "the provider's refusal arrived"),
        (CHAT_REFUSED, CHAT_FILTERED, "fail", '1 refusal dropped: "No."'),
        (
            CHAT_REFUSED,
            Body("messages", message([{"type": "text", "text": "No."}], "end_turn")),
            "pass",
            "the refusal arrived",
        ),
        (CHAT_REFUSED, EMPTY_END, "fail", 'the refusal was dropped: "No."'),
        (REASONED, EMPTY_END, "fail", '1 thinking block dropped: "Hm, well."'),
        (REASONED, CHAT_END, "not_applicable", "the chat wire has no place for 1 thinking block"),
        (ENDED, CHAT_END, "not_applicable", "the chat wire has no place for 1 citation"),
        (
            CHAT_END,
            CHAT_END,
            "not_applicable",
            "the provider's answer holds nothing beside text and tool calls",
        ),
    ],
)
def test_answer_parts_kept(
    tmp_path: Path, given: Body, got: Body, verdict: str, why: str, stream: bool
) -> None:
    """Choices, refusals and reasoning; what a wire has no place for is excused."""
    found = judged(tmp_path, "answer_parts_kept", given, got, stream=stream)
    assert found.verdict == verdict
    assert found.why in (why, "1 refusal arrived")


ASKS = {"model": "m", "messages": [], "stream": True, "stream_options": {"include_usage": True}}
ASKS_NOT = {"model": "m", "messages": [], "stream": True}


@pytest.mark.parametrize("check", ["usage_honest", "output_usage_honest"])
@pytest.mark.parametrize(
    ("wire", "stream", "body", "verdict"),
    [
        ("anthropic", False, ASKS_NOT, "fail"),
        ("anthropic", True, ASKS_NOT, "fail"),
        ("openai", False, ASKS_NOT, "fail"),
        ("openai", True, ASKS, "fail"),
        ("openai", True, ASKS_NOT, "not_applicable"),
        ("openai", True, ASKS_NOT | {"stream_options": {"include_usage": False}}, "not_applicable"),
    ],
)
def test_usage_that_is_due_and_missing_fails(
    tmp_path: Path, check: str, wire: str, stream: bool, body: dict[str, Any], verdict: str
) -> None:
    """It is due on every wire; of a stream on the chat wire only if it is asked for."""
    found = judge(tmp_path, check, wire=wire, stream=stream, body=body, usage=Usage())
    assert found.verdict == verdict
    assert "states no" in found.why


def test_usage_that_no_model_stated_is_not_missing(tmp_path: Path) -> None:
    """A gateway cannot pass on what a real model keeps to itself."""
    silent = Call(usage=Usage(output=3), answered_by="ollama")
    found = judge(tmp_path, "usage_honest", calls=[silent], marker="", usage=Usage(output=3))
    assert (found.verdict, found.why) == (
        "not_applicable",
        "the response states no input tokens, nor does the model",
    )


def usage(body: Body, **counts: Any) -> Body:
    """The same answer with other counts in its usage."""
    return Body(body.wire, body.whole | {"usage": body.whole["usage"] | counts})


PLAIN = usage(ENDED, cache_read_input_tokens=0, cache_creation_input_tokens=0)
CACHED = usage(ENDED, cache_read_input_tokens=900, cache_creation_input_tokens=0)
WRITTEN = usage(ENDED, cache_read_input_tokens=0, cache_creation_input_tokens=90)
SEARCHED = usage(PLAIN, server_tool_use={"web_search_requests": 2, "web_fetch_requests": 0})
CHAT_PLAIN = usage(CHAT_END, prompt_tokens_details=None)
CHAT_READ = usage(
    CHAT_END, prompt_tokens=1000, total_tokens=1005, prompt_tokens_details={"cached_tokens": 900}
)
CHAT_THOUGHT = usage(CHAT_PLAIN, completion_tokens_details={"reasoning_tokens": 3})
THOUGHT = usage(PLAIN, output_tokens_details={"thinking_tokens": 3})


@pytest.mark.parametrize(
    ("given", "got", "verdict"),
    [
        (CACHED, CACHED, "pass"),
        (CACHED, PLAIN, "fail"),
        (PLAIN, CACHED, "fail"),
        (PLAIN, PLAIN, "not_applicable"),
        (WRITTEN, WRITTEN, "pass"),
        (WRITTEN, PLAIN, "fail"),
        (SEARCHED, PLAIN, "fail"),
        (THOUGHT, PLAIN, "fail"),
        (CACHED, CHAT_READ, "pass"),
        (CACHED, CHAT_PLAIN, "fail"),
        (WRITTEN, CHAT_PLAIN, "not_applicable"),
        (THOUGHT, CHAT_THOUGHT, "pass"),
        (THOUGHT, CHAT_PLAIN, "fail"),
        (CHAT_READ, CACHED, "pass"),
        (CHAT_READ, PLAIN, "fail"),
        (CHAT_READ, CHAT_PLAIN, "fail"),
        (CHAT_THOUGHT, CHAT_THOUGHT, "pass"),
        (CHAT_THOUGHT, CHAT_PLAIN, "fail"),
        (CHAT_THOUGHT, PLAIN, "fail"),
        # Of the gateway's own, or what is left of a total.
        (CHAT_PLAIN, usage(CHAT_PLAIN, cost_units=12), "not_applicable"),
        (CHAT_PLAIN, usage(CHAT_PLAIN, prompt_tokens_details={"text_tokens": 12}), "not_applicable"),
        (CHAT_PLAIN, usage(CHAT_PLAIN, prompt_tokens_details={"audio_tokens": 12}), "fail"),
        (usage(CHAT_PLAIN, cost_units=12), CHAT_PLAIN, "fail"),
        (PLAIN, usage(PLAIN, server_tool_use={"web_search_requests": 2}), "fail"),
    ],
)
def test_usage_details_kept(tmp_path: Path, given: Body, got: Body, verdict: str) -> None:
    """Tokens of caches and of reasoning on all wires, and on one wire every other count."""
    assert judged(tmp_path, "usage_details_kept", given, got, body=ASKS).verdict == verdict


def test_usage_details_of_a_stream(tmp_path: Path) -> None:
    """They come at its end, and only to whom asked for usage."""
    raw: dict[str, Any] = {"body": ASKS, "stream": True}
    assert judged(tmp_path / "a", "usage_details_kept", CHAT_READ, CHAT_READ, **raw).verdict == "pass"
    assert judged(tmp_path / "b", "usage_details_kept", CHAT_READ, CHAT_PLAIN, **raw).verdict == "fail"
    none = Body("chat", {key: value for key, value in CHAT_PLAIN.whole.items() if key != "usage"})
    unasked = judged(tmp_path / "c", "usage_details_kept", CHAT_READ, none, stream=True, body=ASKS_NOT)
    assert unasked.verdict == "not_applicable"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("came", "why"),
    [
        (9007199254740992, "outside JSON's interoperable range of integers (RFC 8259, section 6"),
        (12, "the provider called Read; what arrived is Read with other arguments"),
        (10**25, ""),
    ],
)
def test_integers_beyond_what_json_readers_agree_on_are_marked(
    tmp_path: Path, came: int, why: str, stream: bool
) -> None:
    """Rounding them is told apart from any other change; they are compared to the last digit."""
    made = 10**25 if came == 10**25 else 9007199254740993

    def called(number: int) -> Body:
        blocks = [{"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {"id": number}}]
        return Body("messages", message(blocks, "tool_use"))

    def raw(body: Body) -> bytes:
        if not stream:
            return body.raw(stream=False)
        block = body.whole["content"][0]
        delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        return streamed(MESSAGE | {"content": []}).replace(
            b"event: message_delta",
            events(
                {"type": "content_block_start", "index": 0, "content_block": block | {"input": {}}},
                {"type": "content_block_delta", "index": 0, "delta": delta},
                {"type": "content_block_stop", "index": 0},
            )
            + b"event: message_delta",
        )

    call = Call(response=raw(called(made)), stream=stream)
    found = judge(
        tmp_path,
        "tool_call_intact",
        calls=[call],
        raw_response=raw(called(came)),
        content_type=SSE if stream else JSON,
        stream=stream,
    )
    assert found.verdict == ("fail" if why else "pass")
    assert found.why.startswith(why)


@pytest.mark.parametrize("stream", [False, True])
def test_the_refusal_of_another_wire_is_no_added_text(tmp_path: Path, stream: bool) -> None:
    """On the messages wire it can only be text."""
    told = Body("messages", message([{"type": "text", "text": "No."}], "end_turn"))
    call = Call(wire="chat", text="", response=CHAT_REFUSED.raw(stream=stream), stream=stream, markers=())
    found = judge(
        tmp_path,
        "answer_text_kept",
        calls=[call],
        raw_response=told.raw(stream=stream),
        marker="",
        text="No.",
        stream=stream,
    )
    assert (found.verdict, found.why) == ("pass", "the text arrived unchanged, a refusal as text")
