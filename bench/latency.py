"""What the lab's own client adds to an exchange, against the same bytes on a raw socket."""

from __future__ import annotations

import socket
import statistics
import time

from bench.figures import Figure
from bench.meter_process import CALLER, body, head, meter
from lab.run.client import Client

ROUNDS = 300
WARM_UP = 30


def direct_overhead() -> Figure:
    """Median latency of an exchange sent by the lab, less that of a raw socket; interleaved, in ms."""
    payload = body()
    with meter() as running, socket.create_connection(("127.0.0.1", running.port)) as raw:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client = Client(timeout_s=30, max_answer_bytes=1_000_000)
        request = head(len(payload)) + payload
        url = f"http://127.0.0.1:{running.port}/{CALLER}/v1/messages"
        headers = {"content-type": "application/json", "x-api-key": "lab", "anthropic-version": "2023-06-01"}
        lab_ms, raw_ms = [], []
        for n in range(ROUNDS + WARM_UP):
            raw_time = _raw(raw, request)
            tried = client.send(url, headers, payload, attempts=1, backoff_s=0)[-1]
            if tried.status != 200:
                raise RuntimeError(f"the meter answered {tried.status}: {tried.body[:200]!r}")
            if n >= WARM_UP:
                raw_ms.append(raw_time)
                lab_ms.append(tried.latency_ms)
        client.close()
    lab_p50, raw_p50 = statistics.median(lab_ms), statistics.median(raw_ms)
    return Figure(
        "direct exchange over a raw socket, p50",
        lab_p50 - raw_p50,
        "ms",
        3.0,
        "at most",
        f"({lab_p50:.2f} against {raw_p50:.2f}, n={ROUNDS})",
    )


def _raw(connection: socket.socket, request: bytes) -> float:
    begin = time.perf_counter()
    connection.sendall(request)
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65_536)
    head_bytes, _, rest = received.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1])
        for line in head_bytes.split(b"\r\n")
        if line.lower().startswith(b"content-length")
    )
    while len(rest) < length:
        rest += connection.recv(65_536)
    elapsed = (time.perf_counter() - begin) * 1000
    if not head_bytes.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head_bytes[:200].decode("latin-1"))
    return elapsed
