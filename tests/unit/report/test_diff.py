"""Comparisons mark exactly what differs, at a bounded cost."""

from __future__ import annotations

import random
from collections.abc import Callable

import orjson
import pytest

from lab.report.diff import ALIGN_LINES, MAX_CHARS, MAX_ROWS, compare, opcodes
from lab.report.layout import HARD_LINE, request_lines, text_lines
from lab.wires import read_request
from tests.unit.effort import effort


def test_equal_texts_have_no_difference() -> None:
    """Nothing is marked where both sides are the same."""
    diff = compare(["a", "b"], ["a", "b"])
    assert diff.equal
    assert [row.kind for row in diff.rows] == ["same", "same"]


def test_only_the_part_of_a_line_that_changed_is_marked() -> None:
    """A changed version number is marked, the rest of its line is not."""
    (row,) = compare(['"express": "1.0.3"'], ['"express": "1.0.4"']).rows
    assert [(s.text, s.changed) for s in row.left] == [('"express": "1.0.', False), ("3", True), ('"', False)]
    assert [(s.text, s.changed) for s in row.right] == [
        ('"express": "1.0.', False),
        ("4", True),
        ('"', False),
    ]


def test_removed_and_added_lines_are_counted_on_their_own_side() -> None:
    """Three lines deleted from the middle are three removals and nothing else."""
    left = [f"line {i}" for i in range(100)]
    diff = compare(left, left[:40] + left[43:])
    assert (diff.removed, diff.added) == (3, 0)
    assert [row.left_no for row in diff.rows if row.kind == "removed"] == [41, 42, 43]
    assert sum(row.skipped for row in diff.rows) + sum(row.kind == "same" for row in diff.rows) == 97


@pytest.mark.parametrize("seed", range(20))
def test_both_texts_can_be_read_back_from_a_comparison(seed: int) -> None:
    """No line is lost or invented, whatever the two texts."""
    draw = random.Random(seed)
    left = [draw.choice("abcdef") * 5 for _ in range(draw.randrange(40))]
    right = [draw.choice("abcdef") * 5 for _ in range(draw.randrange(40))]
    rows = compare(left, right).rows
    if any(row.kind == "gap" for row in rows):
        assert len(left) + len(right) > 60
        return
    assert ["".join(s.text for s in row.left) for row in rows if row.left_no] == left
    assert ["".join(s.text for s in row.right) for row in rows if row.right_no] == right
    assert [row.left_no for row in rows if row.left_no] == list(range(1, len(left) + 1))
    assert [row.right_no for row in rows if row.right_no] == list(range(1, len(right) + 1))


def test_long_texts_are_compared_at_a_bounded_cost_and_say_so() -> None:
    """Two hostile texts of 50,000 lines each are compared quickly, and what is left out is stated."""
    draw = random.Random(1)
    left = [f"{draw.randrange(300)}" for _ in range(50_000)]
    right = [f"{draw.randrange(300)}" for _ in range(50_000)]
    assert effort(lambda: compare(left, right)) < 50
    diff = compare(left, right)
    assert len(diff.rows) <= MAX_ROWS
    assert "Too long to align" in diff.note
    assert compare(left[:ALIGN_LINES], right[:ALIGN_LINES]).note.startswith("Shown are")


def _payload(lines: int) -> list[str]:
    draw = random.Random(7)
    return [f"row {n} {draw.getrandbits(64):016x}" for n in range(lines)]


KINDS: dict[str, Callable[[list[str]], list[str]]] = {
    "the same": list,
    "some lines gone": lambda lines: [line for n, line in enumerate(lines) if n % 500],
    "every third line gone": lambda lines: [line for n, line in enumerate(lines) if n % 3],
    "every line changed": lambda lines: [line + "!" for line in lines],
    "another order": lambda lines: sorted(lines, key=lambda line: line[-9:]),
    "the middle gone": lambda lines: [*lines[:20], *lines[-20:]],
    "two lines many times": lambda lines: [f"line {n * 7919 % 13 % 2}" for n in range(len(lines))],
}


