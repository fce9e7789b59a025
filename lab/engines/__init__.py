"""Where systems run: `choose` picks the engine of a run, `clean` removes what killed runs left."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import get_args

from lab.config.models import Limits
from lab.engines.base import Engine, Say
from lab.engines.cache import default_cache
from lab.engines.docker import leftovers
from lab.engines.docker.daemon import connect
from lab.engines.docker.engine import DockerEngine
from lab.engines.docker.images import base_image
from lab.engines.host import clean as host_clean
from lab.engines.host.engine import HostEngine
from lab.engines.modelserver import own
from lab.errors import EngineError, EngineUnavailable, UsageError
from lab.names import EngineName, nearest

__all__ = ["ca_bundle_of", "choose", "clean"]


def choose(
    name: str,
    *,
    run_id: str,
    limits: Limits,
    say: Say,
    meter_on_host: bool = False,
    env: Mapping[str, str] = os.environ,
) -> Engine:
    """The engine of that name; `auto` is docker if its daemon answers and has base images, else host.

    The engine's notes say why `auto` came to the host. UsageError for another name; EngineUnavailable if
    docker was asked for and is not available.
    """
    if name not in get_args(EngineName):
        raise UsageError(f"unknown engine: {name}", next_step=nearest(name, get_args(EngineName)))
    ca_bundle = ca_bundle_of(env)
    why: tuple[str, ...] = ()
    if name != "host":
        try:
            if name == "auto":
                with closing(connect(env)) as client:
                    for kind in ("python", "node"):  # the languages that gateways are written in
                        base_image(client, kind, env, say)
            return DockerEngine(run_id, limits, env=env, ca_bundle=ca_bundle, meter_on_host=meter_on_host)
        except EngineError as exc:
            if name == "docker":
                raise
            why = (f"Host engine, because the docker engine cannot be used: {exc.message}.",)
            say(f"using the host engine: {exc.message}")
    return HostEngine(run_id, limits, env, ca_bundle=ca_bundle, why=why)


def ca_bundle_of(env: Mapping[str, str]) -> Path | None:
    """The CA bundle for builds: LAB_CA_BUNDLE, else SSL_CERT_FILE; raises EngineUnavailable."""
    for variable in ("LAB_CA_BUNDLE", "SSL_CERT_FILE"):
        value = env.get(variable, "").strip()
        if value:
            path = Path(value).expanduser().resolve()
            if not path.is_file():
                raise EngineUnavailable(
                    f"{variable}={value} is not a file",
                    next_step=f"name the site's CA bundle in {variable}, or unset it",
                )
            return path
    return None


def clean(run: str | None = None, *, images: bool = False, cache: bool = False) -> list[str]:
    """Remove what killed runs (or the run of that id) left, in Docker and as processes.

    Unless a run is named, models that the lab sent to a model server go too. `images` removes the images
    that the lab built too, `cache` what the host engine installed and the models it keeps in Docker. Returns
    a sentence for each thing that was removed or could not be.
    """
    try:
        said = leftovers.clean(run, images=images, cache=cache)
    except EngineUnavailable as exc:
        said = [f"Docker was not looked at: {exc.message}"]
    folder = default_cache()
    said += host_clean.clean(run, folder)
    said += own.clean() if run is None else []
    installs = folder / "host"
    if cache and installs.is_dir():
        shutil.rmtree(installs)
        said.append(f"removed the host engine's installs in {installs}")
    return said
