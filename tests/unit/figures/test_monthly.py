"""What a month's requests are: the shares of suites, classes and scenarios, by default and as weighed."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lab.figures.monthly import members
from lab.records.manifest import ScenarioInfo
from lab.report.build import build_results
from lab.results.models import Results
from lab.tokens import TokenParts
from tests.unit.records_builder import Call, RunBuilder, scenario, variant

CORE = (
    scenario("A", class_="easy", class_title="Easy"),
    scenario("B", class_="easy", class_title="Easy"),
    scenario("C", class_="hard", class_title="Hard"),
)
TOOLS = tuple(scenario(f"TL-{n}", suite="tools", class_="kept", class_title="Kept") for n in (1, 2, 3, 4))


def shares(root: Path, scenarios: tuple[ScenarioInfo, ...], **over: Any) -> Results:
    """The results of a run of direct alone, in which each scenario cost 1,000 tokens."""
    run = RunBuilder(root, variants=(variant("direct"),), scenarios=scenarios, repeats=1, over=over)
    for info in scenarios:
        run.exchange("direct", info.id, calls=[Call(tokens=TokenParts(messages=1000), out=0)])
    return build_results(run.store)


def test_one_suite_has_equal_shares_of_its_scenarios(tmp_path: Path) -> None:
    """As many as there are, whatever their classes."""
    found = shares(tmp_path, CORE).extrapolation
    assert found.shares == {"A": 1 / 3, "B": 1 / 3, "C": 1 / 3}
    assert found.classes == {"core/easy": pytest.approx(2 / 3), "core/hard": pytest.approx(1 / 3)}
    assert found.mix == "equal shares of the 3 compared scenarios: A, B, C"


def test_several_suites_have_equal_shares_of_their_classes(tmp_path: Path) -> None:
    """Three classes have a third each; the suite with four scenarios in one class does not decide."""
    found = shares(tmp_path, (*CORE, *TOOLS)).extrapolation
    assert found.classes == pytest.approx({"core/easy": 1 / 3, "core/hard": 1 / 3, "tools/kept": 1 / 3})
    assert found.shares == pytest.approx(
        {"A": 1 / 6, "B": 1 / 6, "C": 1 / 3, "TL-1": 1 / 12, "TL-2": 1 / 12, "TL-3": 1 / 12, "TL-4": 1 / 12}
    )
    assert found.mix == (
        "equal shares of the 3 classes with compared scenarios (core 2, tools 1), "
        "and within a class of its scenarios"
    )


def test_a_weight_is_divided_among_what_its_name_stands_for(tmp_path: Path) -> None:
    """Three parts of a class of two, two of a suite of four, one of a scenario of that class."""
    mix = {"core/easy": 3.0, "tools": 2.0, "A": 1.0}
    found = shares(tmp_path, (*CORE, *TOOLS), mix=mix).extrapolation
    assert found.shares == pytest.approx(
        {
            "A": 1.5 / 6 + 1 / 6,
            "B": 1.5 / 6,
            "TL-1": 0.5 / 6,
            "TL-2": 0.5 / 6,
            "TL-3": 0.5 / 6,
            "TL-4": 0.5 / 6,
        }
    )
    assert sum(found.shares.values()) == pytest.approx(1)
    assert found.mix == (
        "weighed: core/easy 50.0% (its 2 scenarios alike), tools 33.3% (its 4 scenarios alike), A 16.7%"
    )


def test_weights_of_what_was_not_compared_are_named(tmp_path: Path) -> None:
    """A suite that was not run has no share; where nothing else is weighed, the default holds and says so."""
    found = shares(tmp_path / "1", CORE, mix={"routing": 2.0, "C": 1.0}).extrapolation
    assert found.shares == {"C": 1.0}
    assert found.mix == (
        "weighed: C 100.0% (weights of scenarios that were not compared are left out: routing)"
    )
    none = shares(tmp_path / "2", CORE, mix={"routing": 2.0}).extrapolation
    assert none.mix == (
        "equal shares of the 3 compared scenarios: A, B, C "
        "(none of the scenarios that the mix weighs was compared)"
    )


def test_a_weight_of_nothing_is_a_share_of_nothing(tmp_path: Path) -> None:
    """0 leaves a class out on purpose."""
    found = shares(tmp_path, CORE, mix={"core/easy": 0.0, "core/hard": 5.0}).extrapolation
    assert (found.shares, found.classes) == ({"C": 1.0}, {"core/hard": 1.0})


def test_an_id_goes_before_a_suite_of_the_same_name() -> None:
    """Names of suites and ids of scenarios could be the same."""
    one, other = scenario("tools", suite="core"), scenario("T1", suite="tools")
    assert members("tools", [one, other]) == [one]
    assert members("tools", [other]) == [other]
    assert members("core/routing", [one, other]) == [one]


def test_own_prompts_are_weighed_by_one_name(tmp_path: Path) -> None:
    """Whatever the folder is called that they came from."""
    scenarios = (*CORE, scenario("mine", suite="secret-prompts"))
    over = {"mix": {"own": 3.0, "core/hard": 1.0}, "scenarios_suite": "secret-prompts"}
    assert shares(tmp_path, scenarios, **over).extrapolation.shares == {"mine": 0.75, "C": 0.25}


def test_a_month_costs_what_the_mix_costs(tmp_path: Path) -> None:
    """Half of 100,000 requests at 1,000 tokens and half at 3,000 tokens of 3 USD a million are 600 USD."""
    scenarios = (scenario("A"), scenario("TL-1", suite="tools"), scenario("TL-2", suite="tools"))
    run = RunBuilder(tmp_path, variants=(variant("direct"),), scenarios=scenarios, repeats=1)
    for info, tokens in zip(scenarios, (1000, 2000, 4000), strict=True):
        run.exchange("direct", info.id, calls=[Call(tokens=TokenParts(messages=tokens), out=0)])
    assert build_results(run.store).total("direct").monthly.as_routed == Decimal(600)
