"""What a tool says before and behind a gateway: everything is compared, on every wire."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from lab import wires
from lab.exchange.compare.tools import ToolChange, tool_changes

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
READ: dict[str, Any] = {"name": "Read", "description": "Read a file from the disk.", "input_schema": SCHEMA}
EDIT: dict[str, Any] = {"name": "Edit", "description": "Edit a file.", "input_schema": SCHEMA}
SEARCH: dict[str, Any] = {"type": "web_search_20250305", "name": "web_search", "max_uses": 2}
MCP: dict[str, Any] = {"type": "mcp_toolset", "mcp_server_name": "wiki"}


def chat(tool: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The tool as chat has it."""
    function = {key: value for key, value in tool.items() if key != "input_schema"}
    if "input_schema" in tool:
        function["parameters"] = tool["input_schema"]
    return {"type": "function", "function": function | more}


def responses(tool: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The tool as the Responses API has it."""
    return {"type": "function", **chat(tool, **more)["function"]}


def changes(sent: Any, arrived: Any, kind: str = "messages", sent_kind: str = "messages") -> list[ToolChange]:
    """What became of the tools of a request."""
    bodies = [{} if tools is None else {"tools": tools} for tools in (sent, arrived)]
    ours, theirs = wires.read_request(sent_kind, bodies[0]), wires.read_request(kind, bodies[1])
    return list(tool_changes(sent_kind, ours, kind, theirs))


def told(sent: Any, arrived: Any, kind: str = "messages", sent_kind: str = "messages") -> list[str]:
    """The same in words, with `!` before what is excused."""
    found = changes(sent, arrived, kind, sent_kind)
    return [f"{'!' if one.excuse else ''}{one.name} {one.what}".strip() for one in found]


@pytest.mark.parametrize(
    ("sent", "arrived", "why"),
    [
        ({}, {"description": ""}, "Read lost its description"),
        ({}, {"description": None}, "Read lost its description"),
        ({}, {"description": "Read a…"}, "Read has its description cut to 7 of 26 characters"),
        ({}, {"description": "Read it."}, "Read has another description: "),
        ({"description": None}, {}, 'Read has got a description: "Read a file from the disk."'),
        ({}, {"input_schema": None}, "Read lost its schema"),
        ({}, {"input_schema": {}}, "Read lost type of its schema (and 2 more)"),
        ({}, {"input_schema": SCHEMA | {"maxProperties": 1}}, "Read has a new maxProperties in its schema"),
        ({"input_schema": None}, {"input_schema": {}}, "Read has got a schema: {}"),
        ({}, {"strict": True}, "Read has got strict true"),
        ({"strict": True}, {}, "Read lost strict true"),
        ({"strict": True}, {"strict": False}, "Read lost strict true"),
        ({"defer_loading": True}, {}, "Read lost defer_loading true"),
        ({}, {"defer_loading": True}, "Read has got defer_loading true"),
        ({"input_examples": [{"path": "a"}]}, {}, 'Read lost input_examples [{"path": "a"}]'),
        (
            {"input_examples": [{"path": "a"}]},
            {"input_examples": [{"path": "b"}]},
            'Read has input_examples [{"path": "b"}] in place of [{"path": "a"}]',
        ),
        ({"eager_input_streaming": True}, {}, "Read lost eager_input_streaming true"),
        ({"eager_input_streaming": False}, {}, "Read lost eager_input_streaming false"),
        ({"allowed_callers": ["code_execution_20250825"]}, {}, "Read lost allowed_callers ["),
        ({"a_field_to_come": 1}, {}, "Read lost a_field_to_come 1"),
        ({"a_field_to_come": 1}, {"a_field_to_come": True}, "Read has a_field_to_come true in place of 1"),
        ({}, {"type": "bash_20250124"}, "Read arrived as bash_20250124, not a function"),
    ],
)
def test_everything_that_a_tool_says_is_compared(
    sent: dict[str, Any], arrived: dict[str, Any], why: str
) -> None:
    """Lost, changed or added, on the wire it was sent on nothing is excused."""
    (found,) = told([READ | sent], [READ | arrived])
    assert found.startswith(why)


@pytest.mark.parametrize(
    ("sent", "arrived"),
    [
        ({}, {}),
        ({"type": "custom"}, {}),
        ({"strict": False}, {}),
        ({}, {"defer_loading": False, "allowed_callers": ["direct"], "eager_input_streaming": None}),
        ({"input_examples": []}, {}),
        ({"cache_control": {"type": "ephemeral"}}, {}),
        ({"description": ""}, {"description": None}),
    ],
)
def test_what_is_the_default_may_be_said_or_left_out(sent: dict[str, Any], arrived: dict[str, Any]) -> None:
    """A tool without a type is custom; cache marks are compared with the other marks."""
    assert told([READ | sent], [READ | arrived]) == []


@pytest.mark.parametrize(
    ("tool", "arrived", "why"),
    [
        (SEARCH, {"max_uses": 5}, "web_search has max_uses 5 in place of 2"),
        (SEARCH, {"max_uses": None}, "web_search lost max_uses 2"),
        (
            SEARCH,
            {"type": "web_search_20260209"},
            "web_search arrived as web_search_20260209, not web_search_2025",
        ),
        (
            SEARCH,
            {"type": None, "input_schema": SCHEMA},
            "web_search arrived as a function, not web_search_2025",
        ),
        (
            SEARCH,
            {"type": "custom", "input_schema": {}},
            "web_search arrived as a function, not web_search_2025",
        ),
        (
            SEARCH | {"allowed_domains": ["a.org"]},
            {"allowed_domains": []},
            "web_search has allowed_domains []",
        ),
        (
            SEARCH | {"blocked_domains": ["a.org"]},
            {"blocked_domains": None},
            "web_search lost blocked_domains",
        ),
        (
            SEARCH | {"user_location": {"type": "approximate", "city": "Ghent"}},
            {"user_location": {"type": "approximate", "city": "Bruges"}},
            "web_search has user_location",
        ),
        (MCP | {"configs": {"a": {"enabled": False}}}, {"configs": {}}, "mcp_toolset lost configs"),
        (MCP, {"mcp_server_name": "other"}, 'mcp_toolset has mcp_server_name "other" in place of "wiki"'),
    ],
)
def test_tools_of_the_providers_own_are_compared_too(
    tool: dict[str, Any], arrived: dict[str, Any], why: str
) -> None:
    """Limits, domains, places, versions, and who runs them."""
    assert told([tool], [tool | arrived])[0].startswith(why)
    assert told([tool], [deepcopy(tool)]) == []


def test_which_tools_are_there_and_in_which_order() -> None:
    """One that is gone, one that was added, another order, and a list without any."""
    assert told([READ, EDIT], [READ]) == ["Edit was not forwarded"]
    assert told([READ], [READ, EDIT]) == ["Edit was added"]
    assert told([READ, EDIT], [EDIT, READ]) == [
        "the tools arrived in another order, which begins with Edit, Read"
    ]
    assert told([READ, SEARCH, EDIT], [READ, EDIT]) == ["web_search was not forwarded"]


@pytest.mark.parametrize("kind", ["messages", "chat", "responses", "ollama_chat"])
def test_an_empty_list_of_tools_is_seen_on_every_wire(kind: str) -> None:
    """Nobody sent one; left out, or sent empty, there is nothing to tell."""
    assert told(None, [], kind) == ["an empty list of tools was added"]
    assert told(None, None, kind) == told([], [], kind) == told([], None, kind) == []


@pytest.mark.parametrize("wire", [("chat", chat), ("responses", responses)], ids=["chat", "responses"])
@pytest.mark.parametrize(
    ("sent", "arrived", "why"),
    [
        ({}, {}, None),
        ({"strict": True}, {"strict": True}, None),
        ({"strict": True}, {}, "Read lost strict true"),
        ({}, {"strict": True}, "Read has got strict true"),
        ({}, {"strict": False}, None),
        ({}, {"description": ""}, "Read lost its description"),
        (
            {},
            {"parameters": SCHEMA | {"additionalProperties": False}},
            "Read has a new additionalProperties in",
        ),
        ({"input_schema": {"type": "object", "properties": {}}}, {"parameters": None}, None),
    ],
)
def test_a_translated_tool_says_the_same(
    wire: Any, sent: dict[str, Any], arrived: dict[str, Any], why: str | None
) -> None:
    """Wherever its schema stands and whatever it is called there; strict mode's rules are added by none."""
    kind, translated = wire
    tool = READ | sent
    bare = {key: value for key, value in tool.items() if key != "strict"}
    found = told([tool], [translated(bare, **arrived)], kind)
    assert [one[: len(why or "")] for one in found] == ([why] if why else [])


@pytest.mark.parametrize(
    ("field", "chat_has", "responses_has"),
    [
        ({"strict": True}, True, True),
        ({"defer_loading": True}, False, True),
        ({"input_examples": [{"path": "a"}]}, False, False),
        ({"eager_input_streaming": True}, False, False),
        ({"allowed_callers": ["code_execution_20250825"]}, False, False),
    ],
)
def test_what_a_wire_has_no_field_for_is_excused_and_told(
    field: dict[str, Any], chat_has: bool, responses_has: bool
) -> None:
    """Lost where the other wire has the field; else nobody's fault, and told with the reason."""
    for kind, there, translated in (("chat", chat_has, chat), ("responses", responses_has, responses)):
        (found,) = changes([READ | field], [translated(READ)], kind)
        assert found.excuse == (None if there else "no_equivalent")
        assert found.what.endswith("has no such field") is not there


@pytest.mark.parametrize(
    ("tool", "kind", "arrived", "why"),
    [
        # A server tool that the client is asked to run, or that the wire has none of.
        (
            SEARCH,
            "chat",
            [chat({"name": "web_search"})],
            "web_search arrived as a function, not web_search_2025",
        ),
        (
            SEARCH,
            "responses",
            [responses({"name": "web_search"})],
            "web_search arrived as a function, not web_",
        ),
        (SEARCH, "chat", [], "!web_search was not forwarded: the chat wire has no web_search_20250305"),
        (SEARCH, "responses", [], "web_search was not forwarded"),
        (MCP, "chat", [], "!mcp_toolset was not forwarded: the chat wire has no mcp_toolset"),
        # One with a counterpart: only its own fields are excused.
        (
            SEARCH,
            "responses",
            [{"type": "web_search"}],
            "!web_search lost max_uses 2: the responses wire has no",
        ),
        (
            {"type": "web_search_20250305", "name": "web_search", "allowed_domains": ["a.org"]},
            "responses",
            [{"type": "web_search", "filters": {"allowed_domains": ["b.org"]}}],
            'web_search has allowed_domains ["b.org"] in place of ["a.org"]',
        ),
        # A tool that Anthropic specifies and the client runs has to be described elsewhere.
        (
            {"type": "bash_20250124", "name": "bash"},
            "chat",
            [chat({"name": "bash"})],
            "bash arrived as a function without parameters",
        ),
        (
            {"type": "bash_20250124", "name": "bash"},
            "chat",
            [chat(READ | {"name": "bash"})],
            "!bash arrived as a function, not bash_20250124, which the chat wire has not",
        ),
    ],
)
def test_a_tool_without_an_equal_on_the_other_wire(
    tool: dict[str, Any], kind: str, arrived: list[dict[str, Any]], why: str
) -> None:
    """What the wire has nothing for is excused; what pretends to be the tool is not."""
    assert told([tool], arrived, kind)[0].startswith(why)


def test_a_search_with_equal_domains_is_the_same_on_both_wires() -> None:
    """OpenAI has them among the filters."""
    tool = {"type": "web_search_20250305", "name": "web_search", "allowed_domains": ["a.org"]}
    assert (
        told([tool], [{"type": "web_search", "filters": {"allowed_domains": ["a.org"]}}], "responses") == []
    )


ROME = {"type": "approximate", "city": "Rome"}


@pytest.mark.parametrize(
    ("tool", "options", "why"),
    [
        (SEARCH, {}, "!web_search lost max_uses 2: the chat wire has no such field"),
        (SEARCH | {"max_uses": None}, {}, None),
        (
            {"type": "web_search_20250305", "name": "web_search", "user_location": ROME},
            {"user_location": {"type": "approximate", "approximate": {"city": "Rome"}}},
            None,
        ),
        (
            {"type": "web_search_20250305", "name": "web_search", "user_location": ROME},
            {},
            "web_search lost user_location",
        ),
        (
            {"type": "web_search_20250305", "name": "web_search", "user_location": ROME},
            {"user_location": {"type": "approximate", "approximate": {"city": "Paris"}}},
            "web_search has user_location",
        ),
    ],
)
def test_chat_has_a_web_search_among_its_parameters(
    tool: dict[str, Any], options: dict[str, Any], why: str | None
) -> None:
    """With the place of the user, and nothing else that Anthropic's has."""
    ours = wires.read_request("messages", {"tools": [tool]})
    theirs = wires.read_request("chat", {"web_search_options": options})
    found = list(tool_changes("messages", ours, "chat", theirs))
    told = [f"{'!' if one.excuse else ''}{one.name} {one.what}" for one in found]
    assert [one[: len(why or "")] for one in told] == ([why] if why else [])


GRAMMAR = {"type": "grammar", "syntax": "lark", "definition": "start: /a+/"}


@pytest.mark.parametrize(
    ("arrived", "why"),
    [
        ({"type": "custom", "name": "a", "format": GRAMMAR}, None),
        ({"type": "custom", "name": "a"}, "a lost format"),
        ({"type": "custom", "name": "a", "format": GRAMMAR | {"definition": "x"}}, "a has format"),
        (
            {"type": "function", "name": "a", "parameters": SCHEMA},
            "a arrived as a function, not a tool with free",
        ),
    ],
)
def test_a_tool_with_free_input_keeps_its_grammar(arrived: dict[str, Any], why: str | None) -> None:
    """OpenAI's custom tools, from chat to responses; chat has the grammar one level deeper."""
    inner = {key: value for key, value in GRAMMAR.items() if key != "type"}
    sent = {"type": "custom", "custom": {"name": "a", "format": {"type": "grammar", "grammar": inner}}}
    found = told([sent], [arrived], "responses", "chat")
    assert [one[: len(why or "")] for one in found][:1] == ([why] if why else [])


@pytest.mark.parametrize(
    ("tool", "changed"),
    [
        ({"type": "file_search", "vector_store_ids": ["a"]}, {"vector_store_ids": ["b"]}),
        ({"type": "code_interpreter", "container": {"type": "auto"}}, {"container": "cntr_1"}),
        (
            {"type": "mcp", "server_label": "w", "server_url": "https://a.example"},
            {"require_approval": "never"},
        ),
        ({"type": "web_search", "search_context_size": "high"}, {"search_context_size": "low"}),
    ],
)
def test_hosted_tools_of_responses_are_compared(tool: dict[str, Any], changed: dict[str, Any]) -> None:
    """All their fields, as they are sent."""
    assert told([tool], [tool | changed], "responses", "responses")
    assert told([tool], [deepcopy(tool)], "responses", "responses") == []


def test_two_of_one_name_are_told_apart() -> None:
    """Each is compared with its equal before any other."""
    wiki, docs = MCP, MCP | {"mcp_server_name": "docs"}
    assert told([wiki, docs], [wiki]) == ["mcp_toolset was not forwarded"]
    assert told([wiki, docs], [docs, wiki])[0].startswith("the tools arrived in another order")


def test_the_same_tool_twice_is_in_order() -> None:
    """Which of two equal ones arrived where is nobody's concern."""
    assert told([READ, EDIT, READ], [READ, EDIT, READ]) == []
    assert told([READ, EDIT, READ], [READ, EDIT]) == ["Read was not forwarded"]


LOOSE: dict[str, Any] = READ | {
    "input_schema": {"type": "object", "properties": {"path": {"type": "string"}}}
}
STRICT_NOW = "arrived without strict false, so that the responses wire makes all its parameters mandatory"


@pytest.mark.parametrize(
    ("sent", "sent_kind", "arrived", "kind", "why"),
    [
        (LOOSE, "messages", responses(LOOSE), "responses", STRICT_NOW),
        (chat(LOOSE), "chat", responses(LOOSE), "responses", STRICT_NOW),
        (chat(LOOSE, strict=False), "chat", responses(LOOSE, strict=None), "responses", STRICT_NOW),
        (LOOSE, "messages", responses(LOOSE, strict=False), "responses", None),
        (READ, "messages", responses(READ), "responses", None),
        (LOOSE, "messages", responses(LOOSE, strict=True), "responses", "has got strict true"),
        (responses(LOOSE), "responses", responses(LOOSE), "responses", None),
        (responses(LOOSE), "responses", responses(LOOSE, strict=None), "responses", None),
        (responses(LOOSE), "responses", responses(LOOSE, strict=False), "responses", "has got strict false"),
        (responses(LOOSE, strict=False), "responses", responses(LOOSE), "responses", "lost strict false"),
        (
            responses(LOOSE, strict=False),
            "responses",
            responses(LOOSE, strict=True),
            "responses",
            "has got strict true",
        ),
        (responses(LOOSE, strict=False), "responses", chat(LOOSE), "chat", None),
        (responses(LOOSE), "responses", chat(LOOSE), "chat", None),
        (responses(LOOSE, strict=False), "responses", LOOSE, "messages", None),
    ],
)
def test_the_responses_wire_alone_is_strict_unless_it_is_told(
    sent: dict[str, Any], sent_kind: str, arrived: dict[str, Any], kind: str, why: str | None
) -> None:
    """To leave `strict` out on the way there makes optional parameters mandatory."""
    assert told([sent], [arrived], kind, sent_kind) == ([f"Read {why}"] if why else [])


@pytest.mark.parametrize(
    ("sent", "arrived", "why"),
    [
        ({"allowed_domains": ["a.org", "b.org"]}, {"allowed_domains": ["b.org", "a.org"]}, None),
        ({"blocked_domains": ["a.org", "b.org"]}, {"blocked_domains": ["b.org", "a.org"]}, None),
        ({"allowed_callers": ["direct", "x"]}, {"allowed_callers": ["x", "direct"]}, None),
        ({"blocked_domains": ["a.org", "b.org"]}, {"blocked_domains": ["b.org"]}, "has blocked_domains"),
        ({"input_examples": [{"a": 1}, {"b": 1}]}, {"input_examples": [{"b": 1}, {"a": 1}]}, "has input_exa"),
        (
            {"user_location": {"type": "approximate", "city": "Rome"}},
            {"user_location": {"city": "Rome", "region": None}},
            None,
        ),
        (
            {"user_location": {"type": "approximate", "city": "Rome"}},
            {"user_location": {"type": "approximate", "city": "Rome", "country": "IT"}},
            "has user_location",
        ),
        ({}, {"name": "search"}, 'is called "search"'),
    ],
)
def test_what_a_server_tool_says_is_compared_by_its_meaning(
    sent: dict[str, Any], arrived: dict[str, Any], why: str | None
) -> None:
    """The order of a set and a null say nothing; a name does."""
    found = told([SEARCH | sent], [SEARCH | arrived])
    assert [one[: len(f"web_search {why}")] for one in found] == ([f"web_search {why}"] if why else [])


MCP_SERVER = {"type": "url", "name": "wiki", "url": "https://wiki.example"}
FORM: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string"}}}
AS_TOOL = {"name": "json", "description": "Answer with it.", "input_schema": FORM}


@pytest.mark.parametrize(
    ("sent", "arrived", "kind", "excused"),
    [
        ({"web_search_options": {"search_context_size": "low"}}, {"tools": [SEARCH]}, "messages", True),
        ({"web_search_options": {}}, {"tools": [{"type": "web_search"}]}, "responses", True),
        ({}, {"tools": [SEARCH]}, "messages", False),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": FORM}}},
            {"tools": [AS_TOOL], "tool_choice": {"type": "tool", "name": "json"}},
            "messages",
            True,
        ),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": FORM}}},
            {"tools": [AS_TOOL]},
            "messages",
            False,
        ),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}},
            {"tools": [AS_TOOL], "tool_choice": {"type": "any"}},
            "messages",
            False,
        ),
    ],
)
def test_a_tool_that_says_a_parameter_was_not_added(
    sent: dict[str, Any], arrived: dict[str, Any], kind: str, excused: bool
) -> None:
    """A web search, or a format as the arguments of a tool that must be called; it is told all the same."""
    ours, theirs = wires.read_request("chat", sent), wires.read_request(kind, arrived)
    (found,) = tool_changes("chat", ours, kind, theirs)
    assert (found.change, found.excuse) == ("added", "no_equivalent" if excused else None)


