"""What the runner makes of the meter's calls and the client's tries."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from lab.config.models import StatedHeaders
from lab.run.client import Try
from lab.run.meter_control import MeterCall
from lab.run.recorder import attempt_record, busy_ms, claim_record, failure_reason, upstream_record
from lab.wires.neutral import AnswerPart, NeutralAnswer
from tests.unit.records_builder import RunBuilder

CALL = MeterCall(
    n=1,
    exchange="r1-S1-direct",
    caller="direct",
    method="POST",
    path="/v1/messages",
    query="",
    headers={},
    received_at=1000.0,
    duration_ms=10.0,
    first_byte_ms=None,
    status=200,
    stream=False,
    model="claude-sonnet-4-5",
    answered_by="scripted",
    error=None,
    aborted=False,
    request=b"{}",
    response=b"{}",
)
TRY = Try(1, "2026-01-01T00:00:00.000+00:00", 12.0, 11.0, 200, {}, b"{}", None)


def test_the_meters_time_is_the_union_of_its_calls() -> None:
    """Parallel calls are not counted twice, gaps between calls not at all."""
    later = replace(CALL, received_at=1000.005, duration_ms=10.0)
    apart = replace(CALL, received_at=1001.0, duration_ms=3.0)
    inside = replace(CALL, received_at=1000.002, duration_ms=1.0)
    assert busy_ms([]) == 0
    assert round(busy_ms([CALL]), 3) == 10
    assert round(busy_ms([later, CALL]), 3) == 15
    assert round(busy_ms([CALL, inside]), 3) == 10
    assert round(busy_ms([apart, CALL, later]), 3) == 18


def test_claims_are_read_from_headers_in_any_case_and_from_the_body() -> None:
    """What a gateway states is kept as it stated it."""
    tried = replace(TRY, headers={"X-Lynkr-Tier": "SIMPLE"}, body=b'{"_meta":{"model":"m","list":[1]}}')
    where = StatedHeaders(
        tier="x-lynkr-tier", model="body:_meta.model", cache="body:_meta.list", cost="x-none"
    )
    claim = claim_record(where, tried)
    assert (claim.tier, claim.model, claim.cache, claim.cost_usd) == ("SIMPLE", "m", None, None)


def test_every_way_to_fail_has_its_own_sentence() -> None:
    """A reader can tell a refusal from a crash from a wrong answer."""
    good = NeutralAnswer(text="yes")
    assert failure_reason(TRY, good, None) is None
    assert failure_reason(TRY, good, "exited with 137") == "exited with 137"
    assert failure_reason(replace(TRY, error="ReadError: x"), good, None) == "ReadError: x"
    refused = failure_reason(replace(TRY, status=400), NeutralAnswer(error="max_tokens: missing"), None)
    assert refused == "HTTP 400: max_tokens: missing"
    hidden = failure_reason(TRY, NeutralAnswer(error="overloaded"), None)
    assert hidden == "HTTP 200 with an error in it: overloaded"
    empty = failure_reason(TRY, NeutralAnswer(problems=("empty body",)), None)
    assert empty == "HTTP 200 without a usable answer: empty body"
    cut = failure_reason(TRY, NeutralAnswer(text="par", problems=("stream cut: no message_stop",)), None)
    assert cut == "HTTP 200 without a usable answer: stream cut: no message_stop"


def test_an_answer_that_only_bends_its_wires_rules_still_counts_as_answered() -> None:
    """The rules it breaks are shown by a check; its tokens and cost are real all the same."""
    bent = NeutralAnswer(text="yes", problems=("usage.cache_creation: Field required",))
    assert failure_reason(TRY, bent, None) is None


def message(**over: object) -> bytes:
    """A provider's answer with nothing in it."""
    return orjson.dumps({"type": "message", "content": [], "stop_reason": "end_turn", "usage": {}} | over)


@pytest.mark.parametrize(
    ("answer", "given", "usable"),
    [
        (NeutralAnswer(stop_reason="end_turn"), message(), True),
        (NeutralAnswer(stop_reason="refusal"), message(stop_reason="refusal"), True),
        (NeutralAnswer(stop_reason="end_turn"), message(content=[{"type": "text", "text": "Yes."}]), False),
        (NeutralAnswer(stop_reason="end_turn"), None, False),
        (NeutralAnswer(), message(), False),
        (NeutralAnswer(parts=(AnswerPart("refusal", "No."),), stop_reason="stop"), None, True),
        (NeutralAnswer(parts=(AnswerPart("server_tool", "search"),), stop_reason="pause_turn"), None, True),
        (NeutralAnswer(parts=(AnswerPart("thinking", "Hm."),), stop_reason="max_tokens"), None, True),
    ],
)
def test_an_answer_without_text_is_one_if_it_says_anything_or_the_provider_said_nothing(
    answer: NeutralAnswer, given: bytes | None, usable: bool
) -> None:
    """An empty end of a turn, a refusal and a pause are legal; an answer that a gateway lost is not."""
    calls = () if given is None else (replace(CALL, response=given),)
    assert (failure_reason(TRY, answer, None, calls=calls) is None) is usable


def test_the_markers_of_a_providers_answer_are_recorded(tmp_path: Path) -> None:
    """None is not the same as none read; a refusal may carry it, if there is no text."""
    store, marker = RunBuilder(tmp_path).store, "labmark-0123456789abcdef"
    choice = {
        "index": 0,
        "finish_reason": "stop",
        "message": {"role": "assistant", "refusal": f"No. {marker}"},
    }
    refused = replace(CALL, path="/v1/chat/completions", response=orjson.dumps({"choices": [choice]}))
    assert upstream_record(refused, store, {}, None).answer_markers == (marker,)
    assert upstream_record(replace(CALL, response=message()), store, {}, None).answer_markers == ()
    assert upstream_record(replace(CALL, path="/v1/models"), store, {}, None).answer_markers is None


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("text", ["One. \u00e4", ""])
def test_the_text_of_a_providers_answer_is_recorded(tmp_path: Path, stream: bool, text: str) -> None:
    """By its hash, as the client's is, so that both can be compared; an answer without text has none."""
    builder = RunBuilder(tmp_path)
    delta = {"role": "assistant", "content": text}
    choice = {"index": 0, "finish_reason": "stop", "delta" if stream else "message": delta}
    raw = orjson.dumps({"id": "x", "model": "m", "choices": [choice]})
    raw = b"data: " + raw + b"\n\ndata: [DONE]\n\n" if stream else raw
    call = replace(CALL, path="/v1/chat/completions", stream=stream, response=raw)
    sha = upstream_record(call, builder.store, {}, "r1-S1-direct").answer_text_sha
    assert sha is not None
    assert (builder.store.body(sha).decode() if sha else "") == text
    other = replace(CALL, path="/v1/models", method="GET", response=b"{}")
    assert upstream_record(other, builder.store, {}, None).answer_text_sha is None


def test_of_a_cookie_it_is_kept_that_it_was_set(tmp_path: Path) -> None:
    """A scenario may expect that none is; its value may be as good as a key."""
    tried = replace(TRY, headers={"Set-Cookie": "pin=secret; Path=/", "X-A": "b"})
    kept = attempt_record(tried, RunBuilder(tmp_path).store).response_headers
    assert kept == {"set-cookie": "(not kept)", "x-a": "b"}
