"""The registry of checks: their names, what they are about, and which judge a scenario."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.checks import Judgement, check, check_infos, registered
from lab.checks.registry import Need, applicable
from lab.exchange.view import ExchangeView
from lab.results.cell import CheckResult
from tests.paths import ROOT
from tests.unit.checks.judging import judge

NAMES = (
    "answered",
    "provenance",
    "tool_call_intact",
    "answer_text_kept",
    "stop_reason_kept",
    "answer_parts_kept",
    "request_accepted",
    "facts_kept",
    "tools_kept",
    "tools_added",
    "conversations_apart",
    "no_duplicate_calls",
    "tier_acceptable",
    "usage_honest",
    "output_usage_honest",
    "usage_details_kept",
    "tier_claim_true",
    "expectations_met",
    "tool_choice_kept",
    "parallel_calls_kept",
    "tool_history_kept",
    "tool_ids_kept",
    "system_kept",
    "messages_kept",
    "params_kept",
    "content_added",
    "cache_control_kept",
    "headers_kept",
    "model_gets_prompt",
    "model_gets_tools",
    "model_server_honours",
    "model_server_tells",
)


def test_the_names_of_checks_are_stable() -> None:
    """Reports of different versions can be compared by check name."""
    assert tuple(info.name for info in check_infos()) == NAMES
    assert all(info.title for info in check_infos())


def test_every_check_is_about_a_topic_of_the_report() -> None:
    """A check that belongs to no folder of lab/topics has lost its place."""
    topics = {path.parent.name for path in (ROOT / "lab" / "topics").glob("*/__init__.py")}
    assert {info.about for info in check_infos()} <= topics


def test_a_scenario_that_declares_nothing_is_judged_by_what_judges_any_answer() -> None:
    """What it declares adds the checks of that, and of nothing else."""
    plain = set(applicable(()))
    assert "answered" in plain
    facts: list[Need] = ["facts"]
    tiers: list[Need] = ["tiers"]
    assert set(applicable(facts)) - plain == {"facts_kept"}
    assert set(applicable(tiers)) - plain == {"tier_acceptable", "tier_claim_true"}


def test_a_check_name_can_be_taken_once() -> None:
    """Two checks of one name would hide each other."""

    def answered(_: ExchangeView) -> Judgement:
        raise AssertionError

    with pytest.raises(ValueError, match="answered is registered twice"):
        check("again", about="verdicts")(answered)
    assert len(registered()) == len(NAMES)


def test_every_check_says_why_whatever_the_exchange(tmp_path: Path) -> None:
    """There is a sentence for each check of a failed, an empty and an ordinary exchange."""
    cases: tuple[dict[str, Any], ...] = (
        {},
        {"calls": []},
        {"status": "failed", "reason": "time-out", "calls": []},
    )
    for number, case in enumerate(cases):
        for name in NAMES[: NAMES.index("model_gets_prompt")]:  # the others judge a server's row alone
            assert judge(tmp_path / f"{number}{name}", name, **case).why


def test_a_failed_exchange_keeps_most_checks_away(tmp_path: Path) -> None:
    """Only the answer and the forwarded request can be judged without an answer."""
    failed: dict[str, Any] = {"status": "failed", "reason": "HTTP 500: broken"}
    assert judge(tmp_path / "a", "answered", **failed) == CheckResult(
        verdict="fail", why="HTTP 500: broken", passed=0, of=1
    )
    assert judge(tmp_path / "b", "request_accepted", **failed).verdict == "pass"
    assert judge(tmp_path / "c", "usage_honest", **failed).why == "the exchange failed"
