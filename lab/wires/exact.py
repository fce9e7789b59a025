"""JSON with integers of any size: what is read is what was written, and the other way round."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import orjson

# Beyond 64 bits the fast reader makes a float of an integer.
_LONG: Final = re.compile(r"\d{19}")
_LONG_BYTES: Final = re.compile(rb"\d{19}")


def loads(raw: bytes | str) -> Any:
    """The JSON value in `raw`; raises ValueError (orjson's, for whatever it refuses)."""
    value = orjson.loads(raw)
    long = _LONG.search(raw) if isinstance(raw, str) else _LONG_BYTES.search(raw)
    return json.loads(raw) if long else value


def dumps(value: Any) -> bytes:
    """`value` as minified JSON in UTF-8, its keys in their order."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
