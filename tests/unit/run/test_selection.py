"""Which scenarios a run asks, and whom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.config.scenarios import Suite
from lab.errors import RecordsError, UsageError
from lab.loading.configs import load_lab, load_suites, load_systems
from lab.records.manifest import FormInfo
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
    with pytest.raises(UsageError) as caught:
        only(suites("core"), ["sc2"])
    assert caught.value.next_step == "did you mean SC2? Capital letters count"
    with pytest.raises(UsageError) as caught:
        only(suites("routing"), ["[RT"])
    assert caught.value.next_step.endswith("and 164 more, see configs/scenarios")


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


def failing_matrix(folder: Path) -> None:
    """A run in two forms, in which litellm failed S1 on the chat wire, and a variant that is gone T1."""
    infos = [scenario(name, suite="core") for name in ("S1", "T1", "gone")]
    infos += [
        scenario(f"{name}.chat", suite="core.chat", written=name, written_suite="core", wire="openai")
        for name in ("S1", "T1")
    ]
    forms = (FormInfo(wire="anthropic"), FormInfo(wire="openai"))
    over = {"forms": forms, "suites": ("core", "core.chat")}
    variants = (variant("direct"), variant("litellm"), variant("renamed"))
    builder = RunBuilder(folder, variants=variants, scenarios=tuple(infos), repeats=2, over=over)
    bad = {("litellm", "S1.chat"), ("renamed", "T1"), ("litellm", "gone")}
    for repeat in (1, 2):
        for name in ("direct", "litellm", "renamed"):
            for one in infos:
                wrong = (name, one.id) in bad and repeat == 2
                status, reason = ("failed", "HTTP 500") if wrong else ("completed", None)
                builder.exchange(name, one.id, repeat, status=status, reason=reason)


def asked(made: Plan) -> set[tuple[str, str]]:
    """Who is asked what."""
    return {(step.scenario.id, step.variant) for step in made.steps(1)}


def test_one_failure_of_several_repeats_and_one_form_of_several_is_what_is_asked_again(
    tmp_path: Path,
) -> None:
    """In the form that failed; what is gone is said, and stops nothing."""
    failing_matrix(tmp_path)
    made = plan(RunOptions(root=ROOT, reports=tmp_path, failed="latest"))
    assert asked(made) == {("S1.chat", "direct"), ("S1.chat", "litellm"), ("T1", "direct")}
    assert [note.split(": ", 1)[1].split(" of ")[0] for note in made.notes] == ["scenarios", "variants"]
    assert made.notes[0].endswith("not there any more: gone")
    assert made.notes[1].endswith("not there any more: renamed")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"wire": "responses"}, {("S1", "direct"), ("S1", "litellm"), ("T1", "direct")}),
        (
            {"wire": "chat", "stream": "both"},
            {
                *((name, who) for name in ("S1", "S1.chat-streamed") for who in ("direct", "litellm")),
                *(("T1", "direct"), ("T1.chat-streamed", "direct")),
            },
        ),
        ({"systems": ("litellm",)}, {("S1.chat", "litellm")}),
        ({"only": ("S1",)}, {("S1.chat", "direct"), ("S1.chat", "litellm")}),
    ],
)
def test_options_beside_what_failed_choose_forms_systems_and_scenarios(
    tmp_path: Path, more: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    """What failed in one form may be asked again in others."""
    failing_matrix(tmp_path)
    assert asked(plan(RunOptions(root=ROOT, reports=tmp_path, failed="latest", **more))) == expected


def test_a_system_that_failed_nothing_is_not_asked_an_empty_set(tmp_path: Path) -> None:
    """It would start, and its report would look good."""
    failing_matrix(tmp_path)
    with pytest.raises(UsageError, match=r"--failed: portkey.* failed nothing in ") as caught:
        plan(RunOptions(root=ROOT, reports=tmp_path, failed="latest", systems=("portkey",)))
    assert "name some of litellm, renamed" in caught.value.next_step


def test_what_failed_and_is_not_chosen_is_an_error(tmp_path: Path) -> None:
    """The ids are known, and none of them failed."""
    failing_matrix(tmp_path)
    with pytest.raises(UsageError, match="none of what failed") as caught:
        plan(RunOptions(root=ROOT, reports=tmp_path, failed="latest", only=("SC1",)))
    assert "--only" in caught.value.next_step


@pytest.mark.parametrize("text", ["", "{", '{"schema": 99}'])
def test_results_that_cannot_be_read_are_made_again_from_the_records(tmp_path: Path, text: str) -> None:
    """A report may be torn, or of another version."""
    failing_run(tmp_path)
    next(tmp_path.glob("*/manifest.json")).with_name("results.json").write_text(text, "utf-8")
    assert set(failed_in(tmp_path, "latest").pairs) == {"SC2", "T1"}


def test_what_is_kept_by_id_brings_what_it_needs() -> None:
    """As a resumed run keeps what its manifest lists."""
    assert ids(keep(suites("core"), ["SC2"])) == ["SC1", "SC2"]
    assert keep(suites("core"), ["gone"]) == ()
