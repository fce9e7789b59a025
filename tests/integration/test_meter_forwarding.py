"""Forwarding to a real upstream (a second meter, or a socket that misbehaves): same wire, piped, recorded."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from lab.run.meter_control import MeterCall
from lab.wires import read_answer
from tests.integration.meter_process import (
    ANSWER,
    ANTHROPIC,
    MARKER,
    MODEL,
    OPENAI,
    Running,
    chat_body,
    messages_body,
    meter,
)

REAL = "qwen2.5:0.5b"
SECRET = "sk-the-users-own-key"


def target(url: str, answered_by: str = "cloud", key: str | None = SECRET) -> dict[str, Any]:
    """Where a model's calls go."""
    return {"base_url": url, "model": REAL, "api_key": key, "answered_by": answered_by}


@pytest.fixture(scope="module")
def upstream() -> Iterator[Running]:
    """A meter that stands for the provider."""
    with meter(models=[MODEL, REAL]) as started:
        yield started


@pytest.fixture(scope="module")
def front(upstream: Running) -> Iterator[Running]:
    """A meter that forwards one model to it, as to a cloud provider, another as to Ollama, and embeddings."""
    base = f"{upstream.url}/direct"
    forward = {MODEL: target(f"{base}/v1"), "kimi-lab-medium": target(base, "ollama", None)}
    models = [*forward, "other"]
    settings = {"forward": forward, "embeddings_forward": target(base), "models": models}
    with meter(upstream_mode="cloud", **settings) as started:
        yield started


def through(
    front: Running, upstream: Running, path: str, body: dict[str, Any], headers: dict[str, str]
) -> tuple[httpx.Response, MeterCall, MeterCall]:
    """One call through both: the answer, what the front recorded, what the upstream received."""
    with front.control() as ours, upstream.control() as theirs:
        ours.open_exchange("front", ["litellm"], MARKER, ANSWER)
        theirs.open_exchange("upstream", ["direct"], "labmark-fedcba9876543210", ANSWER)
        response = httpx.post(f"{front.url}/litellm{path}", json=body, headers=headers)
        calls = ours.close_exchange("front"), theirs.close_exchange("upstream")
    assert [len(found) for found in calls] == [1, 1]
    return response, calls[0][0], calls[1][0]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("kind", "path", "headers", "body"),
    [
        ("messages", "/v1/messages", ANTHROPIC, messages_body()),
        ("chat", "/v1/chat/completions", OPENAI, chat_body()),
        ("responses", "/v1/responses", OPENAI, {"model": MODEL, "input": "hi"}),
    ],
)
def test_a_call_is_passed_on_with_model_and_key_replaced_and_answered_as_the_upstream_did(
    front: Running,
    upstream: Running,
    kind: str,
    path: str,
    headers: dict[str, str],
    body: dict[str, Any],
    stream: bool,
) -> None:
    """Everything else of the request arrives as it was sent."""
    response, ours, theirs = through(front, upstream, path, {**body, "stream": stream}, headers)
    assert json.loads(theirs.request) == {**body, "stream": stream, "model": REAL}
    assert json.loads(ours.request) == {**body, "stream": stream}
    assert response.content == ours.response == theirs.response
    answer = read_answer(kind, response.content, response.headers["content-type"])
    assert answer.problems == ()
    assert (answer.model, "fedcba9876543210" in answer.text) == (REAL, True)
    assert (ours.answered_by, ours.model, ours.stream, ours.status) == ("cloud", MODEL, stream, 200)
    assert ours.error is None


def test_ollamas_wires_are_passed_on_too_and_validated_first(front: Running, upstream: Running) -> None:
    """A lenient local model does not excuse what the provider would refuse."""
    body = {**chat_body(), "model": "kimi-lab-medium"}
    response, ours, theirs = through(front, upstream, "/api/chat", body, {})
    assert response.headers["content-type"] == "application/x-ndjson"
    assert (ours.answered_by, theirs.path) == ("ollama", "/api/chat")
    assert not {"authorization", "x-api-key"} & theirs.headers.keys()
    refused = httpx.post(f"{front.url}/litellm/v1/chat/completions", json={**body, "foo": 1}, headers=OPENAI)
    assert refused.status_code == 400
    with upstream.control() as control:
        assert control.background() == ()


def test_the_providers_own_errors_pass_through(front: Running, upstream: Running) -> None:
    """A body that a cloud provider refuses is refused by it, not by the meter."""
    response, ours, theirs = through(front, upstream, "/v1/messages", messages_body(foo=1), ANTHROPIC)
    assert response.status_code == 400
    assert response.json()["error"]["message"] == "foo: Extra inputs are not permitted"
    assert response.headers["request-id"] == response.json()["request_id"]
    assert (ours.status, ours.answered_by, ours.error) == (400, "cloud", "the upstream answered 400")
    assert theirs.status == 400


