"""Validates answers against the vendors' own SDK types, strictly; the SDKs are imported on first use."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

MAX_PROBLEMS: Final = 20
_MAX_MESSAGE: Final = 200

_TYPES: Final = {
    "messages": ("anthropic.types", "Message"),
    "messages_event": ("anthropic.types", "RawMessageStreamEvent"),
    "chat": ("openai.types.chat", "ChatCompletion"),
    "chat_event": ("openai.types.chat", "ChatCompletionChunk"),
    "responses": ("openai.types.responses", "Response"),
    "responses_event": ("openai.types.responses", "ResponseStreamEvent"),
}


def preload() -> None:
    """Import the SDKs and build all validators, which takes seconds; safe to run in a thread."""
    for shape in _TYPES:
        _adapter(shape)


def violations(shape: str, data: Any) -> list[str]:
    """Where `data` breaks the SDK's type for `shape`, one sentence per field, at most MAX_PROBLEMS."""
    try:
        _adapter(shape).validate_python(data, strict=True)
    except ValidationError as error:
        found: dict[str, str] = {}
        for item in error.errors(include_url=False, include_context=False, include_input=False):
            where = ".".join(shown(part, bare=True) for part in item["loc"]) or shape
            found.setdefault(where, f"{where}: {item['msg']}"[:_MAX_MESSAGE])
            if len(found) == MAX_PROBLEMS:
                break
        return list(found.values())
    except RecursionError:
        return [f"{shape}: nested too deeply to be validated"]
    return []


def shown(value: Any, *, bare: bool = False) -> str:
    """A short printable form of hostile data, without control characters."""
    text = repr(value) if not isinstance(value, str) else ascii(value)
    if bare and isinstance(value, str):
        text = text[1:-1]
    return text if len(text) <= 60 else text[:57] + "..."


@cache
def _adapter(shape: str) -> TypeAdapter[Any]:
    module, name = _TYPES[shape]
    return TypeAdapter(getattr(importlib.import_module(module), name))
