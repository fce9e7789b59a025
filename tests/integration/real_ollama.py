"""A real Ollama for tests: the one of OLLAMA_URL, the one on PATH, or the one of `make test-ollama`."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from lab.engines.cache import default_cache
from scripts.cut_model import cut, whole_model

READY_S = 60


def binary() -> Path | None:
    """The program: on PATH, or in the lab's cache; None if there is none."""
    if found := shutil.which("ollama"):
        return Path(found)
    built = sorted((default_cache() / "ollama").glob("*/ollama"))
    return built[-1] if built else None


def buildable() -> bool:
    """Whether Go is new enough to build it: there no test may skip where CI=true."""
    try:
        version = subprocess.run(
            ["go", "env", "GOVERSION"], capture_output=True, text=True, timeout=30, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return False
    minor = version.strip().removeprefix("go1.").partition(".")[0]
    return minor.isdigit() and int(minor) >= 24


def missing(what: str) -> None:
    """Skip, or fail where it has to be there."""
    reason = f"{what}: make test-ollama"
    if os.environ.get("CI") == "true" and buildable():
        pytest.fail(reason)
    pytest.skip(reason)


def program() -> Path:
    """The program; without one tests skip, or fail where CI=true and Go can build it."""
    found = binary()
    if found is None:
        missing("no Ollama")
    assert found is not None
    return found


def cut_model(path: Path) -> Path:
    """The first blocks of SmolLM2-135M at `path`; without the package tests skip, as without Ollama."""
    whole = whole_model()
    if whole is None:
        missing("no local model")
    assert whole is not None
    path.parent.mkdir(parents=True, exist_ok=True)
    cut(whole, path)
    return path


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The URL of OLLAMA_URL, or of a server of its own whose models and log are in `folder`."""
    if url := os.environ.get("OLLAMA_URL", "").strip():
        yield url
        return
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    own = {"OLLAMA_HOST": f"127.0.0.1:{port}", "OLLAMA_MODELS": str(folder / "models"), "OLLAMA_DEBUG": "2"}
    with (folder / "ollama.log").open("wb") as log:
        process = subprocess.Popen(
            [program(), "serve"], stdout=log, stderr=log, env={**os.environ, "HOME": str(folder), **own}
        )
        try:
            deadline = time.monotonic() + READY_S
            while True:
                assert process.poll() is None, (folder / "ollama.log").read_text("utf-8", "replace")
                assert time.monotonic() < deadline, "Ollama never answered"
                try:
                    if httpx.get(f"{url}/api/version", timeout=2).status_code == 200:
                        break
                except httpx.HTTPError:
                    time.sleep(0.1)
            yield url
        finally:
            process.terminate()
            process.wait(20)
