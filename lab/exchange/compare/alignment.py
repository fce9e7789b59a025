"""Finds what was sent in what arrived: which pieces are there, changed, gone or moved, and what was added.

Texts may be joined or split, with any white space at the joints: that is another notation. Every other
difference is reported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Final, Literal

from lab.exchange.compare.pieces import beyond_pieces, overlap, same_pieces, touching, within_word
from lab.wires.neutral import NeutralRequest, Part

Fate = Literal["kept", "joined", "broken", "changed", "moved", "written", "dropped"]

LEAST_OVERLAP: Final = 0.3

_KEPT: Final[Fate] = "kept"
_RESULTS_FIRST: Final = {("user", "tool_result"): 0}
_PLACES: Final = {**_RESULTS_FIRST, ("assistant", "thinking"): 0, ("assistant", "tool_call"): 2}


@dataclass(frozen=True, slots=True)
class Atom:
    """One piece of a request and who speaks it: system, user or assistant; `turn` counts changes of these.

    `place` is the number of the message it stands in, and for system texts of the one they stand before.
    """

    speaker: str
    part: Part
    turn: int = 0
    place: int = 0

    @property
    def key(self) -> tuple[str, ...]:
        """What makes two pieces the same; the ids of tool calls and results are not part of it."""
        part = self.part
        return (self.speaker, part.kind, part.name, part.text, part.digest)


@dataclass(frozen=True, slots=True)
class Found:
    """What became of one sent piece, and the arrived one that is or replaces it.

    `joined`: in a longer text, with no white space between it and the piece before it; `broken`: split within
    a word; `written`: its data stand in a text. `shared`: other sent pieces arrived in the same one.
    """

    sent: Atom
    fate: Fate
    arrived: Atom | None = None
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Alignment:
    """Every sent piece in order, what arrived beside them, and whether texts were joined or split.

    Those of `added` that are in `instead` stand where a piece of the same kind and speaker is gone.
    """

    found: tuple[Found, ...]
    added: tuple[Atom, ...] = ()
    rewritten: bool = False
    instead: tuple[Atom, ...] = ()


@dataclass(slots=True)
class _Work:
    sent: Sequence[Atom]
    arrived: Sequence[Atom]
    fates: dict[int, tuple[Fate, Atom | None]] = field(default_factory=dict)
    rest: dict[int, str] = field(default_factory=dict)  # what is left of arrived ones that were touched
    ends: dict[int, int] = field(default_factory=dict)  # where in it the last text was found
    last: dict[int, str] = field(default_factory=dict)  # and which text that was
    rewritten: bool = False

    def keep(self, sent: int, arrived: int, fate: Fate = "kept") -> None:
        self.fates[sent] = (fate, self.arrived[arrived])
        self.rest[arrived] = ""

    def left(self, arrived: int) -> str:
        return self.rest.get(arrived, self.arrived[arrived].part.text)


def system_atoms(request: NeutralRequest) -> list[Atom]:
    """The system texts of a request as pieces."""
    bare = [0] * len(request.system)
    given = zip(
        request.system,
        request.system_places or bare,
        request.system_details or [{} for _ in bare],
        strict=True,
    )
    return [Atom("system", Part("text", text, details=said), place=place) for text, place, said in given]


def message_atoms(request: NeutralRequest, *, across: bool = False) -> list[Atom]:
    """All pieces of a conversation in order; empty texts are none, and what tools say is the user's turn.

    The user's results come first there, as providers demand. Wires differ in where calls and thinking
    stand beside the texts of their turn, so `across` wires thinking comes first, and calls last. Results of
    what the provider ran itself stand in the assistant's turn on some wires only: there, they are the user's.
    """
    places = _PLACES if across else _RESULTS_FIRST
    spoken = _spoken(request, across)
    return sorted(spoken, key=lambda atom: (atom.turn, places.get((atom.speaker, atom.part.kind), 1)))


def _spoken(request: NeutralRequest, across: bool) -> Iterator[Atom]:
    turn, last = 0, ""
    for place, message in enumerate(request.messages):
        role = "user" if message.role in ("tool", "function") else message.role
        for part in message.parts:
            if part.kind == "text" and not part.text:
                continue
            speaker = "user" if across and part.kind == "tool_result" else role
            turn += speaker != last
            last = speaker
            yield Atom(speaker, part, turn, place)


def align(sent: Sequence[Atom], arrived: Sequence[Atom]) -> Alignment:
    """What became of every sent piece."""
    before, after = [atom.key for atom in sent], [atom.key for atom in arrived]
    if before == after:
        return Alignment(tuple(Found(a, "kept", b) for a, b in zip(sent, arrived, strict=True)))
    work = _Work(sent, arrived)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, s0, s1, a0, a1 in matcher.get_opcodes():
        if tag == "equal":
            for step in range(s1 - s0):
                work.keep(s0 + step, a0 + step)
        else:
            _texts(work, range(s0, s1), range(a0, a1))
    _moved(work)
    for tag, s0, s1, a0, a1 in matcher.get_opcodes():
        if tag == "replace":
            _changed(work, range(s0, s1), range(a0, a1))
    instead = tuple(_instead(work, matcher.get_opcodes()))
    return Alignment(tuple(_found(work)), tuple(_added(work)), work.rewritten, instead)


def _found(work: _Work) -> Iterator[Found]:
    takers = Counter(id(atom) for _, atom in work.fates.values())
    for n, atom in enumerate(work.sent):
        fate, there = work.fates.get(n, ("dropped", None))
        yield Found(atom, fate, there, shared=there is not None and takers[id(there)] > 1)


def _texts(work: _Work, sent: range, arrived: range) -> None:
    """Texts that arrive joined, split, or within a longer one: found in order, the rest is left over."""
    begin = arrived.start
    for n in sent:
        if work.sent[n].part.kind not in ("text", "tool_result"):
            continue
        for at in range(begin, arrived.stop):
            if _consume(work, n, range(at, arrived.stop)):
                begin = at
                break


def _consume(work: _Work, n: int, places: range) -> bool:
    """Take one sent text out of what is left of the arrived ones from the first of `places` on."""
    atom, at = work.sent[n], places.start
    left = work.left(at)
    if not left or not _same_kind(atom, work.arrived[at]):
        return False
    if atom.part.kind == "tool_result":
        return _result(work, n, at, left)
    text, end = atom.part.text, work.ends.get(at, 0)
    start = left.find(text, end)
    if start < 0:
        return _split(work, n, places)
    joined = start == end and touching(work.last.get(at, ""), text)
    work.ends[at], work.last[at] = start, text
    return _noted(work, n, [at], left[:start] + left[start + len(text) :], "joined" if joined else "kept")


def _result(work: _Work, n: int, at: int, left: str) -> bool:
    """A tool result, joined or split; one whose images stand elsewhere may say so behind its own texts."""
    part = work.sent[n].part
    fate: Fate = "kept"
    rest = beyond_pieces(part.blocks or (part.text,), left)
    if rest is None and part.blocks:
        rest, fate = beyond_pieces(part.blocks, left, joined=True), "joined"
    if rest is None:
        return False
    if not rest.strip():
        return _noted(work, n, [at], fate=fate)
    came = {atom.part.digest for atom in work.arrived if atom.part.kind == "image"}
    if not part.images or not came.issuperset(part.images) or work.arrived[at].part.images:
        return False
    return _noted(work, n, [at], rest, fate)


def _split(work: _Work, n: int, places: range) -> bool:
    """One sent text as several; templates may put a space between them, which within a word makes two."""
    wanted, taken, fate = work.sent[n].part.text, list[int](), _KEPT
    for at in places:
        left = work.left(at)
        if not left or not _same_kind(work.sent[n], work.arrived[at]) or not wanted.startswith(left):
            return False
        taken.append(at)
        if wanted == left:
            return _noted(work, n, taken, fate=fate)
        fate = "broken" if within_word(left, wanted[len(left) :]) else fate
        wanted = wanted[len(left) :].lstrip()
    return False


def _noted(work: _Work, n: int, places: Sequence[int], rest: str = "", fate: Fate = "kept") -> bool:
    work.fates[n] = (fate, work.arrived[places[0]])
    work.rest |= dict.fromkeys(places, rest)
    work.rewritten = True
    return True


def _moved(work: _Work) -> None:
    """What is gone in one place and came in another, or from another speaker, or within another text."""
    for n, atom in enumerate(work.sent):
        if n in work.fates:
            continue
        places = range(len(work.arrived))
        where = next((at for at in places if at not in work.rest and _same(atom, work.arrived[at])), None)
        if where is not None:
            work.keep(n, where, "moved")
        elif atom.part.kind == "text":
            _within(work, n)


def _within(work: _Work, n: int) -> None:
    """A text that stands in what is left of another one, after what it should have come before."""
    text = work.sent[n].part.text
    for at in work.rest:
        if work.arrived[at].part.kind == "text" and text in work.left(at):
            work.fates[n] = ("moved", work.arrived[at])
            work.rest[at] = work.left(at).replace(text, "", 1)
            return


def _same(sent: Atom, arrived: Atom) -> bool:
    if sent.part.kind == arrived.part.kind == "tool_result":
        return same_pieces(sent.part.blocks or (sent.part.text,), arrived.part.text)
    return sent.key[1:] == arrived.key[1:]


def _changed(work: _Work, sent: range, arrived: range) -> None:
    """What stands in the place of what is gone, pair by pair; ids and names tell which belongs to which."""
    places = [at for at in arrived if at not in work.rest]
    for n in sent:
        atom = work.sent[n]
        if n in work.fates:
            continue
        alike = [at for at in places if _may_replace(atom, work.arrived[at])]
        if not alike:
            continue
        where = min(alike, key=lambda at: _unlike(work.sent[n].part, work.arrived[at].part))
        places.remove(where)
        work.keep(n, where, "changed")


def _may_replace(sent: Atom, arrived: Atom) -> bool:
    """A text of quite other words is no changed one: the sent one is gone, and this one was added."""
    if not _same_kind(sent, arrived):
        return False
    return sent.part.kind != "text" or overlap(sent.part.text, arrived.part.text) >= LEAST_OVERLAP


def _unlike(sent: Part, arrived: Part) -> tuple[bool, bool]:
    return sent.id != arrived.id, sent.name != arrived.name


def _added(work: _Work) -> Iterator[Atom]:
    for at, atom in enumerate(work.arrived):
        if at not in work.rest:
            yield atom
        elif left := work.rest[at].strip():
            speaker = "tool result" if atom.part.kind == "tool_result" else atom.speaker
            yield Atom(speaker, Part("text", left), atom.turn)


def _instead(work: _Work, opcodes: Iterable[tuple[str, int, int, int, int]]) -> Iterator[Atom]:
    """What arrived in the place of as many pieces that are gone: the other half of their loss."""
    for tag, s0, s1, a0, a1 in opcodes:
        gone = [work.sent[n] for n in range(s0, s1) if n not in work.fates] if tag == "replace" else []
        for at in range(a0, a1):
            like = next((one for one in gone if _same_kind(one, work.arrived[at])), None)
            if at not in work.rest and like is not None:
                gone.remove(like)
                yield work.arrived[at]


def _same_kind(sent: Atom, arrived: Atom) -> bool:
    return sent.speaker == arrived.speaker and sent.part.kind == arrived.part.kind
