"""What a request says beside its texts: whose words they are, and where one part ends."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

from lab.exchange.got.loss import Counts
from lab.exchange.got.reading import Reading
from lab.exchange.got.texts import of
from lab.wires.neutral import NeutralRequest

# A role is written down shortly before the text.
_NEAR = 40


def mark_counts(request: NeutralRequest, body: dict[str, Any], prompt: str) -> Counts:
    """The role developer, and texts of one message; `body` is the request as it was handed over."""
    counts: Counts = {}
    _developer(body, prompt, counts)
    for n, message in enumerate(request.messages, 1):
        texts = [
            part.text for part in message.parts if part.kind == "text" and not part.type and part.text.strip()
        ]
        for one, next_one in pairwise(texts):
            _joint(one, next_one, n, prompt, counts)
    return counts


def _developer(body: dict[str, Any], prompt: str, counts: Counts) -> None:
    """Few templates know the role: one that writes its name down treats its text as nobody's instructions."""
    messages = body.get("messages", body.get("input"))
    for message in messages if isinstance(messages, list) else ():
        text = message.get("content") if isinstance(message, dict) else None
        if not isinstance(text, str) or message.get("role") != "developer":
            continue
        place = Reading(prompt).place(text, first=True)
        if place is not None:
            named = "developer" in prompt[max(0, place.start - _NEAR) : place.start]
            what = "the role developer, which the template writes down as a role of that name"
            of(counts, "roles").add("lost" if named else "kept", what)


def _joint(one: str, next_one: str, n: int, prompt: str, counts: Counts) -> None:
    """Two parts side by side are apart if anything but white space stands between them."""
    reading = Reading(prompt)
    second = reading.place(next_one)
    first = reading.place(one, second.start) if second else None
    if first is None or second is None:
        return
    between = prompt[first.end : second.start]
    joined = not between.strip() and len(between) < _NEAR
    what = f"two texts of turn {n}, joined with {json.dumps(between)}"
    of(counts, "text_parts").add("lost" if joined else "kept", what)
