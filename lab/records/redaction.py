"""Replaces known secrets by value, in every form in which they may travel, before anything is written."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MARK = b"[redacted]"
SHORTEST = 6


class Redactor:
    """Replaces secrets of 6 characters or more, as they are, JSON-escaped, URL-encoded or in base64.

    Shorter values are ignored: replacing them would mangle text that only happens to contain them. A
    secret that is split over several events of a stream is not seen.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self._forms = tuple(form.encode() for form in longest_first)

    def bytes(self, data: bytes) -> bytes:
        """`data` with every known secret replaced."""
        for form in self._forms:
            data = data.replace(form, MARK)
        return data


def _forms(secret: str) -> set[str]:
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    forms = {secret, quote(secret, safe=""), quote_plus(secret), *escaped}
    forms |= {form.replace("/", "\\/") for form in escaped}
    return forms | {form for form in _base64_forms(secret.encode()) if len(form) >= SHORTEST}


def _base64_forms(secret: bytes) -> set[str]:
    """What is certain of the secret's base64 at each of its three alignments, as in Basic `user:secret`."""
    forms = set()
    for before in range(3):
        first = -(-before * 8 // 6)
        last = (before + len(secret)) * 8 // 6
        for encode in (base64.standard_b64encode, base64.urlsafe_b64encode):
            forms.add(encode(b"\0" * before + secret).decode()[first:last])
    return forms
