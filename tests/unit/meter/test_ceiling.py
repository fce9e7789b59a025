"""The ceiling on generated tokens: lowered or set on every wire, never raised."""

from __future__ import annotations

from typing import Any

import pytest

from lab.meter.ceiling import bounded

CHAT = "/v1/chat/completions"


@pytest.mark.parametrize(
    ("path", "body", "after"),
    [
        ("/v1/messages", {"max_tokens": 1024}, {"max_tokens": 32}),
        (CHAT, {}, {"max_tokens": 32}),
        (CHAT, {"max_tokens": None}, {"max_tokens": 32}),
        (CHAT, {"max_tokens": 4096}, {"max_tokens": 32}),
        (CHAT, {"max_completion_tokens": 4096}, {"max_tokens": 32, "max_completion_tokens": 32}),
        (CHAT, {"max_completion_tokens": 5}, {"max_tokens": 32, "max_completion_tokens": 5}),
        ("/v1/completions", {}, {"max_tokens": 32}),
        ("/v1/responses", {"max_output_tokens": 33}, {"max_output_tokens": 32}),
        ("/api/chat", {}, {"options": {"num_predict": 32}}),
        (
            "/api/chat",
            {"options": {"num_predict": -1, "seed": 3}},
            {"options": {"num_predict": 32, "seed": 3}},
        ),
        ("/api/generate", {"options": None}, {"options": {"num_predict": 32}}),
        (CHAT, {"max_tokens": True}, {"max_tokens": 32}),
        (CHAT, {"max_tokens": "64"}, {"max_tokens": 32}),
    ],
)
def test_more_than_the_ceiling_is_lowered_to_it(
    path: str, body: dict[str, Any], after: dict[str, Any]
) -> None:
    """Also where nothing is asked for: such an answer has no end of its own."""
    before = dict(body)
    assert bounded(path, body, 32) == (after, True)
    assert body == before


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/messages", {"max_tokens": 32}),
        (CHAT, {"max_tokens": 1}),
        (CHAT, {"max_tokens": 8, "max_completion_tokens": 4}),
        ("/v1/responses", {"max_output_tokens": 16}),
        ("/api/chat", {"options": {"num_predict": 0}}),
        ("/api/embed", {"input": "x"}),
    ],
)
def test_what_is_within_the_ceiling_stays_as_it_is(path: str, body: dict[str, Any]) -> None:
    """Nothing is raised, and nothing is said of it."""
    assert bounded(path, body, 32) == (body, False)
