"""What `lab doctor` says of the model server, without loading anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.errors import ConfigError, EngineError
from lab.run.looking import look
from tests.unit.model_api import Reply, ollama, serving, shown
from tests.unit.model_files import gguf
from tests.unit.run.planned import TOOL, plan, scenario, settings

NOWHERE = {"PATH": "/nowhere"}


def test_a_machine_without_a_model_server_is_told_so() -> None:
    """A run then answers by script."""
    looked = look(plan(scenario("A")), NOWHERE)
    assert not looked.there
    assert "OLLAMA_URL is not set" in looked.sentences[0]


def test_a_server_is_asked_and_nothing_is_loaded_or_pulled() -> None:
    """What a run would pull is said."""
    with serving(ollama("qwen2.5:0.5b")) as fake:
        looked = look(plan(scenario("A")), NOWHERE | {"OLLAMA_URL": fake.url})
        calls = {call for call, _ in fake.asked}
    assert looked.there
    assert looked.sentences[0] == f"ollama 0.17.4 answers at {fake.url}"
    assert any("SIMPLE: qwen2.5:0.5b; context 4,096 of 32,768 tokens" in line for line in looked.sentences)
    assert any("qwen2.5:1.5b is not there; it is pulled" in line for line in looked.sentences)
    assert not calls & {"POST /api/generate", "POST /api/pull", "POST /api/chat", "POST /api/embed"}


def test_what_does_not_fit_is_the_same_as_before_a_run() -> None:
    """Capabilities and contexts."""
    made = plan(scenario("T", "word " * 6000, tools=[TOOL]))
    with serving(ollama("qwen2.5:0.5b", more={"POST /api/show": Reply(shown("completion"))})) as fake:
        looked = look(made, NOWHERE | {"OLLAMA_URL": fake.url})
    whys = " ".join(problem.why for problem in looked.problems)
    assert "does not take tools" in whys
    assert "do not fit into its context of 4,096 tokens" in whys


def test_files_are_found_whole_or_named(tmp_path: Path) -> None:
    """Even where no server is."""
    gguf(tmp_path / "a one.gguf")
    lab = settings(models={"SIMPLE": "a one.gguf"}, embeddings=None)
    with serving(ollama()) as fake:
        looked = look(plan(scenario("A"), lab=lab, root=tmp_path), NOWHERE | {"OLLAMA_URL": fake.url})
    assert looked.sentences[1] == f"SIMPLE: {tmp_path / 'a one.gguf'} is whole (llama, 0 MB); a run sends it"
    (tmp_path / "a one.gguf").write_text("<html>")
    with pytest.raises(ConfigError, match=r"ollama\.models\.SIMPLE.*web page"):
        look(plan(scenario("A"), lab=lab, root=tmp_path), NOWHERE)


def test_ollama_on_path_is_looked_at_by_its_folder(tmp_path: Path) -> None:
    """No server runs yet."""
    program = tmp_path / "bin" / "ollama"
    program.parent.mkdir()
    program.touch(0o755)
    there = tmp_path / "models/manifests/registry.ollama.ai/library/qwen2.5/0.5b"
    there.parent.mkdir(parents=True)
    there.touch()
    env = {"PATH": str(program.parent), "OLLAMA_MODELS": str(tmp_path / "models")}
    looked = look(plan(scenario("A")), env)
    assert looked.there
    assert looked.sentences[:3] == (
        f"{program}, on PATH",
        "SIMPLE: qwen2.5:0.5b is there",
        "MEDIUM: qwen2.5:1.5b is not there; it is pulled when a run begins",
    )


def test_a_server_that_does_not_answer_is_an_error() -> None:
    """The doctor says it with the next step."""
    with pytest.raises(EngineError, match="no model server answers"):
        look(plan(scenario("A")), NOWHERE | {"OLLAMA_URL": "http://127.0.0.1:9"})
