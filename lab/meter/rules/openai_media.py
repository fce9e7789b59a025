"""What OpenAI demands of an image's address."""

from __future__ import annotations

import re

from lab.meter.rules.media import decoded, kind_of
from lab.meter.rules.rule import bad

_DATA = re.compile(r"data:(?P<kind>[^;,]*)(?:;[^,]*)?,(?P<data>.*)", re.DOTALL)
_EXPECTED = (
    " Expected a base64-encoded data URL with an image MIME type (e.g. "
    "'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got "
)


def check_image(url: str, param: str, says: str) -> None:
    """Raises Refusal for an image that is neither an address of the web nor an image in base64."""
    if url.startswith(("http://", "https://")):
        return
    found = _DATA.fullmatch(url)
    if found is None:
        why = "a value without the 'data:' prefix."
    elif not found["kind"].startswith("image/"):
        why = f"unsupported MIME type '{found['kind']}'."
    elif not found["data"]:
        why = "empty base64-encoded bytes."
    else:
        data = decoded(found["data"])
        if data is not None:
            _check_bytes(data)
            return
        why = "an invalid base64-encoded value."
    raise bad(f"{says}{_EXPECTED}{why}", param=param, code="invalid_value")


def _check_bytes(data: bytes) -> None:
    if kind_of(data) is None:
        raise bad(
            "You uploaded an unsupported image. Please make sure your image has of one the following "
            "formats: "
            "['png', 'jpeg', 'gif', 'webp'].",
            code="invalid_image_format",
        )
