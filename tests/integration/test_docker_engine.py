"""The Docker engine with real containers: starting, limits, isolation, failures and clean-up."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import docker
import httpx
import pytest
from docker.models.containers import Container

from lab.config.models import Limits
from lab.engines import choose
from lab.engines.docker.daemon import INSTANCE_LABEL, RUN_LABEL
from lab.engines.docker.engine import DockerEngine
from lab.engines.docker.leftovers import clean, leftovers, remove
from lab.errors import EngineError, EngineUnavailable, StartError, UsageError
from tests.integration.conftest import LIMITS, MakeEngine, MakeInstance

pytestmark = pytest.mark.docker


def quiet(_: str) -> None:
    """Say nothing."""


def container(client: docker.DockerClient, instance: str, engine: object) -> Container:
    """The one container of an instance of an engine's run."""
    run = engine._run  # type: ignore[attr-defined]
    labels = [f"{RUN_LABEL}={run}", f"{INSTANCE_LABEL}={instance}"]
    found = client.containers.list(all=True, filters={"label": labels})
    assert len(found) == 1, found
    return found[0]


def test_a_healthy_instance_answers_on_loopback(make_engine: MakeEngine, make_instance: MakeInstance) -> None:
    """A started instance is reached at the base URL, and says what it was started from."""
    engine, web = make_engine(), make_instance()
    engine.install(web, quiet)
    started = engine.start(web, quiet)
    assert started.base_url.startswith("http://127.0.0.1:")
    assert httpx.get(started.base_url, trust_env=False).status_code == 200
    assert started.image is not None
    assert started.image.startswith("sha256:")
    assert 0 < started.boot_s < 30
    assert engine.died(web) is None


def test_limits_and_labels_are_what_the_daemon_reports(
    make_engine: MakeEngine, make_instance: MakeInstance, docker_client: docker.DockerClient
) -> None:
    """Every system gets the same CPU and memory limits, no swap, bounded logs, and the run's labels."""
    engine = make_engine()
    instances = [make_instance(name) for name in ("alpha", "beta")]
    for instance in instances:
        engine.start(instance, quiet)
    found = [container(docker_client, instance.name, engine) for instance in instances]
    for each in found:
        host = each.attrs["HostConfig"]
        assert host["NanoCpus"] == LIMITS.cpus * 1e9
        assert host["Memory"] == host["MemorySwap"] == LIMITS.memory_mb * 1024 * 1024
        assert host["Init"] is True
        assert host["LogConfig"]["Config"]["max-size"]
        stats: Any = each.stats(stream=False)
        assert stats["memory_stats"]["limit"] == LIMITS.memory_mb * 1024 * 1024
        bindings = [b for p in each.attrs["NetworkSettings"]["Ports"].values() for b in p or ()]
        assert {binding["HostIp"] for binding in bindings} == {"127.0.0.1"}
    assert found[0].attrs["HostConfig"]["NanoCpus"] == found[1].attrs["HostConfig"]["NanoCpus"]


def test_more_memory_than_allowed_is_named_as_the_cause(
    make_engine: MakeEngine, make_instance: MakeInstance
) -> None:
    """A process that uses more memory than its limit is reported as killed for that."""
    engine = make_engine(limits=Limits(cpus=1, memory_mb=64))
    greedy = make_instance("greedy", command="python3 -c 'x = bytearray(300_000_000); print(len(x))'",
                           service="init: false")  # fmt: skip
    with pytest.raises(StartError, match=r"limits\.memory_mb"):
        engine.start(greedy, quiet)


# A test that waited for this would be ended by its own time-out.
PATIENT = "health: {timeout_s: 3600}"
REACH = """
import socket, sys, http.server
def attempt(what, call):
    try:
        call(); print(what, "REACHED", flush=True)
    except OSError as exc:
        print(what, "blocked:", exc, flush=True)
attempt("name", lambda: socket.getaddrinfo("www.debian.org", 443))
attempt("address", lambda: socket.create_connection(("NAMESERVER", 53), timeout=3))
attempt("neighbour", lambda: socket.getaddrinfo("other", 8000))
http.server.test(http.server.SimpleHTTPRequestHandler, port=8000)
"""


def nameserver() -> str:
    """The address of this machine's own name server, which is outside of any container."""
    lines = Path("/etc/resolv.conf").read_text().splitlines()
    return next(line.split()[1] for line in lines if line.startswith("nameserver"))


