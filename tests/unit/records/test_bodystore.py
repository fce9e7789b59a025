"""Bodies are packed into one file when a run ended, and nothing that goes wrong on the way loses one."""

from __future__ import annotations

import errno
import io
import os
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest
import zstandard
from rich.console import Console

from lab.errors import RecordsError
from lab.progress import Reporter
from lab.records.bodystore import PACK, BodyStore, Pack, write_pack
from lab.records.store import RunStore
from lab.report import render
from lab.run import session
from tests.unit.records_builder import RunBuilder
from tests.unit.sample_run import sample_run

BODIES = (b"", b"one", b"\x00\xff" * 3_000, b'{"x":1}' * 50_000, b"two")


def stored(run: Path, bodies: tuple[bytes, ...] = BODIES) -> dict[str, bytes]:
    """Stores bodies loose; what each hash stands for."""
    return {BodyStore(run).put(data): data for data in bodies}


def loose(run: Path) -> set[str]:
    """The names of all loose bodies."""
    folder = run / "bodies"
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def read_all(run: Path, wanted: dict[str, bytes]) -> None:
    """Every body comes back whole, and its beginning with its size."""
    bodies = BodyStore(run)
    for sha, data in wanted.items():
        assert sha in bodies
        assert bodies.read(sha) == data
        assert bodies.beginning(sha, 5) == (data[:5], len(data))


def test_packed_bodies_come_back_and_the_loose_ones_are_gone(tmp_path: Path) -> None:
    """One file is left of many, and nothing of the work on it."""
    wanted = stored(tmp_path)
    read_all(tmp_path, wanted)
    assert BodyStore(tmp_path).pack() == len(BODIES)
    assert [path.name for path in tmp_path.iterdir()] == [PACK]
    read_all(tmp_path, wanted)
    assert "0" * 64 not in BodyStore(tmp_path)
    with pytest.raises(RecordsError, match=rf"{PACK}: this body cannot be read: 0{{64}} is not in it"):
        BodyStore(tmp_path).read("0" * 64)


def test_standard_tools_read_a_pack(tmp_path: Path) -> None:
    """The archive is a plain one, which lays the bodies out where the lab finds them too."""
    wanted = stored(tmp_path)
    BodyStore(tmp_path).pack()
    unpacked = tmp_path / "plain.tar"
    with (tmp_path / PACK).open("rb") as packed, unpacked.open("wb") as file:
        zstandard.ZstdDecompressor().copy_stream(packed, file)
    (tmp_path / PACK).unlink()
    with tarfile.open(unpacked) as tar:
        assert {(entry.mode, entry.uid, entry.gid, entry.mtime) for entry in tar} == {(0o644, 0, 0, 0)}
        tar.extractall(tmp_path, filter="data")
    assert loose(tmp_path) == set(wanted)
    read_all(tmp_path, wanted)


def test_the_same_bodies_give_the_same_pack(tmp_path: Path) -> None:
    """Neither the order in which they were stored, nor when, nor in how many sittings, is in it."""
    once, twice = tmp_path / "once", tmp_path / "twice"
    stored(once)
    BodyStore(once).pack()
    stored(twice, BODIES[3:])
    BodyStore(twice).pack()
    os.utime(twice / PACK, (1, 1))
    stored(twice, tuple(reversed(BODIES)))
    BodyStore(twice).pack()
    assert (once / PACK).read_bytes() == (twice / PACK).read_bytes()


def test_a_resumed_run_packs_old_and_new_bodies_together(tmp_path: Path) -> None:
    """A second sitting adds to what the first one packed; both are read in between."""
    first = stored(tmp_path)
    BodyStore(tmp_path).pack()
    more = stored(tmp_path, (b"more", b"one"))
    assert loose(tmp_path) == set(more)
    read_all(tmp_path, first | more)
    assert BodyStore(tmp_path).pack() == len(first | more)
    assert loose(tmp_path) == set()
    read_all(tmp_path, first | more)


