"""The body of a scenario on /v1/messages, on which it is written: what is another wire's is translated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from lab.scenarios.blocks import in_chat_form, other_tool
from lab.scenarios.untranslatable import Untranslatable
from lab.scenarios.wishes import params_on
from lab.wires.toolsorts import home_of_tool

Json = dict[str, Any]

_BODY: Final = frozenset({"model", "max_tokens", "system", "messages", "tools", "stream"})


def messages_body(body: Mapping[str, Any]) -> Json:
    """The same request; it shares all values with `body`. Raises Untranslatable for what only others have."""
    own = {name: value for name, value in body.items() if name in _BODY}
    own |= params_on("anthropic", {name: value for name, value in body.items() if name not in _BODY})
    if own.get("tools"):
        own["tools"] = [_tool(tool) for tool in own["tools"]]
    own = _developers_as_system(own)
    for message in own["messages"]:
        if in_chat_form(message):
            what = f"a message with the role {message.get('role')} in the form of the chat wire"
            raise Untranslatable(f"it has {what}")
    return {name: own[name] for name in body if name in own} | own


def _tool(tool: Json) -> Json:
    """A function of an OpenAI wire as a client's own tool."""
    inner, kind = tool.get("function", tool), str(tool.get("type", ""))
    if home_of_tool(kind) == "responses" or (kind == "custom" and "input_schema" not in tool):
        raise other_tool("anthropic", kind)
    if kind != "function":
        return tool
    said = {"name": inner["name"], "input_schema": inner.get("parameters") or {"type": "object"}}
    return said | {key: inner[key] for key in ("description", "strict") if key in inner}


def _developers_as_system(body: Json) -> Json:
    """What a developer says before all else is a system prompt here; later on there is no place for it."""
    leading: list[str] = []
    messages = list(body["messages"])
    while messages and messages[0].get("role") == "developer" and isinstance(messages[0].get("content"), str):
        leading.append(messages.pop(0)["content"])
    if not leading:
        return body
    if body.get("system"):
        raise Untranslatable("it has a system prompt beside a developer's message, which are one here")
    return body | {"system": "\n\n".join(leading), "messages": messages}