def test_a_container_reaches_its_neighbours_and_nothing_outside(
    make_engine: MakeEngine, make_instance: MakeInstance, tmp_path: Path
) -> None:
    """Without egress no outside name resolves and no outside address answers; the published port does."""
    engine, other = make_engine(), make_instance("other")
    shut = make_instance("shut", service="volumes: ['./reach.py:/reach.py:ro']", command="python3 /reach.py")
    (shut.compose.parent / "reach.py").write_text(REACH.replace("NAMESERVER", nameserver()))
    engine.start(other, quiet)
    started = engine.start(shut, quiet)  # it is healthy when both look-ups have failed
    assert httpx.get(started.base_url, trust_env=False).status_code == 200
    engine.save_log(shut, tmp_path / "shut.log")
    log = (tmp_path / "shut.log").read_text()
    assert "name blocked" in log
    assert "address blocked" in log
    assert "neighbour REACHED" in log


def test_egress_is_given_where_the_compose_file_asks_for_it(
    make_engine: MakeEngine, make_instance: MakeInstance, tmp_path: Path
) -> None:
    """With `egress: true` a container reaches what this machine reaches, and its port still answers."""
    try:
        socket.create_connection((nameserver(), 53), timeout=3).close()
    except OSError as exc:
        pytest.skip(f"this machine itself reaches nothing to try: {exc}")
    engine = make_engine()
    shut = make_instance("open", service="volumes: ['./reach.py:/reach.py:ro']", command="python3 /reach.py",
                         lab="egress: true")  # fmt: skip
    (shut.compose.parent / "reach.py").write_text(REACH.replace("NAMESERVER", nameserver()))
    started = engine.start(shut, quiet)
    assert httpx.get(started.base_url, trust_env=False).status_code == 200
    engine.save_log(shut, tmp_path / "open.log")
    assert "address REACHED" in (tmp_path / "open.log").read_text()


def test_an_instance_that_never_gets_healthy_is_reported_with_what_was_seen(
    make_engine: MakeEngine, make_instance: MakeInstance, docker_client: docker.DockerClient
) -> None:
    """After the time-out the error names the last probe's result and holds the log's end."""
    engine = make_engine()
    deaf = make_instance(
        "deaf", command="sh -c 'echo hello from deaf; sleep 60'", lab="health: {timeout_s: 2}"
    )
    with pytest.raises(StartError, match=r"deaf: not healthy after 2 s: GET / got no answer") as caught:
        engine.start(deaf, quiet)
    assert "hello from deaf" in caught.value.log_tail
    assert caught.value.next_step
    assert [one for one in leftovers(docker_client, engine._run) if one.kind == "container"] == []


def test_a_wrong_status_is_reported_as_such(make_engine: MakeEngine, make_instance: MakeInstance) -> None:
    """A service that answers, but not with the expected status, is not healthy."""
    engine = make_engine()
    wrong = make_instance("wrong", lab="health: {path: /nowhere, timeout_s: 2}")
    with pytest.raises(StartError, match="answered 404, expected 200"):
        engine.start(wrong, quiet)


def test_a_crash_is_noticed_at_once(make_engine: MakeEngine, make_instance: MakeInstance) -> None:
    """A program that ends is reported long before the time-out, with its exit code and log."""
    engine = make_engine()
    broken = make_instance("broken", command="sh -c 'echo cannot read settings; exit 3'",
                           lab=PATIENT)  # fmt: skip
    with pytest.raises(StartError, match="exit code 3") as caught:
        engine.start(broken, quiet)
    assert "cannot read settings" in caught.value.log_tail


def test_a_crash_during_boot_is_noticed_at_once(make_engine: MakeEngine, make_instance: MakeInstance) -> None:
    """A program that runs a while and then ends is reported when it ends."""
    engine = make_engine()
    broken = make_instance("late", command="sh -c 'sleep 1; exit 7'", lab=PATIENT)
    with pytest.raises(StartError, match="exit code 7"):
        engine.start(broken, quiet)


def test_a_death_after_the_start_is_noticed(
    make_engine: MakeEngine, make_instance: MakeInstance, docker_client: docker.DockerClient
) -> None:
    """died() names the exit code or signal and the log's end; a removed container is named too."""
    engine, web = make_engine(), make_instance()
    engine.start(web, quiet)
    found = container(docker_client, "web", engine)
    found.kill()
    found.wait()
    why = engine.died(web)
    assert why is not None
    assert "exit code 137 (signal 9)" in why
    found.remove(force=True)
    assert engine.died(web) == "its container was removed by someone else"


