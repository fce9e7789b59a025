"""Pieces of request models that OpenAI's two text APIs share."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field, StringConstraints, Tag

from lab.meter.schemas.base import Strict

TEXT = Tag("~text")
FunctionName = Annotated[str, StringConstraints(min_length=1, pattern=r"^[a-zA-Z0-9_-]+$", max_length=64)]
UserId = Annotated[str, StringConstraints(max_length=64)]
SafetyIdentifier = Annotated[str, StringConstraints(max_length=128)]
CacheKey = Annotated[str, StringConstraints(max_length=64)]
Metadata = Annotated[
    dict[Annotated[str, StringConstraints(max_length=64)], Annotated[str, StringConstraints(max_length=512)]],
    Field(max_length=16),
]
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
Verbosity = Literal["low", "medium", "high"]
ServiceTier = Literal["auto", "default", "fast", "flex", "priority", "scale"]
Retention = Literal["in_memory", "24h", "in-memory"]
RETENTIONS = get_args(Retention)
Temperature = Annotated[float, Field(ge=0, le=2)]
TopP = Annotated[float, Field(ge=0, le=1)]
TopLogprobs = Annotated[int, Field(ge=0, le=20)]


class CacheOptions(Strict):
    """How the prompt cache is used."""

    mode: Literal["implicit", "explicit"] | None = None
    ttl: Literal["30m"] | None = None


class CacheBreakpoint(Strict):
    """A mark for the prompt cache."""

    mode: Literal["explicit"]
    ttl: Literal["30m", "12h"] | None = None
