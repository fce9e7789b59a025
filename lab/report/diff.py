"""Compares two texts line by line, side by side, at a bounded cost, and elides what is equal."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby, islice
from typing import Literal

CONTEXT = 3
SHOWN_WHOLE = 60
MAX_ROWS = 250
MAX_CHARS = 40_000
MAX_LINE = 600
# Of stretches that are aligned: the longest, and above which product of lengths frequent lines do not begin a
# match, as it would take seconds.
ALIGN_LINES = 1500
AUTOJUNK = 10_000
LONG_RUN, RUN_BEGIN, RUN_END = 60, 30, 15

RowKind = Literal["same", "change", "removed", "added", "gap", "cut"]


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a line; `changed` marks what the other side has not."""

    text: str
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a comparison; line numbers count from 1, an empty side has none.

    A gap stands for `skipped` equal lines, a cut for so many differing ones of both sides together.
    """

    kind: RowKind
    left_no: int | None = None
    right_no: int | None = None
    left: tuple[Segment, ...] = ()
    right: tuple[Segment, ...] = ()
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Op:
    """A stretch of both texts, as line numbers from 0: the same on both sides, or not."""

    equal: bool
    a1: int
    a2: int
    b1: int
    b2: int


@dataclass(frozen=True, slots=True)
class Diff:
    """A comparison: rows to show, line counts, and one sentence where something was left out."""

    rows: tuple[Row, ...]
    removed: int
    added: int
    left_lines: int
    right_lines: int
    note: str = ""

    @property
    def equal(self) -> bool:
        """Whether both sides hold the same lines."""
        return not self.removed and not self.added


def compare(left: Sequence[str], right: Sequence[str]) -> Diff:
    """Compare two texts given as lines; rows are made only of what differs and of what is near it.

    Long texts are aligned at lines that occur once on each side. Where that leaves stretches too long to
    align, shown are the lines that the other side does not have.
    """
    ops = opcodes(left, right)
    if ops is None:
        return _unaligned(left, right)
    rows: list[Row] = []
    removed = added = 0
    whole = sum(max(op.a2 - op.a1, op.b2 - op.b1) for op in ops) <= SHOWN_WHOLE
    for number, op in enumerate(ops):
        if not op.equal:
            removed += op.a2 - op.a1
            added += op.b2 - op.b1
        if len(rows) > MAX_ROWS:  # more are not shown, so there is no need to make them
            continue
        if op.equal:
            before, after = CONTEXT * (number > 0), CONTEXT * (number < len(ops) - 1)
            rows += _equal(left, op, None if whole else (before, after))
        else:
            rows += _cut_short(left, right, range(op.a1, op.a2), range(op.b1, op.b2))
    return _bounded(rows, removed, added, len(left), len(right))


def _equal(left: Sequence[str], op: Op, near: tuple[int, int] | None) -> Iterator[Row]:
    """Rows of a stretch that is the same: all of it, or so many lines at its beginning and at its end."""
    count = op.a2 - op.a1
    before, after = near or (count, 0)
    if before + after >= count:
        before, after = count, 0
    shift = op.b1 - op.a1
    yield from (_same(i, i + shift, left) for i in range(op.a1, op.a1 + before))
    if count > before + after:
        yield Row("gap", skipped=count - before - after)
    yield from (_same(i, i + shift, left) for i in range(op.a2 - after, op.a2))


def _same(i: int, j: int, left: Sequence[str]) -> Row:
    segment = (Segment(_cut(left[i])),)
    return Row("same", i + 1, j + 1, segment, segment)


def _cut_short(left: Sequence[str], right: Sequence[str], a: range, b: range) -> Iterator[Row]:
    """Rows of a stretch that differs; of a long one its beginning and its end, so that others have room."""
    longest = max(len(a), len(b))
    if longest <= LONG_RUN:
        yield from _differing(left, right, a, b)
        return
    end = longest - RUN_END
    yield from _differing(left, right, a[:RUN_BEGIN], b[:RUN_BEGIN])
    yield Row("cut", skipped=len(a[RUN_BEGIN:end]) + len(b[RUN_BEGIN:end]))
    yield from _differing(left, right, a[end:], b[end:])


def _differing(left: Sequence[str], right: Sequence[str], a: range, b: range) -> Iterator[Row]:
    """Rows of a stretch that differs: lines face each other in order, leftovers face nothing."""
    for i, j in zip(a, b, strict=False):
        mine, theirs = _inside(left[i], right[j])
        yield Row("change", i + 1, j + 1, mine, theirs)
    for i in a[len(b) :]:
        yield Row("removed", left_no=i + 1, left=(Segment(_cut(left[i]), changed=True),))
    for j in b[len(a) :]:
        yield Row("added", right_no=j + 1, right=(Segment(_cut(right[j]), changed=True),))


def _inside(a: str, b: str) -> tuple[tuple[Segment, ...], tuple[Segment, ...]]:
    """Mark what differs within two lines: all between their common beginning and common end."""
    head = _begin_alike(a, b)
    tail = _begin_alike(a[head:][::-1], b[head:][::-1])
    if head + tail < 4:
        return (Segment(_cut(a), changed=True),), (Segment(_cut(b), changed=True),)
    return _split(a, head, tail), _split(b, head, tail)


def _begin_alike(a: str, b: str) -> int:
    """How many characters the two have in common at their beginning, found by halving."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[:middle] == b[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _split(text: str, head: int, tail: int) -> tuple[Segment, ...]:
    end = len(text) - tail
    pieces = (Segment(text[:head]), Segment(text[head:end], changed=True), Segment(text[end:]))
    return tuple(Segment(_cut(p.text), p.changed) for p in pieces if p.text)


