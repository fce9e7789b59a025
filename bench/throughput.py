"""How many requests per second the meter answers on one core, recording each."""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from typing import cast

import uvloop

from bench.figures import Figure
from bench.meter_process import body, head, meter

CONNECTIONS = 16
SECONDS = 2.0
ROUNDS = 5


class _Caller(asyncio.Protocol):
    """Sends the same request again as soon as the whole answer is there (closed loop)."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._transport: asyncio.WriteTransport | None = None
        self._buffer = b""
        self.answered = 0
        self.failed = 0

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
            self.answered += 1
        else:
            self.failed += 1
        self._buffer = self._buffer[head_end + 4 + length :]
        if self._transport is not None:
            self._transport.write(self._request)


async def _load(port: int, request: bytes) -> tuple[float, int]:
    loop = asyncio.get_running_loop()
    pairs = [
        await loop.create_connection(lambda: _Caller(request), "127.0.0.1", port) for _ in range(CONNECTIONS)
    ]
    begin = time.perf_counter()
    before = sum(caller.answered for _, caller in pairs)
    await asyncio.sleep(SECONDS)
    answered = sum(caller.answered for _, caller in pairs) - before
    rate = answered / (time.perf_counter() - begin)
    for transport, _ in pairs:
        transport.close()
    return rate, sum(caller.failed for _, caller in pairs)


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
                rate, failed = uvloop.run(_load(running.port, request))
                if failed or not rate:
                    raise RuntimeError(f"{failed} of the meter's answers were not 200, {rate:.0f}/s were")
                rates.append(rate)
                recorded = len(control.close_exchange("bench"))
                if recorded < rate * SECONDS * 0.9:
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
        f"({min(rates):,.0f} to {max(rates):,.0f}, {ROUNDS} rounds of {SECONDS:g} s)",
    )


def _open_again(port: int, token: str) -> None:
    from bench.meter_process import CALLER, Meter
    from lab.meter.script import ScriptedAnswer

    control = Meter(port, token, 0).control()
    control.open_exchange(
        "bench", [CALLER], "labmark-0123456789abcdef", ScriptedAnswer(text="A short answer.")
    )
    control.close()
