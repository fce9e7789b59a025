"""Runs the meter: `python -m lab.meter [--host H] [--port P]`, configured by LAB_METER_CONFIG."""

from __future__ import annotations

import argparse
import gc
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn

from lab import tokens
from lab.errors import ConfigError
from lab.meter.app import Meter
from lab.meter.config import MeterConfig, load_config


class _Server(uvicorn.Server):
    """Says where it listens as soon as it does, and leaves signals to `main`."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or ():
            host, port = listener.getsockname()[:2]
            print(f"meter listening on http://{host}:{port}", flush=True)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _exit_at_once(_: int, __: FrameType | None) -> None:
    """All state is in memory and the lab has drained what it wants, so nothing is waited for."""
    sys.stdout.flush()
    os._exit(0)


def main() -> int:
    """Serves until SIGTERM or SIGINT, then exits with 0; 2 for a wrong configuration or a port in use."""
    try:
        config = _placed(load_config())
        listener = _listen(config)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    tokens.count(["load the tokenizer before the first call"])
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)  # recorded calls live until drained: looking through them is wasted
    options = uvicorn.Config(
        Meter(config),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="critical",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=300,
    )
    server = _Server(options)
    signal.signal(signal.SIGTERM, _exit_at_once)
    signal.signal(signal.SIGINT, _exit_at_once)
    server.run(sockets=[listener])
    return 0


def _placed(config: MeterConfig) -> MeterConfig:
    """The configuration with host and port from the command line, which an engine knows best."""
    parser = argparse.ArgumentParser(prog="lab.meter", description=__doc__)
    parser.add_argument("--host", default=config.host)
    parser.add_argument("--port", default=config.port, type=int)
    options = parser.parse_args()
    return config.model_copy(update={"host": options.host, "port": options.port})


def _listen(config: MeterConfig) -> socket.socket:
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((config.host, config.port))
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"the meter cannot listen on {config.host}:{config.port}: {error.strerror or error}",
            next_step="choose another port, or stop what listens there",
        ) from None
    listener.listen(2048)
    return listener


if __name__ == "__main__":
    sys.exit(main())
