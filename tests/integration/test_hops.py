"""Every failure is charged to the hop where it happened: what the model server refuses is no gateway's."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from lab.results.cell import Cell
from tests.integration.labcli import Run, environment, lab
from tests.integration.rogue import make_root, write
from tests.paths import ROOT
from tests.unit.model_api import Fake, Reply, ollama, serving

pytestmark = pytest.mark.slow

HONEST, LIAR = "honest", "adds-temperature"
LIMIT_S = 3
ASKED = {
    "tools": (400, "registry.ollama.ai/library/m:latest does not support tools"),
    "images": (400, "this model is missing data required for image input"),
    "context": (400, "the input length exceeds the context length"),
    "parameter": (400, "unknown parameter: top_k"),
    "model": (404, "model 'm' not found"),
    "overload": (503, "server busy, please try again. maximum pending requests exceeded"),
}


def answer(body: Any) -> Reply:
    """What the server says, by the word in the question: a refusal, nothing in time, or an answer."""
    text = str(body.get("messages", ""))
    if "temperature" in body:
        return error(400, "unknown parameter: temperature")
    for word, (status, why) in ASKED.items():
        if f"[{word}]" in text:
            return error(status, why)
    if "[late]" in text:
        return Reply(message("Too late."), delay_s=LIMIT_S + 2)
    if "[endless]" in text:
        empty: dict[str, Any] = {
            "content": [],
            "stop_reason": None,
            "usage": {"input_tokens": 0, "output_tokens": 0},
        }
        return Reply(message("") | empty)
    return Reply(message("Here you are."))


def error(status: int, why: str) -> Reply:
    """An error as Ollama words it on /v1/messages."""
    return Reply({"type": "error", "error": {"type": "invalid_request_error", "message": why}}, status)


def message(text: str) -> dict[str, Any]:
    """An answer on the messages wire."""
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 12, "output_tokens": 3},
    }


@pytest.fixture(scope="module")
def server() -> Iterator[Fake]:
    """A model server that refuses in all the ways of ASKED."""
    with serving(ollama("m:latest", more={"POST /v1/messages": answer})) as fake:
        yield fake


@pytest.fixture(scope="module")
def run(server: Fake, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A gateway that forwards what it gets, and one that adds what the server refuses, beside the server."""
    folder = tmp_path_factory.mktemp("hops")
    root = make_root(folder, [HONEST, LIAR])
    shutil.copy(ROOT / "configs/systems/ollama.yaml", root / "configs/systems/ollama.yaml")
    (root / "compose/ollama").symlink_to(ROOT / "compose/ollama")
    gateways = yaml.safe_load((root / "configs/systems/rogue.yaml").read_text(encoding="utf-8"))
    for variant in gateways["variants"].values():
        variant["model"] = "kimi-lab-simple"
    write(root / "configs/systems/rogue.yaml", gateways)
    settings = yaml.safe_load((root / "configs/lab.yaml").read_text(encoding="utf-8"))
    settings |= {"variants": ["direct", HONEST, LIAR, "ollama"], "repeats": 1}
    settings["limits"] |= {"exchange_timeout_s": LIMIT_S}
    settings["ollama"] |= {"models": {"SIMPLE": "m", "MEDIUM": "m"}, "embeddings": None}
    write(root / "configs/lab.yaml", settings)
    suite = yaml.safe_load((root / "configs/scenarios/tiny.yaml").read_text(encoding="utf-8"))
    first = suite["scenarios"][0]
    words = [*ASKED, "late", "endless", "fine"]
    suite["scenarios"] = [
        {**first, "id": word, "title": word, "messages": [{"role": "user", "content": f"Say [{word}]."}]}
        for word in words
    ]
    write(root / "configs/scenarios/tiny.yaml", suite)
    reports = folder / "reports"
    done = lab(
        "run", "--root", str(root), "--reports", str(reports), "--engine", "host", "--upstream", "ollama",
        env=environment(OLLAMA_URL=server.url, XDG_CACHE_HOME=str(folder / "cache")), timeout_s=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return Run(reports)


def cell(run: Run, variant: str, scenario: str) -> Cell:
    """One cell of the report."""
    return run.results.cell(variant, scenario)


@pytest.mark.parametrize("word", [*ASKED, "late", "endless"])
def test_what_the_server_fails_in_counts_against_no_gateway(run: Run, word: str) -> None:
    """No verdict, no failure, no headline moves by it; the reason has the server's words."""
    for variant in (HONEST, "ollama"):
        found = cell(run, variant, word)
        assert found.status == "unavailable", (variant, found.reason)
        assert {name for name, check in found.checks.items() if check.verdict == "fail"} == set()
        assert found.n == 0
        if word in ASKED:
            assert ASKED[word][1] in (found.reason or "")
    assert "the lab's own limit" in (cell(run, HONEST, "late").reason or "")


def test_a_gateway_that_is_refused_for_what_it_added_fails(run: Run) -> None:
    """Without the gateway the server accepts the same request."""
    found = cell(run, LIAR, "fine")
    assert found.status == "failed"
    assert found.checks["request_accepted"].verdict == "fail"
    assert "unknown parameter: temperature" in found.checks["request_accepted"].why
    (exchange,) = [one for one in run.exchanges(LIAR) if one.scenario == "fine"]
    assert exchange.without_gateway is not None
    assert exchange.without_gateway.status == 200


def test_the_honest_gateway_passes_what_the_server_answers(run: Run) -> None:
    """The only scenario that is left is judged as ever."""
    assert cell(run, HONEST, "fine").status == "measured"
    total = run.results.total(HONEST)
    assert (total.completed, total.exchanges) == (1, 1)


def test_an_answer_that_came_too_late_is_not_asked_for_again(run: Run) -> None:
    """The model was still at it, and a second try would only be late again."""
    (exchange,) = [one for one in run.exchanges(HONEST) if one.scenario == "late"]
    assert len(exchange.attempts) == 1


def test_the_server_is_asked_once_what_it_says_without_a_gateway(run: Run, server: Fake) -> None:
    """The same request is the same for all gateways, and no exchange counts it."""
    asked = [body for body in server.bodies("POST /v1/messages") if "[tools]" in str(body)]
    # Three rows, each once, and once without a gateway: the liar's request was refused for another reason.
    assert len(asked) == 4
    calls = [call for call in run.store.upstream() if call.exchange and "-tools-" in call.exchange]
    assert len(calls) == 4  # with that of the control
