"""An engine's end against starts in other threads: what starts is seen by the end, or does not start."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Ending:
    """Set once, when everything is to stop; `event` is for those who wait for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.event = threading.Event()

    def begin(self) -> None:
        """From now on nothing starts; what is being started at this moment has been started on return."""
        with self._lock:
            self.event.set()

    @property
    def begun(self) -> bool:
        """Whether everything is to stop."""
        return self.event.is_set()

    @contextmanager
    def starting(self, refused: Exception) -> Iterator[None]:
        """Start in here, and note it where the end looks; raises `refused` after the end."""
        with self._lock:
            if self.begun:
                raise refused
            yield
