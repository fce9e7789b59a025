"""What became of all that an answer holds beside its text and the calls of the client's tools.

Thinking, refusals, citations, what servers' tools did, probabilities of tokens, further choices. On one wire
each arrives as it is; across wires only what both have is judged, and the rest is excused.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, get_args

from lab.exchange.quoting import both, quoted
from lab.wires.neutral import AnswerPart, AnswerPartKind, NeutralAnswer

_NAMES: Final[dict[AnswerPartKind, tuple[str, str]]] = {
    "thinking": ("thinking block", "thinking blocks"),
    "redacted_thinking": ("redacted thinking block", "redacted thinking blocks"),
    "refusal": ("refusal", "refusals"),
    "citation": ("citation", "citations"),
    "server_tool": ("block of a server's tool", "blocks of servers' tools"),
    "logprobs": ("list of log probabilities", "lists of log probabilities"),
    "choice": ("further choice", "further choices"),
    "other": ("other block", "other blocks"),
}
# Wires with a place of their own for it. Chat has none for thinking, but many say it there all the same.
_PLACES: Final[dict[AnswerPartKind, frozenset[str]]] = {
    "thinking": frozenset({"messages", "responses", "ollama_chat"}),
    "citation": frozenset({"chat", "responses"}),
    "logprobs": frozenset({"chat", "responses"}),
}
# What looks like the model's own if a gateway adds it.
_OF_THE_MODEL: Final = frozenset(
    {"thinking", "redacted_thinking", "refusal", "citation", "server_tool", "choice"}
)


@dataclass(slots=True)
class PartsSeen:
    """What was lost or changed, what arrived, and what the client's wire has no place for, in words."""

    lost: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    excused: list[str] = field(default_factory=list)


def parts_seen(
    given_kind: str, given: NeutralAnswer, got_kind: str, got: NeutralAnswer, *, thinks: bool = False
) -> PartsSeen:
    """What became of each kind of part between the provider's answer and the client's.

    `thinks`: the client asked for thinking.
    """
    seen = PartsSeen()
    for kind in get_args(AnswerPartKind):
        before, after = _of(given, kind), _of(got, kind)
        if given_kind == got_kind:
            _on_one_wire(seen, kind, before, after)
        elif not before:
            if kind == "refusal" and after and _declines(given, "".join(part.text for part in after)):
                seen.kept.append("the refusal")
            elif after and _unreadable(given, kind, after):
                seen.kept.append(_counted(kind, len(after)))
            elif after and kind in _OF_THE_MODEL:
                seen.lost.append(f"{_counted(kind, len(after))} added{_such_as(after)}")
        elif kind == "refusal":
            _refusal(seen, before, after, got)
        elif given_kind == "chat" and kind == "thinking" and not (after or thinks):
            # Many providers of that wire tell it unasked.
            seen.excused.append("the client did not ask for thinking")
        elif _has_place(kind, given_kind, got_kind) or (kind == "thinking" and after):
            _across(seen, kind, before, after)
        else:
            seen.excused.append(f"the {got_kind} wire has no place for {_counted(kind, len(before))}")
    if given_kind == got_kind and given.order != got.order and Counter(given.order) == Counter(got.order):
        was, became = ", ".join(given.order), ", ".join(got.order)
        seen.lost.append(f"the blocks {was} arrived in another order: {became}")
    return seen


def _unreadable(given: NeutralAnswer, kind: AnswerPartKind, after: Sequence[AnswerPart]) -> bool:
    """Whether this is thinking that nobody can read, as another wire calls it: redacted, or encrypted."""
    other: AnswerPartKind = "redacted_thinking" if kind == "thinking" else "thinking"
    hidden = [part for part in given.parts if part.kind == other and part.digest and not part.text]
    return "thinking" in kind and len(after) <= len(hidden) and not any(part.text for part in after)


def explanation_of(answer: NeutralAnswer) -> str:
    """What a provider says of its refusal beside the answer's text; empty if it says nothing."""
    try:
        told = json.loads(answer.stop_details or "null") if answer.stop_reason == "refusal" else None
    except ValueError:
        return ""
    return str(told.get("explanation") or "") if isinstance(told, dict) else ""


def _declines(given: NeutralAnswer, said: str) -> bool:
    """Whether this is what an answer says that ends as a refusal, on a wire that has no other word for it."""
    words = (given.text.strip(), explanation_of(given).strip())
    return given.stop_reason == "refusal" and bool(said.strip()) and said.strip() in words


