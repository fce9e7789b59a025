"""The host engine with small real programs: start, health, death, ports, state, orphans, and the end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from lab.compose.file import Health
from lab.config.models import Limits
from lab.engines.base import Instance
from lab.engines.health import wait_until_healthy
from lab.engines.host import process as host_process
from lab.engines.host.clean import clean, marked
from lab.engines.host.engine import HostEngine
from lab.engines.host.process import Process, free_port
from lab.engines.host.slot import Slot
from lab.errors import ConfigError, InstallError, StartError
from lab.run.meter_control import MeterControl
from tests.paths import ROOT

SERVER = """
import http.server, json, os, pathlib, sys, threading, time
notes = pathlib.Path("notes")
seen = sorted(p.name for p in pathlib.Path(".").iterdir())
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/die":
            print("the last words", flush=True)
            os._exit(9)
        if self.path == "/note":
            notes.write_text("kept")
        status = int(os.environ.get("STATUS", "200")) if self.path == "/health" else 200
        body = json.dumps({"seen": seen, "env": dict(os.environ), "cwd": os.getcwd()}).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *words): print("request", self.path, flush=True)
if os.environ.get("MODE") == "crash":
    sys.exit("no configuration found")
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
COMPOSE = """
services:
  it:
    image: none
    environment: {MODE: "${MODE:-}", STATUS: "${STATUS:-200}", WHO: "${LAB_VARIANT:-nobody}"}
    ports: ["PORTS"]
x-lab:
  service: it
  port: 8000
  health: {path: /health, status: 200, timeout_s: 60}
  state: {keeps: true, wipe: ["${LAB_STATE}"]}
  host:
    kind: command
    command: ["${LAB_PYTHON}", "${LAB_HERE}/server.py", "${LAB_PORT}"]
    environment: {WHERE: "${LAB_STATE}", AT: "${LAB_PORT}"}
"""


@pytest.fixture
def compose(tmp_path: Path) -> Path:
    """A compose folder with the small server."""
    folder = tmp_path / "it"
    folder.mkdir()
    (folder / "server.py").write_text(SERVER, "utf-8")
    (folder / "compose.yaml").write_text(COMPOSE.replace("PORTS", "8000"), "utf-8")
    return folder / "compose.yaml"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[HostEngine]:
    """An engine with a cache of its own; all it started is ended."""
    env = {"PATH": os.environ["PATH"], "SECRET_KEY": "sk-user-secret"}
    made = HostEngine(f"test-{tmp_path.name}", Limits(), env, tmp_path / "cache")
    yield made
    made.stop_all()


def instance(compose: Path, name: str = "it", **env: str) -> Instance:
    """An instance of the small server."""
    return Instance(name, "it", compose, env)


def quiet(_: str) -> None:
    """Say nothing."""


def healthy_within(compose: Path, seconds: int) -> None:
    """Change the time that the small server has to get healthy."""
    text = compose.read_text("utf-8")
    assert "timeout_s: 60" in text
    compose.write_text(text.replace("timeout_s: 60", f"timeout_s: {seconds}"), "utf-8")


def logs_of(compose: Path) -> list[Path]:
    """What the systems of this test have written so far."""
    return list((compose.parents[1] / "cache").rglob("*log"))


def ask(base_url: str, path: str = "/") -> dict[str, object]:
    """What the small server tells about itself."""
    return dict(httpx.get(base_url + path, trust_env=False).json())


def test_a_started_system_answers_with_the_services_environment_and_no_secret(
    engine: HostEngine, compose: Path
) -> None:
    """Service and host variables are there, the user's are not, and the home is the state folder."""
    started = engine.start(instance(compose, LAB_VARIANT="variant-x", SECRET="sk-2"), quiet)
    told = ask(started.base_url)
    env = told["env"]
    assert isinstance(env, dict)
    assert env["WHO"] == "variant-x"
    assert env["HOME"] == env["WHERE"] == told["cwd"]
    assert started.base_url.endswith(f":{env['AT']}")
    assert not {"SECRET_KEY", "SECRET"} & env.keys()
    assert started.boot_s > 0
    assert engine.died(instance(compose)) is None


