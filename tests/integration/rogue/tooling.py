"""What a lying gateway does to tools, to how they may be used, and to calls in a conversation."""

from __future__ import annotations

from .asked import Asked, result_turns, results, schema, tools


def drop_tool(asked: Asked) -> None:
    """Leaves out the first half of the tools."""
    entries = asked.body.get("tools") or []
    if entries:
        asked.body["tools"] = entries[len(entries) // 2 + 1 :]
    _without_empty_tools(asked)


def _without_empty_tools(asked: Asked) -> None:
    if "tools" in asked.body and not asked.body["tools"]:
        del asked.body["tools"]
        asked.body.pop("tool_choice", None)
        asked.body.pop("parallel_tool_calls", None)


def swap_tools(asked: Asked) -> None:
    """Offers every tool under another tool's name."""
    found = tools(asked)
    names = [tool["name"] for tool in found]
    for tool, name in zip(found, names[1:] + names[:1], strict=True):
        tool["name"] = name if len(names) > 1 else f"{name}_v2"


def break_schema(asked: Asked) -> None:
    """Removes the first required property of every tool from its schema."""
    for tool in tools(asked):
        found = schema(tool)
        required = found.get("required") or []
        if required:
            found["properties"].pop(required[0], None)
            found["required"] = required[1:]


def add_tool(asked: Asked) -> None:
    """Offers the model a tool of the gateway's own where the client offers any."""
    if not asked.body.get("tools"):
        return
    shape = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
    own = {"name": "gateway_memory", "description": "Searches the gateway's own memory."}
    if asked.chat:
        asked.body["tools"].append({"type": "function", "function": own | {"parameters": shape}})
    else:
        asked.body["tools"].append(own | {"input_schema": shape})


def change_choice(asked: Asked) -> None:
    """Replaces the client's tool_choice by the default."""
    asked.body.pop("tool_choice", None)


def forbid_parallel(asked: Asked) -> None:
    """Forbids the model to call several tools at once."""
    if not asked.body.get("tools"):
        return
    if asked.chat:
        asked.body["parallel_tool_calls"] = False
    else:
        choice = asked.body.get("tool_choice") or {"type": "auto"}
        if choice["type"] != "none":  # which has no such field
            asked.body["tool_choice"] = choice | {"disable_parallel_tool_use": True}


def shorten_tools(asked: Asked) -> None:
    """Cuts every tool's description to its first 20 characters."""
    for tool in tools(asked):
        if "description" in tool:
            tool["description"] = tool["description"][:20]


def empty_calls(asked: Asked) -> None:
    """Forgets the arguments of the calls in the conversation."""
    for message in asked.messages:
        for call in message.get("tool_calls") or []:
            call["function"]["arguments"] = "{}"
        content = message.get("content")
        for block in content if isinstance(content, list) else []:
            if block.get("type") == "tool_use":
                block["input"] = {}


def drop_error(asked: Asked) -> None:
    """Forgets that a tool failed."""
    for result, _ in results(asked):
        result.pop("is_error", None)


def merge_ids(asked: Asked) -> None:
    """Gives all tool calls of the history one id."""
    for message in asked.messages:
        for call in message.get("tool_calls") or []:
            call["id"] = "toolu_merged"
        content = message.get("content")
        for block in content if isinstance(content, list) else []:
            if block.get("type") == "tool_use":
                block["id"] = "toolu_merged"
    for result, key in results(asked):
        result[key] = "toolu_merged"


def swap_results(asked: Asked) -> None:
    """Gives each of several results of one turn to another one's call."""
    for turn in result_turns(asked):
        ids = [result[key] for result, key in turn]
        for (result, key), other in zip(turn, ids[1:] + ids[:1], strict=True):
            result[key] = other
