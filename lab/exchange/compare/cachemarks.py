"""Compares cache marks: each must arrive at the end of the same content, and last as long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lab.exchange.compare.alignment import message_atoms
from lab.exchange.compare.difference import MARKS, Difference
from lab.exchange.compare.parameters import wire_name
from lab.exchange.quoting import quoted
from lab.wires.neutral import NeutralRequest


@dataclass(frozen=True, slots=True)
class Mark:
    """A cache mark: on what kind of content, on which (`anchor`), in words, and how long it lasts."""

    place: str
    anchor: str
    label: str
    lasts: str


def marks_of(request: NeutralRequest) -> list[Mark]:
    """All cache marks of a request in the order in which a provider reads it."""
    marks = [Mark("tool", tool.name, f"tool {tool.name}", tool.cache) for tool in request.tools if tool.cache]
    for text, lasts in zip(request.system, request.system_cache, strict=False):
        if lasts:
            marks.append(Mark("system", text, f"system text {quoted(text, 30)}", lasts))
    for atom in message_atoms(request):
        part = atom.part
        if part.cache:
            anchor = part.text or part.digest or part.name
            what = quoted(part.text, 30) if part.kind == "text" else part.name or part.id
            label = f"{atom.speaker} {part.kind.replace('_', ' ')} {what}".strip()
            marks.append(Mark("message", anchor, label, part.cache))
    whole = request.params.get("cache_control")
    if isinstance(whole, dict):
        marks.append(Mark("request", "", "whole request", str(whole.get("ttl", "5m"))))
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
    return sent.place == arrived.place and arrived.anchor.rstrip().endswith(sent.anchor.rstrip())


def _gone(kind: str, mark: Mark) -> Difference:
    """A mark that is missing; providers on other wires than Anthropic's cache without being told to."""
    why = f"the cache mark on {mark.label} was dropped"
    if kind == "messages":
        return Difference(MARKS, "dropped", why)
    why += f": providers on the {wire_name(kind)} wire cache by themselves"
    return Difference(MARKS, "dropped", why, excuse="no_equivalent")