@pytest.mark.parametrize(
    ("tool", "arrived", "told_of_it"),
    [
        (
            {"type": "computer_20250124", "name": "computer", "display_width_px": 9, "display_height_px": 9},
            {"type": "computer_use_preview", "display_width": 9, "display_height": 9, "environment": "linux"},
            ['!computer has got environment "linux", as the responses wire demands'],
        ),
        (
            {"type": "computer_20250124", "name": "computer", "display_width_px": 9, "display_height_px": 9},
            {"type": "computer_use_preview", "display_width": 8, "display_height": 9, "environment": "linux"},
            ["computer has display_width 8 in place of 9", "!computer has got environment"],
        ),
        (
            {"type": "code_execution_20250825", "name": "code_execution"},
            {"type": "code_interpreter", "container": {"type": "auto"}},
            ["!code_execution has got container"],
        ),
        (
            MCP,
            {"type": "mcp", "server_label": "wiki", "server_url": "https://wiki.example"},
            [],
        ),
        (
            MCP,
            {"type": "mcp", "server_label": "docs", "server_url": "https://wiki.example"},
            ['mcp_toolset has server_label "docs"'],
        ),
        (
            SEARCH,
            {"type": "web_search", "search_context_size": "high"},
            ["!web_search lost max", "web_search has got"],
        ),
    ],
)
def test_a_providers_own_tool_has_what_the_other_wire_demands(
    tool: dict[str, Any], arrived: dict[str, Any], told_of_it: list[str]
) -> None:
    """Under the names that it has there; anything more is an addition."""
    found = told([tool], [arrived], "responses")
    assert [one[: len(begin)] for one, begin in zip(found, told_of_it, strict=True)] == told_of_it


