"""Reads the content of messages of any wire into parts, leniently: whatever the JSON, it never raises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from lab.wires.canonical import canonical_json, canonical_text
from lab.wires.media import bare_images, media_part, text_digest
from lab.wires.neutral import Part

ReadParts = Callable[[dict[str, Any]], Iterator[Part]]

_TEXT_TYPES: Final = frozenset({"text", "input_text", "output_text", "summary_text", "reasoning_text"})
_IMAGE_TYPES: Final = frozenset({"image", "image_url", "input_image", "input_audio", "input_file", "file"})
_CALL_TYPES: Final = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})


def block_parts(message: dict[str, Any]) -> Iterator[Part]:
    """Parts of an Anthropic message; `tool_calls` of the OpenAI wire are read too, as some send them."""
    yield from content_parts(message.get("content"))
    yield from _tool_calls(message)


def chat_parts(message: dict[str, Any]) -> Iterator[Part]:
    """Parts of a message on the chat or the Ollama wire."""
    for key in ("reasoning_content", "thinking"):
        if isinstance(message.get(key), str):
            yield Part("thinking", message[key])
    if message.get("role") in ("tool", "function"):
        yield from _result_parts(message.get("content"), text_of(message, "tool_call_id"))
    else:
        yield from content_parts(message.get("content"))
    if isinstance(message.get("refusal"), str):
        yield Part("text", message["refusal"])
    yield from bare_images(message.get("images"))
    yield from _tool_calls(message)


def item_parts(item: dict[str, Any]) -> Iterator[Part]:
    """Parts of an input item of the Responses API."""
    kind = item.get("type")
    read = _ITEMS.get(kind) if isinstance(kind, str) else None
    if read is not None:
        yield from read(item)
    elif kind is None or "role" in item:
        yield from _message_item(item)
    elif kind != "item_reference":
        yield unknown(item)


def _message_item(item: dict[str, Any]) -> Iterator[Part]:
    return content_parts(item.get("content"))


def _call_item(item: dict[str, Any]) -> Iterator[Part]:
    yield _call(item.get("name"), item.get("arguments", item.get("input")), text_of(item, "call_id"))


def _output_item(item: dict[str, Any]) -> Iterator[Part]:
    return _result_parts(item.get("output"), text_of(item, "call_id"))


def _reasoning_item(item: dict[str, Any]) -> Iterator[Part]:
    texts = [*_plain_texts(item.get("summary")), *_plain_texts(item.get("content"))]
    return (Part("thinking", text) for text in texts)


_ITEMS: Final[dict[str, ReadParts]] = {
    "message": _message_item,
    "function_call": _call_item,
    "custom_tool_call": _call_item,
    "function_call_output": _output_item,
    "custom_tool_call_output": _output_item,
    "reasoning": _reasoning_item,
}


def content_parts(content: Any) -> Iterator[Part]:
    """Parts of a content: a text, or blocks."""
    if isinstance(content, str):
        yield Part("text", content)
    elif isinstance(content, list):
        for block in content:
            yield from _block(block)
    elif content is not None:
        yield unknown(content)


def _block(block: Any) -> Iterator[Part]:
    if not isinstance(block, dict):
        yield Part("text", block) if isinstance(block, str) else unknown(block)
        return
    kind = block.get("type")
    if not isinstance(kind, str):
        yield unknown(block)
        return
    # There are results of many kinds: web_search_tool_result, mcp_tool_result, ...
    read = _BLOCKS.get("tool_result" if kind.endswith("tool_result") else kind)
    yield from read(block) if read is not None else (unknown(block),)


def _text_block(block: dict[str, Any]) -> Iterator[Part]:
    yield Part("text", text_of(block, "text"), cache=cache_of(block))


def _refusal_block(block: dict[str, Any]) -> Iterator[Part]:
    yield Part("text", text_of(block, "refusal"), cache=cache_of(block))


def _call_block(block: dict[str, Any]) -> Iterator[Part]:
    yield _call(block.get("name"), block.get("input"), text_of(block, "id"), cache_of(block))


def _result_block(block: dict[str, Any]) -> Iterator[Part]:
    error = block.get("is_error") is True
    call_id = text_of(block, "tool_use_id")
    return _result_parts(block.get("content"), call_id, cache=cache_of(block), error=error)


def _thinking_block(block: dict[str, Any]) -> Iterator[Part]:
    signed = text_of(block, "signature" if block["type"] == "thinking" else "data")
    yield Part("thinking", text_of(block, "thinking"), digest=text_digest(signed))


def _media_block(block: dict[str, Any]) -> Iterator[Part]:
    yield media_part(block, cache_of(block))


def _document_block(block: dict[str, Any]) -> Iterator[Part]:
    source = block.get("source")
    if isinstance(source, dict) and source.get("type") == "text":
        yield Part("text", text_of(source, "data"), cache=cache_of(block))
    else:
        yield from _media_block(block)


_BLOCKS: Final[dict[str, ReadParts]] = {
    **dict.fromkeys(_TEXT_TYPES, _text_block),
    "refusal": _refusal_block,
    **dict.fromkeys(_CALL_TYPES, _call_block),
    "tool_result": _result_block,
    "thinking": _thinking_block,
    "redacted_thinking": _thinking_block,
    **dict.fromkeys(_IMAGE_TYPES, _media_block),
    "document": _document_block,
}


def _result_parts(content: Any, call_id: str, *, cache: str = "", error: bool = False) -> Iterator[Part]:
    """A tool result: its texts as one part, so that splitting it into blocks is no difference."""
    parts = list(content_parts(content))
    texts = tuple(part.text for part in parts if part.kind != "image")
    blocks = texts if len(texts) > 1 else ()
    cache = cache or next((part.cache for part in reversed(parts) if part.cache), "")
    images = [part for part in parts if part.kind == "image"]
    yield Part(
        "tool_result",
        "\n".join(texts),
        id=call_id,
        cache=cache,
        blocks=blocks,
        images=tuple(image.digest for image in images),
        error=error,
    )
    yield from images


def _tool_calls(message: dict[str, Any]) -> Iterator[Part]:
    for call in each(message.get("tool_calls")):
        if not isinstance(call, dict):
            yield unknown(call)
            continue
        function = call.get("function", call.get("custom"))
        inner = function if isinstance(function, dict) else call
        yield _call(inner.get("name"), inner.get("arguments", inner.get("input")), text_of(call, "id"))
    legacy = message.get("function_call")
    if isinstance(legacy, dict):
        yield _call(legacy.get("name"), legacy.get("arguments"), "")


def _call(name: Any, arguments: Any, call_id: str, cache: str = "") -> Part:
    text = canonical_text(arguments) if isinstance(arguments, str) else canonical_json(arguments)
    named = name if isinstance(name, str) else ""
    return Part("tool_call", "" if arguments is None else text, named, call_id, cache=cache)


def _plain_texts(value: Any) -> list[str]:
    """Texts of a summary: a string, or blocks."""
    return [part.text for part in content_parts(value)]


def cache_of(block: dict[str, Any]) -> str:
    """How long a cache mark on this block or tool lasts, `default` if it does not say; empty: no mark."""
    mark = block.get("cache_control")
    if isinstance(mark, dict):
        return text_of(mark, "ttl") or "5m"
    mark = block.get("prompt_cache_breakpoint")
    return (text_of(mark, "ttl") or "default") if isinstance(mark, dict) else ""


def unknown(value: Any) -> Part:
    """What is not understood, kept as its JSON."""
    return Part("other", canonical_json(value))


def text_of(block: dict[str, Any], key: str) -> str:
    """The text under a key; empty if there is none."""
    value = block.get(key)
    return value if isinstance(value, str) else ""


def each(value: Any) -> list[Any]:
    """The items of a list; none if it is no list."""
    return value if isinstance(value, list) else []