def asks_to_see_thinking(params: Mapping[str, Any]) -> bool:
    """Whether a request asks for the text of thinking, on whichever wire it is."""
    thinking, reasoning = (params.get(name) for name in ("thinking", "reasoning"))
    if isinstance(thinking, Mapping):
        return thinking.get("type") != "disabled" and thinking.get("display") != "omitted"
    if isinstance(reasoning, Mapping):
        return bool(reasoning.get("summary"))
    return params.get("think") not in (None, False) or params.get("reasoning_effort") not in (None, "none")


def _has_place(kind: AnswerPartKind, given_kind: str, got_kind: str) -> bool:
    """Whether the client's wire has a place for it; all but thinking need a like place on the provider's."""
    places = _PLACES.get(kind, frozenset())
    return got_kind in places and (kind == "thinking" or given_kind in places)


def _of(answer: NeutralAnswer, kind: AnswerPartKind) -> list[AnswerPart]:
    """The parts of a kind that say anything."""
    return [part for part in answer.parts if part.kind == kind and (part.text or part.digest)]


def _on_one_wire(
    seen: PartsSeen, kind: AnswerPartKind, before: Sequence[AnswerPart], after: Sequence[AnswerPart]
) -> None:
    if kind == "other":
        # A gateway may add members of its own, which clients pass over.
        after = [part for part in after if part in before]
    if before == after:
        if before:
            seen.kept.append(_counted(kind, len(before)))
        return
    gone = len(before) - len(after)
    if gone > 0:
        of = f" of {len(before)}" if after else ""
        missing = [part for part in before if part not in after] or before
        seen.lost.append(f"{_counted(kind, gone)}{of} dropped{_such_as(missing)}")
    elif gone < 0:
        more = [part for part in after if part not in before] or after
        seen.lost.append(f"{_counted(kind, -gone)} added{_such_as(more)}")
    else:
        seen.lost.append(_changed(kind, before, after))


def _changed(kind: AnswerPartKind, before: Sequence[AnswerPart], after: Sequence[AnswerPart]) -> str:
    one = _NAMES[kind][0]
    for a, b in zip(before, after, strict=True):
        if a.text != b.text:
            was, became = both(a.text, b.text)
            return f"a {one} was changed: {was} arrived as {became}"
        if a != b:
            if kind == "thinking":
                return "the signature of a thinking block was " + ("changed" if b.digest else "dropped")
            return f"a {one} was changed{_such_as([a])}"
    return f"a {one} was changed"


def _across(
    seen: PartsSeen, kind: AnswerPartKind, before: Sequence[AnswerPart], after: Sequence[AnswerPart]
) -> None:
    """Thinking by its text; of the rest how many, and which pages, as wires spell them differently."""
    if kind != "thinking":
        gone = Counter(part.text for part in before) - Counter(part.text for part in after)
        if len(after) < len(before):
            seen.lost.append(f"{_counted(kind, len(before) - len(after))} dropped")
        elif gone:
            seen.lost.append(f"a {_NAMES[kind][0]} was changed: {quoted(next(iter(gone)))}")
        else:
            seen.kept.append(_counted(kind, len(before)))
        return
    was, became = (" ".join(" ".join(part.text for part in parts).split()) for parts in (before, after))
    if not was:
        seen.excused.append("thinking without text cannot be told on another wire")
    elif was == became or not _joints(before).isdisjoint(_joints(after)):
        seen.kept.append("the thinking's text")
    elif not became:
        seen.lost.append(f"{_counted(kind, len(before))} dropped{_such_as(before)}")
    else:
        one, other = both(was, became)
        seen.lost.append(f"the thinking was changed: {one} arrived as {other}")


def _refusal(
    seen: PartsSeen, before: Sequence[AnswerPart], after: Sequence[AnswerPart], got: NeutralAnswer
) -> None:
    """A refusal may arrive as such or, on a wire without one, as the answer's text."""
    said = "".join(part.text for part in before)
    told = "".join(part.text for part in after)
    if said.strip() in (told.strip(), got.text.strip()) or said.strip() in got.text:
        seen.kept.append("the refusal")
    else:
        seen.lost.append(f"the refusal was {'changed' if told else 'dropped'}{_such_as(before)}")


def _joints(parts: Sequence[AnswerPart]) -> set[str]:
    """Their texts with a space between them, and with nothing, as a wire with one field has them."""
    return {" ".join(joint.join(part.text for part in parts).split()) for joint in (" ", "")}


def _counted(kind: AnswerPartKind, number: int) -> str:
    one, many = _NAMES[kind]
    return f"{number} {one if number == 1 else many}"


def _such_as(parts: Sequence[AnswerPart]) -> str:
    text = next((part.text for part in parts if part.text), "")
    return f": {quoted(text)}" if text else ""