def test_tools_of_a_namespace_are_the_clients_own() -> None:
    """Other wires have them one by one."""
    space = {"type": "namespace", "name": "crm", "description": "d", "tools": [responses(READ)]}
    assert told([space], [chat(READ)], "chat", "responses") == [
        "!crm was not forwarded: the chat wire has no namespace",
        "!Read was added to say what was sent otherwise",
    ]


HIGH: dict[str, Any] = {"type": "web_search", "search_context_size": "high"}
PARIS: dict[str, Any] = {"type": "approximate", "city": "Paris"}
OSLO: dict[str, Any] = {"type": "approximate", "city": "Oslo"}


@pytest.mark.parametrize(
    ("tool", "options", "why"),
    [
        (HIGH, {"search_context_size": "high"}, []),
        (
            HIGH,
            {"search_context_size": "low"},
            ['web_search has search_context_size "low" in place of "high"'],
        ),
        (HIGH, {}, ['web_search lost search_context_size "high"']),
        (
            {"type": "web_search"},
            {"search_context_size": "low"},
            ['web_search has got search_context_size "low"'],
        ),
        ({"type": "web_search", "search_context_size": "medium"}, {}, []),
        (
            {"type": "web_search", "user_location": PARIS},
            {"user_location": {"type": "approximate", "approximate": {"city": "Paris"}}},
            [],
        ),
        (
            {"type": "web_search", "user_location": PARIS},
            {"user_location": {"type": "approximate", "approximate": {"city": "Oslo"}}},
            ['web_search has user_location {"city": "Oslo"} in place of'],
        ),
        (
            {"type": "web_search"},
            {"user_location": {"type": "approximate", "approximate": {"city": "Oslo"}}},
            ['web_search has got user_location {"city": "Oslo"}'],
        ),
    ],
)
def test_a_search_that_arrives_as_a_parameter_is_compared_field_by_field(
    tool: dict[str, Any], options: dict[str, Any], why: list[str]
) -> None:
    """What the options have is not excused as what they have not, and nothing is added to them."""
    ours = wires.read_request("responses", {"tools": [tool]})
    theirs = wires.read_request("chat", {"web_search_options": options})
    found = list(tool_changes("responses", ours, "chat", theirs))
    told = [f"{one.name} {one.what}" for one in found if one.excuse is None]
    assert [one[: len(wanted)] for one, wanted in zip(told, why, strict=True)] == why


