"""What a provider refuses beside what else arrived."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.exchange.compare.test_wishes import between, told

Body = dict[str, Any]
HIGH: Body = {"reasoning_effort": "high"}
THINKING: Body = {"thinking": {"type": "enabled", "budget_tokens": 8_000}}
FLAT: Body = {"tools": [{"type": "function", "function": {"name": "f"}}]}
OWN: Body = {"tools": [{"name": "f", "input_schema": {}}]}


@pytest.mark.parametrize(
    ("sent_kind", "sent", "kind", "arrived", "name"),
    [
        ("chat", {"temperature": 0.5, **HIGH}, "messages", THINKING, "temperature"),
        ("chat", {"temperature": 0.5, **HIGH}, "messages", THINKING | {"temperature": 1}, "temperature"),
        ("chat", {"top_p": 0.9, **HIGH}, "messages", THINKING, "top_p"),
        ("chat", {"top_k": 5, **HIGH}, "messages", THINKING, "top_k"),
        ("chat", {"tool_choice": "required", **FLAT, **HIGH}, "messages", THINKING | OWN, "tool_choice"),
        ("messages", {"temperature": 0.5, **THINKING}, "chat", HIGH, "temperature"),
        (
            "messages",
            {"temperature": 0.5, **THINKING},
            "responses",
            {"reasoning": {"effort": "high"}},
            "temperature",
        ),
        ("messages", {"top_p": 0.96, **THINKING}, "chat", HIGH, "top_p"),
        ("chat", {"temperature": 0.5, "top_p": 0.9}, "messages", {"temperature": 0.5}, "top_p"),
        ("responses", {"temperature": 0.5, "top_p": 0.9}, "messages", {"top_p": 0.9}, "temperature"),
    ],
)
def test_what_had_to_be_left_out_is_a_repair(
    sent_kind: str, sent: Body, kind: str, arrived: Body, name: str
) -> None:
    """The provider's own rule demands it."""
    assert told(sent_kind, sent, kind, arrived) == [(name, "dropped", "repaired")]


@pytest.mark.parametrize(
    ("sent_kind", "sent", "kind", "arrived", "name"),
    [
        # taken beside thinking, or put in its place
        ("chat", {"top_p": 0.97, **HIGH}, "messages", THINKING, "top_p"),
        ("chat", {"temperature": 0.5, **HIGH}, "messages", THINKING | {"temperature": 0.9}, "temperature"),
        ("chat", {"tool_choice": "none", **FLAT, **HIGH}, "messages", THINKING | OWN, "tool_choice"),
        (
            "chat",
            {"prompt_cache_key": "k", **HIGH},
            "responses",
            {"reasoning": {"effort": "high"}},
            "prompt_cache_key",
        ),
        # thinking that does not arrive, or that nobody asked for
        ("chat", {"temperature": 0.5}, "messages", THINKING, "temperature"),
        ("chat", {"temperature": 0.5}, "messages", {"top_p": 0.9}, "temperature"),
        (
            "messages",
            {"temperature": 0.5, "output_config": {"effort": "low"}},
            "responses",
            {},
            "temperature",
        ),
        # both gone
        ("chat", {"temperature": 0.5, "top_p": 0.9}, "messages", {}, "temperature"),
    ],
)
def test_what_the_provider_takes_is_no_repair(
    sent_kind: str, sent: Body, kind: str, arrived: Body, name: str
) -> None:
    """It was dropped or changed."""
    found = [
        (aspect, excuse)
        for aspect, change, excuse in told(sent_kind, sent, kind, arrived)
        if change != "added"
    ]
    assert (name, None) in found
    assert not [one for one in found if one[1]]


def test_older_generations_take_temperature_beside_top_p() -> None:
    """Claude 3 does, so that neither had to go."""
    sent, arrived = (
        {"temperature": 0.5, "top_p": 0.9},
        {"temperature": 0.5, "model": "claude-3-haiku-20240307"},
    )
    (found,) = between("chat", sent, "messages", arrived).found
    assert (found.aspect, found.excuse) == ("top_p", None)
