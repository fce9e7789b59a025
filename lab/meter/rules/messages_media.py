"""Rules of /v1/messages on the bytes of images and documents."""

from __future__ import annotations

from typing import Any

from lab.meter.rules import sources as src
from lab.meter.rules.media import decoded, kind_of
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
    "messages/documents",
    "A PDF in base64 that is none",
    source=src.ANTHROPIC_TYPES,
    date=src.TYPES_DATE,
    sure=False,
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
            "messages.0.content.0.document.source.base64: invalid base64 data",
        ),
        Example(
            _document(type="base64", media_type="application/pdf", data="aGVsbG8="),
            "messages.0.content.0.document.source.base64.data: The PDF specified was not valid.",
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
            raise bad(f"{where}.document.source.base64: invalid base64 data")
        if b"%PDF" not in data[:1024]:
            raise bad(f"{where}.document.source.base64.data: The PDF specified was not valid.")
