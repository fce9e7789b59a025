"""Which process a run belongs to: it tells runs that go on from those whose lab was killed."""

from __future__ import annotations

import os
import socket
from pathlib import Path


def owner() -> str:
    """Host name, process id and start of this process, as a label of what its run makes."""
    return f"{socket.gethostname()}:{os.getpid()}:{_started(os.getpid())}"


def owner_alive(label: str) -> bool:
    """Whether the process that a label names still runs on this machine."""
    host, _, rest = label.partition(":")
    pid, _, started = rest.partition(":")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except PermissionError:
        pass  # it runs, for another user
    except (ProcessLookupError, OverflowError):
        return False
    return started == _started(int(pid))


def _started(pid: int) -> str:
    """When a process started, in clock ticks since boot; empty if the system does not tell."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
