"""The real gateways under the host engine, in front of the real meter: what they forward, and to where."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest

from lab import wires
from lab.config.models import Limits
from lab.config.scenarios import Scenario
from lab.engines.base import Instance, Started
from lab.engines.host.clean import marked
from lab.engines.host.engine import HostEngine
from lab.errors import InstallError
from lab.loading.configs import load_lab, load_systems
from lab.meter.script import ScriptedAnswer
from lab.names import ClientWire, TierName
from lab.run.headers import request_headers
from lab.run.meter_control import MeterCall, MeterControl
from lab.run.plan import PlannedVariant, environment_of, select_variants
from lab.scenarios.request import build_request
from tests.paths import ROOT

pytestmark = [pytest.mark.gateway, pytest.mark.slow, pytest.mark.timeout(900)]

TOKEN = "token-of-the-gateway-tests"
MODELS = ["claude-sonnet-4-5", "kimi-lab-simple", "kimi-lab-medium", "kimi-lab-complex", "kimi-lab-reasoning"]
QUESTION = "What is the capital of France? Answer in one word."


@dataclass(frozen=True)
class Rig:
    """An engine with a running meter."""

    run: str
    engine: HostEngine
    control: MeterControl

    def start(self, variant: str) -> tuple[Instance, Started]:
        """Start the instance of a variant, as a run does."""
        one = planned(variant)
        assert one.system.compose is not None
        env = environment_of(one, os.environ)
        env |= {"LAB_METER_URL": self.engine.meter_url(), "LAB_VARIANT": one.instance}
        instance = Instance(one.instance, one.system.system, ROOT / one.system.compose, env)
        return instance, self.engine.start(instance, print)

    def send(
        self, base_url: str, variant: str, scenario: Scenario, wire: ClientWire = "anthropic"
    ) -> tuple[httpx.Response, list[MeterCall], str]:
        """Send a scenario as a run does; the response, the calls of models, and the answer's marker."""
        one = planned(variant)
        headers = request_headers(one, scenario, wire, self.engine.meter_url())
        body = build_request(scenario, one.variant.model, "", wire)
        marker = f"labmark-{secrets.token_hex(8)}"
        exchange = f"r1-{secrets.token_hex(3)}-{variant}"
        self.control.open_exchange(exchange, [variant], marker, ScriptedAnswer(text="Paris."))
        url = base_url + one.system.wires[wire].path
        response = httpx.post(url, headers=headers, json=body, timeout=60, trust_env=False)
        calls = self.control.close_exchange(exchange, settle_ms=50)
        return response, [c for c in calls if "embed" not in c.path], marker


def planned(variant: str) -> PlannedVariant:
    """A variant of the lab's own."""
    (one,) = (v for v in select_variants(load_lab(ROOT), load_systems(ROOT), [variant]) if v.name == variant)
    return one


def asking(text: str = QUESTION, **fields: Any) -> Scenario:
    """A scenario that asks `text`, word for word."""
    known = {"id": "Q", "title": "Q", "looks_at": "f", "class": "g", "max_tokens": 256, "nonce": False}
    return Scenario.model_validate(known | {"messages": [{"role": "user", "content": text}]} | fields)


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    """A meter and an engine that shares its installs with the user's runs."""
    run = f"test-{secrets.token_hex(4)}"
    engine = HostEngine(run, Limits(), ca_bundle=_ca_bundle())
    try:
        config = {"token": TOKEN, "models": MODELS, "port": 9700, "host": "127.0.0.1"}
        env = {"LAB_METER_CONFIG": json.dumps(config)}
        started = engine.start(
            Instance("meter", "meter", ROOT / "compose" / "meter" / "compose.yaml", env), print
        )
        with MeterControl(started.base_url, TOKEN) as control:
            yield Rig(run, engine, control)
    finally:
        engine.stop_all()


def _ca_bundle() -> Path | None:
    named = os.environ.get("LAB_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE")
    return Path(named) if named else None


@pytest.fixture(scope="module")
def litellm(rig: Rig) -> Started:
    """The LiteLLM proxy that two variants share."""
    return rig.start("litellm")[1]


@pytest.fixture(scope="module")
def litellm_cache(rig: Rig) -> tuple[Instance, Started]:
    """The LiteLLM proxy with its local cache, from the packages of the other one."""
    return rig.start("litellm-cache")


@pytest.fixture(scope="module")
def portkey(rig: Rig) -> Started:
    """The Portkey gateway."""
    return rig.start("portkey")[1]


@pytest.fixture(scope="module")
def lynkr(rig: Rig) -> tuple[Instance, Started]:
    """Lynkr, where its package can be had."""
    return started_lynkr(rig, "lynkr")


@pytest.fixture(scope="module")
def lynkr_lean(rig: Rig) -> tuple[Instance, Started]:
    """Lynkr with its rewriting off, where its package can be had."""
    return started_lynkr(rig, "lynkr-lean")


