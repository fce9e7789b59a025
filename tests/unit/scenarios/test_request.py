"""The requests that scenarios become on the wire of the provider."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from lab.config.models import Scenario
from lab.errors import UsageError
from lab.loading.suites import load_suite
from lab.scenarios.request import build_request
from tests.paths import ROOT

CORE = load_suite(ROOT / "configs" / "scenarios" / "core.yaml")


BY_ID = {scenario.id: scenario for scenario in CORE.scenarios}


def test_building_a_request_never_changes_the_scenario() -> None:
    """Requests are copies down to the last block: two nonces never meet."""
    for scenario in CORE.scenarios:
        before = scenario.model_dump_json()
        body = build_request(scenario, "m", "first00000")
        body["messages"][-1]["role"] = "changed"
        for tool in body.get("tools", []):
            tool.clear()
        again = json.dumps(build_request(scenario, "m", "second0000"))
        assert scenario.model_dump_json() == before
        assert "first00000" not in again
        assert again.count("(ref second0000)") == (1 if scenario.nonce else 0)


def scenario(messages: list[dict[str, Any]], **more: Any) -> Scenario:
    """A scenario with these messages."""
    return Scenario(id="X", title="x", looks_at="x", class_="g", max_tokens=9, messages=messages, **more)


def test_the_nonce_ends_the_last_user_text() -> None:
    """In a string, in the last text block, or in a block of its own after tool results."""
    text = {"type": "text", "text": "a"}
    result = {"type": "tool_result", "tool_use_id": "t", "content": "r"}
    cases: list[tuple[Any, Any]] = [
        ("hi", "hi\n\n(ref n)"),
        ([text, result], [{"type": "text", "text": "a\n\n(ref n)"}, result]),
        ([result], [result, {"type": "text", "text": "(ref n)"}]),
    ]
    for content, expected in cases:
        messages = [{"role": "user", "content": "first"}, {"role": "assistant", "content": "ok"}]
        messages.append({"role": "user", "content": copy.deepcopy(content)})
        messages.append({"role": "assistant", "content": "The answer is"})
        built = build_request(scenario(messages), "m", "n")["messages"]
        assert built[2]["content"] == expected
        assert [built[0], built[1], built[3]] == [messages[0], messages[1], messages[3]]


def test_only_what_a_scenario_has_is_sent() -> None:
    """System, tools and stream are in the body only where the scenario sets them."""
    user = [{"role": "user", "content": "hi"}]
    assert set(build_request(scenario(user), "m", "n")) == {"model", "max_tokens", "messages"}
    full = build_request(scenario(user, system="S", stream=True, tools=[{"name": "T"}]), "m", "n")
    assert (full["system"], full["stream"], full["tools"]) == ("S", True, [{"name": "T"}])


def test_what_another_wire_cannot_carry_is_refused_with_its_name() -> None:
    """The seed's invalid forms mix two wires in the way of the Anthropic one."""
    with pytest.raises(UsageError, match=r"unsupported: L1-seed is not for the openai wire"):
        build_request(BY_ID["L1-seed"], "m", "n", "openai")
