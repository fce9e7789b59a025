"""Compares system texts, conversations and the tool calls in them, piece by piece."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from lab.exchange.compare.alignment import Alignment, Atom, Found, align, message_atoms, system_atoms
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
from lab.exchange.quoting import both, joint, quoted
from lab.wires.media import data_digest
from lab.wires.neutral import NeutralRequest, Part

_ASPECTS = {
    "text": TEXT,
    "image": IMAGE,
    "thinking": THINKING,
    "tool_call": CALLS,
    "tool_result": RESULTS,
    "other": OTHER,
}
# Wires on which a model's own reasoning cannot be handed back with its signature, or encrypted.
_UNSIGNED = frozenset({"chat", "responses", "ollama_chat", "ollama_generate"})
_BASE64 = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")


@dataclass(frozen=True, slots=True)
class Contents:
    """Differences in contents, which aspects the sent request has, and whether texts were joined or split."""

    found: tuple[Difference, ...]
    sent: frozenset[str]
    rewritten: bool


def compare_contents(kind: str, sent: NeutralRequest, arrived: NeutralRequest) -> Contents:
    """What became of system texts and conversation; `kind` is the wire of what arrived."""
    system = align(system_atoms(sent), system_atoms(arrived))
    messages = align(message_atoms(sent), message_atoms(arrived))
    system, messages = _across(system, messages), _across(messages, system)
    messages = _written(messages, arrived)
    calls = _Calls.of(messages)
    found = [
        *(_told(kind, one, calls, label) for one, label in _labelled(system, calls)),
        *(_told(kind, one, calls, label) for one, label in _labelled(messages, calls)),
    ]
    differences = [difference for told in found for difference in told]
    differences += [_added(atom, instead=False) for atom in system.added]
    differences += [_added(atom, instead=atom in messages.instead) for atom in messages.added]
    aspects = {_aspect(one.sent) for one in (*system.found, *messages.found)}
    return Contents(tuple(differences), frozenset(aspects), system.rewritten or messages.rewritten)


def _aspect(atom: Atom) -> str:
    return SYSTEM if atom.speaker == "system" else _ASPECTS[atom.part.kind]


def _across(own: Alignment, other: Alignment) -> Alignment:
    """Texts that are gone here and came there have moved; what came from there was not added here."""
    found = tuple(_sought(one, other.added) for one in own.found)
    gone = [one.sent.part.text for one in other.found if one.fate == "dropped" and one.sent.part.text]
    return replace(own, found=found, added=tuple(_without(own.added, gone)))


def _sought(one: Found, added: Iterable[Atom]) -> Found:
    text = one.sent.part.text
    if one.fate != "dropped" or one.sent.part.kind != "text":
        return one
    there = next((atom for atom in added if atom.part.kind == "text" and text in atom.part.text), None)
    return Found(one.sent, "moved", there) if there else one


def _written(own: Alignment, arrived: NeutralRequest) -> Alignment:
    """Images that are gone, and whose data stand in a text, arrived as that text."""
    if not any(_gone_image(one) for one in own.found):
        return own
    texts = {
        data_digest(run): atom for atom in message_atoms(arrived) for run in _BASE64.findall(atom.part.text)
    }
    found = (
        Found(one.sent, "written", texts[one.sent.part.digest])
        if _gone_image(one) and one.sent.part.digest in texts
        else one
        for one in own.found
    )
    return replace(own, found=tuple(found))


def _gone_image(one: Found) -> bool:
    return one.fate == "dropped" and one.sent.part.kind == "image"


def _without(added: Iterable[Atom], gone: Iterable[str]) -> Iterator[Atom]:
    for atom in added:
        left = atom.part.text
        for text in gone if atom.part.kind == "text" else ():
            left = left.replace(text, "", 1)
        if left == atom.part.text:
            yield atom
        elif left.strip():
            yield replace(atom, part=replace(atom.part, text=left.strip()))


@dataclass(frozen=True, slots=True)
class _Calls:
    """Names of the sent calls by id, and under which id each arrived."""

    names: Mapping[str, str]
    arrived: Mapping[str, str]

    @staticmethod
    def of(messages: Alignment) -> _Calls:
        calls = [one for one in messages.found if one.sent.part.kind == "tool_call"]
        return _Calls(
            {one.sent.part.id: one.sent.part.name for one in calls},
            {one.sent.part.id: one.arrived.part.id for one in calls if one.arrived},
        )


def _labelled(aligned: Alignment, calls: _Calls) -> Iterator[tuple[Found, str]]:
    """Each sent piece with its name in a sentence, numbered if there are several alike."""
    total = Counter(_kind_of(one.sent, calls) for one in aligned.found)
    seen: Counter[str] = Counter()
    for one in aligned.found:
        name = _kind_of(one.sent, calls)
        seen[name] += 1
        yield one, f"{name} {seen[name]} of {total[name]}" if total[name] > 1 else name


def _kind_of(atom: Atom, calls: _Calls) -> str:
    part = atom.part
    if part.kind == "tool_call":
        return f"the call of {part.name}"
    if part.kind == "tool_result":
        return f"the result of {calls.names.get(part.id, 'an unknown call')}"
    if part.kind in ("image", "other"):
        return {"image": f"the {part.media_type or 'image'}", "other": "the other block"}[part.kind]
    if part.kind == "thinking":
        return "the thinking block" if part.text else "the redacted thinking block"
    return f"the {atom.speaker} text"


def _told(kind: str, one: Found, calls: _Calls, label: str) -> Iterator[Difference]:
    """The differences in one piece; none if it arrived in whatever notation."""
    aspect, part = _aspect(one.sent), one.sent.part
    there = one.arrived
    if one.fate == "dropped" or there is None:
        yield _gone(kind, aspect, part, label)
        return
    if one.fate == "written":
        yield Difference(aspect, "changed", f"{label} arrived as text, its data in base64")
        return
    if one.fate == "glued":
        yield Difference(
            aspect,
            "changed",
            f"{label} arrived glued to the one before it: {joint(there.part.text, part.text)}",
        )
    if one.fate == "changed" and not _unsigned(kind, part, there.part):
        yield Difference(aspect, "changed", f"{label} {_change(part, there.part)}")
    if one.fate == "moved" and not (part.kind == "tool_result" and there.turn == one.sent.turn):
        where = "in another place" if there.speaker == one.sent.speaker else f"as {there.speaker} text"
        yield Difference(aspect, "changed", f"{label}{_shown(part)} arrived {where}")
    yield from _details(kind, one, calls, label)


def _gone(kind: str, aspect: str, part: Part, label: str) -> Difference:
    """A piece that is missing; excused if it is encrypted for Anthropic and another provider is asked."""
    why = f"{label}{_shown(part)} was dropped"
    if part.kind != "thinking" or part.text or kind not in _UNSIGNED:
        return Difference(aspect, "dropped", why)
    return Difference(aspect, "dropped", f"{why}: only Anthropic can read it", excuse="no_equivalent")


def _details(kind: str, one: Found, calls: _Calls, label: str) -> Iterator[Difference]:
    """What two pieces of the same content can still differ in: media type, is_error, ids."""
    assert one.arrived is not None  # noqa: S101 - called only for what arrived
    part, there = one.sent.part, one.arrived.part
    if part.kind == "image" and part.media_type and there.media_type and there.media_type != part.media_type:
        yield Difference(IMAGE, "changed", f"{label} arrived as {there.media_type}")
    if part.kind == "tool_call" and part.id != there.id:
        yield Difference(
            IDS, "changed", f"{label} has the id {quoted(there.id)} in place of {quoted(part.id)}"
        )
    if part.kind != "tool_result":
        return
    if kind == "messages" and part.error != there.error:
        yield Difference(
            RESULTS, "changed", f"{label} has is_error {_word(there.error)}, not {_word(part.error)}"
        )
    expected = calls.arrived.get(part.id)
    if expected is not None and there.id != expected and (there.id or not kind.startswith("ollama")):
        yield Difference(
            RESULTS, "changed", f"{label} names the call {quoted(there.id)}, not {quoted(expected)}"
        )


def _word(flag: bool) -> str:
    return "true" if flag else "false"


def _unsigned(kind: str, sent: Part, arrived: Part) -> bool:
    """A signature that the wire has no place for."""
    return sent.kind == "thinking" and sent.text == arrived.text and kind in _UNSIGNED


def _shown(part: Part) -> str:
    if part.kind == "tool_call":
        return f" with {quoted(part.text)}"
    return f" {quoted(part.text)}" if part.text else ""


def _change(sent: Part, arrived: Part) -> str:
    """What a piece was and what it is, from shortly before the first difference on."""
    if sent.name != arrived.name:
        return f"arrived as a call of {quoted(arrived.name)}"
    if sent.text != arrived.text:
        before, after = both(sent.text, arrived.text)
        return f"{before} arrived as {after}"
    if sent.kind == "thinking":
        return f"{quoted(sent.text)} arrived {'with another' if arrived.digest else 'without its'} signature"
    return f"({sent.digest[:19]}) arrived as other data ({arrived.digest[:19] or 'none'})"


def _added(atom: Atom, *, instead: bool) -> Difference:
    part = atom.part
    what = {"tool_call": f"a call of {part.name}", "tool_result": "a tool result", "image": "an image"}
    name = what.get(part.kind, f"{atom.speaker} {'text' if part.kind == 'text' else part.kind}")
    what_came = f"{name}{_shown(part) if part.kind != 'image' else ''}"
    why = f"{what_came} came in place of what is gone" if instead else f"{what_came} was added"
    return Difference(_aspect(atom), "added", why, text=part.text, instead=instead)
