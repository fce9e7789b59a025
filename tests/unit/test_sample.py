"""The committed sample is what this version of the lab makes of its records, byte for byte."""

from __future__ import annotations

import shutil
from pathlib import Path

from lab.report import render
from tests.paths import ROOT

SAMPLE = ROOT / "reports" / "sample"


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder by its path there."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_the_sample_renders_again_to_the_same_bytes(tmp_path: Path) -> None:
    """A reader of the repository sees the report that they would get themselves."""
    copy = tmp_path / "sample"
    shutil.copytree(SAMPLE, copy)
    render(copy)
    before, after = files_of(SAMPLE), files_of(copy)
    assert before.keys() == after.keys()
    assert [name for name, data in before.items() if after[name] != data] == []
    assert "report.html" in before
