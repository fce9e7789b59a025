"""Rules of /v1/messages on the bytes of images and documents."""

from __future__ import annotations

import base64
from typing import Any

from lab.meter.rules.media import decoded, kind_of, size_of
from lab.meter.rules.rule import Ask, Body, Example, bad, rule
from lab.meter.rules.turns import placed

_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
_PDF = "JVBERi0xLjQKJSVFT0YK"


def _image(data: str, kind: str = "image/png") -> Body:
    return _user({"type": "image", "source": {"type": "base64", "media_type": kind, "data": data}})


def _document(**source: Any) -> Body:
    return _user({"type": "document", "source": source})


def _user(block: Body) -> Body:
    return {"messages": [{"role": "user", "content": [block]}]}


_MOST_BYTES = 10 * 1024 * 1024
_MANY, _MANY_SIDE, _SIDE = 20, 2000, 8000
_TOO_LARGE = (
    "messages.0.content.{0}.image.source.base64.data: At least one of the image dimensions exceed max "
    "allowed size"
    "{1}: {2} pixels"
)


def _sized(width: int, height: int) -> str:
    """The head of a PNG of this size."""
    head = base64.b64decode(_PNG)
    return base64.b64encode(head[:16] + width.to_bytes(4) + height.to_bytes(4) + head[24:]).decode()


def _images_of(side: int, number: int) -> Body:
    (message,) = _image(_sized(side, side))["messages"]
    return {"messages": [{"role": "user", "content": message["content"] * number}]}


@rule(
    "messages/images",
    "An image in base64 that is none, is no image, or is one of another media type",
    source="https://github.com/BerriAI/litellm/issues/24900",
    date="2026-04-01",
    legal=(
        Example(_image(_PNG)),
        Example(_user({"type": "image", "source": {"type": "url", "url": "https://x/y"}})),
    ),
    illegal=(
        Example(_image("not base64!"), "messages.0.content.0.image.source.base64: invalid base64 data"),
        Example(_image("aGVsbG8="), "Could not process image"),
        Example(
            _image(_PNG, "image/jpeg"),
            "messages.0.content.0.image.source.base64: The image was specified using the image/jpeg media "
            "type, but "
            "the image appears to be a image/png image",
        ),
    ),
)
def _images(ask: Ask) -> None:
    for where, block in placed(ask.body):
        source = block.get("source")
        if block.get("type") != "image" or not isinstance(source, dict) or source.get("type") != "base64":
            continue
        data = decoded(source["data"])
        if data is None:
            raise bad(f"{where}.image.source.base64: invalid base64 data")
        kind = kind_of(data)
        if kind is None:
            raise bad("Could not process image")
        if kind != source["media_type"]:
            raise bad(
                f"{where}.image.source.base64: The image was specified using the {source['media_type']} "
                "media type, "
                f"but the image appears to be a {kind} image"
            )


@rule(
    "messages/image-sizes",
    "An image of more than 10 MB in base64, or with a side of more than 8000 pixels, or 2000 if there are "
    "more than "
    "20 images",
    source="https://github.com/anthropics/claude-code/issues/52220",
    date="2026-04-23",
    legal=(Example(_image(_sized(8000, 8000))), Example(_images_of(2000, 21)), Example(_images_of(2001, 20))),
    illegal=(
        Example(_image(_sized(10, 8001)), _TOO_LARGE.format(0, "", 8000)),
        Example(_images_of(2001, 21), _TOO_LARGE.format(0, " for many-image requests", 2000)),
    ),
)
def _image_sizes(ask: Ask) -> None:
    images = [(where, block) for where, block in placed(ask.body) if block.get("type") == "image"]
    many = len(images) > _MANY
    most = _MANY_SIDE if many else _SIDE
    for where, block in images:
        data = (block.get("source") or {}).get("data")
        if not isinstance(data, str):
            continue
        if len(data) > _MOST_BYTES:
            text = f"image exceeds 10 MB maximum: {len(data)} bytes > {_MOST_BYTES} bytes"
            raise bad(f"{where}.image.source.base64: {text}")
        size = size_of(decoded(data) or b"")
        if size is not None and max(size) > most:
            text = "At least one of the image dimensions exceed max allowed size"
            kind = " for many-image requests" if many else ""
            raise bad(f"{where}.image.source.base64.data: {text}{kind}: {most} pixels")


@rule(
    "messages/documents",
    "A PDF in base64 that is none",
    source="https://github.com/anthropics/claude-code/issues/5174",
    date="2025-08-05",
    legal=(
        Example(_document(type="text", media_type="text/plain", data="d")),
        Example(_document(type="base64", media_type="application/pdf", data=_PDF)),
        Example(_document(type="content", content=[{"type": "text", "text": "d"}])),
        Example(_document(type="url", url="https://x/y.pdf")),
        Example(_document(type="file", file_id="file_1")),
    ),
    illegal=(
        Example(
            _document(type="base64", media_type="application/pdf", data="%%%"),
            "messages.0.content.0.pdf.source.base64: invalid base64 data",
        ),
        Example(
            _document(type="base64", media_type="application/pdf", data="aGVsbG8="),
            "messages.0.content.0.pdf.source.base64.data: The PDF specified was not valid.",
        ),
    ),
)
def _documents(ask: Ask) -> None:
    for where, block in placed(ask.body):
        source = block.get("source")
        if block.get("type") != "document" or not isinstance(source, dict) or source["type"] != "base64":
            continue
        data = decoded(source["data"])
        if data is None:
            raise bad(f"{where}.pdf.source.base64: invalid base64 data")
        if b"%PDF" not in data[:1024]:
            raise bad(f"{where}.pdf.source.base64.data: The PDF specified was not valid.")
