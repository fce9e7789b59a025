"""One spelling for equal JSON, so that key order, white space and escapes never change a count."""

from __future__ import annotations

import json
from typing import Any

import orjson

from lab.wires import exact

TOO_DEEP = "[nested too deeply to be read]"


def canonical_json(value: Any) -> str:
    """`value` as minified JSON with sorted keys and whole floats as integers; never raises."""
    try:
        text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        if b".0" in text:
            text = orjson.dumps(_whole(value), option=orjson.OPT_SORT_KEYS)
        return text.decode()
    except (TypeError, ValueError, RecursionError):
        return _slow_json(value)


def canonical_text(raw: str) -> str:
    """A JSON text spelled canonically, or `raw` itself if it is no JSON."""
    try:
        return canonical_json(exact.loads(raw))
    except (ValueError, TypeError):
        return raw


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return value


def _slow_json(value: Any) -> str:
    """What orjson refuses: integers over 64 bits, lone surrogates, keys of mixed types."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    except (TypeError, ValueError):
        return str(value)
    except RecursionError:
        return TOO_DEEP
