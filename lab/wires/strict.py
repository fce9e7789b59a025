"""Validates answers against the vendors' own SDK types, strictly; the SDKs are imported on first use."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, Final, get_args, get_origin

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

MAX_PROBLEMS: Final = 20
_MAX_MESSAGE: Final = 200

Place = tuple[int | str, ...]

_TYPES: Final = {
    "messages": ("anthropic.types", "Message"),
    "messages_event": ("anthropic.types", "RawMessageStreamEvent"),
    "chat": ("openai.types.chat", "ChatCompletion"),
    "chat_event": ("openai.types.chat", "ChatCompletionChunk"),
    "responses": ("openai.types.responses", "Response"),
    "responses_event": ("openai.types.responses", "ResponseStreamEvent"),
}


# Unions without a discriminator, whose members are told apart by their `type`.
_UNIONS: Final = frozenset({"responses_event"})


def preload() -> None:
    """Import the SDKs and build all validators, which takes seconds; safe to run in a thread."""
    for shape in _TYPES:
        _adapter(shape)


def violations(shape: str, data: Any) -> list[str]:
    """Where `data` breaks the SDK's type for `shape`, one sentence per field, at most MAX_PROBLEMS.

    Members that the SDK does not know are no violation, nor are types of blocks, items and events.
    """
    adapter = _adapter(shape)
    if shape in _UNIONS and isinstance(data, dict):
        # The union itself would name what is missing of each of its members, the first of which is any.
        kind = data.get("type")
        if not isinstance(kind, str):
            return [f"type: no event of this wire is called {shown(kind)}"]
        member = _members(shape).get(kind)
        if member is None:
            return []
        adapter = member
    try:
        adapter.validate_python(data, strict=True)
    except ValidationError as error:
        found: dict[str, str] = {}
        for item in _told(error.errors(include_url=False, include_context=False)):
            where = ".".join(shown(part, bare=True) for part in item["loc"]) or shape
            found.setdefault(where, f"{where}: {item['msg']}"[:_MAX_MESSAGE])
            if len(found) == MAX_PROBLEMS:
                break
        return list(found.values())
    except RecursionError:
        return [f"{shape}: nested too deeply to be validated"]
    return []


def _told(errors: list[ErrorDetails]) -> Iterator[ErrorDetails]:
    """The errors without those of types that the data does not claim to be, and of types not known yet.

    Providers add types of blocks, items and events without another version of their API, and SDKs let them
    through. Of a union, pydantic lists the errors of every member.
    """
    others: dict[Place, set[int | str]] = {}
    for item in errors:
        place, member = item["loc"][:-2], item["loc"][-2:-1]
        named = all(isinstance(step, str) and step[:1].isupper() for step in member)
        wrong = item["type"] == "literal_error" and isinstance(item["input"], str)
        if member and named and wrong and item["loc"][-1] == "type":
            others.setdefault(place, set()).update(member)
    members: dict[Place, set[int | str]] = {place: set() for place in others}
    steps = [[(p, step) for p, step in _steps(item["loc"]) if p in others] for item in errors]
    for place, step in (one for each in steps for one in each):
        members[place].add(step)
    for item, each in zip(errors, steps, strict=True):
        if not any(step in others[place] or members[place] <= others[place] for place, step in each):
            yield item


def _steps(loc: Place) -> Iterator[tuple[Place, int | str]]:
    return ((loc[:n], step) for n, step in enumerate(loc))


def shown(value: Any, *, bare: bool = False) -> str:
    """A short printable form of hostile data, without control characters."""
    text = repr(value) if not isinstance(value, str) else ascii(value)
    if bare and isinstance(value, str):
        text = text[1:-1]
    return text if len(text) <= 60 else text[:57] + "..."


@cache
def _members(shape: str) -> dict[str, TypeAdapter[Any]]:
    """The members of a union by their type, as their models state it."""
    module, name = _TYPES[shape]
    union = getattr(importlib.import_module(module), name)
    if get_origin(union) is Annotated:
        union = get_args(union)[0]
    members = {}
    for member in get_args(union):
        for kind in get_args(member.model_fields["type"].annotation):
            members[kind] = TypeAdapter(member)
    return members


@cache
def _adapter(shape: str) -> TypeAdapter[Any]:
    module, name = _TYPES[shape]
    return TypeAdapter(getattr(importlib.import_module(module), name))
