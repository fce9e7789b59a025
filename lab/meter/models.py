"""The metadata wires: which models there are, on each provider's API."""

from __future__ import annotations

import hashlib
from typing import Any

from lab.meter import messages, ollama, openai_errors
from lab.meter.refusal import Refusal
from lab.meter.replies import Asked, Reply, json_reply

# From 0.14 on Ollama speaks the Anthropic wire too, which a gateway would then use; this one does not.
OLLAMA_VERSION = "0.13.5"
_SINCE = "2025-01-01T00:00:00Z"
_CREATED = 1_735_689_600  # the same moment
_DETAILS = {
    "parent_model": "",
    "format": "gguf",
    "family": "lab",
    "families": ["lab"],
    "parameter_size": "1B",
    "quantization_level": "Q4_0",
}


def is_anthropic(headers: dict[str, str]) -> bool:
    """Whether a request to a path that both providers have speaks Anthropic's wire."""
    return "anthropic-version" in headers or "x-api-key" in headers


def v1_models(asked: Asked, models: tuple[str, ...]) -> Reply:
    """GET /v1/models and /v1/models/{id}, in the shape of the wire the request speaks."""
    anthropic = is_anthropic(asked.headers)
    (messages.authorize if anthropic else openai_errors.authorize)(asked.headers)
    shape = _anthropic_model if anthropic else _openai_model
    one = asked.path.removeprefix("/v1/models").strip("/")
    if one:
        if one not in models:
            raise no_model("messages" if anthropic else "chat", one)
        return json_reply(shape(one))
    data = [shape(name) for name in models]
    if not anthropic:
        return json_reply({"object": "list", "data": data})
    ends = {"first_id": models[0] if models else None, "last_id": models[-1] if models else None}
    return json_reply({"data": data, "has_more": False, **ends})


def no_model(wire: str, name: str) -> Refusal:
    """What a provider on this wire says of a model that it does not have."""
    if wire == "messages":
        return Refusal(404, f"model: {name}")
    if wire.startswith("ollama"):
        return Refusal(404, f"model '{name}' not found")
    if wire == "responses":
        text = f"The requested model '{name}' does not exist."
        return Refusal(400, text, param="model", code="model_not_found")
    text = f"The model `{name}` does not exist or you do not have access to it."
    return Refusal(404, text, code="model_not_found")


def _openai_model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": _CREATED, "owned_by": "lab"}


def _anthropic_model(name: str) -> dict[str, Any]:
    return {"type": "model", "id": name, "display_name": name, "created_at": _SINCE}


def tags(_: Asked, models: tuple[str, ...]) -> Reply:
    """GET /api/tags."""
    return json_reply({"models": [_tag(name) for name in models]})


def _tag(name: str) -> dict[str, Any]:
    digest = hashlib.sha256(name.encode()).hexdigest()
    return {
        "name": name,
        "model": name,
        "modified_at": _SINCE,
        "size": 0,
        "digest": digest,
        "details": _DETAILS,
    }


def show(asked: Asked, models: tuple[str, ...]) -> Reply:
    """POST /api/show."""
    body = ollama.read(asked.raw)
    name = body.get("model") or body.get("name")
    if not name:
        raise Refusal(400, "model is required")
    if name not in models:
        raise no_model("ollama", name)
    return json_reply(
        {
            "modelfile": f"FROM {name}\n",
            "parameters": "",
            "template": "{{ .Prompt }}",
            "details": _DETAILS,
            "model_info": {"general.architecture": "lab", "lab.context_length": 131072},
            "capabilities": ["completion", "tools"],
            "modified_at": _SINCE,
        }
    )


def version(_: Asked, __: tuple[str, ...]) -> Reply:
    """GET /api/version."""
    return json_reply({"version": OLLAMA_VERSION})


def alive(_: Asked, __: tuple[str, ...]) -> Reply:
    """GET or HEAD /, with which clients probe an Ollama service."""
    return Reply(200, b"Ollama is running", content_type=b"text/plain; charset=utf-8")
