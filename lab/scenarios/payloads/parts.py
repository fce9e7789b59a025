"""What generated payloads are made of: pieces with facts, put together to a size in tokens."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from lab.tokens import count

Parts = tuple[str, ...]

FEWEST_FACTS = 20
MOST_FACTS = 60
_NEAR = 0.02
_SAMPLE = 16
_TRIES = 6


@dataclass(frozen=True, slots=True)
class Piece:
    """One row, line, function or sentence with its facts; one without any has what is known of its row."""

    text: str
    facts: tuple[Parts, ...] = ()
    row: Parts = ()


@dataclass(frozen=True, slots=True)
class GeneratedFact:
    """A declared fact, and where its parts stand in the text: from the first to the end of the last."""

    parts: Parts
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Payload:
    """A generated text with what a model needs of it.

    `beside` are the rows that follow those of the facts and hold none, as far as their values are known: a
    fact does not reach into them.
    """

    kind: str
    text: str
    facts: tuple[GeneratedFact, ...]
    beside: tuple[Parts, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """How a payload of some kind is written: `piece(seed, n, marked)` is the n-th piece, from 0.

    In a `sparse` shape only marked pieces hold facts, as errors do among the noise of a log.
    """

    kind: str
    piece: Callable[[str, int, bool], Piece]
    head: str = ""
    joint: str = "\n"
    tail: str = "\n"
    sparse: bool = False


def drawing(*scope: object) -> Random:
    """Draws that are the same for the same scope, on every machine."""
    return Random(":".join(map(str, scope)))  # noqa: S311 - must be repeatable, not secret


def spread(seed: str, n: int, low: int, high: int, step: int) -> int:
    """The n-th of a seed's numbers that leap about from `low` to `high`, none twice in a round.

    A round has `high - low` numbers: `step` must have no divisor in common with that.
    """
    return low + (shift(seed) + n * step) % (high - low)


@lru_cache(maxsize=256)
def shift(seed: str) -> int:
    """Where a seed's numbers and names begin, so that two seeds do not share their first ones."""
    return drawing(seed, "shift").getrandbits(32)


def facts_for(tokens: int) -> int:
    """How many facts a payload of this size declares: 20 at 1k tokens, 40 at 10k, 60 at 100k."""
    return max(FEWEST_FACTS, min(MOST_FACTS, round(20 + 20 * math.log10(tokens / 1000))))


def evenly(wanted: int, of: int) -> list[int]:
    """`wanted` different numbers below `of`, spread evenly from its start to its end."""
    wanted = min(wanted, of)
    return [int((n + 0.5) * of / wanted) for n in range(wanted)]


def assemble(shape: Shape, tokens: int, seed: str) -> Payload:
    """A payload of about so many tokens, the same for the same shape, size and seed."""
    wanted = facts_for(tokens)
    made: dict[tuple[int, bool], Piece] = {}

    def build(pieces: int) -> list[Piece]:
        marked = set(evenly(wanted, pieces))
        keys = [(n, n in marked) for n in range(pieces)]
        for key in keys:
            if key not in made:
                made[key] = shape.piece(seed, *key)
        return [made[key] for key in keys]

    def size(pieces: Sequence[Piece]) -> int:
        return count([_joined(shape, pieces)])

    least = wanted if shape.sparse else 1
    pieces = max(least, round(_SAMPLE * tokens / size(build(_SAMPLE))))
    best: tuple[float, int] | None = None
    for _ in range(_TRIES):
        found = size(build(pieces))
        off = abs(found - tokens) / tokens
        if best is None or off < best[0]:
            best = (off, pieces)
        following = max(least, round(pieces * tokens / found))
        if off <= _NEAR or following == pieces:
            break
        pieces = following
    assert best is not None  # noqa: S101 - there was at least one try
    return _payload(shape, build(best[1]), wanted)


def _joined(shape: Shape, pieces: Sequence[Piece]) -> str:
    return shape.head + shape.joint.join(piece.text for piece in pieces) + shape.tail


def _payload(shape: Shape, pieces: Sequence[Piece], wanted: int) -> Payload:
    """The text, and of all facts in it as many as are wanted, spread evenly."""
    rows: list[GeneratedFact | Parts] = []
    at = len(shape.head)
    for piece in pieces:
        rows += [GeneratedFact(fact, at + b, at + e) for fact, b, e in places(piece.text, piece.facts)]
        rows += [piece.row] if piece.row else []
        at += len(piece.text) + len(shape.joint)
    text = _joined(shape, pieces)
    holding = [n for n, row in enumerate(rows) if isinstance(row, GeneratedFact)]
    facts = [row for row in rows if isinstance(row, GeneratedFact)]
    chosen = _nearest([fact.begin for fact in facts], wanted, len(text))
    kept = tuple(facts[n] for n in chosen)
    following = (rows[holding[n] + 1] for n in chosen if holding[n] + 1 < len(rows))
    beside = dict.fromkeys(row.parts if isinstance(row, GeneratedFact) else row for row in following)
    known = {fact.parts for fact in kept}
    return Payload(shape.kind, text, kept, tuple(row for row in beside if row not in known))


def places(text: str, facts: Sequence[Parts]) -> list[tuple[Parts, int, int]]:
    """Each fact with where its first part begins and its last one ends; one follows the other."""
    found = []
    at = 0
    for fact in facts:
        begin = text.index(fact[0], at)
        end = begin
        for part in fact:
            end = text.index(part, end) + len(part)
        found.append((fact, begin, end))
        at = end
    return found


def _nearest(begins: Sequence[int], wanted: int, length: int) -> list[int]:
    """Of places in order, those nearest to `wanted` points spread evenly over the length, each once."""
    wanted = min(wanted, len(begins))
    chosen: list[int] = []
    for n in range(wanted):
        point = (n + 0.5) * length / wanted
        low = chosen[-1] + 1 if chosen else 0
        high = len(begins) - (wanted - n)
        at = min(max(bisect_left(begins, point), low), high)
        if at > low and point - begins[at - 1] < begins[at] - point:
            at -= 1
        chosen.append(at)
    return chosen