def started_lynkr(rig: Rig, variant: str) -> tuple[Instance, Started]:
    """A variant of Lynkr; the test is skipped where its package cannot be had."""
    try:
        return rig.start(variant)
    except InstallError as exc:
        if os.environ.get("LYNKR_PACKAGE"):
            raise
        pytest.skip(f"the npm registry does not give Lynkr, and LYNKR_PACKAGE is not set: {exc.message}")


def only(calls: list[MeterCall]) -> MeterCall:
    """The one call that an exchange made."""
    assert len(calls) == 1, [(c.method, c.path, c.status, c.error) for c in calls]
    assert calls[0].status == 200, calls[0].error
    return calls[0]


both_wires = pytest.mark.parametrize("wire", ["anthropic", "openai"])
streamed_or_not = pytest.mark.parametrize("stream", [False, True])


def whole(response: httpx.Response, marker: str, *, stream: bool) -> None:
    """The client got the answer, and a stream its end."""
    assert response.status_code == 200, response.text
    assert marker in response.text
    assert any(end in response.text for end in ("message_stop", "[DONE]")) == stream


@both_wires
@streamed_or_not
def test_litellm_asks_the_named_model_on_its_own_wire(
    rig: Rig, litellm: Started, wire: ClientWire, stream: bool
) -> None:
    """Variant `litellm`: a model of Anthropic's is asked on /v1/messages, whatever the client speaks."""
    response, calls, marker = rig.send(litellm.base_url, "litellm", asking(stream=stream), wire)
    call = only(calls)
    assert (call.caller, call.path, call.model) == ("litellm", "/v1/messages", "claude-sonnet-4-5")
    assert call.stream == stream
    whole(response, marker, stream=stream)


@pytest.mark.parametrize(
    ("wire", "path"), [("anthropic", "/v1/responses"), ("openai", "/v1/chat/completions")]
)
@streamed_or_not
def test_litellms_router_serves_a_simple_question_from_the_simple_tier(
    rig: Rig, litellm: Started, wire: ClientWire, path: str, stream: bool
) -> None:
    """Variant `litellm-router`: the tier's model is asked where the vendor's defaults lead."""
    response, calls, marker = rig.send(litellm.base_url, "litellm-router", asking(stream=stream), wire)
    call = only(calls)
    assert (call.caller, call.path, call.model) == ("litellm-router", path, "kimi-lab-simple")
    assert response.headers["x-litellm-complexity-router-tier"] == "SIMPLE"
    whole(response, marker, stream=stream)


@both_wires
def test_litellms_cache_answers_the_same_request_again_until_it_is_wiped(
    rig: Rig, litellm_cache: tuple[Instance, Started], wire: ClientWire
) -> None:
    """The second time no model is asked, and another question is; a run wipes it between passes."""
    _, started = litellm_cache
    text = f"How long must an egg boil? Answer on the {wire} wire."
    first, calls, marker = rig.send(started.base_url, "litellm-cache", asking(text), wire)
    assert (only(calls).caller, only(calls).path) == ("litellm-cache", "/v1/messages")
    whole(first, marker, stream=False)
    again, calls, _ = rig.send(started.base_url, "litellm-cache", asking(text), wire)
    assert calls == []
    whole(again, marker, stream=False)
    other, calls, fresh = rig.send(started.base_url, "litellm-cache", asking(text + " In minutes."), wire)
    only(calls)
    whole(other, fresh, stream=False)


def test_litellms_cache_is_empty_after_a_wipe_and_the_other_proxy_has_none(
    rig: Rig, litellm: Started, litellm_cache: tuple[Instance, Started]
) -> None:
    """The cache lives in the process, so a fresh process is fresh state; no other variant needs one."""
    instance, started = litellm_cache
    assert rig.engine.keeps_state(instance)
    question = asking("Which river flows through Ghent?")
    only(rig.send(started.base_url, "litellm-cache", question)[1])
    assert rig.send(started.base_url, "litellm-cache", question)[1] == []
    wiped = rig.engine.wipe(instance, print)
    response, calls, fresh = rig.send(wiped.base_url, "litellm-cache", question)
    only(calls)
    whole(response, fresh, stream=False)
    for _ in range(2):
        only(rig.send(litellm.base_url, "litellm", question)[1])


def test_litellm_runs_in_the_pinned_version(litellm: Started) -> None:
    """The version shown in reports is the one that is installed."""
    assert litellm.version == "1.109.1"


@both_wires
@streamed_or_not
def test_portkey_forwards_to_the_custom_host_on_the_clients_wire(
    rig: Rig, portkey: Started, wire: ClientWire, stream: bool
) -> None:
    """The meter on the loopback passes Portkey's guard, and streaming works with the patched server."""
    response, calls, marker = rig.send(portkey.base_url, "portkey", asking(stream=stream), wire)
    call = only(calls)
    path = planned("portkey").system.wires[wire].path
    assert (call.caller, call.path, call.model) == ("portkey", path, "claude-sonnet-4-5")
    whole(response, marker, stream=stream)


