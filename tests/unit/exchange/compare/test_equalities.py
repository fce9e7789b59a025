"""Wishes across wires: which say the same, which do not, and what is held against nobody."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.exchange.compare.test_wishes import between, told

Body = dict[str, Any]
M, C, R, OLLAMA = "messages", "chat", "responses", "ollama_chat"
OWN: Body = {"tools": [{"name": "f", "input_schema": {"type": "object"}}]}
CHATS: Body = {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]}
FLAT: Body = {"tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}}]}
SERVER: Body = {"type": "url", "url": "https://mcp.example.org/x", "name": "wiki"}
MCP: Body = {"type": "mcp", "server_url": SERVER["url"], "server_label": "wiki"}
SEARCH: Body = {"type": "web_search_20250305", "name": "web_search"}
PLACE: Body = {"type": "approximate", "approximate": {"city": "Bern", "country": None}}
COMPACT: Body = {"type": "compact_20260112", "trigger": {"type": "input_tokens", "value": 9}}
CLEAR: Body = {"type": "clear_tool_uses_20250919"}
ADAPTIVE: Body = {"thinking": {"type": "adaptive"}}
SOME: Body = {"mode": "auto", "tools": [{"type": "function", "function": {"name": "f"}}]}
ALLOWED: Body = {"tool_choice": {"type": "allowed_tools", "allowed_tools": SOME}}


def enabled(budget: int, **more: Any) -> Body:
    """Thinking with a budget in tokens."""
    return {"thinking": {"type": "enabled", "budget_tokens": budget}, **more}


def effort(word: str) -> Body:
    """An effort on the messages wire."""
    return {"output_config": {"effort": word}}


def named(function: str) -> Body:
    """A tool of chat's by its name."""
    return {"type": "function", "function": {"name": function}}


SAME: list[tuple[str, Body, str, Body]] = [
    # two names of one user
    (C, {"user": "a", "safety_identifier": "b"}, R, {"user": "a", "safety_identifier": "b"}),
    (C, {"user": "a", "safety_identifier": "a"}, M, {"metadata": {"user_id": "a"}}),
    # stop sequences are a set
    (C, {"stop": ["A", "B", "A"]}, M, {"stop_sequences": ["B", "A"]}),
    # what only another wire has a field for reads as it does there
    (C, enabled(2_000), M, enabled(2_000)),
    (R, {"stop": "END"}, M, {"stop_sequences": ["END"]}),
    (C, {"stop_sequences": ["A"]}, M, {"stop_sequences": ["A"]}),
    (C, {"reasoning": {"effort": "high"}}, R, {"reasoning": {"effort": "high"}}),
    (C, effort("low"), M, effort("low")),
    (M, {"reasoning_effort": "high"}, C, {"reasoning_effort": "high"}),
    (C, {"top_k": 5}, M, {"top_k": 5}),
    (M, {"made_up": {"a": 1}}, C, {"made_up": {"a": 1.0}}),
    # thinking
    (C, {"reasoning_effort": "high"}, M, ADAPTIVE),
    (C, {"reasoning_effort": {"effort": "low", "summary": "auto"}}, R, {"reasoning": {"effort": "low"}}),
    (M, {"thinking": {"type": "between_tools"}}, C, {"reasoning_effort": "low"}),
    (C, {"reasoning_effort": "none"}, M, {"thinking": {"type": "disabled"}}),
    # tools
    (C, {"parallel_tool_calls": False}, M, {}),
    (C, {"tool_choice": "required"}, M, {}),
    (
        R,
        {"tool_choice": {"type": "web_search_preview"}, "tools": [{"type": "web_search_preview"}]},
        M,
        {"tool_choice": {"type": "tool", "name": "web_search"}, "tools": [SEARCH]},
    ),
    (
        R,
        {"tool_choice": {"type": "custom", "name": "q"}, "tools": [{"type": "custom", "name": "q"}]},
        C,
        {
            "tool_choice": {"type": "custom", "custom": {"name": "q"}},
            "tools": [{"type": "custom", "custom": {"name": "q"}}],
        },
    ),
    (
        R,
        {"tools": [MCP]},
        M,
        {"mcp_servers": [SERVER], "tools": [{"type": "mcp_toolset", "mcp_server_name": "wiki"}]},
    ),
    (
        M,
        {"mcp_servers": [SERVER | {"authorization_token": "t"}]},
        R,
        {"tools": [MCP | {"headers": {"Authorization": "Bearer t"}}]},
    ),
    (C, {"web_search_options": {}}, M, {"tools": [SEARCH]}),
    (
        C,
        {"web_search_options": {"user_location": PLACE}},
        R,
        {"tools": [{"type": "web_search", "user_location": {"type": "approximate", "city": "Bern"}}]},
    ),
    # the rest
    (C, {"service_tier": "priority"}, M, {"speed": "fast"}),
    (R, {"store": False}, M, {}),
    (C, {"stream_options": {"include_obfuscation": False}}, M, {}),
    (R, {"top_logprobs": 3}, C, {"top_logprobs": 3, "logprobs": True}),
    (C, {"n": 1.0, "temperature": 1.0, "presence_penalty": 0.0}, M, {}),
    (C, {"seed": 2**70}, OLLAMA, {"options": {"seed": 2**70}}),
]


