"""Decides what answers at the meter: scripted answers, an Ollama service, or cloud providers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

from lab.config.models import LabConfig
from lab.engines.ollama import ensure_models
from lab.errors import UsageError
from lab.names import UpstreamMode

# The last two name all of this machine's addresses, of which the client takes its own loopback.
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0", "::"})  # noqa: S104
Say = Callable[[str], None]


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


def from_ollama(lab: LabConfig, url: str, seen_from_meter: str, say: Say) -> Upstream:
    """Mode `ollama`: models are pulled if missing; raises LabError if the service does not serve."""
    models = dict(lab.ollama.models)
    wanted = [*dict.fromkeys(models.values())]
    if lab.ollama.embeddings:
        wanted.append(lab.ollama.embeddings)
    served = ensure_models(url, wanted, say)
    forward = {
        lab.tiers[tier].model: _target(seen_from_meter, served.get(model, model), "ollama")
        | {"max_tokens": lab.ollama.max_tokens}
        for tier, model in models.items()
    }
    embeddings = lab.ollama.embeddings
    embeddings_forward = None
    if embeddings and embeddings in served:
        embeddings_forward = _target(seen_from_meter, served[embeddings], "ollama")
    names = ", ".join(sorted(set(served.values())))
    why = f"{', '.join(sorted(models))} answered by the model server with {names}"
    return Upstream(
        "ollama",
        why,
        forward,
        embeddings_forward=embeddings_forward,
        ollama_url=url,
        version=_version(url),
    )


def _target(base_url: str, model: str, answered_by: str, api_key: str | None = None) -> dict[str, Any]:
    """Where the meter forwards a model's calls, as its configuration says it."""
    return {"base_url": base_url, "model": model, "api_key": api_key, "answered_by": answered_by}


def _version(url: str) -> str | None:
    try:
        response = httpx.get(f"{url}/api/version", timeout=5.0)
        return str(response.json()["version"]) if response.status_code == 200 else None
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return None


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
