"""A run's folder: append-only records, bodies stored once, and the manifest, all redacted before writing.

An exchange's upstream lines are written first and its own line last: that line is the commit mark. What
has no commit mark (a killed run) is ignored when reading and cut away by `repair` before a run resumes.
"""

from __future__ import annotations

import gzip
import json
import logging
import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic_core import PydanticSerializationError

from lab.errors import RecordsError
from lab.records.bodystore import BodyStore
from lab.records.lines import (
    append_lines,
    cannot_keep,
    cut_torn_line,
    id_of,
    parse,
    read_lines,
    remove_parts,
    string_of,
    write_whole,
)
from lab.records.manifest import Manifest
from lab.records.models import SCHEMA, ExchangeRecord, Record, UpstreamRecord
from lab.records.redaction import Redactor

MANIFEST = "manifest.json"
EXCHANGES = "exchanges.jsonl"
UPSTREAM = "upstream.jsonl"
LATEST = "latest"
LONG_LOG = 100_000  # bytes

log = logging.getLogger(__name__)
Line = TypeVar("Line", ExchangeRecord, UpstreamRecord)


@dataclass(frozen=True, slots=True)
class Records:
    """All committed records of a run, in file order."""

    exchanges: tuple[ExchangeRecord, ...]
    upstream: tuple[UpstreamRecord, ...]


class RunStore:
    """One run's folder under reports/; not safe for several writers."""

    def __init__(self, path: Path, redactor: Redactor | None = None) -> None:
        self.path = path
        self.bodies = BodyStore(path)
        self._redactor = redactor or Redactor()

    @classmethod
    def create(cls, root: Path, manifest: Manifest, redactor: Redactor | None = None) -> RunStore:
        """Make the folder `root/<run>`, write its manifest, and let `root/latest` lead to it."""
        path = root / manifest.run
        try:
            path.mkdir(parents=True)
            (path / "bodies").mkdir()
            (path / "logs").mkdir()
        except FileExistsError as exc:
            raise RecordsError(
                f"{path}: this run's folder is already there",
                next_step="continue that run with `lab run --resume`, or remove the folder",
            ) from exc
        except OSError as exc:
            raise cannot_keep(path, exc) from exc
        store = cls(path, redactor)
        store.write_manifest(manifest)
        _lead_to(root, path.name)
        return store

    @classmethod
    def open(cls, path: Path, redactor: Redactor | None = None) -> RunStore:
        """Open a run's folder for reading (or, after `repair`, for resuming); raises RecordsError."""
        store = cls(path.resolve(), redactor)
        store.manifest()
        return store

    def use_redactor(self, redactor: Redactor) -> None:
        """Redact with `redactor` from now on, as when a run is resumed."""
        self._redactor = redactor

    # Manifest and other whole files

    def manifest(self) -> Manifest:
        """The manifest; raises RecordsError if it is missing, damaged or of another schema."""
        path = self.path / MANIFEST
        try:
            raw = path.read_bytes()
        except OSError as exc:
            raise RecordsError(
                f"{self.path}: this is not a run's folder: {MANIFEST} cannot be read ({exc.strerror})",
                next_step="name a run that `lab list` shows",
            ) from exc
        return parse(Manifest, path, 0, raw)

    def write_manifest(self, manifest: Manifest) -> None:
        """Replace the manifest in one step."""
        self.write_file(MANIFEST, manifest.model_dump_json(indent=2).encode() + b"\n")

    def write_file(self, name: str, data: bytes) -> Path:
        """Write a file of the run (such as results.json) in one step, redacted; returns its path."""
        write_whole(self.path / name, self._redactor.bytes(data))
        return self.path / name

    def redacted(self, data: bytes) -> bytes:
        """Data as it may be written: without any known secret."""
        return self._redactor.bytes(data)

    def put_log(self, name: str, data: bytes) -> Path:
        """Keep the log of an instance or variant as logs/<name>.log, or .log.gz if it is long; redacted."""
        data = self._redactor.bytes(data)
        kept, other = (self.path / "logs" / f"{name}.log{end}" for end in ("", ".gz"))
        if len(data) > LONG_LOG:
            kept, other, data = other, kept, gzip.compress(data, mtime=0)
        write_whole(kept, data)
        other.unlink(missing_ok=True)
        return kept

    # Bodies

    def put_body(self, data: bytes) -> str:
        """Store a request or answer once, redacted; returns the SHA-256 of what was stored."""
        return self.bodies.put(self._redactor.bytes(data))

    def body(self, sha: str) -> bytes:
        """A stored body by its SHA-256; raises RecordsError if it is missing or was changed."""
        return self.bodies.read(sha)

    # Records

    def append_exchange(self, record: ExchangeRecord, upstream: Sequence[UpstreamRecord]) -> None:
        """Append an exchange: its upstream calls first, then the line that commits it."""
        calls = b"".join(self._line(call) for call in upstream)
        line = self._line(record.model_copy(update={"upstream_calls": len(upstream)}))
        before = append_lines(self.path / UPSTREAM, calls) if calls else None
        try:
            append_lines(self.path / EXCHANGES, line)
        except RecordsError:
            if before is not None:
                os.truncate(self.path / UPSTREAM, before)
            raise

    def append_background(self, records: Iterable[UpstreamRecord]) -> None:
        """Append upstream calls that belong to no exchange."""
        lines = b"".join(self._line(record) for record in records)
        if lines:
            append_lines(self.path / UPSTREAM, lines)

    def _line(self, record: Record) -> bytes:
        """A record without the fields that hold their default, which reading puts back."""
        try:
            raw = record.model_dump_json(exclude_defaults=True).encode()
        except PydanticSerializationError:  # lone surrogates, which JSON can spell and UTF-8 cannot
            plain = json.dumps(record.model_dump(exclude_defaults=True), ensure_ascii=False)
            raw = plain.encode("utf-8", "replace")
        return b'{"schema":%d,%s\n' % (SCHEMA, self._redactor.bytes(raw)[1:])

    def exchanges(self) -> Iterator[ExchangeRecord]:
        """All committed exchanges, in file order; raises RecordsError naming file and line."""
        seen: set[str] = set()
        for number, record in self._records(ExchangeRecord, EXCHANGES):
            if record.id in seen:
                raise RecordsError(
                    f"{self.path / EXCHANGES}:{number}: exchange {record.id} is recorded a second time",
                    next_step="remove the line that does not belong to this run",
                )
            seen.add(record.id)
            yield record

    def upstream(self) -> Iterator[UpstreamRecord]:
        """Upstream calls of committed exchanges and background calls, in file order."""
        return self._upstream_of(self.completed_keys())

    def _upstream_of(self, committed: Collection[str]) -> Iterator[UpstreamRecord]:
        for _, record in self._records(UpstreamRecord, UPSTREAM):
            if record.exchange is None or record.exchange in committed:
                yield record

    def records(self) -> Records:
        """All exchanges and upstream calls, read once."""
        exchanges = tuple(self.exchanges())
        return Records(exchanges, tuple(self._upstream_of({record.id for record in exchanges})))

    def counts(self) -> dict[str, int]:
        """How many exchanges and background calls are recorded, by the manifest's names for them."""
        path = self.path / UPSTREAM
        background = sum(string_of(path, n, line, "exchange") is None for n, line in read_lines(path))
        return {"exchanges": len(self.completed_keys()), "background_calls": background}

    def completed_keys(self) -> frozenset[str]:
        """Ids of all committed exchanges, answered or failed: those that a resumed run does not repeat."""
        path = self.path / EXCHANGES
        return frozenset(id_of(path, number, line) for number, line in read_lines(path))

    def _records(self, kind: type[Line], name: str) -> Iterator[tuple[int, Line]]:
        path = self.path / name
        for number, line in read_lines(path):
            yield number, parse(kind, path, number, line)

    def repair(self) -> tuple[str, ...]:
        """Cut away what a killed run left without a commit mark; returns what was cut, in words."""
        found = [
            f"{self.path / name}: the last line was cut off ({cut} bytes) and is dropped"
            for name in (EXCHANGES, UPSTREAM)
            if (cut := cut_torn_line(self.path / name))
        ]
        path = self.path / UPSTREAM
        committed = self.completed_keys()
        kept, dropped = [], 0
        for number, line in read_lines(path):
            exchange = string_of(path, number, line, "exchange")
            if exchange is None or exchange in committed:
                kept.append(line + b"\n")
            else:
                dropped += 1
        if dropped:
            write_whole(path, b"".join(kept))
            found.append(f"{path}: {dropped} calls of an exchange that never ended are dropped")
        remove_parts(self.path)
        for sentence in found:
            log.warning("%s", sentence)
        return tuple(found)


