"""Processes of the host engine: what they may see, how their end is told, and how they are ended."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.engines.host import process
from lab.engines.host.process import LOOPBACK, Process, base_environment, end, free_port, log_tail, spawn
from lab.errors import StartError

USER = {
    "PATH": os.environ["PATH"],
    "HOME": "/home/somebody",
    "LANG": "de_DE.UTF-8",
    "OPENAI_API_KEY": "sk-secret",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "HTTPS_PROXY": "http://proxy:3128",
    "no_proxy": "localhost",
}


@pytest.fixture
def started(tmp_path: Path) -> Iterator[list[Process]]:
    """Collects processes and ends what a test left running."""
    processes: list[Process] = []
    yield processes
    end(processes, grace_s=0.1)


def python(code: str, tmp_path: Path, started: list[Process], port: int = 1) -> Process:
    """Start Python code as the engine starts a gateway."""
    process = spawn(
        [sys.executable, "-c", code], cwd=tmp_path, env={"PATH": os.environ["PATH"]},
        log=tmp_path / "log", port=port,
    )  # fmt: skip
    started.append(process)
    return process


def wait_for_end(process: Process) -> str:
    """How the process ended; fails after ten seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if ending := process.ending():
            return ending
        time.sleep(0.01)
    raise AssertionError("the process did not end")


def wait_for_log(process: Process, text: str) -> None:
    """Wait until the process has written `text`."""
    deadline = time.monotonic() + 10
    while text not in process.tail():
        assert time.monotonic() < deadline, process.tail()
        time.sleep(0.01)


def test_a_gateway_sees_nothing_of_the_user_but_path_and_locale(tmp_path: Path) -> None:
    """Keys, home and proxies of the user stay with the user."""
    seen = base_environment(USER, home=tmp_path, egress=False, ca_bundle=None)
    assert seen == {"PATH": USER["PATH"], "LANG": "de_DE.UTF-8", "HOME": str(tmp_path)}


def test_a_system_with_egress_gets_proxies_and_certificates_but_no_keys(tmp_path: Path) -> None:
    """Ollama pulls models through the site's proxy."""
    seen = base_environment(USER, home=tmp_path, egress=True, ca_bundle=Path("/ca.crt"))
    assert seen["HTTPS_PROXY"] == "http://proxy:3128"
    assert seen["no_proxy"] == "localhost"
    assert seen["SSL_CERT_FILE"] == seen["NODE_EXTRA_CA_CERTS"] == "/ca.crt"
    assert not {"OPENAI_API_KEY", "AWS_SECRET_ACCESS_KEY"} & seen.keys()


def test_an_exit_code_and_the_end_of_the_log_are_told(tmp_path: Path, started: list[Process]) -> None:
    """A crash is explained by its own words, and asking twice gives the same answer."""
    process = python("print('out of luck', flush=True); raise SystemExit(7)", tmp_path, started)
    assert wait_for_end(process) == "exit code 7"
    assert process.ending() == "exit code 7"
    assert process.tail() == "out of luck"


def test_a_death_by_signal_is_told_by_the_signals_name(tmp_path: Path, started: list[Process]) -> None:
    """The kernel's SIGKILL looks different from an exit."""
    process = python("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", tmp_path, started)
    assert wait_for_end(process) == "signal SIGKILL"


