"""Images and files of any wire: what they are, and a digest of their data that no wire changes."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator
from typing import Any

from lab.wires.details import details_of
from lab.wires.neutral import Details, Part

_HOLDERS = ("source", "image_url", "file", "input_audio")
_READ = frozenset(
    {
        "source",
        "media_type",
        "file_id",
        "file_url",
        "file_data",
        "image_url",
        "file",
        "input_audio",
        "url",
        "data",
        "format",
    }
)
# One word for one sort of block, whatever its wire calls it.
_TYPES = {
    "document": "document",
    "file": "document",
    "input_file": "document",
    "input_audio": "audio",
}


def media_part(block: dict[str, Any], cache: str = "") -> Part:
    """An image, sound or file block as a part; its data is identified by its digest, never by text."""
    digest, media_type = _described(block)
    kind = _TYPES.get(str(block.get("type")), "")
    details = _details(block)
    return Part("image", digest=digest, media_type=media_type, cache=cache, type=kind, details=details)


def _details(block: dict[str, Any]) -> Details:
    """What it says beside its data; wires that have the data in an object of its own have more there."""
    inner: Details = next((block[key] for key in _HOLDERS if isinstance(block.get(key), dict)), {})
    return details_of(block, _READ) | details_of(inner, _READ)


def bare_images(images: Any) -> Iterator[Part]:
    """Images as Ollama takes them: a list of base64 texts without a media type."""
    for image in images if isinstance(images, list) else ():
        yield Part("image", digest=data_digest(image) if isinstance(image, str) else "")


def data_digest(data: str) -> str:
    """`sha256:` and the digest of the bytes that `data` is the base64 of, or of `data` if it is none."""
    try:
        raw = base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        raw = data.encode("utf-8", "surrogatepass")
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def text_digest(text: str) -> str:
    """`sha256:` and the digest of a text, such as a signature; empty for an empty one."""
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}" if text else ""


def _described(block: dict[str, Any]) -> tuple[str, str]:
    """Digest and media type of a block of any wire; empty if it says nothing of the kind."""
    source = block.get("source")
    if isinstance(source, dict):
        return _anthropic(source)
    inner: Details = next((block[key] for key in ("image_url", "file", "input_audio") if key in block), block)
    if isinstance(inner, str):
        return _address(inner)
    if not isinstance(inner, dict):
        return "", ""
    for key in ("url", "file_data", "file_url"):
        if isinstance(inner.get(key), str):
            return _address(inner[key], bare_data=key == "file_data")
    if isinstance(inner.get("data"), str):
        return data_digest(inner["data"]), f"audio/{inner.get('format', '')}"
    return (f"file:{inner['file_id']}", "") if isinstance(inner.get("file_id"), str) else ("", "")


def _anthropic(source: dict[str, Any]) -> tuple[str, str]:
    media_type = source.get("media_type")
    if isinstance(source.get("data"), str):
        return data_digest(source["data"]), media_type if isinstance(media_type, str) else ""
    if isinstance(source.get("url"), str):
        return f"url:{source['url']}", ""
    return (f"file:{source['file_id']}", "") if isinstance(source.get("file_id"), str) else ("", "")


def _address(url: str, *, bare_data: bool = False) -> tuple[str, str]:
    """A data URL by its data, any other address by itself."""
    if url.startswith("data:"):
        head, _, data = url.removeprefix("data:").partition(",")
        return data_digest(data), head.partition(";")[0]
    return (data_digest(url), "") if bare_data else (f"url:{url}", "")