def test_packing_again_changes_nothing(tmp_path: Path) -> None:
    """With no loose body there is nothing to do."""
    stored(tmp_path)
    BodyStore(tmp_path).pack()
    before = (tmp_path / PACK).stat()
    assert BodyStore(tmp_path).pack() == len(BODIES)
    assert (tmp_path / PACK).stat() == before
    assert BodyStore(tmp_path / "none").pack() == 0


KILLED = """
import os, signal, sys
from pathlib import Path
from lab.records.bodystore import BodyStore
{kill}
BodyStore(Path(sys.argv[1])).pack()
"""
AT_THE_FIRST_REMOVAL = "Path.unlink = lambda self, missing_ok=False: os.kill(os.getpid(), signal.SIGKILL)"
BEFORE_THE_NEW_FILE = "Path.replace = lambda self, target: os.kill(os.getpid(), signal.SIGKILL)"


@pytest.mark.parametrize(("kill", "packed"), [(BEFORE_THE_NEW_FILE, False), (AT_THE_FIRST_REMOVAL, True)])
def test_a_kill_while_packing_loses_nothing(tmp_path: Path, kill: str, packed: bool) -> None:
    """Before the new file has its place, and between that and the removal, every loose body is there."""
    wanted = stored(tmp_path)
    done = subprocess.run([sys.executable, "-c", KILLED.format(kill=kill), tmp_path], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert (tmp_path / PACK).exists() == packed
    assert loose(tmp_path) == set(wanted)
    read_all(tmp_path, wanted)
    BodyStore(tmp_path).pack()
    assert loose(tmp_path) == set()
    read_all(tmp_path, wanted)


LIMITED = """
import resource, sys
from pathlib import Path
from lab.errors import RecordsError
from lab.records.bodystore import BodyStore
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    BodyStore(Path(sys.argv[1])).pack()
except RecordsError as exc:
    print(exc)
"""


def test_a_full_disk_while_packing_loses_nothing(tmp_path: Path) -> None:
    """What does not fit is not kept in part, and the message says that nothing is lost."""
    wanted = stored(tmp_path, (*BODIES, os.urandom(20_000)))
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, tmp_path], capture_output=True, text=True, check=True, timeout=60
    )
    assert "the bodies could not be packed" in done.stdout
    assert "nothing is lost" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["bodies"]
    read_all(tmp_path, wanted)


def test_a_full_disk_while_packing_again_keeps_the_old_pack(tmp_path: Path) -> None:
    """A resumed run whose second packing fails still has both parts."""
    wanted = stored(tmp_path)
    BodyStore(tmp_path).pack()
    before = (tmp_path / PACK).read_bytes()
    wanted |= stored(tmp_path, (os.urandom(500_000),))
    program = LIMITED.replace("(1000, 1000)", "(450_000, 450_000)")  # enough to unpack, not to write the rest
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True, timeout=60
    )
    assert "could not be packed" in done.stdout
    assert (tmp_path / PACK).read_bytes() == before
    assert len(loose(tmp_path)) == 1
    read_all(tmp_path, wanted)


