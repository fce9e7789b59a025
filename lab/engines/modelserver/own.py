"""Models of the lab's own, named lab/…: kept between runs, held while one uses them, and cleaned up."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from lab.engines.cache import default_cache
from lab.engines.modelserver.files import OWN, is_own
from lab.engines.modelserver.server import reach
from lab.errors import LabError

# Where Ollama keeps what its models consist of, below its folder of models.
MANIFESTS: Final = "manifests"
OWN_MANIFESTS: Final = "manifests/registry.ollama.ai/lab"
BLOBS: Final = "blobs"


def hold(env: Mapping[str, str] = os.environ) -> IO[str] | None:
    """Keep `lab clean` from removing models until the file is closed; None if no lock can be made."""
    try:
        return _locked(env, fcntl.LOCK_SH)
    except OSError:  # models are used all the same
        return None


def clean(env: Mapping[str, str] = os.environ) -> list[str]:
    """Remove the lab's models from the server in OLLAMA_URL and from the folder of Ollama on PATH.

    Nothing is removed while a run uses such models. Returns a sentence for each that was removed or stays.
    """
    url = env.get("OLLAMA_URL", "").strip()
    folder = models_folder(env)
    if not url and not (folder / OWN_MANIFESTS).is_dir():
        return []
    with _alone(env) as alone:
        if not alone:
            return ["models of the lab's own stay: a run uses them"]
        return [*(_on_server(url) if url else ()), *_in_folder(folder)]


def models_folder(env: Mapping[str, str] = os.environ) -> Path:
    """Where the host engine's Ollama keeps its models: OLLAMA_MODELS, else below the user's home."""
    named = env.get("OLLAMA_MODELS", "").strip()
    return Path(named) if named else Path(env.get("HOME") or "/root") / ".ollama" / "models"


def _on_server(url: str) -> list[str]:
    try:
        server = reach(url)
    except LabError as exc:
        return [f"models of the lab's own on OLLAMA_URL stay: {exc.message}"]
    said = []
    for name in server.names:
        if server.kind != "ollama" or not is_own(name):
            continue
        try:
            server.remove(name)
        except LabError as exc:
            said.append(f"the model {name} stays on OLLAMA_URL: {exc.message}")
        else:
            said.append(f"removed the model {name} from OLLAMA_URL")
    server.http.close()
    return said


def _in_folder(folder: Path) -> list[str]:
    """Remove manifests below `lab/`, and those blobs that no other model consists of."""
    said: list[str] = []
    found = sorted((folder / OWN_MANIFESTS).glob("*/latest"))
    own = [path for path in found if is_own(OWN + path.parent.name)]
    blobs = {blob for path in own for blob in _blobs(path)}
    for path in own:
        model = f"{OWN}{path.parent.name}"
        try:
            path.unlink()
        except OSError as exc:
            said.append(f"the model {model} stays in {folder}: {exc.strerror}")
            continue
        with suppress(OSError):
            path.parent.rmdir()
        said.append(f"removed the model {model} from {folder}")
    with suppress(OSError):
        (folder / OWN_MANIFESTS).rmdir()
    others = [path for path in (folder / MANIFESTS).rglob("*") if path.is_file()]
    for blob in blobs - {blob for path in others for blob in _blobs(path)}:
        with suppress(OSError):
            (folder / BLOBS / blob).unlink()
    return said


def _blobs(manifest: Path) -> Iterator[str]:
    """The names of the files that a model consists of."""
    try:
        found = json.loads(manifest.read_bytes())
        for layer in (found.get("config") or {}, *(found.get("layers") or ())):
            if digest := layer.get("digest"):
                yield Path(str(digest).replace(":", "-")).name
    except (OSError, ValueError, AttributeError, TypeError):
        return


def _locked(env: Mapping[str, str], how: int) -> IO[str]:
    path = default_cache(env) / "models.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = path.open("a")
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        raise
    return handle


@contextmanager
def _alone(env: Mapping[str, str]) -> Iterator[bool]:
    """Whether no run uses the lab's models; none begins to while this is open."""
    try:
        handle = _locked(env, fcntl.LOCK_EX)
    except BlockingIOError:
        yield False
        return
    except OSError:
        yield True
        return
    with handle:
        yield True
