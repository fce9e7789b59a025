"""Keys told apart without being kept."""

from __future__ import annotations

import hashlib

_DIGITS = 12


def key_digest(key: str) -> str:
    """The beginning of a key's SHA-256, by which two keys are told apart."""
    return f"sha256:{hashlib.sha256(key.encode()).hexdigest()[:_DIGITS]}"
