"""Rules of /v1/chat/completions on functions that are offered, and on the choice among them."""

from __future__ import annotations

from typing import Any

from lab.meter.rules import sources as src
from lab.meter.rules.gpt import gpt
from lab.meter.rules.openai_schemas import check_parameters
from lab.meter.rules.rule import Ask, Body, Example, bad, rule

_OPEN: Body = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
_CLOSED: Body = {**_OPEN, "additionalProperties": False}


def _tool(schema: Body | None = None, **more: Any) -> Body:
    function = {"name": "f", **({} if schema is None else {"parameters": schema}), **more}
    return {"type": "function", "function": function}


@rule(
    "chat/without-tools",
    "tool_choice, but for none, and parallel_tool_calls without tools",
    source="https://github.com/Azure-Samples/azure-search-openai-demo/pull/1175",
    date="2024-01-24",
    legal=(
        Example({"tool_choice": "none"}),
        Example({"tools": [_tool()], "tool_choice": "auto", "parallel_tool_calls": False}),
    ),
    illegal=(
        Example(
            {"tool_choice": "auto"},
            "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
        ),
        Example(
            {"parallel_tool_calls": False},
            "Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when 'tools' are "
            "specified.",
        ),
    ),
)
def _without_tools(ask: Ask) -> None:
    if ask.body.get("tools"):
        return
    for key in ("tool_choice", "parallel_tool_calls"):
        if ask.body.get(key) is not None and not (key == "tool_choice" and ask.body[key] == "none"):
            text = f"Invalid value for '{key}': '{key}' is only allowed when 'tools' are specified."
            raise bad(text, param=key)


@rule(
    "chat/tool-schemas",
    "Parameters that are not of type object, lack properties or an array's items, are a choice among "
    "schemas, or are no JSON schema",
    source="https://github.com/campfirein/byterover-cli/issues/42",
    date="2025-07-11",
    legal=(Example({"tools": [_tool(), _tool({}), _tool(_OPEN)]}),),
    illegal=(
        Example(
            {"tools": [_tool({"properties": {}})]},
            "Invalid schema for function 'f': schema must be a JSON Schema of 'type: \"object\"', got 'type: "
            '"None"\'.',
        ),
        Example(
            {"tools": [_tool({"type": "object", "properties": {"a": {"type": "array"}}})]},
            "Invalid schema for function 'f': In context=('properties', 'a'), array schema missing items.",
        ),
        Example(
            {"tools": [_tool({**_OPEN, "anyOf": [{"required": ["a"]}]})]},
            "Invalid schema for function 'f': schema must have type 'object' and not have 'oneOf'/'anyOf'/"
            "'allOf'/'enum'/'not' at the top level.",
        ),
    ),
)
def _schemas(ask: Ask) -> None:
    _check(ask, strict=False)


@rule(
    "chat/strict-schemas",
    "Parameters of a strict function with `oneOf`, or an object that is open, or that does not require all "
    "its properties",
    source="https://github.com/kevinwatt/mysql-mcp/issues/5",
    date="2025-05-13",
    legal=(Example({"tools": [_tool(_CLOSED, strict=True), _tool(_OPEN, strict=False)]}),),
    illegal=(
        Example(
            {"tools": [_tool(_OPEN, strict=True)]},
            "Invalid schema for function 'f': In context=(), 'additionalProperties' is required to be "
            "supplied and "
            "to be false.",
        ),
        Example(
            {
                "tools": [
                    _tool(),
                    _tool({**_CLOSED, "properties": {"a": {}, "b": {}}}, strict=True),
                ]
            },
            "Invalid schema for function 'f': In context=(), 'required' is required to be supplied and to "
            "be an "
            "array including every key in properties. Missing 'b'.",
        ),
        Example(
            {"tools": [_tool({**_CLOSED, "properties": {"a": {**_OPEN, "properties": {}}}}, strict=True)]},
            "Invalid schema for function 'f': In context=('properties', 'a'), 'additionalProperties' is "
            "required to "
            "be supplied and to be false.",
        ),
        Example(
            {
                "tools": [
                    _tool({**_CLOSED, "properties": {"a": {"oneOf": [{"type": "string"}]}}}, strict=True)
                ]
            },
            "Invalid schema for function 'f': In context=('properties', 'a'), 'oneOf' is not permitted.",
        ),
    ),
)
def _strict(ask: Ask) -> None:
    _check(ask, strict=True)


