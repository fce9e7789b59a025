"""The suites of tools and fidelity: they load, the provider accepts them, and the control changes nothing."""

from __future__ import annotations

import base64
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from lab import wires
from lab.config.scenarios import Scenario, Suite
from lab.exchange.compare.differences import compare
from lab.exchange.schemas import differing_parts
from lab.loading.suites import load_suite
from lab.meter import messages
from lab.scenarios.request import build_request
from lab.wires.params import read_params
from tests.paths import ROOT

SUITES = {name: load_suite(ROOT / "configs" / "scenarios" / f"{name}.yaml") for name in ("tools", "fidelity")}
ALL = [(suite, scenario) for suite in SUITES.values() for scenario in suite.scenarios]


def request(scenario: Scenario) -> dict[str, Any]:
    """The body that a client sends, once to JSON and back."""
    body: dict[str, Any] = orjson.loads(orjson.dumps(build_request(scenario, "claude-sonnet-4-5", "")))
    return body


@pytest.mark.parametrize("suite", SUITES.values(), ids=list(SUITES))
def test_a_suite_has_prompts_that_differ(suite: Suite) -> None:
    """No two scenarios ask the same, so that no cache answers one with the other's answer."""
    asked = Counter(orjson.dumps(scenario.messages[0]) for scenario in suite.scenarios)
    repeated = [text for text, times in asked.items() if times > 1]
    assert repeated == []
    assert not any(scenario.nonce for scenario in suite.scenarios)


@pytest.mark.parametrize(("suite", "scenario"), ALL, ids=[scenario.id for _, scenario in ALL])
def test_the_provider_accepts_every_scenario(suite: Suite, scenario: Scenario) -> None:
    """The meter refuses nothing, with the headers that the client sends."""
    assert scenario.valid
    assert scenario.class_ in suite.classes
    messages.validate(request(scenario), {"anthropic-version": "2023-06-01", **scenario.headers})


@pytest.mark.parametrize("scenario", [one for _, one in ALL], ids=[one.id for _, one in ALL])
def test_nothing_differs_where_a_request_is_forwarded_as_it_is(scenario: Scenario) -> None:
    """A part that the lab cannot read, or reads in two ways, would be a difference of the lab's own."""
    read = wires.read_request("messages", request(scenario))
    found = compare("messages", read, "messages", read)
    assert found.found == ()
    assert all(differing_parts(tool.schema, tool.schema) == [] for tool in read.tools)
    assert not any(part.kind == "other" for message in read.messages for part in message.parts)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "configs" / "scenarios").glob("*.yaml")), ids=lambda path: path.stem
)
def test_what_is_added_is_judged_in_every_scenario(path: Path) -> None:
    """A gateway that adds to one kind of request alone is found there; one habit is still one finding."""
    suite = load_suite(path)
    for one in suite.scenarios:
        assert {"content_added", "conversations_apart"} <= set(one.checks or suite.checks), one.id


def test_whether_a_users_name_arrives_is_judged_where_that_is_the_question() -> None:
    """Conversations of different users name no other check of parameters."""
    suite = SUITES["fidelity"]
    for one in suite.scenarios:
        about_others = one.class_ == "fidelity_apart"
        assert set(one.checks) >= set(suite.checks) or not one.checks or about_others


def test_every_feature_of_fidelity_is_an_aspect_of_its_request() -> None:
    """What stands before the colon is something that the comparison looks at."""
    for scenario in SUITES["fidelity"].scenarios:
        about = scenario.looks_at.partition(":")[0]
        read = wires.read_request("messages", request(scenario))
        aspects = compare("messages", read, "messages", read).sent
        headers = {f"header {name}" for name in scenario.headers}
        assert about in aspects | headers | {"added", "apart"}, scenario.id


def test_fidelity_covers_what_a_request_can_hold() -> None:
    """Every normalised parameter, images by data and by address, marks, thinking, headers and large texts."""
    names: set[str] = set()
    parts = []
    for scenario in SUITES["fidelity"].scenarios:
        read = wires.read_request("messages", request(scenario))
        names |= read_params("messages", read).keys()
        parts += [part for message in read.messages for part in message.parts]
    assert names >= {
        "temperature",
        "top_p",
        "top_k",
        "stop",
        "max_tokens",
        "user",
        "thinking",
        "service_tier",
        "stream",
    }
    media = {part.media_type or part.digest.partition(":")[0] for part in parts if part.kind == "image"}
    assert media == {"image/png", "image/jpeg", "application/pdf", "url"}
    assert max(len(part.text.encode()) for part in parts) > 95_000
    assert {header for one in SUITES["fidelity"].scenarios for header in one.headers} == {
        "anthropic-beta",
        "x-lab-trace",
    }


def test_files_are_sent_as_their_base64() -> None:
    """The bytes that a provider decodes are those of the fixture."""
    picture = ROOT / "configs" / "fixtures" / "badge-16.png"
    scenario = next(one for one in SUITES["fidelity"].scenarios if one.id == "FD-40")
    data = request(scenario)["messages"][0]["content"][0]["source"]["data"]
    assert base64.b64decode(data) == picture.read_bytes()
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_fixtures_go_into_scripted_answers_too() -> None:
    """The arguments of 12 kB are a text, not a reference to one."""
    answer = next(one.answer for one in SUITES["tools"].scenarios if one.id == "TL-A11")
    assert answer is not None
    assert len(answer.tool_calls[0].input["content"]) > 12_000


def test_a_large_tool_set_has_what_real_ones_have() -> None:
    """More than 30 tools, with references, alternatives, enums, nested arrays and long descriptions."""
    largest = max((scenario.tools for scenario in SUITES["tools"].scenarios), key=len)
    text = orjson.dumps(largest).decode()
    assert len(largest) >= 30
    for word in ("$ref", "$defs", "anyOf", "oneOf", "enum", "const", "prefixItems", "additionalProperties"):
        assert f'"{word}"' in text
    assert max(len(tool["description"]) for tool in largest) > 900
    assert max(len(tool["name"]) for tool in largest) <= 64  # what OpenAI's wires allow


def test_the_tools_suite_asks_for_one_to_four_tools_and_every_choice() -> None:
    """Selection of every size, and auto, any, none and a named tool."""
    scenarios = SUITES["tools"].scenarios
    assert {len(one.tools_needed) for one in scenarios} >= {1, 2, 3, 4}
    choices = {one.params["tool_choice"]["type"] for one in scenarios if "tool_choice" in one.params}
    assert choices == {"auto", "any", "none", "tool"}
    calls = Counter(len(one.answer.tool_calls) for one in scenarios if one.answer)
    assert {1, 2, 3} <= set(calls)
    assert sum(one.stream for one in scenarios) >= 10
