"""Ctrl-C, SIGTERM and SIGHUP as one exception, which clean-up can rely on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """SIGTERM or Ctrl-C arrived; `signum` is the signal's number."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum


def ignore() -> None:
    """From now on (within `interruptible`), no signal disturbs what is done: clean-up has begun."""
    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)


def catch() -> None:
    """From now on the first SIGINT, SIGTERM or SIGHUP raises Interrupted; those that follow are ignored."""
    for number in SIGNALS:
        signal.signal(number, _interrupt)


def _interrupt(signum: int, _: FrameType | None) -> None:
    ignore()
    raise Interrupted(signum)


@contextmanager
def interruptible() -> Iterator[None]:
    """Turn SIGINT, SIGTERM and SIGHUP into one Interrupted; those that follow no longer disturb clean-up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    catch()
    ending = False
    try:
        yield
    except Interrupted:
        ending = True  # the process is about to end, which further signals must not disturb either
        raise
    finally:
        if not ending:
            for number, handler in before.items():
                signal.signal(number, handler)
