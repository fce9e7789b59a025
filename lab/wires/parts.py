"""Reads the content of messages of any wire into parts, leniently: whatever the JSON, it never raises."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from lab.wires.canonical import canonical_json, canonical_text
from lab.wires.details import MADE_OF, details_of, details_within
from lab.wires.media import bare_images, media_part, text_digest
from lab.wires.neutral import Details, Part

ReadParts = Callable[[dict[str, Any]], Iterator[Part]]

_TEXT_TYPES: Final = frozenset({"text", "input_text", "output_text", "summary_text", "reasoning_text"})
_IMAGE_TYPES: Final = frozenset({"image", "image_url", "input_image", "input_audio", "input_file", "file"})
_CALL_TYPES: Final = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})
# Types that say no more than a part's kind.
_PLAIN: Final = frozenset({"tool_use", "function_call", "function", "tool_result", "function_call_output"})
# What is read of a call of chat.
_OF_CALLS: Final = frozenset({"id", "index", "function", "custom", "name", "arguments", "input"})
# What a wire writes down about a call or a result beside what it is: ids of items, and that they are done.
_KEPT_BOOKS: Final = ("id", "status")


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
        yield Part("text", message["refusal"], type="refusal")
    yield from bare_images(message.get("images"))
    if isinstance(message.get("audio"), dict):  # what the assistant said before, by its id
        yield unknown({"type": "audio"} | message["audio"])
    yield from _tool_calls(message)


def item_parts(item: dict[str, Any]) -> Iterator[Part]:
    """Parts of an input item of the Responses API."""
    kind = item.get("type")
    read = _ITEMS.get(kind) if isinstance(kind, str) else None
    if read is not None:
        yield from read(item)
    elif kind is None or "role" in item:
        yield from _message_item(item)
    else:
        yield unknown(item)


def _message_item(item: dict[str, Any]) -> Iterator[Part]:
    return content_parts(item.get("content"))


def _call_item(item: dict[str, Any]) -> Iterator[Part]:
    read = ("name", "arguments", "input", "call_id", *_KEPT_BOOKS)
    made = _made(item, item, text_of(item, "call_id"))
    yield replace(made, type=_type_of(item), details=details_of(item, read))


def _output_item(item: dict[str, Any]) -> Iterator[Part]:
    details = details_of(item, ("output", "call_id", *_KEPT_BOOKS))
    kind = _type_of(item)
    return _result_parts(item.get("output"), text_of(item, "call_id"), kind=kind, details=details)


def _reasoning_item(item: dict[str, Any]) -> Iterator[Part]:
    """Its summary and its content; what is encrypted belongs to the first of them, or stands alone."""
    texts = [*_plain_texts(item.get("summary")), *_plain_texts(item.get("content"))]
    digest = text_digest(text_of(item, "encrypted_content"))
    for n, text in enumerate(texts or ([""] if digest else [])):
        yield Part("thinking", text, digest=digest if n == 0 else "")


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
    details = details_of(block, ("text",))
    yield Part("text", text_of(block, "text"), cache=cache_of(block), details=details)


def _refusal_block(block: dict[str, Any]) -> Iterator[Part]:
    yield Part("text", text_of(block, "refusal"), cache=cache_of(block), type="refusal")


def _call_block(block: dict[str, Any]) -> Iterator[Part]:
    call = _call(block.get("name"), block.get("input"), text_of(block, "id"), cache_of(block))
    yield replace(call, type=_type_of(block), details=details_of(block, ("name", "input", "id")))


def _result_block(block: dict[str, Any]) -> Iterator[Part]:
    error = block.get("is_error") is True
    call_id = text_of(block, "tool_use_id")
    details = details_of(block, ("content", "tool_use_id", "is_error"))
    return _result_parts(
        block.get("content"), call_id, cache_of(block), error=error, kind=_type_of(block), details=details
    )


def _type_of(block: dict[str, Any]) -> str:
    kind = text_of(block, "type")
    return "" if kind in _PLAIN else "custom" if kind.startswith("custom_tool_call") else kind


def _thinking_block(block: dict[str, Any]) -> Iterator[Part]:
    redacted = block["type"] == "redacted_thinking"
    signed = text_of(block, "data" if redacted else "signature")
    details = details_of(block, ("data",) if redacted else ("thinking", "signature"))
    kind = "redacted_thinking" if redacted else ""
    text = text_of(block, "thinking")
    yield Part("thinking", text, digest=text_digest(signed), type=kind, details=details)


def _media_block(block: dict[str, Any]) -> Iterator[Part]:
    yield media_part(block, cache_of(block))


def _document_block(block: dict[str, Any]) -> Iterator[Part]:
    """A document: its text or its blocks, each as what it is, or its data."""
    source = block.get("source")
    kind = source.get("type") if isinstance(source, dict) else None
    if isinstance(source, dict) and kind in ("text", "content"):
        given = text_of(source, "data") if kind == "text" else source.get("content")
        parts = list(content_parts(given))
        made_of = {} if kind == "text" else {MADE_OF: kind}
        yield from _in_document(parts, details_of(block, ("source",)) | made_of, cache_of(block))
    else:
        yield from _media_block(block)


def _in_document(parts: Sequence[Part], details: Details, cache: str) -> Iterator[Part]:
    """The parts of a document of texts: the first has what it says of itself, the last its cache mark."""
    for n, part in enumerate(parts):
        own = details | part.details if n == 0 else part.details
        mark = part.cache or (cache if n == len(parts) - 1 else "")
        kind = "document" if part.kind == "text" else part.type
        yield replace(part, type=kind, details=own, cache=mark)


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


def _result_parts(
    content: Any,
    call_id: str,
    cache: str = "",
    *,
    error: bool = False,
    kind: str = "",
    details: Details | None = None,
) -> Iterator[Part]:
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
        type=kind,
        details=(details or {}) | details_within(parts),
    )
    yield from images


def _tool_calls(message: dict[str, Any]) -> Iterator[Part]:
    for call in each(message.get("tool_calls")):
        if not isinstance(call, dict):
            yield unknown(call)
            continue
        function = call.get("function", call.get("custom"))
        inner = function if isinstance(function, dict) else call
        made = _made(call, inner, text_of(call, "id"))
        details = details_of(call, _OF_CALLS) | (details_of(inner, _OF_CALLS) if inner is not call else {})
        yield replace(made, type="custom" if "custom" in call else "", details=details)
    legacy = message.get("function_call")
    if isinstance(legacy, dict):
        yield _call(legacy.get("name"), legacy.get("arguments"), "")


def _made(call: dict[str, Any], inner: dict[str, Any], call_id: str) -> Part:
    """A call on an OpenAI wire; the input of a custom tool is a text, whatever it looks like."""
    free = "custom" in call or text_of(call, "type").startswith("custom")
    if free and isinstance(inner.get("input"), str):
        return replace(_call(inner.get("name"), None, call_id), text=inner["input"])
    return _call(inner.get("name"), inner.get("arguments", inner.get("input")), call_id)


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
        plain = (("ttl", mark.get("ttl")), ("type", "ephemeral"))
        more = [
            f", {key} {one}"
            for key, one in sorted(mark.items())
            if one is not None and (key, one) not in plain
        ]
        return (text_of(mark, "ttl") or "5m") + "".join(more)
    mark = block.get("prompt_cache_breakpoint")
    return (text_of(mark, "ttl") or "default") if isinstance(mark, dict) else ""


def unknown(value: Any) -> Part:
    """What is not understood, kept as its JSON under its own type, without what says nothing."""
    if not isinstance(value, dict):
        return Part("other", canonical_json(value))
    kind = text_of(value, "type")
    said = details_of(value) | ({"type": value["type"]} if "type" in value else {})
    return Part("other", canonical_json(said), type=kind, cache=cache_of(value))


def text_of(block: dict[str, Any], key: str) -> str:
    """The text under a key; empty if there is none."""
    value = block.get(key)
    return value if isinstance(value, str) else ""


def each(value: Any) -> list[Any]:
    """The items of a list; none if it is no list."""
    return value if isinstance(value, list) else []
