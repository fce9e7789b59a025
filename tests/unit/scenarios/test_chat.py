"""Scenarios on the chat wire: the same content, in the form of its provider, or a reason why not."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from openai.types.chat import completion_create_params
from pydantic import TypeAdapter

from lab import wires
from lab.config.scenarios import Scenario
from lab.errors import UsageError
from lab.exchange.facts.search import find_facts, forwarded_text
from lab.loading.configs import load_suites
from lab.meter import chat as meter
from lab.scenarios.chat import chat_body
from lab.scenarios.request import build_request, unsupported_on
from lab.scenarios.responses import responses_body
from lab.scenarios.wishes import FIELDS
from lab.tokens import count_parts
from lab.wires.neutral import NeutralRequest
from lab.wires.params import read_params
from tests.paths import ROOT

NONCE = "abcdefghij"
MODEL = "claude-sonnet-4-5"
PARAMS = TypeAdapter(completion_create_params.CompletionCreateParams)
SUITES = ("cache", "compression", "core", "fidelity", "routing", "tools")


EMPTY = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}


@cache
def scenarios(suite: str) -> tuple[Scenario, ...]:
    """All scenarios of a suite."""
    (loaded,) = load_suites(ROOT, [suite])
    return tuple(loaded.scenarios)


def asked_on_chat(suite: str) -> Iterator[tuple[Scenario, dict[str, Any], dict[str, Any]]]:
    """Every scenario that is sent on both wires, with its two bodies."""
    asked = [scenario for scenario in scenarios(suite) if not unsupported_on(scenario, "openai")]
    assert asked
    for scenario in asked:
        one, other = (build_request(scenario, MODEL, NONCE, wire) for wire in ("anthropic", "openai"))
        yield scenario, one, other


def read(one: dict[str, Any], other: dict[str, Any]) -> tuple[NeutralRequest, NeutralRequest]:
    """Two bodies in neutral form."""
    return wires.read_request("messages", one), wires.read_request("chat", other)


def scenario_of(content: Any = "Hello", **fields: Any) -> Scenario:
    """A scenario of one user message, or of the messages given."""
    messages = fields.pop("messages", [{"role": "user", "content": content}])
    known = {"id": "S", "title": "T", "looks_at": "f", "class": "g", "max_tokens": 16}
    return Scenario.model_validate(known | {"messages": messages, "nonce": False} | fields)


def chat(scenario: Scenario) -> dict[str, Any]:
    """A scenario's body on the chat wire, which the provider takes."""
    body = build_request(scenario, MODEL, NONCE, "openai")
    meter.validate(body, {})
    return body


@pytest.mark.parametrize("suite", SUITES)
def test_the_same_content_has_the_same_tokens_on_both_wires(suite: str) -> None:
    """Else a gateway's tokens on one wire could not be read against those on the other."""
    compared = 0
    for scenario, one, other in asked_on_chat(suite):
        before, after = read(one, other)
        assert count_parts(before) == count_parts(after), scenario.id
        compared += 1
    assert compared > 0.6 * len(scenarios(suite))


@pytest.mark.parametrize("suite", SUITES)
def test_the_same_facts_tools_and_settings_are_there_on_both_wires(suite: str) -> None:
    """Facts are found, tools have name, description and schema, and settings ask for the same."""
    for scenario, one, other in asked_on_chat(suite):
        before, after = read(one, other)
        facts = [fact.parts for fact in scenario.facts]
        assert find_facts(facts, forwarded_text(before)) == find_facts(facts, forwarded_text(after)), (
            scenario.id
        )
        assert before.tools == after.tools, scenario.id
        asked = read_params("messages", before)
        if asked.get("service_tier") == "standard_only":
            asked["service_tier"] = "default"  # as OpenAI calls it
        there = read_params("chat", after)
        assert there.pop("stream_options.include_usage", None) is (True if before.stream else None)
        assert asked == there, scenario.id
        assert (before.stream, before.system) == (after.stream, after.system), scenario.id


@pytest.mark.parametrize("suite", SUITES)
def test_every_part_of_a_conversation_arrives_once_and_in_its_order(suite: str) -> None:
    """Calls and results with their ids, images by their digest; that a result is an error has no place."""
    for scenario, one, other in asked_on_chat(suite):
        before, after = ([part for m in r.messages for part in m.parts] for r in read(one, other))
        assert len(before) == len(after), scenario.id
        for sent, found in zip(before, after, strict=True):
            same = ("kind", "text", "name", "id", "digest", "media_type", "blocks")
            assert all(getattr(sent, field) == getattr(found, field) for field in same), scenario.id


