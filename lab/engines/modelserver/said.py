"""What a model server says of its models, as read from its answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

Need = Literal["tools", "vision", "thinking", "embedding"]
# What Ollama makes of a model whose chat template it does not know.
NO_TEMPLATE: Final = "{{ .Prompt }}"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a server says of a model: what it can take, and the context it was made for, in tokens.

    `capabilities` are in the server's words (None: it does not say). `judged` are the needs that it can be
    held to: what is among these and not among its capabilities the model does not take. `weights` says where
    its weights are: models of the same weights are loaded once.
    """

    capabilities: tuple[str, ...] | None = None
    judged: frozenset[str] = frozenset()
    context: int | None = None
    template: str | None = None
    weights: str | None = None

    @property
    def embeds(self) -> bool:
        """Whether it is an embedding model."""
        return "embedding" in (self.capabilities or ())

    def lacks(self, need: str) -> bool:
        """Whether the model is known not to take what needs this."""
        return need in self.judged and need not in (self.capabilities or ())


@dataclass(frozen=True, slots=True)
class Timed:
    """A timed answer: seconds in all, tokens of prompt and answer, and both per second."""

    answer_s: float
    prompt: int | None = None
    written: int | None = None
    read_per_s: float | None = None
    write_per_s: float | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """A loaded model: its context in force in tokens, and how many more seconds it stays (None: unknown)."""

    context: int | None = None
    kept_s: float | None = None


def shown_by_ollama(said: Mapping[str, Any]) -> Shown:
    """What Ollama shows of a model."""
    info = said.get("model_info")
    info = info if isinstance(info, dict) else {}
    context = whole(info.get(f"{info.get('general.architecture')}.context_length"))
    template = said.get("template")
    found = said.get("capabilities")
    capabilities = tuple(map(str, found)) if isinstance(found, list) else None
    judged = (
        frozenset({"tools", "vision", "thinking", "embedding"}) if capabilities is not None else frozenset()
    )
    lines = str(said.get("modelfile", "")).splitlines()
    weights = next((line for line in lines if line.startswith("FROM ")), None)
    return Shown(capabilities, judged, context, template if isinstance(template, str) else None, weights)


def from_now(instant: object) -> float | None:
    """Seconds from now to an instant in RFC 3339; None if it is none."""
    try:
        return (datetime.fromisoformat(str(instant)) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return None


def rate(tokens: int | None, seconds: float) -> float | None:
    """Tokens per second; None if either is not known."""
    return tokens / seconds if tokens and seconds > 0 else None


def whole(value: object) -> int | None:
    """A count; None if it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def number(value: object) -> float:
    """A number; 0 if it is none."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
