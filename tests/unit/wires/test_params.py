"""Request parameters of every wire in one notation."""

from __future__ import annotations

from typing import Any

import pytest

from lab import wires
from lab.wires.params import can_say, is_default, read_params
from lab.wires.units import BY_NAME


def read(kind: str, **body: Any) -> dict[str, Any]:
    """The normalised parameters of a request on one wire."""
    return read_params(kind, wires.read_request(kind, body))


def wire_has(kind: str, name: str) -> bool:
    """Whether a wire has a field for a wish, or it is the stream, which every wire has."""
    return name == "stream" or can_say(kind, BY_NAME[name])


WISHES: dict[str, Any] = {
    "temperature": 0.3,
    "top_p": 0.9,
    "max_tokens": 64,
    "user": "u-1",
    "stop": ("END", "\n\nQ:"),
    "tool_choice": "tool:Read",
    "parallel_tool_calls": False,
    "stream": True,
}
SPELLED: dict[str, dict[str, Any]] = {
    "messages": {
        "temperature": 0.3,
        "top_p": 0.9,
        "max_tokens": 64,
        "metadata": {"user_id": "u-1"},
        "stop_sequences": ["END", "\n\nQ:"],
        "tool_choice": {"type": "tool", "name": "Read", "disable_parallel_tool_use": True},
        "stream": True,
    },
    "chat": {
        "temperature": 0.3,
        "top_p": 0.9,
        "max_completion_tokens": 64,
        "user": "u-1",
        "stop": ["END", "\n\nQ:"],
        "tool_choice": {"type": "function", "function": {"name": "Read"}},
        "parallel_tool_calls": False,
        "stream": True,
        "stream_options": {"include_usage": True},
    },
    "responses": {
        "temperature": 0.3,
        "top_p": 0.9,
        "max_output_tokens": 64,
        "safety_identifier": "u-1",
        "tool_choice": {"type": "function", "name": "Read"},
        "parallel_tool_calls": False,
        "stream": True,
        "include": ["reasoning.encrypted_content"],
    },
    "ollama_chat": {
        "options": {"temperature": 0.3, "top_p": 0.9, "num_predict": 64, "stop": ["END", "\n\nQ:"]},
        "stream": True,
    },
}


@pytest.mark.parametrize("kind", list(SPELLED))
def test_the_same_wishes_are_equal_on_every_wire_that_has_them(kind: str) -> None:
    """Whatever a wire calls a parameter, it reads the same; what it has no place for is not there."""
    expected = {name: value for name, value in WISHES.items() if wire_has(kind, name)}
    found = read(kind, **SPELLED[kind])
    beside = found.keys() - expected.keys()
    assert {name: value for name, value in found.items() if name not in beside} == expected
    assert beside <= {"stream_options.include_usage", "include"}


def test_each_wire_says_which_parameters_it_has() -> None:
    """The Responses API has no stop sequences, OpenAI's APIs no top_k, Ollama no tool choice."""
    assert [kind for kind in SPELLED if wire_has(kind, "stop")] == ["messages", "chat", "ollama_chat"]
    assert [kind for kind in SPELLED if wire_has(kind, "top_k")] == ["messages", "ollama_chat"]
    assert [kind for kind in SPELLED if wire_has(kind, "tool_choice")] == ["messages", "chat", "responses"]
    assert all(wire_has(kind, "stream") for kind in SPELLED)


