"""One model server of a run: started if it is the lab's own, asked, watched, and let go."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from lab.compose.file import load_compose
from lab.engines.base import Engine, Instance
from lab.engines.modelserver.providing import Entries
from lab.engines.modelserver.said import Loaded
from lab.engines.modelserver.server import KEEP_S
from lab.errors import EngineError, LabError
from lab.progress import Reporter
from lab.run.inquiry import Answered, ask
from lab.run.plan import Plan

_TAIL = 8
# Ollama keeps what nobody asks it to keep for five minutes.
_USUAL_S = 310.0


@dataclass(frozen=True, slots=True)
class Address:
    """A model server's address as the lab and as the meter see it, and who runs it, for the record.

    `version` is that of the package of one that the lab started.
    """

    url: str
    from_meter: str
    where: str
    version: str | None = None


@dataclass(frozen=True, slots=True)
class ModelServerOfRun:
    """A model server that was asked and fits; `instance` is None if others run it."""

    system: str
    address: Address
    instance: Instance | None
    answer: Answered
    asked_at: float = field(default_factory=time.monotonic)

    def loaded_again(self) -> tuple[str, ...]:
        """Models that are not as the lab had them loaded before the run, a sentence each; never raises."""
        if self.answer.server.kind != "ollama":
            return ()
        try:
            loaded = self.answer.server.loaded()
        except EngineError as exc:
            return (f"the model server no longer answers at the end of the run: {exc.message}",)
        since = time.monotonic() - self.asked_at
        again = [name for name in self.answer.loaded_as if was_loaded_again(loaded.get(name), since)]
        return tuple(
            f"{name} was unloaded or loaded again during the run (the model server was restarted, or ran out "
            "of memory): loading it is part of the latency of an answer"
            for name in sorted(again)
        )

    def let_go(self) -> None:
        """Let models that the lab kept loaded on another's server go as usual; never raises."""
        server = self.answer.server
        if self.instance is None:
            all(server.release(name) for name in self.answer.kept)  # one that hangs is asked once
        server.http.close()


def start_server(engine: Engine, instance: Instance, reporter: Reporter) -> Address:
    """Start a model server of the lab's own."""
    started = engine.start(instance, reporter.say)
    docker = engine.name == "docker"
    seen = started.base_url
    if docker and urlsplit(engine.meter_url()).hostname == "meter":  # in a container, too
        seen = f"http://{instance.name}:{load_compose(instance.compose, instance.env).lab.port}"
    where = f"{'a container' if docker else 'a process'} of the lab"
    return Address(started.base_url, seen, where, started.version)


def asked_server(
    plan: Plan,
    system: str,
    address: Address,
    entries: Entries,
    reporter: Reporter,
    engine: Engine,
    instance: Instance | None,
) -> ModelServerOfRun:
    """Ask a model server; an error of the lab's own comes with what it logged of it."""
    try:
        own = instance is not None
        found = ask(
            plan,
            address.url,
            address.where,
            entries,
            reporter,
            system=system,
            own=own,
            version=address.version,
        )
    except LabError as exc:
        raise _with_log(exc, engine, instance) from exc
    return ModelServerOfRun(system, address, instance, found)


def _with_log(error: LabError, engine: Engine, instance: Instance | None) -> LabError:
    """The error with what the lab's own model server logged of it; another's log is out of reach."""
    if instance is None or error.log_tail:
        return error
    with tempfile.TemporaryDirectory(prefix="lab-log-") as folder:
        path = Path(folder) / "log"
        try:
            engine.save_log(instance, path)
            lines = path.read_text("utf-8", "replace").splitlines()
        except (LabError, OSError):
            return error
    telling = [line[:300] for line in lines if " error" in line.lower() or "level=ERROR" in line]
    return EngineError(error.message, next_step=error.next_step, log_tail="\n".join(telling[-_TAIL:]))


def was_loaded_again(one: Loaded | None, since: float) -> bool:
    """Whether a model was loaded anew in the last `since` seconds; no if it may have been idle that long."""
    if since > KEEP_S - 2 * _USUAL_S:
        return False
    return one is None or (one.kept_s is not None and one.kept_s < _USUAL_S)
