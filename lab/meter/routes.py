"""Which wire a path belongs to, and in which error shape it is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lab.meter import chat, embeddings, messages, models, ollama, openai_errors, responses
from lab.meter.embeddings import EmbedWire
from lab.meter.refusal import Refusal
from lab.meter.replies import Asked, Reply
from lab.meter.wire import TextWire

Metadata = Callable[[Asked, tuple[str, ...]], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """How one path is answered: by a text wire, with embeddings, or with metadata (exactly one is set)."""

    refuse: Callable[[Refusal], Reply]
    text: TextWire | None = None
    embed: EmbedWire | None = None
    metadata: Metadata | None = None
    method: str = "POST"


_TEXT = {
    "/v1/messages": messages.WIRE,
    "/v1/messages/count_tokens": messages.COUNT,
    "/v1/chat/completions": chat.WIRE,
    "/v1/responses": responses.WIRE,
    "/api/chat": ollama.CHAT,
    "/api/generate": ollama.GENERATE,
}
_ROUTES: dict[str, Route] = {path: Route(wire.refuse, text=wire) for path, wire in _TEXT.items()} | {
    "/v1/embeddings": Route(openai_errors.refuse, embed=embeddings.OPENAI),
    "/api/embed": Route(ollama.refuse, embed=embeddings.OLLAMA_EMBED),
    "/api/embeddings": Route(ollama.refuse, embed=embeddings.OLLAMA_EMBEDDINGS),
    "/api/tags": Route(ollama.refuse, metadata=models.tags, method="GET"),
    "/api/version": Route(ollama.refuse, metadata=models.version, method="GET"),
    "/api/show": Route(ollama.refuse, metadata=models.show),
    "/": Route(ollama.refuse, metadata=models.alive, method="GET"),
}


def find(method: str, path: str, headers: dict[str, str]) -> Route:
    """The route of a path; a Route that refuses with 404 or 405 in the wire's own shape otherwise."""
    route = _ROUTES.get(path)
    if route is None and (path == "/v1/models" or path.startswith("/v1/models/")):
        route = Route(_v1_shape(headers), metadata=models.v1_models, method="GET")
    if route is None:
        return _refusing(shape(path, headers), Refusal(404, f"Invalid URL ({method} {path})"))
    if method == route.method or (method == "HEAD" and route.method == "GET"):
        return route
    text = f"Method not allowed: {method} {path}"
    return _refusing(route.refuse, Refusal(405, text, code="method_not_supported"))


def shape(path: str, headers: dict[str, str]) -> Callable[[Refusal], Reply]:
    """The error shape of the wire that a path, known or not, most likely speaks."""
    if path.startswith("/v1/messages"):
        return messages.refuse
    if path.startswith("/api/") or path == "/":
        return ollama.refuse
    return _v1_shape(headers)


def _v1_shape(headers: dict[str, str]) -> Callable[[Refusal], Reply]:
    return messages.refuse if models.is_anthropic(headers) else openai_errors.refuse


def _refusing(refuse: Callable[[Refusal], Reply], refusal: Refusal) -> Route:
    def answer(_: Asked, __: tuple[str, ...]) -> Reply:
        raise refusal

    return Route(refuse, metadata=answer)
