"""The headers of a request: what the lab puts in, what goes as written, and what is recorded of keys."""

from __future__ import annotations

import pytest

from lab.config.models import SystemConfig
from lab.config.scenarios import Scenario
from lab.loading.configs import load_lab, load_suites, load_systems
from lab.run.headers import CLIENT_KEY, recorded_headers, request_headers, sent_key
from lab.run.plan import Plan, PlannedVariant, select_variants
from tests.paths import ROOT

SYSTEM = SystemConfig.model_validate(
    {
        "system": "gate",
        "title": "Gate",
        "kind": "gateway",
        "wires": {
            "anthropic": {"path": "/v1/messages", "headers": {"x-api-key": "${client_key}", "x-to": "a"}},
            "openai": {"path": "/v1/chat/completions", "headers": {"authorization": "Bearer sk-one"}},
        },
        "variants": {
            "gate": {"title": "Gate", "vendor_defaults": True, "model": "m"},
            "gate-routed": {
                "title": "Gate, routed",
                "vendor_defaults": False,
                "model": "m",
                "headers": {
                    "x-to": "${meter_url}/${variant}",
                    "x-rule": '{"$$eq": "${tier}", "on": "${wire}"}',
                },
            },
        },
    }
)


def planned(name: str = "gate") -> PlannedVariant:
    """A variant of the system above."""
    return PlannedVariant(name, SYSTEM, SYSTEM.variants[name])


def asking(**fields: object) -> Scenario:
    """A scenario with these fields."""
    known = {"id": "S", "title": "T", "looks_at": "f", "class": "g", "max_tokens": 16}
    return Scenario.model_validate(known | {"messages": [{"role": "user", "content": "Hi"}]} | fields)


def test_a_variants_headers_go_before_its_systems_and_a_scenarios_before_both() -> None:
    """Each header once, by the nearest source."""
    headers = request_headers(planned("gate-routed"), asking(), "anthropic", "http://meter:9700")
    assert headers == {
        "content-type": "application/json",
        "x-api-key": CLIENT_KEY,
        "x-to": "http://meter:9700/gate-routed",
        "x-rule": '{"$eq": "MEDIUM", "on": "anthropic"}',
    }
    own = request_headers(planned(), asking(headers={"x-to": "b"}), "anthropic", "http://meter:9700")
    assert own["x-to"] == "b"


def test_what_a_scenario_sends_goes_as_it_is_written() -> None:
    """A dollar sign of a user's own prompt is no placeholder of the lab's."""
    given = {"x-price": "$$5 for ${tier}"}
    assert request_headers(planned(), asking(headers=given), "anthropic", "u")["x-price"] == given["x-price"]


def test_another_clients_key_is_sent_and_never_recorded() -> None:
    """The record says that it was another's; where a system knows one key only, nothing is said."""
    other = asking(client_key="sk-of-another-client")
    headers = request_headers(planned(), other, "anthropic", "u")
    assert headers["x-api-key"] == "sk-of-another-client"
    noted = recorded_headers(other, SYSTEM.wires["anthropic"])
    assert noted == {"x-api-key": "(another client's key)"}
    assert recorded_headers(other, SYSTEM.wires["openai"]) == {}
    assert recorded_headers(asking(), SYSTEM.wires["anthropic"]) == {}


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({"Authorization": "Bearer sk-of-another-client"}, "sk-of-another-client"),
        ({"X-Api-Key": "sk-of-another-client"}, "sk-of-another-client"),
        ({"authorization": "Basic b2Q6b2Q="}, "Basic b2Q6b2Q="),
        ({"x-api-key": "sk-first", "authorization": "Bearer sk-second"}, "sk-first"),
    ],
)
def test_a_key_among_a_scenarios_headers_is_another_clients(headers: dict[str, str], key: str) -> None:
    """It is sent alone, never recorded, and it is the one that has to reach the provider."""
    other = asking(headers=headers | {"x-team": "blue"})
    sent = request_headers(planned(), other, "anthropic", "u")
    assert {name: value for name, value in sent.items() if value != "a"} == {
        "content-type": "application/json",
        "x-team": "blue",
        **headers,
    }
    assert CLIENT_KEY not in sent.values()
    assert (other.own_key, sent_key(other, SYSTEM.wires["anthropic"])) == (key, key)
    noted = recorded_headers(other, SYSTEM.wires["anthropic"])
    assert noted == {"x-team": "blue"} | dict.fromkeys(headers, "(another client's key)")


def test_a_header_is_sent_once_however_its_name_is_written() -> None:
    """The scenario's, not the system's too."""
    sent = request_headers(
        planned(), asking(headers={"X-To": "b", "Content-Type": "text/x"}), "anthropic", "u"
    )
    assert sorted(name.lower() for name in sent) == ["content-type", "x-api-key", "x-to"]
    assert (sent["X-To"], sent["Content-Type"]) == ("b", "text/x")


def test_a_system_that_knows_one_key_is_not_asked_with_another() -> None:
    """A key that stands in a header is the user's own business."""
    lab, systems = load_lab(ROOT), load_systems(ROOT)
    cases: list[tuple[dict[str, object], bool]] = [
        ({"client_key": "sk-other"}, False),
        ({"headers": {"authorization": "Bearer sk-other"}}, True),
    ]
    for fields, asked in cases:
        other = asking(**fields)
        suite = load_suites(ROOT, ["core"])[0].model_copy(update={"scenarios": [other]})
        names = ["direct", "litellm"]
        plan = Plan(ROOT, lab, select_variants(lab, systems, names), (suite,), 1, 1)
        assert [plan.asks(name, other) for name in names] == [True, asked]