def test_ending_takes_children_along_and_kills_what_ignores_the_signal(
    tmp_path: Path, started: list[Process]
) -> None:
    """A gateway that ignores SIGTERM, and its child, are gone after the grace period."""
    code = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print('child', child.pid, flush=True); time.sleep(60)\n"
    )
    process = python(code, tmp_path, started)
    wait_for_log(process, "child")
    child = int(process.tail().split()[1])
    begin = time.monotonic()
    end([process], grace_s=0.3)
    assert time.monotonic() - begin >= 0.3
    assert process.ending() == "signal SIGKILL"
    deadline = time.monotonic() + 5  # the child was sent the signal too; a busy machine delivers it later
    while running(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not running(child)


def running(pid: int) -> bool:
    """Whether a process runs; one that is dead and not yet reaped by its parent does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_ending_is_quick_for_a_program_that_obeys(tmp_path: Path, started: list[Process]) -> None:
    """The grace period is a limit, not a pause; ending twice is harmless."""
    process = python("import time; print('up', flush=True); time.sleep(60)", tmp_path, started)
    wait_for_log(process, "up")
    end([process], grace_s=3600)
    assert process.ending() == "signal SIGTERM"
    end([process])


def test_a_taken_port_is_recognised_from_the_log(tmp_path: Path, started: list[Process]) -> None:
    """Python's and Node's words for a port in use both count."""
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        port = other.getsockname()[1]
        code = f"import socket; socket.socket().bind(('{LOOPBACK}', {port}))"
        process = python(code, tmp_path, started)
        assert wait_for_end(process) == "exit code 1"
        assert process.port_was_taken()
    node = python("print('Error: listen EADDRINUSE: address :::8787', flush=True)", tmp_path, started)
    wait_for_end(node)
    assert node.port_was_taken()


def test_an_earlier_start_does_not_colour_the_log_of_a_later_one(
    tmp_path: Path, started: list[Process]
) -> None:
    """One log holds all restarts; each process is judged by its own part."""
    first = python("print('EADDRINUSE', flush=True)", tmp_path, started)
    wait_for_end(first)
    second = python("print('fine', flush=True)", tmp_path, started)
    wait_for_end(second)
    assert first.log == second.log
    assert not second.port_was_taken()
    assert second.tail() == "fine"


def test_a_free_port_can_be_listened_on() -> None:
    """The kernel's pick is free at that moment."""
    with socket.socket() as listener:
        listener.bind((LOOPBACK, free_port()))


def test_a_fixed_port_in_use_is_a_clear_error() -> None:
    """The message names system and port."""
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(StartError, match=rf"litellm: port {port} is in use") as caught:
            process.require_free(port, "litellm")
    assert str(port) in caught.value.next_step


def test_a_program_that_cannot_be_run_is_a_start_error(tmp_path: Path) -> None:
    """A broken install is not a traceback."""
    with pytest.raises(StartError, match=r"nowhere cannot be run: No such file"):
        spawn([str(tmp_path / "nowhere")], cwd=tmp_path, env={}, log=tmp_path / "log", port=1)


def test_the_tail_of_a_log_is_bounded_and_survives_any_bytes(tmp_path: Path) -> None:
    """A gateway may log megabytes, and not in UTF-8."""
    log = tmp_path / "log"
    log.write_bytes(b"x" * 5_000_000 + b"\n\xff\xfe last\n")
    assert len(log_tail(log)) < 70_000
    assert log_tail(log).endswith("last")
    assert log_tail(tmp_path / "none") == ""


def test_the_engines_processes_lead_a_session_of_their_own(tmp_path: Path, started: list[Process]) -> None:
    """Ctrl-C at the terminal reaches the lab, which then ends gateways in order."""
    process = python("import time; time.sleep(60)", tmp_path, started)
    assert os.getsid(process.popen.pid) == process.popen.pid != os.getsid(0)


def test_no_file_descriptor_of_the_lab_reaches_a_gateway(tmp_path: Path, started: list[Process]) -> None:
    """Sockets of the lab, such as the one to Docker, are not inherited."""
    listing = "import os; print(sorted(os.listdir('/proc/self/fd')), flush=True)"
    with socket.socket() as kept:
        os.set_inheritable(kept.fileno(), True)
        process = python(listing, tmp_path, started)
        wait_for_end(process)
        inherited = subprocess.run(
            [sys.executable, "-c", listing], capture_output=True, text=True, check=True, close_fds=True
        ).stdout
    assert process.tail().count("'") == inherited.strip().count("'")
