"""What a scenario's scripted answer lets a client expect."""

from __future__ import annotations

from lab.config.scenarios import Scenario, Suite


def is_silent(suite: Suite, scenario: Scenario) -> bool:
    """Whether an answer with neither text nor a tool call is right: a script's, or that of another path."""
    answer = scenario.answer or suite.answer
    return answer.silent or scenario.path is not None


def error_due(suite: Suite, scenario: Scenario) -> int | None:
    """The HTTP status of the error that a scenario is meant to end with; None if it is to be answered."""
    answer = scenario.answer or suite.answer
    status = scenario.expect.status or answer.status
    return status if status >= 400 else None
