"""Generated logs of services, and search output as a command prints it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from lab.scenarios.payloads import words
from lab.scenarios.payloads.data import match
from lab.scenarios.payloads.parts import Piece, Shape, drawing, spread

_BEGIN = datetime(2026, 3, 4, 6, 0, tzinfo=UTC)
_STEP_MS = 740

_QUIET = (
    "GET /v1/parcels/{number} 200 {small}ms",
    "GET /v1/quotes/{number} 200 {small}ms cache=hit",
    "POST /v1/scans 202 {small}ms",
    "heartbeat ok, {small} workers",
    "flushed {small} events to the outbox",
    "picked up job scan-{number}",
    "token renewed, next in {small}m",
    "GET /healthz 200 1ms",
    "cache tariff-eu warm, {number} keys",
    "published waybill event, partition {small}",
)
_LOUD = (
    ("ERROR", "charge ch_{id} declined by the issuer after {small} attempts"),
    ("ERROR", "could not lock berth B{id}, held since {small} minutes"),
    ("WARN", "queue customs-in is {id} behind, shedding from priority {small}"),
    ("ERROR", "manifest m-{id} has no consignee, moved to quarantine"),
    ("WARN", "probe P{id} reports {small} degrees above its limit"),
    ("ERROR", "duty table v{id} does not parse at row {small}"),
    ("WARN", "retry {small} of carrier call c-{id} timed out"),
    ("ERROR", "refund rf_{id} exceeds the order's total, not paid"),
    ("WARN", "clock of gate G{id} is {small}s ahead"),
    ("ERROR", "upload proof-{id} refused: checksum differs"),
    ("WARN", "driver d-{id} has {small} minutes of rest left"),
    ("ERROR", "route r-{id} has no solution within {small} stops"),
)
_REPEATED = (
    "    waiting for lock on shard {small}",
    "    at Worker.loop (src/queue/worker.ts:88)",
    "    ... retrying in 500ms",
)


def _line(seed: str, n: int, marked: bool) -> Piece:
    draw = drawing(seed, "log", n)
    moment = _BEGIN + timedelta(milliseconds=n * _STEP_MS + draw.randrange(_STEP_MS - 40))
    at = f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
    request = f"{words.code(draw, 3)}{spread(seed, n, 10_000, 99_991, 9_203)}"
    if marked:
        level, pattern = draw.choice(_LOUD)
        message = pattern.format(id=spread(seed, n, 100_000, 999_983, 83_969), small=draw.randrange(2, 9))
        return Piece(_written(at, level, draw, request, message), ((at, request, message),))
    level = draw.choice(("INFO", "INFO", "INFO", "DEBUG"))
    message = draw.choice(_QUIET).format(number=draw.randrange(1000, 9999), small=draw.randrange(2, 60))
    text = _written(at, level, draw, request, message)
    if draw.random() < 0.08:
        again = draw.choice(_REPEATED).format(small=draw.randrange(2, 9))
        text += f"\n{again}" * draw.randrange(2, 6)
    return Piece(text, row=(at, request, message))


def _written(at: str, level: str, draw: Random, request: str, message: str) -> str:
    return f"{at} {level:<5} {draw.choice(words.SERVICES)} req={request} {message}"


def _grep(seed: str, n: int, _marked: bool) -> Piece:
    file, line, text = match(seed, n)
    sign = "# " if file.endswith(".py") else "// "
    return Piece(
        f"{file}:{line}:{' ' * drawing(seed, 'indent', n).choice((0, 2, 4, 8))}{sign}{text}",
        ((file, str(line), text),),
    )


LOGS = Shape("logs", _line, sparse=True)
GREP = Shape("search output", _grep)
