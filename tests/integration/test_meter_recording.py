"""Attribution, concurrency, clients that go away, hostile bodies and the bounds of a running meter."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from lab.errors import MeterError
from lab.meter.script import ScriptedAnswer
from lab.run.meter_control import MeterControl
from lab.wires import read_answer
from tests.integration.meter_process import (
    ANSWER,
    ANTHROPIC,
    MARKER,
    MODEL,
    OPENAI,
    TOKEN,
    Running,
    chat_body,
    messages_body,
    meter,
)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """One scripted meter for all tests of this module."""
    with meter(max_body_mb=12) as started:
        yield started


@pytest.fixture
def control(running: Running) -> Iterator[MeterControl]:
    """Its control API, with nothing left in the background."""
    with running.control() as opened:
        opened.background()
        yield opened


def say(running: Running, caller: str, **more: Any) -> httpx.Response:
    """One call on the Anthropic wire."""
    return httpx.post(f"{running.url}/{caller}/v1/messages", json=messages_body(**more), headers=ANTHROPIC)


def test_calls_before_during_and_after_an_exchange_are_told_apart(
    running: Running, control: MeterControl
) -> None:
    """Only the exchange's own callers during it get its marker."""
    answers = [say(running, "lynkr").text]
    control.open_exchange("r1-S1-lynkr", ["lynkr"], MARKER, ANSWER)
    answers += [say(running, caller).text for caller in ("lynkr", "litellm", "lynkr")]
    calls = control.close_exchange("r1-S1-lynkr")
    answers.append(say(running, "lynkr").text)
    background = control.background()
    assert [MARKER in text for text in answers] == [False, True, False, True, False]
    assert ["labmark-background" in text for text in answers] == [True, False, True, False, True]
    assert [(call.n, call.caller, call.exchange) for call in calls] == [
        (1, "lynkr", "r1-S1-lynkr"),
        (2, "lynkr", "r1-S1-lynkr"),
    ]
    assert [(call.caller, call.exchange) for call in background] == [
        ("lynkr", None),
        ("litellm", None),
        ("lynkr", None),
    ]
    assert control.background() == ()


def test_keys_never_reach_the_record(running: Running, control: MeterControl) -> None:
    """Neither in headers nor anywhere else."""
    say(running, "lynkr")
    raw = httpx.get(f"{running.url}/_lab/background", headers={"x-lab-token": TOKEN})
    assert "sk-gateway" not in raw.text
    assert raw.json()["calls"][0]["headers"]["x-api-key"] == "redacted"


def test_many_calls_at_once_are_each_answered_and_recorded_with_their_own_exchange(
    running: Running, control: MeterControl
) -> None:
    """Four callers, fifty calls each, streaming and not, all at the same time."""
    callers = ["litellm", "lynkr", "portkey", "direct"]
    markers = {caller: f"labmark-{n:016x}" for n, caller in enumerate(callers)}
    for caller in callers:
        control.open_exchange(caller, [caller], markers[caller], ScriptedAnswer(text=f"for {caller}"))

    async def one(client: httpx.AsyncClient, caller: str, n: int) -> bool:
        body = chat_body(stream=bool(n % 2), user=f"{caller}-{n}")
        url = f"{running.url}/{caller}/v1/chat/completions"
        answer = await client.post(url, json=body, headers=OPENAI)
        read = read_answer("chat", answer.content, answer.headers["content-type"])
        return read.text.endswith(markers[caller]) and not read.problems

    async def all_at_once() -> list[bool]:
        limits = httpx.Limits(max_connections=20)
        async with httpx.AsyncClient(limits=limits, timeout=60) as client:
            return await asyncio.gather(*(one(client, caller, n) for n in range(50) for caller in callers))

    assert asyncio.run(all_at_once()) == [True] * 200
    for caller in callers:
        calls = control.close_exchange(caller)
        users = sorted(json.loads(call.request)["user"] for call in calls)
        assert users == sorted(f"{caller}-{n}" for n in range(50))
        assert [call.n for call in calls] == list(range(1, 51))
        others = [marker.encode() for name, marker in markers.items() if name != caller]
        assert not any(other in call.response for call in calls for other in others)
    assert control.background() == ()


