"""Small models in files, made for tests: a GGUF of two tensors, and a folder of safetensors."""

from __future__ import annotations

import json
import struct
from pathlib import Path

F32 = 0


def text(value: str) -> bytes:
    """A string as GGUF writes it."""
    raw = value.encode()
    return struct.pack("<Q", len(raw)) + raw


def string_key(key: str, value: str) -> bytes:
    """A key of a GGUF header with a text."""
    return text(key) + struct.pack("<I", 8) + text(value)


def number_key(key: str, value: int) -> bytes:
    """A key of a GGUF header with a number."""
    return text(key) + struct.pack("<II", 4, value)


def texts_key(key: str, values: list[str]) -> bytes:
    """A key of a GGUF header with a list of texts."""
    return text(key) + struct.pack("<IIQ", 9, 8, len(values)) + b"".join(map(text, values))


def gguf_bytes(architecture: str = "llama", *more: bytes, version: int = 3, blocks: int = 2) -> bytes:
    """A GGUF of one tensor per block and one beside them, each of 8 numbers."""
    keys = [
        string_key("general.architecture", architecture),
        number_key(f"{architecture}.context_length", 2048),
        number_key(f"{architecture}.block_count", blocks),
        texts_key("tokenizer.ggml.tokens", ["a", "b"]),
        *more,
    ]
    names = ["token_embd.weight", *(f"blk.{n}.weight" for n in range(blocks))]
    tensors = b"".join(
        text(name) + struct.pack("<IQIQ", 1, 8, F32, 32 * place) for place, name in enumerate(names)
    )
    header = b"GGUF" + struct.pack("<IQQ", version, len(names), len(keys)) + b"".join(keys) + tensors
    data = b"".join(struct.pack("<8f", *([float(place)] * 8)) for place, _ in enumerate(names))
    return header + bytes(-len(header) % 32) + data


def gguf(path: Path, architecture: str = "llama") -> Path:
    """A whole GGUF file at `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gguf_bytes(architecture))
    return path


def safetensors(path: Path, numbers: int = 4) -> Path:
    """A safetensors file of one tensor."""
    header = json.dumps(
        {"w": {"dtype": "F32", "shape": [numbers], "data_offsets": [0, 4 * numbers]}}
    ).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(4 * numbers))
    return path


def folder(path: Path) -> Path:
    """A folder of safetensors with all that an embedding model has."""
    path.mkdir(parents=True)
    (path / "config.json").write_text(
        json.dumps({"architectures": ["BertModel"], "max_position_embeddings": 512})
    )
    (path / "tokenizer.json").write_text("{}")
    (path / "README.md").write_text("not sent")
    (path / "1_Pooling").mkdir()
    (path / "1_Pooling" / "config.json").write_text("{}")
    safetensors(path / "model.safetensors")
    return path
