"""How many requests per second the meter answers on one core, recording each."""

from __future__ import annotations

import asyncio
import contextlib
import os
import statistics
import time
from dataclasses import dataclass, field
from typing import cast

import uvloop

from bench.figures import Figure
from bench.meter_process import body, head, meter

CONNECTIONS = 16
SECONDS = 2.0
ROUNDS = 5
# A round ends earlier on a machine that answers so many: the meter holds 256 MiB of calls, and one of these
# takes 6.4 kB of them.
MOST_CALLS = 30_000


@dataclass(slots=True)
class _Round:
    """What was answered so far, and whether that is enough."""

    answered: int = 0
    failed: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)


class _Caller(asyncio.Protocol):
    """Sends the same request again as soon as the whole answer is there (closed loop)."""

    def __init__(self, request: bytes, counted: _Round) -> None:
        self._request = request
        self._counted = counted
        self._transport: asyncio.WriteTransport | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's own is not a subclass
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Count whole answers by their content-length; send the next request."""
        self._buffer += data
        head_end = self._buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return
        lower = self._buffer[:head_end].lower()
        at = lower.find(b"content-length:") + len(b"content-length:")
        length = int(lower[at:].split(b"\r\n", 1)[0])
        if len(self._buffer) < head_end + 4 + length:
            return
        if self._buffer.startswith(b"HTTP/1.1 200"):
            self._counted.answered += 1
        else:
            self._counted.failed += 1
        self._buffer = self._buffer[head_end + 4 + length :]
        if self._counted.answered + self._counted.failed >= MOST_CALLS:
            self._counted.over.set()
        elif self._transport is not None:
            self._transport.write(self._request)


async def _load(port: int, request: bytes) -> tuple[float, _Round]:
    loop = asyncio.get_running_loop()
    counted = _Round()
    pairs = [
        await loop.create_connection(lambda: _Caller(request, counted), "127.0.0.1", port)
        for _ in range(CONNECTIONS)
    ]
    begin = time.perf_counter()
    before = counted.answered
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(counted.over.wait(), SECONDS)
    rate = (counted.answered - before) / (time.perf_counter() - begin)
    for transport, _ in pairs:
        transport.close()
    return rate, counted


def meter_rate() -> Figure:
    """Median requests/s over rounds: meter pinned to one core, load from another, answers all 200."""
    payload = body()
    request = head(len(payload)) + payload
    cores = sorted(os.sched_getaffinity(0))
    mine = cores[-1]
    with meter(core=cores[0]) as running:
        os.sched_setaffinity(0, {mine})
        try:
            control = running.control()
            rates = []
            for round_number in range(ROUNDS):
                rate, counted = uvloop.run(_load(running.port, request))
                if counted.failed or not rate:
                    raise RuntimeError(
                        f"{counted.failed} of the meter's answers were not 200, {rate:.0f}/s were"
                    )
                rates.append(rate)
                recorded = len(control.close_exchange("bench"))
                if recorded < counted.answered:
                    raise RuntimeError(f"only {recorded} calls were recorded in round {round_number + 1}")
                _open_again(running.port, running.token)
            control.close()
        finally:
            os.sched_setaffinity(0, set(cores))
    return Figure(
        "meter, non-streaming, one core",
        statistics.median(rates),
        "req/s",
        5_000,
        "at least",
        f"({min(rates):,.0f} to {max(rates):,.0f}, {ROUNDS} rounds of up to {SECONDS:g} s)",
    )


def _open_again(port: int, token: str) -> None:
    from bench.meter_process import CALLER, Meter
    from lab.meter.script import ScriptedAnswer

    control = Meter(port, token, 0).control()
    control.open_exchange(
        "bench", [CALLER], "labmark-0123456789abcdef", ScriptedAnswer(text="A short answer.")
    )
    control.close()
