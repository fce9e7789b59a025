"""Parameters across wires, by the table of units."""

from __future__ import annotations

from typing import Any

import pytest

from lab import wires
from lab.exchange.compare.differences import Differences, compare
from lab.wires.wirefields import FIELDS, wire_has

Body = dict[str, Any]
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
LOOSE = {"type": "object", "properties": {"a": {"type": "string"}}}
NAMED = {"name": "n", "schema": SCHEMA, "strict": True}
MCP = [{"type": "url", "url": "https://mcp.example.org", "name": "wiki"}]


def between(sent_kind: str, sent: Body, kind: str, arrived: Body) -> Differences:
    """What differs between two bodies, each on its wire."""
    stream = {"stream": False}  # Ollama's default is another
    requests = [wires.read_request(k, {**stream, **body}) for k, body in ((sent_kind, sent), (kind, arrived))]
    return compare(sent_kind, requests[0], kind, requests[1])


def told(sent_kind: str, sent: Body, kind: str, arrived: Body) -> list[tuple[str, str, str | None]]:
    """The aspect, the change and the excuse of each difference in parameters."""
    found = between(sent_kind, sent, kind, arrived).found
    return [(one.aspect, one.change, one.excuse) for one in found if one.aspect != "tools"]


SAME: list[tuple[str, Body, str, Body]] = [
    ("messages", {"output_config": {"effort": "max"}}, "chat", {"reasoning_effort": "max"}),
    ("messages", {"output_config": {"effort": "low"}}, "responses", {"reasoning": {"effort": "low"}}),
    ("messages", {"thinking": {"type": "adaptive"}}, "chat", {"reasoning_effort": "high"}),
    (
        "messages",
        {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}},
        "chat",
        {"reasoning_effort": "low"},
    ),
    (
        "messages",
        {"thinking": {"type": "enabled", "budget_tokens": 2000}},
        "chat",
        {"reasoning_effort": "low"},
    ),
    ("messages", {"thinking": {"type": "disabled"}}, "chat", {"reasoning_effort": "none"}),
    ("messages", {"thinking": {"type": "disabled"}}, "chat", {}),
    (
        "messages",
        {"thinking": {"type": "adaptive", "display": "summarized"}},
        "responses",
        {"reasoning": {"effort": "medium", "summary": "auto"}},
    ),
    (
        "messages",
        {"thinking": {"type": "adaptive", "display": "omitted"}},
        "responses",
        {"reasoning": {"effort": "medium"}},
    ),
    (
        "chat",
        {"reasoning_effort": "high"},
        "messages",
        {"thinking": {"type": "enabled", "budget_tokens": 4096}},
    ),
    (
        "chat",
        {"reasoning_effort": "high"},
        "messages",
        {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}},
    ),
    ("chat", {"reasoning_effort": "high"}, "responses", {"reasoning": {"effort": "high"}}),
    (
        "messages",
        {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
        "chat",
        {"response_format": {"type": "json_schema", "json_schema": NAMED}},
    ),
    (
        "messages",
        {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
        "responses",
        {"text": {"format": {"type": "json_schema", **NAMED}}},
    ),
    (
        "messages",
        {"output_format": {"type": "json_schema", "schema": SCHEMA}},
        "ollama_chat",
        {"format": SCHEMA},
    ),
    (
        "chat",
        {"response_format": {"type": "json_schema", "json_schema": NAMED}},
        "responses",
        {"text": {"format": {"type": "json_schema", **NAMED}}},
    ),
    (
        "chat",
        {"response_format": {"type": "json_schema", "json_schema": NAMED}},
        "messages",
        {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
    ),
    ("chat", {"response_format": {"type": "json_object"}}, "ollama_chat", {"format": "json"}),
    (
        "chat",
        {"response_format": {"type": "json_schema", "json_schema": NAMED}},
        "messages",
        {
            "tools": [{"name": "json", "input_schema": SCHEMA}],
            "tool_choice": {"type": "tool", "name": "json"},
        },
    ),
    ("chat", {"response_format": {"type": "text"}}, "messages", {}),
    ("chat", {"verbosity": "low"}, "responses", {"text": {"verbosity": "low"}}),
    (
        "chat",
        {"logprobs": True, "top_logprobs": 2},
        "responses",
        {"include": ["message.output_text.logprobs"], "top_logprobs": 2},
    ),
    ("chat", {"stop": "A"}, "messages", {"stop_sequences": ["A"]}),
    ("chat", {"max_tokens": 50}, "responses", {"max_output_tokens": 50}),
    ("messages", {"metadata": {"user_id": "u"}}, "chat", {"safety_identifier": "u"}),
    ("chat", {"user": "u"}, "messages", {"metadata": {"user_id": "u"}}),
    ("messages", {"service_tier": "standard_only"}, "chat", {"service_tier": "default"}),
    ("chat", {"service_tier": "fast"}, "responses", {"service_tier": "priority"}),
    ("messages", {"speed": "fast"}, "chat", {"service_tier": "priority"}),
    ("messages", {"speed": "standard"}, "chat", {}),
    (
        "messages",
        {
            "context_management": {
                "edits": [{"type": "compact_20260112", "trigger": {"type": "input_tokens", "value": 9}}]
            }
        },
        "responses",
        {"context_management": [{"type": "compaction", "compact_threshold": 9}]},
    ),
    ("chat", {"store": True}, "responses", {}),
    ("chat", {}, "responses", {"store": False}),
    ("messages", {}, "responses", {"store": False}),
    ("chat", {"metadata": {"team": "a"}}, "responses", {"metadata": {"team": "a"}}),
    ("chat", {"prompt_cache_key": "k"}, "responses", {"prompt_cache_key": "k"}),
    ("chat", {"n": 1, "presence_penalty": 0, "modalities": ["text"], "logprobs": False}, "messages", {}),
    ("chat", {"stream_options": {"include_usage": True}}, "messages", {}),
    ("messages", {}, "chat", {"stream_options": {"include_usage": True}}),
    ("responses", {"include": ["reasoning.encrypted_content"]}, "messages", {}),
    (
        "messages",
        {"thinking": {"type": "adaptive"}},
        "responses",
        {"reasoning": {"effort": "high", "summary": "auto"}, "include": ["reasoning.encrypted_content"]},
    ),
    ("chat", {"seed": 7, "temperature": 0.3}, "ollama_chat", {"options": {"seed": 7, "temperature": 0.3}}),
    (
        "messages",
        {"mcp_servers": MCP},
        "responses",
        {"tools": [{"type": "mcp", "server_url": "https://mcp.example.org"}]},
    ),
    (
        "chat",
        {"web_search_options": {"user_location": None}},
        "messages",
        {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
    ),
    (
        "chat",
        {"parallel_tool_calls": False},
        "messages",
        {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
    ),
    ("messages", {"top_k": 4}, "chat", {"top_k": 4}),
]


@pytest.mark.parametrize(("sent_kind", "sent", "kind", "arrived"), SAME)
def test_one_wish_in_another_wires_words_is_no_difference(
    sent_kind: str, sent: Body, kind: str, arrived: Body
) -> None:
    """A gateway that translates rightly is not accused, not even with an excuse."""
    assert told(sent_kind, sent, kind, arrived) == []


OTHER: list[tuple[str, Body, str, Body, str]] = [
    ("messages", {"output_config": {"effort": "max"}}, "chat", {"reasoning_effort": "high"}, "thinking"),
    ("messages", {"thinking": {"type": "adaptive"}}, "chat", {"reasoning_effort": "low"}, "thinking"),
    (
        "messages",
        {"thinking": {"type": "enabled", "budget_tokens": 1024}},
        "chat",
        {"reasoning_effort": "high"},
        "thinking",
    ),
    ("messages", {"thinking": {"type": "enabled", "budget_tokens": 1024}}, "chat", {}, "thinking"),
    (
        "messages",
        {"thinking": {"type": "adaptive", "display": "summarized"}},
        "responses",
        {"reasoning": {"effort": "high"}},
        "thinking.display",
    ),
    (
        "messages",
        {"thinking": {"type": "adaptive", "display": "omitted"}},
        "responses",
        {"reasoning": {"effort": "high", "summary": "auto"}},
        "thinking.display",
    ),
    ("chat", {"reasoning_effort": "high"}, "messages", {}, "thinking"),
    (
        "chat",
        {"reasoning_effort": "xhigh"},
        "messages",
        {"thinking": {"type": "enabled", "budget_tokens": 1024}},
        "thinking",
    ),
    (
        "messages",
        {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
        "chat",
        {},
        "output format",
    ),
    (
        "messages",
        {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
        "chat",
        {"response_format": {"type": "json_object"}},
        "output format",
    ),
    (
        "messages",
        {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
        "responses",
        {"text": {"format": {"type": "json_schema", "name": "n", "schema": LOOSE}}},
        "output format",
    ),
    (
        "chat",
        {"response_format": {"type": "json_schema", "json_schema": NAMED}},
        "responses",
        {"text": {"format": {"type": "json_schema", **NAMED, "strict": False}}},
        "output format",
    ),
    (
        "chat",
        {"response_format": {"type": "json_schema", "json_schema": NAMED}},
        "responses",
        {"text": {"format": {"type": "json_schema", **NAMED, "name": "m"}}},
        "output format",
    ),
    (
        "messages",
        {"stop_sequences": ["A", "B", "C", "D", "E"]},
        "chat",
        {"stop": ["A", "B", "C", "D"]},
        "stop",
    ),
    ("messages", {"metadata": {"user_id": "u" * 123}}, "responses", {"safety_identifier": "u" * 64}, "user"),
    ("chat", {"verbosity": "low"}, "responses", {}, "verbosity"),
    ("chat", {"logprobs": True}, "responses", {}, "logprobs"),
    ("chat", {"store": False}, "responses", {}, "store"),
    ("chat", {"prompt_cache_key": "k"}, "responses", {}, "prompt_cache_key"),
    ("chat", {"metadata": {"team": "a"}}, "responses", {}, "metadata.team"),
    ("chat", {"service_tier": "flex"}, "responses", {}, "service_tier"),
    ("chat", {"service_tier": "flex"}, "responses", {"service_tier": "priority"}, "service_tier"),
    ("chat", {"web_search_options": {"search_context_size": "low"}}, "messages", {}, "web_search_options"),
    ("messages", {"mcp_servers": MCP}, "responses", {}, "mcp_servers"),
    ("chat", {"temperature": 0.5}, "messages", {}, "temperature"),
    (
        "messages",
        {"context_management": {"edits": [{"type": "compact_20260112"}]}},
        "responses",
        {},
        "context_management",
    ),
    (
        "chat",
        {"parallel_tool_calls": False, "tools": [{"type": "function", "function": {"name": "f"}}]},
        "messages",
        {"tools": [{"name": "f", "input_schema": {}}]},
        "parallel_tool_calls",
    ),
    (
        "messages",
        {"thinking": {"type": "enabled", "budget_tokens": 2000}, "output_config": {"effort": "low"}},
        "chat",
        {"reasoning_effort": "high"},
        "thinking",
    ),
]


@pytest.mark.parametrize(("sent_kind", "sent", "kind", "arrived", "aspect"), OTHER)
def test_another_wish_is_told_where_the_wire_has_words_for_it(
    sent_kind: str, sent: Body, kind: str, arrived: Body, aspect: str
) -> None:
    """It is not excused."""
    assert [
        (name, excuse) for name, change, excuse in told(sent_kind, sent, kind, arrived) if change != "added"
    ] == [(aspect, None)]


ANTHROPICS: dict[str, Body] = {
    "top_k": {"top_k": 3},
    "container": {"container": "c"},
    "diagnostics": {"diagnostics": {"previous_message_id": None}},
    "inference_geo": {"inference_geo": "eu"},
    "speed": {"speed": "fast"},
    "fallbacks": {"fallbacks": [{"model": "m"}]},
    "output_config.task_budget": {"output_config": {"task_budget": {"type": "tokens", "total": 9}}},
    "context_management": {"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}},
}
CHATS: list[Body] = [
    {"seed": 7},
    {"n": 2},
    {"logit_bias": {"1": 5}},
    {"prediction": {"type": "content", "content": "a"}},
    {"modalities": ["text", "audio"]},
    {"frequency_penalty": 0.5},
]
OPENAIS: list[Body] = [
    {"logprobs": True},
    {"store": True},
    {"verbosity": "low"},
    {"prompt_cache_key": "k"},
    {"service_tier": "flex"},
]
RESPONSES: list[Body] = [
    {"background": True},
    {"truncation": "auto"},
    {"previous_response_id": "r"},
    {"max_tool_calls": 2},
    {"client_metadata": {"a": "b"}},
    {"include": ["web_search_call.action.sources"]},
]
UNSAYABLE: list[tuple[str, Body, str, str]] = [
    *(("messages", body, kind, name) for kind in ("chat", "responses") for name, body in ANTHROPICS.items()),
    ("messages", {"mcp_servers": MCP}, "chat", "mcp_servers"),
    ("messages", {"stop_sequences": ["A"]}, "responses", "stop"),
    *(("chat", body, kind, next(iter(body))) for kind in ("messages", "responses") for body in CHATS),
    *(("chat", body, "messages", next(iter(body))) for body in OPENAIS),
    ("chat", {"metadata": {"team": "a"}}, "messages", "metadata.team"),
    ("chat", {"response_format": {"type": "json_object"}}, "messages", "output format"),
    *(("responses", body, kind, next(iter(body))) for kind in ("messages", "chat") for body in RESPONSES),
]


@pytest.mark.parametrize(("sent_kind", "sent", "kind", "name"), UNSAYABLE)
def test_what_a_wire_has_no_field_for_is_excused_by_name(
    sent_kind: str, sent: Body, kind: str, name: str
) -> None:
    """It is told all the same, so that it can be counted."""
    found = between(sent_kind, sent, kind, {})
    assert [(one.aspect, one.change, one.excuse) for one in found.found] == [
        (name, "dropped", "no_equivalent")
    ]
    assert name in found.sent
    assert found.of({name}) == ()


@pytest.mark.parametrize("sent_kind", ["messages", "chat", "responses"])
@pytest.mark.parametrize("kind", ["messages", "chat", "responses"])
def test_nothing_is_excused_as_missing_that_the_wire_has_under_the_same_name(
    sent_kind: str, kind: str
) -> None:
    """Each field of one wire, sent alone and dropped: an excuse needs a wire without it."""
    by_value = {"service_tier", "context_management", "prompt_cache_options.prewarm"}
    for path in sorted(FIELDS[sent_kind]):
        if path.endswith(".*") or path in by_value | {"stream", "cache_control"}:
            continue
        body: Any = "x-1"
        for key in reversed(path.split(".")[1:]):
            body = {key: body}
        excused = [
            one for one in between(sent_kind, {path.split(".")[0]: body}, kind, {}).found if one.excuse
        ]
        assert not (excused and wire_has(kind, path)), path


def test_a_limit_that_the_wire_demands_is_no_addition() -> None:
    """Anthropic takes no request without max_tokens; elsewhere it is the gateway's own idea."""
    assert told("chat", {}, "messages", {"max_tokens": 4096}) == [("max_tokens", "added", "no_equivalent")]
    assert told("messages", {}, "chat", {"max_tokens": 4096}) == [("max_tokens", "added", None)]


@pytest.mark.parametrize(
    ("sent", "kind", "arrived", "excuse"),
    [
        ({"temperature": 1.5}, "messages", {"temperature": 1}, "no_equivalent"),
        ({"temperature": 0.5}, "messages", {"temperature": 1}, None),
        ({"max_tokens": 5}, "responses", {"max_output_tokens": 16}, "no_equivalent"),
        ({"max_tokens": 50}, "responses", {"max_output_tokens": 16}, None),
    ],
)
def test_a_number_may_be_brought_within_what_a_wire_takes(
    sent: Body, kind: str, arrived: Body, excuse: str | None
) -> None:
    """And no further."""
    ((_, change, found),) = told("chat", sent, kind, arrived)
    assert (change, found) == ("changed", excuse)


ALLOWED = {
    "type": "allowed_tools",
    "allowed_tools": {"mode": "required", "tools": [{"type": "function", "function": {"name": "a"}}]},
}
FLAT = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "a"}]}
A, B = {"name": "a", "input_schema": {}}, {"name": "b", "input_schema": {}}


@pytest.mark.parametrize(
    ("kind", "arrived", "expected"),
    [
        ("responses", {"tool_choice": FLAT}, []),
        ("responses", {"tool_choice": FLAT | {"mode": "auto"}}, [("tool_choice", "changed", None)]),
        ("responses", {"tool_choice": "required"}, [("tool_choice", "changed", None)]),
        ("messages", {"tool_choice": {"type": "any"}, "tools": [A]}, []),
        (
            "messages",
            {"tool_choice": {"type": "any"}, "tools": [A, B]},
            [("tool_choice", "changed", "no_equivalent")],
        ),
        ("messages", {"tools": [A, B], "tool_choice": {"type": "auto"}}, [("tool_choice", "changed", None)]),
        ("messages", {"tools": [A, B]}, [("tool_choice", "dropped", None)]),
        ("responses", {"tools": [{"type": "function", "name": "a"}]}, [("tool_choice", "dropped", None)]),
    ],
)
def test_a_choice_among_some_of_the_tools_is_compared_with_its_tools(
    kind: str, arrived: Body, expected: list[tuple[str, str, str | None]]
) -> None:
    """Anthropic's wire says it by offering only these tools."""
    assert told("chat", {"tool_choice": ALLOWED}, kind, arrived) == expected


def test_a_budget_beside_an_effort_has_no_place_on_a_wire_with_one_word() -> None:
    """The effort counts, and the budget is told as what cannot be said."""
    sent = {"thinking": {"type": "enabled", "budget_tokens": 2000}, "output_config": {"effort": "low"}}
    (found,) = between("messages", sent, "chat", {"reasoning_effort": "low"}).found
    assert (found.why, found.excuse) == (
        "thinking.budget_tokens 2000 was dropped: the chat wire has no field for it beside an effort",
        "no_equivalent",
    )
