"""Reads the bodies of one exchange for its evidence page, and compares what was sent with what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import orjson

from lab.errors import RecordsError
from lab.kit import numbers
from lab.kit.text import one_line, visible
from lab.records.bodystore import SHA256
from lab.records.models import ExchangeRecord, UpstreamRecord
from lab.records.store import RunStore
from lab.report import prompts
from lab.report.diff import Diff, compare
from lab.report.layout import Comparison, request_lines, text_lines
from lab.wires import CLIENT_KINDS, read_request

PARSE_BYTES = 2_000_000
RAW_LINES = 60
RAW_CHARS = 3_000
SHOWN_CALLS = 6
REMEMBERED = 8
CHAT = "chat"
OTHER_WIRE = "The provider's side answered on another wire than the client's: its form differs in any case."


@dataclass(frozen=True, slots=True)
class Raw:
    """A body as recorded: a bounded part of its text, and the name under which all of it is kept."""

    title: str
    text: str
    name: str
    note: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """One exchange as recorded, with its upstream calls."""

    record: ExchangeRecord
    calls: tuple[UpstreamRecord, ...]

    @property
    def chat(self) -> list[UpstreamRecord]:
        """The calls to a model."""
        return [call for call in self.calls if call.kind == CHAT]


class Bodies:
    """Reads bodies for one page; what is missing or too large to lay out is said, not raised."""

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._known: dict[str, bytes | str] = {}

    def read(self, sha: str | None) -> bytes | str:
        """The body, or the sentence why there is none to show."""
        if sha is None:
            return "No body was recorded."
        if sha not in self._known:
            self._known[sha] = self._read(sha)
        return self._known[sha]

    def _read(self, sha: str) -> bytes | str:
        if not SHA256.fullmatch(sha):
            return "The record names no body of this run."
        try:
            _, size = self._store.bodies.beginning(sha, 0)
            if size > PARSE_BYTES:
                return f"This body has {numbers.size(size)}, too much to lay out here."
            return self._store.body(sha)
        except RecordsError:
            return "This body is missing from the run's folder, or was changed after it was recorded."

    def start(self, sha: str) -> tuple[bytes, int]:
        """The beginning of a body, and its whole size in bytes; nothing outside the folder is read."""
        if not SHA256.fullmatch(sha):
            return b"", 0
        known = self._known.get(sha)
        if isinstance(known, bytes):
            return known[: RAW_CHARS * 2], len(known)
        try:
            return self._store.bodies.beginning(sha, RAW_CHARS * 2)
        except RecordsError:
            return b"", 0


def comparisons(exchange: Exchange, bodies: Bodies) -> Iterator[Comparison]:
    """The request sent beside each upstream call, and the model's answer beside the client's."""
    sent, chat = bodies.read(exchange.record.request), exchange.chat
    for number, call in enumerate(chat[:SHOWN_CALLS], 1):
        title = f"Request sent, and what was forwarded (upstream call {number} of {len(chat)})"
        right = f"Forwarded to {call.path}, answered with HTTP {call.status}"
        if call.error:
            right += f": {call.error}"
        yield _compare_requests(title, one_line(right, 300), exchange.record, sent, call, bodies)
        if call.model_input is not None:
            yield prompts.compared(number, len(chat), call, call.model_input, bodies.read)
    if not chat:
        note = "Nothing was forwarded to a model in this exchange."
        yield Comparison("Request sent, and what was forwarded", "", "", None, note)
    yield _compare_answers(exchange.record, chat, bodies)


def _compare_requests(
    title: str, right: str, exchange: ExchangeRecord, sent: bytes | str, call: UpstreamRecord, bodies: Bodies
) -> Comparison:
    left = f"Sent by the client on the {exchange.wire} wire"
    forwarded = bodies.read(call.request)
    if isinstance(sent, str):
        return Comparison(title, left, right, None, sent)
    if isinstance(forwarded, str):
        return Comparison(title, left, right, None, forwarded)
    asked = _request_text(sent, CLIENT_KINDS.get(exchange.wire, exchange.wire))
    arrived = _request_text(forwarded, call.wire)
    note = (
        "Both sides are written in one neutral layout, so that another wire's spelling is no difference; "
        "the bodies as they were are below."
    )
    return Comparison(title, left, right, _compared(asked, arrived), note)


# One scenario's pages follow each other: its variants were sent the same, and forward much the same.
@lru_cache(maxsize=REMEMBERED)
def _request_text(body: bytes, kind: str) -> tuple[str, ...]:
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        data = None
    if isinstance(data, dict):
        return tuple(request_lines(read_request(kind, data)))
    return _text_lines(body)


@lru_cache(maxsize=REMEMBERED)
def _compared(left: tuple[str, ...], right: tuple[str, ...]) -> Diff:
    return compare(left, right)


def _compare_answers(exchange: ExchangeRecord, chat: Sequence[UpstreamRecord], bodies: Bodies) -> Comparison:
    title = "The answer: as the provider's side gave it, and as the client received it"
    last = chat[-1] if chat else None
    left = f"Answered at the meter (by: {last.answered_by})" if last else "No model was called"
    right = f"Received by the client with HTTP {exchange.http_status or 'no status'}"
    received = bodies.read(exchange.response) if exchange.response else "No response came back."
    given: bytes | str = bodies.read(last.response) if last and last.response else b""
    if isinstance(received, str):
        return Comparison(title, left, right, None, received)
    if isinstance(given, str):
        return Comparison(title, left, right, None, given)
    lines = _text_lines(received)
    if not given:
        note = "The records hold no answer of a model to compare with; this is what the client received."
        return Comparison(title, left, right, None, note, "\n".join(lines[:RAW_LINES]))
    note = OTHER_WIRE if last and last.wire != CLIENT_KINDS.get(exchange.wire) else ""
    return Comparison(title, left, right, _compared(_text_lines(given), lines), note)


def _text_lines(body: bytes) -> tuple[str, ...]:
    return text_lines(body.decode("utf-8", "replace"))


def raws(exchange: Exchange, bodies: Bodies) -> Iterator[Raw]:
    """All bodies of the exchange as recorded, each with a bounded beginning of its text."""
    record = exchange.record
    yield _raw("Request sent by the client", record.request, bodies)
    for number, call in enumerate(exchange.calls[:SHOWN_CALLS], 1):
        name = f"Upstream call {number} of {len(exchange.calls)} ({call.kind}, {call.path})"
        if call.request:
            yield _raw(f"{name}: request", call.request, bodies)
        if call.model_input and call.model_input.prompt:
            yield _raw(f"{name}: prompt that the model got", call.model_input.prompt, bodies)
        if call.response:
            yield _raw(f"{name}: answer", call.response, bodies)
    if record.response:
        yield _raw("Answer received by the client", record.response, bodies)


def _raw(title: str, sha: str, bodies: Bodies) -> Raw:
    start, size = bodies.start(sha)
    text = visible(start.decode("utf-8", "replace"))
    shown = "\n".join(text[:RAW_CHARS].split("\n")[:RAW_LINES])
    note = numbers.size(size)
    if size > len(start) or len(shown) < len(text):
        note = f"the beginning of {note}"
    name = f"bodies/{sha}" if SHA256.fullmatch(sha) else ""
    return Raw(one_line(title, 200), shown, name, note)
