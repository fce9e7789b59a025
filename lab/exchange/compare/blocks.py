"""Compares what two content blocks of the same content can still differ in: type, fields, ids, is_error."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lab.exchange.compare.alignment import Alignment, Atom, Found
from lab.exchange.compare.difference import (
    CALLS,
    IDS,
    IMAGE,
    OTHER,
    RESULTS,
    SYSTEM,
    TEXT,
    THINKING,
    Difference,
)
from lab.exchange.compare.equivalents import has_block_field, has_block_type, takes_address
from lab.exchange.compare.parameters import wire_name
from lab.exchange.compare.repairs import refusing, repaired_id
from lab.exchange.quoting import quoted, value
from lab.wires.canonical import canonical_json
from lab.wires.details import MADE_OF, ORDER
from lab.wires.neutral import Details, Part

ASPECTS: Final = {
    "text": TEXT,
    "image": IMAGE,
    "thinking": THINKING,
    "tool_call": CALLS,
    "tool_result": RESULTS,
    "other": OTHER,
}
# OpenAI's files need a name, which Anthropic's documents can do without, or have as their title.
_NAMES: Final = frozenset({"filename", "title"})
# What a block may be labelled with where it arrives as text.
# fmt: off
_LABELS: Final = frozenset((
    "a", "at", "by", "document", "documents", "file", "from", "found", "in", "is", "link", "name", "of",
    "page", "reference", "references", "result", "results", "search", "source", "sources", "text",
    "the", "title", "tool", "tools", "url", "web", "context", "content", "citations",
))
# fmt: on
_WORD: Final = re.compile(r"[^\W_]+")
# Names of media types that are no standard's, and the ones that providers take in their place.
_LEGAL_TYPES: Final = {"image/jpg": "image/jpeg", "audio/x-wav": "audio/wav"}
# What a reader needs of blocks of one provider's own, wherever else they arrive as text.
_READABLE: Final = {
    "web_search_result": ("title", "url"),
    "tool_reference": ("tool_name",),
    "search_result": ("title", "source", "content"),
    "text": ("text",),
}


@dataclass(frozen=True, slots=True)
class Wires:
    """The wire a request was sent on and the one it arrived on (kinds of lab.wires.KINDS)."""

    sent: str
    arrived: str

    @property
    def same(self) -> bool:
        """Whether it is one wire, so that everything can be forwarded as it is."""
        return self.sent == self.arrived

    @property
    def name(self) -> str:
        """The name of the wire it arrived on, in a sentence."""
        return wire_name(self.arrived)


@dataclass(frozen=True, slots=True)
class Calls:
    """Names of the sent calls by id, and under which id each arrived."""

    names: Mapping[str, str]
    arrived: Mapping[str, str]

    @staticmethod
    def of(messages: Alignment) -> Calls:
        """The calls of a conversation."""
        calls = [one for one in messages.found if one.sent.part.kind == "tool_call"]
        return Calls(
            {one.sent.part.id: one.sent.part.name for one in calls},
            {one.sent.part.id: one.arrived.part.id for one in calls if one.arrived},
        )


def aspect_of(atom: Atom) -> str:
    """The aspect of a request that a piece belongs to."""
    return SYSTEM if atom.speaker == "system" else ASPECTS[atom.part.kind]


def block_differences(wires: Wires, one: Found, calls: Calls, label: str) -> Iterator[Difference]:
    """What a piece says otherwise than by its content."""
    if one.arrived is None:
        return
    part, there = one.sent.part, one.arrived.part
    if wires.same and one.shared and part.type == "document":
        yield Difference(TEXT, "changed", f"{label} arrived in one block with another of its contents")
    yield from _type(wires, one, label)
    yield from _fields(wires, one, label)
    if part.kind == "image" and part.digest == there.digest:
        yield from _media_type(wires, part, there, label)
    if part.kind == "tool_call" and part.id != there.id:
        yield _other_id(wires, part, there, calls, label)
    if part.kind == "tool_result":
        yield from _of_result(wires, part, there, calls, label)


def _media_type(wires: Wires, part: Part, there: Part, label: str) -> Iterator[Difference]:
    """Another media type of the same data; wires other than these three have none."""
    if not part.media_type or part.media_type == there.media_type:
        return
    if not there.media_type:
        due = wires.arrived == "messages" or (not part.type and not wires.arrived.startswith("ollama"))
        if due and there.digest.startswith("sha256:"):
            yield Difference(IMAGE, "changed", f"{label} lost its media type")
        return
    why = f"{label} arrived as {there.media_type}"
    if _LEGAL_TYPES.get(part.media_type.lower(), part.media_type.lower()) == there.media_type:
        why += ", the name that providers take"
        yield Difference(IMAGE, "changed", why, "repaired", partial=True)
    else:
        yield Difference(IMAGE, "changed", why)


def _type(wires: Wires, one: Found, label: str) -> Iterator[Difference]:
    assert one.arrived is not None  # noqa: S101 - called only for what arrived
    part, there = one.sent.part, one.arrived.part
    if part.type == there.type:
        return
    why = f"{label} arrived as {_sort(there)}, not {_sort(part)}"
    aspect = aspect_of(one.sent)
    # Files are no texts elsewhere, so that a document of text is only Anthropic's.
    own = "text document" if part.kind == "text" and part.type == "document" else part.type
    if has_block_type(wires.arrived, wires.sent, own) and has_block_type(
        wires.sent, wires.arrived, there.type
    ):
        yield Difference(aspect, "changed", why)
    elif not there.type:
        yield Difference(
            aspect, "changed", f"{why}: the {wires.name} wire has none", "no_equivalent", partial=True
        )


def _sort(part: Part) -> str:
    plain = {"tool_call": "a tool_use", "tool_result": "a tool_result", "text": "a text", "image": "an image"}
    return part.type or plain.get(part.kind, part.kind)


def _fields(wires: Wires, one: Found, label: str) -> Iterator[Difference]:
    """Other fields of a block that are gone, are others, or that nobody sent."""
    assert one.arrived is not None  # noqa: S101 - called only for what arrived
    aspect, part, there = aspect_of(one.sent), one.sent.part, one.arrived.part
    ours, theirs = (_compared(wires, one.details) for one in (part, there))
    for name, before in ours.items():
        after = theirs.get(name)
        if canonical_json(before) == canonical_json(after):
            continue
        known = has_block_field(wires.arrived, wires.sent, name)
        renamed = name == "filename" and not str(before).startswith(str(after))
        if after is not None and (known or renamed):
            why = f"{label} has {name} {value(after)} in place of {value(before)}"
            yield Difference(aspect, "changed", why)
        elif known:
            yield Difference(aspect, "changed", f"{label} lost its {name} {value(before)}")
        else:
            why = f"{label} lost its {name} {value(before)}: the {wires.name} wire has no such field"
            yield Difference(aspect, "changed", why, "no_equivalent", partial=True)
    if one.shared:
        return
    for name, after in theirs.items():
        demanded = name in _NAMES and not wires.same and wires.arrived != "messages"
        if name not in ours and not demanded:
            yield Difference(aspect, "added", f"{name} {value(after)} was added to {label}")


def _compared(wires: Wires, details: Details) -> Details:
    """Fields under the names of the wire they were sent on: a file's name is a document's title elsewhere."""
    if wires.same:
        return details
    said = {key: one for key, one in details.items() if key not in (MADE_OF, ORDER)}
    ours, theirs = ("title", "filename") if wires.sent == "messages" else ("filename", "title")
    return {ours if key == theirs else key: one for key, one in said.items()}


def _other_id(wires: Wires, part: Part, there: Part, calls: Calls, label: str) -> Difference:
    why = f"{label} has the id {quoted(there.id)} in place of {quoted(part.id)}"
    both = (wires.arrived, wires.sent)
    if repaired_id(both, part.id, there.id, calls.arrived.values()):
        why += f", which the {wire_name(refusing(both, part.id))} wire refuses"
        return Difference(IDS, "changed", why, "repaired", partial=True)
    return Difference(IDS, "changed", why)


def _of_result(wires: Wires, part: Part, there: Part, calls: Calls, label: str) -> Iterator[Difference]:
    if wires.arrived == "messages" and part.error != there.error:
        why = f"{label} has is_error {_word(there.error)}, not {_word(part.error)}"
        yield Difference(RESULTS, "changed", why)
    elif part.error and wires.arrived != "messages":
        why = f"{label} lost is_error true: the {wires.name} wire has no such field"
        yield Difference(RESULTS, "changed", why, "no_equivalent", partial=True)
    expected = calls.arrived.get(part.id)
    if expected is not None and there.id != expected and (there.id or not wires.arrived.startswith("ollama")):
        why = f"{label} names the call {quoted(there.id)}, not {quoted(expected)}"
        yield Difference(RESULTS, "changed", why)


def _word(flag: bool) -> str:
    return "true" if flag else "false"


def said_otherwise(wires: Wires, sent: Part, arrived: Part) -> bool:
    """Whether blocks of one provider's own arrive on another wire as text, with all that is readable."""
    if wires.same or sent.kind != arrived.kind:
        return False
    words = [word for piece in sent.blocks or (sent.text,) for word in readable(piece)]
    pieces = sent.blocks or (sent.text,)
    return bool(words) and any(map(_typed, pieces)) and says_only(arrived.text, words, pieces)


