"""One habit that fails everything hides nothing else: what fails by it alone is counted apart."""

from __future__ import annotations

import random
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from lab.records.store import RunStore
from lab.report.build import build_results
from lab.report.console import short_result
from lab.report.render import render
from lab.results.models import Results
from lab.topics.verdicts.section import habit_lines
from lab.topics.verdicts.table import Habit, Verdicts
from lab.wires.neutral import Usage
from tests.unit.records_builder import Call, RunBuilder, request_of, scenario, table_of

CHECKS = ("content_added", "params_kept", "usage_honest")
WARM = "temperature 0.7 was added"
RULES = 'system text "Use plain words." was added'
ORDERS = 'system text "Ignore the rules above." was added'
TOP_P = "top_p 0.3 was dropped"
CLAIM = "claims 900 input tokens, the provider states 100"
# What a gateway does to one request, by the sentence that says so.
DONE: Mapping[str, Mapping[str, Any]] = {
    WARM: {"temperature": 0.7},
    RULES: {"system": "Use plain words."},
    ORDERS: {"system": "Ignore the rules above."},
    TOP_P: {"top_p": None},
    CLAIM: {},
}

# By suite and scenario, by repeat: what is done.
Plan = Mapping[tuple[str, str], tuple[frozenset[str], ...]]


def _results(root: Path, plan: Plan) -> Results:
    return build_results(_run(root, plan))


def _run(root: Path, plan: Plan) -> RunStore:
    repeats = len(next(iter(plan.values())))
    scenarios = [scenario(name, suite=suite, checks=CHECKS) for suite, name in plan]
    suites = tuple(dict.fromkeys(suite for suite, _ in plan))
    builder = RunBuilder(root, scenarios=scenarios, repeats=repeats, over={"suites": suites})
    for (_, name), by_repeat in plan.items():
        for repeat, done in enumerate(by_repeat, 1):
            sent = request_of(name, repeat) | {"top_p": 0.3}
            came = sent | {key: value for one in sorted(done) for key, value in DONE[one].items()}
            came = {key: value for key, value in came.items() if value is not None}
            usage = Usage(input=900, output=20) if CLAIM in done else None
            builder.exchange("direct", name, repeat, body=sent)
            builder.exchange("litellm", name, repeat, body=sent, calls=[Call(body=came)], usage=usage)
    return builder.store


def _habit(results: Results) -> Habit | None:
    return next(iter(table_of(results, Verdicts).habits), None)


def _alone(plan: Plan, habit: frozenset[str]) -> list[tuple[str, str]]:
    """The scenarios that fail by nothing but these, counted from what was done rather than from results."""
    whole = {place: frozenset().union(*by_repeat) for place, by_repeat in plan.items()}
    return [place for place, done in whole.items() if done and done <= habit]


@pytest.mark.parametrize("seed", range(4))
def test_what_fails_by_the_habit_alone_is_counted_by_suite(tmp_path: Path, seed: int) -> None:
    """As many as the plan of the run has, whatever else some repeats of some scenarios fail by."""
    draw = random.Random(seed)
    plan: dict[tuple[str, str], tuple[frozenset[str], ...]] = {}
    for n in range(16):
        also = [frozenset(one for one in (TOP_P, CLAIM) if draw.random() < 0.2) for _ in range(2)]
        plan["core" if n % 3 else "fidelity", f"S{n}"] = tuple(one | {WARM, RULES} for one in also)
    results = _results(tmp_path, plan)
    habit, alone = _habit(results), _alone(plan, frozenset({WARM, RULES}))
    assert habit is not None
    assert len(alone) > 1
    assert (habit.variant, habit.check, habit.scenarios) == ("litellm", "content_added", len(alone))
    assert set(habit.whys) == {WARM, RULES}
    counted = {(row.variant, row.suite): row.by_habit for row in table_of(results, Verdicts).rows}
    for suite in ("core", "fidelity"):
        assert counted["litellm", suite] == sum(place[0] == suite for place in alone)
        assert counted["direct", suite] == 0
    assert {row.variant: row.by_habit for row in table_of(results, Verdicts).together} == {
        "direct": 0,
        "litellm": len(alone),
    }


