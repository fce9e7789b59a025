"""Files that survive a kill and a full disk: whole-file replacement, and lines that are there or are not."""

from __future__ import annotations

import errno
import mmap
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from lab.errors import RecordsError


def require_folder(path: Path) -> None:
    """Make a folder if need be, and try whether files can be written there; raises RecordsError."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as exc:
        raise cannot_keep(path, exc) from exc


def cannot_keep(path: Path, exc: OSError) -> RecordsError:
    """The RecordsError for a folder in which no run can be kept."""
    why = "this is not a folder" if isinstance(exc, FileExistsError) else exc.strerror or exc
    return RecordsError(
        f"{path}: no run can be kept there: {why}",
        next_step="name a folder that can be written with --reports, and check permissions and the disk",
    )


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that readers see the old content or the new, never a part; raises RecordsError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".part-", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as exc:
        raise cannot_write(path, exc) from exc


def append_lines(path: Path, lines: bytes) -> int:
    """Append whole lines; returns the size before, to which the file goes back on failure (RecordsError)."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            before = os.fstat(handle).st_size
            try:
                _write_all(handle, lines)
            except BaseException:
                if before < os.fstat(handle).st_size:
                    os.ftruncate(handle, before)
                raise
        finally:
            os.close(handle)
    except OSError as exc:
        raise cannot_write(path, exc) from exc
    return before


def _write_all(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def read_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Line numbers from 1, and lines without their end; a last line that was cut off is left out."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.endswith(b"\n"):
                    yield number, line[:-1]
    except FileNotFoundError:
        return
    except OSError as exc:
        raise RecordsError(
            f"{path}: cannot be read: {exc.strerror or exc}",
            next_step="check the file's permissions and the disk",
        ) from exc


def cut_torn_line(path: Path) -> int:
    """Cut off a last line that never got its end; returns how many bytes went."""
    try:
        with path.open("rb+") as file:
            size = file.seek(0, os.SEEK_END)
            if not size:
                return 0
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                keep = data.rfind(b"\n") + 1
            file.truncate(keep)
            return size - keep
    except FileNotFoundError:
        return 0
    except OSError as exc:
        raise cannot_write(path, exc) from exc


def cannot_write(path: Path, exc: OSError) -> RecordsError:
    """The RecordsError for a write that failed; what had been recorded before is intact."""
    full = exc.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
    return RecordsError(
        f"{path}: cannot be written: {exc.strerror or exc}; everything recorded before this is intact",
        next_step=(
            "free space on the disk, then continue with `lab run --resume`"
            if full
            else "check the folder's permissions, then continue with `lab run --resume`"
        ),
    )
