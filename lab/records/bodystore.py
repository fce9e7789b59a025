"""The bodies of a run: loose files while it is under way, so that a kill loses none; one file when it ended.

Reading finds a body in either, so a run that was killed, or made by an older version, needs no packing.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from lab.errors import RecordsError
from lab.records.lines import write_whole
from lab.records.pack import PACK, SHA256, Pack, write_pack

FOLDER = "bodies"


class BodyStore:
    """The requests and answers of the run in `run`, each stored once under its SHA-256."""

    def __init__(self, run: Path) -> None:
        self._run = run
        self._loose = run / FOLDER
        self._packed: Pack | None = None

    def __contains__(self, sha: str) -> bool:
        return (self._loose / sha).is_file() or ((self._run / PACK).exists() and sha in self._opened())

    def put(self, data: bytes) -> str:
        """Store a body as a loose file; returns its SHA-256."""
        sha = hashlib.sha256(data).hexdigest()
        path = self._loose / sha
        if not path.exists():
            write_whole(path, data)
        return sha

    def read(self, sha: str) -> bytes:
        """A body, checked against its hash; raises RecordsError if it is missing or was changed."""
        self._require_name(sha)
        path = self._loose / sha
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            path = self._run / PACK
            data = self._packed_with(sha).read(sha)
        except OSError as exc:
            raise _missing(path, exc.strerror or str(exc)) from exc
        if hashlib.sha256(data).hexdigest() != sha:
            what = "this body" if path.name == sha else f"body {sha}"
            raise RecordsError(
                f"{path}: {what} was changed or cut off after it was recorded",
                next_step="restore the file from a copy, or run the comparison again",
            )
        return data

    def beginning(self, sha: str, limit: int) -> tuple[bytes, int]:
        """The first `limit` bytes of a body, not checked, and how many it has; raises RecordsError."""
        self._require_name(sha)
        path = self._loose / sha
        try:
            with path.open("rb") as file:
                return file.read(limit), path.stat().st_size
        except FileNotFoundError:
            packed = self._packed_with(sha)
            return packed.read(sha, limit), packed.size(sha)
        except OSError as exc:
            raise _missing(path, exc.strerror or str(exc)) from exc

    def pack(self) -> int:
        """Move all loose bodies into one file, with those that are in it already; returns how many it holds.

        Only when that file is whole and on the disk are the loose ones removed: on RecordsError all is as
        it was.
        """
        path = self._run / PACK
        try:
            loose = {p.name: p.stat().st_size for p in self._loose.iterdir() if SHA256.fullmatch(p.name)}
        except FileNotFoundError:
            loose = {}
        before = self._opened().sizes if path.exists() else {}
        if not loose:
            return len(before)
        sizes = {**before, **loose}
        try:
            write_pack(path, sizes, self.read)
        except OSError as exc:
            raise RecordsError(
                f"{path}: the bodies could not be packed: {exc.strerror or exc}; they stay in {self._loose}",
                next_step="nothing is lost, and the report can be made; packing only saves space",
            ) from exc
        self._packed = None
        for sha in loose:
            (self._loose / sha).unlink(missing_ok=True)
        if not any(self._loose.iterdir()):
            self._loose.rmdir()
        return len(sizes)

    def _packed_with(self, sha: str) -> Pack:
        """The pack, if it holds this body; raises RecordsError."""
        if not (self._run / PACK).exists():
            raise _missing(self._loose / sha, "No such file or directory")
        packed = self._opened()
        if sha not in packed:
            raise _missing(self._run / PACK, f"{sha} is not in it, nor in {self._loose}")
        return packed

    def _opened(self) -> Pack:
        if self._packed is None:
            self._packed = Pack(self._run / PACK)
        return self._packed

    def _require_name(self, sha: str) -> None:
        """No record makes the lab open another file."""
        if not SHA256.fullmatch(sha):
            raise RecordsError(
                f"{self._run}: a record names a body {sha[:80]!r}, which is not a SHA-256",
                next_step="the records are damaged or not the lab's: run the comparison again",
            )


def _missing(path: Path, why: str) -> RecordsError:
    return RecordsError(
        f"{path}: this body cannot be read: {why}",
        next_step="copy the run's whole folder, bodies included, or run the comparison again",
    )
