"""A meter process for the benchmarks, on a loopback port, pinned to one core."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from lab.errors import MeterError
from lab.meter.script import ScriptedAnswer
from lab.run.meter_control import MeterControl

CALLER = "direct"
MODEL = "claude-sonnet-4-5"


@dataclass(frozen=True, slots=True)
class Meter:
    """A running meter: its port, its control API's token, its process id."""

    port: int
    token: str
    pid: int

    def control(self) -> MeterControl:
        """A client of its control API."""
        return MeterControl(f"http://127.0.0.1:{self.port}", self.token)


@contextmanager
def meter(core: int | None = None) -> Iterator[Meter]:
    """Start a meter, wait until it is healthy, open one exchange for it, stop it at the end."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    token = secrets.token_hex(8)
    config = {
        "port": port,
        "host": "127.0.0.1",
        "token": token,
        "upstream_mode": "scripted",
        "models": [MODEL],
        "forward": {},
        "embeddings_forward": None,
        "max_body_mb": 64,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "lab.meter"],
        env={**os.environ, "LAB_METER_CONFIG": json.dumps(config)},
        stdout=subprocess.DEVNULL,
    )
    if core is not None:
        os.sched_setaffinity(process.pid, {core})
    try:
        running = Meter(port, token, process.pid)
        control = running.control()
        _wait(control)
        control.open_exchange(
            "bench", [CALLER], "labmark-0123456789abcdef", ScriptedAnswer(text="A short answer.")
        )
        control.close()
        yield running
    finally:
        process.terminate()
        process.wait(10)


def _wait(control: MeterControl) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            control.health()
        except MeterError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def body() -> bytes:
    """The request all benchmarks of the meter send: one short user message on the Anthropic wire."""
    message = {"role": "user", "content": "What does git stash do?"}
    return json.dumps({"model": MODEL, "max_tokens": 256, "messages": [message]}).encode()


def head(size: int) -> bytes:
    """The HTTP/1.1 request head that belongs to a body of `size` bytes."""
    return (
        f"POST /{CALLER}/v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        f"x-api-key: lab\r\nanthropic-version: 2023-06-01\r\ncontent-length: {size}\r\n\r\n"
    ).encode()
