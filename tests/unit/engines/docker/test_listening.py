"""Listening to the daemon ends at silence, at a stop, and at the end."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from lab.engines.docker.listening import Event, Silence, Stopped, heard


def test_listening_ends_at_silence_stop_and_end() -> None:
    """Events come through; silence, a stop and trouble each end the listening in their own way."""
    release = threading.Event()

    def stream() -> Iterator[Event]:
        yield {"n": 1}
        release.wait(10)

    stop = threading.Event()
    events = heard(stream, stop, first_s=5, next_s=0.3)
    assert next(events) == {"n": 1}
    with pytest.raises(Silence, match="0 s"):
        next(events)
    stop.set()
    with pytest.raises(Stopped):
        next(heard(stream, stop, first_s=5, next_s=5))
    release.set()
    assert list(heard(stream, threading.Event(), first_s=5, next_s=5)) == [{"n": 1}]

    def trouble() -> Iterator[Event]:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        next(heard(trouble, threading.Event(), first_s=5, next_s=5))
