"""Waiting for a system to get healthy."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from itertools import count

import pytest

from lab.compose.file import Health
from lab.engines.health import wait_until_healthy
from lab.errors import StartError


class Answer(http.server.BaseHTTPRequestHandler):
    """Answers 503 twice, then 200."""

    seen = 0

    def do_GET(self) -> None:
        """Answer one request."""
        type(self).seen += 1
        self.send_response(503 if self.seen <= 2 else 200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    """A real server that is not ready at first."""
    Answer.seen = 0
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_waiting_goes_on_until_the_expected_status(url: str) -> None:
    """A service that answers 503 while it boots is waited for."""
    wait_until_healthy(url, Health(timeout_s=10), lambda: None, threading.Event())
    assert Answer.seen == 3


def test_waiting_ends_when_the_service_dies_or_the_run_stops(url: str) -> None:
    """A death is not waited out, a stop neither; the time-out says what was seen last."""

    def dead() -> str | None:
        raise StartError("it ended")

    with pytest.raises(StartError, match="it ended"):
        wait_until_healthy(url, Health(timeout_s=3600), dead, threading.Event())
    stop, looks = threading.Event(), count(1)

    def stopped() -> None:
        if next(looks) == 3:
            stop.set()

    with pytest.raises(StartError, match="being stopped"):
        wait_until_healthy(url, Health(status=204, timeout_s=3600), stopped, stop)
    assert next(looks) == 4
    with pytest.raises(StartError, match=r"not healthy after 0\.3 s: GET / answered 200, expected 204"):
        wait_until_healthy(url, Health(status=204, timeout_s=0.3), lambda: None, threading.Event())
    with pytest.raises(StartError, match="starting"):
        wait_until_healthy(url, Health(timeout_s=0.3), lambda: "starting", threading.Event())