def test_a_wipe_gives_a_new_process_without_anything_the_old_one_wrote(
    engine: HostEngine, compose: Path
) -> None:
    """State does not leak between repeats, and the log keeps both."""
    it = instance(compose)
    assert engine.keeps_state(it)
    first = engine.start(it, quiet)
    ask(first.base_url, "/note")
    second = engine.wipe(it, quiet)
    assert ask(second.base_url)["seen"] == []
    log = compose.parent / "log"
    engine.save_log(it, log)
    assert "request /note" in log.read_text("utf-8")
    assert log.read_text("utf-8").count("request /health") == 2


def test_a_crash_at_start_is_told_at_once_with_the_end_of_the_log(engine: HostEngine, compose: Path) -> None:
    """No waiting for the time-out; the reason is the program's own."""
    healthy_within(compose, 3600)  # a test that waited for this would never end
    with pytest.raises(StartError, match=r"it died while it started \(exit code 1\)") as caught:
        engine.start(instance(compose, MODE="crash"), quiet)
    assert "no configuration found" in caught.value.log_tail


def test_a_system_that_never_gets_healthy_is_stopped_and_says_what_it_answered(
    engine: HostEngine, compose: Path
) -> None:
    """The message holds the time-out and the last answer; nothing is left running."""
    healthy_within(compose, 2)
    with pytest.raises(StartError, match=r"it: not healthy after 2 s: .* answered 503, expected 200"):
        engine.start(instance(compose, STATUS="503"), quiet)
    assert engine.died(instance(compose)) is not None
    assert list(marked(f"test-{compose.parents[1].name}")) == []


def test_a_death_in_the_middle_of_a_run_is_noticed_with_its_exit_code(
    engine: HostEngine, compose: Path
) -> None:
    """A dead gateway is a reason, not a row of connection errors; and it can be started again."""
    it = instance(compose)
    started = engine.start(it, quiet)
    with pytest.raises(httpx.TransportError):
        ask(started.base_url, "/die")
    deadline = time.monotonic() + 5
    while (why := engine.died(it)) is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert why is not None
    assert why.startswith("it ended with exit code 9")
    assert why.endswith("the last words")
    assert ask(engine.wipe(it, quiet).base_url)["seen"] == []


def test_a_fixed_port_in_use_is_named(engine: HostEngine, compose: Path) -> None:
    """The user learns which port, and which file to change."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        compose.write_text(COMPOSE.replace("PORTS", f"127.0.0.1:{port}:8000"), "utf-8")
        with pytest.raises(StartError, match=rf"it: port {port} is in use"):
            engine.start(instance(compose), quiet)
    assert engine.start(instance(compose), quiet).base_url == f"http://127.0.0.1:{port}"


def test_a_port_that_is_snatched_away_is_replaced_by_another(
    engine: HostEngine, compose: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the kernel's pick and the program's listening anything may happen."""
    said: list[str] = []
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        picks = iter([taken])
        real = host_process.free_port
        monkeypatch.setattr(host_process, "free_port", lambda *_: next(picks, None) or real())
        started = engine.start(instance(compose), said.append)
    assert not started.base_url.endswith(f":{taken}")
    assert said == [f"it: port {taken} was taken by another program, trying another"]


def test_state_outside_of_the_engines_folders_is_never_wiped(engine: HostEngine, compose: Path) -> None:
    """A wrong line in a compose file must not delete a user's files."""
    precious = compose.parent / "precious"
    precious.mkdir()
    wrong = "${LAB_STATE}/../../../../../it/precious"
    text = compose.read_text("utf-8").replace('wipe: ["${LAB_STATE}"]', f'wipe: ["{wrong}"]')
    compose.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=r"x-lab\.state\.wipe: .* is outside"):
        engine.start(instance(compose), quiet)
    assert precious.is_dir()


