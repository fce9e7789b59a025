"""Parameters are wishes: each wire says them in its own words, or says that it has none for them."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from lab.exchange.compare.differences import compare
from lab.names import ClientWire
from lab.scenarios.untranslatable import Untranslatable
from lab.scenarios.wishes import FIELDS, params_on
from lab.wires import CLIENT_KINDS, read_request, wirefields
from lab.wires.params import other_place

OPEN = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
SCHEMA = OPEN | {"additionalProperties": False}
NAMED = {"name": "answer", "strict": True, "schema": SCHEMA}
SOME = [{"type": "function", "function": {"name": "f"}}, {"type": "custom", "custom": {"name": "g"}}]
NESTED = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": SOME}}
FLAT = {
    "type": "allowed_tools",
    "mode": "required",
    "tools": [{"type": "function", "name": "f"}, {"type": "custom", "name": "g"}],
}
# Fields that scenarios have names of their own for, or that are no part of the body.
OWN = {"model", "messages", "tools", "stream", "max_tokens", "system", "input", "betas"}
TYPES: dict[ClientWire, tuple[tuple[str, str], ...]] = {
    "anthropic": (
        ("anthropic.types.message_create_params", "MessageCreateParamsBase"),
        ("anthropic.types.beta.message_create_params", "MessageCreateParamsBase"),
    ),
    "openai": (("openai.types.chat.completion_create_params", "CompletionCreateParamsBase"),),
    "responses": (("openai.types.responses.response_create_params", "ResponseCreateParamsBase"),),
}


@pytest.mark.parametrize("wire", TYPES)
def test_no_published_field_is_missing(wire: ClientWire) -> None:
    """A field of a wire that the lab did not know would be sent to other wires as it is."""
    published = {
        name
        for module, kind in TYPES[wire]
        for name in getattr(importlib.import_module(module), kind).__annotations__
    }
    assert published - OWN - FIELDS[wire] == set()


@pytest.mark.parametrize(
    ("messages", "chat", "responses"),
    [
        ({"temperature": 0.5}, {"temperature": 0.5}, {"temperature": 0.5}),
        ({"stop_sequences": ["H"]}, {"stop": ["H"]}, None),
        ({"metadata": {"user_id": "u"}}, {"user": "u"}, {"user": "u"}),
        ({"tool_choice": {"type": "any"}}, {"tool_choice": "required"}, {"tool_choice": "required"}),
        ({"tool_choice": {"type": "none"}}, {"tool_choice": "none"}, {"tool_choice": "none"}),
        (
            {"tool_choice": {"type": "tool", "name": "f"}},
            {"tool_choice": {"type": "function", "function": {"name": "f"}}},
            {"tool_choice": {"type": "function", "name": "f"}},
        ),
        (
            {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
            {"tool_choice": "auto", "parallel_tool_calls": False},
            {"tool_choice": "auto", "parallel_tool_calls": False},
        ),
        ({"service_tier": "standard_only"}, {"service_tier": "default"}, {"service_tier": "default"}),
        (
            {"output_config": {"effort": "high"}},
            {"reasoning_effort": "high"},
            {"reasoning": {"effort": "high"}},
        ),
        (
            {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
            {"response_format": {"type": "json_schema", "json_schema": NAMED}},
            {"text": {"format": {"type": "json_schema", **NAMED}}},
        ),
        (None, {"logprobs": True}, {"include": ["message.output_text.logprobs"]}),
        (None, {"verbosity": "low"}, {"text": {"verbosity": "low"}}),
        (None, {"n": 2}, None),
        (None, {"seed": 7}, None),
        (None, None, {"truncation": "auto"}),
        ({"top_k": 5}, None, None),
        ({"output_config": {"effort": "max"}}, {"reasoning_effort": "max"}, {"reasoning": {"effort": "max"}}),
        ({"thinking": {"type": "disabled"}}, {"reasoning_effort": "none"}, {"reasoning": {"effort": "none"}}),
        (None, {"reasoning_effort": "minimal"}, {"reasoning": {"effort": "minimal"}}),
        (None, {"metadata": {"team": "a"}}, {"metadata": {"team": "a"}}),
        (None, {"service_tier": "flex"}, {"service_tier": "flex"}),
        (None, None, {"prompt_cache_options": {"prewarm": True}}),
        (
            None,
            {"stream_options": {"include_obfuscation": False}},
            {"stream_options": {"include_obfuscation": False}},
        ),
    ],
)
def test_a_wish_is_said_in_the_words_of_every_wire_that_has_them(
    messages: dict[str, Any] | None, chat: dict[str, Any] | None, responses: dict[str, Any] | None
) -> None:
    """From each wire to each other; None is a wire that has no field for it, which says so."""
    said: dict[ClientWire, dict[str, Any] | None] = {
        "anthropic": messages,
        "openai": chat,
        "responses": responses,
    }
    for written in said.values():
        for wire, expected in said.items():
            if written is None:
                continue
            if expected is None:
                with pytest.raises(Untranslatable, match="no counterpart"):
                    params_on(wire, written)
            else:
                assert params_on(wire, written) == expected


@pytest.mark.parametrize("wire", TYPES)
def test_what_no_wire_is_known_to_have_is_sent_as_it_is(wire: ClientWire) -> None:
    """It is somebody's experiment."""
    assert params_on(wire, {"brand_new": {"a": [1]}}) == {"brand_new": {"a": [1]}}


