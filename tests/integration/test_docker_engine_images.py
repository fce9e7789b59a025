"""Images with a real daemon: built onto a base image, replaced, refused, skipped when unchanged."""

from __future__ import annotations

import os
import secrets
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import docker
import httpx
import pytest

from lab.engines.base import Instance
from lab.engines.docker import images as images_module
from lab.engines.docker import leftovers
from lab.engines.docker.daemon import IMAGE_LABEL
from lab.engines.docker.images import LOCAL_BASE
from lab.errors import InstallError
from scripts.base_images import LABEL, make_base_image
from tests.integration.conftest import MakeEngine, MakeInstance

pytestmark = pytest.mark.docker

# The daemon is shared: images of this process bear a name that no other process gives.
NAME = f"built-{secrets.token_hex(4)}"
IMAGE = f"llm-gateway-lab/lab-test-{NAME}"
UNREACHABLE = "registry.invalid/none:1"
DOCKERFILE = """
ARG PYTHON_IMAGE
FROM ${PYTHON_IMAGE} AS build
ARG PACKAGE_SPEC=""
COPY lab-ca-bundle.crt package/ data.txt /lab/
RUN echo "spec=$PACKAGE_SPEC" > /lab/spec.txt
FROM ${PYTHON_IMAGE}
COPY --from=build /lab /lab
CMD ["python3", "-m", "http.server", "8000", "--directory", "/lab"]
"""
COMPOSE = """
services:
  {name}:
    build: {{context: ., args: {{PYTHON_IMAGE: "{base}"}}}}
x-lab:
  service: {name}
  port: 8000
  health: {{timeout_s: 30}}
  package:
    registry: pypi
    name: thing
    version: "1.0.0"
    variable: THING_PACKAGE
    image_variable: THING_IMAGE
    refused: {{"1.82.7": "it stole credentials"}}
"""

MakeBuilt = Callable[..., Instance]
Filters = dict[str, str | list[str] | bool]


