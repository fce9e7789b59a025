"""Parts of the Docker engine that need no daemon: contexts, names, errors in words, waiting."""

from __future__ import annotations

import http.server
import io
import os
import socket
import tarfile
import threading
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from lab.compose.file import Build, Health, Package
from lab.engines.docker import daemon
from lab.engines.docker.base_images import installed_versions
from lab.engines.docker.building import file_lock
from lab.engines.docker.containers import _end, _published
from lab.engines.docker.context import CA_BUNDLE, Context, collect
from lab.engines.docker.images import _refuse_tag
from lab.engines.docker.listening import Event, Silence, Stopped, heard
from lab.engines.docker.pulling import _split, registry_of
from lab.engines.health import wait_until_healthy
from lab.errors import EngineUnavailable, InstallError, StartError

LABEL = "llm-gateway-lab.image=web"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a Dockerfile of two stages and the clutter that real folders have."""
    for name in ("app.py", "README.md", "compose.yaml", "data/kept.txt", "data/left.txt", ".git/config",
                 ".venv/bin/python", "__pycache__/app.pyc", "package/old.whl", "reports/run/x"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "Dockerfile").write_text("ARG A=x\nFROM ${A} AS build\nRUN true\nfrom ${A}\nCOPY . /x\n")
    return tmp_path


def names(context: Context) -> list[str]:
    """The names of the files in a context."""
    with context.tar() as stream, tarfile.open(fileobj=io.BytesIO(stream.read())) as archive:
        return archive.getnames()


def content(context: Context, name: str) -> bytes:
    """What a file in a context holds."""
    with context.tar() as stream, tarfile.open(fileobj=io.BytesIO(stream.read())) as archive:
        file = archive.extractfile(name)
        assert file is not None
        return file.read()


def test_a_context_leaves_out_what_no_build_needs(folder: Path) -> None:
    """Version control, environments, caches, reports and an old package stay out; the lab's files come in."""
    assert names(collect(Build(context=folder), None, None, LABEL)) == [
        "Dockerfile", "README.md", "app.py", "data/kept.txt", "data/left.txt", CA_BUNDLE, "package/.keep",
    ]  # fmt: skip


def test_an_ignore_file_is_honoured(folder: Path) -> None:
    """The Dockerfile's own ignore file goes before the folder's, and may name what to keep."""
    (folder / ".dockerignore").write_text("data\n")
    assert "data/kept.txt" not in names(collect(Build(context=folder), None, None, LABEL))
    (folder / "Dockerfile.dockerignore").write_text("# all but this\n*\n!data/kept.txt\n")
    context = collect(Build(context=folder), None, None, LABEL)
    assert names(context) == ["Dockerfile", "data/kept.txt", CA_BUNDLE, "package/.keep"]


def test_every_stage_is_labelled(folder: Path) -> None:
    """The label follows each FROM, so that stages and failed builds can be found; nothing else changes."""
    dockerfile = content(collect(Build(context=folder), None, None, LABEL), "Dockerfile").decode()
    assert dockerfile == (
        f"ARG A=x\nFROM ${{A}} AS build\nLABEL {LABEL}\n\nRUN true\nfrom ${{A}}\nLABEL {LABEL}\n\nCOPY . /x\n"
    )


def test_bundle_and_package_are_in_the_context(folder: Path, tmp_path: Path) -> None:
    """The CA bundle and the local package lie where Dockerfiles expect them."""
    bundle, package = tmp_path / "site.crt", tmp_path / "web-2.tgz"
    bundle.write_bytes(b"certificate")
    package.write_bytes(b"\x1f\x8bpackage")
    context = collect(Build(context=folder), bundle, package, LABEL)
    assert content(context, CA_BUNDLE) == b"certificate"
    assert content(context, "package/web-2.tgz") == b"\x1f\x8bpackage"
    with pytest.raises(InstallError, match=r"absent\.crt cannot be read"):
        collect(Build(context=folder), tmp_path / "absent.crt", None, LABEL)


def test_the_digest_follows_contents_and_nothing_else(folder: Path) -> None:
    """Same files, same digest, whenever they were written; any content, mode, name or argument changes it."""

    def digest(*more: str) -> str:
        return collect(Build(context=folder), None, None, LABEL).digest(*more)

    first = digest("A=1")
    os.utime(folder / "app.py", (1, 1))
    assert digest("A=1") == first
    seen = {first, digest("A=2"), digest("A=1", "B=2"), digest("A=", "1")}
    (folder / "app.py").chmod(0o755)
    seen.add(digest("A=1"))
    (folder / "app.py").write_text("else")
    seen.add(digest("A=1"))
    (folder / "app.py").rename(folder / "app2.py")
    seen.add(digest("A=1"))
    assert len(seen) == 7


