"""Which scenarios a run asks, and whom."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.config.scenarios import Suite
from lab.errors import RecordsError, UsageError
from lab.loading.configs import load_lab, load_suites, load_systems
from lab.report import render
from lab.run.options import RunOptions, plan_of
from lab.run.plan import Plan
from lab.run.selection import failed_in, keep, only
from tests.paths import ROOT
from tests.unit.records_builder import RunBuilder, scenario, variant


def suites(*names: str) -> tuple[Suite, ...]:
    """The project's own suites of these names."""
    return load_suites(ROOT, names)


def ids(chosen: tuple[Suite, ...]) -> list[str]:
    """Ids of all their scenarios."""
    return [one.id for suite in chosen for one in suite.scenarios]


def plan(options: RunOptions) -> Plan:
    """The plan of these options."""
    return plan_of(options, load_lab(ROOT), load_systems(ROOT), None)


def test_only_the_named_scenarios_are_left_and_suites_without_any_go() -> None:
    """A pattern may match in several suites."""
    chosen = only(suites("core", "fidelity", "tools"), ["S1", "FD-4?"])
    assert [suite.suite for suite in chosen] == ["core", "fidelity"]
    assert "S1" in ids(chosen)
    assert all(name == "S1" or name.startswith("FD-4") for name in ids(chosen))


def test_a_scenario_of_a_sequence_brings_those_before_it() -> None:
    """SC2 asks about what SC1 left in a cache; alone it could not hit."""
    assert ids(only(suites("core"), ["SC2"])) == ["SC1", "SC2"]
    assert ids(only(suites("core"), ["SC1"])) == ["SC1"]


def test_a_perturbation_brings_what_it_is_one_of() -> None:
    """Whether a tier flips is a question of both."""
    whole = suites("routing")
    reworded = next(one for one in whole[0].scenarios if one.relation == "perturbation")
    assert set(ids(only(whole, [reworded.id]))) == {reworded.id, reworded.of}


def test_a_pattern_that_matches_nothing_is_an_error_with_the_nearest_id() -> None:
    """A typing error costs a second, not a run."""
    with pytest.raises(UsageError) as caught:
        only(suites("core"), ["S1", "SC22"])
    assert caught.value.message == "--only: no scenario matches SC22"
    assert "did you mean SC2?" in caught.value.next_step
    with pytest.raises(UsageError) as caught:
        only(suites("core"), ["SC9*"])
    assert "known: SC1, SC2" in caught.value.next_step


def test_a_scenario_is_found_in_a_suite_that_does_not_run_by_default() -> None:
    """Whoever knows the id need not know the suite."""
    assert ids(plan(RunOptions(root=ROOT, only=("FD-44",))).suites) == ["FD-44"]
    with pytest.raises(UsageError):
        plan(RunOptions(root=ROOT, suites=("core",), only=("FD-44",)))


def failing_run(folder: Path, *, failed: bool = True, rendered: bool = False) -> None:
    """A run in which litellm failed SC2, portkey T1, and both what is invalid, if anything failed."""
    names = {"SC1": True, "SC2": True, "T1": True, "L1-seed": False}
    scenarios = tuple(scenario(name, suite="core", valid=valid) for name, valid in names.items())
    variants = (variant("direct"), variant("litellm"), variant("portkey"))
    builder = RunBuilder(folder, variants=variants, scenarios=scenarios, repeats=1)
    for name, one in ((v, s) for v in ("direct", "litellm", "portkey") for s in names):
        bad = (failed and (name, one) in {("litellm", "SC2"), ("portkey", "T1")}) or one == "L1-seed"
        status, reason = ("failed", "HTTP 500") if bad else ("completed", None)
        builder.exchange(name, one, 1, status=status, reason=reason)
    if rendered:
        render(builder.store.path)


@pytest.mark.parametrize("rendered", [False, True])
def test_what_failed_is_asked_again_of_whom_it_failed_and_of_the_control(
    tmp_path: Path, rendered: bool
) -> None:
    """With what it needs; a scenario that is declared invalid is meant to fail."""
    failing_run(tmp_path, rendered=rendered)
    made = plan(RunOptions(root=ROOT, reports=tmp_path, failed="latest"))
    assert ids(made.suites) == ["T1", "SC1", "SC2"] or set(ids(made.suites)) == {"T1", "SC1", "SC2"}
    asked = {(step.scenario.id, step.variant) for step in made.steps(1)}
    assert asked == {
        *((name, "direct") for name in ("T1", "SC1", "SC2")),
        ("SC1", "litellm"),
        ("SC2", "litellm"),
        ("T1", "portkey"),
    }
    assert "of which only what failed is asked again" in made.pairs_why


def test_a_run_in_which_nothing_failed_is_no_run_to_repeat(tmp_path: Path) -> None:
    """An empty run would look like a good one."""
    failing_run(tmp_path, failed=False)
    with pytest.raises(RecordsError, match="nothing failed in this run"):
        failed_in(tmp_path, "latest")


def test_what_failed_and_is_gone_is_an_error(tmp_path: Path) -> None:
    """The suites may have changed since."""
    failing_run(tmp_path)
    with pytest.raises(UsageError, match="none of what failed"):
        plan(RunOptions(root=ROOT, reports=tmp_path, failed="latest", suites=("tools",)))


def test_what_is_kept_by_id_brings_what_it_needs() -> None:
    """As a resumed run keeps what its manifest lists."""
    assert ids(keep(suites("core"), ["SC2"])) == ["SC1", "SC2"]
    assert keep(suites("core"), ["gone"]) == ()
