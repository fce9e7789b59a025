"""The meter as a process of this machine, listening on the lab network's gateway address.

It is needed when a real model answers on this machine's loopback address, which no container reaches.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from lab.compose.file import Service
from lab.errors import ConfigError, StartError

CONFIG_VARIABLE = "LAB_METER_CONFIG"
USUAL_PORT = 9700
GRACE_S = 2.0
TAIL_BYTES = 8_000


def free_port(address: str) -> int:
    """A free port at an address of this machine: the meter's usual one, else one the kernel picks."""
    try:
        return _bound(address, USUAL_PORT)
    except OSError:
        pass  # that port is taken, or the address is not this machine's, which the next try tells apart
    try:
        return _bound(address, 0)
    except OSError as exc:
        raise StartError(
            f"the meter cannot listen on {address}: {exc.strerror}",
            next_step="use a Docker daemon on this machine, `--engine host`, or an OLLAMA_URL that "
            "containers reach",
        ) from exc


def _bound(address: str, port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((address, port))
        return int(probe.getsockname()[1])


class HostMeter:
    """The meter's process; `address` and `port` are where containers reach it."""

    def __init__(self, address: str, log: Path) -> None:
        self.address = address
        self.port = free_port(address)
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where the lab itself reaches the meter."""
        return f"http://{self.address}:{self.port}"

    def start(self, service: Service, env: Mapping[str, str], root: Path) -> None:
        """Start the process in `root`, with the service's environment, bound to this address."""
        try:
            config = json.loads(service.environment[CONFIG_VARIABLE])
            config |= {"host": self.address, "port": self.port}
        except (KeyError, TypeError, ValueError) as exc:
            raise ConfigError(
                f"the service {service.name} has no JSON object in {CONFIG_VARIABLE}",
                next_step="pass it on under `environment` in the meter's compose file",
            ) from exc
        settings = {**env, **service.environment, CONFIG_VARIABLE: json.dumps(config)}
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "lab.meter"], env=settings, cwd=root, stdin=subprocess.DEVNULL,
                stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip

    def end(self) -> str | None:
        """How the process ended, or None while it runs."""
        code = None if self._process is None else self._process.poll()
        return None if code is None else f"it ended with exit code {code}"

    def tail(self) -> str:
        """The end of what it wrote."""
        if not self.log.is_file():
            return ""
        with self.log.open("rb") as stream:
            stream.seek(0, os.SEEK_END)
            stream.seek(max(0, stream.tell() - TAIL_BYTES))
            return stream.read().decode("utf-8", "replace").strip()

    def stop(self) -> None:
        """End the process: SIGTERM, and SIGKILL after two seconds."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