@pytest.mark.parametrize(
    ("name", "registry", "repository", "tag"),
    [
        ("python:3.13-slim", "docker.io", "python", "3.13-slim"),
        ("python", "docker.io", "python", "latest"),
        ("vendor/web:1", "docker.io", "vendor/web", "1"),
        ("ghcr.io/vendor/web", "ghcr.io", "ghcr.io/vendor/web", "latest"),
        ("localhost:5000/web:2", "localhost:5000", "localhost:5000/web", "2"),
        ("localhost:5000/web", "localhost:5000", "localhost:5000/web", "latest"),
        ("vendor/web@sha256:abc", "docker.io", "vendor/web@sha256:abc", None),
    ],
)
def test_image_names_are_taken_apart(name: str, registry: str, repository: str, tag: str | None) -> None:
    """Registry, repository and tag are told apart; no tag means `latest`, never all tags."""
    assert registry_of(name) == registry
    assert _split(name) == (repository, tag)


@pytest.mark.parametrize(
    ("image", "refused"),
    [
        ("vendor/web:1.82.7", True),
        ("vendor/web:main-v1.82.7-stable", True),
        ("localhost:5000/web:v1.82.7@sha256:abc", True),
        ("vendor/web:1.82.70", False),
        ("vendor/web:11.82.7", False),
        ("vendor/web:1.82.7.1", False),
        ("vendor/web1.82.7:latest", False),
        ("vendor/web", False),
    ],
)
def test_image_tags_with_a_refused_version(image: str, refused: bool) -> None:
    """A tag that holds a refused version is refused; one that merely resembles it is not."""
    package = Package(registry="pypi", name="web", version="1.0", refused={"1.82.7": "stolen"})
    if refused:
        with pytest.raises(InstallError, match="stolen"):
            _refuse_tag(package, image)
    else:
        _refuse_tag(package, image)


def test_how_a_container_ended_is_said_in_words() -> None:
    """Exit code, signal and lack of memory are named, and ports are read back as numbers."""
    assert _end({"ExitCode": 1}) == "it ended with exit code 1"
    assert _end({"ExitCode": 143}) == "it ended with exit code 143 (signal 15)"
    assert "limits.memory_mb" in _end({"ExitCode": 137, "OOMKilled": True})
    assert _end({"ExitCode": 127, "Error": "no such program"}).endswith(": no such program")
    assert _published({"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "32000"}], "81/tcp": None}) == {
        80: 32000
    }


def test_a_missing_socket_is_named(tmp_path: Path) -> None:
    """Without a socket the error says where it was looked for and what to do."""
    with pytest.raises(EngineUnavailable, match="there is no Docker socket at") as caught:
        daemon.connect({"DOCKER_HOST": f"unix://{tmp_path}/none.sock"})
    assert "DOCKER_HOST" in caught.value.next_step


def test_a_socket_without_a_daemon_is_named(tmp_path: Path) -> None:
    """A socket that nobody listens at is told apart from one that is not there."""
    path = tmp_path / "dead.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with pytest.raises(EngineUnavailable, match="no Docker daemon answers at the socket"):
        daemon.connect({"DOCKER_HOST": f"unix://{path}"})


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_denied_socket_is_named(tmp_path: Path) -> None:
    """Without the right to use the socket the error says how to get it."""
    path = tmp_path / "denied.sock"
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        path.chmod(0o600 if os.geteuid() == 0 else 0o000)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:  # rights do not bind root, so the attempt is made by a child that is not root
            said = "no error"
            try:
                if os.geteuid() == 0:
                    os.setuid(65534)
                daemon.connect({"DOCKER_HOST": f"unix://{path}"})
            except BaseException as exc:  # noqa: BLE001 - whatever it is, the parent is to judge it
                said = str(exc)
            os.write(writing, said.encode())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as stream:
            said = stream.read()
        os.waitpid(child, 0)
    assert "permission denied at the Docker socket" in said
    assert "group `docker`" in said


def test_a_daemon_that_says_nothing_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon that accepts and never answers is given up after the time-out."""
    monkeypatch.setattr(daemon, "ANSWER_TIMEOUT_S", 1)
    path = tmp_path / "mute.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        with pytest.raises(EngineUnavailable, match="does not answer"):
            daemon.connect({"DOCKER_HOST": f"unix://{path}"})
        assert 1 <= waiting(server) <= 2


def waiting(server: socket.socket) -> int:
    """How many clients have connected to a server that accepts none."""
    server.setblocking(False)
    for number in count():
        try:
            server.accept()[0].close()
        except BlockingIOError:
            return number
    raise AssertionError("unreachable")


def test_an_address_where_nothing_listens_is_one_plain_sentence() -> None:
    """What failed, not the classes and addresses of the libraries in between."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"tcp://127.0.0.1:{closed.getsockname()[1]}"
    with pytest.raises(EngineUnavailable) as caught:
        daemon.connect({"DOCKER_HOST": address})
    assert caught.value.message == (
        f"the Docker daemon at {address} does not answer: the connection failed (Connection refused)"
    )


def test_owners_are_told_from_strangers() -> None:
    """This process is alive; a number that no process has, another machine and nonsense are not."""
    assert daemon.owner_alive(daemon.owner())
    assert not daemon.owner_alive(f"{socket.gethostname()}:4194304999")
    assert not daemon.owner_alive(f"elsewhere:{os.getpid()}")
    assert not daemon.owner_alive(f"{socket.gethostname()}:{os.getpid()}:1"), "the number was given out again"
    assert not daemon.owner_alive("")


def test_listening_ends_at_silence_stop_and_end() -> None:
    """Events come through; silence, a stop and trouble each end the listening in their own way."""
    release = threading.Event()

    def stream() -> Iterator[Event]:
        yield {"n": 1}
        release.wait(10)

    stop = threading.Event()
    events = heard(stream, stop, first_s=5, next_s=0.3)
    assert next(events) == {"n": 1}
    with pytest.raises(Silence, match="0 s"):
        next(events)
    stop.set()
    with pytest.raises(Stopped):
        next(heard(stream, stop, first_s=5, next_s=5))
    release.set()
    assert list(heard(stream, threading.Event(), first_s=5, next_s=5)) == [{"n": 1}]

    def trouble() -> Iterator[Event]:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        next(heard(trouble, threading.Event(), first_s=5, next_s=5))


def test_a_lock_lets_one_in_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two threads never hold the same lock together, and one that waits can be stopped."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        with file_lock("tag", threading.Event()):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.05)
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1, 1]
    stopped = threading.Event()
    stopped.set()
    with (
        file_lock("tag", threading.Event()),
        pytest.raises(InstallError, match="stopped"),
        file_lock("tag", stopped),
    ):
        pass


