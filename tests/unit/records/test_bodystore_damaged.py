"""A pack that was cut off, changed, or made by others is named, or read as far as it is sound."""

from __future__ import annotations

import errno
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from lab.errors import RecordsError
from lab.records.bodystore import PACK, BodyStore
from tests.unit.records.test_bodystore import read_all, stored


def _foreign(data: bytes, name: str = "bodies/" + "0" * 64, kind: bytes = tarfile.REGTYPE) -> bytes:
    """A whole pack with one entry."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.type = len(data), kind
    return zstandard.compress(entry.tobuf(tarfile.USTAR_FORMAT) + data.ljust(512, b"\0") + bytes(1024))


def _frame_of(tar: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Changes what is in a pack, and compresses it without a fault."""
    return lambda raw: zstandard.compress(tar(zstandard.ZstdDecompressor().decompressobj().decompress(raw)))


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda raw: raw[:-1], "it ends too early"),
        (lambda raw: raw[: len(raw) // 2], "it ends too early"),
        (lambda raw: b"", "it ends too early"),
        (lambda raw: raw[:40] + bytes([raw[40] ^ 1]) + raw[41:], "it is damaged, or no Zstandard file"),
        (lambda raw: b"PK\x03\x04" + raw, "it is damaged, or no Zstandard file"),
        (_frame_of(lambda tar: b"no archive" * 100), "it holds no tar archive"),
        (_frame_of(lambda tar: tar[:2000]), "it ends too early"),
        (lambda raw: _foreign(b"x", "bodies/manifest.json"), "it holds 'bodies/manifest.json', which is no"),
        (lambda raw: _foreign(b"", kind=tarfile.SYMTYPE), "which is no body"),
    ],
)
def test_a_pack_that_is_damaged_or_foreign_is_named(
    tmp_path: Path, damage: Callable[[bytes], bytes], why: str
) -> None:
    """The error says which file it is, what is wrong with it, and what to do."""
    wanted = stored(tmp_path)
    BodyStore(tmp_path).pack()
    path = tmp_path / PACK
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(RecordsError) as raised:
        BodyStore(tmp_path).read(next(iter(wanted)))
    assert str(path) in raised.value.message
    assert why in raised.value.message
    assert "restore the file from a copy" in raised.value.next_step
    assert [found.name for found in tmp_path.iterdir()] == [PACK]


def test_a_body_under_another_ones_hash_is_refused(tmp_path: Path) -> None:
    """A pack that is whole can still hold something else than it says."""
    (tmp_path / PACK).write_bytes(_foreign(b"x"))
    with pytest.raises(RecordsError, match=rf"{PACK}: body 0{{64}} was changed or cut off"):
        BodyStore(tmp_path).read("0" * 64)


def test_a_pack_made_by_other_programs_is_read(tmp_path: Path) -> None:
    """Folders, leading dots, further notes and several compressed parts are no reason to refuse it."""
    wanted = stored(tmp_path)
    plain = tmp_path / "plain.tar"
    with tarfile.open(plain, "w", format=tarfile.PAX_FORMAT) as tar:
        tar.add(tmp_path / "bodies", arcname="./bodies")  # times with fractions need further notes
    for sha in wanted:
        (tmp_path / "bodies" / sha).unlink()
    raw = plain.read_bytes()
    assert b"mtime=" in raw
    (tmp_path / PACK).write_bytes(zstandard.compress(raw[:3000]) + zstandard.compress(raw[3000:]))
    read_all(tmp_path, wanted)


def test_a_disk_without_room_to_unpack_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading needs room for the bodies beside the pack, for as long as it takes."""
    wanted = stored(tmp_path)
    BodyStore(tmp_path).pack()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("lab.records.bodystore._unpack", full)
    with pytest.raises(RecordsError, match=rf"{PACK}: .*No space left on device"):
        BodyStore(tmp_path).read(next(iter(wanted)))
