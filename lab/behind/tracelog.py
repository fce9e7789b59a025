"""Sees what a model got in the trace log of a server that the lab started."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from lab.behind.seen import NO_ANSWER, Handed, Seen, not_seen, refused
from lab.behind.trace import Prompt, Served, TraceReader

# The server writes its line after the answer's last byte, which the client may read first.
PATIENCE_S = 3.0
_LOOK_EVERY_S = 0.02


class TraceLog:
    """Reads the log as it grows; `read` gives all bytes from a position on."""

    def __init__(self, read: Callable[[int], bytes], *, patience_s: float = PATIENCE_S) -> None:
        self._read = read
        self._patience_s = patience_s
        self._position = 0
        self._reader = TraceReader()

    def begin(self) -> None:
        """Skip what was logged so far: loading, and calls of nobody's exchange."""
        self._more()
        self._reader.forget()

    def seen(self, calls: Sequence[Handed]) -> list[Seen]:
        """The prompt of each call; none if the log does not tell which prompt belongs to which call."""
        expected = [call for call in calls if call.status]
        served = self._wait(len(expected))
        if [(call.path, call.status) for call in expected] == [(one.path, one.status) for one in served]:
            found = iter(map(self._of, served))
            return [next(found) if call.status else not_seen(NO_ANSWER) for call in calls]
        if any(call.aborted for call in calls):
            return [not_seen("the client went away, and the log does not tell the calls apart")] * len(calls)
        why = f"the server's log tells of {len(served)} calls, and the meter of {len(expected)}"
        return [not_seen(why)] * len(calls)

    def _wait(self, count: int) -> list[Served]:
        deadline = time.monotonic() + self._patience_s
        served = self._more()
        while len(served) < count and time.monotonic() < deadline:
            time.sleep(_LOOK_EVERY_S)
            served += self._more()
        return served

    def _more(self) -> list[Served]:
        piece = self._read(self._position)
        self._position += len(piece)
        return self._reader.feed(piece)

    def _of(self, served: Served) -> Seen:
        if served.status >= 400:
            return not_seen(refused(served.status))
        if not served.prompts:
            return not_seen("the server's log holds no prompt for the call; it may not trace")
        return seen_of(served.prompts[0], self._reader.context)


def seen_of(prompt: Prompt, context: int | None) -> Seen:
    """A prompt of the log as what the model got; `context` is the length in force, in tokens."""
    return Seen(
        "trace",
        prompt=prompt.text,
        tokens=prompt.tokens,
        tokens_whole=prompt.tokens_whole,
        keep=prompt.keep,
        context=prompt.limit or context,
        images=prompt.images,
        form=prompt.form,
        cut=None if prompt.tokens is None else prompt.tokens_whole != prompt.tokens,
    )
