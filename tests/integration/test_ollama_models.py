"""Models of an Ollama service, against a small server that speaks its API and against a real other one."""

from __future__ import annotations

import http.server
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest

from lab.engines import ollama
from lab.engines.ollama import ensure_models
from lab.errors import EngineError, InstallError

MB = 1_000_000


class Ollama(http.server.BaseHTTPRequestHandler):
    """The part of Ollama's API that pulling needs; what it has and does is set on a subclass."""

    models: ClassVar[list[str]] = []
    pulled: ClassVar[list[str]] = []
    events: ClassVar[list[dict[str, Any]]] = []
    tags: ClassVar[bool] = True
    pull_status: ClassVar[int] = 200

    def do_GET(self) -> None:
        """List the models."""
        if self.path == "/api/tags" and self.tags:
            self._json(200, {"models": [{"name": name} for name in self.models]})
        elif self.path == "/v1/models":
            self._json(200, {"object": "list", "data": [{"id": name} for name in self.models]})
        else:
            self._json(404, {"error": "not found"})

    def do_POST(self) -> None:
        """Pull a model, with one line for each event."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path != "/api/pull" or self.pull_status != 200:
            self._json(self.pull_status if self.path == "/api/pull" else 404, {"error": "no pulling here"})
            return
        self.pulled.append(body["model"])
        self.send_response(200)
        self.send_header("content-type", "application/x-ndjson")
        self.send_header("connection", "close")
        self.end_headers()
        for event in self.events:
            self.wfile.write(json.dumps(event).encode() + b"\n")
            self.wfile.flush()
        self.close_connection = True

    def _json(self, status: int, data: object) -> None:
        content = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


SUCCESS: list[dict[str, Any]] = [
    {"status": "pulling manifest"},
    {"status": "pulling 8eeb", "digest": "sha256:8eeb", "total": 400 * MB, "completed": 100 * MB},
    {"status": "pulling 8eeb", "digest": "sha256:8eeb", "total": 400 * MB, "completed": 400 * MB},
    {"status": "verifying sha256 digest"},
    {"status": "success"},
]


@contextmanager
def served(**settings: object) -> Iterator[tuple[str, type[Ollama]]]:
    """A server with these settings, and its base URL."""
    handler = type("Handler", (Ollama,), {"pulled": [], **settings})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", handler
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_models_that_are_there_are_not_pulled() -> None:
    """A name without a tag means `latest`, as in Ollama itself."""
    with served(models=["qwen2.5:0.5b", "nomic-embed-text:latest"]) as (url, handler):
        names = ensure_models(url + "/", ["qwen2.5:0.5b", "nomic-embed-text"], lambda _: None)
    assert names == {"qwen2.5:0.5b": "qwen2.5:0.5b", "nomic-embed-text": "nomic-embed-text:latest"}
    assert handler.pulled == []


def test_a_missing_model_is_pulled_with_visible_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user sees what comes, how large it is, and how far it is."""
    monkeypatch.setattr(ollama, "SAY_EVERY_S", 0.0)
    said: list[str] = []
    with served(models=["other:1b"], events=SUCCESS) as (url, handler):
        names = ensure_models(url, ["qwen2.5:0.5b"], said.append)
    assert names == {"qwen2.5:0.5b": "qwen2.5:0.5b"}
    assert handler.pulled == ["qwen2.5:0.5b"]
    assert said == [
        "ollama: pulling qwen2.5:0.5b",
        "ollama: qwen2.5:0.5b: 25 % of 400 MB",
        "ollama: qwen2.5:0.5b: 100 % of 400 MB",
        "ollama: qwen2.5:0.5b is there",
    ]


def test_progress_is_not_said_for_every_line_of_a_pull() -> None:
    """Ollama sends several lines a second for minutes."""
    said: list[str] = []
    with served(events=[*SUCCESS[:2] * 200, SUCCESS[-1]]) as (url, _):
        ensure_models(url, ["m:1b"], said.append)
    assert len(said) <= 4


@pytest.mark.parametrize(
    ("events", "why"),
    [
        (
            [{"status": "pulling manifest"}, {"error": "pull model manifest: file does not exist"}],
            "file does not",
        ),
        (SUCCESS[:3], "ended before it was complete"),
    ],
)
def test_a_pull_that_fails_is_an_install_error_with_the_servers_words(
    events: list[dict[str, Any]], why: str
) -> None:
    """A wrong name and a torn download both end the pull, although the status was 200."""
    with served(events=events) as (url, _), pytest.raises(InstallError, match=why) as caught:
        ensure_models(url, ["qwen9:0.5b"], lambda _: None)
    assert "qwen9:0.5b" in caught.value.message
    assert "configs/lab.yaml" in caught.value.next_step


def test_a_server_error_in_place_of_a_pull_is_told() -> None:
    """A status other than 200 is not taken for a server that cannot pull."""
    with served(pull_status=500) as (url, _), pytest.raises(InstallError, match="no pulling here"):
        ensure_models(url, ["m:1b"], lambda _: None)


def test_a_server_that_cannot_pull_answers_with_the_model_it_has() -> None:
    """llama.cpp serves one model under its own name; embeddings are left to the meter."""
    said: list[str] = []
    with served(tags=False, pull_status=404, models=["SmolLM2.gguf"]) as (url, _):
        names = ensure_models(url, ["qwen2.5:0.5b", "nomic-embed-text"], said.append)
    assert names == {"qwen2.5:0.5b": "SmolLM2.gguf"}
    assert any("SmolLM2.gguf answers for qwen2.5:0.5b" in line for line in said)


def test_a_server_with_nothing_to_serve_is_an_error() -> None:
    """There is no model that could stand in."""
    with served(pull_status=404) as (url, _), pytest.raises(InstallError, match="serves no model"):
        ensure_models(url, ["m:1b"], lambda _: None)


def test_nothing_listening_is_an_engine_error_that_names_the_address() -> None:
    """The usual case: Ollama is not started."""
    with served() as (url, _):
        pass
    with pytest.raises(EngineError, match=url.removeprefix("http://")) as caught:
        ensure_models(url, ["m:1b"], lambda _: None)
    assert "OLLAMA_URL" in caught.value.next_step


def test_a_web_server_that_is_no_model_server_is_told_apart(tmp_path: Path) -> None:
    """OLLAMA_URL may point anywhere."""
    handler = type("Files", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), lambda *a: handler(*a, directory=str(tmp_path))
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with pytest.raises(EngineError, match=r"neither /api/tags nor /v1/models"):
            ensure_models(f"http://127.0.0.1:{server.server_port}", ["m:1b"], lambda _: None)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.ollama
def test_a_real_model_server_serves_the_models_it_is_asked_for() -> None:
    """OLLAMA_URL names a real service, Ollama or another."""
    url = os.environ.get("OLLAMA_URL", "")
    if not url:
        pytest.skip("OLLAMA_URL is not set")
    assert ensure_models(url, ["qwen2.5:0.5b"], print)["qwen2.5:0.5b"]