def find_run(root: Path, name: str) -> Path:
    """A run's folder, from its path, its id, or `latest`; raises RecordsError if there is none."""
    for path in (Path(name), root / name):
        if (path / MANIFEST).is_file():
            return path
    known = sorted(path.parent.name for path in root.glob(f"*/{MANIFEST}") if not path.parent.is_symlink())
    raise RecordsError(
        f"no run of that name: {name}",
        next_step=f"`lab list` shows the runs; known: {', '.join(known[-5:]) or 'none yet'}",
    )


@dataclass(frozen=True, slots=True)
class RunEntry:
    """One folder under reports/: its manifest, or why it cannot be read."""

    path: Path
    manifest: Manifest | None
    error: str | None = None


def list_runs(root: Path) -> tuple[RunEntry, ...]:
    """All runs under `root`, newest first; folders without a manifest are not runs."""
    entries = []
    for path in root.glob(f"*/{MANIFEST}"):
        if path.parent.is_symlink():
            continue
        try:
            entries.append(RunEntry(path.parent, RunStore(path.parent).manifest()))
        except RecordsError as exc:
            entries.append(RunEntry(path.parent, None, exc.message))
    return tuple(sorted(entries, key=lambda entry: entry.path.name, reverse=True))


def _lead_to(root: Path, run: str) -> None:
    """Let `root/latest` lead to `run`, replaced in one step."""
    new = root / f".{LATEST}-{run}"
    try:
        new.unlink(missing_ok=True)
        new.symlink_to(run, target_is_directory=True)
        new.replace(root / LATEST)
    except OSError as exc:
        new.unlink(missing_ok=True)
        raise RecordsError(
            f"{root / LATEST}: cannot be made to lead to {run}: {exc.strerror}",
            next_step=f"remove {root / LATEST}, which the lab keeps as a link to the newest run",
        ) from exc