def test_a_pack_that_reads_back_otherwise_does_not_replace_the_bodies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that returns other bytes than it was given is noticed before anything is removed."""
    wanted = stored(tmp_path)
    real = Pack.read
    monkeypatch.setattr(Pack, "read", lambda self, sha, limit=None: real(self, sha, limit)[1:])
    with pytest.raises(RecordsError, match="did not come back as it was written"):
        BodyStore(tmp_path).pack()
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == ["bodies"]
    read_all(tmp_path, wanted)


def test_a_loose_body_that_was_changed_is_not_packed(tmp_path: Path) -> None:
    """Packing would hide which file it was."""
    wanted = stored(tmp_path)
    changed = next(iter(wanted))
    (tmp_path / "bodies" / changed).write_bytes(b"other")
    with pytest.raises(RecordsError, match=rf"{changed}: this body was changed"):
        BodyStore(tmp_path).pack()
    assert loose(tmp_path) == set(wanted)
    assert not (tmp_path / PACK).exists()


def test_reading_leaves_no_file_and_no_handle_behind(tmp_path: Path) -> None:
    """What is unpacked has no name, and goes with its reader."""
    wanted = stored(tmp_path)
    BodyStore(tmp_path).pack()
    handles = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    reader = BodyStore(tmp_path)
    reader.read(next(iter(wanted)))
    assert [path.name for path in tmp_path.iterdir()] == [PACK]
    assert len(os.listdir("/proc/self/fd")) == handles + 1  # noqa: PTH208
    del reader
    assert len(os.listdir("/proc/self/fd")) == handles  # noqa: PTH208


def test_a_report_is_the_same_from_loose_and_from_packed_bodies(tmp_path: Path) -> None:
    """Packing changes how bodies are kept, and nothing that anybody reads."""
    run = sample_run(tmp_path).path
    render(run)
    reports = ("results.json", "report.html", "report.md", "evidence.html")
    before = {name: (run / name).read_bytes() for name in reports}
    assert RunStore.open(run).bodies.pack() > 50
    for name in reports:
        (run / name).unlink()
    render(run)
    assert before == {name: (run / name).read_bytes() for name in reports}
    assert not (run / "bodies").exists()


def test_a_store_reads_what_it_packed_itself(tmp_path: Path) -> None:
    """The run's own store goes on reading and recording after it packed."""
    builder = RunBuilder(tmp_path)
    first = builder.exchange("direct", "S1")
    builder.store.bodies.pack()
    assert builder.store.body(first.request)
    second = builder.exchange("direct", "S1", 2)
    builder.store.bodies.pack()
    assert builder.store.body(first.request) != builder.store.body(second.request)


def test_writing_asks_for_each_body_once(tmp_path: Path) -> None:
    """Bodies pass through memory one at a time, in an order that puts those of one size together."""
    bodies = {BodyStore(tmp_path).put(data): data for data in (b"bb", b"a", b"cc")}
    asked: list[str] = []

    def read(sha: str) -> bytes:
        asked.append(sha)
        return bodies[sha]

    write_pack(tmp_path / PACK, {sha: len(data) for sha, data in bodies.items()}, read)
    assert [len(bodies[sha]) for sha in asked] == [1, 2, 2]
    assert sorted(asked) == sorted(bodies)


def test_a_run_whose_bodies_cannot_be_packed_ends_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason is a warning; the outcome of the run, its records and its report are not touched."""
    builder = RunBuilder(tmp_path)
    record = builder.exchange("direct", "S1")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("lab.records.bodystore.write_pack", full)
    screen = io.StringIO()
    ending = object.__new__(session._Session)
    ending._store, ending._times = builder.store, {}
    ending._reporter = Reporter(Console(file=screen, width=200))
    ending.pack()
    assert "could not be packed: No space left on device" in screen.getvalue()
    assert builder.store.body(record.request)
    monkeypatch.undo()
    ending.pack()
    assert "pack" in builder.store.manifest().timings_s
    assert not (builder.store.path / "bodies").exists()


def test_what_a_lab_left_that_was_killed_while_it_packed_goes_with_the_next_report(tmp_path: Path) -> None:
    """A part of a file stays as long as another lab may be writing it, and no longer."""
    store = RunBuilder(tmp_path, over={"state": "finished"}).store
    old, new = (store.path / f".part-{name}" for name in ("old", "new"))
    for part in (old, new):
        part.write_bytes(b"half of a pack")
    os.utime(old, (time.time() - 3600,) * 2)
    render(store.path)
    assert not old.exists()
    assert new.exists()
    store.repair()
    assert not new.exists()
