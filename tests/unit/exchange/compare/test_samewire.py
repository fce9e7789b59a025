"""Parameters on one wire, field by field."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from lab.exchange.compare.samewire import field_changes
from lab.wires.params import DEFAULTS, fields_of
from lab.wires.wirefields import FIELDS

Body = dict[str, Any]


def changes(kind: str, sent: Body, arrived: Body, model: str | None = None) -> list[tuple[str, str]]:
    """Each path that differs, and what became of it."""
    found = field_changes(kind, fields_of(sent), fields_of(arrived), model)
    return [(one.path, one.change) for one in found]


# One value that is no default, and another one, for fields of every wire.
VALUES: dict[str, list[tuple[str, Any, Any]]] = {
    "messages": [
        ("container", {"id": "c1"}, {"id": "c2"}),
        ("context_management", {"edits": [{"type": "clear_tool_uses_20250919"}]}, {"edits": []}),
        ("diagnostics", {"previous_message_id": "m1"}, {"previous_message_id": "m2"}),
        ("fallbacks", [{"model": "a"}], [{"model": "b"}]),
        ("inference_geo", "eu", "us"),
        ("max_tokens", 5, 6),
        (
            "mcp_servers",
            [{"type": "url", "url": "https://a.example"}],
            [{"type": "url", "url": "https://b.example"}],
        ),
        ("metadata", {"user_id": "u1"}, {"user_id": "u2"}),
        ("output_config", {"effort": "low"}, {"effort": "max"}),
        (
            "output_config",
            {"format": {"type": "json_schema", "schema": {"type": "object"}}},
            {"format": {"type": "json_schema", "schema": {"type": "array"}}},
        ),
        (
            "output_config",
            {"task_budget": {"type": "tokens", "total": 9}},
            {"task_budget": {"type": "tokens", "total": 8}},
        ),
        ("service_tier", "standard_only", "priority"),
        ("speed", "fast", "slow"),
        ("stop_sequences", ["A", "B"], ["B", "C"]),
        ("temperature", 0.3, 0.4),
        ("thinking", {"type": "enabled", "budget_tokens": 2000}, {"type": "enabled", "budget_tokens": 1024}),
        ("thinking", {"type": "adaptive", "display": "updates"}, {"type": "adaptive", "display": "omitted"}),
        ("thread", {"type": "create"}, {"type": "continue", "previous_message_id": "m"}),
        ("top_k", 3, 4),
        ("top_p", 0.3, 0.4),
        ("made_up", {"x": {"y": 5}}, {"x": {"y": 6}}),
    ],
    "chat": [
        ("audio", {"voice": "a"}, {"voice": "b"}),
        ("frequency_penalty", 0.5, 0.4),
        ("logit_bias", {"1": 5}, {"1": 6}),
        ("logprobs", True, False),
        ("max_completion_tokens", 5, 6),
        ("metadata", {"team": "a"}, {"team": "b"}),
        ("modalities", ["text", "audio"], ["audio"]),
        ("n", 2, 3),
        ("parallel_tool_calls", False, None),
        ("prediction", {"type": "content", "content": "a"}, {"type": "content", "content": "b"}),
        ("presence_penalty", 0.5, 0.4),
        ("prompt_cache_key", "a", "b"),
        ("reasoning_effort", "max", "high"),
        (
            "response_format",
            {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}},
            {"type": "json_object"},
        ),
        ("safety_identifier", "a", "b"),
        ("seed", 7, 8),
        ("service_tier", "flex", "default"),
        ("stop", ["A", "B"], ["A"]),
        ("store", True, False),
        ("stream_options", {"include_usage": True}, {"include_usage": False}),
        ("tool_choice", "required", "auto"),
        ("top_logprobs", 2, 3),
        ("verbosity", "low", "high"),
        ("web_search_options", {"search_context_size": "low"}, {"search_context_size": "high"}),
    ],
    "responses": [
        ("background", True, False),
        ("client_metadata", {"a": "b"}, {"a": "c"}),
        ("conversation", "c1", "c2"),
        ("include", ["reasoning.encrypted_content"], ["message.output_text.logprobs"]),
        ("max_tool_calls", 2, 3),
        ("previous_response_id", "r1", "r2"),
        ("prompt", {"id": "p1"}, {"id": "p2"}),
        ("reasoning", {"effort": "max"}, {"effort": "high"}),
        ("reasoning", {"summary": "auto"}, {"summary": "detailed"}),
        ("store", False, True),
        ("text", {"verbosity": "low"}, {"verbosity": "high"}),
        (
            "text",
            {"format": {"type": "json_schema", "name": "a", "schema": {"type": "object"}}},
            {"format": {"type": "json_schema", "name": "b", "schema": {"type": "object"}}},
        ),
        ("truncation", "auto", "disabled"),
    ],
    "ollama_chat": [
        ("format", "json", {"type": "object"}),
        ("keep_alive", "1h", "2h"),
        ("options", {"num_ctx": 8192}, {"num_ctx": 4096}),
        ("think", "high", "low"),
    ],
}
CASES = [(kind, *value) for kind, values in VALUES.items() for value in values]


@pytest.mark.parametrize(("kind", "name", "value", "other"), CASES)
def test_every_field_is_compared_and_what_differs_is_named(
    kind: str, name: str, value: Any, other: Any
) -> None:
    """Equal it is no difference; without it, with it and with another value it is one, by its path."""
    assert changes(kind, {name: value}, {name: value}) == []
    ((path, change),) = changes(kind, {name: value}, {})
    assert (path.partition(".")[0], change) == (name, "dropped")
    ((path, change),) = changes(kind, {}, {name: value})
    assert (path.partition(".")[0], change) == (name, "added")
    ((path, change),) = changes(kind, {name: value}, {name: other})
    assert path.startswith(name)
    assert change in ("changed", "dropped")


@pytest.mark.parametrize("kind", VALUES)
def test_the_values_above_are_of_real_fields(kind: str) -> None:
    """But for two that no type knows."""
    fields = {path.partition(".")[0] for path in FIELDS[kind]}
    assert {name for name, _, _ in VALUES[kind]} - fields <= {"made_up", "client_metadata"}


RESOLVED: Body = {
    "type": "object",
    "properties": {"a": {"type": "number", "minimum": 1}, "b": {"type": "string"}},
    "required": ["a", "b"],
}
REFERRING: Body = {
    "$ref": "#/$defs/X",
    "$defs": {
        "N": {"minimum": 1.0, "type": "number"},
        "X": RESOLVED
        | {"properties": {"b": {"type": "string"}, "a": {"$ref": "#/$defs/N"}}, "required": ["b", "a"]},
    },
}
# What a default within a field stands beside.
WITHIN: dict[str, Body] = {
    "billing_policy.bill_to": {"billing_policy": {"type": "billing_policy"}},
    "response_format.json_schema.strict": {"response_format": {"json_schema": {"name": "a"}}},
    "text.format.strict": {"text": {"format": {"name": "a"}}},
    "tool_choice.disable_parallel_tool_use": {"tool_choice": {"type": "any"}},
}


@pytest.mark.parametrize(
    ("kind", "path"), [(kind, path) for kind, paths in DEFAULTS.items() for path in paths]
)
def test_a_documented_default_may_be_stated_or_left_out(kind: str, path: str) -> None:
    """Either way the provider does the same."""
    bare = WITHIN.get(path, {})
    whole = copy.deepcopy(bare)
    *outer, last = path.split(".")
    place = whole
    for key in outer:
        place = place.setdefault(key, {})
    place[last] = DEFAULTS[kind][path]
    assert changes(kind, whole, bare) == []
    assert changes(kind, bare, whole) == []


@pytest.mark.parametrize(
    ("kind", "sent", "arrived", "expected"),
    [
        # another variant differs as a whole
        (
            "messages",
            {"thinking": {"type": "adaptive"}},
            {"thinking": {"type": "enabled", "budget_tokens": 1999}},
            [("thinking", "changed")],
        ),
        (
            "messages",
            {"thinking": {"type": "disabled"}},
            {"thinking": {"type": "adaptive"}},
            [("thinking", "changed")],
        ),
        (
            "messages",
            {"thinking": {"type": "enabled", "budget_tokens": 2000, "display": "omitted"}},
            {"thinking": {"type": "enabled", "budget_tokens": 2000}},
            [("thinking.display", "dropped")],
        ),
        # each key of a holder by itself, and a choice apart from calls side by side
        (
            "messages",
            {"thinking": {"type": "enabled", "budget_tokens": 2000}, "output_config": {"effort": "low"}},
            {"thinking": {"type": "enabled", "budget_tokens": 1024}},
            [("thinking.budget_tokens", "changed"), ("output_config.effort", "dropped")],
        ),
        (
            "messages",
            {"tool_choice": {"type": "any", "disable_parallel_tool_use": True}},
            {"tool_choice": {"type": "any"}},
            [("tool_choice.disable_parallel_tool_use", "dropped")],
        ),
        (
            "messages",
            {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
            {},
            [("tool_choice.disable_parallel_tool_use", "dropped")],
        ),
        # how tools are called says nothing where there are none, and a null in it says nothing at all
        (
            "chat",
            {"parallel_tool_calls": False},
            {"parallel_tool_calls": True},
            [("parallel_tool_calls", "changed")],
        ),
        ("messages", {"tool_choice": {"type": "auto", "disable_parallel_tool_use": None}}, {}, []),
        # to search by the defaults is to search
        ("chat", {"web_search_options": {}}, {}, [("web_search_options", "dropped")]),
        # null stands for nothing, but where it is a wish or data
        ("messages", {"temperature": None, "container": None}, {}, []),
        (
            "messages",
            {"thinking": {"type": "adaptive", "display": None}},
            {"thinking": {"type": "adaptive"}},
            [],
        ),
        (
            "messages",
            {"diagnostics": {"previous_message_id": None}},
            {},
            [("diagnostics.previous_message_id", "dropped")],
        ),
        (
            "messages",
            {"output_config": {"format": {"type": "json_schema", "schema": {"enum": [None, 1]}}}},
            {"output_config": {"format": {"type": "json_schema", "schema": {"enum": [1]}}}},
            [("output_config.format.schema.enum", "changed")],
        ),
        (
            "chat",
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "a", "schema": {"default": None}},
                }
            },
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {}}}},
            [("response_format.json_schema.schema.default", "dropped")],
        ),
        # within a schema and within lists
        (
            "responses",
            {
                "text": {
                    "format": {"type": "json_schema", "schema": {"properties": {"a": {"type": "string"}}}}
                }
            },
            {
                "text": {
                    "format": {"type": "json_schema", "schema": {"properties": {"a": {"type": "number"}}}}
                }
            },
            [("text.format.schema.properties.a.type", "changed")],
        ),
        (
            "messages",
            {"context_management": {"edits": [{"type": "a", "keep": 3}]}},
            {"context_management": {"edits": [{"type": "a", "keep": 5}]}},
            [("context_management.edits[0].keep", "changed")],
        ),
        (
            "messages",
            {"fallbacks": [{"model": "a"}, {"model": "b"}]},
            {"fallbacks": [{"model": "a"}]},
            [("fallbacks", "changed")],
        ),
        # numbers by value, and no boolean is a number
        ("chat", {"temperature": 2, "n": 3}, {"temperature": 2.0, "n": 3}, []),
        ("chat", {"n": 2, "made_up": 1}, {"n": 2, "made_up": True}, [("made_up", "changed")]),
        # two names of one field, and short forms
        ("chat", {"max_tokens": 5}, {"max_completion_tokens": 5}, []),
        (
            "chat",
            {"max_completion_tokens": 5},
            {"max_tokens": 6},
            [("max_completion_tokens", "dropped"), ("max_tokens", "added")],
        ),
        ("chat", {"user": "u"}, {"safety_identifier": "u"}, []),
        ("chat", {"user": "u", "safety_identifier": "s"}, {"safety_identifier": "s"}, [("user", "dropped")]),
        ("responses", {"reasoning": {"generate_summary": "auto"}}, {"reasoning": {"summary": "auto"}}, []),
        (
            "messages",
            {"output_format": {"type": "json_schema", "schema": {}}},
            {"output_config": {"format": {"type": "json_schema", "schema": {}}}},
            [],
        ),
        ("chat", {"stop": "A"}, {"stop": ["A"]}, []),
        # lists that are sets, and a schema that says the same
        ("messages", {"stop_sequences": ["A", "B", "A"]}, {"stop_sequences": ["B", "A"]}, []),
        ("chat", {"modalities": ["text", "audio"]}, {"modalities": ["audio", "text"]}, []),
        ("responses", {"include": ["a", "b"]}, {"include": ["b", "a"]}, []),
        ("responses", {"include": ["a"]}, {"include": ["a", "b"]}, [("include", "changed")]),
        (
            "messages",
            {"output_config": {"format": {"type": "json_schema", "schema": REFERRING}}},
            {"output_config": {"format": {"type": "json_schema", "schema": RESOLVED}}},
            [],
        ),
        ("ollama_chat", {"format": REFERRING}, {"format": RESOLVED}, []),
        (
            "messages",
            {"output_config": {"format": {"type": "json_schema", "schema": RESOLVED}}},
            {"output_config": {"format": {"type": "json_schema", "schema": RESOLVED | {"required": ["a"]}}}},
            [("output_config.format.schema.required", "changed")],
        ),
        ("chat", {"service_tier": "priority"}, {"service_tier": "fast"}, []),
        ("chat", {"service_tier": "priority"}, {"service_tier": "flex"}, [("service_tier", "changed")]),
        (
            "chat",
            {"function_call": {"name": "f"}},
            {"tool_choice": {"type": "function", "function": {"name": "f"}}},
            [],
        ),
        ("chat", {"function_call": "none"}, {"tool_choice": "none"}, []),
        ("responses", {"conversation": "c"}, {"conversation": {"id": "c"}}, []),
    ],
)
def test_a_field_is_the_same_only_if_the_provider_must_take_it_so(
    kind: str, sent: Body, arrived: Body, expected: list[tuple[str, str]]
) -> None:
    """The innermost place that differs is named."""
    assert changes(kind, sent, arrived) == expected


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("claude-sonnet-4-5", []),
        ("claude-opus-4-7", []),
        (None, []),
        ("claude-fable-5", [("thinking", "dropped")]),
        ("claude-mythos-preview", [("thinking", "dropped")]),
    ],
)
def test_thinking_that_is_off_may_be_left_out_where_that_is_the_default(
    model: str | None, expected: list[tuple[str, str]]
) -> None:
    """Some generations always think, and there it is a wish."""
    assert changes("messages", {"thinking": {"type": "disabled"}}, {}, model) == expected
