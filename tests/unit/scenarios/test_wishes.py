"""Parameters are wishes: each wire says them in its own words, or says that it has none for them."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from lab.names import ClientWire
from lab.scenarios.wishes import FIELDS, Untranslatable, params_on

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
NAMED = {"name": "answer", "strict": True, "schema": SCHEMA}
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
        ({"thinking": {"type": "enabled", "budget_tokens": 2000}}, None, None),
        ({"output_config": {"effort": "max"}}, None, None),
        (None, {"reasoning_effort": "minimal"}, {"reasoning": {"effort": "minimal"}}),
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
