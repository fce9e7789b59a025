"""One build of an image at a time."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from lab.engines.docker.building import file_lock
from lab.errors import InstallError


def test_a_lock_lets_one_in_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two threads never hold the same lock together, and one that waits can be stopped."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        with file_lock("tag", threading.Event()):
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
        file_lock("tag", threading.Event()),
        pytest.raises(InstallError, match="stopped"),
        file_lock("tag", stopped),
    ):
        pass
