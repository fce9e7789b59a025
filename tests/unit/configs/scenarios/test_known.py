"""The suite of known defects: what it asks is legal, and each scenario has what shows its defect."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson
import pytest

from lab import wires
from lab.config.scenarios import Scenario
from lab.exchange.compare.differences import compare
from lab.loading.suites import load_suite
from lab.meter import messages
from lab.scenarios.request import build_request
from tests.paths import ROOT

SUITE = load_suite(ROOT / "configs" / "scenarios" / "known.yaml")


def request(scenario: Scenario) -> dict[str, Any]:
    """The body that a client sends, once to JSON and back."""
    body: dict[str, Any] = orjson.loads(orjson.dumps(build_request(scenario, "claude-sonnet-4-5", "")))
    return body


@pytest.mark.parametrize("scenario", SUITE.scenarios, ids=lambda one: one.id)
def test_the_provider_accepts_it_and_the_lab_reads_all_of_it(scenario: Scenario) -> None:
    """Else the control would be refused, and no gateway could be judged."""
    assert scenario.valid
    sent = request(scenario)
    messages.validate(sent, {"anthropic-version": "2023-06-01", **scenario.headers})
    read = wires.read_request("messages", sent)
    found = compare("messages", read, "messages", read)
    assert found.found == ()
    about = scenario.looks_at.partition(":")[0]
    assert about in found.sent | {"answer"}, sorted(found.sent)


def test_no_two_ask_the_same_and_every_class_is_used() -> None:
    """So that no cache answers one with the other's answer."""
    asked = Counter(orjson.dumps(one.messages[0]) for one in SUITE.scenarios)
    assert [text for text, times in asked.items() if times > 1] == []
    assert {one.class_ for one in SUITE.scenarios} == set(SUITE.classes)


def test_every_field_that_is_known_to_be_dropped_is_sent() -> None:
    """Each by a scenario of its own, so that one that arrives is not taken for one that does not."""
    params = [set(one.params) for one in SUITE.scenarios if one.class_ == "known_fields"]
    assert all(len(one) == 1 for one in params)
    assert {name for one in params for name in one} == {
        *("output_config", "output_format", "context_management", "cache_control"),
        *("inference_geo", "speed", "diagnostics"),
    }


def test_limits_are_passed_by_little_and_legal_on_the_messages_wire() -> None:
    """At most 64 characters of a name or a user and four stop sequences are what OpenAI's wires take."""
    by_id = {one.id: one for one in SUITE.scenarios}
    assert 64 < len(by_id["KN-user"].params["metadata"]["user_id"]) <= 256
    assert len(by_id["KN-stops"].params["stop_sequences"]) == 5
    assert 64 < len(by_id["KN-name"].tools[0]["name"]) <= 128


def test_what_the_provider_answers_is_expected_with_its_headers() -> None:
    """An error that is the provider's own is no failure if it arrives as it was."""
    due = {
        one.id: (one.expect.status, set(one.expect.headers)) for one in SUITE.scenarios if one.expect.status
    }
    assert due == {
        "KN-429": (429, {"retry-after", "anthropic-ratelimit-requests-remaining"}),
        "KN-400": (400, set()),
        "KN-400-stream": (400, set()),
    }
    assert not SUITE.retries