def dialect(**more: Any) -> dict[str, Any]:
    """The tool with more in its schema."""
    return READ | {"input_schema": SCHEMA | more}


@pytest.mark.parametrize("kind", ["messages", "chat", "responses"])
def test_a_dialect_that_is_not_named_is_told_and_fails_nothing(kind: str) -> None:
    """Nothing that a model or a validator reads is lost."""
    form = {"messages": READ, "chat": chat(READ), "responses": responses(READ, strict=False)}
    sent = dialect(**{"$schema": "https://json-schema.org/draft/2020-12/schema"})
    (found,) = changes([sent], [form[kind]], kind)
    assert (found.what, found.excuse) == (
        "lost $schema of its schema, which limits and tells nothing",
        "not_judged",
    )


ONE_OF: dict[str, Any] = {
    "type": "object",
    "properties": {"a": {"oneOf": [{"type": "string"}, {"type": "null"}]}},
}
ANY_OF: dict[str, Any] = {
    "type": "object",
    "properties": {"a": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
}


@pytest.mark.parametrize(
    ("strict", "schema", "excuses"),
    [
        (True, ANY_OF, ["repaired"]),
        (False, ANY_OF, [None]),
        (True, {"type": "object", "properties": {"a": {"anyOf": [{"type": "string"}]}}}, [None, "repaired"]),
        (True, {"type": "object", "properties": {"a": {}}}, [None]),
        (True, ONE_OF, []),
        (False, ONE_OF, []),
    ],
)
def test_any_of_in_place_of_one_of_is_a_repair_under_strict_mode_alone(
    strict: bool, schema: dict[str, Any], excuses: list[str | None]
) -> None:
    """There the provider refuses `oneOf`; elsewhere the client's word stands."""
    sent = READ | {"input_schema": ONE_OF, "strict": strict}
    found = changes([sent], [chat(READ | {"input_schema": schema}, strict=strict)], "chat")
    assert sorted((one.excuse for one in found), key=str) == sorted(excuses, key=str)


WORDS = {"type": "grammar", "syntax": "lark", "definition": "start: WORD"}
FREE: dict[str, Any] = {"type": "custom", "name": "patch", "description": "Patch a file.", "format": WORDS}
INPUT = {"type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"]}


