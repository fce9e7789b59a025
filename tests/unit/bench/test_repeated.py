"""A run repeated for the benchmark: as many exchanges as asked for, with what real repeats differ in."""

from __future__ import annotations

import re
from pathlib import Path

from bench.repeated import repeated
from lab.records.store import RunStore
from lab.report.build import build_results
from tests.unit.sample_run import sample_run


def markers(store: RunStore, repeats: set[int]) -> set[str]:
    """All markers in the answers of these repeats."""
    found = [one.answer.markers for one in store.exchanges() if one.repeat in repeats]
    return {marker for each in found for marker in each}


def test_repeats_have_ids_markers_nonces_and_bodies_of_their_own(tmp_path: Path) -> None:
    """The first repeats are those of the source, and no marker or nonce comes again later."""
    source = sample_run(tmp_path / "one", repeats=2)
    recorded = list(source.exchanges())
    store = repeated(source, tmp_path / "many", 3 * len(recorded))
    made = list(store.exchanges())
    assert made[: len(recorded)] == recorded
    assert len({one.id for one in made}) == len(made) == 3 * len(recorded)
    assert {one.repeat for one in made} == {1, 2, 3, 4, 5, 6}
    assert not markers(store, {1, 2}) & markers(store, {3, 4, 5, 6})
    with_nonce = [one for one in made if one.nonce]
    assert len({(one.variant, one.scenario, one.nonce) for one in with_nonce}) == len(with_nonce)
    for one in with_nonce:
        assert one.nonce.encode() in store.body(one.request)
    for one in made:
        if one.response and one.answer.markers:
            assert set(one.answer.markers) == {
                found.decode() for found in re.findall(rb"labmark-[0-9a-f]{16}", store.body(one.response))
            }


def test_a_repeated_run_is_judged_as_the_run_itself(tmp_path: Path) -> None:
    """Every check says of three times as many exchanges what it said of the run's own."""
    source = sample_run(tmp_path / "one", repeats=1)
    count = len(list(source.exchanges()))
    once, thrice = (
        build_results(store) for store in (source, repeated(source, tmp_path / "many", 3 * count))
    )
    assert len(once.totals) > 3
    assert once.totals[0].checks
    for before, after in zip(once.totals, thrice.totals, strict=True):
        assert after.checks.keys() == before.checks.keys()
        for name, check in before.checks.items():
            assert after.checks[name].passed == 3 * check.passed
            assert after.checks[name].failed == 3 * check.failed


def test_a_part_of_a_repeat_is_enough(tmp_path: Path) -> None:
    """Exactly as many as asked for."""
    source = sample_run(tmp_path / "one", repeats=1)
    count = len(list(source.exchanges()))
    records = repeated(source, tmp_path / "many", count + 3).records()
    assert len(records.exchanges) == count + 3
    assert {call.exchange for call in records.upstream} <= {one.id for one in records.exchanges} | {None}
