"""The headers of a request: those of the system on this wire, of the variant, and of the scenario."""

from __future__ import annotations

from string import Template
from typing import get_args

from lab.config.models import Scenario, WireAccess
from lab.names import ClientWire, TierName
from lab.run.plan import PlannedVariant

# Known to everybody, and worth nothing: the meter takes any key.
CLIENT_KEY = "sk-lab-client-key-0000000000000000"
KEY_NAME = "${client_key}"


def request_headers(
    planned: PlannedVariant, scenario: Scenario, wire: ClientWire, meter_url: str
) -> dict[str, str]:
    """All headers of one request; a later source goes before an earlier one.

    In those of configs/systems the lab puts in meter_url, variant, wire, tier (the cheapest acceptable) and
    client_key; `$$` stands for a dollar sign. What a scenario sends goes as it is written.
    """
    values = {
        "meter_url": meter_url,
        "variant": planned.name,
        "wire": wire,
        "tier": cheapest_tier(scenario),
        "client_key": scenario.client_key or CLIENT_KEY,
    }
    of_system = planned.system.wires[wire].headers | planned.variant.headers
    filled = {name: Template(value).safe_substitute(values) for name, value in of_system.items()}
    return {"content-type": "application/json"} | filled | scenario.headers


def recorded_headers(scenario: Scenario, access: WireAccess) -> dict[str, str]:
    """The client's own headers, as they are recorded: of another client's key only that it was sent."""
    keys = [name for name, value in access.headers.items() if KEY_NAME in value]
    return scenario.headers | {name: "(another client's key)" for name in keys if scenario.client_key}


def cheapest_tier(scenario: Scenario) -> TierName:
    """The tier that the lab names when it decides for a system: the cheapest acceptable, else MEDIUM."""
    order = get_args(TierName)
    return min(scenario.acceptable_tiers, key=order.index, default="MEDIUM")
