"""Hearing a stream of the daemon's events without waiting on it for ever."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from lab.engines.docker.daemon import TROUBLE

Event = Mapping[str, Any]
POLL_S = 0.2


class Silence(Exception):
    """The daemon said nothing for `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"nothing was said for {seconds:.0f} s")
        self.seconds = seconds


class Stopped(Exception):
    """The one who listened asked to stop."""


def heard(
    stream: Callable[[], Iterable[Event]], stop: threading.Event, *, first_s: float, next_s: float
) -> Iterator[Event]:
    """The stream's events; raises Silence after `first_s`, then `next_s` without one, or Stopped.

    The SDK waits without limit, even for a stream's first event; so it waits in a thread of its own,
    which is left behind, with its connection closed at the next event, when nobody listens any more.
    """
    events: queue.Queue[Event | BaseException | None] = queue.Queue()
    abandoned = threading.Event()

    def listen() -> None:
        try:
            for event in stream():
                if abandoned.is_set():
                    return
                events.put(event)
            events.put(None)
        except (*TROUBLE, ValueError) as exc:  # ValueError: what is being sent was closed meanwhile
            events.put(exc)

    threading.Thread(target=listen, name="listen", daemon=True).start()
    limit = first_s
    try:
        while True:
            event = _next(events, stop, limit)
            if event is None:
                return
            if isinstance(event, BaseException):
                raise event
            limit = next_s
            yield event
    finally:
        abandoned.set()


def _next(
    events: queue.Queue[Event | BaseException | None], stop: threading.Event, limit: float
) -> Event | BaseException | None:
    begin = time.monotonic()
    while True:
        if stop.is_set():
            raise Stopped
        try:
            return events.get(timeout=POLL_S)
        except queue.Empty:
            if time.monotonic() - begin > limit:
                raise Silence(limit) from None