@pytest.mark.parametrize(("sent_kind", "sent", "kind", "arrived"), SAME)
def test_an_honest_translation_is_not_accused(sent_kind: str, sent: Body, kind: str, arrived: Body) -> None:
    """Not even with an excuse."""
    assert told(sent_kind, sent, kind, arrived) == []


OTHER: list[tuple[str, Body, str, Body, str]] = [
    (C, {"user": "a", "safety_identifier": "b"}, R, {"user": "a"}, "safety_identifier"),
    (C, {"user": "a", "metadata": {"user_id": "z"}}, R, {"user": "a"}, "metadata.user_id"),
    (C, {"stop": ["A", "B"]}, M, {"stop_sequences": ["A"]}, "stop"),
    (C, {"stop": ["\n", "A", "B"]}, M, {"stop_sequences": ["A"]}, "stop"),
    # a field of another wire is none where the wire has its own
    (M, {"temperature": 0.3}, OLLAMA, {"temperature": 0.3}, "temperature"),
    (M, {"stop_sequences": ["A"]}, C, {"stop_sequences": ["A"]}, "stop"),
    (M, {"mcp_servers": [SERVER]}, R, {"mcp_servers": [SERVER]}, "mcp_servers"),
    (C, {"top_k": 5}, M, {}, "top_k"),
    (C, {"reasoning": {"effort": "high"}}, R, {"reasoning": {"effort": "low"}}, "thinking"),
    (M, {"made_up": {"a": 1}}, C, {"made_up": {"a": True}}, "made_up"),
    # thinking
    (C, {"reasoning_effort": "low"}, M, ADAPTIVE, "thinking"),
    (C, {"reasoning_effort": "max"}, M, ADAPTIVE, "thinking"),
    (C, {"reasoning_effort": "high"}, M, {**enabled(1_024), **effort("high")}, "thinking"),
    (M, {"thinking": {"type": "between_tools"}}, C, {"reasoning_effort": "high"}, "thinking"),
    (C, enabled(2_000), M, enabled(1_024), "thinking"),
    (C, enabled(2_000), M, ADAPTIVE, "thinking"),
    (C, ADAPTIVE, M, enabled(1_999), "thinking"),
    (C, {"thinking": 5}, M, enabled(2_000), "thinking"),
    (M, {"thinking": {"type": "disabled"}}, C, {"reasoning_effort": "high"}, "thinking"),
    (C, {"reasoning_effort": "none"}, M, ADAPTIVE, "thinking"),
    (R, {"reasoning": {"effort": "none"}}, C, {"reasoning_effort": "low"}, "thinking"),
    (C, {"logprobs": False}, R, {"include": ["message.output_text.logprobs"]}, "logprobs"),
    # tools
    (C, {"parallel_tool_calls": False, **CHATS}, M, OWN, "parallel_tool_calls"),
    (C, {"tool_choice": "required", **CHATS}, M, OWN, "tool_choice"),
    (C, {"tool_choice": "required", **CHATS}, M, {}, "tool_choice"),
    (
        R,
        {"tool_choice": {"type": "web_search"}, "tools": [{"type": "web_search"}]},
        M,
        {"tools": [SEARCH]},
        "tool_choice",
    ),
    # a client's own tool is no server's, whatever its name
    (
        M,
        {"mcp_servers": [SERVER], **OWN},
        R,
        {"tools": [{"type": "function", "name": "mcp__wiki"}]},
        "mcp_servers",
    ),
    (
        M,
        {"mcp_servers": [SERVER]},
        R,
        {"tools": [MCP | {"server_url": "https://else.example"}]},
        "mcp_servers",
    ),
    (M, {"mcp_servers": [SERVER | {"authorization_token": "t"}]}, R, {"tools": [MCP]}, "mcp_servers"),
    (M, {"mcp_servers": [SERVER, SERVER | {"url": "https://b.example"}]}, R, {"tools": [MCP]}, "mcp_servers"),
    (C, {"web_search_options": {}}, M, {}, "web_search_options"),
    (
        C,
        {"web_search_options": {}},
        M,
        {"tools": [{"name": "web_search", "input_schema": {}}]},
        "web_search_options",
    ),
    (
        C,
        {"web_search_options": {"search_context_size": "low"}},
        R,
        {"tools": [{"type": "web_search", "search_context_size": "high"}]},
        "web_search_options",
    ),
    (C, {"web_search_options": {"user_location": PLACE}}, M, {"tools": [SEARCH]}, "web_search_options"),
    (
        M,
        {"context_management": {"edits": [CLEAR, COMPACT]}},
        R,
        {"context_management": [{"type": "compaction", "compact_threshold": 8}]},
        "context_management",
    ),
    (C, {"service_tier": ["a"]}, M, {"service_tier": "auto"}, "service_tier"),
]


