"""The headers of a request: those of the system on this wire, of the variant, and of the scenario."""

from __future__ import annotations

from string import Template
from typing import get_args

from lab.config.models import WireAccess
from lab.config.scenarios import KEY_HEADERS, Scenario
from lab.names import ClientWire, TierName
from lab.run.plan import PlannedVariant

# Known to everybody, and worth nothing: the meter takes any key.
CLIENT_KEY = "sk-lab-client-key-0000000000000000"
KEY_NAME = "${client_key}"
# Headers in which clients send a key, the one that counts first.


def request_headers(
    planned: PlannedVariant, scenario: Scenario, wire: ClientWire, meter_url: str
) -> dict[str, str]:
    """All headers of one request; a later source goes before an earlier one.

    In those of configs/systems the lab puts in meter_url, variant, wire (anthropic or openai), tier (the
    cheapest acceptable) and client_key; `$$` stands for a dollar sign. What a scenario sends goes as it is
    written.
    """
    values = {
        "meter_url": meter_url,
        "variant": planned.name,
        "wire": "anthropic" if wire == "anthropic" else "openai",
        "tier": cheapest_tier(scenario),
        "client_key": scenario.client_key or CLIENT_KEY,
    }
    of_system = planned.system.wires[wire].headers | planned.variant.headers
    if _keys_in(scenario):  # a client that sends a key of its own does not send the lab's too
        of_system = {name: value for name, value in of_system.items() if KEY_NAME not in value}
    filled = {name: Template(value).safe_substitute(values) for name, value in of_system.items()}
    lab = {"content-type": "application/json"} | filled
    written = {name.lower() for name in scenario.headers}
    return {name: value for name, value in lab.items() if name.lower() not in written} | scenario.headers


def address(scenario: Scenario, access: WireAccess) -> str:
    """Path and query of a request: the scenario's own, or else the system's."""
    path = scenario.path or access.path
    if not scenario.query:
        return path
    return f"{path}{'&' if '?' in path else '?'}{scenario.query}"


def recorded_headers(scenario: Scenario, access: WireAccess) -> dict[str, str]:
    """The client's own headers, as they are recorded: of another client's key only that it was sent."""
    keys = [name for name, value in access.headers.items() if KEY_NAME in value]
    names = (*_keys_in(scenario), *(keys if scenario.client_key else ()))
    return scenario.headers | dict.fromkeys(names, "(another client's key)")


def _keys_in(scenario: Scenario) -> list[str]:
    return [name for name in scenario.headers if name.lower() in KEY_HEADERS]


def other_client(scenario: Scenario, first: Scenario) -> bool:
    """Whether it is sent with another key than the first of its sequence, in `client_key` or its headers."""
    return bool(scenario.client_key) or _own_keys(scenario) != _own_keys(first)


def _own_keys(scenario: Scenario) -> dict[str, str]:
    return {low: value for name, value in scenario.headers.items() if (low := name.lower()) in KEY_HEADERS}


def sent_key(scenario: Scenario, access: WireAccess) -> str:
    """The key that the client sends on this wire: the scenario's, the lab's, or the one it takes."""
    if scenario.own_key:
        return scenario.own_key
    fixed = {name.lower(): value for name, value in access.headers.items()}
    value = next((fixed[name] for name in KEY_HEADERS if fixed.get(name)), CLIENT_KEY)
    return value.replace(KEY_NAME, CLIENT_KEY).removeprefix("Bearer ").strip()


def cheapest_tier(scenario: Scenario) -> TierName:
    """The tier that the lab names when it decides for a system: the cheapest acceptable, else MEDIUM."""
    order = get_args(TierName)
    return min(scenario.acceptable_tiers, key=order.index, default="MEDIUM")
