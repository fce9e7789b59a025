"""Aligns two texts line by line at a bounded cost: where they are the same, and where they are not."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

ALIGN_LINES = 1500
# Above this product of lengths, lines that are frequent do not begin a match: else it takes seconds.
AUTOJUNK = 10_000


@dataclass(frozen=True, slots=True)
class Op:
    """A stretch of both texts, as line numbers from 0: the same on both sides, or not."""

    equal: bool
    a1: int
    a2: int
    b1: int
    b2: int


def opcodes(left: Sequence[str], right: Sequence[str]) -> tuple[Op, ...] | None:
    """Stretches of both texts in order, covering all lines; None where a stretch is too long to align."""
    head = _common(left, right)
    tail = _common(left[head:][::-1], right[head:][::-1])
    ends = len(left) - tail, len(right) - tail
    found: list[Op] = [Op(True, 0, head, 0, head)]
    for a0, a2, b0, b2 in _blocks(left, right, head, ends):
        same = _common(left[a0:a2], right[b0:b2])
        a1, b1 = a0 + same, b0 + same
        found.append(Op(True, a0, a1, b0, b1))
        if (a2 - a1) * (b2 - b1) > ALIGN_LINES**2:
            return None
        found += _inside(left, right, a1, a2, b1, b2)
    found.append(Op(True, ends[0], len(left), ends[1], len(right)))
    return tuple(_merged(op for op in found if op.a2 > op.a1 or op.b2 > op.b1))


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    count = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        count += 1
    return count


def _blocks(
    left: Sequence[str], right: Sequence[str], head: int, ends: tuple[int, int]
) -> Iterator[tuple[int, int, int, int]]:
    """The stretch between common beginning and end; a long one in blocks that begin at runs of anchors."""
    a1, b1 = head, head
    if max(ends) - head > ALIGN_LINES:
        before = (-1, -1)
        for a, b in _anchors(left[head : ends[0]], right[head : ends[1]]):
            if (a, b) != (before[0] + 1, before[1] + 1):
                yield a1, head + a, b1, head + b
                a1, b1 = head + a, head + b
            before = (a, b)
    yield a1, ends[0], b1, ends[1]


def _anchors(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]]:
    """Lines that occur once on each side, as many as there are in the same order on both."""
    once_b = {line: n for n, line in _unique(b)}
    pairs = [(n, once_b[line]) for n, line in _unique(a) if line in once_b]
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for index, (_, j) in enumerate(pairs):
        at = bisect_left(ends, j)
        before.append(last[at - 1] if at else -1)
        ends[at : at + 1] = [j]
        last[at : at + 1] = [index]
    chain: list[tuple[int, int]] = []
    index = last[-1] if last else -1
    while index >= 0:
        chain.append(pairs[index])
        index = before[index]
    return chain[::-1]


def _unique(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    counts = Counter(lines)
    return ((n, line) for n, line in enumerate(lines) if counts[line] == 1)


def _inside(left: Sequence[str], right: Sequence[str], a1: int, a2: int, b1: int, b2: int) -> Iterator[Op]:
    """The stretches of one block; where one side has nothing, none is sought."""
    if a1 == a2 or b1 == b2:
        yield Op(False, a1, a2, b1, b2)
        return
    a, b = left[a1:a2], right[b1:b2]
    matcher = SequenceMatcher(None, a, b, autojunk=len(a) * len(b) > AUTOJUNK)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        yield Op(tag == "equal", a1 + i1, a1 + i2, b1 + j1, b1 + j2)


def _merged(ops: Iterator[Op]) -> Iterator[Op]:
    """Neighbouring stretches of the same kind as one."""
    last: Op | None = None
    for op in ops:
        if last is not None and last.equal == op.equal:
            last = Op(op.equal, last.a1, op.a2, last.b1, op.b2)
            continue
        if last is not None:
            yield last
        last = op
    if last is not None:
        yield last