def test_many_instances_start_at_the_same_time(engine: HostEngine, compose: Path) -> None:
    """Instances of one compose file have ports, states and logs of their own."""
    started: dict[str, str] = {}

    def start(name: str) -> None:
        started[name] = engine.start(instance(compose, name, LAB_VARIANT=name), quiet).base_url

    threads = [threading.Thread(target=start, args=(f"it-{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = {name: ask(url) for name, url in started.items()}
    assert len({str(answer["cwd"]) for answer in told.values()}) == 4
    for name, answer in told.items():
        assert isinstance(answer["env"], dict)
        assert answer["env"]["WHO"] == name


def test_stop_all_ends_everything_and_removes_the_runs_folder(engine: HostEngine, compose: Path) -> None:
    """Nothing is left on disk but the cache, nothing in the process table; twice is harmless."""
    started = [engine.start(instance(compose, name), quiet) for name in ("it-1", "it-2")]
    engine.stop_all()
    for one in started:
        with pytest.raises(httpx.ConnectError):
            ask(one.base_url)
    assert list((compose.parents[1] / "cache" / "runs").iterdir()) == []
    engine.stop_all()


def test_stop_all_interrupts_a_start_that_waits_for_health(engine: HostEngine, compose: Path) -> None:
    """Ctrl-C during a boot of minutes does not wait for it."""
    healthy_within(compose, 3600)  # a test that waited for this would never end
    errors: list[StartError] = []

    def start() -> None:
        try:
            engine.start(instance(compose, STATUS="503"), quiet)
        except StartError as exc:
            errors.append(exc)

    thread = threading.Thread(target=start)
    thread.start()
    run = f"test-{compose.parents[1].name}"
    while not any("request /health" in log.read_text("utf-8") for log in logs_of(compose)):
        assert thread.is_alive(), errors
        time.sleep(0.01)
    engine.stop_all()
    thread.join(timeout=120)
    assert not thread.is_alive()
    assert len(errors) == 1
    assert list(marked(run)) == []


CONTROLLER = """
import sys, time
from pathlib import Path
from lab.config.models import Limits
from lab.engines.base import Instance
from lab.engines.host.engine import HostEngine
run, compose, cache = sys.argv[1:]
engine = HostEngine(run, Limits(), {"PATH": "/usr/bin:/bin"}, Path(cache))
print(engine.start(Instance("it", "it", Path(compose), {}), lambda _: None).base_url, flush=True)
time.sleep(120)
"""


@pytest.fixture
def controller(compose: Path, tmp_path: Path) -> Iterator[Callable[[str], tuple[subprocess.Popen[str], str]]]:
    """Starts a lab in a process of its own that can be killed."""
    made: dict[str, subprocess.Popen[str]] = {}

    def start(run: str) -> tuple[subprocess.Popen[str], str]:
        words = [
            sys.executable,
            "-c",
            textwrap.dedent(CONTROLLER),
            run,
            str(compose),
            str(tmp_path / "cache"),
        ]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        made[run] = process
        assert process.stdout is not None
        return process, process.stdout.readline().strip()

    yield start
    for run, process in made.items():
        process.kill()
        process.communicate()
        clean(run, tmp_path / "cache", grace_s=0.1)


def test_what_a_killed_lab_left_is_found_and_ended_and_nothing_else(
    controller: Callable[[str], tuple[subprocess.Popen[str], str]], compose: Path, tmp_path: Path
) -> None:
    """SIGKILL gives no time to clean up; `clean` does it later, and leaves a run in progress alone."""
    run, other = f"killed-{tmp_path.name}", f"alive-{tmp_path.name}"
    killed, orphan_url = controller(run)
    _, alive_url = controller(other)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    assert ask(orphan_url)["seen"] == []
    stranger = subprocess.Popen(
        ["sleep", "60"], env={**os.environ, "LAB_RUN_ID": f"elsewhere-{tmp_path.name}"}
    )
    try:
        removed = clean(None, tmp_path / "cache")
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()
    assert len(removed) == 2
    assert removed[0].startswith("ended process")
    assert run in removed[0]
    with pytest.raises(httpx.ConnectError):
        ask(orphan_url)
    assert ask(alive_url)["seen"] == []
    assert [p.name for p in (tmp_path / "cache" / "runs").iterdir()] == [other]


def test_a_run_that_is_named_is_cleaned_even_while_its_lab_lives(
    controller: Callable[[str], tuple[subprocess.Popen[str], str]], tmp_path: Path
) -> None:
    """The user's word counts."""
    run = f"named-{tmp_path.name}"
    _, url = controller(run)
    assert len(clean(run, tmp_path / "cache")) == 2
    with pytest.raises(httpx.ConnectError):
        ask(url)


def test_the_real_meter_runs_where_meter_url_says(engine: HostEngine, tmp_path: Path) -> None:
    """Gateways are configured with the meter's address before the meter starts."""
    url = engine.meter_url()
    config = {"token": "a-token-of-tests", "models": ["claude-sonnet-4-5"], "host": "::", "port": 9700}
    env = {"LAB_METER_CONFIG": json.dumps(config)}
    meter = Instance("meter", "meter", ROOT / "compose" / "meter" / "compose.yaml", env)
    started = engine.start(meter, quiet)
    assert started.base_url == url == engine.meter_url()
    with MeterControl(started.base_url, "a-token-of-tests") as control:
        assert control.health()["status"] == "ok"
    listening = Path(f"/proc/{next(marked(f'test-{tmp_path.name}')).pid}/net/tcp").read_text("utf-8")
    port = f"{int(url.rpartition(':')[2]):04X}"
    assert f" 0100007F:{port} 00000000:0000 0A" in listening


@pytest.mark.slow
def test_a_port_that_the_meters_compose_file_fixes_is_told_to_systems(
    engine: HostEngine, compose: Path
) -> None:
    """Also where systems were given another address before the meter's file was read."""
    assert engine.meter_url()
    port = free_port()
    compose.write_text(COMPOSE.replace("PORTS", f"127.0.0.1:{port}:8000"), "utf-8")
    meter = instance(compose, "meter")
    engine.install(meter, quiet)
    assert engine.meter_url() == f"http://127.0.0.1:{port}"
    assert engine.start(meter, quiet).base_url == engine.meter_url()


def test_packages_are_installed_once_from_a_lock_with_hashes(tmp_path: Path) -> None:
    """The second engine takes what the first installed; a wrong hash stops the install."""
    lock = _locked("iniconfig")
    folder = tmp_path / "it"
    folder.mkdir()
    (folder / "requirements.txt").write_text(lock, "utf-8")
    compose = folder / "compose.yaml"
    compose.write_text(
        "services: {it: {image: none}}\n"
        "x-lab: {service: it, port: 80, host: {kind: venv, lock: requirements.txt, command: [x]}}\n",
        "utf-8",
    )
    it = Instance("it", "it", compose, {})
    said: list[str] = []
    for _ in range(2):
        engine = HostEngine(f"test-{tmp_path.name}", Limits(), os.environ, tmp_path / "cache")
        engine.install(it, said.append)
        engine.stop_all()
    assert len([line for line in said if "installing" in line]) == 1
    (site,) = (tmp_path / "cache" / "host").glob("it-*/lib/python*/site-packages/iniconfig/__init__.py")
    assert list(site.parent.glob("__pycache__/*.pyc"))
    wrong = f"{lock.split()[0]} --hash=sha256:{'0' * 64}\n"
    (folder / "requirements.txt").write_text(wrong, "utf-8")
    shutil.rmtree(tmp_path / "cache")
    engine = HostEngine(f"test-{tmp_path.name}", Limits(), os.environ, tmp_path / "cache")
    with pytest.raises(InstallError, match="locked packages failed") as caught:
        engine.install(it, said.append)
    assert "DO NOT MATCH THE HASHES" in caught.value.log_tail.upper()


def _locked(name: str) -> str:
    """The lines of a package in the lab's own lock."""
    text = (ROOT / "requirements" / "dev.txt").read_text("utf-8")
    lines = text.splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith(f"{name}=="))
    block = [lines[first]]
    while block[-1].endswith("\\"):
        block.append(lines[first + len(block)])
    return "\n".join(block) + "\n"


def test_what_is_being_started_when_everything_stops_is_stopped_too(
    compose: Path, engine: HostEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end waits for a process that is just being made: nobody else would know of it."""
    spawn, spawning = Slot.spawn, threading.Event()

    def slowly(slot: Slot, *words: Any) -> Process:
        spawning.set()
        process = spawn(slot, *words)
        time.sleep(0.5)
        return process

    def late(url: str, health: Health, look: Callable[[], None], stop: threading.Event) -> None:
        assert stop.wait(10)  # a busy machine may let it become healthy before the end has begun
        wait_until_healthy(url, health, look, stop)

    monkeypatch.setattr(Slot, "spawn", slowly)
    monkeypatch.setattr("lab.engines.host.engine.wait_until_healthy", late)
    outcome = engine_start_in_thread(engine, compose)
    assert spawning.wait(10)
    engine.stop_all()
    assert list(marked(f"test-{compose.parent.parent.name}")) == []
    assert "was stopped while it started" in str(outcome())


def engine_start_in_thread(engine: HostEngine, compose: Path) -> Callable[[], StartError]:
    """Start the small server in a thread; the result waits for the StartError it ends with."""
    raised: list[StartError] = []

    def start() -> None:
        try:
            engine.start(instance(compose), quiet)
        except StartError as exc:
            raised.append(exc)

    thread = threading.Thread(target=start, daemon=True)
    thread.start()

    def outcome() -> StartError:
        thread.join(10)
        return raised[0]

    return outcome
