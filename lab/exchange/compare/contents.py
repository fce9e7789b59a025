"""Compares system texts, conversations and the tool calls in them, piece by piece."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from lab.exchange.compare.alignment import Alignment, Atom, Found, align, message_atoms, system_atoms
from lab.exchange.compare.blocks import (
    Calls,
    Wires,
    aspect_of,
    block_differences,
    fetched,
    readable,
    said_otherwise,
    says_only,
)
from lab.exchange.compare.difference import TEXT, Difference
from lab.exchange.compare.forced import error_in_words, forced_call, unsafe_number, unsendable
from lab.exchange.compare.places import displaced
from lab.exchange.compare.turns import by_ids, outside, rounds
from lab.exchange.quoting import both, joint, quoted
from lab.wires.media import data_digest, text_digest
from lab.wires.neutral import NeutralRequest, Part

_BASE64 = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")


@dataclass(frozen=True, slots=True)
class Contents:
    """Differences in contents, which aspects the sent request has, and whether texts were joined or split."""

    found: tuple[Difference, ...]
    sent: frozenset[str]
    rewritten: bool


def compare_contents(wires: Wires, sent: NeutralRequest, arrived: NeutralRequest) -> Contents:
    """What became of system texts and conversation."""
    across = not wires.same
    system = align(system_atoms(sent), system_atoms(arrived))
    messages = align(message_atoms(sent, across=across), message_atoms(arrived, across=across))
    system, messages = _across(system, messages), _across(messages, system)
    messages = _written(messages, arrived)
    if across:
        messages = _readable(messages)
    messages = by_ids(messages)
    calls = Calls.of(messages)
    messages, moved = outside(wires, messages, _labelled(messages, calls))
    if across:
        messages, titles = _titles(messages)
        moved += titles
    found = [
        *(_told(wires, one, calls, label) for one, label in _labelled(system, calls)),
        *(_told(wires, one, calls, label) for one, label in _labelled(messages, calls)),
    ]
    differences = [*(difference for told in found for difference in told), *moved, *rounds(messages)]
    differences += displaced(wires, system, messages)
    differences += [_added(atom, instead=False) for atom in system.added]
    differences += [_added(atom, instead=atom in messages.instead) for atom in messages.added]
    aspects = {aspect_of(one.sent) for one in (*system.found, *messages.found)}
    return Contents(tuple(differences), frozenset(aspects), system.rewritten or messages.rewritten)


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


def _readable(own: Alignment) -> Alignment:
    """Blocks of one provider's own that are gone, and came as a text or a file, arrived as that."""
    added, found = list(own.added), list(own.found)
    for n, one in enumerate(found):
        there = next((atom for atom in added if _holds(atom.part, one)), None)
        if there is not None:
            found[n] = Found(one.sent, "kept" if there.part.digest else "written", there)
            added = [atom for atom in added if atom is not there]
    return replace(own, found=tuple(found), added=tuple(added))


def _holds(part: Part, one: Found) -> bool:
    """Whether an added piece is a text with all words of a search result, or a file of a document's text."""
    if one.fate != "dropped":
        return False
    if one.sent.part.type == "search_result":
        words = readable(one.sent.part.text)
        return bool(words) and says_only(part.text, words, [one.sent.part.text])
    return one.sent.part.type == "document" and part.digest == text_digest(one.sent.part.text) != ""


def _titles(own: Alignment) -> tuple[Alignment, list[Difference]]:
    """What documents that arrived as texts say of themselves, in texts beside them."""
    documents = [one.sent.part for one in own.found if one.sent.part.type == "document" and one.arrived]
    known = [str(said) for part in documents if part.kind == "text" for said in part.details.values()]
    said = [
        atom
        for atom in own.added
        if known and atom.part.kind == "text" and says_only(atom.part.text, (), known)
    ]
    told = (f"{quoted(atom.part.text)} was added to say what a document says of itself" for atom in said)
    added = tuple(atom for atom in own.added if not any(atom is one for one in said))
    return replace(own, added=added), [Difference(TEXT, "added", why, "no_equivalent", True) for why in told]


def _labelled(aligned: Alignment, calls: Calls) -> Iterator[tuple[Found, str]]:
    """Each sent piece with its name in a sentence, numbered if there are several alike."""
    total = Counter(_kind_of(one.sent, calls) for one in aligned.found)
    seen: Counter[str] = Counter()
    for one in aligned.found:
        name = _kind_of(one.sent, calls)
        seen[name] += 1
        yield one, f"{name} {seen[name]} of {total[name]}" if total[name] > 1 else name


