"""Are all records of a run there? Files that were cut off or lost must not become a smaller report."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from lab.errors import RecordsError
from lab.records.manifest import Manifest
from lab.records.store import EXCHANGES, UPSTREAM, Records

NEXT_STEP = "restore the file from a copy of the run's whole folder, or run the comparison again"


def require_whole(path: Path, manifest: Manifest, records: Records) -> None:
    """Raise RecordsError if the run's folder `path` holds other records than it had when it ended."""
    _require(path / EXCHANGES, "exchanges", manifest.exchanges, len(records.exchanges))
    found = Counter(call.exchange for call in records.upstream)
    _require(path / UPSTREAM, "calls outside any exchange", manifest.background_calls, found[None])
    for record in records.exchanges:
        what = f"calls of exchange {record.id}"
        _require(path / UPSTREAM, what, record.upstream_calls, found[record.id])


def _require(path: Path, what: str, expected: int | None, found: int) -> None:
    if expected is not None and expected != found:
        raise RecordsError(
            f"{path}: {found:,} {what} are there, but {expected:,} were recorded", next_step=NEXT_STEP
        )
