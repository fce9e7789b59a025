"""What the commands print of files' texts, and what --strict calls a failure."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.report.build import build_results
from lab.results.models import Results
from lab.run import commands
from tests.paths import ROOT
from tests.unit.records_builder import RunBuilder, scenario, variant


def test_markup_in_files_is_shown_and_not_followed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run's folder may come from somebody else."""
    monkeypatch.setenv("COLUMNS", "200")
    builder = RunBuilder(tmp_path, variants=(variant("direct"),), scenarios=(scenario("X"),))
    manifest = builder.store.manifest()
    builder.store.write_manifest(manifest.model_copy(update={"engine": "[/x][bold]host"}))
    commands.list_everything(tmp_path, ROOT)
    assert "[/x][bold]host" in capsys.readouterr().out


def results(folder: Path, *, unsupported: str = "", failed: bool = False) -> Results:
    """Two scenarios, of which one may be unsupported on the run's wire, and one may have failed."""
    scenarios = (scenario("A"), scenario("B", unsupported=unsupported))
    builder = RunBuilder(folder, variants=(variant("direct"),), scenarios=scenarios)
    for repeat in range(1, builder.store.manifest().repeats + 1):
        status, reason = ("failed", "it broke") if failed else ("completed", None)
        builder.exchange("direct", "A", repeat, status=status, reason=reason)
        if not unsupported:
            builder.exchange("direct", "B", repeat)
    return build_results(builder.store)


def test_strict_takes_what_cannot_be_asked_for_no_failure(tmp_path: Path) -> None:
    """Nothing was sent, so nothing failed; but what was sent and failed is a failure all the same."""
    good = results(tmp_path / "good", unsupported="not for this wire")
    assert {cell.status for cell in good.cells} == {"measured", "unsupported"}
    assert commands._everything_went_well(good)
    assert not commands._everything_went_well(results(tmp_path / "bad", unsupported="no", failed=True))
