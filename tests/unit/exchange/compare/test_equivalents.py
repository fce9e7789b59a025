"""The tables of what wires have in common are those of the types that providers publish."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import pytest
from anthropic.types.beta.beta_content_block_param import BetaContentBlockParam
from anthropic.types.beta.beta_tool_union_param import BetaToolUnionParam
from openai.types.chat import ChatCompletionToolUnionParam
from openai.types.chat.chat_completion_content_part_image_param import ImageURL
from openai.types.chat.chat_completion_content_part_param import FileFile
from openai.types.responses import ResponseInputContentParam, ToolParam
from openai.types.shared_params import FunctionDefinition
from typing_extensions import is_typeddict

from lab import wires
from lab.exchange.compare.equivalents import (
    has_block_field,
    has_tool_field,
    is_run_by_client,
)
from lab.exchange.compare.tools import tool_changes
from lab.wires.toolsorts import has_tool, sort_of_tool

READ = {"name", "description", "type", "input_schema", "parameters", "cache_control", "function", "custom"}


def members(union: Any) -> Iterator[Any]:
    """The types of a union."""
    for one in get_args(union):
        yield from members(one) if get_args(one) else (one,)


def types_of(union: Any) -> dict[str, set[str]]:
    """The values of `type` of a union's members, with the fields of each."""
    found: dict[str, set[str]] = {}
    for member in members(union):
        if is_typeddict(member):
            hints = get_type_hints(member)
            for kind in map(str, members(hints.get("type"))):
                found[kind] = set(hints)
    return found


ANTHROPIC = types_of(BetaToolUnionParam) | {"custom": set(get_type_hints(next(members(BetaToolUnionParam))))}
RESPONSES = types_of(ToolParam)
CHAT = {"function": set(get_type_hints(FunctionDefinition)), "custom": {"name", "description", "format"}}


def test_the_types_are_found() -> None:
    """So that the tests below compare something."""
    assert {"web_search_20250305", "mcp_toolset", "bash_20250124"} <= ANTHROPIC.keys()
    assert {"function", "web_search", "mcp", "code_interpreter"} <= RESPONSES.keys()
    assert set(types_of(ChatCompletionToolUnionParam)) == CHAT.keys()


@pytest.mark.parametrize("tool_type", sorted(ANTHROPIC))
def test_every_field_of_every_tool_is_compared_on_its_own_wire(tool_type: str) -> None:
    """A field that is lost is told, whichever it is."""
    sort = "function" if tool_type == "custom" else tool_type
    for field in ANTHROPIC[tool_type] - READ:
        tool = {"type": tool_type, "name": "a", field: "something"}
        ours, theirs = (
            wires.read_request("messages", {"tools": [one]})
            for one in (tool, {key: value for key, value in tool.items() if key != field})
        )
        (found,) = tool_changes("messages", ours, "messages", theirs)
        assert (found.what, found.excuse) == (f'lost {field} "something"', None), sort


@pytest.mark.parametrize("tool_type", sorted(RESPONSES))
def test_every_field_of_every_hosted_tool_is_compared(tool_type: str) -> None:
    """As on Anthropic's wire."""
    for field in RESPONSES[tool_type] - READ:
        tool = {"type": tool_type, "name": "a", field: "something"}
        ours, theirs = (
            wires.read_request("responses", {"tools": [one]})
            for one in (tool, {key: value for key, value in tool.items() if key != field})
        )
        assert list(tool_changes("responses", ours, "responses", theirs)), field


def test_what_functions_have_in_common_is_what_the_types_say() -> None:
    """Only callers are called alike and mean another provider's; nothing is excused that the wire has."""
    tools = {"messages": ANTHROPIC["custom"], "chat": CHAT["function"], "responses": RESPONSES["function"]}
    for kind, fields in tools.items():
        for other, theirs in tools.items():
            shared = {name for name in fields if has_tool_field(other, kind, name)} - READ
            assert kind == other or shared == (fields & theirs) - READ - {"allowed_callers"}


def test_every_provider_tool_has_one_sort() -> None:
    """Those of one name on two wires are one sort, whatever their version."""
    for name in ANTHROPIC:
        if name.startswith("web_search"):
            assert sort_of_tool("messages", name) == sort_of_tool("responses", "web_search") == "web search"
    assert has_tool("responses", "web search")
    assert not has_tool("chat", "web search")
    assert {name for name in ANTHROPIC if is_run_by_client(name)} == {
        name
        for name in ANTHROPIC
        if name.startswith(("bash", "text_editor", "computer", "memory", "browser_toolset"))
    }


def test_what_blocks_have_in_common_is_what_the_types_say() -> None:
    """Fields of data are read elsewhere; of the others only those two share a meaning."""
    parts = types_of(ResponseInputContentParam)
    shared = {name for name in set().union(*parts.values()) if has_block_field("responses", "chat", name)}
    chat = {*ImageURL.__annotations__, *FileFile.__annotations__} - {"url", "file_id", "file_data"}
    assert shared == chat == {"filename", "detail"}
    blocks = types_of(BetaContentBlockParam)
    assert not {
        name
        for fields in blocks.values()
        for name in fields
        if has_block_field("chat", "messages", name) or has_block_field("responses", "messages", name)
    }
