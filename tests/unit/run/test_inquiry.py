"""Asking a model server before anything is installed: what is said, recorded, and what ends a run."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from lab.config.models import LabConfig
from lab.errors import EngineError, InstallError
from lab.progress import Reporter
from lab.run.inquiry import Answered, ask
from lab.run.upstream import wanted_models
from tests.unit.model_api import Answer, Reply, ollama, serving, shown
from tests.unit.run.planned import TOOL, plan, scenario, settings

NAMES = ("qwen2.5:0.5b", "qwen2.5:1.5b", "all-minilm:latest")


def asked(
    answers: dict[str, Answer], lab: LabConfig | None = None, **more: Any
) -> tuple[Answered, str, list[tuple[str, Any]]]:
    """What came of asking, what was printed, and what the server was asked."""
    out = io.StringIO()
    made = plan(scenario("A"), scenario("T", tools=[TOOL]), lab=lab or settings(), **more)
    with serving(answers) as fake:
        reporter = Reporter(Console(file=out, width=200))
        found = ask(made, fake.url, "OLLAMA_URL", wanted_models(made.lab, Path("/")), reporter)
        return found, out.getvalue(), fake.asked


def test_what_was_learned_is_kept() -> None:
    """Versions, names, capabilities, contexts, times."""
    found, said, _ = asked(ollama(*NAMES))
    info = found.info
    assert (info.system, info.kind, info.version, info.where) == ("ollama", "ollama", "0.17.4", "OLLAMA_URL")
    simple = info.models["SIMPLE"]
    assert (simple.asked_for, simple.served_as) == ("qwen2.5:0.5b", "qwen2.5:0.5b")
    assert (simple.context, simple.trained_context) == (4096, 32768)
    assert (simple.read_per_s, simple.write_per_s) == (300.0, 16.0)
    assert simple.load_s is not None
    assert simple.answer_s is not None
    assert info.models["embeddings"].served_as == "all-minilm:latest"
    assert info.needs_about_s is not None
    assert "the models' part of the run takes about" in said
    assert "ollama 0.17.4 answers at OLLAMA_URL" in said


def test_each_model_gives_one_timed_answer_to_a_text_that_no_cache_has_read() -> None:
    """As long as the lab lets it be."""
    _, _, first = asked(ollama(*NAMES))
    _, _, second = asked(ollama(*NAMES))
    chats = [body for call, body in first if call == "POST /api/chat"]
    assert [body["model"] for body in chats] == ["qwen2.5:0.5b", "qwen2.5:1.5b"]
    assert all(body["options"] == {"num_predict": 32} for body in chats)
    other = next(body for call, body in second if call == "POST /api/chat")
    assert chats[0]["messages"][0]["content"][:8] != other["messages"][0]["content"][:8]


def test_what_a_model_does_not_take_is_one_row_and_no_step_of_the_run() -> None:
    """The run goes on."""
    found, said, _ = asked(ollama(*NAMES, more={"POST /api/show": Reply(shown("completion", "embedding"))}))
    assert list(found.cannot) == ["T"]
    assert "ollama.models.SIMPLE" in said
    assert "choose a model with tools" in said
    assert any("does not take tools" in problem for problem in found.info.problems)


def test_without_an_embedding_model_the_run_goes_on_and_says_who_embeds() -> None:
    """The meter has a model of its own."""
    answers = ollama(*NAMES[:2], more={"POST /api/pull": Reply([{"error": "file does not exist"}])})
    found, said, _ = asked(answers)
    assert set(found.names) == {"SIMPLE", "MEDIUM"}
    assert "embeddings are answered by the meter's own model" in said
    assert any(problem.startswith("ollama.embeddings") for problem in found.info.problems)


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (
            {"POST /api/pull": Reply([{"error": "pull model manifest: file does not exist"}])},
            "does not exist",
        ),
        ({"POST /api/generate": Reply({"error": "requires more system memory"}, 500)}, "more system memory"),
        ({"POST /api/generate": Reply(hang_up=True)}, "ended the connection"),
        ({"POST /api/chat": Reply({"error": "llama runner process has terminated"}, 500)}, "terminated"),
        ({"POST /api/chat": Reply("<html>", 200, "text/html")}, "text/html"),
        ({"POST /api/show": Reply("<html>", 200, "text/html")}, "text/html"),
    ],
)
def test_a_model_that_does_not_serve_ends_the_run_before_anything_is_installed(
    answers: dict[str, Answer], why: str
) -> None:
    """In the server's words, with a next step."""
    names = () if "POST /api/pull" in answers else NAMES
    with pytest.raises(InstallError, match=why) as caught:
        asked(ollama(*names, more=answers))
    assert caught.value.next_step


