"""The upstream mode `ollama`: where the meter forwards which tier, and what of a URL may be recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.errors import ConfigError
from lab.records.manifest import ModelServerInfo
from lab.run.upstream import from_ollama, wanted_models
from tests.unit.run.planned import settings

INFO = ModelServerInfo(system="ollama", kind="ollama", version="0.17.4")


def test_tiers_and_embeddings_go_to_the_names_that_the_server_has() -> None:
    """The meter's address for it may be another than the lab's."""
    names = {"SIMPLE": "lab/a-01234567", "MEDIUM": "m:1b", "embeddings": "all-minilm:latest"}
    ahead = from_ollama(settings(), names, INFO, "http://127.0.0.1:1", "http://ollama:11434")
    assert {model: target["model"] for model, target in ahead.forward.items()} == {
        "kimi-lab-simple": "lab/a-01234567",
        "kimi-lab-medium": "m:1b",
    }
    assert {target["base_url"] for target in ahead.forward.values()} == {"http://ollama:11434"}
    assert ahead.embeddings_forward is not None
    assert ahead.embeddings_forward["model"] == "all-minilm:latest"
    assert ahead.servers == (INFO,)
    assert ahead.version == "0.17.4"
    assert "lab/a-01234567" in ahead.why


def test_without_an_embedding_model_the_meter_embeds() -> None:
    """Nothing is forwarded to a model that is not there."""
    ahead = from_ollama(settings(), {"SIMPLE": "m"}, INFO, "http://x", "http://x")
    assert ahead.embeddings_forward is None
    assert list(ahead.forward) == ["kimi-lab-simple"]


def test_files_that_are_not_whole_stop_a_run_unless_only_embeddings_are_of_them(tmp_path: Path) -> None:
    """All of them are named at once."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.gguf").write_bytes(b"")
    lab = settings(models={"SIMPLE": "a.gguf", "MEDIUM": "b.gguf"}, embeddings=None)
    with pytest.raises(ConfigError, match=r"(?s)SIMPLE.*a\.gguf.*MEDIUM.*b\.gguf"):
        wanted_models(lab, tmp_path)
    entries = wanted_models(settings(models={"SIMPLE": "m"}, embeddings="a.gguf"), tmp_path)
    assert [problem.what for problem in entries.problems] == ["ollama.embeddings"]
