"""Files that survive a kill and a full disk: whole files, lines that are there or are not, and their records.

Whatever is damaged or foreign is named by file and line.
"""

from __future__ import annotations

import contextlib
import errno
import mmap
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TypeVar

import orjson
from pydantic import ValidationError

from lab.errors import RecordsError
from lab.records.models import SCHEMA, Record

Parsed = TypeVar("Parsed", bound=Record)


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
        with replacing(path) as (file, _):
            file.write(data)
    except OSError as exc:
        raise cannot_write(path, exc) from exc


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[tuple[IO[bytes], Path]]:
    """A new file, and where it is, that takes the place of `path` at the end; raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".part-", dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file, part
        part.chmod(0o644)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def remove_parts(folder: Path, idle_s: float = 0.0) -> None:
    """Remove the parts of files that a killed lab left: those not written to for `idle_s` seconds."""
    for part in folder.glob("**/.part-*"):
        with contextlib.suppress(OSError):  # what is wrong with the folder is said when it is written to
            if part.stat().st_mtime <= time.time() - idle_s:
                part.unlink()


def append_lines(path: Path, lines: bytes) -> int:
    """Append whole lines; returns the size before, to which the file goes back on failure (RecordsError)."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            before = os.fstat(handle).st_size
            try:
                view = memoryview(lines)
                while view:
                    view = view[os.write(handle, view) :]
            except BaseException:
                if before < os.fstat(handle).st_size:
                    os.ftruncate(handle, before)
                raise
        finally:
            os.close(handle)
    except OSError as exc:
        raise cannot_write(path, exc) from exc
    return before


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


def parse(kind: type[Parsed], path: Path, number: int, raw: bytes) -> Parsed:
    """A record from its JSON; a wrong schema is named before anything else that may be wrong with it."""
    try:
        record = kind.model_validate_json(raw)
    except ValidationError as exc:
        _require_schema(path, number, raw)
        first = exc.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "record"
        raise _damaged(path, number, f"{where}: {first['msg']}") from exc
    if "schema_" not in record.model_fields_set or getattr(record, "schema_", None) != SCHEMA:
        _require_schema(path, number, raw)
    return record


def _require_schema(path: Path, number: int, raw: bytes) -> None:
    schema = _json_object(path, number, raw).get("schema")
    if schema != SCHEMA:
        raise _damaged(path, number, f"schema {schema!r} is not the schema {SCHEMA} of this lab")


def _json_object(path: Path, number: int, raw: bytes) -> dict[str, object]:
    try:
        data = orjson.loads(raw)
    except orjson.JSONDecodeError as exc:
        raise _damaged(path, number, f"not{'' if number else ' whole, or not'} JSON ({exc.msg})") from exc
    if not isinstance(data, dict):
        raise _damaged(path, number, "not a JSON object")
    return data


def string_of(path: Path, number: int, raw: bytes, key: str) -> str | None:
    """A string of a record's JSON, without looking at the rest of it."""
    value = _json_object(path, number, raw).get(key)
    if value is not None and not isinstance(value, str):
        raise _damaged(path, number, f"{key}: not a string")
    return value


def id_of(path: Path, number: int, raw: bytes) -> str:
    """The id of a record's JSON, without looking at the rest of it."""
    found = string_of(path, number, raw, "id")
    if found is None:
        raise _damaged(path, number, "it has no id")
    return found


def _damaged(path: Path, number: int, what: str) -> RecordsError:
    if not number:
        return RecordsError(
            f"{path}: this run cannot be read, as its manifest is no record of a run: {what}",
            next_step="render another run that `lab list` shows, render with the lab version that wrote this "
            "one, or run the comparison again",
        )
    return RecordsError(
        f"{path}:{number}: this is not a record of a run: {what}",
        next_step=(
            "remove the line if it was added by hand, render with the lab version that wrote the run, "
            "or run the comparison again"
        ),
    )
