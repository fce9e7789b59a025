"""A model with a larger context: the same weights under a name of the lab's own."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from lab.engines.base import Say
from lab.engines.modelserver.files import OWN
from lab.engines.modelserver.server import LOAD_S, ModelServer, same_name

_NAME: Final = 40


def with_context(server: ModelServer, name: str, context: int, say: Say) -> str:
    """A model that is `name` with a context of so many tokens, made if it is missing; its own name.

    Raises Refusal or Silence. Nothing is copied: the server knows the weights.
    """
    own = _named(name, context)
    if not any(same_name(own, found) for found in server.names):
        say(f"ollama: {own} is {name} with a context of {context:,} tokens")
        body = {"model": own, "from": name, "parameters": {"num_ctx": context}, "stream": False}
        server.http.json("POST", "/api/create", body, timeout_s=LOAD_S)
    return own


def _named(name: str, context: int) -> str:
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", name.removeprefix(OWN)).strip("-.")[:_NAME]
    return f"{OWN}{stem}-context-{hashlib.sha256(f'{name} {context}'.encode()).hexdigest()[:8]}"


def ready(server: ModelServer, name: str) -> float:
    """Have a model loaded under this very name, as another context is another load; seconds it took.

    Raises Refusal or Silence.
    """
    if server.kind != "ollama" or any(same_name(name, found) for found in server.loaded()):
        return 0.0
    return server.load(name)