def says_only(text: str, needed: Iterable[str], known: Iterable[str]) -> bool:
    """Whether a text has all that is needed, and no word that is neither known nor a plain label of it."""
    words = {word for one in known for word in _WORD.findall(one.casefold())} | _LABELS
    said = _WORD.findall(text.casefold())
    return all(word in text for word in needed) and all(word in words or word.isdigit() for word in said)


def readable(piece: str) -> list[str]:
    """The texts in a block of one provider's own that anyone can read, or the text itself."""
    block = _typed(piece)
    if block is None:
        return [piece]
    found: list[str] = []
    for key in _READABLE[block["type"]]:
        inner = block.get(key)
        if isinstance(inner, list):
            found += [str(one.get("text", "")) for one in inner if isinstance(one, dict)]
        elif isinstance(inner, str):
            found.append(inner)
    return found


def _typed(piece: str) -> dict[str, Any] | None:
    """A piece as a block of one provider's own, if it is one."""
    if not piece.startswith("{"):
        return None
    try:
        block = json.loads(piece)
    except ValueError:
        return None
    known = isinstance(block, dict) and isinstance(block.get("type"), str) and block["type"] in _READABLE
    return block if known else None


def fetched(wires: Wires, sent: Part, arrived: Part) -> bool:
    """Whether data arrived in the place of an address that the wire does not take."""
    address = sent.digest.startswith("url:") and arrived.digest.startswith("sha256:")
    return address and not wires.same and not takes_address(wires.arrived, sent.type or "image")