@pytest.mark.parametrize("suite", SUITES)
def test_the_provider_takes_every_translated_request(suite: str) -> None:
    """By the types of the vendor's own package, and by the meter's stricter rules."""
    for scenario, _, body in asked_on_chat(suite):
        meter.validate(body, {})
        assert PARAMS.validate_python(body)["model"] == MODEL, scenario.id


def test_a_translation_leaves_the_scenario_as_it_is() -> None:
    """Nothing that is done to a body may reach the next one."""
    for scenario in scenarios("tools"):
        before = copy.deepcopy(scenario)
        if not unsupported_on(scenario, "openai"):
            build_request(scenario, MODEL, NONCE, "openai")["messages"].clear()
            again = build_request(scenario, MODEL, NONCE, "openai")
            if again.get("tools"):
                again["tools"][0]["function"]["parameters"].clear()
            again["messages"][0]["content"] = ""
        assert scenario == before


def test_system_texts_become_one_system_message() -> None:
    """A text stays a text, blocks stay blocks, and an empty one says nothing."""
    blocks = [{"type": "text", "text": "Be brief."}, {"type": "text", "text": "Be kind."}]
    assert chat(scenario_of(system="Be brief."))["messages"][0] == {"role": "system", "content": "Be brief."}
    assert chat(scenario_of(system=blocks))["messages"][0] == {"role": "system", "content": blocks}
    assert [m["role"] for m in chat(scenario_of(system=""))["messages"]] == ["user"]


RESULTS: list[dict[str, Any]] = [
    {"role": "user", "content": "Read both."},
    {
        "role": "assistant",
        "content": [
            {"type": "text", "text": "I will."},
            {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {"path": "a", "n": [1.5, None]}},
            {"type": "tool_use", "id": "toolu_2", "name": "Read", "input": {}},
        ],
    },
    {
        "role": "user",
        "content": [
            {"type": "tool_result", "tool_use_id": "toolu_2", "content": "gone", "is_error": True},
            {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "A"}]},
            {"type": "text", "text": "And now?"},
        ],
    },
]
READ = {"name": "Read", "description": "Reads.", "input_schema": {"type": "object", "properties": {}}}


def test_tool_results_become_messages_of_their_own_before_what_the_user_adds() -> None:
    """The provider wants all results right behind the calls; each keeps its id and its order."""
    body = chat(scenario_of(messages=RESULTS, tools=[READ]))
    _, assistant, *rest = body["messages"]
    assert assistant["content"] == [{"type": "text", "text": "I will."}]
    assert [(call["id"], call["function"]["name"]) for call in assistant["tool_calls"]] == [
        ("toolu_1", "Read"),
        ("toolu_2", "Read"),
    ]
    arguments = [json.loads(call["function"]["arguments"]) for call in assistant["tool_calls"]]
    assert arguments == [{"path": "a", "n": [1.5, None]}, {}]
    assert rest == [
        {"role": "tool", "tool_call_id": "toolu_2", "content": "gone"},
        {"role": "tool", "tool_call_id": "toolu_1", "content": [{"type": "text", "text": "A"}]},
        {"role": "user", "content": [{"type": "text", "text": "And now?"}]},
    ]
    function = {"name": "Read", "description": "Reads.", "parameters": READ["input_schema"]}
    assert body["tools"] == [{"type": "function", "function": function}]


def test_a_call_without_words_has_no_content() -> None:
    """The provider takes null there, and refuses an empty list."""
    messages = copy.deepcopy(RESULTS)
    del messages[1]["content"][0]
    assert chat(scenario_of(messages=messages, tools=[READ]))["messages"][1]["content"] is None


def test_a_result_without_content_is_an_empty_text() -> None:
    """A tool message must have content."""
    messages = copy.deepcopy(RESULTS)
    del messages[2]["content"][0]["content"]
    assert chat(scenario_of(messages=messages, tools=[READ]))["messages"][2]["content"] == ""


def test_images_become_data_urls_or_stay_urls() -> None:
    """The bytes are the same, and the type goes with them."""
    given = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
    by_url = {"type": "url", "url": "https://example.com/a.png"}
    blocks = [{"type": "image", "source": source} for source in (given, by_url)]
    (message,) = chat(scenario_of([*blocks, {"type": "text", "text": "What is this?"}]))["messages"]
    assert [part["type"] for part in message["content"]] == ["image_url", "image_url", "text"]
    assert message["content"][0]["image_url"] == {"url": "data:image/png;base64,iVBORw0KGgo="}
    assert message["content"][1]["image_url"] == {"url": "https://example.com/a.png"}


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"type": "auto"}, {"tool_choice": "auto"}),
        ({"type": "any"}, {"tool_choice": "required"}),
        ({"type": "none"}, {"tool_choice": "none"}),
        (
            {"type": "tool", "name": "Read"},
            {"tool_choice": {"type": "function", "function": {"name": "Read"}}},
        ),
        (
            {"type": "auto", "disable_parallel_tool_use": True},
            {"tool_choice": "auto", "parallel_tool_calls": False},
        ),
        (
            {"type": "any", "disable_parallel_tool_use": False},
            {"tool_choice": "required", "parallel_tool_calls": True},
        ),
    ],
)
def test_tool_choice_is_said_in_the_wires_own_words(choice: dict[str, Any], expected: dict[str, Any]) -> None:
    """Which tool, and whether several at once, are two settings there."""
    body = chat(scenario_of(tools=[READ], params={"tool_choice": choice}))
    assert {key: body[key] for key in ("tool_choice", "parallel_tool_calls") if key in body} == expected