def _stream_request(path: str, body: bytes) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nhost: meter\r\nauthorization: Bearer k\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    ).encode() + body


def _connect(running: Running) -> socket.socket:
    parts = urlsplit(running.url)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10)


def test_a_client_that_leaves_during_a_stream_is_noted(running: Running, control: MeterControl) -> None:
    """The record holds what was sent until then and says that the client left."""
    long = ScriptedAnswer(text="word " * 400_000)
    control.open_exchange("x", ["litellm"], MARKER, long)
    with _connect(running) as client:
        client.sendall(
            _stream_request("/litellm/v1/chat/completions", json.dumps(chat_body(stream=True)).encode())
        )
        assert client.recv(100).startswith(b"HTTP/1.1 200")
    calls = control.close_exchange("x", settle_ms=50, wait_ms=5000)
    assert len(calls) == 1
    assert calls[0].aborted
    assert calls[0].error == "the client went away during the stream"
    assert b"[DONE]" not in calls[0].response


def test_a_client_that_leaves_when_it_has_read_the_end_is_no_abort(
    running: Running, control: MeterControl
) -> None:
    """Clients close a stream as soon as its last event says so, without reading on."""
    control.open_exchange("x", ["litellm"], MARKER, ANSWER)
    for _ in range(20):
        with _connect(running) as client:
            body = json.dumps(chat_body(stream=True)).encode()
            client.sendall(_stream_request("/litellm/v1/chat/completions", body))
            received = b""
            while b"[DONE]" not in received:
                received += client.recv(65536)
    calls = control.close_exchange("x", settle_ms=50)
    assert [(call.aborted, call.error) for call in calls] == [(False, None)] * 20


def test_a_client_that_leaves_during_its_own_request_is_noted(
    running: Running, control: MeterControl
) -> None:
    """With the bytes that came."""
    control.open_exchange("x", ["litellm"], MARKER, ANSWER)
    with _connect(running) as client:
        client.sendall(
            b'POST /litellm/v1/messages HTTP/1.1\r\nhost: m\r\ncontent-length: 1000\r\n\r\n{"model":'
        )
        time.sleep(0.2)
    calls = control.close_exchange("x", settle_ms=200, wait_ms=3000)
    assert [(call.aborted, call.request, call.status) for call in calls] == [(True, b'{"model":', 499)]


def test_a_call_still_open_when_the_exchange_closes_is_returned_as_such(
    running: Running, control: MeterControl
) -> None:
    """Closing waits as long as it was told to, and no longer."""
    control.open_exchange("x", ["litellm"], MARKER, ANSWER)
    with _connect(running) as client:
        client.sendall(b"POST /litellm/v1/messages HTTP/1.1\r\nhost: m\r\ncontent-length: 1000\r\n\r\n{")
        time.sleep(0.1)
        begin = time.monotonic()
        calls = control.close_exchange("x", settle_ms=0, wait_ms=300)  # the call itself never ends
        assert time.monotonic() - begin >= 0.29
    assert [(call.error, call.aborted) for call in calls] == [("still open", False)]
    time.sleep(0.2)
    assert control.background() == ()


def test_a_late_call_within_the_settling_time_belongs_to_the_exchange(
    running: Running, control: MeterControl
) -> None:
    """A gateway may store an embedding just after it has answered."""
    control.open_exchange("x", ["lynkr"], MARKER, ANSWER)
    script = (
        "import time, httpx; time.sleep(0.4); "
        f"httpx.post('{running.url}/lynkr/api/show', json={{'model': '{MODEL}'}})"
    )
    late = subprocess.Popen([sys.executable, "-c", script])
    calls = control.close_exchange("x", settle_ms=2500, wait_ms=8000)
    late.wait(10)
    assert [call.path for call in calls] == ["/api/show"]


