"""Headers of GGUF files: what they say, and what is wrong with files that are not whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.engines.modelserver.gguf import BadGguf, read_gguf
from tests.unit.model_files import gguf_bytes, number_key, string_key

WHOLE = gguf_bytes()


def read(folder: Path, content: bytes) -> str:
    """What is wrong with a file of that content."""
    path = folder / "a model.gguf"
    path.write_bytes(content)
    with pytest.raises(BadGguf) as caught:
        read_gguf(path)
    return str(caught.value)


@pytest.mark.parametrize("version", [2, 3])
def test_a_whole_file_says_what_model_it_holds(tmp_path: Path, version: int) -> None:
    """Keys, tensors, and where their data is."""
    path = tmp_path / "m.gguf"
    path.write_bytes(gguf_bytes("qwen2", string_key("general.name", "Qw"), version=version))
    gguf = read_gguf(path)
    assert (gguf.architecture, gguf.context, gguf.value("general.name")) == ("qwen2", 2048, "Qw")
    assert gguf.value("tokenizer.ggml.tokens") == 2
    assert [tensor.name for tensor in gguf.tensors] == ["token_embd.weight", "blk.0.weight", "blk.1.weight"]
    last = gguf.tensors[-1]
    assert last.begin + (last.size or 0) == path.stat().st_size


def test_a_file_that_is_cut_off_anywhere_is_not_whole(tmp_path: Path) -> None:
    """At every single byte, of the header and of the data."""
    for end in range(4, len(WHOLE)):
        assert "cut off" in read(tmp_path, WHOLE[:end]), end


def test_a_cut_off_file_names_the_tensor_and_both_sizes(tmp_path: Path) -> None:
    """So that a user sees how much of a download is missing."""
    why = read(tmp_path, WHOLE[:-5])
    assert "blk.1.weight" in why
    assert f"{len(WHOLE):,}" in why
    assert f"{len(WHOLE) - 5:,}" in why


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"<!doctype html><p>Sign in", "web page"),
        (b"\n  <html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "Git LFS"),
        (b"PK\x03\x04 a zip", "does not begin with GGUF"),
        (b"GGUF" + (1).to_bytes(4, "little") + WHOLE[8:], "version is 1"),
        (b"GGUF" + (3).to_bytes(4, "big") + WHOLE[8:], "big-endian"),
        (WHOLE[:8] + (1 << 62).to_bytes(8, "little") + WHOLE[16:], "cut off"),
        (WHOLE[:16] + (1 << 62).to_bytes(8, "little") + WHOLE[24:], "cut off"),
    ],
)
def test_what_is_no_gguf_is_named(tmp_path: Path, content: bytes, why: str) -> None:
    """What people really have in such files, and lengths that are lies."""
    assert why in read(tmp_path, content)


def test_values_of_unknown_types_are_no_crash(tmp_path: Path) -> None:
    """A header of a later version than the lab knows."""
    odd = string_key("general.odd", "x").replace((8).to_bytes(4, "little"), (99).to_bytes(4, "little"), 1)
    assert "unknown type" in read(tmp_path, gguf_bytes("llama", odd))
    assert "alignment" in read(tmp_path, gguf_bytes("llama", number_key("general.alignment", 0)))
