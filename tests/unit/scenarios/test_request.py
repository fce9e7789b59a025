"""The requests that scenarios become on the wire of the provider."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from lab.config.scenarios import Scenario
from lab.errors import UsageError
from lab.loading.suites import load_suite
from lab.scenarios.request import (
    advice,
    build_request,
    client_wire,
    named_models,
    request_bytes,
    unsupported_on,
)
from tests.paths import ROOT

CORE = load_suite(ROOT / "configs" / "scenarios" / "core.yaml")


BY_ID = {scenario.id: scenario for scenario in CORE.scenarios}


def test_building_a_request_never_changes_the_scenario() -> None:
    """Requests are copies down to the last block: two nonces never meet."""
    for scenario in CORE.scenarios:
        before = scenario.model_dump_json()
        body = build_request(scenario, "m", "first00000")
        body["messages"][-1]["role"] = "changed"
        for tool in body.get("tools", []):
            tool.clear()
        again = json.dumps(build_request(scenario, "m", "second0000"))
        assert scenario.model_dump_json() == before
        assert "first00000" not in again
        assert again.count("(ref second0000)") == (1 if scenario.nonce else 0)


def scenario(messages: list[dict[str, Any]], **more: Any) -> Scenario:
    """A scenario with these messages."""
    return Scenario(id="X", title="x", looks_at="x", class_="g", max_tokens=9, messages=messages, **more)


def test_the_nonce_ends_the_last_user_text() -> None:
    """In a string, in the last text block, or in a block of its own after tool results."""
    text = {"type": "text", "text": "a"}
    result = {"type": "tool_result", "tool_use_id": "t", "content": "r"}
    cases: list[tuple[Any, Any]] = [
        ("hi", "hi\n\n(ref n)"),
        ([text, result], [{"type": "text", "text": "a\n\n(ref n)"}, result]),
        ([result], [result, {"type": "text", "text": "(ref n)"}]),
    ]
    for content, expected in cases:
        messages = [{"role": "user", "content": "first"}, {"role": "assistant", "content": "ok"}]
        messages.append({"role": "user", "content": copy.deepcopy(content)})
        messages.append({"role": "assistant", "content": "The answer is"})
        built = build_request(scenario(messages), "m", "n")["messages"]
        assert built[2]["content"] == expected
        assert [built[0], built[1], built[3]] == [messages[0], messages[1], messages[3]]


def test_only_what_a_scenario_has_is_sent() -> None:
    """System, tools and stream are in the body only where the scenario sets them."""
    user = [{"role": "user", "content": "hi"}]
    assert set(build_request(scenario(user), "m", "n")) == {"model", "max_tokens", "messages"}
    full = build_request(scenario(user, system="S", stream=True, tools=[{"name": "T"}]), "m", "n")
    assert (full["system"], full["stream"], full["tools"]) == ("S", True, [{"name": "T"}])


def test_what_another_wire_cannot_carry_is_refused_with_its_name() -> None:
    """The seed's invalid forms mix two wires in the way of the Anthropic one."""
    with pytest.raises(UsageError, match=r"unsupported: L1-seed is not for the chat wire"):
        build_request(BY_ID["L1-seed"], "m", "n", "openai")


def whole(body: object, **fields: object) -> Scenario:
    """A scenario whose whole body is written."""
    known = {"id": "S", "title": "T", "looks_at": "f", "class": "g"}
    return Scenario.model_validate(known | {"body": body} | fields)


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "not JSON at all",
        '{"a": 1, "a": 2}',
        '{"n": 19876543210987654321, "f": 1.0, "e": 1e400}',
        '{ "spaces":  [ ] }\n',
    ],
)
def test_a_body_of_text_is_sent_byte_for_byte(text: str) -> None:
    """Whatever it is: the nonce of the lab is not put in either."""
    for wire in ("anthropic", "openai", "responses"):
        assert request_bytes(whole(text), "m", "nonce", wire) == text.encode()


