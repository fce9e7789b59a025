"""What a resumed run must have in common with its first sitting."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.errors import RecordsError
from lab.run.resume import reopened, require_same_versions
from tests.paths import ROOT
from tests.unit.records_builder import RunBuilder, variant


def test_a_system_that_was_measured_and_cannot_be_now_stops_the_resumed_run(tmp_path: Path) -> None:
    """Else the run would be finished, and what is missing of it could never be made."""
    store = RunBuilder(tmp_path, variants=(variant("direct"), variant("lynkr", version="9.14.1"))).store
    gone = variant("lynkr", status="unavailable", reason="downloading lynkr failed")
    with pytest.raises(RecordsError, match="cannot be now: downloading lynkr failed") as caught:
        require_same_versions(store.manifest(), (variant("direct"), gone))
    assert "same package" in caught.value.next_step


def test_a_system_that_was_never_there_may_stay_away_or_come(tmp_path: Path) -> None:
    """It has nothing that would be left half done."""
    gone = variant("lynkr", status="unavailable", reason="no package")
    store = RunBuilder(tmp_path, variants=(variant("direct"), gone)).store
    require_same_versions(store.manifest(), (variant("direct"), gone))
    require_same_versions(store.manifest(), (variant("direct"), variant("lynkr")))


def test_another_version_stops_the_resumed_run(tmp_path: Path) -> None:
    """Two halves from two versions would be one wrong report."""
    store = RunBuilder(tmp_path, variants=(variant("lynkr", version="9.14.1"),)).store
    with pytest.raises(RecordsError, match=r"lynkr is 9\.15\.0 now, but this run began with 9\.14\.1"):
        require_same_versions(store.manifest(), (variant("lynkr", version="9.15.0"),))


def test_a_run_without_variants_is_not_resumed_with_others(tmp_path: Path) -> None:
    """It must never be completed with systems that nobody asked for."""
    store = RunBuilder(tmp_path, variants=(), over={"state": "interrupted"}).store
    with pytest.raises(RecordsError, match="before it was recorded what it compares"):
        reopened(tmp_path, store.path.name, ROOT)
