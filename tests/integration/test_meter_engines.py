"""The meter from its compose file: built and run as a container, and as a process of the host engine."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

import docker
import httpx
import pytest

from lab.config.models import Limits
from lab.engines.base import Engine, Instance
from lab.engines.docker.daemon import INSTANCE_LABEL, RUN_LABEL
from lab.engines.host.engine import HostEngine
from lab.run.meter_control import MeterControl
from tests.integration.conftest import MakeEngine
from tests.integration.meter_process import ANSWER, ANTHROPIC, MARKER, MODEL, TOKEN, messages_body
from tests.paths import ROOT

LIMITS = Limits(cpus=1.0, memory_mb=512)


def quiet(_: str) -> None:
    """Say nothing."""


def instance() -> Instance:
    """The meter as the lab starts it."""
    config = {"port": 9700, "host": "0.0.0.0", "token": TOKEN, "models": [MODEL]}  # noqa: S104
    env = {**os.environ, "LAB_METER_CONFIG": json.dumps(config), "LAB_VERSION": "test"}
    return Instance("meter", "meter", ROOT / "compose/meter/compose.yaml", env)


def check(engine: Engine) -> None:
    """Starts the meter, has one exchange answered and one text embedded, and reads the record."""
    meter = instance()
    engine.install(meter, quiet)
    started = engine.start(meter, quiet)
    with MeterControl(started.base_url, TOKEN) as control:
        control.open_exchange("x", ["litellm"], MARKER, ANSWER)
        url = f"{started.base_url}/litellm"
        answer = httpx.post(f"{url}/v1/messages", json=messages_body(), headers=ANTHROPIC, trust_env=False)
        body = {"model": "e", "prompt": "hi"}
        vector = httpx.post(f"{url}/api/embeddings", json=body, timeout=30, trust_env=False).json()
        calls = control.close_exchange("x")
    assert MARKER in answer.text
    assert [call.path for call in calls] == ["/v1/messages", "/api/embeddings"]
    assert len(vector.get("embedding", ())) == 384, vector


@pytest.mark.docker
@pytest.mark.slow
def test_the_container_is_built_starts_answers_and_does_not_run_as_root(
    make_engine: MakeEngine, docker_client: docker.DockerClient, python_base: str
) -> None:
    """From the locked requirements, with the embedding weights inside."""
    run = f"test-meter-{secrets.token_hex(4)}"
    named = os.environ.get("LAB_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE")
    check(make_engine(run, limits=LIMITS, ca_bundle=Path(named) if named else None))
    labels = [f"{RUN_LABEL}={run}", f"{INSTANCE_LABEL}=meter"]
    found = docker_client.containers.list(filters={"label": labels})
    assert len(found) == 1
    assert found[0].exec_run(["id", "-u"]).output == b"10001\n"


@pytest.mark.slow
def test_the_host_engine_runs_the_same_meter_as_a_process(tmp_path: Path) -> None:
    """On a loopback port of the engine's choice."""
    engine = HostEngine("test-meter", LIMITS, cache_dir=tmp_path)
    try:
        check(engine)
    finally:
        engine.stop_all()
