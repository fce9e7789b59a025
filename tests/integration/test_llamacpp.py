"""llama.cpp's server as a row of its own, with what its model got: as a process and as a container."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.records.models import UpstreamRecord
from lab.topics.model_input.table import ModelInputs
from tests.integration.labcli import Run, environment, lab
from tests.integration.model_server import weights
from tests.integration.real_ollama import cut_model
from tests.integration.rogue import make_root, write
from tests.paths import ROOT

pytestmark = [pytest.mark.model, pytest.mark.slow]

TOOL = {"name": "look", "description": "Looks at it.", "input_schema": {"type": "object", "properties": {}}}
DOCUMENT = {
    "type": "document",
    "source": {"type": "text", "media_type": "text/plain", "data": "The harbour opens at seven."},
}
RESULT = [
    {"role": "user", "content": "What does the log say?"},
    {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}]},
    {
        "role": "user",
        "content": [
            {"type": "tool_result", "tool_use_id": "toolu_1", "is_error": True, "content": "Disk is full."},
            {"type": "text", "text": "Go on then."},
        ],
    },
]
FILE = "my models/tiny one.gguf"


def more_scenarios(first: dict[str, Any]) -> list[dict[str, Any]]:
    """A tool, a document, a failed result, and more words than the context has tokens."""
    own = {"messages": {"wire": "messages"}}
    return [
        {**first, "id": "TOOL", "tools": [TOOL]},
        {
            **first,
            "id": "DOC",
            **own["messages"],
            "messages": [{"role": "user", "content": [DOCUMENT, {"type": "text", "text": "When?"}]}],
        },
        {**first, "id": "RESULT", **own["messages"], "tools": [TOOL], "messages": RESULT},
        {**first, "id": "LONG", **own["messages"], "messages": [{"role": "user", "content": "word " * 9000}]},
    ]


def make_llamacpp_root(folder: Path, model: str | None) -> Path:
    """A root with `direct` and `llamacpp`, short questions, and those of which something is lost."""
    root = make_root(folder, [])
    shutil.copy(ROOT / "configs/systems/llamacpp.yaml", root / "configs/systems/llamacpp.yaml")
    shutil.copytree(ROOT / "compose/llamacpp", root / "compose/llamacpp")
    for name in ("lab", "requirements"):  # the build context of the meter's image
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    settings = yaml.safe_load((root / "configs/lab.yaml").read_text(encoding="utf-8"))
    settings |= {"variants": ["direct", "llamacpp"], "repeats": 1}
    settings["limits"] |= {"exchange_timeout_s": 120}
    settings["ollama"] |= {"max_tokens": 4}
    if model:
        settings["ollama"] |= {"models": {"SIMPLE": model, "MEDIUM": model}}
    write(root / "configs/lab.yaml", settings)
    suite = yaml.safe_load((root / "configs/scenarios/tiny.yaml").read_text(encoding="utf-8"))
    suite["scenarios"] += more_scenarios(suite["scenarios"][0])
    write(root / "configs/scenarios/tiny.yaml", suite)
    return root


@pytest.fixture(scope="module", params=["host", pytest.param("docker", marks=pytest.mark.docker)])
def engine(request: pytest.FixtureRequest) -> str:
    """Both engines; skips where the packages of the model are not installed, or fails where CI=true."""
    if weights() is None:
        reason = "no local model: make test-model"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    if request.param == "docker":
        request.getfixturevalue("python_base")
    return str(request.param)


@pytest.fixture(scope="module")
def done(
    engine: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A run on all wires: as a process with the model of the package, as a container with one of a file."""
    folder = tmp_path_factory.mktemp(f"llamacpp {engine}")
    root = make_llamacpp_root(folder, FILE if engine == "docker" else None)
    if engine == "docker":
        (root / "my models").mkdir()
        cut_model(root / FILE)
    words = ["--root", str(root), "--reports", str(folder / "reports"), "--engine", engine]
    forms = ["--wire", "all", "--stream", "both"]
    ended = lab("run", *words, *forms, env=environment(), timeout_s=560)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return folder / "reports", ended


