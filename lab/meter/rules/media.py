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


def size_of(data: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG, GIF or JPEG in pixels; None for other kinds, and for a head cut short."""
    if data.startswith(b"\x89PNG") and data[12:16] == b"IHDR" and len(data) >= _PNG_HEAD:
        return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    if data.startswith(b"GIF8") and len(data) >= _GIF_HEAD:
        return int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    return _jpeg_size(data) if data.startswith(b"\xff\xd8") else None


_PNG_HEAD = 24
_GIF_HEAD = 10
# Of a JPEG's segments, those that say its size; c4, c8 and cc are none.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while data[at : at + 1] == b"\xff" and at + 9 <= len(data):
        if data[at + 1] in _FRAMES:
            return int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return None
