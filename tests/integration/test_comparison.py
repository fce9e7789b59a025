"""The whole comparison through real gateways, as `make lab` runs it, on both engines."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from pathlib import Path

import docker
import pytest
import quicktok

from lab.results.cell import Cell
from lab.wires import read_request
from tests.integration.labcli import Run, environment, lab, processes_of
from tests.unit.evidence_pages import link_checker

pytestmark = [pytest.mark.gateway, pytest.mark.slow, pytest.mark.timeout(1800)]
LYNKR = bool(os.environ.get("LYNKR_PACKAGE"))
SYSTEMS = "direct,litellm,portkey" + (",lynkr" if LYNKR else "")
NINE = {"S1", "T1", "T2", "H1", "L1", "L2", "SC1", "SC2", "R1"}
VERBATIM = ("direct", "litellm", "litellm-router", "litellm-cache", "portkey", "portkey-conditional")
ASKED = VERBATIM + (("lynkr", "lynkr-lean") if LYNKR else ())
SEEDS = {"L1-seed", "L2-seed"}
needs_lynkr = pytest.mark.skipif(not LYNKR, reason="LYNKR_PACKAGE is not set")


@pytest.fixture(scope="module", params=["host", pytest.param("docker", marks=pytest.mark.docker)])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One real run of two repeats; images and packages are built where they are not there yet."""
    if request.param == "docker":
        request.getfixturevalue("python_base")
    reports = tmp_path_factory.mktemp(f"comparison-{request.param}")
    words = ["--engine", request.param, "--systems", SYSTEMS, "--repeats", "2", "--upstream", "scripted"]
    done = lab("run", "--reports", str(reports), *words, env=environment(), timeout_s=1700)
    assert done.returncode == 0, done.stdout + done.stderr
    return Run(reports)


def cells(run: Run, *variants: str) -> list[Cell]:
    """The cells of the nine scenarios through these variants; there is one for each."""
    found = [cell for cell in run.results.cells if cell.variant in variants and cell.scenario in NINE]
    assert Counter((cell.variant, cell.scenario) for cell in found) == {
        (variant, scenario): 1 for variant in variants for scenario in NINE
    }
    return found


def test_every_exchange_that_was_planned_was_made_once(run: Run) -> None:
    """Each scenario through each variant in both repeats, and a cell for each pair."""
    asked = [(variant, scenario) for variant in ASKED for scenario in NINE | SEEDS]
    assert Counter((e.variant, e.scenario, e.repeat) for e in run.exchanges()) == {
        (*pair, repeat): 1 for pair in asked for repeat in (1, 2)
    }
    assert Counter((cell.variant, cell.scenario) for cell in run.results.cells) == dict.fromkeys(asked, 1)


def test_every_system_ran_and_answered_every_valid_scenario(run: Run) -> None:
    """Nothing is unavailable, and totals cover the nine scenarios."""
    assert {status.name: status.status for status in run.manifest.variants} == dict.fromkeys(ASKED, "ran")
    assert set(run.results.comparison.scenarios) == NINE
    assert {row.variant for row in run.results.totals} == set(ASKED)
    for cell in cells(run, *ASKED):
        assert (cell.status, cell.n, cell.completed) == ("measured", 2, 2), (cell.variant, cell.scenario)
        assert (cell.tokens.sent or 0) > 0
        assert cell.cost_usd.as_routed is not None


def test_the_control_fails_no_check(run: Run) -> None:
    """What the control fails would be the lab's own fault."""
    for cell in cells(run, "direct"):
        verdicts = Counter(check.verdict for check in cell.checks.values())
        failed = {name: check.why for name, check in cell.checks.items() if check.verdict == "fail"}
        assert failed == {}, cell.scenario
        assert verdicts["pass"] > 2, cell.scenario


def test_gateways_that_rewrite_nothing_are_seen_to_rewrite_nothing(run: Run) -> None:
    """LiteLLM translates between wires and Portkey passes on: both forward what they were sent."""
    read = cells(run, *VERBATIM)
    for cell in read:
        assert cell.tokens.forwarded == cell.tokens.sent, (cell.variant, cell.scenario)
        assert cell.facts.kept in (None, cell.facts.total)
        assert cell.tools.needed_kept in (None, cell.tools.needed)
    assert {cell.scenario for cell in read if cell.facts.kept} == {"H1", "L1", "L2"}
    assert {cell.scenario for cell in read if cell.tools.needed_kept} >= {"T1", "T2"}


def test_the_seeds_invalid_forms_are_rejected_by_the_provider(run: Run) -> None:
    """A 200 to these would mean that the meter does not validate."""
    for scenario in sorted(SEEDS):
        for variant in VERBATIM:
            cell = run.results.cell(variant, scenario)
            assert cell.status == "failed"
            assert "the provider rejects" in (cell.reason or "")


def test_the_tier_the_router_claims_is_the_one_the_meter_saw(run: Run) -> None:
    """LiteLLM's router states its decision in a header; the model's name at the meter agrees."""
    for scenario in NINE:
        tier = run.results.cell("litellm-router", scenario).tier
        assert tier.served
        assert tier.served == tier.claimed
    assert run.results.cell("litellm", "S1").tier.served == "not routed"