def _with_tool(parameters: bytes) -> bytes:
    tool = b'{"type":"function","function":{"name":"f","parameters":' + parameters + b"}}"
    return b'{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[' + tool + b"]}"


def _saying(content: str) -> bytes:
    return json.dumps(chat_body(messages=[{"role": "user", "content": content}]), ensure_ascii=False).encode()


HOSTILE: list[tuple[str, bytes, int]] = [
    ("nothing at all", b"", 400),
    ("no JSON", b"<html>", 400),
    ("half of it", json.dumps(chat_body()).encode()[:-5], 400),
    ("a bare value", b'"hi"', 400),
    ("a list", b"[]", 400),
    ("UTF-16", json.dumps(chat_body()).encode("utf-16"), 400),
    ("Latin-1", '{"model": "ä"}'.encode("latin-1"), 400),
    ("half a surrogate", b'{"model": "\\ud800", "messages": []}', 400),
    ("NaN", b'{"model": "m", "messages": [], "temperature": NaN}', 400),
    ("gzip nobody announced", gzip.compress(json.dumps(chat_body()).encode()), 400),
    ("nested 100,000 deep", b"[" * 100_000 + b"]" * 100_000, 400),
    ("a schema nested 900 deep", _with_tool(b'{"items":' * 900 + b"{}" + b"}" * 900), 400),
    ("a key a thousand times", b'{"model":"m"' + b',"messages":[]' * 1000 + b"}", 400),
    ("control characters", json.dumps(chat_body(user="\x00\x1b[31m")).encode(), 200),
    ("an integer of 400 digits", json.dumps(chat_body(seed=10**400)).encode(), 400),
    ("10 MB of one letter", _saying("a" * 10_000_000), 200),
    ("9 MB of text", _saying("Größe ÷ 7; " * 650_000), 200),
    ("200,000 messages", json.dumps(chat_body(messages=chat_body()["messages"] * 200_000)).encode(), 200),
    ("more than the bound", b" " * (13 * 1024 * 1024), 413),
]


@pytest.mark.parametrize(
    ("body", "status"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE]
)
def test_a_hostile_body_is_answered_recorded_and_does_no_harm(
    running: Running, control: MeterControl, body: bytes, status: int
) -> None:
    """An error has the wire's shape, the record holds the bytes, and the meter stays healthy."""
    control.open_exchange("x", ["litellm"], MARKER, ANSWER)
    response = httpx.post(
        f"{running.url}/litellm/v1/chat/completions", content=body, headers=OPENAI, timeout=60
    )
    calls = control.close_exchange("x", settle_ms=0)
    assert response.status_code == status, response.text[:500]
    assert ("error" in response.json()) == (status != 200)
    assert [call.status for call in calls] == [status]
    assert calls[0].request == (body if status != 413 else b"")
    assert bool(calls[0].error) == (status != 200)
    assert control.health()["status"] == "ok"


def test_others_are_answered_while_a_big_body_is_worked_on(running: Running, control: MeterControl) -> None:
    """Counting 10 MB happens beside the event loop."""
    body = json.dumps(
        chat_body(messages=[{"role": "user", "content": "some words here " * 650_000}])
    ).encode()

    async def both() -> int:
        async with httpx.AsyncClient(timeout=60) as client:
            url = f"{running.url}/litellm/v1/chat/completions"
            big = asyncio.create_task(client.post(url, content=body, headers=OPENAI))
            answered = 0
            while not big.done():
                await client.get(f"{running.url}/_lab/health")
                answered += 1
            assert (await big).status_code == 200
            return answered

    assert asyncio.run(both()) > 10  # a meter that counted in its event loop would answer two or three
    control.background()


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "why"),
    [
        ("POST", "/_lab/exchange", b"{}", 400, "id: Field required"),
        ("POST", "/_lab/exchange", b"no", 400, "not JSON"),
        ("DELETE", "/_lab/exchange/none", b"", 404, "no exchange none is open"),
        ("DELETE", "/_lab/exchange/none?settle_ms=soon", b"", 400, "settle_ms is not a number"),
        ("DELETE", "/_lab/exchange/none?wait_ms=-1", b"", 400, "wait_ms is not between"),
        ("GET", "/_lab/exchange", b"", 404, "no GET /_lab/exchange"),
    ],
)
def test_the_control_api_says_what_is_wrong(
    running: Running, method: str, path: str, body: bytes, status: int, why: str
) -> None:
    """With a fitting status."""
    response = httpx.request(method, f"{running.url}{path}", content=body, headers={"x-lab-token": TOKEN})
    assert response.status_code == status
    assert why in response.json()["error"]


