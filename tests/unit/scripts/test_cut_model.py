"""A model cut to its first blocks is a whole GGUF file."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.engines.modelserver.gguf import read_gguf
from scripts.cut_model import cut, main
from tests.unit.model_files import gguf_bytes


@pytest.mark.parametrize(
    ("blocks", "left"), [(3, ["blk.0.weight", "blk.1.weight", "blk.2.weight"]), (1, ["blk.0.weight"])]
)
def test_the_first_blocks_and_all_that_is_in_none_stay(tmp_path: Path, blocks: int, left: list[str]) -> None:
    """With their data, and with a header that says how many there are."""
    source, target = tmp_path / "whole.gguf", tmp_path / "cut one.gguf"
    source.write_bytes(gguf_bytes(blocks=3))
    cut(source, target, blocks)
    whole, made = read_gguf(source), read_gguf(target)
    assert [tensor.name for tensor in made.tensors] == ["token_embd.weight", *left]
    assert made.value("llama.block_count") == blocks
    assert (made.architecture, made.context) == (whole.architecture, whole.context)
    data, before = target.read_bytes(), source.read_bytes()
    for tensor in made.tensors:
        old = next(other for other in whole.tensors if other.name == tensor.name)
        size = tensor.size or 0
        assert data[tensor.begin : tensor.begin + size] == before[old.begin : old.begin + size]
    assert len(data) <= len(before)


def test_the_command_cuts_to_two_blocks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of the model that is named; without a target it says how it is used."""
    source = tmp_path / "whole.gguf"
    source.write_bytes(gguf_bytes(blocks=5))
    assert main([str(tmp_path / "cut.gguf"), str(source)]) == 0
    assert read_gguf(tmp_path / "cut.gguf").value("llama.block_count") == 2
    assert main([]) == 2
    assert "scripts.cut_model" in capsys.readouterr().err
