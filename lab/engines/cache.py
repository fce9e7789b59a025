"""What the lab keeps between runs, and locks between the labs that share it."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from lab.errors import InstallError

POLL_S = 0.2


def default_cache(env: Mapping[str, str] = os.environ) -> Path:
    """Where installs are kept between runs: below XDG_CACHE_HOME, else ~/.cache."""
    root = env.get("XDG_CACHE_HOME", "").strip()
    return (Path(root) if root else Path.home() / ".cache") / "llm-gateway-lab"


@contextmanager
def file_lock(
    path: Path, stop: threading.Event, stopped: str, waits: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """Hold a lock of this machine; if another holds it `waits` is called, and `stop` raises InstallError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = path.open("a")
    except OSError as exc:
        raise InstallError(
            f"no lock can be made in {path.parent}: {exc.strerror}",
            next_step="set XDG_CACHE_HOME to a writable folder",
        ) from exc
    with handle:
        if not _locked(handle):
            waits()
            while not _locked(handle):
                if stop.wait(POLL_S):
                    raise InstallError(stopped)
        yield


def _locked(handle: IO[str]) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