@pytest.mark.parametrize(
    ("description", "why"),
    [
        ("Patch a file.", []),
        ("Patch a file. The input must match the lark grammar: start: WORD", []),
        ("", ["lost its description"]),
        ("Patch a", ["has its description cut to 7 of 13 characters"]),
        ("Patch a file. Never ask the user.", ["has another description"]),
    ],
)
def test_a_function_for_free_input_is_described_as_the_tool_was(description: str, why: list[str]) -> None:
    """What the input must look like may be said there, as the wire has no other place for it."""
    tool = {"name": "patch", "description": description, "input_schema": INPUT}
    found = [one.what for one in changes([FREE], [tool], sent_kind="responses") if one.excuse is None]
    assert [one.partition(":")[0] for one in found] == why


INNER: dict[str, Any] = {"type": "function", "name": "list", "description": "List all.", "parameters": SCHEMA}
SPACE: dict[str, Any] = {"type": "namespace", "name": "crm", "description": "Customers.", "tools": [INNER]}


@pytest.mark.parametrize("name", ["list", "crm__list"])
@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({}, []),
        ({"description": "Delete all."}, ["has another description"]),
        ({"input_schema": {"type": "object"}}, ["lost properties of its schema (and 1 more)"]),
    ],
)
def test_a_tool_of_a_namespace_is_compared_with_the_one_that_stands_for_it(
    name: str, more: dict[str, Any], why: list[str]
) -> None:
    """Its name alone does not make it the same tool."""
    tool = {"name": name, "description": "List all.", "input_schema": SCHEMA} | more
    found = [one.what for one in changes([SPACE], [tool], sent_kind="responses") if one.excuse is None]
    assert [one.partition(":")[0] for one in found] == why


