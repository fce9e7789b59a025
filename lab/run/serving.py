"""What answers behind the meter: found, started if need be, and asked, before anything else is installed."""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import IO, Final

from lab.engines.base import Engine, Instance
from lab.engines.modelserver.contexts import ready
from lab.engines.modelserver.http import shown_url
from lab.engines.modelserver.own import hold
from lab.engines.modelserver.said import Loaded
from lab.engines.modelserver.server import KEEP_S, ModelServer
from lab.errors import ConfigError, EngineError, LabError, UsageError
from lab.progress import Reporter
from lab.run import upstream
from lab.run.inquiry import ask
from lab.run.plan import Plan
from lab.run.raised import raised
from lab.run.upstream import Upstream

OLLAMA_COMPOSE: Final = Path("compose/ollama/compose.yaml")
IN_DOCKER: Final = "http://ollama:11434"
_TAIL: Final = 8
# Ollama keeps what nobody asks it to keep for five minutes.
_USUAL_S: Final = 310.0


class Serving:
    """Decides the upstream mode of a run; `instance` is the model server that it started, if it did.

    `unavailable` are variants that nothing answers, with the reason; `plan` is the plan without what the
    models cannot take.
    """

    def __init__(self, plan: Plan, engine: Engine, reporter: Reporter, wanted: str, *, resumed: bool) -> None:
        self.plan = plan
        self.instance: Instance | None = None
        self.unavailable: dict[str, LabError] = {}
        self._engine = engine
        self._report = reporter
        self._wanted = wanted
        self._resumed = resumed
        self._server: ModelServer | None = None
        self._kept: tuple[str, ...] = ()
        self._held: IO[str] | None = None
        self._loaded_as: frozenset[str] = frozenset()
        self._asked_at = 0.0
        self._swaps = False  # whether the lab itself has models loaded in turn

    def decide(self) -> Upstream:
        """The upstream mode in force; in mode `ollama` raises LabError if the model server does not fit."""
        if self._wanted == "cloud":
            return self._without(upstream.from_cloud(self.plan.lab))
        if self._wanted == "scripted":
            return self._without(Upstream("scripted", "as requested"))
        try:
            return self._ollama()
        except LabError as exc:
            self.let_go()
            # A file that is named and not whole is a mistake in lab.yaml, whether or not a server answers.
            if self._wanted == "ollama" or isinstance(exc, ConfigError):
                raise
            if upstream.ollama_url():
                self._report.warn(f"OLLAMA_URL is not used: {exc}")
            why = f"no Ollama service: {exc.message.splitlines()[0]}"
            return self._without(Upstream("scripted", why))

    def loaded_again(self) -> tuple[str, ...]:
        """Models that are not as the lab had them loaded before the run, a sentence each; never raises."""
        if self._server is None or self._server.kind != "ollama" or self._swaps:
            return ()
        try:
            loaded = self._server.loaded()
        except EngineError as exc:
            return (f"the model server no longer answers at the end of the run: {exc.message}",)
        since = time.monotonic() - self._asked_at
        again = [name for name in self._loaded_as if _loaded_again(loaded.get(name), since)]
        return tuple(
            f"{name} was unloaded or loaded again during the run (the model server was restarted, or ran out "
            "of memory): loading it is part of the latency of an answer"
            for name in sorted(again)
        )

    def let_go(self) -> None:
        """Let models that the lab kept loaded on another's server go as usual; never raises."""
        if self._server is not None and self.instance is None:
            all(self._server.release(name) for name in self._kept)  # one that hangs is asked once
            self._server.http.close()
        self._server = None
        if self._held is not None:
            self._held.close()
            self._held = None

    def _without(self, ahead: Upstream) -> Upstream:
        for planned in self.plan.variants:
            if planned.system.kind == "model_server":
                why = ahead.why if ahead.why.startswith("no ") else f"upstream: {ahead.mode} ({ahead.why})"
                why += f"; `lab run --upstream ollama --systems direct,{planned.system.system}` measures it"
                self.unavailable[planned.name] = UsageError(why)
        return ahead

    def _ollama(self) -> Upstream:
        named = upstream.ollama_url()
        if (
            not named
            and self._wanted == "auto"
            and not any(planned.system.kind == "model_server" for planned in self.plan.variants)
        ):
            raise UsageError("no variant of the plan is the model server")
        entries = upstream.wanted_models(self.plan.lab, self.plan.root)  # before anything starts
        self._held = hold()  # models of files, and those with another context
        url, seen, where = (named, named, shown_url(named)) if named else self._started()
        try:
            answer = ask(self.plan, url, where, entries, self._report)
        except LabError as exc:
            raise self._with_log(exc) from exc
        self._server, self._kept = answer.server, answer.kept
        self._loaded_as, self._asked_at = answer.loaded_as, time.monotonic()
        if not self._resumed:
            self.plan = replace(self.plan, cannot=answer.cannot)
        ahead = upstream.from_ollama(self.plan.lab, answer.names, answer.info, url, seen)
        targets, missing = raised(self.plan, answer.server, ahead, answer.largest, self._report)
        self.unavailable |= missing
        self._swaps = bool(targets)
        return replace(ahead, forward_for=targets)

    def ready(self, model: str) -> float:
        """Have a model loaded before it is asked, so that this is no part of a latency; seconds it took."""
        if self._server is None or not model:
            return 0.0
        try:
            return ready(self._server, model)
        except EngineError as exc:
            self._report.warn(f"ollama: {model} could not be loaded ahead: {exc.message}")
            return 0.0

    def _started(self) -> tuple[str, str, str]:
        """Start the lab's own model server: its address for the lab, for the meter, and who runs it."""
        instance = Instance("ollama", "ollama", self.plan.root / OLLAMA_COMPOSE, dict(os.environ))
        self._engine.install(instance, self._report.say)
        self.instance = instance
        started = self._engine.start(instance, self._report.say)
        docker = self._engine.name == "docker"
        where = f"{'a container' if docker else 'a process'} of the lab"
        return started.base_url, IN_DOCKER if docker else started.base_url, where

    def _with_log(self, error: LabError) -> LabError:
        """The error with what the lab's own model server logged of it; another's log is out of reach."""
        if self.instance is None or error.log_tail:
            return error
        with tempfile.TemporaryDirectory(prefix="lab-log-") as folder:
            path = Path(folder) / "log"
            try:
                self._engine.save_log(self.instance, path)
                lines = path.read_text("utf-8", "replace").splitlines()
            except (LabError, OSError):
                return error
        telling = [line[:300] for line in lines if " error" in line.lower() or "level=ERROR" in line]
        return EngineError(error.message, next_step=error.next_step, log_tail="\n".join(telling[-_TAIL:]))


def _loaded_again(one: Loaded | None, since: float) -> bool:
    """Whether a model was loaded anew in the last `since` seconds; no if it may have been idle that long."""
    if since > KEEP_S - 2 * _USUAL_S:
        return False
    return one is None or (one.kept_s is not None and one.kept_s < _USUAL_S)