def test_wiping_removes_all_state_and_keeps_the_log(
    make_engine: MakeEngine, make_instance: MakeInstance, docker_client: docker.DockerClient, tmp_path: Path
) -> None:
    """After a wipe nothing the instance wrote is left, and the log of both starts is."""
    engine = make_engine()
    command = "echo started; ls /kept || true; touch /kept; exec python3 -m http.server 8000"
    web = make_instance(command=f'sh -c "{command}"', lab="state: {keeps: true}")
    assert engine.keeps_state(web)
    engine.start(web, quiet)
    first = container(docker_client, "web", engine).id
    again = engine.wipe(web, quiet)
    assert container(docker_client, "web", engine).id != first
    assert httpx.get(again.base_url, trust_env=False).status_code == 200
    engine.save_log(web, tmp_path / "web.log")
    log = (tmp_path / "web.log").read_text()
    assert log.count("started") == 2
    assert "\n/kept\n" not in log


def test_a_declared_health_check_must_pass_too(make_engine: MakeEngine, make_instance: MakeInstance) -> None:
    """A health check of the compose file is waited for, and named when it does not pass."""
    engine = make_engine()
    sick = make_instance("sick", service="healthcheck: {test: ['CMD', 'false'], interval: 1s, retries: 1}",
                         lab="health: {timeout_s: 4}")  # fmt: skip
    with pytest.raises(StartError, match="its own health check says unhealthy"):
        engine.start(sick, quiet)
    well = make_instance("well", service="healthcheck: {test: ['CMD', 'true'], interval: 1s}")
    engine.start(well, quiet)


def test_a_fixed_port_that_is_taken_is_named(make_engine: MakeEngine, make_instance: MakeInstance) -> None:
    """A host port that something else uses is an error that names the port and what to do."""
    engine = make_engine()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        fixed = make_instance("fixed", service=f"ports: ['127.0.0.1:{port}:8000']")
        with pytest.raises(StartError, match=str(port)) as caught:
            engine.start(fixed, quiet)
    assert "port" in caught.value.next_step
    assert engine.start(fixed, quiet).base_url == f"http://127.0.0.1:{port}"


def test_a_container_name_in_use_is_named(
    make_engine: MakeEngine, make_instance: MakeInstance, docker_client: docker.DockerClient, python_base: str
) -> None:
    """A foreign container under the name that the lab needs is an error, and is left alone."""
    engine = make_engine()
    foreign = docker_client.containers.create(python_base, "true", name=f"llm-gateway-lab-{engine._run}-web")
    try:
        with pytest.raises(StartError, match="already in use"):
            engine.start(make_instance(), quiet)
        foreign.reload()
    finally:
        foreign.remove(force=True)


def test_four_instances_start_in_parallel(make_engine: MakeEngine, make_instance: MakeInstance) -> None:
    """Starts from several threads do not disturb each other, and take no longer than a few seconds."""
    engine = make_engine()
    instances = [make_instance(f"web{n}") for n in range(4)]
    with ThreadPoolExecutor(4) as pool:
        started = list(pool.map(lambda instance: engine.start(instance, quiet), instances))
    assert len({one.base_url for one in started}) == 4
    for one in started:
        assert httpx.get(one.base_url, trust_env=False).status_code == 200


def test_stopping_while_starting_leaves_nothing(
    make_engine: MakeEngine, make_instance: MakeInstance, docker_client: docker.DockerClient
) -> None:
    """stop_all() ends starts that are under way, at any moment, and may be called twice."""
    for pause in (0.0, 0.3, 0.8):
        engine = make_engine()
        slow = make_instance("slow", command="sleep 3600", lab=PATIENT)
        outcome: list[BaseException] = []

        def start(
            engine: object = engine, slow: object = slow, outcome: list[BaseException] = outcome
        ) -> None:
            try:
                engine.start(slow, quiet)  # type: ignore[attr-defined]
            except StartError as exc:
                outcome.append(exc)

        thread = threading.Thread(target=start)
        thread.start()
        time.sleep(pause)
        engine.stop_all()
        engine.stop_all()
        thread.join(120)
        assert not thread.is_alive()
        assert len(outcome) == 1
        assert leftovers(docker_client, engine._run) == []
        with pytest.raises(StartError, match="being stopped"):
            engine.start(slow, quiet)


