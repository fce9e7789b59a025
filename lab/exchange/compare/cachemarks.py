"""Compares cache marks: each must arrive at the end of the same content, and last as long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lab.exchange.compare.alignment import message_atoms
from lab.exchange.compare.difference import MARKS, Difference
from lab.exchange.compare.parameters import wire_name
from lab.exchange.quoting import quoted
from lab.wires.neutral import NeutralRequest
from lab.wires.parts import cache_of


@dataclass(frozen=True, slots=True)
class Mark:
    """A cache mark: on what kind of content, on which (`anchor`), in words, and how long it lasts.

    `before` are all contents of this kind up to its own end, and `whole` those of the request.
    """

    place: str
    anchor: str
    label: str
    lasts: str
    before: str = ""
    whole: str = ""


def marks_of(request: NeutralRequest) -> list[Mark]:
    """All cache marks of a request in the order in which a provider reads it."""
    marks = [Mark("tool", tool.name, f"tool {tool.name}", tool.cache) for tool in request.tools if tool.cache]
    texts = request.system
    for n, (text, lasts) in enumerate(zip(texts, request.system_cache, strict=False)):
        if lasts:
            label = f"system text {quoted(text, 30)}"
            marks.append(Mark("system", text, label, lasts, "\n".join(texts[: n + 1]), "\n".join(texts)))
    atoms = message_atoms(request)
    anchors: list[str] = [atom.part.text or atom.part.digest or atom.part.name for atom in atoms]
    for n, atom in enumerate(atoms):
        part = atom.part
        if part.cache:
            what = quoted(part.text, 30) if part.kind == "text" else part.name or part.id
            kind = part.type if part.kind == "other" else part.kind.replace("_", " ")
            label = f"{atom.speaker} {kind} {what}".strip()
            before, whole = "\n".join(anchors[: n + 1]), "\n".join(anchors)
            marks.append(Mark("message", anchors[n], label, part.cache, before, whole))
    if lasts := cache_of(request.params):
        marks.append(Mark("request", "", "whole request", lasts))
    return marks


def mark_differences(kind: str, sent: list[Mark], arrived: list[Mark]) -> Iterator[Difference]:
    """Marks that are gone, last another time, or were added; a joined text bears the mark at its end."""
    waiting = list(arrived)
    for mark in sent:
        found = next((one for one in waiting if _same_content(mark, one)), None)
        if found is None:
            yield _gone(kind, mark)
            continue
        waiting.remove(found)
        if kind == "messages" and found.lasts != mark.lasts and "default" not in (mark.lasts, found.lasts):
            why = f"the cache mark on {mark.label} lasts {found.lasts} in place of {mark.lasts}"
            yield Difference(MARKS, "changed", why)
    for mark in waiting:
        yield Difference(MARKS, "added", f"a cache mark was added on {mark.label}")


def _same_content(sent: Mark, arrived: Mark) -> bool:
    """Whether both end the same content; of several that are equal, the same one."""
    anchor = sent.anchor.rstrip()
    if sent.place != arrived.place or not arrived.anchor.rstrip().endswith(anchor):
        return False
    (nth, of), (nth_there, of_there) = (
        (mark.before.count(anchor), mark.whole.count(anchor)) for mark in (sent, arrived)
    )
    return nth == nth_there or of != of_there


def _gone(kind: str, mark: Mark) -> Difference:
    """A mark that is missing; providers on other wires than Anthropic's cache without being told to."""
    why = f"the cache mark on {mark.label} was dropped"
    if kind == "messages":
        return Difference(MARKS, "dropped", why)
    why += f": providers on the {wire_name(kind)} wire cache by themselves"
    return Difference(MARKS, "dropped", why, excuse="no_equivalent")