@both_wires
@pytest.mark.parametrize("tier", get_args(TierName))
def test_portkey_follows_the_tier_that_the_lab_names(
    rig: Rig, portkey: Started, wire: ClientWire, tier: TierName
) -> None:
    """Variant `portkey-conditional`: each of the four is reached, as a call of that variant."""
    scenario = asking(acceptable_tiers=[tier], tiers_why="A test.")
    response, calls, marker = rig.send(portkey.base_url, "portkey-conditional", scenario, wire)
    call = only(calls)
    assert (call.caller, call.model) == ("portkey-conditional", f"kimi-lab-{tier.lower()}")
    assert call.path == planned("portkey-conditional").system.wires[wire].path
    whole(response, marker, stream=False)


@pytest.mark.lynkr
def test_lynkr_serves_a_simple_question_from_the_simple_tier(
    rig: Rig, lynkr: tuple[Instance, Started]
) -> None:
    """The tier's model name reaches the meter unchanged, on the OpenAI wire."""
    question = asking(f"{QUESTION} (ref one)")
    response, calls, marker = rig.send(lynkr[1].base_url, "lynkr", question)
    call = only(calls)
    assert (call.caller, call.path, call.model) == ("lynkr", "/v1/chat/completions", "kimi-lab-simple")
    assert response.headers["x-lynkr-tier"] == "SIMPLE"
    assert marker in response.text


@pytest.mark.lynkr
def test_lynkr_forgets_everything_when_it_is_wiped(rig: Rig, lynkr: tuple[Instance, Started]) -> None:
    """An exact repeat is served from its cache, and from the model again after a wipe."""
    instance, started = lynkr
    text = "How long must an egg boil until its yolk is hard?"  # no paraphrase of the other questions
    _, first, marker = rig.send(started.base_url, "lynkr", asking(text))
    only(first)
    repeated, calls, _ = rig.send(started.base_url, "lynkr", asking(text))
    assert calls == []
    assert marker in repeated.text
    assert rig.engine.keeps_state(instance)
    wiped = rig.engine.wipe(instance, print)
    again, calls, fresh = rig.send(wiped.base_url, "lynkr", asking(text))
    only(calls)
    assert fresh in again.text


TURNS = [
    {"role": role, "content": f"Step {n} of the plan: {text} (batch {n * 37}, shelf {n * 11})."}
    for n in range(1, 31)
    for role, text in (("user", "check the crates in the cellar"), ("assistant", "the crates are checked"))
]
LOG = "\n".join(f"10:{n // 60:02}:{n % 60:02} worker {n} finished job {n * 7919}" for n in range(400))
READ = {"name": "Read", "description": "Reads a file.", "input_schema": {"type": "object", "properties": {}}}


@pytest.mark.lynkr
def test_lynkr_lean_forwards_long_histories_and_results_whole_and_lynkr_as_shipped_does_not(
    rig: Rig, lynkr: tuple[Instance, Started], lynkr_lean: tuple[Instance, Started]
) -> None:
    """The switches are in force: 60 turns and a log of 400 lines arrive, through the same release."""
    call = {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": LOG}
    messages = [
        *TURNS,
        {"role": "user", "content": "Read the log."},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [result, {"type": "text", "text": "Which worker was last?"}]},
    ]
    scenario = asking(messages=messages, tools=[READ])
    texts = [*(turn["content"] for turn in TURNS), *LOG.splitlines()]
    lost: dict[str, int] = {}
    shipped = rig.engine.wipe(lynkr[0], print)
    for variant, started in {"lynkr": shipped, "lynkr-lean": lynkr_lean[1]}.items():
        call_made = only(rig.send(started.base_url, variant, scenario)[1])
        assert call_made.caller == variant
        forwarded = wires.read_request(call_made.path, json.loads(call_made.request))
        there = "\n".join(part.text for message in forwarded.messages for part in message.parts)
        lost[variant] = sum(text not in there for text in texts)
    assert lost["lynkr-lean"] == 0
    assert lost["lynkr"] > 300


@pytest.mark.lynkr
def test_lynkr_lean_asks_the_model_every_time(rig: Rig, lynkr_lean: tuple[Instance, Started]) -> None:
    """Neither of its caches answers, not even the very same question."""
    for _ in range(2):
        only(rig.send(lynkr_lean[1].base_url, "lynkr-lean", asking("What is a leap second for?"))[1])


@pytest.mark.lynkr
def test_lynkr_writes_nothing_into_the_install_that_runs_share(
    rig: Rig, lynkr: tuple[Instance, Started]
) -> None:
    """Its own folder is a copy below the run, so learned routes cannot leak into another run."""
    started = rig.engine.wipe(lynkr[0], print)
    rig.send(started.base_url, "lynkr", asking())
    (process,) = [found for found in marked(rig.run) if found.instance == "lynkr"]
    words = Path(f"/proc/{process.pid}/cmdline").read_text("utf-8").split("\0")
    state = Path(f"/proc/{process.pid}/cwd").resolve()
    assert words[1] == str(state / "app" / "index.js")
    assert (state / "data").is_dir()
    shared = (state / "node_modules").resolve() / "lynkr"
    assert (shared / "package.json").is_file()
    assert not (shared / "data").exists()
