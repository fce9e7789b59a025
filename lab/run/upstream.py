"""Decides what answers at the meter: scripted answers, an Ollama service, or cloud providers."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lab.config.models import LabConfig
from lab.engines.modelserver.providing import EMBEDDINGS, Entries, entries_of
from lab.errors import ConfigError, UsageError
from lab.names import UpstreamMode
from lab.records.manifest import ModelServerInfo

# The last two name all of this machine's addresses, of which the client takes its own loopback.
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0", "::"})  # noqa: S104


@dataclass(frozen=True, slots=True)
class Upstream:
    """The upstream mode in force, why, and where the meter forwards which model's calls.

    `forward_for` says so for the callers whose calls go elsewhere.
    """

    mode: UpstreamMode
    why: str
    forward: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    forward_for: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    embeddings_forward: Mapping[str, Any] | None = None
    ollama_url: str | None = None
    version: str | None = None
    servers: tuple[ModelServerInfo, ...] = ()


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


def from_ollama(
    lab: LabConfig, names: Mapping[str, str], server: ModelServerInfo, url: str, seen_from_meter: str
) -> Upstream:
    """Mode `ollama`: the tiers that the server answers, by the names of its models, and embeddings."""
    tiers = {tier: names[tier] for tier in lab.ollama.models if tier in names}
    forward = {
        lab.tiers[tier].model: _target(seen_from_meter, name, "ollama")
        | {"max_tokens": lab.ollama.max_tokens}
        for tier, name in tiers.items()
    }
    embeddings = names.get(EMBEDDINGS)
    embeddings_forward = _target(seen_from_meter, embeddings, "ollama") if embeddings else None
    models = ", ".join(sorted(set(tiers.values())))
    why = f"{', '.join(sorted(tiers))} answered by the model server with {models}"
    return Upstream(
        "ollama",
        why,
        forward,
        embeddings_forward=embeddings_forward,
        ollama_url=url,
        version=server.version,
        servers=(server,),
    )


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