def test_a_body_of_keys_keeps_their_order_and_integers_of_any_size() -> None:
    """Only the model's name is the variant's, where it is wanted."""
    body = {"z": 2**80, "model": "${model}", "a": [-(2**70)]}
    assert request_bytes(whole(body), "m", "", "openai") == (
        b'{"z":1208925819614629174706176,"model":"m","a":[-1180591620717411303424]}'
    )
    assert b'"model":"mine"' in request_bytes(whole(body, model="mine"), "m", "", "openai")


def test_a_model_of_its_own_is_asked_for() -> None:
    """In place of the variant's."""
    scenario = BY_ID["S1"].model_copy(update={"model": "claude-opus-4-8"})
    assert build_request(scenario, "m", "n")["model"] == "claude-opus-4-8"


def test_integers_of_any_size_are_sent_in_built_requests_too() -> None:
    """As the arguments of a call that was made before."""
    call = {"type": "tool_use", "id": "c", "name": "f", "input": {"wei": 2**65}}
    messages = [{"role": "user", "content": "q"}, {"role": "assistant", "content": [call]}, HELLO]
    scenario = BY_ID["S1"].model_copy(update={"messages": messages, "nonce": False})
    for wire in ("anthropic", "openai", "responses"):
        assert b"36893488147419103232" in request_bytes(scenario, "m", "", wire)


HELLO = {"role": "user", "content": "Hello"}


def test_a_written_body_belongs_to_its_own_wire() -> None:
    """The messages wire if it names none, whatever the run's."""
    assert client_wire(whole("{}"), "responses") == "anthropic"
    assert client_wire(whole("{}", wire="chat"), "anthropic") == "openai"
    assert client_wire(BY_ID["S1"], "responses") == "responses"
    assert client_wire(BY_ID["S1"].model_copy(update={"wire": "openai"}), "responses") == "openai"


def test_what_is_written_for_one_wire_goes_there_as_it_is() -> None:
    """Messages, tools and parameters of the chat wire, without content, with roles of its own."""
    messages = [
        {"role": "developer", "content": "Be brief."},
        HELLO,
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "type": "function"}]},
        {"role": "tool", "tool_call_id": "c", "content": "r"},
    ]
    tool = {"type": "function", "function": {"name": "f"}}
    update = {"messages": messages, "tools": [tool], "params": {"n": 2, "logprobs": True}, "nonce": False}
    scenario = BY_ID["S1"].model_copy(update=update)
    body = build_request(scenario, "m", "", "openai")
    assert (body["messages"], body["tools"]) == (messages, [tool])
    assert (body["n"], body["logprobs"]) == (2, True)
    assert "no counterpart" in unsupported_on(scenario, "anthropic")
    assert "in the form of the chat wire" in unsupported_on(
        scenario.model_copy(update={"params": {}}), "anthropic"
    )


def test_a_developer_before_all_else_is_a_system_prompt_on_the_messages_wire() -> None:
    """That wire has no such role; later on there is no place for it."""
    developer = {"role": "developer", "content": "Be brief."}
    scenario = BY_ID["S1"].model_copy(update={"messages": [developer, HELLO], "nonce": False})
    body = build_request(scenario, "m", "")
    assert (body["system"], body["messages"]) == ("Be brief.", [HELLO])
    late = scenario.model_copy(update={"messages": [HELLO, developer, HELLO]})
    assert "the role developer" in unsupported_on(late, "anthropic")


def test_models_that_scenarios_name_are_known_to_whoever_serves_them() -> None:
    """Each once; a body's own too, but not where the variant's stands in."""
    scenarios = [
        BY_ID["S1"],
        BY_ID["S1"].model_copy(update={"model": "claude-opus-4-8"}),
        whole({"model": "claude-opus-4-8"}),
        whole('{"model": "gpt-x"}'),
        whole({"model": "${model}"}),
        whole("no JSON"),
    ]
    suite = CORE.model_copy(update={"scenarios": scenarios})
    assert named_models([suite]) == ("claude-opus-4-8", "gpt-x")