@pytest.mark.parametrize(("sent_kind", "sent", "kind", "arrived", "aspect"), OTHER)
def test_what_says_another_thing_is_told_by_its_wish(
    sent_kind: str, sent: Body, kind: str, arrived: Body, aspect: str
) -> None:
    """Nothing that the wire could say is excused."""
    found = [one for one in told(sent_kind, sent, kind, arrived) if one[1] != "added"]
    assert [(name, excuse) for name, _, excuse in found] == [(aspect, None)]


EXCUSED: list[tuple[str, Body, str, Body, tuple[str, str]]] = [
    (
        C,
        {"user": "a", "safety_identifier": "b"},
        M,
        {"metadata": {"user_id": "a"}},
        ("safety_identifier", "dropped"),
    ),
    (C, {"stop": ["\n"]}, M, {}, ("stop", "dropped")),
    (C, {"stop": ["\n\n", "END"]}, M, {"stop_sequences": ["END"]}, ("stop", "changed")),
    (C, {"temperature": 1.5}, M, {}, ("temperature", "dropped")),
    (
        C,
        ALLOWED,
        M,
        {"tools": [*OWN["tools"], {"name": "g", "input_schema": {}}]},
        ("tool_choice", "dropped"),
    ),
    (
        R,
        {"tool_choice": {"type": "file_search"}, "tools": [{"type": "file_search"}, *FLAT["tools"]]},
        C,
        CHATS,
        ("tool_choice", "dropped"),
    ),
    (
        M,
        {"context_management": {"edits": [CLEAR, COMPACT]}},
        R,
        {"context_management": [{"type": "compaction", "compact_threshold": 9}]},
        ("context_management", "dropped"),
    ),
    (
        C,
        {"web_search_options": {"search_context_size": "low"}},
        M,
        {"tools": [SEARCH]},
        ("web_search_options", "dropped"),
    ),
    (R, {"previous_response_id": "r"}, C, {}, ("previous_response_id", "dropped")),
    (M, {"made_up": {"a": 1}}, C, {}, ("made_up", "dropped")),
]


@pytest.mark.parametrize(("sent_kind", "sent", "kind", "arrived", "fate"), EXCUSED)
def test_what_a_wire_has_no_words_for_is_excused_and_told(
    sent_kind: str, sent: Body, kind: str, arrived: Body, fate: tuple[str, str]
) -> None:
    """So that it is counted."""
    assert told(sent_kind, sent, kind, arrived) == [(*fate, "no_equivalent")]


def test_what_looks_alike_is_spelled_out() -> None:
    """Two normal forms of one letter would read the same."""
    (found,) = between(C, {"user": "Zo\u00eb"}, M, {"metadata": {"user_id": "Zoe\u0308"}}).found
    assert found.why == r'user "Zo\u00eb" arrived as "Zoe\u0308"'


