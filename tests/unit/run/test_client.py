"""The client: attempts, time-outs, size limits, and what it makes of a hostile server."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from lab.run.client import Client

Answer = Callable[[BaseHTTPRequestHandler, int], None]


@contextmanager
def server(answer: Answer) -> Iterator[str]:
    """A real HTTP server on loopback whose n-th request is answered by `answer(handler, n)`."""
    count = iter(range(1, 1000))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Read the body, then answer."""
            self.rfile.read(int(self.headers["content-length"]))
            answer(self, next(count))

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{running.server_port}/"
    finally:
        running.shutdown()
        running.server_close()
        thread.join()


def reply(handler: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
    """A plain answer with a length."""
    handler.send_response(status)
    handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def client() -> Iterator[Client]:
    """A client with short limits."""
    made = Client(timeout_s=1.0, max_answer_bytes=100_000)
    yield made
    made.close()


def test_a_transient_error_is_tried_again_and_every_attempt_is_kept(client: Client) -> None:
    """Retries hide nothing: the first failure stays in the record."""

    def answer(handler: BaseHTTPRequestHandler, n: int) -> None:
        reply(handler, 503 if n == 1 else 200, b"{}")

    with server(answer) as url:
        tries = client.send(url, {}, b"{}", attempts=3, backoff_s=0)
    assert [(t.n, t.status, t.transient) for t in tries] == [(1, 503, True), (2, 200, False)]


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 529])
def test_what_may_pass_is_tried_again(client: Client, status: int) -> None:
    """Those that providers call transient; 529 is Anthropic's word for overloaded."""
    with server(lambda h, n: reply(h, status if n == 1 else 200, b"{}")) as url:
        tries = client.send(url, {}, b"{}", attempts=2, backoff_s=0)
    assert [t.status for t in tries] == [status, 200]


def test_waits_between_attempts_double_and_differ(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway that is overloaded is given time, and not by all its clients the same."""
    waits: list[float] = []
    monkeypatch.setattr("lab.run.client.time.sleep", waits.append)
    runs = 6
    with server(lambda h, n: reply(h, 503, b"later")) as url:
        for _ in range(runs):
            client.send(url, {}, b"{}", attempts=4, backoff_s=0.5)
    assert len(waits) == 3 * runs
    for n, least in enumerate([0.5, 1.0, 2.0]):
        those = waits[n::3]
        assert all(least <= wait <= least + 0.5 for wait in those)
        assert len(set(those)) > 1


def test_a_client_error_is_not_tried_again(client: Client) -> None:
    """A 400 will be a 400 the second time, and costs the provider a call."""
    with server(lambda h, n: reply(h, 400, b"no")) as url:
        tries = client.send(url, {}, b"{}", attempts=3, backoff_s=0)
    assert [t.status for t in tries] == [400]


def test_attempts_are_bounded(client: Client) -> None:
    """A gateway that is down costs so many attempts and no more."""
    with server(lambda h, n: reply(h, 429, b"later")) as url:
        tries = client.send(url, {}, b"{}", attempts=3, backoff_s=0)
    assert [t.status for t in tries] == [429, 429, 429]


def test_the_caller_can_stop_the_retries(client: Client) -> None:
    """A dead container is not asked again."""
    with server(lambda h, n: reply(h, 500, b"")) as url:
        tries = client.send(url, {}, b"{}", attempts=3, backoff_s=0, keep_trying=lambda _: False)
    assert len(tries) == 1


def test_a_refused_connection_is_an_error_and_not_a_latency_of_nothing(client: Client) -> None:
    """No status, an error, and the time it took."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    (tried,) = client.send(f"http://127.0.0.1:{port}/", {}, b"{}", attempts=1, backoff_s=0)
    assert tried.status is None
    assert tried.error is not None
    assert "ConnectError" in tried.error
    assert tried.latency_ms > 0


def test_an_answer_that_never_ends_is_cut_off_in_time(client: Client) -> None:
    """A trickle that keeps every read alive still ends at the time-out."""

    def trickle(handler: BaseHTTPRequestHandler, _: int) -> None:
        handler.send_response(200)
        handler.send_header("content-length", "1000000")
        handler.end_headers()
        for _i in range(600):
            try:
                handler.wfile.write(b"x")
                handler.wfile.flush()
            except OSError:
                return
            time.sleep(0.1)

    with server(trickle) as url:
        (tried,) = client.send(url, {}, b"{}", attempts=1, backoff_s=0)
    assert tried.error is not None
    assert "not complete after 1 s" in tried.error
    assert tried.latency_ms < 30_000


def test_a_huge_answer_is_bounded_and_not_asked_for_again(client: Client) -> None:
    """10 MB from a hostile gateway are neither read whole nor fetched three times."""
    with server(lambda h, n: reply(h, 200, b"x" * 10_000_000)) as url:
        tries = client.send(url, {}, b"{}", attempts=3, backoff_s=0)
    assert len(tries) == 1
    assert tries[0].error is not None
    assert "larger than 100000 bytes" in tries[0].error
    assert len(tries[0].body) <= 100_000 + 65_536


def test_latency_is_what_the_server_took(client: Client) -> None:
    """50 ms of thinking are at least 50 ms of latency, and the first byte comes no later than the last."""

    def slow(handler: BaseHTTPRequestHandler, _: int) -> None:
        time.sleep(0.05)
        reply(handler, 200, b"{}")

    with server(slow) as url:
        client.send(url, {}, b"{}", attempts=1, backoff_s=0)
        begin = time.monotonic()
        (tried,) = client.send(url, {}, b"{}", attempts=1, backoff_s=0)
        passed_ms = (time.monotonic() - begin) * 1000
    assert 50 <= tried.latency_ms <= passed_ms
    assert tried.ttfb_ms is not None
    assert 50 <= tried.ttfb_ms <= tried.latency_ms


def test_a_cookie_of_one_exchange_is_not_sent_with_the_next(client: Client) -> None:
    """Session pins of one gateway would reach the next one: cookies know hosts, not ports."""
    seen: list[str | None] = []

    def answer(handler: BaseHTTPRequestHandler, _: int) -> None:
        seen.append(handler.headers.get("cookie"))
        handler.send_response(200)
        handler.send_header("set-cookie", "pin=1; Path=/")
        handler.send_header("content-length", "2")
        handler.end_headers()
        handler.wfile.write(b"{}")

    with server(answer) as url:
        client.send(url, {}, b"{}", attempts=1, backoff_s=0)
        client.send(url, {}, b"{}", attempts=1, backoff_s=0)
    assert seen == [None, None]