class Answer(http.server.BaseHTTPRequestHandler):
    """Answers 503 twice, then 200."""

    seen = 0

    def do_GET(self) -> None:
        """Answer one request."""
        type(self).seen += 1
        self.send_response(503 if self.seen <= 2 else 200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    """A real server that is not ready at first."""
    Answer.seen = 0
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_waiting_goes_on_until_the_expected_status(url: str) -> None:
    """A service that answers 503 while it boots is waited for."""
    wait_until_healthy(url, Health(timeout_s=10), lambda: None, threading.Event())
    assert Answer.seen == 3


def test_waiting_ends_when_the_service_dies_or_the_run_stops(url: str) -> None:
    """A death is not waited out, a stop neither; the time-out says what was seen last."""

    def dead() -> str | None:
        raise StartError("it ended")

    with pytest.raises(StartError, match="it ended"):
        wait_until_healthy(url, Health(timeout_s=3600), dead, threading.Event())
    stop, looks = threading.Event(), count(1)

    def stopped() -> None:
        if next(looks) == 3:
            stop.set()

    with pytest.raises(StartError, match="being stopped"):
        wait_until_healthy(url, Health(status=204, timeout_s=3600), stopped, stop)
    assert next(looks) == 4
    with pytest.raises(StartError, match=r"not healthy after 0\.3 s: GET / answered 200, expected 204"):
        wait_until_healthy(url, Health(status=204, timeout_s=0.3), lambda: None, threading.Event())
    with pytest.raises(StartError, match="starting"):
        wait_until_healthy(url, Health(timeout_s=0.3), lambda: "starting", threading.Event())


def test_versions_are_read_from_a_bootstrapped_archive(tmp_path: Path) -> None:
    """The base image's labels come from the package database inside the archive."""
    status = (
        b"Package: python3\nStatus: install ok installed\nVersion: 3.13.5-1\nDescription: x\n more: y\n\n"
        b"Package: npm\nVersion: 9.2.0~ds1-3\n\nPackage: other\nVersion: 1\n"
    )
    archive = tmp_path / "base.tar"
    with tarfile.open(archive, "w") as tar:
        info = tarfile.TarInfo("./var/lib/dpkg/status")
        info.size = len(status)
        tar.addfile(info, io.BytesIO(status))
    assert installed_versions(archive, ("npm", "python3")) == {"npm": "9.2.0~ds1-3", "python3": "3.13.5-1"}
    with pytest.raises(InstallError, match="nodejs"):
        installed_versions(archive, ("npm", "nodejs"))
