"""What an observer behind a model server tells of one call, and what it is told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from lab.records.models import SeenBy


@dataclass(frozen=True, slots=True)
class Handed:
    """One call that a model server answered, or refused: its path, its body as the server was sent it.

    `model` is the model's name there, `status` the HTTP status (0: none came), `aborted` whether the client
    went away, and `stated` the input tokens in the answer's usage (None: it states none).
    """

    path: str
    body: bytes
    model: str
    status: int
    aborted: bool = False
    stated: int | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What the model got of a call; fields as in lab.records.models.ModelInput, `prompt` as text."""

    by: SeenBy | None
    why: str = ""
    prompt: str | None = None
    tokens: int | None = None
    tokens_whole: int | None = None
    keep: int | None = None
    context: int | None = None
    images: int | None = None
    form: str | None = None
    cut: bool | None = None


class Observer(Protocol):
    """A way to see what a model got."""

    def begin(self) -> None:
        """An exchange is about to be sent: what was seen before it does not belong to it."""
        ...

    def seen(self, calls: Sequence[Handed]) -> list[Seen]:
        """What the model got of each of the exchange's calls, in the same order."""
        ...


NO_ANSWER: Final = "no answer came"


def refused(status: int) -> str:
    """Why nothing is known of a call that the server answered with an error."""
    return f"the server refused the call: HTTP {status}"


def not_seen(why: str) -> Seen:
    """Nothing is known of what the model got, and why."""
    return Seen(None, why)
