"""What the user sees while a run goes on: a live bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

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
        self._task = TaskID(0)
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

    def show(self, table: RenderableType) -> None:
        """A table that stands out as a warning does; shown even when quiet."""
        with self._lock, contextlib.suppress(OSError):
            self.console.print(table, highlight=False)

    @staticmethod
    def literal(text: str) -> Text:
        """Text of others for a table: no markup of theirs is followed, and none drives the terminal."""
        return Text(printable(text))

    def _print(self, line: str) -> None:
        with contextlib.suppress(OSError):  # a closed terminal must not keep anything from being stopped
            self.console.print(line, highlight=False, soft_wrap=True)

    @contextlib.contextmanager
    def begin(self, total: int) -> Iterator[None]:
        """The phase of `total` exchanges."""
        self._done, self._total = 0, total
        if self._quiet or not self.console.is_terminal:
            yield
            return
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self.console, transient=True) as progress:
            self._progress, self._task = progress, progress.add_task("exchanges", total=total)
            try:
                yield
            finally:
                self._progress = None

    def advance(self, what: str) -> None:
        """One exchange has ended; `what` names it."""
        self._done += 1
        if self._progress is not None:
            self._progress.update(self._task, advance=1, description=escape(printable(what))[:40])
            return
        now = time.monotonic()
        if self._done == self._total or now - self._last_plain >= PLAIN_EVERY_S:
            self._last_plain = now
            self.say(f"{self._done} of {self._total} exchanges, last: {what}")