@pytest.fixture
def make_built(
    docker_client: docker.DockerClient,
    make_instance: MakeInstance,
    python_base: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[MakeBuilt]:
    """Makes an instance whose image is built from a small Dockerfile; its images are removed afterwards."""

    def make(
        *, env: Mapping[str, str] | None = None, dockerfile: str = DOCKERFILE, base: str = python_base
    ) -> Instance:
        instance = make_instance(NAME, compose=COMPOSE.format(base=base, name=NAME), env=env)
        folder = instance.compose.parent
        (folder / "Dockerfile").write_text(dockerfile)
        if not (folder / "data.txt").exists():
            (folder / "data.txt").write_text("first\n")
        return instance

    yield make
    monkeypatch.setattr(leftovers, "IMAGE_LABEL", f"{IMAGE_LABEL}=lab-test-{NAME}")
    label: Filters = {"label": f"{IMAGE_LABEL}=lab-test-{NAME}"}
    for _ in range(10):
        leftovers.clean("no-such-run", images=True)
        if not docker_client.images.list(filters=label):
            break
        time.sleep(1)
    assert docker_client.images.list(filters=label) == []
    assert docker_client.containers.list(all=True, filters=label) == []


def wheel(folder: Path, version: str) -> Path:
    """A wheel that states its name and version, and holds nothing else."""
    path = folder / f"thing-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"thing-{version}.dist-info/METADATA", f"Name: thing\nVersion: {version}\n")
    return path


def test_a_built_image_holds_the_context_and_the_bundle(
    make_built: MakeBuilt, make_engine: MakeEngine, tmp_path: Path, docker_client: docker.DockerClient
) -> None:
    """The image is built from the folder, gets the CA bundle, and is named with its content's hash."""
    bundle = tmp_path / "site.crt"
    bundle.write_text("a certificate\n")
    engine, built, said = make_engine(ca_bundle=bundle), make_built(), list[str]()
    engine.install(built, said.append)
    started = engine.start(built, said.append)
    assert httpx.get(f"{started.base_url}/lab-ca-bundle.crt", trust_env=False).text == "a certificate\n"
    assert httpx.get(f"{started.base_url}/data.txt", trust_env=False).text == "first\n"
    assert httpx.get(f"{started.base_url}/spec.txt", trust_env=False).text == "spec=\n"
    assert started.version == "1.0.0"
    image = docker_client.images.get(str(started.image))
    assert image.tags[0].startswith(f"{IMAGE}:")
    assert any("build step" in line for line in said)


def test_an_unchanged_build_is_skipped_and_a_change_is_not(
    make_built: MakeBuilt, make_engine: MakeEngine, tmp_path: Path
) -> None:
    """Nothing stale is used: file, bundle, Dockerfile and package each lead to another image."""
    engine, built = make_engine(), make_built()
    said: list[str] = []

    def installed(by: object = engine) -> str:
        said.clear()
        by.install(built, said.append)  # type: ignore[attr-defined]
        return str(by._ready[NAME].id)  # type: ignore[attr-defined]

    first = installed()
    assert any("build step" in line for line in said)
    assert installed() == first
    assert not any("build step" in line for line in said)
    (built.compose.parent / "data.txt").write_text("second\n")
    second = installed()
    assert second != first
    make_built(dockerfile=DOCKERFILE + "ENV CHANGED=1\n")
    third = installed()
    assert third not in {first, second}
    bundle = tmp_path / "site.crt"
    bundle.write_text("a certificate\n")
    assert installed(make_engine(ca_bundle=bundle)) not in {first, second, third}
    (built.compose.parent / "data.txt").write_text("first\n")
    make_built()
    assert installed() == first
    assert not any("build step" in line for line in said)


def test_a_local_package_goes_into_the_build(
    make_built: MakeBuilt, make_engine: MakeEngine, tmp_path: Path
) -> None:
    """The file that the variable names lies under package/, and its own version is reported."""
    path = wheel(tmp_path, "2.3.4")
    engine = make_engine()
    built = make_built(env={"THING_PACKAGE": str(path)})
    started = engine.start(built, lambda _: None)
    assert httpx.get(f"{started.base_url}/spec.txt", trust_env=False).text == f"spec={path.name}\n"
    content = httpx.get(f"{started.base_url}/{path.name}", trust_env=False).content
    assert content == path.read_bytes()
    assert started.version is not None
    assert started.version.startswith("2.3.4 (local file")


def test_a_version_is_passed_on_to_the_build(make_built: MakeBuilt, make_engine: MakeEngine) -> None:
    """The version that the variable names reaches the Dockerfile and the report."""
    started = make_engine().start(make_built(env={"THING_PACKAGE": "1.9.0"}), lambda _: None)
    assert httpx.get(f"{started.base_url}/spec.txt", trust_env=False).text == "spec=1.9.0\n"
    assert started.version is not None
    assert started.version.startswith("1.9.0")


@pytest.mark.parametrize("given", ["1.82.7", "==1.82.7", "v1.82.7.0", "thing==1.82.7", "FILE", "IMAGE"])
def test_a_refused_version_is_refused_in_every_guise(
    make_built: MakeBuilt, make_engine: MakeEngine, tmp_path: Path, given: str
) -> None:
    """A version known to be compromised is refused with the reason: by number, by file, by image tag."""
    env = {"THING_PACKAGE": str(wheel(tmp_path, "1.82.7")) if given == "FILE" else given}
    if given == "IMAGE":
        env = {"THING_IMAGE": "vendor/thing:main-v1.82.7-stable"}
    with pytest.raises(InstallError, match=r"1\.82\.7.*stole credentials"):
        make_engine().install(make_built(env=env), lambda _: None)


def test_an_image_that_cannot_be_had_is_an_error_at_once(
    make_built: MakeBuilt, make_engine: MakeEngine
) -> None:
    """The error names the variable and the reason, and is not tried twice in one process."""
    engine, built = make_engine(), make_built(env={"THING_IMAGE": UNREACHABLE})
    with pytest.raises(
        InstallError, match=r"THING_IMAGE=registry\.invalid/none:1.*cannot be pulled"
    ) as caught:
        engine.install(built, lambda _: None)
    assert caught.value.next_step
    said: list[str] = []
    with pytest.raises(InstallError, match="cannot be pulled"):
        engine.install(built, said.append)
    assert said == []


def test_a_ready_image_replaces_the_build(
    make_built: MakeBuilt, make_engine: MakeEngine, docker_client: docker.DockerClient
) -> None:
    """The image that the variable names is used as it is, with its own command."""
    engine = make_engine()
    engine.install(make_built(), lambda _: None)
    own = docker_client.images.get(engine._ready[NAME].id)
    own.tag(IMAGE, "vendor-7")
    replaced = make_built(env={"THING_IMAGE": f"{IMAGE}:vendor-7"}, dockerfile="FROM x")
    started = make_engine().start(replaced, lambda _: None)
    assert started.image == own.id
    assert started.version == "vendor-7"


def test_a_ready_image_that_states_a_refused_version_is_refused(
    make_built: MakeBuilt, make_engine: MakeEngine, docker_client: docker.DockerClient
) -> None:
    """Its name may say nothing, as a digest or `latest` does; the label inside does."""
    engine = make_engine()
    labelled = DOCKERFILE + 'LABEL org.opencontainers.image.version="v1.82.7"\n'
    engine.install(make_built(dockerfile=labelled), lambda _: None)
    docker_client.images.get(engine._ready[NAME].id).tag(IMAGE, "latest")
    given = {"THING_IMAGE": f"{IMAGE}:latest"}
    with pytest.raises(InstallError, match=r"1\.82\.7 is refused: it stole credentials"):
        make_engine().install(make_built(env=given), lambda _: None)


def test_a_failing_build_names_the_step_and_keeps_the_log(
    make_built: MakeBuilt, make_engine: MakeEngine, docker_client: docker.DockerClient
) -> None:
    """The error says at which step the build failed; its end is in the log, and no container stays."""
    broken = make_built(
        dockerfile="ARG PYTHON_IMAGE\nFROM ${PYTHON_IMAGE}\nRUN echo 'error: no wheel' && exit 9\n"
    )
    with pytest.raises(InstallError, match=r"at step \d of \d") as caught:
        make_engine().install(broken, lambda _: None)
    assert "no wheel" in caught.value.log_tail
    label: Filters = {"label": f"{IMAGE_LABEL}=lab-test-{NAME}"}
    deadline = time.monotonic() + 10  # the daemon removes it right after it has told of the failure
    while docker_client.containers.list(all=True, filters=label):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_missing_dockerfile_is_named(make_built: MakeBuilt, make_engine: MakeEngine) -> None:
    """The error names the file that is missing."""
    built = make_built()
    (built.compose.parent / "Dockerfile").unlink()
    with pytest.raises(InstallError, match=r"there is no .*Dockerfile"):
        make_engine().install(built, lambda _: None)


def test_a_build_ends_when_the_run_is_stopped(
    make_built: MakeBuilt, make_engine: MakeEngine, docker_client: docker.DockerClient
) -> None:
    """stop_all() ends a silent build while its step still runs, and does not wait for it."""
    engine = make_engine()
    slow = make_built(dockerfile="ARG PYTHON_IMAGE\nFROM ${PYTHON_IMAGE}\nRUN sleep 3600\n")
    outcome: list[InstallError] = []
    building = threading.Event()

    def install() -> None:
        try:
            engine.install(slow, lambda line: building.set() if "sleep" in line else None)
        except InstallError as exc:
            outcome.append(exc)

    thread = threading.Thread(target=install)
    thread.start()
    assert building.wait(60)
    label: Filters = {"label": f"{IMAGE_LABEL}=lab-test-{NAME}"}
    while not (steps := docker_client.containers.list(filters=label)):
        assert thread.is_alive(), outcome
        time.sleep(0.05)
    engine.stop_all()
    thread.join(60)
    assert not thread.is_alive()
    assert "stopped" in outcome[0].message
    (step,) = steps  # the builder's own container, which only goes when its command has ended
    step.reload()
    assert step.status == "running"
    step.kill()


def test_two_builds_of_one_image_become_one(make_built: MakeBuilt, make_engine: MakeEngine) -> None:
    """Engines that need the same image at the same time build it once."""
    built = make_built()
    engines = [make_engine() for _ in range(3)]
    said: list[str] = []
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda engine: engine.install(built, said.append), engines))
    assert len({engine._ready[NAME].id for engine in engines}) == 1
    assert sum("image built" in line for line in said) == 1


