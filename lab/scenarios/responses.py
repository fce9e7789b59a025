"""Translates the body of a scenario, written on the messages wire, to a body of /v1/responses.

What that wire has no place for raises Untranslatable; nothing is left out on the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from lab.scenarios.blocks import (
    arguments,
    begins_the_answer,
    image_address,
    in_chat_form,
    is_function,
    no_counterpart,
    only,
    plain_tool,
)
from lab.scenarios.untranslatable import Untranslatable
from lab.scenarios.wishes import params_on

Json = dict[str, Any]

_BODY: Final = frozenset({"model", "max_tokens", "system", "messages", "tools", "stream"})
FEWEST_TOKENS: Final = 16  # OpenAI's API reference: max_output_tokens, minimum 16


def responses_body(body: Mapping[str, Any]) -> Json:
    """The same request on the Responses wire; it shares texts and schemas with `body`."""
    said: Json = {"model": body["model"], "max_output_tokens": body["max_tokens"]}
    system = body.get("system")
    if isinstance(system, str) and system:
        said["instructions"] = system
    said["input"] = [*_system(system), *_items(body["messages"])]
    if body.get("tools"):
        said["tools"] = [_tool(tool) for tool in body["tools"]]
    said |= params_on("responses", {name: value for name, value in body.items() if name not in _BODY})
    if said["max_output_tokens"] < FEWEST_TOKENS:
        raise Untranslatable(f"it allows less than {FEWEST_TOKENS} tokens, the least that this wire takes")
    return said | ({"stream": True} if body.get("stream") else {})


def _system(system: Any) -> Iterator[Json]:
    """A system prompt of several texts, which `instructions` would make one."""
    if isinstance(system, list) and system:
        yield {"role": "system", "content": [_part(block) for block in system]}


def _items(messages: Sequence[Json]) -> Iterator[Json]:
    if begins_the_answer(messages):
        raise Untranslatable("it begins the answer, which has no counterpart")
    for message in messages:
        role, content = message["role"], message.get("content")
        if in_chat_form(message) and role != "developer":
            raise Untranslatable("it has a message in the form of the chat wire")
        only(message, "a message", {"role", "content"})
        if isinstance(content, str):
            yield {"role": role, "content": content}
        elif role == "assistant":
            yield from _said(content or ())
        else:
            yield from _told(role, content or ())


def _said(blocks: Sequence[Json]) -> Iterator[Json]:
    """What the assistant said: texts and calls in their order, an item each."""
    for block in blocks:
        if block.get("type") == "tool_use":
            yield {
                "type": "function_call",
                "call_id": block["id"],
                "name": block["name"],
                "arguments": arguments(block),
            }
        elif block.get("type") == "text":
            only(block, "a text", {"type", "text"})
            yield {"role": "assistant", "content": block["text"]}
        else:
            raise no_counterpart(block.get("type"))


def _told(role: str, blocks: Sequence[Json]) -> Iterator[Json]:
    """An item for each tool result, and then one with all that is said beside them."""
    for block in blocks:
        if block.get("type") == "tool_result":
            yield _result(block)
    said = [_part(block) for block in blocks if block.get("type") != "tool_result"]
    if said:
        yield {"role": role, "content": said}


def _result(block: Json) -> Json:
    """The output of a call; that it is an error has no place there, and only its text can say so."""
    only(block, "a tool result", {"type", "tool_use_id", "content", "is_error"})
    content = block.get("content") or ""
    output = content if isinstance(content, str) else [_part(one) for one in content]
    return {"type": "function_call_output", "call_id": block["tool_use_id"], "output": output}


def _part(block: Json) -> Json:
    kind = block.get("type")
    if kind in {"input_text", "input_image", "input_file"}:
        return block
    if kind == "text":
        only(block, "a text", {"type", "text"})
        return {"type": "input_text", "text": block["text"]}
    if kind == "image":
        only(block, "an image", {"type", "source"})
        return {"type": "input_image", "image_url": image_address(block["source"]), "detail": "auto"}
    if kind == "document":
        return _file(block)
    raise no_counterpart(kind)


def _file(block: Json) -> Json:
    only(block, "a document", {"type", "source", "title"})
    source, name = block["source"], block.get("title") or "document.pdf"
    if source.get("type") == "url":
        return {"type": "input_file", "file_url": source["url"]}
    if source.get("type") == "base64":
        data = f"data:{source['media_type']};base64,{source['data']}"
        return {"type": "input_file", "filename": name, "file_data": data}
    raise Untranslatable(f"it sends a document by {source.get('type')}, which has no counterpart")


def _tool(tool: Json) -> Json:
    """A tool, strict only if it says so: this wire takes one that says nothing for strict."""
    if is_function(tool):
        inner = tool.get("function")
        return {"type": "function", "strict": False} | inner if isinstance(inner, dict) else tool
    if str(tool.get("type", "")).startswith("web_search_"):
        return _web_search(tool)
    name, said = plain_tool("responses", tool)
    return {"type": "function", "name": name, "strict": tool.get("strict", False)} | said


def _web_search(tool: Json) -> Json:
    only(tool, "a web search", {"type", "name", "allowed_domains", "user_location"})
    said: Json = {"type": "web_search"}
    said |= {"filters": {"allowed_domains": tool["allowed_domains"]}} if "allowed_domains" in tool else {}
    return said | ({"user_location": tool["user_location"]} if "user_location" in tool else {})
