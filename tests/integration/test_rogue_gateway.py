"""The honest mode of the lying gateway passes on what it gets, as it gets it."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from tests.integration.rogue import gateway

PATIENCE_S = 20.0
BODY = json.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": "caf\u00e9"}]})
HEADERS = {
    "content-type": "application/json",
    "x-trace": "a-1",
    "x-rogue-caller": "honest",
    "x-rogue-tier": "SIMPLE",
}


class Provider(BaseHTTPRequestHandler):
    """Sends one event, and the second when the client has seen the first."""

    protocol_version = "HTTP/1.1"
    seen = threading.Event()
    got: dict[str, object]

    def do_POST(self) -> None:
        """A stream of two events."""
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        type(self).got = {"path": self.path, "body": body, "headers": headers}
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(b"data: first\n\n")
        if self.seen.wait(PATIENCE_S):
            self.wfile.write(b"data: second\n\n")

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    """A server on the loopback while the block runs; its port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_stream_is_passed_on_event_by_event(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway that waited for the end of a stream would never get the second event here."""
    with serving(Provider) as provider, serving(gateway.Handler) as port:
        monkeypatch.setattr(gateway, "METER", urlsplit(f"http://127.0.0.1:{provider}"))
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S / 2)
        client.request("POST", "/v1/messages", BODY.encode(), HEADERS)
        response = client.getresponse()
        assert response.read1(100) == b"data: first\n\n"
        Provider.seen.set()
        assert response.read() == b"data: second\n\n"
        client.close()
    headers = Provider.got["headers"]
    assert isinstance(headers, dict)
    assert Provider.got["path"] == "/honest/v1/messages"
    assert Provider.got["body"] == BODY.encode()
    assert headers["x-trace"] == "a-1"
    assert not any(name.startswith("x-rogue-") for name in headers)
