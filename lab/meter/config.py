"""The meter's configuration, one JSON object in the variable LAB_METER_CONFIG."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lab.errors import ConfigError

VARIABLE = "LAB_METER_CONFIG"


class Model(BaseModel):
    """Base of the meter's settings and control requests: immutable, strict about unknown keys, and finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Target(Model):
    """Where calls of one model go: base URL, the model's name there, and the key (None: no key is sent).

    No call passed on there asks for more than `max_tokens` generated tokens (None: for as many as it likes).
    """

    base_url: str = Field(pattern=r"^https?://[^\s/]")
    model: str = Field(min_length=1)
    api_key: str | None = None
    answered_by: Literal["ollama", "cloud"]
    max_tokens: int | None = Field(default=None, ge=1)


class MeterConfig(Model):
    """Port, token of the control API, models served and forwarded, and bounds in MiB.

    `forward` says where each model's calls go, and `forward_for` where those of a caller go instead.
    """

    port: int = Field(default=9700, ge=0, le=65535)
    host: str = "0.0.0.0"  # noqa: S104 - gateways in other containers must reach it
    token: str = Field(min_length=8)
    upstream_mode: Literal["scripted", "ollama", "cloud"] = "scripted"
    models: tuple[str, ...] = ()
    forward: dict[str, Target] = {}
    forward_for: dict[str, dict[str, Target]] = {}
    embeddings_forward: Target | None = None
    max_body_mb: int = Field(default=64, ge=1, le=1024)
    max_recorded_mb: int = Field(default=256, ge=1)


def load_config(environ: Mapping[str, str] = os.environ) -> MeterConfig:
    """The configuration from the environment; raises ConfigError naming the key that is wrong."""
    raw = environ.get(VARIABLE)
    if not raw:
        raise ConfigError(
            f"{VARIABLE} is not set", next_step=f'set {VARIABLE}=\'{{"token": "…", "models": ["…"]}}\''
        )
    try:
        return MeterConfig.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "(the whole value)"
        raise ConfigError(
            f"{VARIABLE}: {key}: {first['msg']}", next_step=f"correct {key} in {VARIABLE}"
        ) from None
