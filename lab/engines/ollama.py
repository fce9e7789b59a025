"""Models of an Ollama service: pulled if missing, with visible progress; other servers as they are."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import httpx

from lab.engines.base import Say
from lab.errors import EngineError, InstallError

CONNECT_S = 10.0
SILENCE_S = 300.0  # verifying a large model's digest says nothing for minutes
SAY_EVERY_S = 2.0
_EMBEDDING = re.compile(r"embed|minilm|\bbge\b", re.IGNORECASE)
_NO_PULL = frozenset({404, 405, 501})


def ensure_models(url: str, names: Sequence[str], say: Say) -> dict[str, str]:
    """Have `names` served at `url`; returns the name each is served by there.

    A server that pulls (Ollama) gets what it lacks. One that cannot (llama.cpp) answers for every missing
    chat model with the one it has; missing embedding models are left out. EngineError if the server
    does not answer, InstallError if a model cannot be pulled.
    """
    timeout = httpx.Timeout(SILENCE_S, connect=CONNECT_S)
    with httpx.Client(base_url=url.rstrip("/"), timeout=timeout, trust_env=False) as http:
        served = _served(http)
        out = {name: found for name in names if (found := _match(name, served))}
        instead = next((found for found in served if not _EMBEDDING.search(found)), None)
        for name in names:
            if name in out:
                continue
            if _pull(http, name, say):
                out[name] = name
            elif not _EMBEDDING.search(name) and instead:
                say(f"ollama: {url} cannot pull models; {instead} answers for {name}")
                out[name] = instead
            elif not _EMBEDDING.search(name):
                raise InstallError(
                    f"{url} serves no model and cannot pull {name}",
                    next_step="load a model there, or point OLLAMA_URL at an Ollama service",
                )
    return out


def _served(http: httpx.Client) -> tuple[str, ...]:
    """Names of the models a server has, by Ollama's list or else by OpenAI's."""
    for path, key, name in (("/api/tags", "models", "name"), ("/v1/models", "data", "id")):
        try:
            response = http.get(path)
            listed = response.json().get(key) if response.status_code == 200 else None
        except httpx.TransportError as exc:
            raise EngineError(
                f"no model server answers at {http.base_url}: {exc or type(exc).__name__}",
                next_step="start it, or correct OLLAMA_URL",
            ) from exc
        except (ValueError, AttributeError):
            continue
        if isinstance(listed, list):
            return tuple(str(m[name]) for m in listed if isinstance(m, dict) and m.get(name))
    raise EngineError(
        f"{http.base_url} answers, but neither /api/tags nor /v1/models lists its models",
        next_step="point OLLAMA_URL at the base URL of an Ollama service, without a path",
    )


def _match(name: str, served: Iterable[str]) -> str | None:
    wanted = {name, f"{name}:latest"} if ":" not in name else {name}
    return next((found for found in served if found in wanted), None)


def _pull(http: httpx.Client, name: str, say: Say) -> bool:
    """Pull a model; False if the server does not know how to."""
    try:
        with http.stream("POST", "/api/pull", json={"model": name, "stream": True}) as response:
            if response.status_code in _NO_PULL:
                return False
            if response.status_code != 200:
                response.read()
                why = str(_event(response.text).get("error", ""))
                raise _refused(name, why or f"HTTP {response.status_code}")
            progress = _Progress(name, say)
            done = False
            for line in response.iter_lines():
                event = _event(line)
                if error := event.get("error"):
                    raise _refused(name, str(error))
                progress.show(event)
                done = event.get("status") == "success"
    except httpx.TransportError as exc:
        raise _refused(name, str(exc) or type(exc).__name__) from exc
    if not done:
        raise _refused(name, "the download ended before it was complete")
    say(f"ollama: {name} is there")
    return True


class _Progress:
    """Says how far a pull is, not more often than every SAY_EVERY_S seconds."""

    def __init__(self, name: str, say: Say) -> None:
        self._name = name
        self._say = say
        self._last = time.monotonic()
        say(f"ollama: pulling {name}")

    def show(self, event: Mapping[str, Any]) -> None:
        """Take in one event of the pull: `total` and `completed` in bytes."""
        total, completed = event.get("total"), event.get("completed")
        now = time.monotonic()
        if not isinstance(total, int) or not isinstance(completed, int) or total <= 0:
            return
        if now - self._last < SAY_EVERY_S:
            return
        self._last = now
        self._say(f"ollama: {self._name}: {100 * completed // total} % of {total / 1e6:.0f} MB")


def _event(line: str) -> dict[str, Any]:
    try:
        event = json.loads(line)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}


def _refused(name: str, why: str) -> InstallError:
    return InstallError(
        f"the model {name} cannot be pulled: {why}",
        next_step="check the name and this machine's network, or change ollama.models in configs/lab.yaml",
    )
