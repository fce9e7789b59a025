"""Rules of /v1/messages on tools that are offered, and on the choice among them."""

from __future__ import annotations

from typing import Any

from lab.meter.rules import sources as src
from lab.meter.rules.rule import Ask, Body, Example, bad, rule
from lab.meter.rules.turns import placed
from lab.meter.schemas import json_schema

_OPEN: Body = {"type": "object", "properties": {"x": {"type": "string"}}}
_CLOSED: Body = {**_OPEN, "additionalProperties": False}
_BROKEN = (
    "JSON schema is invalid. It must match JSON Schema draft 2020-12 "
    "(https://json-schema.org/draft/2020-12). "
    "Learn more about tool use at https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview."
)
_NOT_CLOSED = "For 'object' type, 'additionalProperties' must be explicitly set to false"


def _tool(name: str = "t", **fields: Any) -> Body:
    return {"name": name, "input_schema": _OPEN, **fields}


def _tools(*tools: Body, **fields: Any) -> Body:
    return {"tools": list(tools), **fields}


@rule(
    "messages/tool-names",
    "Two tools of one name",
    source="https://github.com/danny-avila/LibreChat/issues/13162",
    date="2026-05-17",
    legal=(Example(_tools(_tool(), _tool("u"))),),
    illegal=(Example(_tools(_tool(), _tool()), "tools: Tool names must be unique."),),
)
def _names(ask: Ask) -> None:
    names = _given(ask)
    if len(set(names)) != len(names):
        raise bad("tools: Tool names must be unique.")


def _given(ask: Ask) -> list[str]:
    return [tool["name"] for tool in ask.body.get("tools") or () if isinstance(tool.get("name"), str)]


@rule(
    "messages/tool-name-pattern",
    "A tool's name of other characters than letters, digits, _ and -, or of more than 128",
    source="https://github.com/modelcontextprotocol/modelcontextprotocol/issues/1345",
    date="2025-08-14",
    legal=(Example(_tools(_tool("a_B-9" + "x" * 123))),),
    illegal=(
        Example(
            _tools(_tool("a b")),
            "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
        ),
        Example(
            _tools(_tool("a.b"), _tool()),
            "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
        ),
        Example(
            _tools(_tool("x" * 129)),
            "tools.0.custom.name: String should have at most 128 characters",
        ),
    ),
)
def _name_pattern(ask: Ask) -> None:
    for index, tool in enumerate(_own(ask)):
        if len(tool["name"]) > _MOST_NAME:
            raise bad(f"tools.{index}.custom.name: String should have at most {_MOST_NAME} characters")
        if not all(one.isascii() and (one.isalnum() or one in "_-") for one in tool["name"]):
            raise bad(f"tools.{index}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")


_MOST_NAME = 128


def _own(ask: Ask) -> list[Body]:
    """All tools, in order; a stand-in takes the place of the provider's, whose names are given."""
    tools = ask.body.get("tools") or ()
    return [tool if tool.get("type") in (None, "custom") else {"name": "its_own"} for tool in tools]


@rule(
    "messages/tool-schemas",
    "An input_schema that is not of type object, has oneOf, allOf or anyOf on top, or is no JSON schema",
    source="https://github.com/anthropics/claude-code/issues/86664",
    date="2026-08-14",
    legal=(Example(_tools(_tool())), Example(_tools(_tool(input_schema={"type": "object"})))),
    illegal=(
        Example(
            _tools(_tool(input_schema={"properties": {}})), "tools.0.custom.input_schema.type: Field required"
        ),
        Example(
            _tools(_tool(input_schema={"type": "array"})),
            "tools.0.custom.input_schema.type: Input should be 'object'",
        ),
        Example(
            _tools(_tool(input_schema={"type": "object", "anyOf": [{}]})),
            "tools.0.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top "
            "level",
        ),
        Example(
            _tools(
                _tool(), _tool("u", input_schema={"type": "object", "properties": {"a": {"type": "text"}}})
            ),
            f"tools.1.custom.input_schema: {_BROKEN}",
        ),
    ),
)
def _schemas(ask: Ask) -> None:
    for index, tool in enumerate(ask.body.get("tools") or ()):
        if tool.get("type") in (None, "custom"):
            _schema(f"tools.{index}.custom.input_schema", tool["input_schema"])


def _schema(where: str, schema: Body) -> None:
    if "type" not in schema:
        raise bad(f"{where}.type: Field required")
    if schema["type"] != "object":
        raise bad(f"{where}.type: Input should be 'object'")
    if any(key in schema for key in ("oneOf", "allOf", "anyOf")):
        raise bad(f"{where}: input_schema does not support oneOf, allOf, or anyOf at the top level")
    if json_schema.broken(schema):
        raise bad(f"{where}: {_BROKEN}")


