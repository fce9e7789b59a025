"""Decides what answers at the meter: scripted answers, model servers, or cloud providers."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lab.config.models import LabConfig
from lab.engines.modelserver.providing import EMBEDDINGS, Entries, entries_of
from lab.errors import ConfigError, UsageError
from lab.names import UpstreamMode
from lab.records.manifest import ModelServerInfo
from lab.run.model_server import ModelServerOfRun
from lab.run.plan import Plan

# The last two name all of this machine's addresses, of which the client takes its own loopback.
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0", "::"})  # noqa: S104
_NOWHERE: Mapping[str, Mapping[str, Mapping[str, Any]]] = {}


@dataclass(frozen=True, slots=True)
class Upstream:
    """The upstream mode in force, why, and where the meter forwards which model's calls.

    `forward_for` says so for the callers whose calls go elsewhere. `version` is the first model server's.
    """

    mode: UpstreamMode
    why: str
    forward: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    forward_for: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    embeddings_forward: Mapping[str, Any] | None = None
    version: str | None = None
    servers: tuple[ModelServerInfo, ...] = ()
    model_servers: tuple[ModelServerOfRun, ...] = ()


def on_loopback(url: str) -> bool:
    """Whether `url` names this machine's loopback, which a container cannot reach."""
    return (urlsplit(url).hostname or "") in LOOPBACK


def ollama_url(env: Mapping[str, str] = os.environ) -> str | None:
    """The model server the user named in OLLAMA_URL; raises UsageError if that is not a URL."""
    url = env.get("OLLAMA_URL", "").strip().rstrip("/")
    if not url:
        return None
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        good = False
    if not good:
        raise UsageError(
            f"OLLAMA_URL={url} is not a URL", next_step="write it like http://127.0.0.1:11434, or unset it"
        )
    return url


def wanted_models(lab: LabConfig, root: Path) -> Entries:
    """The models that lab.yaml names for the model server; ConfigError if one is of files that are not whole.

    Files of an embedding model are no reason to stop: the meter has a model for these.
    """
    models = {str(tier): name for tier, name in lab.ollama.models.items()}
    entries = entries_of(models, lab.ollama.embeddings, root)
    if fatal := [problem for problem in entries.problems if problem.fatal]:
        raise ConfigError("\n".join(problem.why for problem in fatal), next_step=fatal[0].next_step)
    return entries


def file_variables(entries: Entries) -> dict[str, str]:
    """Variables for a server that serves a single file: the first GGUF file of the entries, and its name."""
    files = [entry.files for entry in entries.good if entry.files and not entry.embedding]
    path = next((one.path for one in files if one.path.suffix.lower() == ".gguf"), None)
    return {} if path is None else {"LAB_MODEL_FILE": str(path), "LAB_MODEL_NAME": path.stem.lower()}


def from_model_servers(
    plan: Plan,
    servers: Sequence[ModelServerOfRun],
    raised: Mapping[str, Mapping[str, Mapping[str, Any]]] = _NOWHERE,
) -> Upstream:
    """Mode `ollama`: the first server answers tiers and embeddings, each other one its own rows.

    `raised` says where the calls of rows with another context go.
    """
    first, *others = servers
    forward_for: dict[str, Mapping[str, Mapping[str, Any]]] = {
        planned.name: _forward(plan.lab, server)
        for server in others
        for planned in plan.variants
        if planned.system.kind == "model_server" and planned.system.system == server.system
    }
    embeddings = first.answer.names.get(EMBEDDINGS)
    return Upstream(
        "ollama",
        "; ".join(_why(plan.lab, server) for server in servers),
        _forward(plan.lab, first),
        forward_for | {name: {**forward_for.get(name, {}), **own} for name, own in raised.items()},
        embeddings_forward=_target(first.address.from_meter, embeddings, "ollama") if embeddings else None,
        version=first.answer.info.version,
        servers=tuple(server.answer.info for server in servers),
        model_servers=tuple(servers),
    )


def _forward(lab: LabConfig, server: ModelServerOfRun) -> dict[str, dict[str, Any]]:
    names = server.answer.names
    return {
        lab.tiers[tier].model: _target(server.address.from_meter, names[tier], "ollama")
        | {"max_tokens": lab.ollama.max_tokens}
        for tier in lab.ollama.models
        if tier in names
    }


def _why(lab: LabConfig, server: ModelServerOfRun) -> str:
    names = {tier: name for tier, name in server.answer.names.items() if tier in lab.ollama.models}
    models = ", ".join(sorted(set(names.values())))
    return f"{', '.join(sorted(names))} answered by the model server {server.system} with {models}"


def _target(base_url: str, model: str, answered_by: str, api_key: str | None = None) -> dict[str, Any]:
    """Where the meter forwards a model's calls, as its configuration says it."""
    return {"base_url": base_url, "model": model, "api_key": api_key, "answered_by": answered_by}


def from_cloud(lab: LabConfig, env: Mapping[str, str] = os.environ) -> Upstream:
    """Mode `cloud`: models whose key the user has set are forwarded; raises UsageError if none is."""
    forward: dict[str, dict[str, Any]] = {}
    missing: list[str] = []
    for model, target in lab.cloud.items():
        key = env.get(target.key_env, "")
        if not key:
            missing.append(f"{target.key_env} (for {model})")
            continue
        forward[model] = _target(target.base_url, target.model, "cloud", key)
    if not forward:
        wanted = ", ".join(missing) or "the key_env names under cloud: in configs/lab.yaml"
        raise UsageError("upstream mode cloud: no provider key is set", next_step=f"set one of {wanted}")
    return Upstream("cloud", f"forwarded to providers: {', '.join(sorted(forward))}", forward)


def secrets_of(upstream: Upstream) -> tuple[str, ...]:
    """Keys that must never reach a record."""
    return tuple(str(t["api_key"]) for t in upstream.forward.values() if t.get("api_key"))


def meter_config(lab: LabConfig, ahead: Upstream, token: str, named: Iterable[str] = ()) -> dict[str, object]:
    """What the meter is told: its control API's token, the models it serves, where it forwards them to.

    `named` are the models that scenarios ask for themselves.
    """
    return {
        "port": 9700,
        "host": "0.0.0.0",  # noqa: S104 - inside its container; the host engine binds loopback
        "token": token,
        "upstream_mode": ahead.mode,
        "models": list(
            dict.fromkeys([lab.default_model, *(tier.model for tier in lab.tiers.values()), *named])
        ),
        "forward": {model: dict(target) for model, target in ahead.forward.items()},
        "forward_for": {
            caller: {model: dict(target) for model, target in own.items()}
            for caller, own in ahead.forward_for.items()
        },
        "embeddings_forward": dict(ahead.embeddings_forward) if ahead.embeddings_forward else None,
        "max_body_mb": 64,
    }
