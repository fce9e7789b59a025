"""The API dialects from the client's side: read requests and answers of any wire, strictly judged."""

from __future__ import annotations

import re
from typing import Final

from lab.wires.answers import read_answer
from lab.wires.neutral import NeutralAnswer, NeutralRequest
from lab.wires.requests import read_request
from lab.wires.routes import KINDS, kind_of
from lab.wires.strict import preload

__all__ = [
    "CLIENT_KINDS",
    "KINDS",
    "NeutralAnswer",
    "NeutralRequest",
    "find_markers",
    "kind_of",
    "preload",
    "read_answer",
    "read_request",
]

# Kind of request a client sends on each wire.
CLIENT_KINDS: Final = {
    "anthropic": "messages",
    "openai": "chat",
    "responses": "responses",
    "ollama": "ollama_chat",
}

# Also as a gateway may write it that puts text into other letters, Markdown or typographic signs.
_MARKER = re.compile(
    r"labmark(?:\\?-|[\u2010-\u2015\u00ad\ufe63\uff0d])(background|[0-9a-f]{16}(?![0-9a-f]))", re.IGNORECASE
)


def find_markers(text: str) -> tuple[str, ...]:
    """Provenance markers in `text`, each once, in order of appearance, and as they were given."""
    return tuple(dict.fromkeys(f"labmark-{found.lower()}" for found in _MARKER.findall(text)))
