"""The same questions on both wires through real gateways, as `lab run --wire openai` asks them."""

from __future__ import annotations

import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import pytest

from lab.meter import chat as meter
from lab.records.models import ExchangeRecord
from lab.results.cell import Cell
from tests.integration.labcli import Run, environment, lab, run_words
from tests.integration.rogue import make_root
from tests.integration.test_own_prompts import interrupt
from tests.unit.evidence_pages import cells_of

pytestmark = [pytest.mark.gateway, pytest.mark.slow, pytest.mark.timeout(900)]
LYNKR = bool(os.environ.get("LYNKR_PACKAGE"))
GATEWAYS = "litellm,portkey" + (",lynkr" if LYNKR else "")
NINE = {"S1", "T1", "T2", "H1", "L1", "L2", "SC1", "SC2", "R1"}
# Where each variant asks the model when the client speaks chat, and what it may be asked.
PATHS = {
    "direct": "/v1/chat/completions",
    "litellm": "/v1/messages",
    "litellm-cache": "/v1/messages",
    "litellm-router": "/v1/chat/completions",
    "portkey": "/v1/chat/completions",
    "portkey-conditional": "/v1/chat/completions",
    "lynkr": "/v1/chat/completions",
    "lynkr-lean": "/v1/chat/completions",
}
VERBATIM = tuple(name for name in PATHS if not name.startswith("lynkr"))
ASKED = VERBATIM + (("lynkr", "lynkr-lean") if LYNKR else ())
needs_lynkr = pytest.mark.skipif(not LYNKR, reason="LYNKR_PACKAGE is not set")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """One run on each wire with the same seed; LiteLLM and Lynkr take part in that on the openai wire."""

    def run(wire: str, systems: str) -> Run:
        reports = tmp_path_factory.mktemp(f"wire-{wire}")
        words = [
            *("--engine", "host", "--upstream", "scripted", "--systems", systems, "--wire", wire),
            *("--suite", "core", "--repeats", "1", "--seed", "11", "--reports", str(reports)),
        ]
        done = lab("run", *words, env=environment(), timeout_s=800)
        assert done.returncode == 0, done.stdout + done.stderr
        return Run(reports)

    with ThreadPoolExecutor(2) as pool:
        openai = pool.submit(run, "openai", f"direct,{GATEWAYS}")
        anthropic = pool.submit(run, "anthropic", "direct,portkey")
        return {"openai": openai.result(), "anthropic": anthropic.result()}


@pytest.fixture(scope="module")
def chat(runs: dict[str, Run]) -> Run:
    """The run on the openai wire."""
    return runs["openai"]


def valid(run: Run, *variants: str) -> list[ExchangeRecord]:
    """The exchanges of the nine valid scenarios; there is one for each through each of the variants."""
    asked = variants or ASKED
    found = [e for e in run.exchanges() if e.scenario in NINE and e.variant in asked]
    assert {(e.variant, e.scenario) for e in found} == set(product(asked, NINE))
    assert len(found) == len(asked) * len(NINE)
    return found


def cells(run: Run, *variants: str) -> list[Cell]:
    """The cells of the nine valid scenarios; there is one for each through each of the variants."""
    asked = variants or ASKED
    found = [cell for cell in run.results.cells if cell.scenario in NINE and cell.variant in asked]
    assert {(cell.variant, cell.scenario) for cell in found} == set(product(asked, NINE))
    return found


def test_every_system_answers_every_valid_scenario_on_chat(chat: Run) -> None:
    """What the wire has no place for is said to be unsupported, and is sent to nobody."""
    assert chat.manifest.wire == "openai"
    assert {status.name: status.reason for status in chat.manifest.variants if status.status != "ran"} == {}
    assert {status.name for status in chat.manifest.variants} == set(ASKED)
    for cell in cells(chat):
        assert (cell.status, cell.n, cell.completed) == ("measured", 1, 1), (cell.variant, cell.scenario)
    others = [cell for cell in chat.results.cells if cell.scenario not in NINE]
    assert len(others) == 2 * len(ASKED)
    for cell in others:
        assert cell.status == "unsupported"
        assert "the way of the messages wire" in (cell.reason or "")
    assert {(e.wire, e.scenario) for e in chat.exchanges()} == {("openai", scenario) for scenario in NINE}


def test_the_control_fails_no_check_on_either_wire(runs: dict[str, Run]) -> None:
    """What the control fails would be the lab's own fault."""
    for wire, run in runs.items():
        judged = 0
        for cell in cells(run, "direct"):
            failed = {name: check.why for name, check in cell.checks.items() if check.verdict == "fail"}
            assert failed == {}, (wire, cell.scenario)
            judged += sum(check.verdict == "pass" for check in cell.checks.values())
        assert judged > 2 * len(NINE)


def test_the_same_tokens_are_sent_on_both_wires(runs: dict[str, Run]) -> None:
    """Bodies differ in form and not in content, so figures of the two wires can stand side by side."""
    sent = {
        wire: {(e.variant, e.scenario): e.tokens_sent for e in valid(run, "direct", "portkey")}
        for wire, run in runs.items()
    }
    assert sent["openai"] == sent["anthropic"]
    assert len(sent["openai"]) == 2 * len(NINE)


def test_bodies_are_the_wires_own(chat: Run) -> None:
    """The client sends what the provider of that wire takes."""
    for exchange in valid(chat):
        body = json.loads(chat.store.body(exchange.request))
        meter.validate(body, {})
        assert not {"system", "stop_sequences"} & body.keys()
        assert all("function" in tool for tool in body.get("tools", ()))


