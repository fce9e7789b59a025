"""What belongs together in a turn: each result and its call, calls made at once, a result and its images."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from lab.exchange.compare.alignment import Alignment, Atom, Found
from lab.exchange.compare.blocks import Wires
from lab.exchange.compare.difference import CALLS, IMAGE, TEXT, Difference, Excuse
from lab.exchange.quoting import quoted

# Wires whose tool results are texts only (ChatCompletionToolMessageParam of openai 3.54.0; Ollama's docs).
_TEXT_RESULTS: Final = frozenset({"chat", "ollama_chat", "ollama_generate"})
_LONGEST: Final = 160  # characters of a pointer to an image
# All words that a pointer to an image needs. With any other one it could tell the model what to do.
# fmt: off
_PICTURES: Final = frozenset((
    "image", "images", "picture", "pictures", "screenshot", "screenshots", "photo", "photos", "file",
    "files", "document", "documents",
))
_POINTING: Final = _PICTURES | frozenset((
    "a", "an", "the", "this", "that", "these", "those", "it", "its", "s", "in", "inside", "of", "from",
    "for", "to", "by", "with", "as", "at", "on", "and", "is", "are", "was", "were", "has", "have",
    "been", "be", "contains", "contain", "included", "attached", "returned", "return", "output",
    "outputs", "result", "results", "response", "tool", "tools", "function", "call", "calls", "id",
    "name", "content", "contents", "data", "below", "above", "next", "following", "previous", "here",
    "see", "message", "messages", "user", "shown", "provided", "moved", "sent", "separate",
    "separately", "placed", "png", "jpeg", "jpg", "gif", "webp", "pdf",
))
# fmt: on
_WORD: Final = re.compile(r"[^\W_]+")


def by_ids(own: Alignment) -> Alignment:
    """Equal results of one turn, each beside the one that names its call, in whatever order they arrived."""
    ids = {one.sent.part.id: one.arrived.part.id for one in _calls(own) if one.arrived}
    alike: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for n, one in enumerate(own.found):
        if one.sent.part.kind == "tool_result" and one.arrived and one.arrived.key == one.sent.key:
            alike[(one.arrived.turn, one.arrived.part.images, *one.sent.key)].append(n)
    found = list(own.found)
    for places in alike.values():
        theirs = [found[n].arrived for n in places]
        for n in sorted(places, key=lambda at: not _named(theirs, ids.get(found[at].sent.part.id))):
            named = _named(theirs, ids.get(found[n].sent.part.id)) or theirs
            found[n] = replace(found[n], arrived=named[0])
            theirs.remove(named[0])
    return replace(own, found=tuple(found))


def _named(results: Iterable[Atom | None], call: str | None) -> list[Atom | None]:
    return [one for one in results if one is not None and one.part.id == call]


def _calls(own: Alignment) -> Iterator[Found]:
    return (one for one in own.found if one.sent.part.kind == "tool_call")


def rounds(own: Alignment) -> Iterator[Difference]:
    """Calls of the client's tools that were made at once and arrived one after the other, or the reverse."""
    made = [(one.sent, one.arrived) for one in _calls(own) if one.arrived and not one.sent.part.type]
    for (first, first_there), (second, second_there) in pairwise(made):
        together, now = first.turn == second.turn, first_there.turn == second_there.turn
        if together is not now:
            ways = ("at once", "one after the other")
            was, became = ways if together else ways[::-1]
            names = f"the calls of {first.part.name} and {second.part.name}"
            yield Difference(CALLS, "changed", f"{names}, made {was}, arrived as made {became}")


def outside(
    wires: Wires, own: Alignment, labelled: Iterable[tuple[Found, str]]
) -> tuple[Alignment, list[Difference]]:
    """Images of results that arrived outside them, and the pointers to these that were added.

    That is a repair if results on the wire are texts only. A pointer names an image and says where it is, or
    from where, and nothing else: any other text beside a moved image is an addition like every other.
    """
    moved = [(what, label) for one, label in labelled if (what := _moved(own, one))]
    forced = wires.arrived in _TEXT_RESULTS
    why = f": results on the {wires.name} wire are texts only" if forced else ""
    excuse: Excuse | None = "no_equivalent" if forced else None
    told = [
        Difference(IMAGE, "changed", f"{what} of {label} arrived outside it{why}", excuse, partial=True)
        for what, label in moved
    ]
    if not moved or not forced:
        return own, told
    names = [word for one in _calls(own) for word in (one.sent.part.name, one.sent.part.id)]
    pointers = [atom for atom in own.added if atom.part.kind == "text" and is_pointer(atom.part.text, names)]
    told += [
        Difference(
            TEXT, "added", f"{quoted(atom.part.text)} was added to say where it is", "no_equivalent", True
        )
        for atom in pointers
    ]
    added = tuple(atom for atom in own.added if not any(atom is one for one in pointers))
    return replace(own, added=added), told


def _moved(own: Alignment, one: Found) -> str:
    """What images or files of a result are there, but not in it; empty if it is none."""
    if one.sent.part.kind != "tool_result" or one.arrived is None:
        return ""
    gone = set(one.sent.part.images) - set(one.arrived.part.images)
    there = {
        image.sent.part.digest: image.sent.part
        for image in own.found
        if image.arrived and image.fate != "written"
    }
    if not gone or not gone <= there.keys():
        return ""
    return "a document" if any(there[digest].type == "document" for digest in gone) else "an image"


def is_pointer(text: str, names: Sequence[str] = ()) -> bool:
    """Whether a text does no more than say where an image is; `names` are words that it may have too."""
    words = _WORD.findall(text.casefold())
    known = _POINTING | {word for name in names for word in _WORD.findall(name.casefold())}
    if len(text) > _LONGEST or not _PICTURES.intersection(words):
        return False
    return all(word in known or word.isdigit() for word in words)