def _cut(text: str) -> str:
    if len(text) <= MAX_LINE:
        return text
    return f"{text[:MAX_LINE]}\u2026 ({len(text) - MAX_LINE:,} more characters in this line)"


def _unaligned(left: Sequence[str], right: Sequence[str]) -> Diff:
    """For very long texts: lines that the other side has nowhere, without aligning them."""
    gone, new = Counter(left) - Counter(right), Counter(right) - Counter(left)
    only_left = islice(_pick(left, gone), MAX_ROWS // 2)
    only_right = islice(_pick(right, new), MAX_ROWS // 2)
    rows = [
        *(Row("removed", left_no=n, left=(Segment(_cut(t), changed=True),)) for n, t in only_left),
        *(Row("added", right_no=n, right=(Segment(_cut(t), changed=True),)) for n, t in only_right),
    ]
    diff = _bounded(rows, gone.total(), new.total(), len(left), len(right))
    note = "Too long to align: shown are the lines that the other side does not have anywhere."
    return Diff(diff.rows, diff.removed, diff.added, len(left), len(right), f"{note} {diff.note}".strip())


def _pick(lines: Sequence[str], wanted: Counter[str]) -> Iterator[tuple[int, str]]:
    rest = Counter(wanted)
    for number, line in enumerate(lines, 1):
        if rest[line] > 0:
            rest[line] -= 1
            yield number, line


def _bounded(rows: Sequence[Row], removed: int, added: int, left: int, right: int) -> Diff:
    """The rows that a page has room for: so many, and so many characters."""
    room, shown = MAX_CHARS, 0
    for row in rows[:MAX_ROWS]:
        room -= sum(len(segment.text) for segment in (*row.left, *row.right))
        if room < 0:
            break
        shown += 1
    sides = [(row.left_no, row.right_no) for row in rows[:shown] if row.kind != "same"]
    note, seen = "", sum(number is not None for side in sides for number in side)
    if seen < removed + added:
        note = f"Shown are {seen:,} of {removed + added:,} differing lines; the recorded bodies are whole."
    return Diff(tuple(rows[:shown]), removed, added, left, right, note)


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
        found += _aligned(left, right, a1, a2, b1, b2)
    found.append(Op(True, ends[0], len(left), ends[1], len(right)))
    return tuple(_merged(op for op in found if op.a2 > op.a1 or op.b2 > op.b1))


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    """How many lines the two have in common at their beginning."""
    return next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


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


def _aligned(left: Sequence[str], right: Sequence[str], a1: int, a2: int, b1: int, b2: int) -> Iterator[Op]:
    """The stretches of one block; where one side has nothing, none is sought."""
    if a1 == a2 or b1 == b2:
        yield Op(False, a1, a2, b1, b2)
        return
    a, b = left[a1:a2], right[b1:b2]
    matcher = SequenceMatcher(None, a, b, autojunk=len(a) * len(b) > AUTOJUNK)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        yield Op(tag == "equal", a1 + i1, a1 + i2, b1 + j1, b1 + j2)


def _merged(ops: Iterable[Op]) -> Iterator[Op]:
    """Neighbouring stretches of the same kind as one."""
    for equal, run in groupby(ops, key=lambda op: op.equal):
        first, *others = run
        last = others[-1] if others else first
        yield Op(equal, first.a1, last.a2, first.b1, last.b2)