def test_a_server_that_hangs_ends_the_run_in_the_time_of_an_exchange() -> None:
    """Nobody waits for minutes to learn that."""
    limits = settings().limits.model_copy(update={"exchange_timeout_s": 0.2})
    lab = settings().model_copy(update={"limits": limits})
    with pytest.raises(InstallError, match="does not answer a short question") as caught:
        asked(ollama(*NAMES, more={"POST /api/chat": Reply({}, delay_s=1.0)}), lab)
    assert "limits.exchange_timeout_s (0.2)" in caught.value.next_step


def test_all_that_is_wrong_is_in_one_table(capsys: pytest.CaptureFixture[str]) -> None:
    """Not one thing per run."""
    out = io.StringIO()
    made = plan(scenario("T", tools=[TOOL]), lab=settings())
    gone = {"POST /api/pull": Reply([{"error": "file does not exist"}])}
    with serving(ollama("qwen2.5:0.5b", more=gone | {"POST /api/show": Reply(shown("completion"))})) as fake:
        reporter = Reporter(Console(file=out, width=200), quiet=True)
        with pytest.raises(InstallError, match=r"qwen2\.5:1\.5b"):
            ask(made, fake.url, "here", wanted_models(made.lab, Path("/")), reporter)
    table = out.getvalue()
    for part in ("ollama.models.SIMPLE", "ollama.models.MEDIUM", "ollama.embeddings", "next step"):
        assert part in table


def test_models_that_somebody_keeps_longer_are_not_the_lab_s_to_let_go() -> None:
    """All others are let go at the end."""
    rows = [
        {"name": name, "context_length": 4096, "expires_at": "2319-01-01T00:00:00Z"} for name in NAMES[:2]
    ]
    found, _, _ = asked(ollama(*NAMES, more={"GET /api/ps": Reply({"models": rows})}))
    assert found.kept == ("all-minilm:latest",)
    assert found.loaded_as == {"qwen2.5:0.5b", "qwen2.5:1.5b"}


def test_a_server_that_counts_tokens_is_asked_to() -> None:
    """Each scenario's texts, by the model's own tokenizer."""
    answers: dict[str, Answer] = {
        "GET /v1/models": Reply({"data": [{"id": "smol"}]}),
        "GET /props": Reply({"default_generation_settings": {"n_ctx": 2048}, "modalities": {}}),
        "POST /tokenize": Reply({"tokens": [0] * 5000}),
        "POST /v1/chat/completions": Reply({"usage": {"prompt_tokens": 30, "completion_tokens": 8}}),
    }
    found, said, calls = asked(answers)
    assert found.info.kind == "llama.cpp"
    assert set(found.names.values()) == {"smol"}
    assert sum(1 for call, _ in calls if call == "POST /tokenize") == 2
    assert any("5,000 (counted by the server" in problem for problem in found.info.problems)
    assert "embeddings are answered by the meter's own model" in said


def test_nothing_that_answers_is_an_error_with_its_address() -> None:
    """The usual case."""
    made = plan(scenario("A"))
    with pytest.raises(EngineError, match=r"http://127\.0\.0\.1:9"):
        ask(
            made, "http://127.0.0.1:9", "x", wanted_models(made.lab, Path("/")), Reporter(Console(quiet=True))
        )
