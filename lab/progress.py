"""What the user sees while a run goes on: a live bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

PLAIN_EVERY_S = 10.0
# What a table may take if no window limits it: a log is read in an editor or on a CI's page.
WIDE = 120


def printable(text: str) -> str:
    """`text` without control characters, so that no log line can drive the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)


def terminal(*, stderr: bool = False) -> Console:
    """A console for text that is not ours: `:x:` stays as it is, and a file or pipe gets wide lines."""
    console = Console(stderr=stderr, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = WIDE
    return console


class Reporter:
    """Says what happens, safely from several threads; shows a bar while exchanges are sent."""

    def __init__(self, console: Console, *, quiet: bool = False) -> None:
        self.console = console
        self._quiet = quiet
        self._lock = threading.Lock()
        self._begin = time.monotonic()
        self._progress: Progress | None = None
        self._task: int = 0
        self._done = 0
        self._total = 0
        self._last_plain = 0.0

    def say(self, message: str) -> None:
        """One line, with the seconds since the start before it."""
        if self._quiet:
            return
        with self._lock:
            line = f"[dim]{time.monotonic() - self._begin:6.1f}s[/] {escape(printable(message))}"
            self._print(line)

    def warn(self, message: str) -> None:
        """One line that stands out; shown even when quiet."""
        with self._lock:
            self._print(f"[yellow]{escape(printable(message))}[/]")

    def _print(self, line: str) -> None:
        with contextlib.suppress(OSError):  # a closed terminal must not keep anything from being stopped
            self.console.print(line, highlight=False, soft_wrap=True)

    def begin(self, total: int) -> Self:
        """Begin the phase of `total` exchanges; use as a context manager."""
        self._done, self._total = 0, total
        return self

    def __enter__(self) -> Self:
        if self.console.is_terminal and not self._quiet:
            self._progress = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=self.console,
                transient=True,
            )
            self._progress.start()
            self._task = self._progress.add_task("exchanges", total=self._total)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def advance(self, what: str) -> None:
        """One exchange has ended; `what` names it."""
        self._done += 1
        if self._progress is not None:
            self._progress.update(self._task, advance=1, description=escape(printable(what))[:40])  # type: ignore[arg-type]
            return
        now = time.monotonic()
        if self._done == self._total or now - self._last_plain >= PLAIN_EVERY_S:
            self._last_plain = now
            self.say(f"{self._done} of {self._total} exchanges, last: {what}")
