"""Which model answers which tier: served already, pulled, sent from files, or another in its place."""

from __future__ import annotations

import queue
import re
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lab.engines.base import Say
from lab.engines.modelserver.files import CONFIG, FileModel, read_files
from lab.engines.modelserver.http import Refusal, Silence
from lab.engines.modelserver.pulling import not_taken, pull, send
from lab.engines.modelserver.said import Shown
from lab.engines.modelserver.server import KEEP_S, ModelServer, same_name
from lab.errors import ConfigError, EngineError, InstallError, LabError

EMBEDDINGS: Final = "embeddings"
PATIENCE_S = 15.0
# How names of models that only embed sound, on servers that do not say what a model is for.
_EMBEDDING: Final = re.compile(r"embed|minilm|\bbge\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An entry under `ollama:` in lab.yaml: its key, its role (a tier, or embeddings), and its text."""

    key: str
    role: str
    text: str
    files: FileModel | None = None

    @property
    def embedding(self) -> bool:
        """Whether it embeds, rather than answers."""
        return self.role == EMBEDDINGS


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that does not fit, and the next step; with a fatal one the server is not used."""

    what: str
    why: str
    next_step: str
    fatal: bool = False


@dataclass(frozen=True, slots=True)
class Entries:
    """The entries under `ollama:` that can be used, and what is wrong with the others."""

    good: tuple[Wanted, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(slots=True)
class Provided:
    """The models by role, and what is known of each: capabilities, seconds of loading, context in force.

    `loaded_as` are the names under which the server lists them as loaded.
    """

    names: dict[str, str] = field(default_factory=dict)
    shown: dict[str, Shown] = field(default_factory=dict)
    load_s: dict[str, float] = field(default_factory=dict)
    contexts: dict[str, int] = field(default_factory=dict)
    loaded_as: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)


def entries_of(models: Mapping[str, str], embeddings: str | None, root: Path) -> Entries:
    """What stands under `ollama:`, and what is wrong with the files that it names."""
    named = [(f"ollama.models.{tier}", tier, text) for tier, text in models.items()]
    if embeddings:
        named.append((f"ollama.{EMBEDDINGS}", EMBEDDINGS, embeddings))
    good, problems = [], []
    for key, role, text in named:
        try:
            good.append(Wanted(key, role, text, read_files(key, text, root)))
        except ConfigError as exc:
            problems.append(Problem(key, exc.message, exc.next_step, fatal=role != EMBEDDINGS))
    return Entries(tuple(good), tuple(problems))


def of_one_file(server: ModelServer, entries: Entries) -> Entries:
    """The entries of a server that was started with one file: its model answers every tier."""
    chat = [entry for entry in entries.good if not entry.embedding]
    return Entries(tuple(Wanted(entry.key, entry.role, server.names[0]) for entry in chat), entries.problems)


def provide(server: ModelServer, entries: Sequence[Wanted], say: Say) -> Provided:
    """Have each model served, shown and loaded, in this order, and say of each what does not fit.

    A server that cannot pull answers for every missing chat model with the one that it has.
    """
    out = Provided()
    try:
        before = server.loaded()
    except EngineError:
        before = {}
    server.lasting = frozenset(name for name, one in before.items() if (one.kept_s or 0) > KEEP_S)
    failed: dict[str, LabError] = {}
    for entry in entries:
        try:
            if entry.text in failed:
                raise failed[entry.text]
            if twin := next((e for e in entries if e.text == entry.text and e.role in out.names), None):
                _copied(out, twin.role, entry.role)
            elif name := _served(server, entry, say):
                out.names[entry.role] = name
                out.shown[entry.role] = server.show(name)
                out.load_s[entry.role] = _loaded(server, entry, name, say)
        except LabError as exc:
            out.names.pop(entry.role, None)
            out.shown.pop(entry.role, None)
            failed[entry.text] = exc
            out.problems.append(_problem(entry, exc))
    _keep_contexts(server, entries, out)
    return out


def _problem(entry: Wanted, exc: LabError) -> Problem:
    why, step = exc.message, exc.next_step
    if isinstance(exc, Refusal | Silence):  # of a call that says nothing of what it was for
        why = f"{CONFIG}: {entry.key}: {entry.text}: the model server answers: {why}"
        step = step or "read its log, and see that it is Ollama or llama.cpp's server"
    return Problem(entry.key, why, step, fatal=not entry.embedding)


def _copied(out: Provided, role: str, other: str) -> None:
    """The same model for another role: nothing is sent or loaded again."""
    out.names[other], out.shown[other] = out.names[role], out.shown[role]
    out.load_s[other] = out.load_s[role]


def _served(server: ModelServer, entry: Wanted, say: Say) -> str | None:
    if entry.files is not None:
        return send(server, entry.files, say)
    if name := server.served_as(entry.text):
        return name
    if pull(server, entry.text, say):
        return entry.text
    if entry.embedding:
        return None
    instead = next((name for name in server.names if not _EMBEDDING.search(name)), None)
    if instead is None:
        raise InstallError(
            f"{server.url} serves no model and cannot pull {entry.text}",
            next_step="load a model there, or point OLLAMA_URL at an Ollama service",
        )
    say(f"ollama: {server.url} cannot pull models; {instead} answers for {entry.text}")
    return instead


def _loaded(server: ModelServer, entry: Wanted, name: str, say: Say) -> float:
    if server.kind == "ollama":
        say(f"ollama: loading {name}")
    try:
        return _patiently(server, name, entry, say)
    except EngineError as exc:
        if entry.files is not None:
            with suppress(EngineError):
                server.remove(name)  # what it cannot load is not left with it
            raise not_taken(entry.files, exc.message) from exc
        raise InstallError(
            f"{CONFIG}: {entry.key}: {server.url} has {name} and does not load it: {exc.message}",
            next_step=exc.next_step or f"choose a smaller model in {entry.key}, or read the server's log",
        ) from exc


def _patiently(server: ModelServer, name: str, entry: Wanted, say: Say) -> float:
    """Load a model, which may take minutes; a server that answers nothing else meanwhile hangs."""
    done: queue.SimpleQueue[float | EngineError] = queue.SimpleQueue()

    def load() -> None:
        try:
            done.put(server.load(name, embedding=entry.embedding))
        except EngineError as exc:
            done.put(exc)

    begin = time.monotonic()
    threading.Thread(target=load, name=f"load {name}", daemon=True).start()
    while True:
        try:
            outcome = done.get(timeout=PATIENCE_S)
        except queue.Empty:
            server.answers()
            say(f"ollama: still loading {name} ({time.monotonic() - begin:.0f} s)")
            continue
        if isinstance(outcome, EngineError):
            raise outcome
        return outcome


def _keep_contexts(server: ModelServer, entries: Sequence[Wanted], out: Provided) -> None:
    """Note the contexts in force, and models that the server unloaded again to load others."""
    try:
        loaded = server.loaded()
        for entry in entries:
            name = out.names.get(entry.role)
            if name is None or server.kind == "other":
                continue
            found = _among(server, name, out.shown[entry.role], loaded)
            if found is None:
                out.problems.append(_unloaded(entry, name))
                continue
            out.loaded_as.add(found)
            if context := loaded[found].context:
                out.contexts[entry.role] = context
    except EngineError:
        return


def _among(server: ModelServer, name: str, shown: Shown, loaded: Iterable[str]) -> str | None:
    """The loaded model that answers for `name`: itself, or another of the same weights."""
    names = list(loaded)
    itself = next((other for other in names if same_name(name, other)), None)
    if itself is not None or not shown.weights:
        return itself
    return next((other for other in names if server.show(other).weights == shown.weights), None)


def _unloaded(entry: Wanted, name: str) -> Problem:
    return Problem(
        entry.key,
        f"the server unloaded {name} to load others: loading it again is part of a latency",
        "choose smaller models, or let it keep more of them (OLLAMA_MAX_LOADED_MODELS)",
    )
