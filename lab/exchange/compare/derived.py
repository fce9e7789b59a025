"""Names that a gateway makes of what the client calls itself, such as a key of a prompt cache."""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Iterator
from typing import Any, Final

from lab.wires.units import BY_NAME, Params

# What may be made of a name: it steers where a prompt is cached, and nothing that a model reads.
DERIVED: Final = frozenset({"prompt_cache_key"})
# Shorter pieces of a name or of a digest are alike by chance (characters).
_LEAST: Final = 12
_DIGESTS: Final = ("md5", "sha1", "sha256", "sha512")


def derived_from(name: str, value: Any, sent: Params) -> str:
    """The field that a value repeats, in whole or in a long part, or is a digest of; empty if none."""
    if name not in DERIVED or not isinstance(value, str) or not value:
        return ""
    for path, given in sent.items():
        if path in _USERS and isinstance(given, str) and _is_made_of(value, given):
            return path
    return ""


_USERS: Final = frozenset(path for paths in BY_NAME["user"].places.values() for path in paths) | {
    "prompt_cache_key"
}


def _is_made_of(value: str, given: str) -> bool:
    if value == given or (len(value) >= _LEAST and value in given):
        return True
    return len(value) >= _LEAST and any(digest.startswith(value) for digest in _digests(given))


def _digests(given: str) -> Iterator[str]:
    for name in _DIGESTS:
        digest = hashlib.new(name, given.encode("utf-8", "replace"), usedforsecurity=False)
        yield digest.hexdigest()
        yield base64.b64encode(digest.digest()).decode()
        yield base64.urlsafe_b64encode(digest.digest()).decode()
    spaces = (uuid.NAMESPACE_DNS, uuid.NAMESPACE_URL, uuid.NAMESPACE_OID)
    yield from (str(make(space, given)) for make in (uuid.uuid3, uuid.uuid5) for space in spaces)
