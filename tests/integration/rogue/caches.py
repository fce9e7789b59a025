"""Answer caches: one that is right, and wrong ones, each with its own idea of what makes questions alike."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from .asked import Asked, slots

Key = Callable[[Asked], str]


def exact(asked: Asked, *without: str) -> str:
    """All that a model is told and who asks, but for the parts named; a stream is no other question."""
    parts = _parts(asked)
    return json.dumps({key: value for key, value in parts.items() if key not in without}, sort_keys=True)


def _parts(asked: Asked) -> dict[str, Any]:
    said = [slot.text for slot in slots(asked, "user", "assistant")]
    left_out = {"messages", "system", "stream", "stream_options", "metadata", "user", "safety_identifier"}
    return {
        **{key: value for key, value in asked.body.items() if key not in left_out},
        "system": [slot.text for slot in slots(asked, "system")],
        "results": [slot.text for slot in slots(asked, "result")],
        "history": said[:-1],
        "last": said[-1:],
        "user": [asked.body.get(key) for key in ("metadata", "user", "safety_identifier")],
        "key": [asked.headers.get(name) for name in ("x-api-key", "authorization")],
    }


def last_text(asked: Asked) -> str:
    """The last text of the user, and nothing else."""
    return slots(asked, "user")[-1].text


def last_paragraph(asked: Asked) -> str:
    """The last paragraph of the last text, whatever document stands before it."""
    return last_text(asked).rsplit("\n\n", 1)[-1]


def alike(asked: Asked) -> str:
    """The three first long words of the last text, cut to their stems: much else is lost."""
    words = re.findall(r"[a-z]{4,}", last_text(asked).lower())
    return " ".join(sorted({word[:5] for word in words})[:3])


def same_opening(asked: Asked) -> str:
    """The first two words of the last text, which many questions share."""
    return " ".join(last_text(asked).lower().split()[:2])


def _without(*parts: str) -> Key:
    return lambda asked: exact(asked, *parts)


def _blind(pattern: str) -> Key:
    """As exact, but for what this pattern matches in the last text."""
    return lambda asked: exact(asked, "last") + re.sub(pattern, "", last_text(asked))


CACHES: dict[str, Key] = {
    "cache": exact,
    "cache-repeats-usage": exact,
    "cache-invents-usage": exact,
    "cache-last-text": last_text,
    "cache-last-paragraph": last_paragraph,
    "cache-without-system": _without("system"),
    "cache-without-history": _without("history"),
    "cache-without-results": _without("results"),
    "cache-without-tools": _without("tools"),
    "cache-without-temperature": _without("temperature"),
    "cache-without-limit": _without("max_tokens", "max_completion_tokens"),
    "cache-without-user": _without("user"),
    "cache-without-key": _without("key"),
    "cache-without-numbers": _blind(r"\d"),
    "cache-without-names": _blind(r"\b[A-Z]\w+"),
    "cache-without-negation": _blind(r" (do )?(not|never)\b"),
    "cache-alike": alike,
    "cache-same-opening": same_opening,
}
