"""One table says which tools each wire has, for all providers' own tools of the published types."""

from __future__ import annotations

from typing import Any

import pytest

from lab.config.scenarios import Scenario
from lab.names import ClientWire
from lab.scenarios.request import unsupported_on
from lab.wires.toolsorts import home_of_tool, tool_elsewhere
from tests.unit.exchange.compare.test_equivalents import ANTHROPIC, RESPONSES


def said(wire: ClientWire, tool: dict[str, Any]) -> str:
    """Why a scenario with this tool is not for a wire."""
    fields = {"title": "T", "looks_at": "f", "class": "g", "max_tokens": 64, "nonce": False}
    messages = [{"role": "user", "content": "Hello"}]
    return unsupported_on(
        Scenario.model_validate({"id": "S", "messages": messages, "tools": [tool], **fields}), wire
    )


@pytest.mark.parametrize(
    ("wire", "tool", "elsewhere"),
    [
        ("responses", {"type": "code_execution_20250825", "name": "code_execution"}, "code_interpreter"),
        ("responses", {"type": "bash_20250124", "name": "bash"}, "shell"),
        ("responses", {"type": "computer_20250124", "name": "computer"}, "computer"),
        ("responses", {"type": "mcp_toolset", "mcp_server_name": "wiki"}, "mcp"),
        ("responses", {"type": "tool_search_tool_regex", "name": "tool_search_tool_regex"}, "tool_search"),
        ("openai", {"type": "web_search_20260318", "name": "web_search"}, "web_search_options"),
        ("openai", {"type": "web_search"}, "web_search_options"),
        ("anthropic", {"type": "code_interpreter", "container": {"type": "auto"}}, "code_execution"),
        ("anthropic", {"type": "mcp", "server_label": "wiki"}, "mcp_toolset"),
        ("anthropic", {"type": "local_shell"}, "bash"),
    ],
)
def test_a_tool_that_a_wire_has_under_another_name_is_not_said_to_have_no_counterpart(
    wire: ClientWire, tool: dict[str, Any], elsewhere: str
) -> None:
    """Nor is it sent as it is, for the provider to refuse."""
    told = said(wire, tool)
    assert "which this wire has in other units, as" in told
    assert told.endswith(elsewhere)


@pytest.mark.parametrize(
    ("wire", "tool"),
    [
        ("openai", {"type": "bash_20250124", "name": "bash"}),
        ("openai", {"type": "mcp_toolset", "mcp_server_name": "wiki"}),
        ("openai", {"type": "code_interpreter"}),
        ("openai", {"type": "image_generation"}),
        ("responses", {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"}),
        ("anthropic", {"type": "file_search", "vector_store_ids": ["v"]}),
        ("anthropic", {"type": "custom", "custom": {"name": "f"}}),
    ],
)
def test_a_tool_without_its_like_has_no_counterpart(wire: ClientWire, tool: dict[str, Any]) -> None:
    """Whichever wire's it is."""
    assert said(wire, tool).endswith("which has no counterpart")


def test_a_tool_goes_as_it_is_on_its_own_wire() -> None:
    """And what nobody knows is somebody's experiment, which the provider shall judge."""
    assert not said("anthropic", {"type": "bash_20250124", "name": "bash"})
    assert not said("responses", {"type": "code_interpreter", "container": {"type": "auto"}})
    assert not said("openai", {"type": "custom", "custom": {"name": "f"}})
    assert not said("openai", {"type": "tomorrows"})


def test_the_home_of_every_published_tool_is_known() -> None:
    """So that none of another wire is sent as it is."""
    own = {"custom", "function"}
    names = {name for name in ANTHROPIC if isinstance(name, str) and name != "<class 'NoneType'>"} - own
    assert {name for name in names if home_of_tool(name) != "messages"} == set()
    assert {name for name in RESPONSES.keys() - own if home_of_tool(name) != "responses"} == set()
    assert tool_elsewhere("messages", "web_search_preview_2025_03_11") == "a tool web_search"