def _kind_of(atom: Atom, calls: Calls) -> str:
    part = atom.part
    if part.kind == "tool_call":
        return f"the call of {part.name}"
    if part.kind == "tool_result":
        return f"the result of {calls.names.get(part.id, 'an unknown call')}"
    if part.kind in ("image", "other"):
        return f"the {part.media_type or part.type or 'image'}" if part.kind == "image" else _block_name(part)
    if part.kind == "thinking":
        return "the thinking block" if part.text else "the redacted thinking block"
    if part.type == "document":
        return "the document"
    return f"the {atom.speaker} text"


def _block_name(part: Part) -> str:
    return f"the {part.type} block" if part.type else "the other block"


def _told(wires: Wires, one: Found, calls: Calls, label: str) -> Iterator[Difference]:
    """The differences in one piece; none if it arrived in whatever notation."""
    aspect, part = aspect_of(one.sent), one.sent.part
    there = one.arrived
    if one.fate == "dropped" or there is None:
        yield _gone(wires, aspect, part, label)
        return
    if one.fate == "written":
        yield _as_text(wires, aspect, part, label)
        return
    if one.fate == "joined":
        yield Difference(aspect, "joined", f"{label} arrived {_joined(part, there.part)}")
    if one.fate == "broken":
        where = quoted(there.part.text[-20:])
        yield Difference(aspect, "changed", f"{label} arrived split within a word, in blocks from {where} on")
    if one.fate == "changed" and not _unsigned(wires, part, there.part):
        yield _changed(wires, aspect, part, there.part, label)
    in_turn = part.kind == "tool_result" and (there.speaker, there.turn) == ("user", one.sent.turn)
    if one.fate == "moved" and not in_turn:
        where = "in another place" if there.speaker == one.sent.speaker else f"as {there.speaker} text"
        yield Difference(aspect, "changed", f"{label}{_shown(part)} arrived {where}")
    yield from block_differences(wires, one, calls, label)


def _joined(part: Part, there: Part) -> str:
    """Where two texts meet with no white space between them."""
    if part.kind != "tool_result":
        return f"joined to the one before it without white space: {joint(there.text, part.text)}"
    pairs = zip(part.blocks, part.blocks[1:], strict=False)
    inner = next((other for one, other in pairs if one and other and one + other in there.text), "")
    return f"with its texts joined without white space: {joint(there.text, inner)}"


def _as_text(wires: Wires, aspect: str, part: Part, label: str) -> Difference:
    if part.kind == "image":
        return Difference(aspect, "changed", f"{label} arrived as text, its data in base64")
    why = f"{label} arrived as text: the {wires.name} wire has no such block"
    return Difference(aspect, "changed", why, "no_equivalent", partial=True)


def _changed(wires: Wires, aspect: str, part: Part, there: Part, label: str) -> Difference:
    """A piece with another content; excused if that is all that the wire can say."""
    if fetched(wires, part, there):
        why = f"{label} arrived as what its address leads to: the {wires.name} wire takes no address"
        return Difference(aspect, "changed", why, "no_equivalent", partial=True)
    if why := forced_call(wires, part, there):
        return Difference(
            aspect, "changed", f"{label} {_change(part, there)}: {why}", "no_equivalent", partial=True
        )
    if why := unsafe_number(part, there):
        return Difference(aspect, "changed", f"{label}: {why}")
    if said_otherwise(wires, part, there) or error_in_words(wires, part, there):
        why = f"{label} arrived as text: the {wires.name} wire has no such block"
        return Difference(aspect, "changed", why, "no_equivalent", partial=True)
    return Difference(aspect, "changed", f"{label} {_change(part, there)}")


def _gone(wires: Wires, aspect: str, part: Part, label: str) -> Difference:
    """A piece that is missing; excused if the wire has no block for it, and no reader could understand it."""
    why = f"{label}{_shown(part)} was dropped"
    if wires.same:
        return Difference(aspect, "dropped", why)
    if part.kind == "image" and (lack := unsendable(wires, part)):
        return Difference(aspect, "dropped", f"{why}: {lack}", excuse="no_equivalent")
    if part.kind == "thinking" and not part.text:
        why += ": only the provider who made it can read it"
        return Difference(aspect, "dropped", why, excuse="no_equivalent")
    if (part.kind == "thinking" and wires.arrived == "chat") or (
        part.kind == "other" and part.type != "search_result"
    ):
        why += f": the {wires.name} wire has no such block"
        return Difference(aspect, "dropped", why, excuse="no_equivalent")
    return Difference(aspect, "dropped", why)


def _unsigned(wires: Wires, sent: Part, arrived: Part) -> bool:
    """A signature that is another provider's."""
    return sent.kind == "thinking" and sent.text == arrived.text and not wires.same


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
    return Difference(aspect_of(atom), "added", why, text=part.text, instead=instead)