def test_calls_reach_the_meter_where_each_gateway_leads_them(chat: Run) -> None:
    """A gateway that translates is seen to translate, and calls bear the variant's own name."""
    calls = [call for call in chat.store.upstream() if call.exchange and call.kind == "chat"]
    assert {call.caller for call in calls} == set(ASKED)
    for call in calls:
        assert call.path == PATHS[call.caller], call.exchange
        assert str(call.exchange).endswith(f"-{call.caller}")
    assert len({call.exchange for call in calls}) == len(calls) == len(NINE) * len(ASKED)


def test_gateways_that_translate_rewrite_nothing(chat: Run) -> None:
    """From chat to /v1/messages and back, every token, fact and tool arrives."""
    read = cells(chat, *VERBATIM)
    for cell in read:
        assert (cell.tokens.sent or 0) > 0
        assert cell.tokens.forwarded == cell.tokens.sent, (cell.variant, cell.scenario)
        assert cell.facts.kept in (None, cell.facts.total)
        assert cell.tools.needed_kept in (None, cell.tools.needed)
    assert {cell.scenario for cell in read if cell.facts.kept} == {"H1", "L1", "L2"}
    assert {cell.scenario for cell in read if cell.tools.needed_kept} >= {"T1", "T2"}


def test_every_answer_is_that_of_its_own_exchange(chat: Run) -> None:
    """Markers come through a translated answer as well, and nothing was served from a cache."""
    for exchange in valid(chat, *VERBATIM):
        assert exchange.answer.markers == (exchange.marker,), exchange.id
        assert exchange.answer.problems == (), exchange.id
    for cell in cells(chat):
        wanted = {"pass"} if cell.variant in VERBATIM else {"pass", "not_applicable"}
        assert cell.checks["provenance"].verdict in wanted, (cell.variant, cell.scenario)


def test_tool_calls_reach_the_client_in_the_wires_form(chat: Run) -> None:
    """The call that the model was scripted to make, with its arguments, from either kind of provider."""
    for exchange in valid(chat):
        if exchange.scenario == "T1":
            (call,) = exchange.answer.tool_calls
            assert (call.name, call.input) == ("Read", {"file_path": "README.md"}), exchange.id
            assert exchange.answer.stop_reason == "tool_calls"
        elif exchange.scenario == "S1":
            assert (exchange.answer.tool_calls, exchange.answer.stop_reason) == ((), "stop"), exchange.id


def test_usage_is_claimed_and_honest_on_chat(chat: Run) -> None:
    """The counts of this wire are read as input and output, and are those that the meter states."""
    for exchange in valid(chat, *VERBATIM):
        usage = exchange.answer.usage
        assert usage.input == exchange.tokens_sent.total, exchange.id
        assert usage.output == exchange.tokens_out, exchange.id
    for variant in VERBATIM:
        assert chat.results.cell(variant, "S1").checks["usage_honest"].verdict == "pass"


def test_tiers_are_seen_and_claimed_on_chat(chat: Run) -> None:
    """LiteLLM's router states its decision in the same header; Portkey goes where the lab tells it to."""
    for scenario in NINE:
        tier = chat.results.cell("litellm-router", scenario).tier
        assert tier.served
        assert tier.served == tier.claimed
        told = chat.results.cell("portkey-conditional", scenario).tier
        cheapest = ("SIMPLE", "MEDIUM", "COMPLEX", "REASONING")
        assert told.served == next((t for t in cheapest if t in told.acceptable), "MEDIUM"), scenario
    assert chat.results.cell("litellm", "S1").tier.served == "not routed"


def test_the_report_says_on_which_wire_and_who_decided(chat: Run) -> None:
    """Its texts, its list of changes and its evidence are right for the wire of the run."""
    report = (chat.path / "report.md").read_text(encoding="utf-8").replace("\\", "")
    assert re.search(r"[Ww]ire[^\n]*openai", report)
    assert "not for the chat wire: it is invalid in the way of the messages wire" in report
    for told in (
        "the lab decides the tier of each request",
        "cache: true, cache_params: {type: local, ttl: 600}",
        "x-portkey-config: strategy mode conditional over four targets",
        "@hono/node-server 1.13.8",
    ):
        assert told in report
    assert "Sent by the client on the openai wire" in cells_of(chat.path)["litellm--S1"]


@needs_lynkr
@pytest.mark.lynkr
def test_every_switch_of_lynkr_lean_is_listed_in_the_report(chat: Run) -> None:
    """Line by line, with why."""
    report = (chat.path / "report.md").read_text(encoding="utf-8").replace("\\", "")
    switches = ["MEMORY_ENABLED=false", "LYNKR_MAX_LOOP_MESSAGES=0", "SYSTEM_PROMPT_MODE=static"]
    assert [switch for switch in switches if switch not in report] == []


def test_a_resumed_run_goes_on_on_its_wire(tmp_path: Path) -> None:
    """Half a run on one wire and half on another would compare nothing."""
    root, reports = make_root(tmp_path, []), tmp_path / "reports"
    assert lab(*run_words(root, reports), "--wire", "openai", "--repeats", "1").returncode == 0
    run = Run(reports)
    interrupt(run)
    again = lab("run", "--resume", run.manifest.run, "--root", str(root), "--reports", str(reports))
    assert again.returncode == 0, again.stdout + again.stderr
    after = Run(reports)
    assert (after.manifest.state, after.manifest.wire) == ("finished", "openai")
    assert [e.wire for e in after.exchanges()] == ["openai"] * 3
    assert {call.path for call in after.store.upstream() if call.exchange} == {"/v1/chat/completions"}