def test_what_a_killed_run_left_is_found_and_removed(
    make_instance: MakeInstance, docker_client: docker.DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a kill -9 the containers and networks are found by label; a run still going on is spared."""
    # Models are another matter, and those of a run beside this one must stay.
    monkeypatch.setattr("lab.engines.docker.leftovers.remove_own_models", lambda _: [])
    web = make_instance()
    run = f"test-killed-{os.getpid()}"
    script = textwrap.dedent(f"""
        import os, sys, time
        from pathlib import Path
        from lab.config.models import Limits
        from lab.engines.base import Instance
        from lab.engines.docker.engine import DockerEngine
        engine = DockerEngine({run!r}, Limits(cpus=0.5, memory_mb=128))
        engine.start(Instance("web", "web", Path({str(web.compose)!r}), dict(os.environ)), print)
        print("up", flush=True)
        time.sleep(120)
    """)
    child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == b"up\n"
        left = leftovers(docker_client, run)
        assert sorted(one.kind for one in left) == ["container", "network"]
        assert all(one.in_use for one in left)
        assert not any(run in line for line in clean())
    finally:
        child.send_signal(signal.SIGKILL)
        child.communicate()
    assert len(leftovers(docker_client, run)) == 2
    said = clean()
    assert sum(run in line for line in said) == 2
    assert leftovers(docker_client, run) == []


class Forwarder(threading.Thread):
    """A socket that leads to the real daemon until it is cut, as when the daemon goes away."""

    def __init__(self, path: Path, target: str) -> None:
        super().__init__(daemon=True)
        self.path, self.target = path, target
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(str(path))
        self.server.listen()
        self.pairs: list[socket.socket] = []

    def run(self) -> None:
        """Accept until cut."""
        while True:
            try:
                near = self.server.accept()[0]
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect(self.target)
            self.pairs += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self.pump, args=(source, sink), daemon=True).start()

    @staticmethod
    def pump(source: socket.socket, sink: socket.socket) -> None:
        """Carry bytes one way."""
        try:
            while data := source.recv(65_536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def cut(self) -> None:
        """Close everything."""
        for each in (self.server, *self.pairs):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self.path.unlink()
        self.join(5)


def test_a_daemon_that_goes_away_is_named(
    make_instance: MakeInstance, docker_client: docker.DockerClient, tmp_path: Path
) -> None:
    """When the daemon stops answering in the middle of a run, errors say so and stopping does not raise."""
    target = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if not target.startswith("unix://"):
        pytest.skip("the daemon is not reached through a socket of this machine")
    forwarder = Forwarder(tmp_path / "forward.sock", target.removeprefix("unix://"))
    forwarder.start()
    env = {**os.environ, "DOCKER_HOST": f"unix://{forwarder.path}"}
    engine = DockerEngine(f"test-gone-{os.getpid()}", LIMITS, env=env)
    web = make_instance()
    try:
        engine.start(web, quiet)
        assert engine.died(web) is None
        forwarder.cut()
        assert "the Docker daemon no longer answers" in str(engine.died(web))
        with pytest.raises(EngineError, match="no longer answers"):
            engine.save_log(web, tmp_path / "web.log")
        with pytest.raises(StartError, match="no longer answers") as caught:
            engine.wipe(web, quiet)
        assert "lab clean" in caught.value.next_step
        del caught
        engine.stop_all()
    finally:
        remove(docker_client, leftovers(docker_client, engine._run))
        with warnings.catch_warnings():  # the SDK does not close a socket that could not be connected
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()


def test_a_resumed_run_removes_what_its_predecessor_left(
    make_engine: MakeEngine, make_instance: MakeInstance, docker_client: docker.DockerClient, python_base: str
) -> None:
    """A container with the same run id and name, left by a killed lab, does not stand in the way."""
    engine = make_engine()
    labels = {RUN_LABEL: engine._run, INSTANCE_LABEL: "web"}
    name = f"llm-gateway-lab-{engine._run}-web"
    docker_client.containers.create(python_base, "true", name=name, labels=labels)
    assert engine.start(make_instance(), quiet).base_url


def test_choosing_an_engine(docker_client: docker.DockerClient, python_base: str, tmp_path: Path) -> None:
    """auto is docker where it works and the host with the reason where not; docker alone says why not."""
    spoken: list[str] = []
    common = {"run_id": "test-choice", "limits": LIMITS, "say": spoken.append}
    nowhere = {**os.environ, "DOCKER_HOST": f"unix://{tmp_path}/none.sock"}
    chosen = choose("auto", **common)  # type: ignore[arg-type]
    assert chosen.name == "docker"
    chosen.stop_all()
    chosen = choose("auto", **common, env=nowhere)  # type: ignore[arg-type]
    assert chosen.name == "host"
    assert "there is no Docker socket" in chosen.notes()[0]
    assert any("host engine" in line for line in spoken)
    chosen.stop_all()
    with pytest.raises(EngineUnavailable, match="no Docker socket"):
        choose("docker", **common, env=nowhere)  # type: ignore[arg-type]
    with pytest.raises(UsageError) as caught:
        choose("dokcer", **common)  # type: ignore[arg-type]
    assert "did you mean docker?" in caught.value.next_step
