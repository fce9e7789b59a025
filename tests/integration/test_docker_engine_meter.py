"""The meter as a process of this machine, beside containers that reach it by its usual name."""

from __future__ import annotations

import json
from pathlib import Path

import docker
import httpx
import pytest

from lab.engines.base import Instance
from lab.engines.host.clean import marked
from lab.errors import ConfigError, StartError
from tests.integration.conftest import MakeEngine, MakeInstance

pytestmark = pytest.mark.docker

CONFIG = {
    "port": 9700, "host": "127.0.0.1", "token": "test-token", "upstream_mode": "scripted",
    "models": ["m"], "forward": {}, "embeddings_forward": None, "max_body_mb": 1,
}  # fmt: skip
ASK = """
import http.server, os, urllib.request
answer = urllib.request.urlopen(os.environ["METER"] + "/_lab/health", timeout=5).read().decode()
print("the meter says", answer, flush=True)
http.server.test(http.server.SimpleHTTPRequestHandler, port=8000)
"""
METER = """
services:
  meter:
    image: unused
    environment:
      LAB_METER_CONFIG: ${LAB_METER_CONFIG:?}
x-lab:
  service: meter
  port: 9700
  health: {path: /_lab/health, timeout_s: 60}
  host: {kind: command, command: ["${LAB_PYTHON}", -m, lab.meter]}
"""


@pytest.fixture
def meter(make_instance: MakeInstance) -> Instance:
    """The meter's instance, with a configuration that names another address than the engine's."""
    return make_instance("meter", compose=METER, env={"LAB_METER_CONFIG": json.dumps(CONFIG)})


def test_containers_reach_a_meter_that_runs_as_a_process(
    make_engine: MakeEngine, make_instance: MakeInstance, meter: Instance, tmp_path: Path
) -> None:
    """A gateway's container finds the process under the name `meter`, and the lab finds it too."""
    engine = make_engine(meter_on_host=True)
    url = engine.meter_url()
    engine.install(meter, lambda _: None)
    started = engine.start(meter, lambda _: None)
    assert httpx.get(f"{started.base_url}/_lab/health", trust_env=False).json()["status"] == "ok"
    assert started.base_url.rpartition(":")[2] == url.rpartition(":")[2]
    assert any("process of this machine" in note for note in engine.notes())
    ask = make_instance("ask", command="python3 /ask.py", service="volumes: ['./ask.py:/ask.py:ro']\n"
                        "environment: {METER: '${LAB_METER_URL}'}", env={"LAB_METER_URL": url})  # fmt: skip
    (ask.compose.parent / "ask.py").write_text(ASK)
    engine.start(ask, lambda _: None)
    engine.save_log(ask, tmp_path / "ask.log")
    assert 'the meter says {"status":"ok"' in (tmp_path / "ask.log").read_text()
    assert engine.died(meter) is None
    assert len(list(marked(engine._run))) == 1
    engine.stop_all()
    assert list(marked(engine._run)) == []
    assert "exit code" in str(engine.died(meter))


def test_a_meter_process_that_ends_is_noticed(make_engine: MakeEngine, make_instance: MakeInstance) -> None:
    """A meter that refuses its configuration is reported with its own words, at once."""
    engine = make_engine(meter_on_host=True)
    wrong = make_instance("meter", compose=METER, env={"LAB_METER_CONFIG": json.dumps({"models": []})})
    with pytest.raises(StartError, match="exit code") as caught:
        engine.start(wrong, lambda _: None)
    assert "token: Field required" in caught.value.log_tail


def test_a_meter_without_configuration_is_named(make_engine: MakeEngine, make_instance: MakeInstance) -> None:
    """A configuration that is no JSON is an error that names the variable."""
    engine = make_engine(meter_on_host=True)
    wrong = make_instance("meter", compose=METER, env={"LAB_METER_CONFIG": "no json"})
    with pytest.raises(ConfigError, match="LAB_METER_CONFIG"):
        engine.start(wrong, lambda _: None)


def test_two_runs_have_a_meter_process_each(make_engine: MakeEngine, meter: Instance) -> None:
    """Meters of two runs listen on two networks and do not disturb each other."""
    first, second = (make_engine(meter_on_host=True) for _ in range(2))
    urls = [engine.start(meter, lambda _: None).base_url for engine in (first, second)]
    assert len(set(urls)) == 2
    first.stop_all()
    assert httpx.get(f"{urls[1]}/_lab/health", trust_env=False).status_code == 200


def test_services_of_this_machine_are_named_as_reachable(
    make_engine: MakeEngine, docker_client: docker.DockerClient
) -> None:
    """What the network cannot shut out, services of this machine, stands in the notes."""
    assert docker_client.ping()
    assert any("services of this machine" in note for note in make_engine().notes())