def test_more_stop_sequences_than_the_chat_wire_takes_are_not_sent_there() -> None:
    """Its provider takes four."""
    assert params_on("openai", {"stop_sequences": list("abcd")}) == {"stop": list("abcd")}
    with pytest.raises(Untranslatable, match="it has 5 stop sequences, and this wire takes 4 at most"):
        params_on("openai", {"stop_sequences": list("abcde")})


def test_two_wishes_of_one_object_are_one_object() -> None:
    """`text` holds a format and a verbosity."""
    said = params_on("responses", {"verbosity": "low", "response_format": {"type": "json_object"}})
    assert said == {"text": {"verbosity": "low", "format": {"type": "json_object"}}}


@pytest.mark.parametrize(
    ("written", "wire", "said"),
    [
        # whichever stands first, and in whichever wire's words
        (
            {"tool_choice": "required", "parallel_tool_calls": False},
            "anthropic",
            {"tool_choice": {"type": "any", "disable_parallel_tool_use": True}},
        ),
        (
            {"parallel_tool_calls": False, "tool_choice": {"type": "tool", "name": "f"}},
            "anthropic",
            {"tool_choice": {"type": "tool", "name": "f", "disable_parallel_tool_use": True}},
        ),
        (
            {"tool_choice": {"type": "tool", "name": "f"}, "parallel_tool_calls": False},
            "anthropic",
            {"tool_choice": {"type": "tool", "name": "f", "disable_parallel_tool_use": True}},
        ),
        # other names of a field
        ({"safety_identifier": "u"}, "anthropic", {"metadata": {"user_id": "u"}}),
        ({"function_call": {"name": "f"}}, "anthropic", {"tool_choice": {"type": "tool", "name": "f"}}),
        ({"function_call": "none"}, "responses", {"tool_choice": "none"}),
        (
            {"output_format": {"type": "json_schema", "schema": SCHEMA}},
            "responses",
            {"text": {"format": {"type": "json_schema", **NAMED}}},
        ),
        # choices that both of OpenAI's wires have
        (
            {"tool_choice": {"type": "custom", "name": "f"}},
            "openai",
            {"tool_choice": {"type": "custom", "custom": {"name": "f"}}},
        ),
        (
            {"tool_choice": {"type": "custom", "custom": {"name": "f"}}},
            "responses",
            {"tool_choice": {"type": "custom", "name": "f"}},
        ),
        ({"tool_choice": NESTED}, "responses", {"tool_choice": FLAT}),
        ({"tool_choice": FLAT}, "openai", {"tool_choice": NESTED}),
        # what the wire does anyway
        ({"stream_options": {"include_usage": True}}, "responses", {}),
        ({"stream_options": {"include_usage": True}}, "anthropic", {}),
        ({"response_format": {"type": "text"}}, "anthropic", {}),
        ({"logprobs": False}, "anthropic", {}),
    ],
)
def test_a_wish_keeps_its_meaning(written: dict[str, Any], wire: ClientWire, said: dict[str, Any]) -> None:
    """Beside others, under its other names, and where nothing needs to be said."""
    assert params_on(wire, written) == said


@pytest.mark.parametrize(
    ("written", "wire", "why"),
    [
        (
            {"thinking": {"type": "enabled", "budget_tokens": 2000}},
            "openai",
            "in other units, as reasoning_effort",
        ),
        ({"thinking": {"type": "adaptive"}}, "responses", "in other units, as reasoning.effort"),
        ({"reasoning": {"summary": "auto"}}, "anthropic", "in other units, as thinking.display"),
        ({"mcp_servers": [{"url": "u"}]}, "responses", "in other units, as a tool mcp"),
        ({"web_search_options": {}}, "anthropic", "in other units, as a tool web_search"),
        ({"functions": [{"name": "f"}]}, "responses", "in other units, as tools"),
        ({"speed": "fast"}, "responses", "in other units, as service_tier fast"),
        ({"service_tier": "priority"}, "anthropic", "in other units, as speed fast"),
        ({"context_management": {"edits": []}}, "responses", "in another form"),
        ({"context_management": [{"type": "compaction"}]}, "anthropic", "in another form"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "n"}}},
            "anthropic",
            "in a form that",
        ),
        ({"thinking": "on"}, "openai", "in a form that no other wire has"),
        (
            {"text": {"format": {"type": "json_schema", "name": "a", "schema": {"anyOf": [OPEN, SCHEMA]}}}},
            "anthropic",
            "it asks for a form with open objects, and this wire takes closed ones alone",
        ),
        (
            {"tool_choice": {"type": "web_search"}},
            "anthropic",
            "it chooses web_search, which .* in another form",
        ),
    ],
)
def test_what_a_wire_has_otherwise_is_never_said_to_have_no_counterpart(
    written: dict[str, Any], wire: ClientWire, why: str
) -> None:
    """The reason names where it stands."""
    with pytest.raises(Untranslatable, match=why) as told:
        params_on(wire, written)
    assert "no counterpart" not in str(told.value)