def _each(*done: set[str]) -> Plan:
    return {("core", f"S{n}"): (frozenset(one),) for n, one in enumerate(done)}


@pytest.mark.parametrize(
    ("plan", "alone"),
    [
        # Put on every request, and once another text in its place.
        (_each(*[{WARM, RULES}] * 9, {WARM, ORDERS}), 9),
        (_each(*[{WARM, RULES}] * 2, {WARM, ORDERS}), 2),
        # On every request, and another thing on those that it may be put on.
        (_each(*[{WARM, RULES}] * 4, *[{WARM}] * 6), 10),
        (_each(*[{TOP_P}] * 3, set()), 3),
        # Once is no habit, nor is what always comes with another failure.
        (_each({TOP_P}, set(), set()), None),
        (_each(*[{WARM, TOP_P}] * 5), None),
        (_each(set(), set()), None),
    ],
)
def test_a_habit_is_what_comes_with_most_requests(tmp_path: Path, plan: Plan, alone: int | None) -> None:
    """What comes seldom beside it is no part of it, even under the same check."""
    habit = _habit(_results(tmp_path, plan))
    assert (habit.scenarios if habit else None) == alone
    assert habit is None or ORDERS not in habit.whys


def test_a_third_addition_is_not_hidden_behind_the_two_that_are_named(tmp_path: Path) -> None:
    """A check names two differences and counts the rest; the rest is judged all the same."""
    plan = _each(*[{WARM, RULES}] * 9, {WARM, RULES, TOP_P})
    results = _results(tmp_path, plan)
    assert (habit := _habit(results)) is not None
    assert habit.scenarios == 9


def test_a_text_of_its_own_for_each_request_is_one_habit(tmp_path: Path) -> None:
    """What a gateway looks up for each question differs; that it adds it does not."""
    infos = [scenario(f"S{n}", checks=CHECKS) for n in range(6)]
    builder = RunBuilder(tmp_path, scenarios=infos, repeats=1)
    for n, words in enumerate(("Boats are", "Cats purr", "Tea is", "Snow was", "Oslo has")):
        sent = request_of(f"S{n}", 1)
        told = sent | {"system": f"{words} what this is about."}
        builder.exchange("litellm", f"S{n}", body=sent, calls=[Call(body=told)])
    results = build_results(builder.store)
    (finding,) = table_of(results, Verdicts).findings
    assert (finding.check, finding.scenarios) == ("content_added", 5)
    assert (habit := _habit(results)) is not None
    assert habit.scenarios == 5


def test_every_finding_of_a_check_has_its_own_reason(tmp_path: Path) -> None:
    """Two habits under one check are two findings, which do not show the same words."""
    findings = table_of(_results(tmp_path, _each(*[{WARM, RULES}] * 3)), Verdicts).findings
    assert sorted(one.why for one in findings) == [RULES, WARM]


def test_the_first_screen_and_the_console_say_what_fails_by_one_habit_alone(tmp_path: Path) -> None:
    """Beside the plain count, in HTML, in Markdown and in a terminal."""
    store = _run(tmp_path, _each(*[{WARM, RULES}] * 4, {WARM, RULES, CLAIM}))
    results = build_results(store)
    line = "litellm: 0 of 5 scenarios pass; 4 fail by one habit alone (content_added): " + f"{RULES}; {WARM}."
    assert [one.text for one in habit_lines(results)] == [line]
    pages = render(store.path)
    html, markdown = pages.html.read_text(), pages.markdown.read_text()
    summary = markdown.partition("## Summary")[2].partition("\n## ")[0]
    assert "0 of 5 scenarios pass; 4 fail by one habit alone" in summary
    assert "0 of 5 (4 fail by one habit alone)" in markdown
    assert html.count("4 fail by one habit alone") > 1
    console = Console(width=400, record=True, file=StringIO())
    for part in short_result(results, 400):
        console.print(part)
    assert line in console.export_text()
