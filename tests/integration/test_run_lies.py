"""A gateway that lies is caught, lie by lie; an honest one, and no gateway at all, fail no check.

The lies and how each is caught are listed in tests/integration/lies; tests/integration/rogue tells them.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from lab.results.models import Results
from lab.topics.caching.table import Caching
from lab.topics.routing.table import Routing
from lab.topics.tools.table import Toolsets
from lab.topics.verdicts.table import Verdicts
from tests.integration.lies import GROUPS, LIES, TOGETHER, TOLD_IN, WIRES, WORST, Group, Lie
from tests.integration.lies.runs import Ask, Found, Made, run_all
from tests.integration.rogue.caches import CACHES
from tests.integration.rogue.dishonest import DISHONEST
from tests.integration.rogue.gateway import ON_THE_WAY
from tests.integration.rogue.liars import Liar
from tests.integration.rogue.lossy import LOSSY
from tests.paths import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SUITES = tuple(sorted(path.stem for path in (ROOT / "configs" / "scenarios").glob("*.yaml")))
# What fails no check: another notation, a right router, a right cache, and what tables count.
INNOCENT = {
    *("renotate", "as-csv", "route", "cache", "cache-none", "cache-repeats-usage", "claim-hit"),
}

Runs = dict[tuple[str, str], Made]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """All runs of both wires: those that tell lies, and one over every suite for the honest gateway."""
    honest = {"honest": Liar(())}
    asks = {("honest", wire): Ask(wire, honest, dict.fromkeys(SUITES)) for wire in WIRES}
    for wire in WIRES:
        for name, groups in TOLD_IN.items():
            if here := [group for group in groups if wire in group.wires]:
                asks[name, wire] = _ask(wire, here)
    return run_all(tmp_path_factory.mktemp("lies"), asks)


def _ask(wire: str, groups: Iterable[Group]) -> Ask:
    """One run for these groups: all their variants, and all their scenarios by suite."""
    liars: dict[str, Liar] = {}
    scenarios: dict[str, tuple[str, ...]] = {}
    for group in groups:
        liars |= group.liars(wire)
        for suite, names in group.scenarios.items():
            scenarios[suite] = (*scenarios.get(suite, ()), *names)
    return Ask(wire, liars, scenarios)


def of_group(runs: Runs, group: Group, wire: str) -> Found:
    """What was found on a group's scenarios."""
    name = next(name for name, groups in TOLD_IN.items() if group in groups)
    return Found(runs[name, wire], group.ids)


ALL = [(wire, name, lie) for wire in WIRES for name, group in GROUPS.items() for lie in group.told(wire)]
INNOCENTS = [
    (wire, name, one)
    for wire in WIRES
    for name, group in GROUPS.items()
    for one in group.liars(wire)
    if one not in LIES
]


def expected(lie: Lie, found: Found, name: str) -> set[str]:
    """The scenarios on which a lie is caught, of those that can be asked on this wire."""
    return set(lie.on) - found.unsupported(name)


def test_every_lie_that_the_gateway_knows_is_in_the_list() -> None:
    """A lie that nobody looks for would prove nothing."""
    known = {*LOSSY, *DISHONEST, *CACHES, *ON_THE_WAY}
    assert known == {*LIES, *INNOCENT}
    assert all(lie.sentence.endswith(".") for lie in LIES.values())


@pytest.mark.parametrize(("wire", "group", "name"), ALL)
def test_a_lie_is_caught_by_name(runs: Runs, wire: str, group: str, name: str) -> None:
    """Its check fails wherever the lie was told, nowhere else, and says what it saw."""
    lie, found = LIES[name], of_group(runs, GROUPS[group], wire)
    caught = found.failing(name).get(lie.check, {})
    assert caught, f"{lie.sentence} No {lie.check} fails."
    if lie.on:
        assert set(caught) == expected(lie, found, name)
    assert [why for why in caught.values() if lie.word not in why] == []


@pytest.mark.parametrize(("wire", "group", "name"), ALL)
def test_a_lie_fails_no_check_that_it_does_not_touch(runs: Runs, wire: str, group: str, name: str) -> None:
    """A gateway is blamed for what it does, and for nothing besides."""
    lie, found = LIES[name], of_group(runs, GROUPS[group], wire)
    blamed = found.failing(name)
    assert set(blamed) <= {lie.check, *lie.also}
    failed = {cell.scenario for cell in found.cells(name) if cell.status not in {"measured", "unsupported"}}
    assert failed <= set(blamed.get("answered", {}))


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("lie", TOGETHER)
def test_lies_told_at_once_do_not_hide_each_other(runs: Runs, wire: str, lie: str) -> None:
    """The worst gateway drops facts, swaps tools, serves wrong answers, misreports usage, and asks twice."""
    check, scenario = TOGETHER[lie]
    assert scenario in of_group(runs, WORST, wire).failing("worst")[check]


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("variant", ["direct", "honest"])
def test_the_control_and_an_honest_gateway_fail_no_check(runs: Runs, wire: str, variant: str) -> None:
    """Whatever fails on another gateway is not the lab's fault."""
    found = Found(runs["honest", wire])
    assert found.failing(variant) == {}
    for cell in found.cells(variant):
        assert cell.status == "measured" or (cell.status == "unsupported" and cell.reason), cell
    verdicts = found.made.results.table(Verdicts)
    assert verdicts is not None
    rows = {row.suite: row for row in verdicts.rows if row.variant == variant}
    assert set(rows) == set(SUITES)
    assert all(row.passed == row.judged > 0 for row in rows.values())


