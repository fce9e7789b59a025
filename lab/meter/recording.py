"""What the meter remembers: every call byte for byte, and which exchange it belongs to, until drained."""

from __future__ import annotations

import asyncio
import base64
import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from lab.meter.answers import BACKGROUND, Script
from lab.meter.refusal import Refusal
from lab.wires.keys import key_digest
from lab.wires.neutral import AnsweredBy

_SECRET = frozenset(
    {"authorization", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie"}
)
_CREDENTIALS = ("x-api-key", "authorization", "api-key")
RawHeaders = list[tuple[bytes, bytes]]
_CALL_BYTES = 5000  # what a call with its headers costs beside its bodies, as tracemalloc sees it


@dataclass(slots=True)
class Exchange:
    """An exchange that is open: calls of its callers belong to it."""

    id: str
    callers: tuple[str, ...]
    script: Script
    ceiling: int | None = None
    calls: list[Call] = field(default_factory=list)
    in_flight: int = 0
    last_arrival: float = 0.0
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    closing: bool = False
    closed: bool = False


@dataclass(slots=True)
class Call:
    """One call as it arrives and is answered; times are perf_counter seconds unless named otherwise."""

    n: int
    exchange: Exchange | None
    caller: str
    method: str
    path: str
    query: str
    raw_headers: RawHeaders
    received_at: float
    started: float
    ended: float | None = None
    first_byte: float | None = None
    last_byte: float | None = None
    status: int = 0
    stream: bool = False
    model: str | None = None
    answered_by: AnsweredBy = "meter"
    error: str | None = None
    ceiling: int | None = None
    aborted: bool = False
    request: bytes = b""
    response: list[bytes] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes held in memory for the call and both bodies."""
        return _CALL_BYTES + len(self.request) + sum(map(len, self.response))

    def sent(self, chunk: bytes) -> None:
        """Notes bytes of the answer's body at the moment they are sent."""
        self.last_byte = time.perf_counter()
        if self.first_byte is None and chunk:
            self.first_byte = self.last_byte
        self.response.append(chunk)

    def as_json(self) -> dict[str, Any]:
        """The call as the control API shows it; a call still under way says so in `error`."""
        over = self.ended is not None
        # What follows the last byte is the meter's own tidying, which no client waits for.
        ended = (over and self.last_byte) or self.ended or time.perf_counter()
        return {
            "n": self.n,
            "exchange": self.exchange.id if self.exchange else None,
            "caller": self.caller,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "headers": _shown(self.raw_headers),
            "credential": credential_of(self.raw_headers),
            "received_at": self.received_at,
            "duration_ms": (ended - self.started) * 1e3,
            "first_byte_ms": None if self.first_byte is None else (self.first_byte - self.started) * 1e3,
            "status": self.status,
            "stream": self.stream,
            "model": self.model,
            "answered_by": self.answered_by,
            "error": self.error if over else "still open",
            "aborted": self.aborted,
            "ceiling": self.ceiling,
            "request_b64": base64.b64encode(self.request).decode(),
            "response_b64": base64.b64encode(b"".join(self.response)).decode(),
        }


def _shown(raw: RawHeaders) -> dict[str, str]:
    shown: dict[str, str] = {}
    for key, value in raw:
        name = key.decode("latin-1").lower()
        text = "redacted" if name in _SECRET else value.decode("latin-1")
        shown[name] = f"{shown[name]}, {text}" if name in shown else text
    return shown


def credential_of(raw: RawHeaders) -> str:
    """A digest of the key that was sent, which tells keys apart and gives none away; empty without one."""
    sent = {key.decode("latin-1").lower(): value.decode("latin-1").strip() for key, value in raw}
    for name in _CREDENTIALS:
        value = sent.get(name, "")
        key = value.partition(" ")[2].strip() if value.lower().startswith("bearer ") else value
        if key:
            return key_digest(key)
    return ""


class Recorder:
    """Attributes calls to exchanges and holds them, up to `max_bytes` of bodies, until they are drained."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._held = 0
        self._exchanges: dict[str, Exchange] = {}
        self._by_caller: dict[str, Exchange] = {}
        self._background: list[Call] = []
        self._background_numbers = count(1)

    @property
    def full(self) -> bool:
        """Whether the bound is reached; the meter then refuses calls rather than lose records."""
        return self._held >= self._max_bytes

    def open(
        self, exchange_id: str, callers: tuple[str, ...], script: Script, ceiling: int | None = None
    ) -> None:
        """Opens an exchange; raises Refusal (409) if the id or a caller has one open already.

        `ceiling` is how many tokens a local model may generate for it, in place of the target's own limit.
        """
        if exchange_id in self._exchanges:
            raise Refusal(409, f"exchange {exchange_id} is open already")
        for caller in callers:
            if caller in self._by_caller:
                raise Refusal(409, f"caller {caller} belongs to exchange {self._by_caller[caller].id}")
        exchange = Exchange(exchange_id, callers, script, ceiling)
        self._exchanges[exchange_id] = exchange
        self._by_caller.update(dict.fromkeys(callers, exchange))

    def begin(self, caller: str, method: str, path: str, query: str, raw_headers: RawHeaders) -> Call:
        """A call has arrived: it belongs to its caller's open exchange, or to the background."""
        exchange = self._by_caller.get(caller)
        n = next(self._background_numbers) if exchange is None else len(exchange.calls) + 1
        now = time.perf_counter()
        call = Call(n, exchange, caller, method, path, query, raw_headers, time.time(), now)
        if exchange is not None:
            exchange.calls.append(call)
            exchange.in_flight += 1
            exchange.last_arrival = now
            exchange.changed.set()
        return call

    def unrecorded(self, path: str) -> Call:
        """A call of the lab's own, which belongs to nobody and is kept nowhere."""
        return Call(0, None, "", "POST", path, "", [], time.time(), time.perf_counter())

    def script(self, call: Call) -> Script:
        """What the call is answered with."""
        return call.exchange.script if call.exchange else BACKGROUND

    def finish(self, call: Call) -> None:
        """The call has ended; one whose exchange was closed meanwhile has been handed out already."""
        call.ended = time.perf_counter()
        exchange = call.exchange
        if exchange is None:
            self._background.append(call)
            self._held += call.size
            return
        exchange.in_flight -= 1
        exchange.changed.set()
        if not exchange.closed:
            self._held += call.size

    async def close(self, exchange_id: str, *, settle_s: float, wait_s: float) -> list[dict[str, Any]]:
        """Waits until no call is in flight and none arrived for `settle_s`, at most `wait_s`, then closes.

        Returns the calls in order of arrival; raises Refusal (404) for an exchange that is not open.
        """
        exchange = self._exchanges.get(exchange_id)
        if exchange is None or exchange.closing:
            raise Refusal(404, f"no exchange {exchange_id} is open")
        exchange.closing = True
        await _settle(exchange, settle_s, wait_s)
        exchange.closed = True
        del self._exchanges[exchange_id]
        for caller in exchange.callers:
            del self._by_caller[caller]
        self._held -= sum(call.size for call in exchange.calls if call.ended is not None)
        return [call.as_json() for call in exchange.calls]

    def drain_background(self) -> list[dict[str, Any]]:
        """Hands out the background calls that have ended, once, in order of arrival."""
        calls, self._background = self._background, []
        self._held -= sum(call.size for call in calls)
        return [call.as_json() for call in sorted(calls, key=lambda call: call.n)]


async def _settle(exchange: Exchange, settle_s: float, wait_s: float) -> None:
    now = asked = time.perf_counter()
    deadline = asked + wait_s
    while now < deadline:
        # Late calls come just after the answer, so the quiet time counts from the request to close.
        quiet_until = max(asked, exchange.last_arrival) + settle_s
        if not exchange.in_flight and now >= quiet_until:
            return
        until = deadline if exchange.in_flight else min(quiet_until, deadline)
        exchange.changed.clear()
        try:
            async with asyncio.timeout(until - now):
                await exchange.changed.wait()
        except TimeoutError:
            pass
        now = time.perf_counter()