PATHS = [(kind, path) for kind in CLIENT_KINDS.values() for path in sorted(wirefields.FIELDS[kind])]


@pytest.mark.parametrize("wire", TYPES)
@pytest.mark.parametrize(("kind", "path"), PATHS)
def test_one_table_says_what_each_wire_has_a_field_for(wire: ClientWire, kind: str, path: str) -> None:
    """That by which requests are compared: no field in it has no counterpart."""
    value: Any = {"made": "up"}
    for key in reversed(path.split(".")[1:]):
        value = {key: value}
    why = ""
    try:
        params_on(wire, {path.partition(".")[0]: value})
    except Untranslatable as told:
        why = str(told)
    has = other_place(CLIENT_KINDS[wire], path) or wirefields.wire_has(CLIENT_KINDS[wire], path)
    assert not (has and why.startswith("it sets") and why.endswith("no counterpart")), why


@pytest.mark.parametrize(
    ("schema", "strict"),
    [
        (SCHEMA, True),
        (SCHEMA | {"required": []}, False),
        ({"type": "array", "items": SCHEMA | {"required": []}}, False),
        (SCHEMA | {"properties": {"a": OPEN}}, False),
        (SCHEMA | {"properties": {"properties": {"type": "object", "additionalProperties": False}}}, False),
    ],
)
def test_a_form_is_strict_on_openais_wires_if_they_take_its_schema_so(schema: Any, strict: bool) -> None:
    """Otherwise the lab itself would ask for what the provider refuses."""
    said = params_on("openai", {"output_config": {"format": {"type": "json_schema", "schema": schema}}})
    assert said["response_format"]["json_schema"].get("strict", False) is strict


TOOLS: dict[str, list[Any]] = {
    "messages": [{"name": name, "input_schema": {}} for name in "fg"],
    "chat": [{"type": "function", "function": {"name": name, "parameters": {}}} for name in "fg"],
    "responses": [{"type": "function", "name": name, "parameters": {}} for name in "fg"],
}
WRITTEN: list[tuple[str, dict[str, Any]]] = [
    ("messages", {"thinking": {"type": "disabled"}}),
    ("messages", {"output_config": {"effort": "max", "format": {"type": "json_schema", "schema": SCHEMA}}}),
    ("messages", {"tool_choice": {"type": "any", "disable_parallel_tool_use": True}}),
    ("messages", {"tool_choice": {"type": "none"}}),
    ("messages", {"service_tier": "standard_only", "metadata": {"user_id": "u"}}),
    ("messages", {"stop_sequences": ["A", "B"], "temperature": 0.5}),
    *(("chat", {"reasoning_effort": word}) for word in ("none", "minimal", "low", "high", "xhigh", "max")),
    ("chat", {"response_format": {"type": "json_schema", "json_schema": NAMED}}),
    ("chat", {"response_format": {"type": "json_schema", "json_schema": NAMED | {"description": "d"}}}),
    ("chat", {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": OPEN}}}),
    ("chat", {"response_format": {"type": "json_object"}}),
    ("chat", {"response_format": {"type": "text"}, "logprobs": False}),
    ("chat", {"logprobs": True, "top_logprobs": 2, "verbosity": "low"}),
    ("chat", {"tool_choice": "required", "parallel_tool_calls": False}),
    ("chat", {"tool_choice": NESTED}),
    ("chat", {"function_call": {"name": "f"}}),
    ("chat", {"service_tier": "priority"}),
    ("chat", {"service_tier": "default", "safety_identifier": "u"}),
    ("chat", {"user": "a", "safety_identifier": "b"}),
    ("chat", {"max_completion_tokens": 50, "stop": "A"}),
    ("chat", {"stream_options": {"include_usage": True}}),
    ("chat", {"prompt_cache_key": "k", "store": True, "metadata": {"team": "a"}}),
    ("responses", {"text": {"verbosity": "low", "format": {"type": "json_object"}}}),
    ("responses", {"include": ["message.output_text.logprobs"], "max_output_tokens": 50}),
    ("responses", {"reasoning": {"effort": "low"}, "store": False}),
    ("responses", {"context_management": [{"type": "compaction", "compact_threshold": 9}]}),
]


@pytest.mark.parametrize("wire", TYPES)
@pytest.mark.parametrize(("kind", "written"), WRITTEN)
def test_what_the_lab_translates_it_compares_as_the_same(
    kind: str, written: dict[str, Any], wire: ClientWire
) -> None:
    """Both ways of the table agree: a gateway that words a wish as the lab does is not accused."""
    other = CLIENT_KINDS[wire]
    try:
        said = params_on(wire, written)
    except Untranslatable:
        return
    sent, arrived = (
        read_request(one, {**params, "tools": TOOLS[one]}) for one, params in ((kind, written), (other, said))
    )
    assert [one.why for one in compare(kind, sent, other, arrived).found] == []
