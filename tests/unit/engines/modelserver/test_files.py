"""Entries of ollama.models that are paths, and whether their files are whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.engines.modelserver.files import digests, is_own, own_name, path_of, read_files
from lab.errors import ConfigError
from tests.unit.model_files import folder, gguf, gguf_bytes, number_key, safetensors

KEY = "ollama.models.SIMPLE"


@pytest.mark.parametrize(
    "name",
    [
        "qwen2.5:0.5b", "all-minilm", "library/llama3.2", "hf.co/bartowski/x-GGUF:Q4_K_M",
        "hf.co/user/repo:model.gguf", "nowhere/at-all",
    ],
)  # fmt: skip
def test_names_of_models_are_no_paths(tmp_path: Path, name: str) -> None:
    """They go to the server as they are, those of a hub that end in .gguf too."""
    assert path_of(name, tmp_path) is None
    assert read_files(KEY, name, tmp_path) is None


def test_paths_are_taken_from_the_project_s_folder(tmp_path: Path) -> None:
    """Relative or absolute, with spaces, and a folder without any sign of a path."""
    gguf(tmp_path / "my models" / "tiny one.gguf")
    folder(tmp_path / "mini lm")
    assert path_of("my models/tiny one.gguf", tmp_path) == tmp_path / "my models" / "tiny one.gguf"
    assert path_of(str(tmp_path / "x.GGUF"), Path("/")) == tmp_path / "x.GGUF"
    assert path_of("./a/../b", tmp_path) == tmp_path / "b"
    assert path_of("mini lm", tmp_path) == tmp_path / "mini lm"


def test_a_whole_gguf_is_one_file(tmp_path: Path) -> None:
    """It is sent under its own name."""
    path = gguf(tmp_path / "tiny one.gguf", "gemma3")
    found = read_files(KEY, "tiny one.gguf", tmp_path)
    assert found is not None
    assert (found.key, found.path, dict(found.files)) == (KEY, path, {"tiny one.gguf": path})
    assert (found.architecture, found.context, found.size) == ("gemma3", 2048, path.stat().st_size)


def test_a_folder_is_sent_with_what_says_how_it_pools(tmp_path: Path) -> None:
    """But not with what only people read."""
    folder(tmp_path / "mini lm")
    found = read_files("ollama.embeddings", "mini lm", tmp_path)
    assert found is not None
    assert list(found.files) == [
        "1_Pooling/config.json",
        "config.json",
        "model.safetensors",
        "tokenizer.json",
    ]
    assert (found.architecture, found.context) == ("BertModel", 512)


def wrong(text: str, root: Path) -> str:
    """What is wrong with an entry; it names the key and the path."""
    with pytest.raises(ConfigError) as caught:
        read_files(KEY, text, root)
    assert f"configs/lab.yaml: {KEY}: {root}" in caught.value.message
    assert caught.value.next_step
    return caught.value.message


def test_files_that_are_not_whole_are_named_with_their_key(tmp_path: Path) -> None:
    """Before anything starts."""
    assert "no such file" in wrong("./not here.gguf", tmp_path)
    (tmp_path / "cut off.gguf").write_bytes(gguf_bytes()[:-1])
    assert "cut off" in wrong("cut off.gguf", tmp_path)
    (tmp_path / "part.gguf").write_bytes(gguf_bytes("llama", number_key("split.count", 3)))
    assert "one of 3 parts" in wrong("part.gguf", tmp_path)
    (tmp_path / "nameless.gguf").write_bytes(gguf_bytes(""))
    assert "names no architecture" in wrong("nameless.gguf", tmp_path)


def test_folders_that_are_not_whole_are_named_with_what_is_missing(tmp_path: Path) -> None:
    """Weights, configuration, parts, or the end of a part."""
    empty = tmp_path / "empty"
    gguf(empty / "m.gguf")
    assert "it has m.gguf: name that file" in wrong("./empty", tmp_path)
    where = folder(tmp_path / "f")
    (where / "config.json").write_text("[1]")
    assert "no JSON object" in wrong("f", tmp_path)
    (where / "config.json").write_text("{")
    assert "no JSON" in wrong("f", tmp_path)
    (where / "config.json").unlink()
    assert "has no config.json" in wrong("f", tmp_path)
    (where / "config.json").write_text("{}")
    index = where / "model.safetensors.index.json"
    index.write_text('{"weight_map": {"w": "model.safetensors", "v": "model-2.safetensors"}}')
    assert "model-2.safetensors, which is not there" in wrong("f", tmp_path)
    index.unlink()
    whole = (where / "model.safetensors").read_bytes()
    for end in range(len(whole)):
        (where / "model.safetensors").write_bytes(whole[:end])
        assert "cut off" in wrong("f", tmp_path), end
    (where / "model.safetensors").write_bytes(b"\x04\0\0\0\0\0\0\0null" + whole)
    assert "no JSON with offsets" in wrong("f", tmp_path)


def test_names_follow_the_content_and_are_the_lab_s_own(tmp_path: Path) -> None:
    """Another content is another model, and nobody's model has such a name by accident."""
    gguf(tmp_path / "My Model (v2).gguf")
    one = read_files(KEY, "My Model (v2).gguf", tmp_path)
    assert one is not None
    found = digests(one)
    name = own_name(one, found)
    assert name == f"lab/my-model-v2-{found['My Model (v2).gguf'].removeprefix('sha256:')[:8]}"
    assert is_own(name)
    assert is_own(f"{name}:latest")
    gguf(tmp_path / "My Model (v2).gguf", "qwen2")
    other = read_files(KEY, "My Model (v2).gguf", tmp_path)
    assert other is not None
    assert own_name(other, digests(other)) != name
    assert not any(map(is_own, ("lab/mine", "lab/mine:7b", "other/m-0123abcd", "lab/m-0123ABCD")))


def test_the_name_of_a_folder_follows_all_its_files(tmp_path: Path) -> None:
    """A change of its configuration is another model."""
    where = folder(tmp_path / "mini lm")
    before = read_files(KEY, "mini lm", tmp_path)
    assert before is not None
    name = own_name(before, digests(before))
    assert name.startswith("lab/mini-lm-")
    (where / "1_Pooling" / "config.json").write_text('{"a": 1}')
    assert own_name(before, digests(before)) != name
    safetensors(where / "model.safetensors", 5)


def test_bytes_are_told_as_they_are_hashed(tmp_path: Path) -> None:
    """Large files take minutes."""
    gguf(tmp_path / "m.gguf")
    found = read_files(KEY, "m.gguf", tmp_path)
    assert found is not None
    told: list[int] = []
    digests(found, told.append)
    assert sum(told) == found.size
