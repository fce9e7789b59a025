"""What of a request's texts a model got: system prompts, turns, documents, results, calls and pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lab.exchange.got.loss import Count, Counts, Kind
from lab.exchange.got.reading import Fate, Place, Reading
from lab.exchange.quoting import quoted
from lab.wires.canonical import canonical_text
from lab.wires.neutral import NeutralRequest, Part

_KINDS: Mapping[str, Kind] = {
    "tool_call": "tool_calls",
    "tool_result": "tool_results",
    "thinking": "thinking",
}
_SAYS_ERROR = re.compile(r"error|fail", re.IGNORECASE)


def text_counts(
    request: NeutralRequest, reading: Reading, images: int | None, body: Mapping[str, Any] | None = None
) -> Counts:
    """Each text of the request looked for in the prompt, the last first, as servers cut from the front.

    Messages keep their order; the parts of one may change theirs, as text beside a tool result does. `body`
    is the request as it was handed over: JSON in a result has a spelling there.
    """
    counts: Counts = {}
    spelled = dict(_spellings(body or {}))
    _system(request, reading, counts)
    fates: dict[int, list[Fate]] = {n: [] for n, _ in enumerate(request.messages, 1)}
    spans: dict[int, tuple[int, int]] = {}
    turns = list(reversed(list(enumerate(request.messages, 1))))
    for n, message in turns:
        before = min((start for start, _ in spans.values()), default=len(reading.text))
        placed: list[Place] = []
        for part in reversed([part for part in message.parts if part.kind != "tool_call"]):
            place = _place(part, reading, before, spelled)
            if part.kind == "tool_result" and part.error:
                behind = [one.start for one in placed if place is not None and one.start >= place.end]
                _error_mark(part, place, reading, min(behind, default=before), counts)
            if place is not None:
                placed.append(place)
                reading.take(place)
            _note(part, place, n, fates, counts)
        _order([place.start for place in placed], n, counts)
        if placed:
            spans[n] = (min(place.start for place in placed), max(place.end for place in placed))
    for n, message in turns:  # last, so that no text that has a tool's name in it is taken for a call
        for part in reversed([part for part in message.parts if part.kind == "tool_call"]):
            _note(part, _call(part, n, reading, spans), n, fates, counts)
    _turns(request, [(n, fates[n]) for n, _ in turns], counts)
    _images(request, images, counts)
    for count in counts.values():
        count.lost.reverse()
    return counts


def _order(starts: Sequence[int], n: int, counts: Counts) -> None:
    """Whether the parts of a turn stand in their order; `starts` are their places, the last part's first."""
    if len(starts) > 1:
        fate = "kept" if list(starts) == sorted(starts, reverse=True) else "lost"
        of(counts, "order").add(fate, f"the order of the parts of turn {n}")


def _system(request: NeutralRequest, reading: Reading, counts: Counts) -> None:
    for text in request.system:
        if not text.strip():
            continue
        place = reading.place(text, first=True)
        if place is not None:
            reading.take(place)
        of(counts, "system").add(place.fate if place else "lost", quoted(text))


def _note(part: Part, place: Place | None, n: int, fates: dict[int, list[Fate]], counts: Counts) -> None:
    fate = _fate(part, place)
    if fate is not None:
        _count(part, fate, n, counts)
        if part.type != "document" and part.kind != "thinking":
            fates[n].append(fate)


def _call(part: Part, n: int, reading: Reading, spans: Mapping[int, tuple[int, int]]) -> Place | None:
    """A call's name between the texts of the turns before and behind it, where none of these texts has it."""
    before = min((start for m, (start, _) in spans.items() if m > n), default=len(reading.text))
    after = max((end for m, (_, end) in spans.items() if m < n), default=0)
    place = reading.place(part.name, before)
    if place is None or place.start < after:
        return None
    reading.take(place)
    return place


def _spellings(value: Any) -> Iterator[tuple[str, str]]:
    """Every text of a request that is JSON, by the form in which texts are compared."""
    if isinstance(value, str):
        if value.lstrip()[:1] in {"{", "["} and (canonical := canonical_text(value)) != value:
            yield canonical, value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _spellings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _spellings(one)


def _place(part: Part, reading: Reading, before: int, spelled: Mapping[str, str]) -> Place | None:
    if part.kind == "tool_result" and len(part.blocks) > 1:
        return _all_of([spelled.get(text, text) for text in part.blocks], reading, before)
    text = spelled.get(part.text, part.text)
    return reading.place(text, before) if text.strip() else None


def _all_of(blocks: Sequence[str], reading: Reading, before: int) -> Place | None:
    """The places of a result's texts as one; None if one of them is missing."""
    places = []
    for text in reversed([text for text in blocks if text.strip()]):
        place = reading.place(text, before)
        if place is None:
            return None
        places.append(place)
        before = place.start
    worst: Fate = next((place.fate for place in places if place.fate != "kept"), "kept")
    return Place(places[-1].start, places[0].end, worst) if places else None


def _fate(part: Part, place: Place | None) -> Fate | None:
    """What became of a part; None for one of which nothing can be looked for."""
    if part.kind in {"image", "other"} or (part.kind == "thinking" and not part.text.strip()):
        return None
    if not part.text.strip() and part.kind != "tool_call":
        return "lost" if part.type == "document" else None
    return place.fate if place is not None else "lost"


def _count(part: Part, fate: Fate, n: int, counts: Counts) -> None:
    kind = "documents" if part.type == "document" else _KINDS.get(part.kind)
    if kind is not None:
        what = part.name if part.kind == "tool_call" else quoted(part.text or part.media_type or part.type)
        of(counts, kind).add(fate, f"{what} of turn {n}")


def _turns(request: NeutralRequest, turns: list[tuple[int, list[Fate]]], counts: Counts) -> None:
    """A turn is kept if all of its texts are; thinking of earlier turns apart, which models are not given."""
    for n, fates in turns:
        if not fates:
            continue
        message = request.messages[n - 1]
        gone = [fate for fate in fates if fate in {"lost", "in part"}]
        fate: Fate = "kept"
        if len(gone) == len(fates) and "in part" not in gone:
            fate = "lost"
        elif gone:
            fate = "in part"
        elif "unsure" in fates:
            fate = "unsure"
        of(counts, "turns").add(fate, f"turn {n} ({message.role})")


def _error_mark(part: Part, place: Place | None, reading: Reading, before: int, counts: Counts) -> None:
    """Whether the prompt says of a failed result that it is one, beside the result's own words."""
    said = False
    if place is not None:
        around = reading.text[max(0, place.start - 80) : place.start] + reading.text[place.end : before][:80]
        said = bool(_SAYS_ERROR.search(around))
    of(counts, "error_marks").add("kept" if said else "lost", quoted(part.text or part.id))


def _images(request: NeutralRequest, images: int | None, counts: Counts) -> None:
    wanted = [part for message in request.messages for part in message.parts if part.kind == "image"]
    if not wanted or images is None:
        return
    for n, part in enumerate(wanted):
        of(counts, "images").add("kept" if n < images else "lost", part.media_type or "a picture")


def of(counts: Counts, kind: Kind) -> Count:
    """The count of a kind, a new one if there is none yet."""
    return counts.setdefault(kind, Count())