@pytest.mark.parametrize("kind", KINDS)
def test_400_kilobytes_are_compared_with_little_effort(kind: str) -> None:
    """Whatever a gateway did to a large payload, its page costs little, and shows a bounded part."""
    left = _payload(15_000)
    right = KINDS[kind](left)
    assert sum(map(len, left)) > 350_000
    assert effort(lambda: compare(left, right), tries=5) < 10
    diff = compare(left, right)
    assert len(diff.rows) <= MAX_ROWS
    assert sum(len(s.text) for row in diff.rows for s in (*row.left, *row.right)) <= MAX_CHARS
    assert diff.equal == (left == right)


def test_a_long_stretch_that_is_gone_leaves_room_for_what_comes_after_it() -> None:
    """Of 5,000 deleted lines the first and the last are shown, and so is a change behind them."""
    left = _payload(10_000)
    right = [*left[:100], *left[5_100:9_000], "new", *left[9_000:]]
    diff = compare(left, right)
    assert (diff.removed, diff.added) == (5_000, 1)
    gone = [row.left_no for row in diff.rows if row.kind == "removed"]
    assert (gone[0], gone[-1]) == (101, 5_100)
    assert [row.skipped for row in diff.rows if row.kind == "cut"] == [5_000 - len(gone)]
    assert [row.right[0].text for row in diff.rows if row.kind == "added"] == ["new"]
    assert diff.note == f"Shown are {len(gone) + 1} of 5,001 differing lines; the recorded bodies are whole."


@pytest.mark.parametrize("seed", range(10))
def test_long_texts_are_aligned_without_losing_a_line(seed: int) -> None:
    """Stretches cover both texts from end to end, and what they call the same is the same."""
    draw = random.Random(seed)
    left = [f"{draw.randrange(4_000)}" for _ in range(4_000)]
    right = [line for line in left if draw.random() > 0.2]
    for _ in range(200):
        right.insert(draw.randrange(len(right)), f"{draw.randrange(9_000)}")
    ops = opcodes(left, right)
    assert ops is not None
    at = (0, 0)
    for op in ops:
        assert (op.a1, op.b1) == at
        at = (op.a2, op.b2)
        assert not op.equal or left[op.a1 : op.a2] == right[op.b1 : op.b2]
    assert at == (len(left), len(right))
    assert sum(op.a2 - op.a1 for op in ops if op.equal) > 0.7 * len(right)


def test_a_long_text_with_a_small_change_is_still_aligned() -> None:
    """Equal beginnings and ends cost nothing, however long they are."""
    left = [f"line {i}" for i in range(20_000)]
    right = [*left[:10_000], "new", *left[10_000:]]
    diff = compare(left, right)
    assert (diff.removed, diff.added, diff.note) == (0, 1, "")


def test_lines_are_short_whatever_the_text() -> None:
    """A minified megabyte breaks into lines, and JSON is laid out."""
    assert max(map(len, text_lines("x" * 1_000_000))) <= HARD_LINE
    assert list(text_lines('{"a":[1,"b"]}')) == ["{", '  "a": [', "    1,", '    "b"', "  ]", "}"]
    assert text_lines("[" * 100_000)[0].startswith("[")


def test_a_translated_request_differs_only_in_what_changed() -> None:
    """The same conversation on another wire has the same lines; an injected system text is an addition."""
    tool = {"name": "Read", "description": "Reads", "input_schema": {"type": "object"}}
    sent = {"model": "m", "tools": [tool], "messages": [{"role": "user", "content": "Hello"}]}
    forwarded = {
        "model": "m",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}],
        "tools": [
            {
                "type": "function",
                "function": {"name": "Read", "description": "Reads", "parameters": {"type": "object"}},
            }
        ],
    }
    left = request_lines(read_request("messages", orjson.loads(orjson.dumps(sent))))
    right = request_lines(read_request("chat", orjson.loads(orjson.dumps(forwarded))))
    diff = compare(left, right)
    assert (diff.removed, diff.added) == (0, 2)
    assert [row.right[0].text for row in diff.rows if row.kind == "added"] == ["system", "  Be brief."]