def test_other_models_are_scripted_and_embeddings_are_forwarded(front: Running, upstream: Running) -> None:
    """Only what is configured goes out."""
    scripted = httpx.post(
        f"{front.url}/litellm/v1/messages", json=messages_body(model="other"), headers=ANTHROPIC
    )
    assert "labmark-background" in scripted.text
    response, ours, theirs = through(front, upstream, "/api/embeddings", {"model": "e", "prompt": ""}, {})
    assert (response.json(), ours.answered_by) == ({"embedding": []}, "cloud")
    assert json.loads(theirs.request) == {"model": REAL, "prompt": ""}


def test_the_users_key_is_in_no_record(front: Running, upstream: Running) -> None:
    """Neither at the front nor anywhere the front sends it back."""
    response, ours, _ = through(front, upstream, "/v1/messages", messages_body(), ANTHROPIC)
    assert response.status_code == 200
    assert ours.response
    assert SECRET not in response.text + str(response.headers) + str(ours)


@contextmanager
def odd_upstream(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server on a loopback port that handles its one connection with `serve`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                serve(connection)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(10)


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def test_chunks_are_piped_as_they_come() -> None:
    """The first reaches the client while the upstream still waits to send the second."""
    passed = threading.Event()

    def serve(connection: socket.socket) -> None:
        connection.sendall(HEAD + chunk(b"data: 1\n\n"))
        assert passed.wait(10)
        connection.sendall(chunk(b"data: 2\n\n") + b"0\r\n\r\n")

    with (
        odd_upstream(serve) as url,
        meter(forward={MODEL: target(url)}) as front,
        httpx.stream(
            "POST", f"{front.url}/litellm/v1/chat/completions", json=chat_body(stream=True), headers=OPENAI
        ) as response,
    ):
        chunks = response.iter_raw()
        assert next(chunks) == b"data: 1\n\n"
        passed.set()
        assert b"".join(chunks) == b"data: 2\n\n"


def test_a_client_that_leaves_when_it_has_read_the_end_is_no_abort() -> None:
    """Although the upstream closes its stream a moment later."""

    def serve(connection: socket.socket) -> None:
        connection.sendall(HEAD + chunk(b"data: [DONE]\n\n"))
        time.sleep(0.05)
        connection.sendall(b"0\r\n\r\n")

    with odd_upstream(serve) as url, meter(forward={MODEL: target(url)}) as front, front.control() as control:
        body = chat_body(stream=True)
        with httpx.stream(
            "POST", f"{front.url}/litellm/v1/chat/completions", json=body, headers=OPENAI
        ) as given:
            assert next(given.iter_raw()) == b"data: [DONE]\n\n"
        time.sleep(0.5)
        call = control.background()[0]
    assert (call.aborted, call.error, call.status) == (False, None, 200)


def test_an_upstream_that_breaks_off_breaks_off_the_answer_too() -> None:
    """The client must not take half an answer for a whole one, and the record says why."""

    def serve(connection: socket.socket) -> None:
        connection.sendall(HEAD + chunk(b"data: 1\n\n"))

    with odd_upstream(serve) as url, meter(forward={MODEL: target(url)}) as front, front.control() as control:
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.post(
                f"{front.url}/litellm/v1/chat/completions", json=chat_body(stream=True), headers=OPENAI
            )
        call = control.background()[0]
    assert call.response == b"data: 1\n\n"
    assert call.error is not None
    assert call.error.startswith("the upstream broke off")
    assert not call.aborted


@pytest.mark.parametrize(
    ("path", "body", "headers"),
    [
        ("/v1/messages", messages_body(), ANTHROPIC),
        ("/v1/chat/completions", chat_body(stream=True), OPENAI),
        ("/api/chat", chat_body(), {}),
    ],
)
def test_an_upstream_that_is_away_is_a_502_in_the_wires_shape(
    path: str, body: dict[str, Any], headers: dict[str, str]
) -> None:
    """With the reason in the record."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with meter(forward={MODEL: target(url)}) as front, front.control() as control:
        response = httpx.post(f"{front.url}/litellm{path}", json=body, headers=headers)
        call = control.background()[0]
    assert response.status_code == 502
    shown = response.json()["error"]
    assert "did not answer" in (shown if isinstance(shown, str) else shown["message"])
    assert (call.status, call.answered_by) == (502, "meter")
    assert call.error is not None
    assert url in call.error


def test_a_client_that_does_not_wait_for_a_slow_upstream_is_noted() -> None:
    """And the upstream's connection is closed, as nobody needs its answer."""
    closed = threading.Event()

    def serve(connection: socket.socket) -> None:
        connection.settimeout(10)
        while connection.recv(65536):
            pass
        closed.set()

    with odd_upstream(serve) as url, meter(forward={MODEL: target(url)}) as front, front.control() as control:
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(
                f"{front.url}/litellm/v1/messages", json=messages_body(), headers=ANTHROPIC, timeout=0.5
            )
        assert closed.wait(5)
        time.sleep(0.1)
        call = control.background()[0]
    assert (call.aborted, call.status) == (True, 499)
    assert call.error == "the client went away before the answer"
