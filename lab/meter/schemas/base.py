"""What the wires' request models share: strictness, and unions told apart by a key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Tag


class Strict(BaseModel):
    """An object whose unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, protected_namespaces=())


class Loose(BaseModel):
    """An object of which only the named keys are checked."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True, protected_namespaces=())


def _shape(value: Any) -> str:
    return "~text" if isinstance(value, str) else "~items"


# A text or an array of parts; for anything else the refusal says that an array was expected, as providers do.
TEXT_OR_ITEMS = Discriminator(_shape)
Text = Annotated[str, Tag("~text")]
ITEMS = Tag("~items")


def by_key(key: str, tags: dict[str, str], *, absent: str, unknown: str) -> Callable[[Any], str]:
    """A discriminator: the tag of the value's `key`, with tags of their own for absent and unknown values."""

    def tag(value: Any) -> str:
        given = value.get(key) if isinstance(value, dict) else None
        if given is None:
            return absent
        return tags.get(given, unknown) if isinstance(given, str) else unknown

    return tag
