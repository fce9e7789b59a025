"""One process of the host engine: its port, its environment, its log, how it ended, and its end."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lab.errors import StartError

RUN_MARKER = "LAB_RUN_ID"
FOLDER_MARKER = "LAB_RUN_FOLDER"
INSTANCE_MARKER = "LAB_INSTANCE"
LOOPBACK = "127.0.0.1"
KEPT = ("PATH", "LANG", "LC_ALL", "TZ")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
CA_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
TAIL_LINES = 40
TAIL_BYTES = 64_000
_IN_USE = re.compile(r"EADDRINUSE|address already in use|Errno 98\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Process:
    """A started program: its process leads a session and a group of its own."""

    popen: subprocess.Popen[bytes]
    port: int
    log: Path
    log_start: int

    def ending(self) -> str | None:
        """How the process ended (exit code or signal), or None while it runs; it stays unreaped."""
        try:
            ended = os.waitid(os.P_PID, self.popen.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:  # reaped already, by `end`
            code = self.popen.returncode
            return f"signal {_signal_name(-code)}" if code is not None and code < 0 else f"exit code {code}"
        if ended is None:
            return None
        if ended.si_code == os.CLD_EXITED:
            return f"exit code {ended.si_status}"
        return f"signal {_signal_name(ended.si_status)}"

    def tail(self) -> str:
        """The end of what this process has logged."""
        return log_tail(self.log, since=self.log_start)

    def port_was_taken(self) -> bool:
        """Whether the log says that the port was in use."""
        return _IN_USE.search(self.tail()) is not None


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


def free_port(address: str = LOOPBACK, port: int = 0) -> int:
    """A port that is free at this moment: `port`, or one that the kernel picks; raises OSError."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((address, port))
        return int(probe.getsockname()[1])


def require_free(port: int, what: str) -> None:
    """Raise StartError if a fixed port is in use."""
    try:
        free_port(port=port)
    except OSError as exc:
        raise StartError(
            f"{what}: port {port} is in use ({exc.strerror})",
            next_step=f"end the program that listens on {port}, or let the lab pick the port: write only "
            "the container's port under `ports` in the compose file",
        ) from exc


def base_environment(
    env: Mapping[str, str], *, home: Path, egress: bool, ca_bundle: Path | None
) -> dict[str, str]:
    """A minimal environment: nothing of the user's but search path and locale, proxies only with egress."""
    out = {name: env[name] for name in KEPT if name in env}
    out.setdefault("LANG", "C.UTF-8")
    out["HOME"] = str(home)
    if egress:
        for name in PROXIES:
            for spelling in (name, name.lower()):
                if spelling in env:
                    out[spelling] = env[spelling]
    if ca_bundle is not None:
        out |= dict.fromkeys(CA_VARIABLES, str(ca_bundle))
    return out


def spawn(command: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Path, port: int) -> Process:
    """Start a program in a session of its own, its output appended to `log`; StartError if it cannot run."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        start = out.tell()
        try:
            popen = subprocess.Popen(
                list(command),
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as exc:
            raise StartError(
                f"{command[0]} cannot be run: {exc.strerror}",
                next_step="run `lab doctor`, and install again with `lab clean --cache` before the next run",
            ) from exc
    return Process(popen, port, log, start)


def end(processes: Sequence[Process], grace_s: float = 3.0) -> None:
    """End the processes' groups: SIGTERM, and SIGKILL to what is left after `grace_s` seconds."""
    for process in processes:
        _signal_group(process, signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    while any(p.ending() is None for p in processes) and time.monotonic() < deadline:
        time.sleep(0.02)
    for process in processes:  # unreaped leaders keep the group's number theirs, so this hits nobody else
        _signal_group(process, signal.SIGKILL)
        process.popen.wait()


def _signal_group(process: Process, number: signal.Signals) -> None:
    if process.popen.returncode is not None:
        return
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.popen.pid, number)


def log_tail(log: Path, *, since: int = 0, lines: int = TAIL_LINES) -> str:
    """The last lines of a log from byte `since` on; empty if there is none."""
    try:
        with log.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(since, size - TAIL_BYTES))
            text = stream.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
