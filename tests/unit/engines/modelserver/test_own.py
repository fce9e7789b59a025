"""Models of the lab's own: removed by `lab clean`, and only those."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab.engines.modelserver import own
from tests.unit.model_api import ollama, serving

OWN = "tiny-one-0123abcd"


def model(folder: Path, name: str, *blobs: str) -> Path:
    """A model in a folder of Ollama, made of these files."""
    for blob in blobs:
        (folder / "blobs").mkdir(parents=True, exist_ok=True)
        (folder / "blobs" / f"sha256-{blob}").write_text(blob)
    path = folder / "manifests" / "registry.ollama.ai" / name / "latest"
    path.parent.mkdir(parents=True)
    layers = [{"digest": f"sha256:{blob}"} for blob in blobs]
    path.write_text(json.dumps({"config": layers[0], "layers": layers[1:]}))
    return path


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """An environment with a folder of models and a cache of its own."""
    return {"OLLAMA_MODELS": str(tmp_path / "models"), "XDG_CACHE_HOME": str(tmp_path / "cache")}


def test_only_the_lab_s_models_go_from_the_folder_and_only_files_that_no_other_needs(
    env: dict[str, str],
) -> None:
    """A user may have a model of the same weights, or one below `lab/`."""
    folder = Path(env["OLLAMA_MODELS"])
    gone = model(folder, f"lab/{OWN}", "a", "b", "shared")
    users = [model(folder, "library/qwen", "c", "shared"), model(folder, "lab/theirs", "d")]
    said = own.clean(env)
    assert said == [f"removed the model lab/{OWN} from {folder}"]
    assert not gone.exists()
    assert all(path.exists() for path in users)
    assert sorted(path.name for path in (folder / "blobs").iterdir()) == [
        "sha256-c", "sha256-d", "sha256-shared",
    ]  # fmt: skip
    assert own.clean(env) == []


def test_only_the_lab_s_models_go_from_a_server(env: dict[str, str]) -> None:
    """The one that OLLAMA_URL names."""
    with serving(ollama("qwen2.5:0.5b", f"lab/{OWN}:latest", "lab/theirs:latest")) as fake:
        said = own.clean(env | {"OLLAMA_URL": fake.url})
        assert fake.bodies("DELETE /api/delete") == [{"model": f"lab/{OWN}:latest"}]
    assert said == [f"removed the model lab/{OWN}:latest from OLLAMA_URL"]


def test_a_server_that_does_not_answer_keeps_them_and_it_is_said(env: dict[str, str]) -> None:
    """Cleaning goes on."""
    said = own.clean(env | {"OLLAMA_URL": "http://127.0.0.1:9"})
    assert len(said) == 1
    assert "stay" in said[0]


def test_nothing_is_removed_while_a_run_uses_it(env: dict[str, str]) -> None:
    """Several runs may; the last one's end frees them."""
    path = model(Path(env["OLLAMA_MODELS"]), f"lab/{OWN}", "a")
    first, second = own.hold(env), own.hold(env)
    assert first is not None
    assert second is not None
    first.close()
    assert own.clean(env) == ["models of the lab's own stay: a run uses them"]
    assert path.exists()
    second.close()
    own.clean(env)
    assert not path.exists()


def test_a_folder_that_is_not_there_says_nothing(env: dict[str, str]) -> None:
    """Most machines have no Ollama."""
    assert own.clean(env) == []


def test_a_manifest_that_is_no_json_loses_no_other_file(env: dict[str, str]) -> None:
    """It goes, and what it consists of stays."""
    folder = Path(env["OLLAMA_MODELS"])
    path = model(folder, f"lab/{OWN}", "a")
    path.write_text("[")
    own.clean(env)
    assert not path.exists()
    assert (folder / "blobs" / "sha256-a").exists()
