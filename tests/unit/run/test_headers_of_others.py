"""Questions asked with another client's key: sent where a system takes it, and said where it does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.config.models import WireAccess
from lab.loading.configs import load_lab, load_suites, load_systems
from lab.names import ClientWire
from lab.report.build import build_results
from lab.run.headers import CLIENT_KEY, other_client, recorded_headers, request_headers
from lab.run.plan import Plan, PlannedVariant, select_variants
from tests.paths import ROOT
from tests.unit.records_builder import RunBuilder, scenario, variant

KEYS = {"anthropic": "x-api-key", "openai": "authorization"}


@pytest.fixture(scope="module")
def plan() -> Plan:
    """The project's own plan with the suite of caches."""
    lab = load_lab(ROOT)
    variants = select_variants(lab, load_systems(ROOT), ["direct", "litellm", "portkey", "lynkr"])
    return Plan(ROOT, lab, variants, load_suites(ROOT, ["cache"]), repeats=1, seed=7)


def planned(plan: Plan, name: str) -> PlannedVariant:
    """One variant of the plan."""
    return next(one for one in plan.variants if one.name == name)


@pytest.mark.parametrize("wire", ["anthropic", "openai"])
@pytest.mark.parametrize("name", ["direct", "portkey", "lynkr"])
def test_the_other_key_goes_where_the_labs_own_goes(plan: Plan, name: str, wire: ClientWire) -> None:
    """The two exchanges of a sequence differ in that header alone."""
    by_id = {one.id: one for one in plan.suites[0].scenarios}
    first, probe = (
        request_headers(planned(plan, name), by_id[one], wire, "http://meter:9700")
        for one in ("CA-key-orders", "CA-key-orders-2")
    )
    assert {key for key in first | probe if first[key] != probe[key]} == {KEYS[wire]}
    assert first[KEYS[wire]].endswith(CLIENT_KEY)
    assert probe[KEYS[wire]].endswith(by_id["CA-key-orders-2"].client_key)


def test_a_system_with_one_key_is_not_asked_with_another(plan: Plan) -> None:
    """LiteLLM takes only its master key without a database; everything else it is asked."""
    asked = {
        one.name: [s.id for s in plan.suites[0].scenarios if plan.asks(one.name, s)] for one in plan.variants
    }
    assert set(asked["direct"]) - set(asked["litellm"]) == {"CA-key-orders-2", "CA-key-address-2"}
    assert asked["direct"] == asked["portkey"] == asked["lynkr"]


def test_its_cell_says_that_it_takes_no_other_key(tmp_path: Path) -> None:
    """Unsupported with the reason, rather than not run."""
    builder = RunBuilder(
        tmp_path,
        variants=(variant("direct"), variant("litellm", one_client=("anthropic",))),
        scenarios=(scenario("K", other_client=True),),
    )
    builder.exchange("direct", "K")
    cell = build_results(builder.store).cell("litellm", "K")
    assert cell.status == "unsupported"
    assert cell.reason == "it asks with another client's key, and here this system accepts only one"


def test_the_record_tells_of_another_key_but_not_which(plan: Plan) -> None:
    """Keys are never written down."""
    access = WireAccess(path="/", headers={"x-api-key": "${client_key}", "anthropic-version": "1"})
    by_id = {one.id: one for one in plan.suites[0].scenarios}
    assert recorded_headers(by_id["CA-key-orders"], access) == {}
    assert recorded_headers(by_id["CA-key-orders-2"], access) == {"x-api-key": "(another client's key)"}


@pytest.mark.parametrize(
    ("first", "then", "other"),
    [
        ({}, {}, False),
        ({}, {"client_key": "sk-lab-other"}, True),
        ({}, {"headers": {"X-Api-Key": "sk-lab-other"}}, True),
        ({"headers": {"authorization": "Bearer a"}}, {"headers": {"Authorization": "Bearer a"}}, False),
        ({"headers": {"authorization": "Bearer a"}}, {"headers": {"authorization": "Bearer b"}}, True),
        ({"headers": {"authorization": "Bearer a"}}, {}, True),
        ({"headers": {"x-user": "1"}}, {"headers": {"x-user": "2"}}, False),
    ],
)
def test_another_key_is_another_client_wherever_the_scenario_writes_it(
    plan: Plan, first: dict[str, Any], then: dict[str, Any], other: bool
) -> None:
    """A key in headers of its own is as much another client's as one in `client_key`."""
    made = plan.suites[0].scenarios[0]
    assert other_client(made.model_copy(update=then), made.model_copy(update=first)) == other
