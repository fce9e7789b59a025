"""Rules of /v1/responses on functions that are offered, and on the choice among tools."""

from __future__ import annotations

from lab.meter.rules import sources as src
from lab.meter.rules.openai_schemas import check_parameters
from lab.meter.rules.rule import Ask, Body, Example, bad, rule
from lab.meter.schemas.responses import HOSTED_TOOLS

_OPEN: Body = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
_CLOSED: Body = {**_OPEN, "additionalProperties": False}
_TOOL: Body = {"type": "function", "name": "f", "parameters": _OPEN, "strict": False}


@rule(
    "responses/tool-schemas",
    "Parameters that are no object's, and those of a strict function with `oneOf`, or that are open or do "
    "not require all properties",
    source="https://github.com/kevinwatt/mysql-mcp/issues/5",
    date="2025-05-13",
    legal=(
        Example({"tools": [_TOOL]}),
        Example({"tools": [{"type": "function", "name": "f", "parameters": _OPEN}]}),
        Example({"tools": [{**_TOOL, "parameters": _CLOSED, "strict": True}]}),
    ),
    illegal=(
        Example(
            {"tools": [{**_TOOL, "parameters": {"properties": {}}}]},
            "Invalid schema for function 'f': schema must be a JSON Schema of 'type: \"object\"', got 'type: "
            '"None"\'.',
        ),
        Example(
            {"tools": [{**_TOOL, "strict": True}]},
            "Invalid schema for function 'f': In context=(), 'additionalProperties' is required to be "
            "supplied and "
            "to be false.",
        ),
        Example(
            {"tools": [{**_TOOL, "strict": True, "parameters": {**_CLOSED, "required": []}}]},
            "Invalid schema for function 'f': In context=(), 'required' is required to be supplied and to "
            "be an "
            "array including every key in properties. Missing 'a'.",
        ),
        Example(
            {"tools": [{**_TOOL, "parameters": {**_OPEN, "anyOf": [{"required": ["a"]}]}}]},
            "Invalid schema for function 'f': schema must have type 'object' and not have 'oneOf'/'anyOf'/"
            "'allOf'/'enum'/'not' at the top level.",
        ),
        Example(
            {
                "tools": [
                    {
                        **_TOOL,
                        "strict": True,
                        "parameters": {**_CLOSED, "properties": {"a": {"oneOf": [{"type": "string"}]}}},
                    }
                ]
            },
            "Invalid schema for function 'f': In context=('properties', 'a'), 'oneOf' is not permitted.",
        ),
    ),
)
def _schemas(ask: Ask) -> None:
    for index, tool in enumerate(ask.body.get("tools") or ()):
        if tool["type"] == "function":
            where, strict = f"tools[{index}].parameters", tool.get("strict") is True
            check_parameters(tool.get("parameters"), tool["name"], where, strict=strict)


@rule(
    "responses/tool-choice",
    "A tool_choice that demands a tool where none is offered, or one that is not offered",
    source=src.OPENAI_FUNCTIONS,
    date="2026-11",
    legal=(
        Example({"tool_choice": "auto"}),
        Example({"tools": [_TOOL], "tool_choice": "required"}),
        Example({"tools": [_TOOL], "tool_choice": {"type": "function", "name": "f"}}),
        Example({"tools": [{"type": "web_search"}], "tool_choice": {"type": "web_search"}}),
        Example({"tools": [_TOOL], "tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": []}}),
    ),
    illegal=(
        Example(
            {"tool_choice": "required"}, "Tool choice 'required' must be specified with 'tools' parameter."
        ),
        Example(
            {"tools": [_TOOL], "tool_choice": {"type": "function", "name": "g"}},
            "Tool choice 'function' not found in 'tools' parameter.",
        ),
        Example(
            {"tools": [_TOOL], "tool_choice": {"type": "web_search"}},
            "Tool choice 'web_search' not found in 'tools' parameter.",
        ),
        Example({"tools": [_TOOL], "tool_choice": {"type": "tool", "name": "f"}}, "Invalid value: 'tool'."),
        Example(
            {"tools": [_TOOL], "tool_choice": {"type": "function"}},
            "Missing required parameter: 'tool_choice.name'.",
        ),
    ),
)
def _choice(ask: Ask) -> None:
    choice, tools = ask.body.get("tool_choice"), ask.body.get("tools") or []
    if choice == "required" and not tools:
        raise bad("Tool choice 'required' must be specified with 'tools' parameter.", param="tool_choice")
    if not isinstance(choice, dict):
        return
    kind = choice.get("type")
    if kind == "allowed_tools":
        _check_allowed(choice)
        return
    if kind != "function" and kind not in HOSTED_TOOLS:
        text = (
            "Missing required parameter: 'tool_choice.type'." if kind is None else f"Invalid value: '{kind}'."
        )
        raise bad(text, param="tool_choice.type", code="invalid_value")
    key = {"function": "name", "custom": "name", "mcp": "server_label"}.get(kind)
    if key is not None and choice.get(key) is None:
        param = f"tool_choice.{key}"
        raise bad(f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter")
    if not any(tool["type"] == kind and (key is None or tool.get(key) == choice[key]) for tool in tools):
        raise bad(f"Tool choice '{kind}' not found in 'tools' parameter.", param="tool_choice")


def _check_allowed(choice: Body) -> None:
    for key in ("mode", "tools"):
        if choice.get(key) is None:
            param = f"tool_choice.{key}"
            raise bad(
                f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter"
            )
    if choice["mode"] not in ("auto", "required"):
        text = f"Invalid value: '{choice['mode']}'. Supported values are: 'auto' and 'required'."
        raise bad(text, param="tool_choice.mode", code="invalid_value")
    tools = choice["tools"]
    if not isinstance(tools, list) or any(not isinstance(one, dict) for one in tools):
        text = "Invalid type for 'tool_choice.tools': expected an array of objects."
        raise bad(text, param="tool_choice.tools", code="invalid_type")
