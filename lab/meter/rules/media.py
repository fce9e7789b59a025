"""What bytes in a request are: decoded from base64, and told apart by their first bytes."""

from __future__ import annotations

import base64
import binascii

_FIRST_BYTES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}


def decoded(text: str) -> bytes | None:
    """The bytes of a text in base64, None if it is no base64; line breaks are fine."""
    try:
        return base64.b64decode("".join(text.split()), validate=True) or None
    except (binascii.Error, ValueError):
        return None


def kind_of(data: bytes) -> str | None:
    """The media type of an image by its first bytes; None if it is none that providers read."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for first, kind in _FIRST_BYTES.items() if data.startswith(first)), None)
