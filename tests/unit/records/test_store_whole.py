"""Records that are not whole, or that no lab wrote, are refused: they must not become a smaller report."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.errors import RecordsError
from lab.records.manifest import Manifest
from lab.records.store import RunStore
from lab.report import render
from lab.report.build import build_results
from tests.unit.records_builder import RunBuilder

Damage = Callable[[Path], None]


@pytest.fixture
def ended(tmp_path: Path) -> RunStore:
    """A finished run of two variants and three repeats, with two calls outside any exchange."""
    builder = RunBuilder(tmp_path, over={"state": "finished"})
    for repeat in (1, 2, 3):
        builder.exchange("direct", "S1", repeat)
        builder.exchange("litellm", "S1", repeat)
    builder.background("litellm", 2)
    store = builder.store
    store.write_manifest(store.manifest().model_copy(update=store.counts()))
    return store


def cut(name: str, keep: int) -> Damage:
    """Keep so many lines of a file, and half of the next one."""

    def damage(folder: Path) -> None:
        lines = (folder / name).read_bytes().splitlines(keepends=True)
        (folder / name).write_bytes(b"".join(lines[:keep]) + lines[keep][: len(lines[keep]) // 2])

    return damage


def lose(name: str) -> Damage:
    """Remove a file."""
    return lambda folder: (folder / name).unlink()


def lose_line(name: str, number: int) -> Damage:
    """Remove one line."""

    def damage(folder: Path) -> None:
        lines = (folder / name).read_bytes().splitlines(keepends=True)
        del lines[number]
        (folder / name).write_bytes(b"".join(lines))

    return damage


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (cut("exchanges.jsonl", 3), "exchanges.jsonl: 3 exchanges are there, but 6 were recorded"),
        (lose("exchanges.jsonl"), "exchanges.jsonl: 0 exchanges are there, but 6 were recorded"),
        (lose_line("exchanges.jsonl", 5), "exchanges.jsonl: 5 exchanges are there, but 6 were recorded"),
        (lose("upstream.jsonl"), "0 calls outside any exchange are there, but 2 were recorded"),
        (cut("upstream.jsonl", 6), "0 calls outside any exchange are there, but 2 were recorded"),
        (lose_line("upstream.jsonl", 1), "0 calls of exchange r1-S1-litellm are there, but 1 were recorded"),
    ],
)
def test_a_run_that_lost_records_is_not_rendered(ended: RunStore, damage: Damage, said: str) -> None:
    """A cost of nothing must not come from a file that is gone; the error names file, numbers, next step."""
    assert len(build_results(ended).cells) == 2
    damage(ended.path)
    with pytest.raises(RecordsError, match=re.escape(said)) as caught:
        render(ended.path)
    assert "restore the file" in caught.value.next_step


def test_a_run_that_was_killed_has_no_counts_and_is_rendered(tmp_path: Path) -> None:
    """What it recorded is there; how much it would have been nobody knows."""
    builder = RunBuilder(tmp_path, over={"state": "running"})
    builder.exchange("direct", "S1")
    assert builder.store.manifest().exchanges is None
    assert render(builder.store.path).html.exists()


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("exchanges.jsonl", rb'"messages":100', b'"messages":-100'),
        ("upstream.jsonl", rb'"messages":100', b'"messages":-100'),
        ("upstream.jsonl", rb'"received_at":"[^"]*"', b'"received_at":"yesterday"'),
        ("exchanges.jsonl", rb'"started_at":"[^"]*"', b'"started_at":""'),
    ],
)
def test_impossible_values_are_refused_with_their_line(
    ended: RunStore, name: str, old: bytes, new: bytes
) -> None:
    """Negative tokens and times that are none come from no lab."""
    path = ended.path / name
    changed, times = re.subn(old, new, path.read_bytes(), count=1)
    assert times == 1
    path.write_bytes(changed)
    with pytest.raises(RecordsError, match=rf"{name}:1: this is not a record of a run"):
        build_results(ended)


@pytest.mark.parametrize("price", ["NaN", "Infinity", "-1", "free"])
def test_a_price_that_is_no_number_of_dollars_is_refused(ended: RunStore, price: str) -> None:
    """No total can be made of it."""
    manifest: Manifest = ended.manifest()
    wrong = manifest.default_model_price.model_copy(update={"input": price})
    ended.write_manifest(manifest.model_copy(update={"default_model_price": wrong}))
    with pytest.raises(RecordsError, match="a price is not a number"):
        build_results(ended)