def test_the_local_base_image_stands_in_where_no_registry_answers(
    make_built: MakeBuilt, make_engine: MakeEngine, docker_client: docker.DockerClient
) -> None:
    """A default base image that cannot be pulled is replaced by the bootstrapped one, and that is said."""
    if not docker_client.images.list(LOCAL_BASE):
        pytest.skip(f"{LOCAL_BASE} is not here: `make base-images` makes it")
    engine = make_engine()
    engine.install(make_built(base=UNREACHABLE), lambda _: None)
    assert any(LOCAL_BASE in note and UNREACHABLE in note for note in engine.notes())


def test_without_any_base_image_the_next_step_is_named(
    make_built: MakeBuilt, make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a registry nor a bootstrapped base image: the error says how to make one."""
    monkeypatch.setattr(images_module, "LOCAL_BASE", "llm-gateway-lab/none:none")
    with pytest.raises(InstallError, match="no base image") as caught:
        make_engine().install(make_built(base=UNREACHABLE), lambda _: None)
    assert "make base-images" in caught.value.next_step


def test_a_base_image_that_was_asked_for_is_not_replaced(
    make_built: MakeBuilt, make_engine: MakeEngine
) -> None:
    """PYTHON_IMAGE set by the user is taken, or it is an error; nothing stands in for it."""
    with pytest.raises(InstallError, match=f"PYTHON_IMAGE={UNREACHABLE}"):
        make_engine().install(make_built(base=UNREACHABLE, env={"PYTHON_IMAGE": UNREACHABLE}), lambda _: None)


def test_base_images_are_made_once(docker_client: docker.DockerClient, python_base: str) -> None:
    """An image that is there is not made again."""
    said: list[str] = []
    present = docker_client.images.get(python_base).id
    assert make_base_image(docker_client, name=python_base, say=said.append) == present
    assert "--force" in said[0]


def test_base_images_need_their_tool(
    docker_client: docker.DockerClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without mmdebstrap the error says how to install it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InstallError, match="mmdebstrap is not installed") as caught:
        make_base_image(docker_client, name="llm-gateway-lab/base:none", say=lambda _: None)
    assert "apt-get install mmdebstrap" in caught.value.next_step


@pytest.mark.slow
def test_a_base_image_is_bootstrapped(
    docker_client: docker.DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small Debian is bootstrapped, imported with its labels, and runs."""
    name = f"llm-gateway-lab/base:test-{os.getpid()}"
    try:
        make_base_image(docker_client, name=name, packages=("ca-certificates",), say=lambda _: None)
    except InstallError as exc:
        pytest.skip(f"no base image can be bootstrapped here: {exc.message}")
    try:
        labels = docker_client.images.get(name).labels
        assert labels[LABEL]
        assert labels[f"{LABEL}.ca-certificates"]
        said = docker_client.containers.run(name, ["cat", "/etc/debian_version"], remove=True)
        assert said.startswith(b"13")
    finally:
        docker_client.images.remove(name)
