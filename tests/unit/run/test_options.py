"""The plan that options ask for, and that of a run that was interrupted."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.errors import UsageError
from lab.loading.configs import load_lab, load_systems
from lab.records.manifest import FormInfo
from lab.run.options import RunOptions, plan_of, resumed_run
from lab.run.plan import Plan
from lab.scenarios.forms import Form
from tests.paths import ROOT
from tests.unit.records_builder import RunBuilder, scenario, variant


def plan(options: RunOptions, builder: RunBuilder | None = None) -> Plan:
    """The plan of these options, or of the run that is resumed."""
    return plan_of(options, load_lab(ROOT), load_systems(ROOT), builder.store if builder else None)


def test_nothing_said_is_the_messages_wire_as_written() -> None:
    """As it was before there were other forms."""
    made = plan(RunOptions(root=ROOT))
    assert (made.wire, made.forms) == ("anthropic", (Form(),))
    assert {suite.suite for suite in made.suites} == {"core"}


@pytest.mark.parametrize(
    ("only", "ids"),
    [
        (
            ("S1",),
            [
                "S1",
                *("S1.messages-streamed", "S1.chat-plain", "S1.chat-streamed"),
                *("S1.responses-plain", "S1.responses-streamed"),
            ],
        ),
        (("S1.chat-*",), ["S1.chat-plain", "S1.chat-streamed"]),
        (("S[1].responses-plain", "T1.chat-plain"), ["T1.chat-plain", "S1.responses-plain"]),
    ],
)
def test_a_matrix_is_planned_form_by_form(only: tuple[str, ...], ids: list[str]) -> None:
    """And only what was chosen of it: a scenario in all its forms, or in the one that is named."""
    made = plan(RunOptions(root=ROOT, wire="all", stream="both", only=only))
    assert made.wire == "anthropic"
    assert sorted(one.id for suite in made.suites for one in suite.scenarios) == sorted(ids)


def test_a_form_that_is_not_sent_is_said_to_need_its_options() -> None:
    """The report of a matrix names scenarios so."""
    with pytest.raises(UsageError, match=r"no scenario matches S1\.chat-plain") as caught:
        plan(RunOptions(root=ROOT, only=("S1.chat-plain",)))
    assert "no form chat-plain of S1 is sent: add --wire and --stream" in caught.value.next_step


def test_a_resumed_run_goes_on_as_it_began(tmp_path: Path) -> None:
    """With its forms, its scenarios, and whom it asks each of them."""
    infos = (
        scenario("S1", suite="core"),
        scenario("S1.chat-plain", suite="core.chat-plain", written="S1", written_suite="core", wire="openai"),
    )
    forms = (FormInfo(wire="anthropic", stream=False), FormInfo(wire="openai", stream=False))
    over = {
        "forms": forms,
        "suites": ("core", "core.chat-plain"),
        "asked": {"S1": ("direct",), "S1.chat-plain": ("direct", "litellm")},
        "asked_why": "it did not fail",
    }
    variants = (variant("direct"), variant("litellm"))
    builder = RunBuilder(tmp_path, variants=variants, scenarios=infos, repeats=2, over=over)
    made = plan(RunOptions(root=ROOT), builder)
    assert made.forms == (Form("anthropic", False), Form("openai", False))
    asked = {(step.scenario.id, step.variant) for step in made.steps(1)}
    assert asked == {("S1", "direct"), ("S1.chat-plain", "direct"), ("S1.chat-plain", "litellm")}
    assert (made.repeats, made.pairs_why) == (2, "it did not fail")


def test_a_resumed_run_does_not_ask_what_a_model_could_not_take(tmp_path: Path) -> None:
    """Whatever serves today: its records are of one run."""
    infos = (scenario("S1"), scenario("T1", unsupported_for=(("ollama", "it offers tools"),)))
    variants = (variant("direct"), variant("ollama"))
    made = plan(RunOptions(root=ROOT), RunBuilder(tmp_path, variants=variants, scenarios=infos))
    asked = {(step.scenario.id, step.variant) for step in made.steps(1)}
    assert {("S1", "direct"), ("S1", "ollama"), ("T1", "direct")} <= asked
    assert ("T1", "ollama") not in asked


@pytest.mark.parametrize("more", [{"only": ("S1",)}, {"failed": "latest"}])
def test_a_resumed_run_cannot_be_another_one(more: dict[str, object]) -> None:
    """What it asks was decided when it began."""
    with pytest.raises(UsageError, match="--resume completes a run as it began"):
        resumed_run(RunOptions(root=ROOT, resume="latest", **more))  # type: ignore[arg-type]
