"""The upstream mode `ollama`: where the meter forwards which tier, and what of a URL may be recorded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lab.engines.modelserver.http import Http
from lab.engines.modelserver.server import ModelServer
from lab.errors import ConfigError
from lab.records.manifest import ModelServerInfo
from lab.run.inquiry import Answered
from lab.run.model_server import Address, ModelServerOfRun
from lab.run.upstream import file_variables, from_model_servers, wanted_models
from tests.unit.model_files import gguf
from tests.unit.run.planned import plan, scenario, settings


def served(
    system: str, names: dict[str, str], from_meter: str, version: str | None = None
) -> ModelServerOfRun:
    """A model server that has answered."""
    info = ModelServerInfo(system=system, kind=system, version=version)
    server = ModelServer(Http("http://127.0.0.1:1"), "ollama", version, ())
    answer = Answered(server, names, {}, (), frozenset(), info, {})
    return ModelServerOfRun(system, Address("http://127.0.0.1:1", from_meter, "here"), None, answer)


def forwarded(targets: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[str, str]]:
    """Base URL and name by the model that is asked for."""
    return {model: (target["base_url"], target["model"]) for model, target in targets.items()}


def test_tiers_and_embeddings_go_to_the_names_that_the_server_has() -> None:
    """The meter's address for it may be another than the lab's."""
    names = {"SIMPLE": "lab/a-01234567", "MEDIUM": "m:1b", "embeddings": "all-minilm:latest"}
    ahead = from_model_servers(
        plan(scenario("A")), [served("ollama", names, "http://ollama:11434", "0.17.4")]
    )
    assert forwarded(ahead.forward) == {
        "kimi-lab-simple": ("http://ollama:11434", "lab/a-01234567"),
        "kimi-lab-medium": ("http://ollama:11434", "m:1b"),
    }
    assert ahead.embeddings_forward is not None
    assert ahead.embeddings_forward["model"] == "all-minilm:latest"
    assert [info.system for info in ahead.servers] == ["ollama"]
    assert ahead.version == "0.17.4"
    assert "model server ollama with lab/a-01234567, m:1b" in ahead.why
    assert ahead.forward_for == {}


def test_without_an_embedding_model_the_meter_embeds() -> None:
    """Nothing is forwarded to a model that is not there."""
    ahead = from_model_servers(plan(scenario("A")), [served("ollama", {"SIMPLE": "m"}, "http://x")])
    assert ahead.embeddings_forward is None
    assert list(ahead.forward) == ["kimi-lab-simple"]


def test_a_second_model_server_answers_its_own_rows_alone() -> None:
    """Gateways ask the first; a row with another context keeps its own target."""
    both = [
        served("ollama", {"SIMPLE": "a"}, "http://one"),
        served("llamacpp", {"SIMPLE": "b"}, "http://two"),
    ]
    target = {"base_url": "http://one", "model": "lab/a-context"}
    asked = plan(scenario("A"), variants=("litellm-router", "ollama", "llamacpp"))
    ahead = from_model_servers(asked, both, {"ollama-context": {"kimi-lab-simple": target}})
    assert forwarded(ahead.forward) == {"kimi-lab-simple": ("http://one", "a")}
    assert {caller: forwarded(own) for caller, own in ahead.forward_for.items()} == {
        "llamacpp": {"kimi-lab-simple": ("http://two", "b")},
        "ollama-context": {"kimi-lab-simple": ("http://one", "lab/a-context")},
    }
    assert "SIMPLE answered by the model server llamacpp with b" in ahead.why


def test_a_server_of_one_file_gets_the_first_gguf_file_that_answers(tmp_path: Path) -> None:
    """Names of models, folders of safetensors and embeddings are none."""
    gguf(tmp_path / "My Model.gguf")
    gguf(tmp_path / "e.gguf")
    lab = settings(models={"SIMPLE": "m", "MEDIUM": "My Model.gguf"}, embeddings="e.gguf")
    assert file_variables(wanted_models(lab, tmp_path)) == {
        "LAB_MODEL_FILE": str(tmp_path / "My Model.gguf"),
        "LAB_MODEL_NAME": "my model",
    }
    assert file_variables(wanted_models(settings(embeddings="e.gguf"), tmp_path)) == {}


def test_files_that_are_not_whole_stop_a_run_unless_only_embeddings_are_of_them(tmp_path: Path) -> None:
    """All of them are named at once."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.gguf").write_bytes(b"")
    lab = settings(models={"SIMPLE": "a.gguf", "MEDIUM": "b.gguf"}, embeddings=None)
    with pytest.raises(ConfigError, match=r"(?s)SIMPLE.*a\.gguf.*MEDIUM.*b\.gguf"):
        wanted_models(lab, tmp_path)
    entries = wanted_models(settings(models={"SIMPLE": "m"}, embeddings="a.gguf"), tmp_path)
    assert [problem.what for problem in entries.problems] == ["ollama.embeddings"]
