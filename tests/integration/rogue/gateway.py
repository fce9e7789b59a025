"""A gateway that passes everything on, but for the lies that the header x-rogue-lies of a request names.

It speaks /v1/messages and /v1/chat/completions, streams included, to the meter at ROGUE_METER on behalf of
the caller in x-rogue-caller. One process tells all lies, so that a run over all of them starts in no time.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from . import reply as replies
from .asked import Asked
from .caches import CACHES
from .dishonest import DISHONEST
from .lossy import LOSSY
from .reply import Reply

METER = urlsplit(os.environ.get("ROGUE_METER", "http://127.0.0.1:9"))
OWN = "x-rogue-"
HOP_BY_HOP = frozenset({"host", "content-length", "connection", "transfer-encoding", "keep-alive"})
# What is told on the way rather than in a request or an answer.
ON_THE_WAY = frozenset(
    {
        *("call-twice", "retry", "fake-stream", "whole-for-stream", "cut-stream", "swallow-error"),
        *("claim-tier", "claim-hit", "cache-none"),
    }
)
HELD: dict[tuple[str, str], Reply] = {}
Answer = tuple[int, str, bytes]


class Handler(BaseHTTPRequestHandler):
    """Answers /health, and messages as the request's own lies say."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Health."""
        self.whole(200, "text/plain", b"ok")

    def do_POST(self) -> None:
        """A message."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        raw = self.rfile.read(int(headers["content-length"]))
        kept = {n: v for n, v in headers.items() if n not in HOP_BY_HOP and not n.startswith(OWN)}
        hint = headers.get(f"{OWN}tier", "MEDIUM")
        asked = Asked(self.path, kept, raw, json.loads(raw), hint)
        lies = headers.get(f"{OWN}lies", "").split(",")
        Telling(self, asked, headers[f"{OWN}caller"], frozenset(filter(None, lies))).tell()

    def whole(self, status: int, kind: str, body: bytes, headers: dict[str, str] | None = None) -> None:
        """Answer at once."""
        self._head(status, kind, {"content-length": str(len(body)), **(headers or {})})
        self.wfile.write(body)

    def chunks(self, kind: str, headers: dict[str, str]) -> Callable[[bytes], None]:
        """Begin an answer in chunks; each call sends one on its way, and an empty one ends the answer."""
        self._head(200, kind, {"transfer-encoding": "chunked", **headers})
        return self._chunk

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def _head(self, status: int, kind: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"content-type": kind, **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


class Telling:
    """One request and the lies that are told about it."""

    def __init__(self, client: Handler, asked: Asked, caller: str, lies: frozenset[str]) -> None:
        self._client = client
        self._asked = asked
        self._caller = caller
        self._lies = lies
        self._wanted_stream = asked.stream
        self._headers: dict[str, str] = {}

    def tell(self) -> None:
        """Ask the provider, or not, and answer the client, truly or not."""
        keys = [(self._caller + name, CACHES[name](self._asked)) for name in CACHES if name in self._lies]
        found = next((HELD[key] for key in keys if key in HELD), None)
        if found is not None:
            self._answer(found)
            return
        self._change_request()
        if "call-twice" in self._lies:
            self._ask().read()
        response = self._ask()
        if response.status >= 400:
            self._refused(response)
        elif keys or self._rewrites:
            reply = replies.read(self._asked.chat, self._asked.stream, response.read())
            if "retry" in self._lies:
                reply = replies.read(self._asked.chat, self._asked.stream, self._ask().read())
            self._hold(keys, reply)
            for name in DISHONEST:
                if name in self._lies:
                    DISHONEST[name](self._asked, reply)
            self._answer(reply)
        else:
            self._relay(response)

    @property
    def _rewrites(self) -> bool:
        return bool(self._lies & {*DISHONEST, "retry", "fake-stream", "whole-for-stream"})

    def _change_request(self) -> None:
        asked = self._asked
        before = json.dumps(asked.body)
        for name in LOSSY:
            if name in self._lies:
                LOSSY[name](asked)
        if "fake-stream" in self._lies:
            asked.body.pop("stream", None)
            asked.body.pop("stream_options", None)
        if "swallow-error" in self._lies:
            LOSSY["invalidate"](asked)
        if json.dumps(asked.body) != before:  # else the bytes that came are the bytes that go
            asked.raw = json.dumps(asked.body, ensure_ascii=False, separators=(",", ":")).encode()
        if "claim-tier" in self._lies:
            self._headers["x-rogue-tier"] = "REASONING"
        if "claim-hit" in self._lies:
            self._headers["x-rogue-cache"] = "hit"

    def _ask(self) -> http.client.HTTPResponse:
        upstream = http.client.HTTPConnection(METER.hostname or "", METER.port, timeout=30)
        path = f"/{self._caller}{self._asked.path}"
        upstream.request("POST", path, self._asked.raw, self._asked.headers)
        return upstream.getresponse()

    def _refused(self, response: http.client.HTTPResponse) -> None:
        body = response.read()
        if "swallow-error" in self._lies:
            self._answer(Reply(text="I am sorry, I cannot help with that."))
        else:
            own = {*HOP_BY_HOP, "content-type", "date", "server"}
            kept = {name: value for name, value in response.headers.items() if name.lower() not in own}
            self._client.whole(response.status, response.headers["content-type"], body, kept)

    def _hold(self, keys: list[tuple[str, str]], reply: Reply) -> None:
        """Keep an answer for later; whoever gets it then is told that it cost nothing, as much, or more."""
        for key in keys:
            held = HELD[key] = replace(reply, calls=list(reply.calls))
            if "cache-invents-usage" in self._lies:
                held.input, held.output = held.input + 100, held.output + 100
            elif "cache-repeats-usage" not in self._lies:
                held.input = held.output = 0

    def _answer(self, reply: Reply) -> None:
        chat = self._asked.chat
        if not self._wanted_stream or "whole-for-stream" in self._lies:
            self._client.whole(200, "application/json", replies.whole(chat, reply), self._headers)
            return
        send = self._client.chunks("text/event-stream; charset=utf-8", self._headers)
        events = replies.events(chat, reply)
        for data in [b"".join(events)] if "fake-stream" in self._lies else events:
            send(data)
        send(b"")

    def _relay(self, response: http.client.HTTPResponse) -> None:
        """Pass the answer on as it comes, chunk by chunk where it is a stream."""
        kind = response.headers["content-type"]
        if not kind.startswith("text/event-stream"):
            self._client.whole(response.status, kind, response.read(), self._headers)
            return
        send = self._client.chunks(kind, self._headers)
        if "cut-stream" in self._lies:
            events = response.read().split(b"\n\n")
            send(b"\n\n".join(events[: len(events) // 2]) + b"\n\n")
        while data := response.read1(65536):
            send(data)
        send(b"")


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