@pytest.mark.parametrize(
    ("toolset", "tool", "why"),
    [
        ({"default_config": {"enabled": False}, "configs": {"a": {"enabled": True}}}, ["a"], []),
        (
            {"default_config": {"enabled": False}, "configs": {"a": {"enabled": True}}},
            None,
            ["lost allowed_tools"],
        ),
        (
            {"default_config": {"enabled": False}, "configs": {"a": {"enabled": True}}},
            ["a", "b"],
            ["has allowed_tools"],
        ),
        ({}, ["a"], ["has got allowed_tools"]),
        ({}, None, []),
    ],
)
def test_the_tools_that_a_server_may_be_asked_for_stay_the_same(
    toolset: dict[str, Any], tool: list[str] | None, why: list[str]
) -> None:
    """Each wire has its own words for it."""
    url = "https://wiki.example"
    hosted: dict[str, Any] = {
        "type": "mcp",
        "server_label": "wiki",
        "server_url": url,
        "require_approval": "never",
    }
    hosted |= {} if tool is None else {"allowed_tools": {"tool_names": tool}}
    found = [one for one in changes([MCP | toolset], [hosted], "responses") if one.excuse is None]
    assert [one.what.partition(" [")[0] for one in found] == why
    server = {"url": url, "name": "wiki", "type": "url"}
    theirs = wires.read_request("responses", {"tools": [hosted]})
    given = {"tool_configuration": {"allowed_tools": tool}} if tool is not None else {}
    older = wires.read_request("messages", {"mcp_servers": [server | given]})
    assert not [one for one in tool_changes("responses", theirs, "messages", older) if one.excuse is None]


