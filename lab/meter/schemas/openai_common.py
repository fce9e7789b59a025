"""Pieces of request models that OpenAI's two text APIs share."""

from __future__ import annotations

from typing import Annotated, Literal

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
ServiceTier = Literal["auto", "default", "flex", "scale", "priority", "fast"]
Temperature = Annotated[float, Field(ge=0, le=2)]
TopP = Annotated[float, Field(ge=0, le=1)]
TopLogprobs = Annotated[int, Field(ge=0, le=20)]


class CacheBreakpoint(Strict):
    """A mark for the prompt cache."""

    mode: Literal["explicit"]
    ttl: Literal["30m", "12h"] | None = None
