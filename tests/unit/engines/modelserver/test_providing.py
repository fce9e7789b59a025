"""Which model answers which tier, and what does not fit of what lab.yaml asks for."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from lab.engines.modelserver import providing
from lab.engines.modelserver.providing import Entries, Provided, entries_of, provide
from lab.engines.modelserver.server import reach
from tests.unit.model_api import Answer, Reply, ollama, serving, shown
from tests.unit.model_files import gguf, gguf_bytes

NO_PULL: dict[str, Answer] = {"POST /api/pull": Reply({"error": "not found"}, 404)}
MODELS = {"SIMPLE": "qwen2.5:0.5b", "MEDIUM": "qwen2.5:1.5b"}


def provided(
    answers: dict[str, Answer],
    models: dict[str, str] | None = None,
    embeddings: str | None = None,
    root: Path = Path("/"),
) -> tuple[Provided, list[str], list[str]]:
    """What a server provides, what was said, and which calls it got."""
    said: list[str] = []
    entries = entries_of(models or MODELS, embeddings, root)
    with serving(answers) as fake:
        found = provide(reach(fake.url), entries.good, said.append)
        return found, said, [call for call, _ in fake.asked]


def test_models_that_are_there_are_loaded_and_not_pulled() -> None:
    """Each is shown, loaded, and its context in force noted."""
    found, _, calls = provided(ollama(*MODELS.values()))
    assert found.names == MODELS
    assert found.contexts == {"SIMPLE": 4096, "MEDIUM": 4096}
    assert found.problems == []
    assert set(found.load_s) == set(MODELS)
    assert "POST /api/pull" not in calls
    assert calls.count("POST /api/generate") == 2


def test_one_model_for_two_tiers_is_loaded_once() -> None:
    """The second costs nothing."""
    found, _, calls = provided(ollama("m:1b"), {"SIMPLE": "m:1b", "MEDIUM": "m:1b"})
    assert found.names == {"SIMPLE": "m:1b", "MEDIUM": "m:1b"}
    assert found.contexts == {"SIMPLE": 4096, "MEDIUM": 4096}
    assert calls.count("POST /api/generate") == 1


def test_all_models_that_cannot_be_had_are_named_at_once() -> None:
    """With their keys, not one per run."""
    gone = Reply([{"error": "pull model manifest: file does not exist"}])
    found, _, _ = provided(ollama("other", more={"POST /api/pull": gone}))
    assert [(one.what, one.fatal) for one in found.problems] == [
        ("ollama.models.SIMPLE", True),
        ("ollama.models.MEDIUM", True),
    ]
    assert all("file does not exist" in one.why and one.next_step for one in found.problems)
    assert found.names == {}


def test_without_an_embedding_model_the_run_goes_on() -> None:
    """Only what needs one has none."""
    gone = Reply([{"error": "file does not exist"}])
    found, _, _ = provided(ollama(*MODELS.values(), more={"POST /api/pull": gone}), MODELS, "all-minilm")
    assert found.names == MODELS
    assert [(one.what, one.fatal) for one in found.problems] == [("ollama.embeddings", False)]


def test_a_server_that_cannot_pull_answers_with_the_model_it_has() -> None:
    """llama.cpp serves one model under its own name; one that only embeds is no answer."""
    answers = ollama("nomic-embed-text", "SmolLM2.gguf", loaded={"SmolLM2.gguf": 8192}) | NO_PULL
    found, said, _ = provided(answers, {"SIMPLE": "qwen2.5:0.5b"}, "all-minilm")
    assert found.names == {"SIMPLE": "SmolLM2.gguf"}
    assert any("SmolLM2.gguf answers for qwen2.5:0.5b" in line for line in said)
    assert found.problems == []


def test_a_server_with_nothing_to_serve_is_a_problem() -> None:
    """There is no model that could stand in."""
    found, _, _ = provided(ollama() | NO_PULL, {"SIMPLE": "m:1b"})
    assert "serves no model" in found.problems[0].why
    assert found.problems[0].fatal


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (
            Reply({"error": "it requires more system memory (9 GiB) than is available"}, 500),
            "9 GiB",
        ),
        (Reply({"error": "llama runner process has terminated: signal: killed"}, 500), "signal: killed"),
        (Reply(hang_up=True), "ended the connection"),
        (Reply("<html>", 200, "text/html"), "text/html"),
    ],
)
def test_a_model_that_is_not_loaded_is_told_in_the_server_s_words(reply: Reply, why: str) -> None:
    """Out of memory, killed, restarted: with the key, and before anything is installed."""
    found, _, _ = provided(ollama("m:1b", more={"POST /api/generate": reply}), {"SIMPLE": "m:1b"})
    assert found.names == {}
    assert "ollama.models.SIMPLE" in found.problems[0].why
    assert why in found.problems[0].why
    assert found.problems[0].next_step
    assert found.problems[0].fatal


def test_a_file_that_the_server_cannot_load_is_named_and_not_left_with_it(tmp_path: Path) -> None:
    """As one of an architecture that it does not know; its own words are quoted."""
    path = gguf(tmp_path / "my model.gguf", "xlama")
    digest = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    answers = ollama(more={"POST /api/generate": Reply({"error": "unknown model architecture"}, 500)})
    answers |= {f"HEAD /api/blobs/{digest}": Reply("")}
    both = {"SIMPLE": "my model.gguf", "MEDIUM": "my model.gguf"}
    found, _, calls = provided(answers, both, root=tmp_path)
    why = found.problems[0].why
    assert f"ollama.models.SIMPLE: {path} (architecture xlama)" in why
    assert "unknown model architecture" in why
    assert calls.count("DELETE /api/delete") == 1
    assert (found.names, found.shown) == ({}, {})
    assert [one.what for one in found.problems] == ["ollama.models.SIMPLE", "ollama.models.MEDIUM"]
    assert found.problems[0].why == found.problems[1].why, "it is tried once"


def test_a_server_that_hangs_while_it_loads_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """It answers nothing else either; one that does is given its time, and that is said."""
    monkeypatch.setattr(providing, "PATIENCE_S", 0.05)
    slow = {"POST /api/generate": Reply({"done": True}, delay_s=0.3)}
    found, said, _ = provided(ollama("m:1b", more=slow), {"SIMPLE": "m:1b"})
    assert found.names == {"SIMPLE": "m:1b"}
    assert any(line.startswith("ollama: still loading m:1b (") for line in said)
    once = iter([Reply({"version": "0.17.4"})])
    hung: dict[str, Answer] = {"GET /api/version": lambda _: next(once, Reply(hang_up=True))}
    found, _, _ = provided(ollama("m:1b", more={**slow, **hung}), {"SIMPLE": "m:1b"})
    assert "does not load it: it ended the connection" in found.problems[0].why


def test_a_model_that_was_unloaded_for_another_is_said() -> None:
    """Its next load would be part of a latency."""
    by_name = {name: {**shown("completion"), "modelfile": f"FROM /blobs/{name}"} for name in MODELS.values()}
    answers = ollama(*MODELS.values(), loaded={"qwen2.5:1.5b": 4096})
    answers["POST /api/show"] = lambda body: Reply(by_name[body["model"]])
    found, _, _ = provided(answers)
    assert [(one.what, one.fatal) for one in found.problems] == [("ollama.models.SIMPLE", False)]
    assert "unloaded qwen2.5:0.5b" in found.problems[0].why


def test_a_model_of_the_same_weights_is_loaded_under_another_name() -> None:
    """Ollama lists one of the names alone."""
    found, _, _ = provided(ollama("a", "b", loaded={"b": 2048}), {"SIMPLE": "a"})
    assert found.contexts == {"SIMPLE": 2048}
    assert found.problems == []


def test_entries_say_which_files_are_not_whole(tmp_path: Path) -> None:
    """That of embeddings is no reason to stop."""
    (tmp_path / "cut.gguf").write_bytes(gguf_bytes()[:-1])
    entries = entries_of({"SIMPLE": "cut.gguf", "MEDIUM": "m:1b"}, "./none", tmp_path)
    assert isinstance(entries, Entries)
    assert [(one.role, one.embedding) for one in entries.good] == [("MEDIUM", False)]
    assert [(one.what, one.fatal) for one in entries.problems] == [
        ("ollama.models.SIMPLE", True),
        ("ollama.embeddings", False),
    ]
