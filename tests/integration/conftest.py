"""Fixtures of the integration tests: a Docker daemon, engines that are cleaned up, small compose folders."""

from __future__ import annotations

import os
import secrets
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import docker
import pytest

from lab.config.models import Limits
from lab.engines.base import Instance
from lab.engines.docker.daemon import connect
from lab.engines.docker.engine import DockerEngine
from lab.engines.docker.images import base_image
from lab.engines.docker.leftovers import leftovers, remove
from lab.errors import EngineError

LIMITS = Limits(cpus=0.5, memory_mb=128)

MakeEngine = Callable[..., DockerEngine]
MakeInstance = Callable[..., Instance]


@pytest.fixture(scope="session")
def docker_client() -> Iterator[docker.DockerClient]:
    """A client of a daemon that answers; without one tests skip, or fail where CI=true."""
    try:
        client = connect()
    except EngineError as exc:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must have Docker: {exc}")
        pytest.skip(f"no Docker: {exc.message}")
    yield client
    client.close()


@pytest.fixture(scope="session")
def python_base(docker_client: docker.DockerClient) -> str:
    """The name of a base image with Python, as the lab's own builds would use it."""
    try:
        return base_image(docker_client, "python")
    except EngineError as exc:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must have base images: {exc}")
        pytest.skip(f"no base image: {exc.message}")


@pytest.fixture
def make_engine(docker_client: docker.DockerClient) -> Iterator[MakeEngine]:
    """Makes Docker engines, each with a run of its own, and removes whatever they left."""
    made: list[tuple[str, DockerEngine]] = []

    def make(run: str | None = None, **options: object) -> DockerEngine:
        run = run or f"test-{secrets.token_hex(4)}"
        engine = DockerEngine(run, options.pop("limits", LIMITS), **options)  # type: ignore[arg-type]
        made.append((run, engine))
        return engine

    yield make
    for run, engine in made:
        engine.stop_all()
        left = leftovers(docker_client, run)
        remove(docker_client, left)
        assert left == [], f"stop_all left {left}"


@pytest.fixture
def make_instance(tmp_path: Path, python_base: str) -> MakeInstance:
    """Makes an instance with a compose folder of its own, whose service runs a command on the base image."""

    def make(
        name: str = "web",
        *,
        command: str = "python3 -m http.server 8000",
        service: str = "",
        lab: str = "",
        env: Mapping[str, str] | None = None,
        compose: str | None = None,
    ) -> Instance:
        folder = tmp_path / f"lab-test-{name}"
        folder.mkdir(exist_ok=True)
        text = compose or (
            f"services:\n  {name}:\n    image: {python_base}\n    command: {command!r}\n"
            + textwrap.indent(textwrap.dedent(service), "    ")
            + f"\nx-lab:\n  service: {name}\n  port: 8000\n"
            + textwrap.indent(textwrap.dedent(lab or "health: {timeout_s: 30}"), "  ")
            + "\n"
        )
        (folder / "compose.yaml").write_text(text)
        return Instance(name, name, folder / "compose.yaml", {**os.environ, **(env or {})})

    return make