@pytest.mark.parametrize("given", [5, "x", True, ["a"], [["a"]], {"type": 5}, {"a": {}}, [{"type": None}]])
@pytest.mark.parametrize("kind", [M, C, R, OLLAMA])
@pytest.mark.parametrize("sent_kind", [M, C, R])
def test_no_value_of_any_field_makes_comparing_raise(sent_kind: str, kind: str, given: Any) -> None:
    """Bodies come from users and gateways."""
    names = (
        "thinking",
        "service_tier",
        "speed",
        "stop",
        "stop_sequences",
        "tool_choice",
        "mcp_servers",
        "user",
    )
    more = (
        "web_search_options",
        "context_management",
        "output_config",
        "response_format",
        "text",
        "reasoning",
    )
    beside = (
        "temperature",
        "top_p",
        "max_tokens",
        "include",
        "metadata",
        "format",
        "think",
        "reasoning_effort",
    )
    for name in (*names, *more, *beside):
        for arrived in (
            {},
            {name: given},
            {name: "other"},
            {"thinking": {"type": "enabled", "budget_tokens": 9}},
        ):
            told(sent_kind, {name: given}, kind, arrived)
            told(sent_kind, arrived, kind, {name: given})


TOOLS = {
    "messages": [{"name": "f", "input_schema": {"type": "object"}}],
    "chat": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
    "responses": [
        {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": False},
    ],
}


@pytest.mark.parametrize("sent_kind", ["chat", "responses"])
def test_nothing_is_called_at_once_where_nothing_may_be_called(sent_kind: str) -> None:
    """Anthropic's choice of no tool has no place for parallel calls; with another choice they count."""
    alone = {"tools": TOOLS[sent_kind], "parallel_tool_calls": False}
    arrived = {"tools": TOOLS["messages"]}
    none = between(
        sent_kind, alone | {"tool_choice": "none"}, "messages", arrived | {"tool_choice": {"type": "none"}}
    )
    assert not none.found
    assert not between(sent_kind, alone | {"tool_choice": "none"}, "messages", {}).of({"parallel_tool_calls"})
    lost = between(sent_kind, alone | {"tool_choice": "none"}, "messages", arrived)
    assert lost.of({"parallel_tool_calls"})
    assert lost.of({"tool_choice"})
    auto = between(sent_kind, alone, "messages", arrived)
    assert auto.of({"parallel_tool_calls"})


@pytest.mark.parametrize(
    ("allowed", "arrived", "same"),
    [
        (["a", "b"], ["b", "a"], True),
        (["a"], {"tool_names": ["a"]}, True),
        (["a"], ["a", "b"], False),
        (["a"], None, False),
        (None, ["a"], False),
        (None, None, True),
    ],
)
def test_a_server_is_the_same_only_with_the_tools_it_may_be_asked_for(
    allowed: Any, arrived: Any, same: bool
) -> None:
    """In the older form a server names them itself."""
    server: Body = {"type": "url", "url": "https://wiki.example", "name": "wiki"}
    hosted: Body = {"type": "mcp", "server_label": "wiki", "server_url": "https://wiki.example"}
    server |= {"tool_configuration": {"allowed_tools": allowed}} if allowed is not None else {}
    hosted |= {"allowed_tools": arrived} if arrived is not None else {}
    there = between("messages", {"mcp_servers": [server]}, "responses", {"tools": [hosted]})
    back = between("responses", {"tools": [hosted]}, "messages", {"mcp_servers": [server]})
    counted = [[one for one in found.found if one.excuse is None] for found in (there, back)]
    assert [not found for found in counted] == [same, same]


@pytest.mark.parametrize(("token", "same"), [("t", True), ("other", False), (None, False)])
def test_the_key_for_a_server_arrives_where_the_wire_has_it(token: str | None, same: bool) -> None:
    """It is no field that Anthropic's wire lacks: it stands beside the server's address."""
    hosted = {
        "type": "mcp",
        "server_label": "wiki",
        "server_url": "https://wiki.example",
        "authorization": "t",
    }
    server: Body = {"type": "url", "url": "https://wiki.example", "name": "wiki"}
    server |= {"authorization_token": token} if token else {}
    toolset = [{"type": "mcp_toolset", "mcp_server_name": "wiki"}]
    found = between(
        "responses", {"tools": [hosted]}, "messages", {"mcp_servers": [server], "tools": toolset}
    ).found
    assert (not [one for one in found if one.excuse is None]) is same
    assert not any("no such field" in one.why for one in found)