def test_settings_go_under_their_names_on_this_wire() -> None:
    """Each setting once, and none that was not asked for."""
    params = {
        "temperature": 0.2,
        "top_p": 0.9,
        "stop_sequences": ["END"],
        "metadata": {"user_id": "u-1"},
        "service_tier": "standard_only",
    }
    body = chat(scenario_of(params=params))
    assert {key: value for key, value in body.items() if key != "messages"} == {
        "model": MODEL,
        "max_tokens": 16,
        "temperature": 0.2,
        "top_p": 0.9,
        "stop": ["END"],
        "user": "u-1",
        "service_tier": "default",
    }


def test_a_stream_asks_for_usage_too() -> None:
    """Else a gateway could claim nothing, and nothing could be judged."""
    body = chat(scenario_of(stream=True))
    assert (body["stream"], body["stream_options"]) == (True, {"include_usage": True})
    assert "stream" not in chat(scenario_of())


IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"params": {"top_k": 4}}, "it sets top_k, which has no counterpart"),
        (
            {"params": {"thinking": {"type": "enabled", "budget_tokens": 1024}}},
            "it sets thinking, which this wire has in other units, as reasoning_effort",
        ),
        (
            {"params": {"output_config": {"task_budget": {"total": 9}}}},
            "it sets output_config.task_budget, which",
        ),
        (
            {"params": {"stop_sequences": list("abcde")}},
            "it has 5 stop sequences, and this wire takes 4 at most",
        ),
        *(
            ({"params": {name: "x"}}, f"it sets {name}, which has no counterpart")
            for name in ("inference_geo", "container", "context_management", "mcp_servers")
        ),
        (
            {"params": {"speed": "fast"}},
            "it sets speed, which this wire has in other units, as service_tier fast",
        ),
        ({"params": {"stop_sequences": []}}, "it sends an empty stop_sequences"),
        ({"headers": {"anthropic-beta": "x"}}, "it sends the header anthropic-beta"),
        ({"valid": False, "invalid_why": "Mixed."}, "it is invalid in the way of the messages wire"),
        (
            {"system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}]},
            "it puts cache_control on a text, which this wire has in other units, as prompt_cache_breakpoint",
        ),
        ({"tools": [READ | {"cache_control": {"type": "ephemeral"}}]}, "it puts cache_control on a tool"),
        (
            {"tools": [{"type": "bash_20250124", "name": "bash"}]},
            "it offers the tool bash_20250124, which has no counterpart",
        ),
        (
            {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
            "which this wire has in other units, as web_search_options",
        ),
        ({"content": [{"type": "document", "source": {}}]}, "it sends a document by None"),
        ({"content": [{"type": "image", "source": {"type": "file", "file_id": "f"}}]}, "an image by file"),
        (
            {"content": [IMAGE | {"cache_control": {"type": "ephemeral"}}]},
            "it puts cache_control on an image",
        ),
        (
            {"content": [{"type": "tool_result", "tool_use_id": "t", "content": [IMAGE]}]},
            "it sends an image in a tool result, where this wire takes text alone",
        ),
        (
            {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "["}]},
            "it begins the answer",
        ),
        (
            {
                "messages": [
                    {
                        "role": "assistant",
                        "content": [{"type": "thinking", "thinking": "t", "signature": "s"}],
                    },
                    {"role": "user", "content": "a"},
                ]
            },
            "it sends a thinking block",
        ),
        ({"messages": [{"role": "user", "content": "a", "thread": "b"}]}, "it puts thread on a message"),
    ],
)
def test_what_the_wire_has_no_place_for_is_said_and_never_left_out(fields: dict[str, Any], why: str) -> None:
    """A request without it would be another scenario under the same name."""
    scenario = scenario_of(**fields)
    assert unsupported_on(scenario, "anthropic") == ""
    told = unsupported_on(scenario, "openai")
    assert told.startswith("not for the chat wire: it ")
    assert why in told
    with pytest.raises(UsageError, match="unsupported: S is not for the chat wire"):
        build_request(scenario, MODEL, NONCE, "openai")


