"""A small model server for tests: answers of your choice by method and path, and what it was asked."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

MB = 1_000_000


@dataclass
class Reply:
    """An answer: its status, and an object, lines of objects (a list), or raw text."""

    body: object = ""
    status: int = 200
    kind: str = "application/json"
    delay_s: float = 0.0
    hang_up: bool = False

    @property
    def content(self) -> bytes:
        """The body as it is sent."""
        if isinstance(self.body, list):
            return b"".join(json.dumps(line).encode() + b"\n" for line in self.body)
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


Answer = Callable[[Any], Reply] | Reply


@dataclass
class Fake:
    """What a server answers (`POST /api/show`: …), and what it was asked, in order."""

    url: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def bodies(self, call: str) -> list[Any]:
        """The bodies of all requests of that method and path."""
        return [body for name, body in self.asked if name == call]


@contextmanager
def serving(answers: Mapping[str, Answer]) -> Iterator[Fake]:
    """A server on the loopback that gives these answers, and 404 to all else."""
    fake = Fake(answers=dict(answers))

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            name = f"{self.command} {self.path}"
            raw = self._read()
            try:
                body = json.loads(raw) if raw and "/blobs/" not in self.path else raw or None
            except ValueError:
                body = raw
            fake.asked.append((name, body))
            answer = fake.answers.get(name, Reply({"error": "not found"}, 404))
            reply = answer(body) if callable(answer) else answer
            time.sleep(reply.delay_s)
            if reply.hang_up:
                self.close_connection = True
                self.connection.close()
                return
            self.send_response(reply.status)
            self.send_header("content-type", reply.kind)
            self.send_header("content-length", str(len(reply.content)))
            self.end_headers()
            if self.command != "HEAD":
                with suppress(BrokenPipeError):  # who asked has left
                    self.wfile.write(reply.content)

        def _read(self) -> bytes:
            if self.headers.get("transfer-encoding") == "chunked":
                content = b""
                while size := int(self.rfile.readline(), 16):
                    content += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return content
            return self.rfile.read(int(self.headers.get("content-length") or 0))

        do_GET = do_POST = do_DELETE = do_HEAD = handle_any  # noqa: N815 - as the base class has them

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


SUCCESS: list[dict[str, Any]] = [
    {"status": "pulling manifest"},
    {"status": "pulling 8eeb", "digest": "sha256:8eeb", "total": 400 * MB, "completed": 100 * MB},
    {"status": "pulling 8eeb", "digest": "sha256:8eeb", "total": 400 * MB, "completed": 400 * MB},
    {"status": "success"},
]


def shown(*capabilities: str, context: int = 32768, template: str = "{{ .Messages }}") -> dict[str, Any]:
    """What Ollama shows of a model."""
    return {
        "capabilities": list(capabilities),
        "template": template,
        "modelfile": "# made\nFROM /blobs/sha256-1\n",
        "model_info": {"general.architecture": "llama", "llama.context_length": context},
    }


def ollama(
    *names: str, loaded: Mapping[str, int] | None = None, more: Mapping[str, Answer] | None = None
) -> dict[str, Answer]:
    """The answers of an Ollama that has these models, all of them loaded with a context of 4,096 tokens."""
    ps = loaded if loaded is not None else dict.fromkeys(names, 4096)
    answers: dict[str, Answer] = {
        "GET /api/tags": Reply({"models": [{"name": name} for name in names]}),
        "GET /api/version": Reply({"version": "0.17.4"}),
        "GET /api/ps": Reply({"models": [{"name": n, "context_length": c} for n, c in ps.items()]}),
        "POST /api/show": Reply(shown("completion", "tools")),
        "POST /api/generate": Reply({"done": True, "done_reason": "load"}),
        "POST /api/embed": Reply({"embeddings": [[0.0]]}),
        "POST /api/pull": Reply(SUCCESS),
        "POST /api/create": Reply([{"status": "parsing GGUF"}, {"status": "success"}]),
        "DELETE /api/delete": Reply(""),
        "POST /api/chat": Reply(
            {
                "message": {"content": "yes"},
                "prompt_eval_count": 300,
                "prompt_eval_duration": 1_000_000_000,
                "eval_count": 32,
                "eval_duration": 2_000_000_000,
            }
        ),
    }
    return answers | dict(more or {})


def llamacpp(name: str, build: str = "b0-unknown") -> dict[str, Answer]:
    """The answers of a llama.cpp server that has this model, with a context of 8,192 tokens."""
    settings = {"default_generation_settings": {"n_ctx": 8192}, "build_info": build}
    return {
        "GET /v1/models": Reply({"data": [{"id": name, "meta": {"n_ctx_train": 8192}}]}),
        "GET /props": Reply({**settings, "modalities": {"vision": False}}),
        "POST /tokenize": Reply({"tokens": [1, 2, 3]}),
        "POST /v1/chat/completions": Reply({"usage": {"prompt_tokens": 300, "completion_tokens": 32}}),
    }
