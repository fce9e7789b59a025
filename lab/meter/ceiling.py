"""The ceiling on generated tokens that the meter puts on calls which it passes on to a local model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# The fields that limit an answer; the first is set if a request has none. Ollama 0.17.4 reads max_tokens
# alone of the chat wire's two.
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "/v1/messages": ("max_tokens",),
    "/v1/chat/completions": ("max_tokens", "max_completion_tokens"),
    "/v1/completions": ("max_tokens",),
    "/v1/responses": ("max_output_tokens",),
}
_NATIVE = frozenset({"/api/chat", "/api/generate"})


def bounded(path: str, body: dict[str, Any], most: int) -> tuple[dict[str, Any], bool]:
    """The body with no more than `most` generated tokens asked for, and whether that changes it."""
    if path in _NATIVE:
        options = body.get("options")
        held = dict(options) if isinstance(options, dict) else {}
        if _within(held.get("num_predict"), most):
            return body, False
        return {**body, "options": {**held, "num_predict": most}}, True
    names = _FIELDS.get(path, ())
    first = names[:1]
    changed = {name: most for name in names if not _within(body.get(name), most)}
    changed = {name: value for name, value in changed.items() if name in body or name in first}
    return ({**body, **changed}, True) if changed else (body, False)


def _within(asked: Any, most: int) -> bool:
    return isinstance(asked, int) and not isinstance(asked, bool) and 0 <= asked <= most
