"""A Docker daemon that is not there, not allowed or not answering is named as such."""

from __future__ import annotations

import os
import socket
from itertools import count
from pathlib import Path

import pytest

from lab.engines.docker import daemon
from lab.errors import EngineUnavailable


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