def test_a_gateway_takes_time_and_the_control_does_not(run: Run) -> None:
    """Overhead is read against the control: positive for all gateways, in ms and not in s."""
    for variant in VERBATIM[1:]:
        overhead = run.results.total(variant).latency_ms.overhead.median_ms
        assert overhead is not None
        assert 0.5 < overhead < 2_000, variant


@needs_lynkr
@pytest.mark.lynkr
def test_lynkr_adds_tokens_and_loses_the_facts_of_the_seeds_own_form(run: Run) -> None:
    """What its vendor's benchmark shows as compression is deletion: no fact reaches the model."""
    results = run.results
    short = results.cell("lynkr", "S1").tokens
    assert short.forwarded is not None
    assert short.sent is not None
    assert short.forwarded > short.sent + 50
    for scenario in ("L1-seed", "L2-seed"):
        cell = results.cell("lynkr", scenario)
        assert cell.facts.kept == 0
        assert cell.tokens.saving_percent is not None
        assert cell.tokens.saving_percent > 50
    for scenario in ("L1", "L2"):
        cell = results.cell("lynkr", scenario)
        assert cell.facts.kept == cell.facts.total
    assert results.cell("lynkr", "R1").tier.served == "REASONING"
    assert results.cell("lynkr", "S1").tier.served == "SIMPLE"


@pytest.mark.parametrize(
    "variant", ["litellm-cache", pytest.param("lynkr", marks=[needs_lynkr, pytest.mark.lynkr])]
)
def test_caches_are_wiped_between_repeats(run: Run, variant: str) -> None:
    """The second repeat's first cache scenario is not answered from the first repeat's cache."""
    asked = [exchange for exchange in run.exchanges(variant) if exchange.scenario == "SC1"]
    assert [exchange.answer.markers for exchange in asked] == [(exchange.marker,) for exchange in asked]
    assert len({run.store.body(exchange.request) for exchange in asked}) == 1
    assert len(asked) == 2


def test_the_lab_decides_for_portkey_and_its_choice_is_the_cheapest(run: Run) -> None:
    """Four targets behind one gateway, each the model of a tier."""
    served = {s: run.results.cell("portkey-conditional", s).tier.served for s in ("S1", "H1", "R1")}
    assert served == {"S1": "SIMPLE", "H1": "MEDIUM", "R1": "COMPLEX"}
    assert run.results.cell("portkey", "S1").tier.served == "not routed"


@needs_lynkr
@pytest.mark.lynkr
def test_lynkr_without_rewriting_forwards_tools_as_they_are_and_as_shipped_does_not(run: Run) -> None:
    """Names, descriptions and schemas, so the switches are in force on this engine too."""
    calls = {call.exchange: call for call in run.store.upstream() if call.kind == "chat"}
    alike = {}
    for variant in ("lynkr", "lynkr-lean"):
        call = calls[f"r1-T1-{variant}"]
        (sent,) = (e for e in run.exchanges(variant) if e.id == call.exchange)
        client = read_request("messages", json.loads(run.store.body(sent.request)))
        provider = read_request(call.path, json.loads(run.store.body(str(call.request))))
        alike[variant] = client.tools == provider.tools
    assert alike == {"lynkr": False, "lynkr-lean": True}


def test_figures_can_be_recomputed_from_the_bodies_on_disk(run: Run) -> None:
    """Tokens forwarded of one cell, counted again by another tokenizer from what was recorded."""
    encoding = quicktok.get_encoding("o200k_base")
    call = next(c for c in run.store.upstream() if c.exchange == "r1-R1-portkey" and c.kind == "chat")
    assert call.request is not None
    body = json.loads(run.store.body(call.request))
    assert [message["role"] for message in body["messages"]] == ["user"]
    text = body["messages"][0]["content"]
    assert isinstance(text, str)
    assert call.tokens.total == encoding.count(text)


def test_every_evidence_link_of_the_report_leads_to_a_page(run: Run) -> None:
    """No figure stands without its evidence."""
    is_there = link_checker(run.path)
    for name in ("report.html", "report.md"):
        text = (run.path / name).read_text(encoding="utf-8")
        links = set(re.findall(r"evidence\.html#[\w.-]+|evidence/[\w.-]+\.html", text))
        assert len(links) >= len(NINE) * 4
        assert [link for link in links if not is_there(link)] == []


def test_nothing_of_the_run_is_left_running(run: Run) -> None:
    """Neither processes nor containers carry the run's mark any more."""
    assert processes_of(run.manifest.run) == []
    assert run.manifest.state == "finished"
    assert run.exchanges()
    if run.manifest.engine == "docker":
        client = docker.from_env()
        label = f"llm-gateway-lab.run={run.manifest.run}"
        assert client.containers.list(all=True, filters={"label": label}) == []
        assert client.networks.list(filters={"label": label}) == []
        client.close()


def test_logs_are_kept_for_every_instance(run: Run) -> None:
    """A reader can see what a gateway said while it was measured."""
    names = {path.name.split(".log")[0] for path in (run.path / "logs").iterdir()}
    assert {"litellm", "litellm-cache", "portkey"} <= names
    logs = sorted(Path(run.path / "logs").glob("litellm*.log*"))
    assert [path.name for path in logs if not path.stat().st_size] == []
    assert len(logs) >= 2