@pytest.mark.parametrize(
    ("kind", "given", "choice"),
    [
        ("messages", {"type": "auto"}, "auto"),
        ("messages", {"type": "any"}, "any"),
        ("messages", {"type": "none"}, "none"),
        ("messages", {"type": "tool", "name": "f"}, "tool:f"),
        ("chat", "auto", "auto"),
        ("chat", "required", "any"),
        ("chat", "none", "none"),
        ("chat", {"type": "custom", "custom": {"name": "f"}}, "tool:f"),
        ("chat", {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": []}}, "any"),
        ("responses", {"type": "allowed_tools", "mode": "auto", "tools": []}, "auto"),
    ],
)
def test_a_tool_choice_reads_the_same_on_every_wire(kind: str, given: Any, choice: str) -> None:
    """auto, any, none, or the tool by name."""
    assert read(kind, tool_choice=given) == {"tool_choice": choice}


@pytest.mark.parametrize(
    ("kind", "body", "thinking"),
    [
        ("messages", {"thinking": {"type": "enabled", "budget_tokens": 2048}}, {"budget": 2048}),
        ("messages", {"thinking": {"type": "adaptive"}}, {"on": True}),
        ("messages", {"thinking": {"type": "disabled"}}, None),
        ("messages", {"output_config": {"effort": "low"}}, {"effort": "low"}),
        ("chat", {"reasoning_effort": "high"}, {"effort": "high"}),
        ("chat", {"reasoning_effort": "none"}, None),
        ("responses", {"reasoning": {"effort": "low", "summary": "auto"}}, {"effort": "low"}),
        ("ollama_chat", {"think": True}, {"on": True}),
        ("ollama_chat", {"think": False}, None),
    ],
)
def test_thinking_is_a_budget_an_effort_or_on(kind: str, body: dict[str, Any], thinking: Any) -> None:
    """What is off is not there."""
    assert read(kind, **body).get("thinking") == thinking


def test_the_parameter_counts_that_comes_first_and_unknown_ones_keep_their_names() -> None:
    """Newer names go before older ones; keys of metadata and options are parameters of their own."""
    both = read("chat", max_tokens=5, max_completion_tokens=7)
    assert both == {"max_tokens": 7}
    assert read("chat", top_k=40, seed=1, metadata={"team": "a"}) == {
        "top_k": 40,
        "seed": 1,
        "metadata.team": "a",
    }
    assert read("ollama_chat", options={"num_ctx": 8192}, stream=False) == {"options.num_ctx": 8192}


def test_what_is_null_or_empty_says_nothing() -> None:
    """An empty list of stops and an absent one are the same."""
    body: dict[str, Any] = {"stop_sequences": [], "metadata": {}, "temperature": None, "top_k": 0}
    assert read("messages", **body) == {"top_k": 0}
    assert read("messages", temperature=0) == {"temperature": 0}


def test_a_tier_of_service_keeps_its_name() -> None:
    """What it is called elsewhere is for the comparison to know, so that reasons quote what was sent."""
    assert read("messages", service_tier="standard_only") == {"service_tier": "standard_only"}
    assert read("chat", service_tier="default") == {"service_tier": "default"}


@pytest.mark.parametrize(
    ("kind", "name", "value", "default"),
    [
        ("messages", "temperature", 1, True),
        ("messages", "temperature", 0.7, False),
        ("chat", "top_p", 1.0, True),
        ("ollama_chat", "temperature", 1, False),
        ("ollama_chat", "temperature", 0.8, True),
        ("responses", "store", True, True),
        ("chat", "store", True, False),
        ("messages", "tool_choice", "auto", True),
        ("messages", "tool_choice", "any", False),
        ("chat", "parallel_tool_calls", False, False),
        ("messages", "max_tokens", 1, False),
    ],
)
def test_each_wire_has_its_own_defaults(kind: str, name: str, value: Any, default: bool) -> None:
    """A default says only what would happen anyway."""
    assert is_default(kind, name, value) is default


@pytest.mark.parametrize("kind", wires.KINDS)
@pytest.mark.parametrize("value", [None, True, 7, "x", [], [1], {}, {"type": 5}, {"name": []}])
def test_no_value_makes_reading_parameters_raise(kind: str, value: Any) -> None:
    """Bodies come from gateways; whatever they hold is read."""
    names = ("tool_choice", "thinking", "stop", "stop_sequences", "metadata", "options", "reasoning", "user")
    for name in (*names, "reasoning_effort", "think", "service_tier", "output_config", "parallel_tool_calls"):
        assert isinstance(read(kind, **{name: value}), dict)
