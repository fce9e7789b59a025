"""Which kind of request a path carries."""

from __future__ import annotations

from typing import Final

# Kinds of requests that a model answers, or that are embedded.
KINDS: Final = ("messages", "chat", "responses", "ollama_chat", "ollama_generate", "embeddings")

_PATHS: Final = {
    "/v1/messages": "messages",
    "/v1/chat/completions": "chat",
    "/v1/responses": "responses",
    "/api/chat": "ollama_chat",
    "/api/generate": "ollama_generate",
    "/v1/embeddings": "embeddings",
    "/api/embeddings": "embeddings",
    "/api/embed": "embeddings",
    "/v1/models": "metadata",
    "/api/tags": "metadata",
    "/api/show": "metadata",
    "/api/version": "metadata",
}


def kind_of(path: str) -> str:
    """The kind of an upstream path without its caller: one of KINDS, `metadata` or `other`."""
    bare = path.partition("?")[0].rstrip("/")
    if bare.startswith("/v1/models/"):
        return "metadata"
    return _PATHS.get(bare, "other")