CONTENTS: tuple[Any, ...] = (
    5,
    ["hi"],
    [None],
    [{"text": "hi"}],
    [{"type": "text"}],
    [{"type": "text", "text": 5}],
    [{"type": "image"}],
    [{"type": "image", "source": "x"}],
    [{"type": "image", "source": {"type": "base64"}}],
    [{"type": "document"}],
    [{"type": "tool_result"}],
    [{"type": "tool_result", "tool_use_id": "a", "content": [5]}],
    [{"type": ["text"]}],
)
OTHERS: tuple[dict[str, Any], ...] = (
    {"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": [{}]}]},
    {"messages": [{"role": "assistant", "content": [{"type": "tool_use"}]}]},
    {"messages": [{"content": "x"}, {"role": "user", "content": "x"}]},
    {"messages": [{"role": ["user"], "content": "x"}, {"role": "user", "content": "x"}]},
    {"messages": [{"role": "user"}]},
    {"messages": [{"role": "user", "content": "x"}], "system": [{"type": "text"}]},
    {"messages": [{"role": "user", "content": "x"}], "system": [{}]},
)
TOOLS: tuple[dict[str, Any], ...] = (
    {},
    {"name": "f"},
    {"name": 5, "input_schema": 6},
    {"type": "function"},
    {"type": "function", "function": None},
    {"type": "function", "function": {"description": "x"}},
    {"type": 5, "name": "f"},
    {"type": ["web_search"]},
    {"type": "web_search_20250305"},
)
PARAMS: tuple[dict[str, Any], ...] = (
    {"thinking": "yes"},
    {"thinking": {"type": "enabled"}},
    {"thinking": []},
    {"tool_choice": 5},
    {"tool_choice": {}},
    {"tool_choice": {"type": "tool"}},
    {"output_config": 5},
    {"output_config": {"format": 5}},
    {"output_format": {"type": "json_schema"}},
    {"stop_sequences": "x"},
    {"stop": {"a": 1}},
    {"metadata": 5},
    {"metadata": {"user_id": 5}},
    {"reasoning": "low"},
    {"reasoning_effort": 7},
    {"response_format": "json"},
    {"response_format": {"type": "json_schema"}},
    {"text": 5},
    {"text": {"format": []}},
    {"stream_options": 5},
    {"cache_control": 5},
    {"service_tier": 5},
    {"mcp_servers": 5},
    {"user": 5},
    {"max_completion_tokens": "x"},
    {"max_output_tokens": None},
    {"parallel_tool_calls": "x"},
)
ODD: list[dict[str, Any]] = [
    *({"messages": [{"role": "user", "content": content}]} for content in CONTENTS),
    *OTHERS,
    *({"messages": [{"role": "user", "content": "x"}], "tools": [tool]} for tool in TOOLS),
    *({"messages": [{"role": "user", "content": "x"}], "params": params} for params in PARAMS),
]


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: json.dumps(odd)[12:72])
@pytest.mark.parametrize("own", [None, "anthropic", "openai", "responses"])
@pytest.mark.parametrize("valid", [True, False])
def test_whatever_its_shape_a_scenario_is_sent_or_it_is_said_that_it_cannot_be(
    odd: dict[str, Any], own: Any, valid: bool
) -> None:
    """Never an error of the lab's own: what a client writes may be as wrong as it likes."""
    wish = {"messages": [{"role": "user", "content": "hi"}], "wire": own, "valid": valid} | odd
    one = Scenario(id="X", title="x", looks_at="x", class_="g", **wish)
    for wire in ("anthropic", "openai", "responses"):
        there = client_wire(one, wire)
        if not unsupported_on(one, there):
            assert request_bytes(one, "m", "nonce", there)


def test_what_is_written_for_the_messages_wire_is_sent_there_as_it_is() -> None:
    """A provider may say what it thinks of it."""
    odd = scenario([{"role": "user", "content": [{"type": "text"}]}], nonce=False)
    assert b'"content":[{"type":"text"}]' in request_bytes(odd, "m", "", "anthropic")
    assert "no form that can be translated ('text' is missing)" in unsupported_on(odd, "openai")


def test_what_a_wire_cannot_say_comes_with_the_wire_that_can() -> None:
    """Whoever reads the reason knows what to do."""
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    said: list[dict[str, Any]] = [
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": "r"},
    ]
    assert advice(scenario(said), "anthropic").endswith("(with --wire chat it is sent)")
    assert advice(scenario(said), "openai") == ""
    assert "--wire" not in advice(scenario(said, wire="responses"), "responses")