def test_what_is_not_asked_on_chat_is_what_that_wire_has_no_place_for() -> None:
    """Nothing else is left out: these are all, and each has its reason."""
    left = {s.id for suite in SUITES for s in scenarios(suite) if unsupported_on(s, "openai")}
    assert left == {
        *("L1-seed", "L2-seed", "TL-H06"),
        *("FD-14", "FD-22", "FD-30", "FD-31", "FD-32", "FD-33", "FD-34", "FD-45", "FD-62", "FD-65"),
        *("FD-66", "FD-67", "FD-70", "FD-71"),
    }


# What the messages wire has too, in its own words.
SHARED = {
    *(
        "stop",
        "user",
        "safety_identifier",
        "parallel_tool_calls",
        "reasoning_effort",
        "max_completion_tokens",
    ),
    *("function_call", "response_format", "logprobs", "stream_options", "web_search_options", "functions"),
}


@pytest.mark.parametrize("name", sorted(FIELDS["openai"] - FIELDS["anthropic"]))
def test_a_field_that_only_this_wire_has_is_sent_as_it_is(name: str) -> None:
    """On the other wire it is named as having no counterpart if there are no words for it."""
    scenario = scenario_of(params={name: {"x": 1}})
    assert unsupported_on(scenario, "openai") == ""
    assert build_request(scenario, MODEL, NONCE, "openai")[name] == {"x": 1}
    told = unsupported_on(scenario, "anthropic")
    if name not in SHARED:
        assert told.startswith(f"not for the messages wire: it sets {name}")
        assert told.endswith(", which has no counterpart")


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"metadata": {"user_id": "u", "team": "a"}}, {"user": "u", "metadata": {"team": "a"}}),
        ({"output_config": {"effort": "low"}}, {"reasoning_effort": "low"}),
        ({"thinking": {"type": "disabled"}}, {"reasoning_effort": "none"}),
        ({"tool_choice": "required"}, {"tool_choice": "required"}),
        (
            {"output_config": {"format": {"type": "json_schema", "schema": EMPTY}}},
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "answer", "schema": EMPTY, "strict": True},
                }
            },
        ),
        ({"stop_sequences": list("abcd")}, {"stop": list("abcd")}),
    ],
)
def test_a_field_with_a_counterpart_is_sent_as_that(params: dict[str, Any], expected: dict[str, Any]) -> None:
    """The units of both wires are the same there."""
    body = chat(scenario_of(params=params, tools=[READ]))
    assert {name: body[name] for name in expected} == expected
    assert not body.keys() & (params.keys() - expected.keys())


def test_the_newer_limit_stands_alone_and_options_of_a_stream_are_joined() -> None:
    """Two limits at once are refused by the provider."""
    body = chat(scenario_of(params={"max_completion_tokens": 9}))
    assert "max_tokens" not in body
    streamed = chat(scenario_of(stream=True, params={"stream_options": {"include_obfuscation": False}}))
    assert streamed["stream_options"] == {"include_usage": True, "include_obfuscation": False}


def test_messages_in_this_wires_own_words_stay_as_they_are() -> None:
    """Roles, names, calls and parts that only this wire has."""
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages = [
        {"role": "developer", "content": "Be brief."},
        {"role": "system", "content": [{"type": "text", "text": "And kind."}]},
        {"role": "user", "name": "ann", "content": [{"type": "text", "text": "Look."}]},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a.example/x.png"}}]},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": "done"},
        {"role": "user", "content": "Go on."},
    ]
    scenario = scenario_of(messages=messages, nonce=False)
    assert unsupported_on(scenario, "openai") == ""
    assert chat(scenario)["messages"] == messages
    told = unsupported_on(scenario, "anthropic")
    assert "it has a message with the role user in the form of the chat wire" in told


def test_an_illegal_request_is_sent_on_its_own_wire_whatever_it_says() -> None:
    """It is declared to be one."""
    scenario = scenario_of(params={"seed": 7}, valid=False, invalid_why="no such field")
    assert unsupported_on(scenario, "anthropic") == ""


@pytest.mark.parametrize("to_wire", [chat_body, responses_body])
def test_a_schema_without_properties_names_none_where_that_is_demanded(to_wire: Any) -> None:
    """The messages wire takes it as it is; OpenAI's wires refuse an object schema without properties."""
    tool = {"name": "f", "input_schema": {"type": "object"}}
    body = {"model": "m", "max_tokens": 20, "messages": [{"role": "user", "content": "x"}], "tools": [tool]}
    (sent,) = to_wire(body)["tools"]
    assert sent.get("function", sent)["parameters"] == {"type": "object", "properties": {}}
    assert tool["input_schema"] == {"type": "object"}
