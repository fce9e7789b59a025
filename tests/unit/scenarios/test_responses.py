"""Scenarios on the Responses wire: the same content, in the form of its provider, or a reason why not."""

from __future__ import annotations

from typing import Any

import pytest

from lab import wires
from lab.config.scenarios import Scenario
from lab.exchange.facts.search import forwarded_text
from lab.loading.configs import load_suites
from lab.meter import responses as meter
from lab.scenarios.request import build_request, unsupported_on
from lab.tokens import count_parts
from tests.paths import ROOT

SUITES = ("core", "fidelity", "tools", "routing", "compression", "cache")
PDF = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}
PNG = {"type": "base64", "media_type": "image/png", "data": "aGk="}


def scenario_of(content: Any = "Hello", **fields: Any) -> Scenario:
    """A scenario of one user message, or of the messages given."""
    messages = fields.pop("messages", [{"role": "user", "content": content}])
    known = {"id": "S", "title": "T", "looks_at": "f", "class": "g", "max_tokens": 64}
    return Scenario.model_validate(known | {"messages": messages, "nonce": False} | fields)


def body_of(scenario: Scenario) -> dict[str, Any]:
    """Its body on this wire."""
    return build_request(scenario, "claude-sonnet-4-5", "n", "responses")


@pytest.mark.parametrize("suite", SUITES)
def test_both_bodies_hold_the_same_tokens_and_the_provider_takes_them(suite: str) -> None:
    """Every shipped scenario that is sent on this wire, with all its texts, calls, results and schemas."""
    (loaded,) = load_suites(ROOT, [suite])
    asked = [one for one in loaded.scenarios if not unsupported_on(one, "responses")]
    assert len(asked) > len(loaded.scenarios) // 2
    for one in asked:
        written = wires.read_request("messages", build_request(one, "claude-sonnet-4-5", "n", "anthropic"))
        body = body_of(one)
        sent = wires.read_request("responses", body)
        assert count_parts(sent) == count_parts(written), one.id
        assert forwarded_text(sent).replace("\n", "") == forwarded_text(written).replace("\n", ""), one.id
        meter.validate(body, {})


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ({"type": "text", "text": "a"}, {"type": "input_text", "text": "a"}),
        (
            {"type": "image", "source": PNG},
            {"type": "input_image", "image_url": "data:image/png;base64,aGk=", "detail": "auto"},
        ),
        (
            {"type": "document", "source": PDF, "title": "Note"},
            {"type": "input_file", "filename": "Note", "file_data": "data:application/pdf;base64,JVBERi0="},
        ),
        (
            {"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}},
            {"type": "input_file", "file_url": "https://example.com/a.pdf"},
        ),
    ],
)
def test_parts_of_a_message_and_of_a_result_are_alike(content: dict[str, Any], part: dict[str, Any]) -> None:
    """A tool's result may hold images and files on this wire."""
    assert body_of(scenario_of([content]))["input"] == [{"role": "user", "content": [part]}]
    call = {"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "f", "input": {}}]}
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": [content]}]}
    items = body_of(scenario_of(messages=[{"role": "user", "content": "q"}, call, result]))["input"]
    assert items[1:] == [
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": [part]},
    ]


def test_a_system_prompt_of_several_texts_stays_several() -> None:
    """One text is the instructions."""
    assert body_of(scenario_of(system="s"))["instructions"] == "s"
    several = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    first = body_of(scenario_of(system=several))["input"][0]
    assert (first["role"], [part["text"] for part in first["content"]]) == ("system", ["a", "b"])


def test_a_tool_is_strict_only_if_it_says_so() -> None:
    """This wire takes one that says nothing for strict."""
    tool = {"name": "f", "description": "d", "input_schema": {"type": "object", "properties": {}}}
    assert body_of(scenario_of(tools=[tool]))["tools"][0]["strict"] is False
    assert body_of(scenario_of(tools=[tool | {"strict": True}]))["tools"][0]["strict"] is True
    on_chat = {"type": "function", "function": {"name": "f", "parameters": {}}}
    assert body_of(scenario_of(tools=[on_chat]))["tools"] == [
        {"type": "function", "strict": False, "name": "f", "parameters": {}}
    ]


def test_a_search_of_the_provider_is_its_own_search() -> None:
    """With the domains it is limited to."""
    tool = {"type": "web_search_20250305", "name": "web_search", "allowed_domains": ["a.org"]}
    assert body_of(scenario_of(tools=[tool]))["tools"] == [
        {"type": "web_search", "filters": {"allowed_domains": ["a.org"]}}
    ]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"params": {"stop_sequences": ["H"]}}, "it sets stop_sequences, which has no counterpart"),
        ({"max_tokens": 8}, "it allows less than 16 tokens"),
        ({"valid": False, "invalid_why": "w"}, "invalid in the way of the messages wire"),
        ({"headers": {"anthropic-beta": "b"}}, "it sends the header anthropic-beta"),
        ({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "["}]}, "begins"),
        ({"content": [{"type": "search_result", "source": "s"}]}, "a search result block"),
        (
            {"tools": [{"type": "bash_20250124", "name": "bash"}]},
            "the tool bash_20250124, which this wire has in other units, as a tool shell",
        ),
        ({"content": [{"type": "text", "text": "t", "cache_control": {}}]}, "cache_control on a text"),
    ],
)
def test_what_the_wire_has_no_place_for_is_said(fields: dict[str, Any], why: str) -> None:
    """A request without it would be another scenario under the same name."""
    told = unsupported_on(scenario_of(**fields), "responses")
    assert told.startswith("not for the responses wire: it ")
    assert why in told


def test_a_stream_is_asked_for() -> None:
    """Its usage comes by itself."""
    assert body_of(scenario_of(stream=True))["stream"] is True
    assert "stream" not in body_of(scenario_of())