@pytest.mark.parametrize(("wire", "group", "name"), INNOCENTS)
def test_another_notation_a_right_cache_and_a_right_router_fail_no_check(
    runs: Runs, wire: str, group: str, name: str
) -> None:
    """Checks fail on losses, not on differences that lose nothing."""
    found = of_group(runs, GROUPS[group], wire)
    assert found.failing(name) == {}
    assert {cell.status for cell in found.cells(name)} <= {"measured", "unsupported"}
    assert any(cell.status == "measured" for cell in found.cells(name))


@pytest.mark.parametrize("wire", WIRES)
def test_an_honest_gateway_forwards_the_bytes_that_it_was_sent(runs: Runs, wire: str) -> None:
    """The honest gateway is honest: else that it fails nothing would say nothing."""
    run = runs["honest", wire].run
    calls = {call.exchange: call for call in run.store.upstream() if call.caller == "honest"}
    exchanges = run.exchanges("honest")
    assert len(exchanges) > 100
    assert [e.id for e in exchanges if calls[e.id].request != e.request] == []


def wrong_ones(results: Results, variant: str) -> set[str]:
    """Scenarios in the report's list of wrong answers."""
    return {wrong.scenario for wrong in results.wrong_answers.served if wrong.variant == variant}


@pytest.mark.parametrize("name", GROUPS["caches"].lies)
def test_the_list_of_wrong_answers_names_every_one(runs: Runs, name: str) -> None:
    """What a wrong cache served is listed with the question that it was the answer to; nothing else is."""
    lie, found = LIES[name], of_group(runs, GROUPS["caches"], "anthropic")
    served = expected(lie, found, name) if lie.check == "provenance" else set()
    if not lie.on:
        served = set(found.failing(name)[lie.check])
    assert wrong_ones(found.made.results, name) == served
    for wrong in found.made.results.wrong_answers.served:
        if wrong.variant == name and lie.on:
            assert wrong.whose == wrong.scenario.removesuffix("-2")


@pytest.mark.parametrize("wire", WIRES)
def test_a_wrong_answer_is_the_first_finding(runs: Runs, wire: str) -> None:
    """Nothing is worse than somebody else's answer, so nothing stands above it."""
    verdicts = runs["mixed", wire].results.table(Verdicts)
    assert verdicts is not None
    kinds = [finding.kind for finding in verdicts.findings]
    wrong = kinds.count("wrong_answer")
    assert set(kinds[:wrong]) == {"wrong_answer"}
    assert {one.kind for one in verdicts.findings if one.variant == "worst"} >= {
        *("wrong_answer", "facts_lost", "tools_lost"),
    }


@pytest.mark.parametrize("wire", WIRES)
def test_a_tier_that_goes_by_wording_is_told_as_flips(runs: Runs, wire: str) -> None:
    """A right router and a cheap one are steady; one that goes by wording is not, prompt by prompt."""
    routing = runs["mixed", wire].results.table(Routing)
    assert routing is not None
    (suite,) = routing.suites
    steady = {one.variant: one.steadiness for one in suite.routers}
    for variant in ("route", "route-cheap"):
        assert (steady[variant].steady, steady[variant].flips) == (4, 0)
    assert steady["route-by-wording"].steady < 4
    assert {flip.variant for flip in suite.flips} == {"route-by-wording"}
    assert sum(flip.times for flip in suite.flips) == steady["route-by-wording"].flips


def test_a_right_cache_is_seen_to_hit(runs: Runs) -> None:
    """The cache that fails nothing answers what it may answer: it is not merely an absent one."""
    cells = {cell.scenario: cell for cell in Found(runs["caches", "anthropic"]).cells("cache")}
    for scenario in ("CA-again-moons-2", "CA-late-bees-2"):
        assert cells[scenario].cache.hits == cells[scenario].cache.of == 1
        assert cells[scenario].upstream_calls == 0


def test_a_cache_that_never_hits_costs_a_saving_and_no_verdict(runs: Runs) -> None:
    """A fresh answer is right; that a hit was due is counted."""
    cells = {cell.scenario: cell for cell in Found(runs["caches", "anthropic"]).cells("cache-none")}
    for scenario in ("CA-again-moons-2", "CA-late-bees-2"):
        assert cells[scenario].cache.missed == cells[scenario].cache.of == 1


@pytest.mark.parametrize("wire", WIRES)
def test_shorter_descriptions_of_tools_are_counted(runs: Runs, wire: str) -> None:
    """They fail no check, as a needed tool is still there with its schema; the table tells them."""
    toolsets = runs["tools", wire].results.table(Toolsets)
    assert toolsets is not None
    rows = {row.variant: row for row in toolsets.rows}
    assert rows["shorten-tools"].shortened > 0
    assert rows["renotate"].shortened == 0
    assert rows["renotate"].described.passed == rows["renotate"].described.of > 0


def test_hits_that_are_claimed_and_were_none_are_counted(runs: Runs) -> None:
    """A header that claims a hit is no hit; the table says how often it was untrue."""
    caching = runs["caches", "anthropic"].results.table(Caching)
    assert caching is not None
    claims = {one.variant: one.claims for one in caching.variants}
    exchanges = runs["caches", "anthropic"].run.exchanges("claim-hit")
    assert claims["claim-hit"].false == len(exchanges) > 0
    assert claims["cache"].false == 0
