"""What labs share between runs is made by one at a time."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from lab.engines.cache import file_lock
from lab.errors import InstallError


def test_a_lock_lets_one_in_at_a_time(tmp_path: Path) -> None:
    """Two threads never hold the same lock together, and one that waits can be stopped."""
    lock = tmp_path / "locks" / "tag.lock"
    said: list[str] = []
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        with file_lock(lock, threading.Event(), "it was stopped"):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.05)
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1, 1]
    stopped = threading.Event()
    stopped.set()
    with (
        file_lock(lock, threading.Event(), "it was stopped"),
        pytest.raises(InstallError, match="it was stopped"),
        file_lock(lock, stopped, "it was stopped", lambda: said.append("waiting")),
    ):
        pass
    assert said == ["waiting"]