@pytest.fixture(scope="module")
def run(done: tuple[Path, subprocess.CompletedProcess[str]]) -> Run:
    """The run's records."""
    return Run(done[0])


def calls(run: Run, scenario: str) -> list[UpstreamRecord]:
    """The calls of the row for a scenario, in all its forms."""
    ids = {one.id for one in run.exchanges("llamacpp") if one.scenario.partition("@")[0].startswith(scenario)}
    return [call for call in run.store.upstream() if call.exchange in ids and call.kind == "chat"]


def prompt(run: Run, call: UpstreamRecord) -> str:
    """The very prompt of a call."""
    assert call.model_input is not None
    assert call.model_input.prompt is not None
    return run.store.body(call.model_input.prompt).decode()


def test_the_server_is_started_asked_and_recorded(
    run: Run, engine: str, done: tuple[Path, subprocess.CompletedProcess[str]]
) -> None:
    """Mode auto is a mode with a model server, as the plan has a row for one."""
    (server,) = run.manifest.model_servers
    where = "a container of the lab" if engine == "docker" else "a process of the lab"
    assert (server.system, server.kind, server.where) == ("llamacpp", "llama.cpp", where)
    name = "tiny one" if engine == "docker" else "smollm2-135m-instruct.q4_1"
    assert {model.served_as for model in server.models.values()} == {name}
    assert server.models["SIMPLE"].context == 8192
    assert server.version
    assert run.manifest.upstream_mode == "ollama"
    assert "model server llamacpp" in done[1].stdout


def test_every_wire_plain_and_streamed_shows_the_very_prompt(run: Run) -> None:
    """All questions that are short, in six forms."""
    found = calls(run, "A")
    assert {(call.path, call.stream) for call in found} == {
        (path, stream)
        for path in ("/v1/messages", "/v1/chat/completions", "/v1/responses")
        for stream in (False, True)
    }
    for call in found:
        given = call.model_input
        assert call.status == 200
        assert given is not None
        assert (given.seen_by, given.cut, given.context) == ("trace", False, 8192), given
        assert given.tokens == given.tokens_whole
        assert call.ceiling == 4
        assert prompt(run, call).endswith("<|im_start|>assistant\n")


def test_tools_and_documents_are_dropped_without_a_word(run: Run) -> None:
    """The model's template has no place for them."""
    found = [*calls(run, "TOOL"), *calls(run, "DOC")]
    assert len(found) == 8
    for call in found:
        assert call.status == 200
        text = prompt(run, call)
        assert "Looks at it" not in text
        assert "harbour" not in text


def test_a_result_is_kept_though_it_changes_places_with_the_text_beside_it(run: Run) -> None:
    """What is lost of it is the mark that it failed, and the call."""
    text = prompt(run, calls(run, "RESULT")[0])
    assert text.index("Go on then.") < text.index("Disk is full.")
    table = run.results.table(ModelInputs)
    assert table is not None
    lost = {(one.kind, one.scenario) for one in table.losses}
    kinds = {kind for kind, _ in lost}
    assert {"tool_names", "tool_descriptions", "documents", "tool_calls", "error_marks"} <= kinds
    assert not kinds & {"tool_results", "whole_prompt", "system"}


def test_what_is_longer_than_the_context_is_refused_and_nobodys_prompt(run: Run) -> None:
    """Neither cut nor shifted: 400 with the server's words."""
    (plain, *_) = calls(run, "LONG")
    assert plain.status == 400
    assert plain.model_input is not None
    assert plain.model_input.seen_by is None
    assert plain.model_input.why == "the server refused the call: HTTP 400"
    assert "exceeds the available context size" in run.store.body(plain.response or "").decode()


def test_the_servers_log_is_kept(run: Run) -> None:
    """As every other system's."""
    assert any(path.name.startswith("llamacpp") for path in (run.path / "logs").iterdir())
