"""What a real Ollama makes of requests: each loss is found behind it, and one setting mends some."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import httpx
import pytest
import yaml

from lab.topics.model_input.table import InputLoss, InputRow, ModelInputs
from tests.integration import real_ollama
from tests.integration.labcli import Run, environment, lab
from tests.integration.rogue import write
from tests.integration.test_ollama_real import make_ollama_root
from tests.paths import ROOT

pytestmark = [pytest.mark.ollama, pytest.mark.slow]

MODEL = "lab-test-tools"
PROMPTS = ROOT / "tests/fixtures/model_input"
# Tools as the templates of models that know them write them down.
TEMPLATE = """{{- if .Tools }}<|im_start|>system
You may call these functions:
{{ range .Tools }}{"type": "function", "function": {{ .Function }}}
{{ end }}<|im_end|>
{{ end }}{{- range .Messages }}<|im_start|>{{ .Role }}
{{ .Content }}{{ range .ToolCalls }}<tool_call>{"name": "{{ .Function.Name }}", "arguments": {{ .Function.Arguments }}}</tool_call>{{ end }}<|im_end|>
{{ end }}<|im_start|>assistant
"""  # noqa: E501
# A model without sense repeats itself, which Ollama ends without a word.
PARAMETERS = {"stop": ["<|im_end|>"], "repeat_penalty": 1.5, "temperature": 0.8, "seed": 7}


def create(url: str, weights: Path) -> None:
    """Give a server the model, with a template that knows tools."""
    content = weights.read_bytes()
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    httpx.post(f"{url}/api/blobs/{digest}", content=content, timeout=60).raise_for_status()
    body = {"model": MODEL, "files": {"tiny.gguf": digest}, "template": TEMPLATE, "parameters": PARAMETERS}
    httpx.post(f"{url}/api/create", json={**body, "stream": False}, timeout=60).raise_for_status()


def run_in(folder: Path, *words: str, **env: str) -> Run:
    """The prompts through the rows of the model server, and the records of the run."""
    root = make_ollama_root(folder, MODEL, None)
    settings = yaml.safe_load((root / "configs/lab.yaml").read_text(encoding="utf-8"))
    write(root / "configs/lab.yaml", settings | {"variants": ["direct", "ollama", "ollama-context"]})
    reports = folder / "reports"
    own = ["--root", str(root), "--reports", str(reports), "--engine", "host", "--upstream", "ollama"]
    cache = {"XDG_CACHE_HOME": str(folder / "cache")}
    done = lab(
        "run", *own, "--scenarios", str(PROMPTS), *words, env=environment(**cache, **env), timeout_s=280
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Run(reports)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models with one that knows tools."""
    folder = tmp_path_factory.mktemp("served")
    if os.environ.get("OLLAMA_URL"):
        pytest.skip("OLLAMA_URL names a server whose log is not the lab's")
    with real_ollama.serving(folder) as url:
        create(url, real_ollama.cut_model(folder / "tiny.gguf"))
    return folder / "models"


@pytest.fixture(scope="module")
def traced(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run with a server that the lab starts, and whose trace it reads."""
    path = f"{real_ollama.program().parent}:{os.environ['PATH']}"
    return run_in(tmp_path_factory.mktemp("traced"), PATH=path, OLLAMA_MODELS=str(models))


def table(run: Run) -> ModelInputs:
    """What the models got."""
    found = run.results.table(ModelInputs)
    assert found is not None
    return found


def losses(run: Run, variant: str) -> dict[str, InputLoss]:
    """A variant's losses by kind."""
    return {loss.kind: loss for loss in table(run).losses if loss.variant == variant}


def rows(run: Run, variant: str) -> list[InputRow]:
    """A variant's rows."""
    return [row for row in table(run).rows if row.variant == variant]


def test_every_known_loss_is_found_by_its_kind_and_its_scenario(traced: Run) -> None:
    """All of them came with HTTP 200."""
    found = {kind: loss.scenario for kind, loss in losses(traced, "ollama").items()}
    assert found == {
        "whole_prompt": "MI-cut",
        "system": "MI-cut",
        "turns": "MI-turns",
        "documents": "MI-document",
        "error_marks": "MI-failed",
        "schema_words": found["schema_words"],
        "thinking": "MI-thinking",
        "forced_choice": "MI-forced",
        "choices": "MI-choices",
        "roles": "MI-developer",
        "text_parts": "MI-parts",
        "max_tokens": "MI-limit",
    }
    assert {exchange.status for exchange in traced.exchanges("ollama")} == {"completed"}
    words = losses(traced, "ollama")["schema_words"].what
    assert "pattern" in words
    assert "additionalProperties" in words


def test_one_setting_mends_the_cuts_and_nothing_else(traced: Run) -> None:
    """The same weights with a context that takes the largest scenario."""
    before, after = losses(traced, "ollama"), losses(traced, "ollama-context")
    assert before.keys() - after.keys() == {"whole_prompt", "system", "turns"}
    assert after.keys() < before.keys()


def test_every_prompt_was_seen_and_its_tokens_are_those_that_the_server_states(traced: Run) -> None:
    """The trace tells of each call, also while models are loaded in turn."""
    for variant in ("ollama", "ollama-context"):
        for row in rows(traced, variant):
            assert row.seen == {"trace": row.calls}
            assert row.kinds["usage"].kept == row.calls


def test_a_row_passes_only_what_its_model_got(traced: Run) -> None:
    """Nothing that was only handed to the server counts as kept."""
    cells = {cell.scenario: cell for cell in traced.results.cells if cell.variant == "ollama"}
    assert cells["MI-plain"].passes.passed == 1
    assert cells["MI-turns"].checks["model_gets_prompt"].verdict == "fail"
    assert cells["MI-forced"].checks["model_server_honours"].verdict == "fail"
    assert "messages_kept" not in cells["MI-turns"].checks


def test_no_answer_is_longer_than_the_ceiling_and_records_say_where_it_was_set(traced: Run) -> None:
    """A limit of the lab's own is never held against anyone."""
    calls = [call for call in traced.store.upstream() if call.answered_by == "ollama" and call.kind == "chat"]
    assert {call.ceiling for call in calls} == {32}
    assert all((call.usage.output or 0) <= 32 for call in calls)


def test_of_a_server_that_others_run_the_lengths_tell(
    models: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Its log is out of reach: what it states is held against what the model would count."""
    folder = tmp_path_factory.mktemp("asked")
    (folder / "models").symlink_to(models)
    with real_ollama.serving(folder) as url:
        run = run_in(folder, "--only", "MI-cut,MI-plain,MI-document", OLLAMA_URL=url)
    calls = {call.exchange: call for call in run.store.upstream() if call.model_input}
    seen = {name: calls[f"r1-{name}-ollama"].model_input for name in ("MI-cut", "MI-plain", "MI-document")}
    assert {one.seen_by for one in seen.values() if one} == {"count"}
    assert {name: one.cut for name, one in seen.items() if one} == {
        "MI-cut": True,
        "MI-plain": False,
        "MI-document": seen["MI-document"].cut if seen["MI-document"] else None,
    }
    assert losses(run, "ollama")["whole_prompt"].scenario == "MI-cut"
