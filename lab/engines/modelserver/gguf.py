"""The header of a GGUF file: what model it holds, and whether all of it is there."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Final

MAGIC: Final = b"GGUF"
VERSIONS: Final = (2, 3)
ALIGNMENT: Final = 32
STRING, ARRAY, UINT32 = 8, 9, 4
# Sizes in bytes of the values of a header, by the number of their type; docs/gguf.md of the project ggml.
_SCALARS: Final = {
    0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d",
}  # fmt: skip
# Weights in a block and bytes that it takes, by the number of a tensor's type; ggml.h and ggml-common.h.
_BLOCKS: Final = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 36),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292),
    16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82),
    23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2),
    34: (256, 54), 35: (256, 66), 39: (32, 17),
}  # fmt: skip


class BadGguf(ValueError):
    """A file is no GGUF, or not a whole one; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of the header: its value (of an array, how many items), and the bytes it takes."""

    key: str
    type: int
    value: Any
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor: its shape and type, and where its data is in the file, in bytes (`size` None: not known)."""

    name: str
    shape: tuple[int, ...]
    type: int
    begin: int
    size: int | None


@dataclass(frozen=True, slots=True)
class Gguf:
    """What the header of a GGUF file says."""

    version: int
    entries: tuple[Entry, ...]
    tensors: tuple[Tensor, ...]
    alignment: int

    def value(self, key: str) -> Any:
        """The value of a key; None if the header has none of that name."""
        return next((entry.value for entry in self.entries if entry.key == key), None)

    @property
    def architecture(self) -> str:
        """The architecture by its own word, such as llama; empty if the header names none."""
        found = self.value("general.architecture")
        return found if isinstance(found, str) else ""

    @property
    def context(self) -> int | None:
        """The context length that the model was made for, in tokens."""
        found = self.value(f"{self.architecture}.context_length")
        return found if isinstance(found, int) else None


def read_gguf(path: Path) -> Gguf:
    """The header of a file, with all of its data found to be there; raises BadGguf or OSError."""
    with path.open("rb") as file:
        size = path.stat().st_size
        head = file.read(24)
        if not head.startswith(MAGIC):
            raise BadGguf(_instead(head))
        if size < 24:
            raise BadGguf(f"it is cut off within its header, after {size} bytes")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _Reader(data, size).read()


def _instead(head: bytes) -> str:
    """What a file that is no GGUF seems to be."""
    if not head:
        return "it is empty"
    if head.startswith(b"version https://git"):
        return "it is a pointer of Git LFS, not the file itself (git lfs pull)"
    if head.lstrip()[:1] == b"<":
        return "it is a web page, not a model; its download went wrong"
    return f"it does not begin with GGUF but with {head[:4]!r}"


class _Reader:
    """Reads a header from its beginning; the end of the file before that of the header is an error."""

    def __init__(self, data: mmap.mmap, size: int) -> None:
        self._data = data
        self._size = size
        self._at = 4

    def read(self) -> Gguf:
        version = self._scalar("<I")
        if version not in VERSIONS:
            big = int.from_bytes(version.to_bytes(4, "big"), "little") in VERSIONS
            raise BadGguf(
                "it is written for big-endian machines"
                if big
                else f"its GGUF version is {version}, not 2 or 3"
            )
        tensors, keys = self._scalar("<Q"), self._scalar("<Q")
        entries = tuple(self._entry() for _ in self._times(keys, 13))
        alignment = next((e.value for e in entries if e.key == "general.alignment"), ALIGNMENT)
        if not isinstance(alignment, int) or alignment < 1:
            raise BadGguf(f"its general.alignment is {alignment!r}")
        found = [self._tensor() for _ in self._times(tensors, 24)]
        begin = -(-self._at // alignment) * alignment
        whole = tuple(Tensor(t.name, t.shape, t.type, begin + t.begin, t.size) for t in found)
        for tensor in whole:
            end = tensor.begin + (tensor.size or 0)
            if end > self._size:
                raise BadGguf(
                    f"it is cut off: its tensor {tensor.name} ends at byte {end:,}, it at {self._size:,}"
                )
        return Gguf(version, entries, whole, alignment)

    def _take(self, count: int) -> bytes:
        end = self._at + count
        if end > self._size:
            raise BadGguf(f"it is cut off within its header, after {self._size:,} bytes")
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def _times(self, count: int, least: int) -> range:
        """So many times something of at least `least` bytes, if the file is large enough for that."""
        if count * least > self._size - self._at:
            raise BadGguf(f"it is cut off within its header, after {self._size:,} bytes")
        return range(count)

    def _scalar(self, form: str) -> Any:
        return struct.unpack(form, self._take(struct.calcsize(form)))[0]

    def _string(self) -> str:
        return self._take(self._scalar("<Q")).decode("utf-8", "replace")

    def _entry(self) -> Entry:
        begin = self._at
        key, kind = self._string(), self._scalar("<I")
        value = self._array() if kind == ARRAY else self._reader(kind)()
        return Entry(key, kind, value, begin, self._at)

    def _reader(self, kind: int) -> Callable[[], Any]:
        if kind == STRING:
            return self._string
        if kind in _SCALARS:
            return lambda: self._scalar(_SCALARS[kind])
        raise BadGguf(f"its header has a value of the unknown type {kind}")

    def _array(self) -> int:
        """Skip an array; returns how many items it has."""
        kind, count = self._scalar("<I"), self._scalar("<Q")
        if kind in _SCALARS:
            self._take(count * struct.calcsize(_SCALARS[kind]))
            return int(count)
        if kind != STRING:
            raise BadGguf(f"its header has an array of the unknown type {kind}")
        for _ in self._times(count, 8):
            self._take(self._scalar("<Q"))
        return int(count)

    def _tensor(self) -> Tensor:
        name, rank = self._string(), self._scalar("<I")
        if rank > 8:
            raise BadGguf(f"its tensor {name} has {rank} dimensions")
        shape = tuple(self._scalar("<Q") for _ in range(rank))
        kind, offset = self._scalar("<I"), self._scalar("<Q")
        block = _BLOCKS.get(kind)
        return Tensor(name, shape, kind, offset, prod(shape) // block[0] * block[1] if block else None)
