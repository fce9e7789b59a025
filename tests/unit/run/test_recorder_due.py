"""When an exchange failed: by what it was meant to end with."""

from __future__ import annotations

import pytest

from lab.run.client import Try
from lab.run.recorder import ANSWER, Due, failure_reason
from lab.wires.neutral import NeutralAnswer


def tried(status: int | None, error: str | None = None) -> Try:
    """A try that ended like this."""
    return Try(1, "2026-11-28T00:00:00+00:00", 1.0, 1.0, status, {}, b"{}", error)


@pytest.mark.parametrize(
    ("due", "status", "answer", "failed"),
    [
        (ANSWER, 200, NeutralAnswer(text="x"), ""),
        (ANSWER, 200, NeutralAnswer(stop_reason="end_turn"), "neither text nor a tool call"),
        (Due(silent=True), 200, NeutralAnswer(stop_reason="end_turn"), ""),
        (Due(silent=True), 200, NeutralAnswer(problems=("stream cut: no message_stop",)), "stream cut"),
        (Due(silent=True), 500, NeutralAnswer(), "HTTP 500"),
        (Due(error=429), 429, NeutralAnswer(error="rate_limit_error: Slow down."), ""),
        (Due(error=429), 500, NeutralAnswer(error="api_error: x"), "HTTP 500: api_error: x"),
        (ANSWER, 429, NeutralAnswer(error="rate_limit_error: x"), "HTTP 429"),
    ],
)
def test_an_exchange_fails_if_something_else_came_than_was_due(
    due: Due, status: int, answer: NeutralAnswer, failed: str
) -> None:
    """An answer with something in it, a silent one, or the provider's own error."""
    reason = failure_reason(tried(status), answer, None, due)
    assert (reason is None) == (failed == "")
    assert failed in (reason or "")


def test_a_broken_connection_fails_whatever_was_due() -> None:
    """As does a system that died."""
    assert failure_reason(tried(None, "ReadError"), NeutralAnswer(), None, Due(error=429)) == "ReadError"
    assert failure_reason(tried(None, "ReadError"), NeutralAnswer(), "it exited", ANSWER) == "it exited"