@rule(
    "messages/strict-schemas",
    "A schema with an object open to other properties, of a tool that is strict or of output_config.format",
    source="https://github.com/vercel/ai/issues/20681",
    date="2026-09-12",
    legal=(
        Example(_tools(_tool())),
        Example(_tools(_tool(strict=False))),
        Example(_tools(_tool(strict=True, input_schema=_CLOSED))),
        Example({"output_config": {"format": {"type": "json_schema", "schema": _CLOSED}}}),
    ),
    illegal=(
        Example(_tools(_tool(strict=True)), f"tools.0.custom: {_NOT_CLOSED}"),
        Example(
            _tools(_tool(), _tool("u", strict=True, input_schema={**_CLOSED, "properties": {"deep": _OPEN}})),
            f"tools.1.custom: {_NOT_CLOSED}",
        ),
        Example(
            {"output_config": {"format": {"type": "json_schema", "schema": _OPEN}}},
            f"output_config.format.schema: {_NOT_CLOSED}",
        ),
    ),
)
def _strict(ask: Ask) -> None:
    for index, tool in enumerate(ask.body.get("tools") or ()):
        if (
            tool.get("strict")
            and "input_schema" in tool
            and json_schema.open_object(tool["input_schema"]) is not None
        ):
            raise bad(f"tools.{index}.custom: {_NOT_CLOSED}")
    form = (ask.body.get("output_config") or {}).get("format")
    if form and json_schema.open_object(form["schema"]) is not None:
        raise bad(f"output_config.format.schema: {_NOT_CLOSED}")


@rule(
    "messages/tool-choice",
    "A tool_choice of any without tools, or of a tool that is not offered",
    source="https://github.com/aakshintala/fiber/issues/132",
    date="2026-09-29",
    legal=(
        Example(_tools(_tool(), tool_choice={"type": "any"})),
        Example(_tools(_tool(), tool_choice={"type": "tool", "name": "t"})),
        Example({"tool_choice": {"type": "none"}}),
    ),
    illegal=(
        Example(
            {"tool_choice": {"type": "any"}}, "tool_choice.any may only be specified while providing tools"
        ),
        Example(
            _tools(_tool(), tool_choice={"type": "tool", "name": "x"}), "Tool 'x' not found in provided tools"
        ),
    ),
)
def _choice(ask: Ask) -> None:
    choice = ask.body.get("tool_choice") or {}
    if choice.get("type") == "any" and not ask.body.get("tools"):
        raise bad("tool_choice.any may only be specified while providing tools")
    if choice.get("type") == "tool" and choice["name"] not in _given(ask):
        raise bad(f"Tool '{choice['name']}' not found in provided tools")


@rule(
    "messages/deferred-tools",
    "Tools that are all deferred, or deferred and marked for the cache, and references to tools that are not "
    "offered",
    source=src.CLAUDE_TOOL_SEARCH,
    date=src.CLAUDE_READ,
    legal=(Example(_tools(_tool(), _tool("u", defer_loading=True))),),
    illegal=(
        Example(
            _tools(_tool(defer_loading=True)),
            "All tools have defer_loading set. At least one tool must be non-deferred.",
        ),
        Example(
            _tools(_tool(), _tool("u", defer_loading=True, cache_control={"type": "ephemeral"})),
            "Tool 'u' cannot have both defer_loading=true and cache_control set. Tools with defer_loading "
            "cannot use prompt caching.",
        ),
        Example(
            _tools(
                _tool(),
                messages=[
                    {"role": "user", "content": "hi"},
                    {
                        "role": "assistant",
                        "content": [{"type": "tool_use", "id": "toolu_1", "name": "t", "input": {}}],
                    },
                    {
                        "role": "user",
                        "content": [
                            {
                                "type": "tool_result",
                                "tool_use_id": "toolu_1",
                                "content": [{"type": "tool_reference", "tool_name": "x"}],
                            }
                        ],
                    },
                ],
            ),
            "Tool reference 'x' not found in available tools",
        ),
    ),
)
def _deferred(ask: Ask) -> None:
    tools = ask.body.get("tools") or ()
    if tools and all(tool.get("defer_loading") is True for tool in tools):
        raise bad("All tools have defer_loading set. At least one tool must be non-deferred.")
    for tool in tools:
        if tool.get("defer_loading") is True and tool.get("cache_control"):
            raise bad(
                f"Tool '{tool.get('name')}' cannot have both defer_loading=true and cache_control set. Tools "
                "with defer_loading cannot use prompt caching."
            )
    if any(tool.get("type") == "mcp_toolset" for tool in tools):
        return  # its tools are known to the provider only
    for _, block in placed(ask.body):
        name = block.get("tool_name")
        if block.get("type") == "tool_reference" and isinstance(name, str) and name not in _given(ask):
            raise bad(f"Tool reference '{name}' not found in available tools")
