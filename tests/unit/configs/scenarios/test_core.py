"""The core suite: the seed's scenarios, valid where they say so."""

from __future__ import annotations

import json
from typing import Any

import anthropic.types
import pytest
from pydantic import TypeAdapter, ValidationError

from lab import wires
from lab.exchange.facts.search import find_facts, forwarded_text
from lab.loading.suites import load_suite
from lab.meter import messages as meter
from lab.meter.refusal import Refusal
from lab.scenarios.request import build_request
from tests.paths import ROOT

CORE = load_suite(ROOT / "configs" / "scenarios" / "core.yaml")


BY_ID = {scenario.id: scenario for scenario in CORE.scenarios}


PARAMS = TypeAdapter(anthropic.types.message_create_params.MessageCreateParamsNonStreaming)


NONCE = "abcdefghij"


HEADERS = {"anthropic-version": "2023-06-01", "content-type": "application/json"}


def request(name: str) -> dict[str, Any]:
    """The request of one scenario."""
    return build_request(BY_ID[name], "claude-sonnet-4-5", NONCE)


def drained(value: Any) -> Any:
    """Run pydantic's lazy iterators, which validate item by item, to their end."""
    if isinstance(value, dict):
        return {key: drained(item) for key, item in value.items()}
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        return value
    return [drained(item) for item in value]


def test_the_suite_is_the_seeds_nine_and_its_two_as_sent() -> None:
    """Ids, classes and the tokens that may be answered are the seed's."""
    tokens = {s.id: s.max_tokens for s in CORE.scenarios}
    nine = {
        "S1": 256,
        "T1": 512,
        "T2": 512,
        "H1": 512,
        "L1": 512,
        "L2": 512,
        "SC1": 256,
        "SC2": 256,
        "R1": 1024,
    }
    assert tokens == nine | {"L1-seed": 512, "L2-seed": 512}
    classes = {name: [s.id for s in CORE.scenarios if s.class_ == name] for name in CORE.classes}
    assert classes == {
        "tier_routing": ["S1", "R1"],
        "tools": ["T1", "T2"],
        "history": ["H1"],
        "large_json": ["L1", "L2", "L1-seed", "L2-seed"],
        "cache": ["SC1", "SC2"],
    }
    assert all(s.from_vendor for s in CORE.scenarios)


@pytest.mark.parametrize("name", [s.id for s in CORE.scenarios if s.valid])
def test_a_valid_scenario_is_valid_by_type_and_by_the_meter(name: str) -> None:
    """The vendor's SDK types and the meter, which is as strict as the provider, take the request."""
    body = request(name)
    taken = drained(PARAMS.validate_python(body))
    assert taken["messages"] == body["messages"]
    meter.validate(body, HEADERS)


@pytest.mark.parametrize("name", ["L1-seed", "L2-seed"])
def test_the_seeds_own_form_is_refused_as_it_says(name: str) -> None:
    """What the seed sends is no valid request, by type and by the meter, and the scenario says why."""
    assert not BY_ID[name].valid
    assert "tool_calls" in BY_ID[name].invalid_why
    with pytest.raises(ValidationError):
        drained(PARAMS.validate_python(request(name)))
    with pytest.raises(Refusal):
        meter.validate(request(name), HEADERS)


@pytest.mark.parametrize(
    ("name", "tool", "arguments", "question", "payload"),
    [
        ("L1-seed", "Read", {"file_path": "package.json"}, "What are the top-level dependencies?", "package"),
        (
            "L2-seed",
            "Bash",
            {"command": 'grep -rn "TODO" src/'},
            "Summarise the most important TODOs.",
            "grep",
        ),
    ],
)
def test_the_seeds_form_is_kept_to_the_letter(
    name: str, tool: str, arguments: dict[str, Any], question: str, payload: str
) -> None:
    """Four messages as the seed writes them, content null and tool_calls included, word for word."""
    body = request(name)
    first, asked, result, last = body["messages"]
    assert first["role"] == "user"
    assert asked["content"] is None
    (call,) = asked["tool_calls"]
    assert call["function"] == {"name": tool, "arguments": json.dumps(arguments, separators=(",", ":"))}
    (block,) = result["content"]
    assert (block["type"], block["tool_use_id"]) == ("tool_result", call["id"])
    data = json.loads((ROOT / "configs" / "fixtures" / f"{payload}.json").read_text("utf-8"))
    assert block["content"] == json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    assert last == {"role": "user", "content": question}
    assert list(body) == ["model", "max_tokens", "tools", "messages"]
    assert [t["name"] for t in body["tools"]] == [tool]


def test_payloads_have_the_seeds_shape() -> None:
    """39 packages of which every third is a development one, 30 files, 39 exports; 60 matches."""
    package = json.loads(request("L1")["messages"][-1]["content"][0]["content"])
    assert (len(package["dependencies"]), len(package["devDependencies"])) == (26, 13)
    assert (len(package["files"]), len(package["exports"])) == (30, 39)
    matches = json.loads(request("L2")["messages"][-1]["content"][0]["content"])
    assert len(matches) == 60
    assert len({match["line"] for match in matches}) == 60
    assert all(set(match) == {"file", "line", "match", "context"} for match in matches)
    assert len({match["file"] for match in matches}) == 15
    assert matches[0]["match"] == "TODO: fix error handling — assigned to alice"


@pytest.mark.parametrize(
    ("name", "total"), [("L1", 74), ("L2", 60), ("H1", 10), ("L1-seed", 74), ("L2-seed", 60)]
)
def test_every_declared_fact_is_in_the_request(name: str, total: int) -> None:
    """Sent straight to the provider, a scenario keeps all its facts."""
    facts = [fact.parts for fact in BY_ID[name].facts]
    text = forwarded_text(wires.read_request("messages", request(name)))
    assert len(facts) == total
    assert find_facts(facts, text) == [True] * total


@pytest.mark.parametrize("name", ["L1", "L2", "H1"])
def test_no_fact_is_in_the_request_without_what_it_comes_from(name: str) -> None:
    """Without the tool result, or the history, no fact is left: questions do not give answers away."""
    body = request(name)
    if name == "H1":
        body["messages"] = body["messages"][-1:]
    else:
        body["messages"][-1]["content"][0]["content"] = "[removed]"
    facts = [fact.parts for fact in BY_ID[name].facts]
    assert facts
    assert not any(find_facts(facts, forwarded_text(wires.read_request("messages", body))))


def test_scripted_answers_call_the_needed_tools_as_their_schemas_want() -> None:
    """T1 and T2 are answered by a call of a needed tool with all its required arguments."""
    for name in ("T1", "T2"):
        scenario = BY_ID[name]
        assert len(scenario.tools) == 14
        assert scenario.answer is not None
        (call,) = scenario.answer.tool_calls
        assert call.name in scenario.tools_needed
        schema = next(tool["input_schema"] for tool in scenario.tools if tool["name"] == call.name)
        assert set(schema["required"]) <= set(call.input) <= set(schema["properties"])


def test_the_cache_pair_is_one_sequence_in_order() -> None:
    """SC1 meets a fresh state, SC2 asks the same in other words and may be answered from a cache."""
    first, second = BY_ID["SC1"], BY_ID["SC2"]
    assert first.sequence == second.sequence == "tcp-udp"
    assert (first.cache_expect, second.cache_expect) == ("must_miss", "may_hit")
    ids = [s.id for s in CORE.scenarios]
    assert ids.index("SC1") < ids.index("SC2")
