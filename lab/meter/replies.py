"""What a wire hands back to the application: one whole body, or a stream of chunks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any

from lab.wires import exact
from lab.wires.neutral import AnsweredBy

Headers = tuple[tuple[bytes, bytes], ...]
JSON = b"application/json"
SSE = b"text/event-stream; charset=utf-8"
NDJSON = b"application/x-ndjson"


@dataclass(slots=True)
class Reply:
    """A whole answer; `error` says why, if it is one."""

    status: int
    body: bytes
    content_type: bytes = JSON
    headers: Headers = ()
    answered_by: AnsweredBy = "meter"
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer sent chunk by chunk; each chunk becomes one write to the socket."""

    chunks: Iterable[bytes] | AsyncIterator[bytes]
    content_type: bytes = SSE
    status: int = 200
    headers: Headers = ()
    answered_by: AnsweredBy = "scripted"
    error: str | None = None


@dataclass(slots=True)
class Asked:
    """A request as a wire sees it: headers in lower case, JSON body once read, arrival (perf_counter, s)."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    raw: bytes = b""
    body: dict[str, Any] = field(default_factory=dict)
    received: float = 0.0


def json_reply(value: Any, *, status: int = 200, answered_by: AnsweredBy = "meter") -> Reply:
    """A JSON answer."""
    return Reply(status, exact.dumps(value), answered_by=answered_by)


def sse(data: Any, event: str | None = None) -> bytes:
    """One server-sent event with JSON data, and its name if the wire has one."""
    head = b"event: " + event.encode() + b"\n" if event else b""
    return head + b"data: " + exact.dumps(data) + b"\n\n"