def test_without_the_token_only_health_is_open(running: Running) -> None:
    """A gateway that tries the control API learns nothing, and its try leaves no record."""
    assert httpx.get(f"{running.url}/_lab/health").json()["status"] == "ok"
    strange: list[dict[str, Any]] = [{}, {"x-lab-token": "wrong"}, {"x-lab-token": "ä".encode()}]
    for headers in strange:
        for method, path in (
            ("GET", "background"),
            ("POST", "exchange"),
            ("DELETE", "exchange/x"),
            ("GET", ""),
        ):
            assert httpx.request(method, f"{running.url}/_lab/{path}", headers=headers).status_code == 403


def test_the_clients_errors_name_the_meter_and_the_reason(running: Running, control: MeterControl) -> None:
    """Whether it refuses, is away, or answers something else."""
    with pytest.raises(MeterError, match="404: no exchange none is open"):
        control.close_exchange("none")
    with MeterControl(running.url, "wrong") as stranger, pytest.raises(MeterError, match="403"):
        stranger.background()
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with (
        MeterControl(f"http://127.0.0.1:{port}", TOKEN) as nobody,
        pytest.raises(MeterError, match="did not answer"),
    ):
        nobody.health()
    with MeterControl(f"{running.url}/litellm", TOKEN) as other, pytest.raises(MeterError, match="404"):
        other.health()


def test_a_full_recording_refuses_calls_until_it_is_drained() -> None:
    """Nothing is lost silently."""
    with meter(max_recorded_mb=1) as small, small.control() as control:
        content = "word " * 150_000
        body = messages_body(messages=[{"role": "user", "content": content}])
        url = f"{small.url}/litellm/v1/messages"
        statuses = [httpx.post(url, json=body, headers=ANTHROPIC).status_code for _ in range(3)]
        assert statuses == [200, 200, 503]
        assert len(control.background()) == 2
        assert httpx.post(url, json=body, headers=ANTHROPIC).status_code == 200


def test_sigterm_ends_the_meter_at_once_with_0_even_during_a_call() -> None:
    """Whatever is in flight."""
    with meter() as running, _connect(running) as client:
        client.sendall(b"POST /litellm/v1/messages HTTP/1.1\r\nhost: m\r\ncontent-length: 1000\r\n\r\n{")
        time.sleep(0.2)
        running.process.terminate()
        assert running.process.wait(60) == 0  # the call itself never ends


def test_a_wrong_configuration_or_a_port_in_use_is_said_and_ends_with_2() -> None:
    """Without a traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = {"token": TOKEN, "host": "127.0.0.1", "port": taken.getsockname()[1]}
        for given, said in ((json.dumps(settings), "in use"), ("{}", "token: Field required")):
            done = subprocess.run(
                [sys.executable, "-m", "lab.meter"],
                env={"LAB_METER_CONFIG": given, "PATH": ""},
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
            )
            assert done.returncode == 2
            assert said in done.stderr
            assert "Traceback" not in done.stderr


def test_connections_are_kept_alive(running: Running) -> None:
    """Also after an error."""
    parts = urlsplit(running.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    for body in (b"{}", json.dumps(messages_body()).encode(), b""):
        connection.request("POST", "/litellm/v1/messages", body=body, headers=ANTHROPIC)
        response = connection.getresponse()
        response.read()
        assert not response.will_close
    connection.close()
