"""Which exchange a call belongs to, when an exchange is quiet, and what is shown of a call."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from lab.meter.answers import BACKGROUND, Script
from lab.meter.recording import Call, Recorder
from lab.meter.refusal import Refusal
from lab.meter.script import ScriptedAnswer

SCRIPT = Script(ScriptedAnswer(text="yes"), "labmark-0123456789abcdef")


def begin(recorder: Recorder, caller: str = "litellm") -> Call:
    """A call arrives."""
    return recorder.begin(caller, "POST", "/v1/messages", "", [(b"Host", b"meter")])


def run(work: Callable[[Recorder], Awaitable[Any]], max_bytes: int = 1_000_000) -> Any:
    """Runs one scene against a new recorder."""

    async def scene() -> Any:
        return await work(Recorder(max_bytes))

    return asyncio.run(scene())


def test_calls_of_an_open_exchanges_callers_belong_to_it_and_others_do_not() -> None:
    """Other callers' calls, earlier ones and later ones are background."""

    async def scene(recorder: Recorder) -> None:
        early = begin(recorder)
        recorder.finish(early)
        recorder.open("r1-S1-litellm", ("litellm", "litellm-router"), SCRIPT)
        ours = [begin(recorder), begin(recorder, "litellm-router")]
        other = begin(recorder, "lynkr")
        assert [recorder.script(call) for call in (early, *ours, other)] == [
            BACKGROUND,
            SCRIPT,
            SCRIPT,
            BACKGROUND,
        ]
        for call in (*ours, other):
            recorder.finish(call)
        shown = await recorder.close("r1-S1-litellm", settle_s=0, wait_s=1)
        assert [(call["n"], call["caller"], call["exchange"]) for call in shown] == [
            (1, "litellm", "r1-S1-litellm"),
            (2, "litellm-router", "r1-S1-litellm"),
        ]
        recorder.finish(begin(recorder))
        background = recorder.drain_background()
        assert [(call["caller"], call["exchange"]) for call in background] == [
            ("litellm", None),
            ("lynkr", None),
            ("litellm", None),
        ]
        assert recorder.drain_background() == []

    run(scene)


def test_closing_waits_for_calls_in_flight_and_takes_late_ones_along() -> None:
    """A call that comes within the settling time still belongs to the exchange."""

    async def scene(recorder: Recorder) -> None:
        recorder.open("x", ("litellm",), SCRIPT)
        first = begin(recorder)

        async def later() -> None:
            await asyncio.sleep(0.05)
            recorder.finish(first)
            await asyncio.sleep(0.05)
            recorder.finish(begin(recorder))

        task = asyncio.create_task(later())
        shown = await recorder.close("x", settle_s=0.15, wait_s=5)
        await task
        assert [call["error"] for call in shown] == [None, None]

    run(scene)


def test_closing_a_quiet_exchange_takes_the_settling_time_and_no_more() -> None:
    """It is not closed sooner, and the longest wait that is allowed is not waited for."""

    async def scene(recorder: Recorder) -> float:
        recorder.open("x", ("litellm",), SCRIPT)
        recorder.finish(begin(recorder))
        start = time.perf_counter()
        await recorder.close("x", settle_s=0.1, wait_s=120)
        return time.perf_counter() - start

    assert 0.095 <= run(scene) < 60


def test_a_call_still_open_at_the_end_is_shown_as_such_and_not_again() -> None:
    """Its later end goes nowhere."""

    async def scene(recorder: Recorder) -> None:
        recorder.open("x", ("litellm",), SCRIPT)
        call = begin(recorder)
        call.sent(b"half")
        shown = await recorder.close("x", settle_s=0, wait_s=0.05)
        assert (shown[0]["error"], shown[0]["aborted"]) == ("still open", False)
        assert base64.b64decode(shown[0]["response_b64"]) == b"half"
        recorder.finish(call)
        assert recorder.drain_background() == []

    run(scene)


def test_an_exchange_cannot_be_opened_twice_nor_a_caller_belong_to_two() -> None:
    """Both are refused with 409, and closing an unknown one with 404."""

    async def scene(recorder: Recorder) -> None:
        recorder.open("x", ("litellm",), SCRIPT)
        for exchange, callers in (("x", ("lynkr",)), ("y", ("lynkr", "litellm"))):
            with pytest.raises(Refusal) as caught:
                recorder.open(exchange, callers, SCRIPT)
            assert caught.value.status == 409
        recorder.open("z", ("lynkr",), SCRIPT)
        with pytest.raises(Refusal) as missing:
            await recorder.close("y", settle_s=0, wait_s=0)
        assert missing.value.status == 404

    run(scene)


def test_secrets_are_redacted_and_repeated_headers_joined() -> None:
    """Header names come in lower case."""

    async def scene(recorder: Recorder) -> dict[str, str]:
        raw = [
            (b"X-Api-Key", b"k"),
            (b"authorization", b"Bearer k"),
            (b"Cookie", b"a=b"),
            (b"a", b"1"),
            (b"A", b"2"),
        ]
        recorder.finish(recorder.begin("litellm", "GET", "/", "", raw))
        shown: dict[str, str] = recorder.drain_background()[0]["headers"]
        return shown

    assert run(scene) == {
        "x-api-key": "redacted",
        "authorization": "redacted",
        "cookie": "redacted",
        "a": "1, 2",
    }


def test_the_recording_is_full_at_its_bound_and_not_after_draining() -> None:
    """Bodies count, of exchanges and of the background alike."""

    async def scene(recorder: Recorder) -> None:
        call = begin(recorder)
        call.request = b"x" * 20_000
        recorder.finish(call)
        assert recorder.full
        recorder.drain_background()
        assert not recorder.full
        recorder.open("x", ("litellm",), SCRIPT)
        call = begin(recorder)
        call.sent(b"x" * 20_000)
        recorder.finish(call)
        assert recorder.full
        await recorder.close("x", settle_s=0, wait_s=0)
        assert not recorder.full

    run(scene, max_bytes=20_000)
