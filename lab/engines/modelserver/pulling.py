"""Brings models to a server: pulled from its registry, or sent from files; with visible progress."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from lab.engines.base import Say
from lab.engines.modelserver.files import CONFIG, FileModel, digests, own_name
from lab.engines.modelserver.http import Http, Refusal, Silence
from lab.engines.modelserver.said import NO_TEMPLATE
from lab.engines.modelserver.server import ModelServer
from lab.errors import EngineError, InstallError

SAY_EVERY_S = 2.0
NO_SUCH_CALL: Final = frozenset({404, 405, 501})
_CHUNK: Final = 1 << 20


def pull(server: ModelServer, name: str, say: Say) -> bool:
    """Pull a model; False if the server does not know how to. InstallError if it cannot be pulled."""
    progress = Progress(f"ollama: {name}", say)
    say(f"ollama: pulling {name}")
    done = False
    try:
        for event in server.http.events("/api/pull", {"model": name, "stream": True}):
            progress.show(event.get("completed"), event.get("total"))
            done = event.get("status") == "success"
    except Refusal as exc:
        if exc.status in NO_SUCH_CALL:
            return False
        raise _not_pulled(name, exc.message) from exc
    except Silence as exc:
        raise _not_pulled(name, exc.message) from exc
    if not done:
        raise _not_pulled(name, "the download ended before it was complete")
    say(f"ollama: {name} is there")
    return True


def _not_pulled(name: str, why: str) -> InstallError:
    return InstallError(
        f"the model {name} cannot be pulled: {why}",
        next_step=f"check the name and this machine's network, or change ollama.models in {CONFIG}",
    )


def send(server: ModelServer, model: FileModel, say: Say) -> str:
    """Have a model of files on the server, under a name of the lab's own; the name it is served by.

    What the server has already is not sent again. InstallError with the file, its key and the server's words
    if the server does not take it.
    """
    if server.kind != "ollama":
        raise InstallError(
            f"{CONFIG}: {model.key}: {server.url} does not take models of files",
            next_step="start it with that file, or use Ollama",
        )
    try:
        progress = Progress(f"ollama: reading {model.path.name}", say)
        found = digests(model, progress.adder(model.size))
        name = own_name(model, found)
        if server.served_as(name):
            say(f"ollama: {model.path.name} is there as {name}")
            return name
        for file, digest in found.items():
            _blob(server.http, model.files[file], digest, say)
        _create(server.http, name, found)
    except EngineError as exc:
        raise not_taken(model, exc.message) from exc
    except OSError as exc:
        raise not_taken(model, exc.strerror or str(exc)) from exc
    say(f"ollama: {model.path.name} is there as {name}")
    shown = server.show(name)
    if (shown.template or "").strip() == NO_TEMPLATE and not shown.embeds:
        say(f"ollama: it knows no chat template of {model.path.name}: the model gets bare texts")
    return name


def not_taken(model: FileModel, why: str) -> InstallError:
    """Why the server does not serve a model of files, in its own words."""
    kind = f"architecture {model.architecture}" if model.architecture else "no stated architecture"
    return InstallError(
        f"{CONFIG}: {model.key}: {model.path} ({kind}): the model server does not take it: {why}",
        next_step=f"use a newer model server, or another file in {model.key}",
    )


def _blob(http: Http, path: Path, digest: str, say: Say) -> None:
    """Send a file unless the server has it; it holds the content against the digest."""
    if http.status("HEAD", f"/api/blobs/{digest}") == 200:
        return
    size = path.stat().st_size
    progress = Progress(f"ollama: sending {path.name}", say).adder(size)

    def content() -> Iterator[bytes]:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk
                progress(len(chunk))

    http.status("POST", f"/api/blobs/{digest}", content=content())


def _create(http: Http, name: str, files: Mapping[str, str]) -> None:
    events = list(http.events("/api/create", {"model": name, "files": dict(files), "stream": True}))
    if not events or events[-1].get("status") != "success":
        raise EngineError("it ended before the model was made")


class Progress:
    """Says how far something is, not more often than every SAY_EVERY_S seconds."""

    def __init__(self, what: str, say: Say) -> None:
        self._what = what
        self._say = say
        self._last = time.monotonic()

    def show(self, completed: object, total: object) -> None:
        """Take in how far it is, in bytes; anything but two numbers is nothing to show."""
        now = time.monotonic()
        if not isinstance(total, int) or not isinstance(completed, int) or total <= 0:
            return
        if now - self._last < SAY_EVERY_S:
            return
        self._last = now
        self._say(f"{self._what}: {100 * completed // total} % of {total / 1e6:.0f} MB")

    def adder(self, total: int) -> Adder:
        """What takes in bytes as they go, of `total`."""
        return Adder(self, total)


class Adder:
    """Sums bytes up for a Progress."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0

    def __call__(self, more: int) -> None:
        """Take in `more` bytes."""
        self._done += more
        self._progress.show(self._done, self._total)