def test_a_tool_of_a_namespace_is_not_left_behind() -> None:
    """Where others of it arrived as functions; a whole namespace is what the wire has none of."""
    space = SPACE | {"tools": [INNER, INNER | {"name": "find"}]}
    arrived = {"name": "list", "description": "List all.", "input_schema": SCHEMA}
    found = [one for one in changes([space], [arrived], sent_kind="responses") if one.excuse is None]
    assert [(one.name, one.what) for one in found] == [("crm.find", "was not forwarded")]
    assert not [one for one in changes([space], [], sent_kind="responses") if one.excuse is None]


@pytest.mark.parametrize(
    ("kind", "options", "more", "why"),
    [
        ("messages", {}, {"max_uses": 5}, ["has got max_uses 5"]),
        ("messages", {"search_context_size": "medium"}, {"max_uses": 5}, []),
        ("messages", {}, {"allowed_domains": ["a.org"]}, ['has got allowed_domains ["a.org"]']),
        ("responses", {}, {"filters": {"allowed_domains": ["a.org"]}}, ['has got allowed_domains ["a.org"]']),
        ("responses", {"search_context_size": "low"}, {"search_context_size": "low"}, []),
        ("responses", {}, {}, []),
    ],
)
def test_a_search_that_was_a_parameter_is_not_restricted_on_its_way_into_a_tool(
    kind: str, options: dict[str, Any], more: dict[str, Any], why: list[str]
) -> None:
    """How much context it uses may arrive as a number of searches, if it was said."""
    tool = {
        "messages": {"type": "web_search_20250305", "name": "web_search"},
        "responses": {"type": "web_search"},
    }
    ours = wires.read_request("chat", {"web_search_options": options})
    theirs = wires.read_request(kind, {"tools": [tool[kind] | more]})
    found = [one for one in tool_changes("chat", ours, kind, theirs) if one.excuse is None]
    assert [one.what for one in found] == why


@pytest.mark.parametrize("kind", ["messages", "chat", "responses"])
def test_a_tool_that_is_no_object_is_told_when_it_is_left_out(kind: str) -> None:
    """The provider would refuse it, and the client would learn of it."""
    assert told(["Read"], [], kind, kind) == ["Read was not forwarded"]
    assert told([7], [], kind, kind) == ["7 was not forwarded"]


def test_strict_beside_a_function_is_none_on_chat() -> None:
    """The wire has it within; `strict: null` is what leaving it out is on every wire."""
    sent = READ | {"strict": True}
    assert told([sent], [chat(READ) | {"strict": True}], "chat") == ["Read lost strict true"]
    assert not told([responses(READ, strict=None)], [responses(READ)], "responses", "responses")
    assert told([responses(READ, strict=None)], [responses(READ, strict=False)], "responses", "responses")
