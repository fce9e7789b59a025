"""The meter answers as providers were seen to: it refuses in their words, and takes what they take."""

from __future__ import annotations

from typing import Any

import pytest

from lab.meter import chat, messages, responses
from lab.meter.refusal import Refusal
from tests.unit.meter.rules import measured, measured_openai

Body = dict[str, Any]
ASKED: Body = {"model": "claude-sonnet-5", "max_tokens": 16, "messages": [{"role": "user", "content": "a"}]}

GPT: dict[str, Body] = {
    "chat": {"model": "gpt-5.6-terra", "messages": [{"role": "user", "content": "a"}]},
    "responses": {"model": "gpt-5.6-terra", "input": "a"},
}


def answered(wire: Any, base: Body, fields: Body) -> Refusal | None:
    """How a wire refuses a request with these fields, those that are left out aside."""
    body = {key: value for key, value in {**base, **fields}.items() if value is not measured.OUT}
    try:
        wire.validate(body, {"anthropic-version": "2023-06-01"})
    except Refusal as refusal:
        return refusal
    return None


@pytest.mark.parametrize(
    ("model", "fields", "says"),
    [("claude-sonnet-5", *one) for one in measured.MESSAGES]
    + [("claude-haiku-4-5", *one) for one in measured.HAIKU],
)
def test_claude_refuses_as_it_was_seen_to(model: str, fields: Body, says: str) -> None:
    """The status is 400, and the first fault is the one that the provider names first."""
    found = answered(messages, {**ASKED, "model": model}, fields)
    assert found is not None
    assert (found.status, found.kind, found.message) == (400, "invalid_request_error", says)


@pytest.mark.parametrize("fields", measured.MESSAGES_TAKEN)
def test_claude_takes_what_it_was_seen_to_take(fields: Body) -> None:
    """Odd, but legal."""
    found = answered(messages, ASKED, fields)
    assert found is None, found.message if found else ""


@pytest.mark.parametrize(
    ("wire", "fields", "said"),
    [(chat, *one) for one in measured_openai.CHAT] + [(responses, *one) for one in measured_openai.RESPONSES],
)
def test_gpt_refuses_as_it_was_seen_to(wire: Any, fields: Body, said: measured_openai.Said) -> None:
    """With its parameter and code too."""
    found = answered(wire, GPT[wire.WIRE.kind], fields)
    assert found is not None
    assert (found.status, found.kind) == (400, "invalid_request_error")
    assert (found.param, found.code, found.message) == said


@pytest.mark.parametrize(
    ("wire", "fields"),
    [(chat, one) for one in measured_openai.CHAT_TAKEN]
    + [(responses, one) for one in measured_openai.RESPONSES_TAKEN],
)
def test_gpt_takes_what_it_was_seen_to_take(wire: Any, fields: Body) -> None:
    """Odd, but legal."""
    found = answered(wire, GPT[wire.WIRE.kind], fields)
    assert found is None, found.message if found else ""
