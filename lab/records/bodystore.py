"""The bodies of a run: loose files while it is under way, so that a kill loses none; one file when it ended.

Reading finds a body in either, so a run that was killed, or made by an older version, needs no packing.
`tar --zstd -xf bodies.tar.zst` lays the packed ones out as bodies/<sha256>. They are sorted by size, then by
hash: those that differ in a nonce or a marker stand side by side, so that a small window finds what they
share (of all suites, twice: 4.1 MB; sorted by hash alone 6.0 MB). Bodies that are the same give the same
file, byte for byte.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import tarfile
import tempfile
import weakref
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO

import zstandard

from lab.errors import RecordsError
from lab.records.lines import replacing, write_whole

FOLDER = "bodies"
PACK = "bodies.tar.zst"
SHA256 = re.compile(r"[0-9a-f]{64}")
LEVEL = 9
WINDOW_LOG = 23
CHUNK = 1 << 16
BLOCK = 512
OCTAL = re.compile(rb"[0-7]+[ \0]*")
FILES = {b"0", b"\0"}
NO_FILES = {b"5", b"x", b"g"}  # folders, and what other programs note of a file besides
RESTORE = "restore the file from a copy of the run's whole folder, or run the comparison again"


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


class Pack:
    """The bodies of a pack, unpacked once into a file without a name, which goes when this does.

    Reading any of them is then one look into that file; none is kept in memory.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with _scratch(path.parent) as unpacked:
            try:
                _unpack(path, unpacked)
                self._places = dict(_places(unpacked))
            except (OSError, zstandard.ZstdError, ValueError) as exc:
                why = f"the bodies of this run cannot be read: {_why(exc)}"
                raise RecordsError(f"{path}: {why}", next_step=RESTORE) from exc
            self._handle = os.dup(unpacked.fileno())
        weakref.finalize(self, os.close, self._handle)

    @property
    def sizes(self) -> Mapping[str, int]:
        """How many bytes each body has, by its SHA-256."""
        return {sha: size for sha, (_, size) in self._places.items()}

    def __contains__(self, sha: str) -> bool:
        return sha in self._places

    def size(self, sha: str) -> int:
        """How many bytes a body has."""
        return self._places[sha][1]

    def read(self, sha: str, limit: int | None = None) -> bytes:
        """A body, or its first `limit` bytes, as they are in the file: not yet checked against its hash."""
        start, size = self._places[sha]
        wanted = size if limit is None else min(size, limit)
        parts = []
        while wanted > 0 and (part := os.pread(self._handle, wanted, start)):
            parts.append(part)
            start, wanted = start + len(part), wanted - len(part)
        return b"".join(parts)


def write_pack(path: Path, sizes: Mapping[str, int], read: Callable[[str], bytes]) -> None:
    """Write the bodies of these hashes and sizes into one file, in one step; raises RecordsError or OSError.

    The new file is on the disk, and every body was read from it again, before it takes its place.
    """
    with replacing(path) as (file, part):
        _write(file, sizes, read)
        file.flush()
        os.fsync(file.fileno())
        _require_all(part, sizes)
    _sync_folder(path.parent)


def _write(file: IO[bytes], sizes: Mapping[str, int], read: Callable[[str], bytes]) -> None:
    options = zstandard.ZstdCompressionParameters.from_level(
        LEVEL, window_log=WINDOW_LOG, write_checksum=True
    )
    packer = zstandard.ZstdCompressor(compression_params=options)
    with (
        packer.stream_writer(file, closefd=False) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for sha in sorted(sizes, key=lambda sha: (sizes[sha], sha)):
            data = read(sha)
            entry = tarfile.TarInfo(f"bodies/{sha}")  # owner, group and time are 0 unless set
            entry.size, entry.mode = len(data), 0o644
            tar.addfile(entry, io.BytesIO(data))


def _require_all(path: Path, sizes: Mapping[str, int]) -> None:
    written = Pack(path)
    for sha in sizes:
        if sha not in written or hashlib.sha256(written.read(sha)).hexdigest() != sha:
            raise OSError(f"body {sha} did not come back as it was written")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _scratch(folder: Path) -> IO[bytes]:
    """A file without a name: beside the pack, or else where the system keeps such files."""
    try:
        return tempfile.TemporaryFile(dir=folder)
    except OSError:
        return tempfile.TemporaryFile()


def _unpack(path: Path, unpacked: IO[bytes]) -> None:
    """Decompress a whole file, of one frame or several; ValueError if its end is missing."""
    unpacker = zstandard.ZstdDecompressor().decompressobj()
    with path.open("rb") as file:
        rest = file.read(CHUNK)
        while rest:
            if unpacker.eof:
                unpacker = zstandard.ZstdDecompressor().decompressobj()
            unpacked.write(unpacker.decompress(rest))
            rest = unpacker.unused_data if unpacker.eof else b""
            rest = rest or file.read(CHUNK)
    if not unpacker.eof:
        raise ValueError("it ends too early")
    unpacked.flush()


def _places(unpacked: IO[bytes]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Each body's hash, where it begins, and its size; in a seventh of the time that tarfile needs."""
    handle, at = unpacked.fileno(), 0
    while any(head := os.pread(handle, BLOCK, at)):
        at += BLOCK
        path, kind, size = head[:100].rstrip(b"\0").decode("ascii", "replace"), head[156:157], head[124:136]
        if head[257:262] != b"ustar" or not OCTAL.fullmatch(size):
            raise ValueError("it holds no tar archive")
        length = int(size.rstrip(b" \0"), 8)
        if kind not in NO_FILES:
            name = path.rpartition("/")[2]
            if kind not in FILES or not SHA256.fullmatch(name):
                raise ValueError(f"it holds {path!r}, which is no body")
            yield name, (at, length)
        at += -(-length // BLOCK) * BLOCK
    if len(head) < BLOCK:
        raise ValueError("it ends too early")


def _why(exc: Exception) -> str:
    if isinstance(exc, OSError):
        return exc.strerror or str(exc)
    if isinstance(exc, zstandard.ZstdError):
        return f"it is damaged, or no Zstandard file ({exc})"
    return str(exc)
