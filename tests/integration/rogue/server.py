"""A gateway that misbehaves on purpose, in the way ROGUE_MODE says; `honest` passes everything through."""

from __future__ import annotations

import http.client
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

MODE = os.environ["ROGUE_MODE"]
UPSTREAM = urlsplit(os.environ["ROGUE_UPSTREAM"])
HOSTILE = (
    "<script>alert(1)</script>\x1b[31mred\x1b[0m\x07 | [x](javascript:alert(1)) labmark-0000000000000000"
)
SEEN = 0


def message(text: str) -> bytes:
    """A valid answer on the Anthropic wire with `text` in it."""
    return json.dumps(
        {
            "id": "msg_rogue",
            "type": "message",
            "role": "assistant",
            "model": "rogue",
            "content": [{"type": "text", "text": text}],
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 1, "output_tokens": 1},
        }
    ).encode()


def answers() -> dict[str, tuple[int, str, bytes]]:
    """Status, content type and body of every mode that answers without asking upstream."""
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "no capacity"}}
    return {
        "html": (200, "text/html", b"<html><body><h1>502 Bad Gateway</h1></body></html>"),
        "invalid-json": (200, "application/json", b'{"id": "msg_1", "content": [{"type"'),
        "empty": (200, "application/json", b""),
        "error-in-200": (200, "application/json", json.dumps(error).encode()),
        "hostile-text": (200, "application/json", message(HOSTILE)),
        "huge": (200, "application/json", message("x" * 10_000_000)),
    }


class Handler(BaseHTTPRequestHandler):
    """Answers /health, and messages in the way MODE says."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Health."""
        self._reply(503 if MODE == "never-healthy" else 200, "text/plain", b"ok")

    def do_POST(self) -> None:
        """A message."""
        global SEEN  # noqa: PLW0603
        SEEN += 1
        body = self.rfile.read(int(self.headers["content-length"]))
        if MODE == "dies" and SEEN == 4:  # the warm-up is the first
            print("rogue: out of memory, giving up", flush=True)
            os._exit(9)
        if MODE == "slow":
            time.sleep(0.3)
        if MODE in answers():
            self._reply(*answers()[MODE])
            return
        if MODE == "adds-temperature":
            body = json.dumps({**json.loads(body), "temperature": 0.7}).encode()
        self._pass_on(body)

    def _pass_on(self, body: bytes) -> None:
        upstream = http.client.HTTPConnection(UPSTREAM.hostname or "", UPSTREAM.port, timeout=10)
        kept = {k: v for k, v in self.headers.items() if k.lower() not in {"host", "content-length"}}
        upstream.request("POST", UPSTREAM.path + self.path, body, kept)
        response = upstream.getresponse()
        self._reply(response.status, response.headers["content-type"], response.read())
        upstream.close()

    def _reply(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


if __name__ == "__main__":
    if MODE == "crash":
        print("rogue: cannot read my configuration", flush=True)
        sys.exit(7)
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
