"""What answers behind the meter: found, started if need be, and asked, before anything else is installed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, Final

from lab.engines.base import Engine, Instance
from lab.engines.modelserver.contexts import ready
from lab.engines.modelserver.http import shown_url
from lab.engines.modelserver.own import hold
from lab.engines.modelserver.providing import Entries
from lab.errors import ConfigError, EngineError, LabError, UsageError
from lab.progress import Reporter
from lab.run import upstream
from lab.run.model_server import Address, ModelServerOfRun, asked_server, start_server
from lab.run.plan import Plan, PlannedVariant
from lab.run.raised import raised
from lab.run.upstream import Upstream

# The model server that OLLAMA_URL names, and that answers for gateways if it is among those of a run.
FIRST: Final = "ollama"
FIRST_COMPOSE: Final = Path("compose/ollama/compose.yaml")


class Serving:
    """Decides the upstream mode of a run; `instances` are the model servers that it started.

    `unavailable` are variants that nothing answers, with the reason; `plan` is the plan without what the
    models cannot take.
    """

    def __init__(self, plan: Plan, engine: Engine, reporter: Reporter, wanted: str, *, resumed: bool) -> None:
        self.plan = plan
        self.instances: dict[str, Instance] = {}
        self.unavailable: dict[str, LabError] = {}
        self._engine = engine
        self._report = reporter
        self._wanted = wanted
        self._resumed = resumed
        self._servers: dict[str, ModelServerOfRun] = {}
        self._held: IO[str] | None = None
        self._swapping: set[str] = set()  # those that the lab itself has load models in turn

    def decide(self) -> Upstream:
        """The upstream mode in force; in mode `ollama` raises LabError if the model server does not fit."""
        if self._wanted == "cloud":
            return self._without(upstream.from_cloud(self.plan.lab))
        if self._wanted == "scripted":
            return self._without(Upstream("scripted", "as requested"))
        try:
            return self._model_servers()
        except LabError as exc:
            self.let_go()
            # A file that is named and not whole is a mistake in lab.yaml, whether or not a server answers.
            if self._wanted == "ollama" or isinstance(exc, ConfigError):
                raise
            if upstream.ollama_url():
                self._report.warn(f"OLLAMA_URL is not used: {exc}")
            why = f"no model server: {exc.message.splitlines()[0]}"
            return self._without(Upstream("scripted", why))

    def loaded_again(self) -> tuple[str, ...]:
        """Models that are not as the lab had them loaded before the run, a sentence each; never raises."""
        return tuple(
            sentence
            for system, server in self._servers.items()
            if system not in self._swapping
            for sentence in server.loaded_again()
        )

    def let_go(self) -> None:
        """Let models that the lab kept loaded on another's server go as usual; never raises."""
        for server in self._servers.values():
            server.let_go()
        self._servers.clear()
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

    def _model_servers(self) -> Upstream:
        """Have each model server of the plan answer its own rows, and the first of them all other variants.

        One that does not answer leaves its rows unavailable if another does; else its error is raised.
        """
        wanted = list(self._wanted_servers())
        entries = upstream.wanted_models(self.plan.lab, self.plan.root)  # before anything starts
        failed: dict[str, LabError] = {}
        cannot: dict[str, dict[str, str]] = {}
        self._held = hold()  # models of files, and those with another context
        for system, rows in wanted:
            asking = [*rows, *(() if self._servers else self._others())]
            try:
                server = self._server(system, rows, replace(self.plan, variants=tuple(asking)), entries)
            except LabError as exc:
                failed[system] = exc
                self.unavailable |= {planned.name: exc for planned in rows}
                continue
            self._servers[system] = server
            for scenario, why in server.answer.cannot.items():
                cannot.setdefault(scenario, {}).update(why)
        if not self._servers:
            raise next(iter(failed.values()))
        for system, error in failed.items():
            self._report.warn(f"{system} is unavailable: {error}")
        if not self._resumed:
            self.plan = replace(self.plan, cannot=cannot)
        return upstream.from_model_servers(self.plan, list(self._servers.values()), self._raised())

    def _raised(self) -> dict[str, Mapping[str, Mapping[str, Any]]]:
        """Where calls of rows with another context go, by variant and model."""
        targets: dict[str, Mapping[str, Mapping[str, Any]]] = {}
        for system, server in self._servers.items():
            own = replace(
                self.plan, variants=tuple(one for one in self.plan.variants if one.system.system == system)
            )
            alone = upstream.from_model_servers(own, [server])
            found, missing = raised(own, server.answer.server, alone, server.answer.largest, self._report)
            self.unavailable |= missing
            self._swapping |= {system} if found else set()
            targets |= found
        return targets

    def ready(self, target: Mapping[str, Any]) -> float:
        """Have a model loaded before it is asked, so that this is no part of a latency; seconds it took."""
        model, url = str(target.get("model", "")), target.get("base_url")
        server = next((one for one in self._servers.values() if one.address.from_meter == url), None)
        if server is None or not model:
            return 0.0
        try:
            return ready(server.answer.server, model)
        except EngineError as exc:
            self._report.warn(f"{server.system}: {model} could not be loaded ahead: {exc.message}")
            return 0.0

    def _others(self) -> list[PlannedVariant]:
        return [planned for planned in self.plan.variants if planned.system.kind != "model_server"]

    def _wanted_servers(self) -> Iterator[tuple[str, list[PlannedVariant]]]:
        """The model servers of the plan by system, with their rows; raises UsageError if none is wanted."""
        rows: dict[str, list[PlannedVariant]] = {}
        for planned in self.plan.variants:
            if planned.system.kind == "model_server":
                rows.setdefault(planned.system.system, []).append(planned)
        named = upstream.ollama_url()
        if not rows and not named and self._wanted == "auto":
            raise UsageError("no variant of the plan is a model server")
        gateways = any(planned.system.kind == "gateway" for planned in self.plan.variants)
        if FIRST in rows or not rows or (named and gateways):
            yield FIRST, rows.pop(FIRST, [])
        yield from rows.items()

    def _server(
        self, system: str, rows: list[PlannedVariant], plan: Plan, entries: Entries
    ) -> ModelServerOfRun:
        """The server of this system: what OLLAMA_URL names, or else one that is started."""
        url = upstream.ollama_url() if system == FIRST else None
        if url:
            address = Address(url, url, shown_url(url))
            return asked_server(plan, system, address, entries, self._report, self._engine, None)
        compose = (rows[0].system.compose if rows else None) or FIRST_COMPOSE
        env = {**os.environ, **upstream.file_variables(entries)}
        instance = Instance(system, system, self.plan.root / compose, env)
        self._engine.install(instance, self._report.say)
        self.instances[system] = instance
        address = start_server(self._engine, instance, self._report)
        return asked_server(plan, system, address, entries, self._report, self._engine, instance)