def _check(ask: Ask, *, strict: bool) -> None:
    for index, tool in enumerate(ask.body.get("tools") or ()):
        function = tool.get("function")
        if function and (not strict or function.get("strict") is True):
            where = f"tools[{index}].function.parameters"
            check_parameters(function.get("parameters"), function["name"], where, strict=strict)


@rule(
    "chat/tool-choice",
    "A tool_choice of an unknown kind, without a name, or of a function that is not offered",
    source=src.MEASURED,
    date="2026-09-04",
    legal=(
        Example({"tools": [_tool()], "tool_choice": {"type": "function", "function": {"name": "f"}}}),
        Example({"tools": [_tool()], "tool_choice": "required"}),
    ),
    illegal=(
        Example(
            {"tools": [_tool()], "tool_choice": {"type": "function", "function": {"name": "g"}}},
            "Invalid value for 'function_call': no function named 'g' was specified in the 'functions' "
            "parameter.",
        ),
        Example(
            {"tools": [_tool()], "tool_choice": {"type": "tool", "name": "f"}},
            "Missing required parameter: 'tool_choice.function'.",
        ),
        Example(
            {"tools": [_tool()], "tool_choice": {"type": "function"}},
            "Missing required parameter: 'tool_choice.function'.",
        ),
    ),
)
def _choice(ask: Ask) -> None:
    choice, tools = ask.body.get("tool_choice"), ask.body.get("tools")
    if not isinstance(choice, dict) or not tools:
        return
    kind = choice.get("type")
    if kind not in ("custom", "allowed_tools"):
        kind = "function"  # whatever else is said, one is asked for
    if kind == "allowed_tools":
        if not isinstance(choice.get(kind), dict):
            param = "tool_choice.allowed_tools"
            text = f"Missing required parameter: '{param}'."
            raise bad(text, param=param, code="missing_required_parameter")
        return
    named = choice.get(kind)
    name = named.get("name") if isinstance(named, dict) else None
    if name is None:
        param = f"tool_choice.{kind}.name" if isinstance(named, dict) else f"tool_choice.{kind}"
        raise bad(f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter")
    if name not in [(tool.get(kind) or {}).get("name") for tool in tools]:
        text = f"Invalid value for 'function_call': no function named '{name}' was specified in"
        raise bad(f"{text} the 'functions' parameter.", param="function_call")


@rule(
    "chat/tools-while-reasoning",
    "Functions, unless reasoning_effort is none; GPT-5.4 takes them without an effort too",
    models="GPT-5.4, and GPT-5.6 and later",
    source="https://github.com/pipecat-ai/pipecat/issues/4043",
    date="2026-03-16",
    legal=(
        Example({"model": "gpt-5.6-terra", "tools": [_tool()], "reasoning_effort": "none"}),
        Example({"model": "gpt-5.4", "tools": [_tool()]}),
        Example({"model": "gpt-5.5", "tools": [_tool()], "reasoning_effort": "low"}),
        Example({"model": "gpt-5.6-sol", "reasoning_effort": "low"}),
    ),
    illegal=(
        Example(
            {"model": "gpt-5.6-sol", "tools": [_tool()]},
            "Function tools with reasoning_effort are not supported for gpt-5.6-sol in /v1/chat/completions. "
            "To "
            "use function tools, use /v1/responses or set reasoning_effort to 'none'.",
        ),
        Example(
            {"model": "gpt-5.4", "tools": [_tool()], "reasoning_effort": "low"},
            "Function tools with reasoning_effort are not supported for gpt-5.4 in /v1/chat/completions. "
            "Please "
            "use /v1/responses instead.",
        ),
    ),
)
def _while_reasoning(ask: Ask) -> None:
    model, effort = gpt(ask.model), ask.body.get("reasoning_effort")
    functions = [tool for tool in ask.body.get("tools") or () if tool["type"] == "function"]
    if model is None or not functions or effort == "none":
        return
    text = f"Function tools with reasoning_effort are not supported for {ask.model} in /v1/chat/completions. "
    if model.version >= (5, 6):
        text += "To use function tools, use /v1/responses or set reasoning_effort to 'none'."
        raise bad(text, param="reasoning_effort")
    if model.version == (5, 4) and effort is not None:
        raise bad(f"{text}Please use /v1/responses instead.", param="reasoning_effort")
