"""Does several things at once in threads that never keep an interrupted lab from ending."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from typing import TypeVar

from lab.errors import LabError

Result = TypeVar("Result")


def each(actions: Mapping[str, Callable[[], Result]]) -> dict[str, Result | LabError]:
    """Run all actions at once; a LabError is a result like any other, another exception is raised.

    An interruption of the waiting thread is not held up by actions that still go on: their threads are
    daemons, and what they started is stopped by the engine.
    """
    done: queue.SimpleQueue[tuple[str, Result | BaseException]] = queue.SimpleQueue()

    def work(name: str, action: Callable[[], Result]) -> None:
        try:
            done.put((name, action()))
        except BaseException as exc:  # noqa: BLE001 - handed to the waiting thread
            done.put((name, exc))

    for name, action in actions.items():
        threading.Thread(target=work, args=(name, action), name=name, daemon=True).start()
    results: dict[str, Result | LabError] = {}
    while len(results) < len(actions):
        name, outcome = done.get()
        if isinstance(outcome, BaseException) and not isinstance(outcome, LabError):
            raise outcome
        results[name] = outcome
    return results
