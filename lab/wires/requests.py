"""Reads requests of any wire into the neutral form, leniently: whatever the JSON, it never raises."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from lab.wires.canonical import TOO_DEEP, canonical_json, canonical_text
from lab.wires.media import bare_images, media_part, text_digest
from lab.wires.neutral import Message, NeutralRequest, Part, Tool
from lab.wires.routes import KINDS, kind_of

Read = tuple[list[Part], list[Message]]

_SYSTEM_ROLES: Final = frozenset({"system", "developer"})
_TEXT_TYPES: Final = frozenset({"text", "input_text", "output_text", "summary_text", "reasoning_text"})
_IMAGE_TYPES: Final = frozenset({"image", "image_url", "input_image", "input_audio", "input_file", "file"})
_NEUTRAL_KEYS: Final = frozenset(
    {"model", "system", "messages", "tools", "functions", "stream", "instructions", "input", "prompt"}
)


def read_request(wire_path_or_kind: str, body: Any) -> NeutralRequest:
    """A request's JSON body in neutral form; what no kind explains is kept as parts of kind `other`."""
    kind = wire_path_or_kind if wire_path_or_kind in KINDS else kind_of(wire_path_or_kind)
    if not isinstance(body, dict):
        return NeutralRequest(model=None)
    try:
        system, messages = _READERS.get(kind, _read_chat)(body)
    except RecursionError:
        system, messages = [], [Message("user", (Part("other", TOO_DEEP),))]
    model = body.get("model")
    return NeutralRequest(
        model=model if isinstance(model, str) else None,
        system=tuple(part.text for part in system),
        messages=tuple(messages),
        tools=tuple(_tools(body)),
        stream=_streams(kind, body),
        params={key: value for key, value in body.items() if key not in _NEUTRAL_KEYS},
        system_cache=tuple(part.cache for part in system) if any(part.cache for part in system) else (),
    )


def _streams(kind: str, body: dict[str, Any]) -> bool:
    default = kind in ("ollama_chat", "ollama_generate")  # Ollama streams unless told not to
    return body.get("stream", default) is True


def _read_messages(body: dict[str, Any]) -> Read:
    system = _system_texts(body.get("system"))
    more, messages = _split_system(_each(body.get("messages")), _block_parts)
    return system + more, messages


def _read_chat(body: dict[str, Any]) -> Read:
    return _split_system(_each(body.get("messages")), _chat_parts)


def _read_responses(body: dict[str, Any]) -> Read:
    system = _system_texts(body.get("instructions"))
    given = body.get("input")
    if isinstance(given, str):
        return system, [Message("user", (Part("text", given),))]
    more, messages = _split_system(_each(given), _item_parts)
    return system + more, messages


def _read_generate(body: dict[str, Any]) -> Read:
    system = _system_texts(body.get("system"))
    parts = [Part("text", text) for text in (body.get("prompt"), body.get("suffix")) if isinstance(text, str)]
    return system, [Message("user", (*parts, *bare_images(body.get("images"))))]


def _read_embeddings(body: dict[str, Any]) -> Read:
    given = body.get("input", body.get("prompt"))
    texts = [given] if isinstance(given, str) else [text for text in _each(given) if isinstance(text, str)]
    return [], [Message("user", (Part("text", text),)) for text in texts]


_READERS: Final[dict[str, Callable[[dict[str, Any]], Read]]] = {
    "messages": _read_messages,
    "chat": _read_chat,
    "responses": _read_responses,
    "ollama_chat": _read_chat,
    "ollama_generate": _read_generate,
    "embeddings": _read_embeddings,
}


def _split_system(items: Iterable[Any], parts_of: Callable[[dict[str, Any]], Iterator[Part]]) -> Read:
    system: list[Part] = []
    messages: list[Message] = []
    for item in items:
        if not isinstance(item, dict):
            messages.append(Message("user", (_unknown(item),)))
            continue
        role = item.get("role")
        if isinstance(role, str) and role in _SYSTEM_ROLES:
            system += [part for part in parts_of(item) if part.text]
        else:
            messages.append(Message(_role(item), tuple(parts_of(item))))
    return system, messages


def _role(item: dict[str, Any]) -> str:
    role = item.get("role")
    if isinstance(role, str):
        return role
    outputs = ("function_call_output", "custom_tool_call_output")
    return "tool" if item.get("type") in outputs else "assistant" if item.get("type") else "user"


def _block_parts(message: dict[str, Any]) -> Iterator[Part]:
    """Parts of an Anthropic message; `tool_calls` of the OpenAI wire are read too, as some send them."""
    yield from _content_parts(message.get("content"))
    yield from _tool_calls(message)


def _chat_parts(message: dict[str, Any]) -> Iterator[Part]:
    """Parts of a message on the chat or the Ollama wire."""
    for key in ("reasoning_content", "thinking"):
        if isinstance(message.get(key), str):
            yield Part("thinking", message[key])
    if message.get("role") in ("tool", "function"):
        yield from _result_parts(message.get("content"), _text(message, "tool_call_id"))
    else:
        yield from _content_parts(message.get("content"))
    if isinstance(message.get("refusal"), str):
        yield Part("text", message["refusal"])
    yield from bare_images(message.get("images"))
    yield from _tool_calls(message)


def _item_parts(item: dict[str, Any]) -> Iterator[Part]:
    """Parts of an input item of the Responses API."""
    kind = item.get("type")
    if kind in ("function_call", "custom_tool_call"):
        yield _call(item.get("name"), item.get("arguments", item.get("input")), _text(item, "call_id"))
    elif kind in ("function_call_output", "custom_tool_call_output"):
        yield from _result_parts(item.get("output"), _text(item, "call_id"))
    elif kind == "reasoning":
        texts = [*_plain_texts(item.get("summary")), *_plain_texts(item.get("content"))]
        yield from (Part("thinking", text) for text in texts)
    elif kind in (None, "message") or "role" in item:
        yield from _content_parts(item.get("content"))
    elif kind != "item_reference":
        yield _unknown(item)


def _content_parts(content: Any) -> Iterator[Part]:
    if isinstance(content, str):
        yield Part("text", content)
    elif isinstance(content, list):
        for block in content:
            yield from _block(block)
    elif content is not None:
        yield _unknown(content)


def _block(block: Any) -> Iterator[Part]:
    if not isinstance(block, dict):
        yield Part("text", block) if isinstance(block, str) else _unknown(block)
        return
    kind, cache = block.get("type"), _cache(block)
    if not isinstance(kind, str):
        yield _unknown(block)
    elif kind in _TEXT_TYPES or kind == "refusal":
        yield Part("text", _text(block, "refusal" if kind == "refusal" else "text"), cache=cache)
    elif kind in ("tool_use", "server_tool_use", "mcp_tool_use"):
        yield _call(block.get("name"), block.get("input"), _text(block, "id"), cache)
    elif kind.endswith("tool_result"):
        error = block.get("is_error") is True
        yield from _result_parts(block.get("content"), _text(block, "tool_use_id"), cache=cache, error=error)
    elif kind in ("thinking", "redacted_thinking"):
        signed = _text(block, "signature" if kind == "thinking" else "data")
        yield Part("thinking", _text(block, "thinking"), digest=text_digest(signed))
    elif (
        kind == "document" and isinstance(block.get("source"), dict) and block["source"].get("type") == "text"
    ):
        yield Part("text", _text(block["source"], "data"), cache=cache)
    elif kind in _IMAGE_TYPES or kind == "document":
        yield media_part(block, cache)
    else:
        yield _unknown(block)


def _result_parts(content: Any, call_id: str, *, cache: str = "", error: bool = False) -> Iterator[Part]:
    """A tool result: its texts as one part, so that splitting it into blocks is no difference."""
    parts = list(_content_parts(content))
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
    for call in _each(message.get("tool_calls")):
        if not isinstance(call, dict):
            yield _unknown(call)
            continue
        function = call.get("function", call.get("custom"))
        inner = function if isinstance(function, dict) else call
        yield _call(inner.get("name"), inner.get("arguments", inner.get("input")), _text(call, "id"))
    legacy = message.get("function_call")
    if isinstance(legacy, dict):
        yield _call(legacy.get("name"), legacy.get("arguments"), "")


def _call(name: Any, arguments: Any, call_id: str, cache: str = "") -> Part:
    text = canonical_text(arguments) if isinstance(arguments, str) else canonical_json(arguments)
    named = name if isinstance(name, str) else ""
    return Part("tool_call", "" if arguments is None else text, named, call_id, cache=cache)


def _tools(body: dict[str, Any]) -> Iterator[Tool]:
    for tool in (*_each(body.get("tools")), *_each(body.get("functions"))):
        if not isinstance(tool, dict):
            continue
        function = tool.get("function", tool.get("custom"))
        inner = function if isinstance(function, dict) else tool
        schema = next(
            (inner[k] for k in ("input_schema", "parameters") if isinstance(inner.get(k), dict)), None
        )
        name = _text(inner, "name") or _text(tool, "type")
        yield Tool(name, _text(inner, "description"), schema, _cache(tool) or _cache(inner))


def _system_texts(value: Any) -> list[Part]:
    """A system prompt: a string, or blocks; empty texts say nothing."""
    return [part for part in _content_parts(value) if part.text]


def _plain_texts(value: Any) -> list[str]:
    """Texts of a summary: a string, or blocks."""
    return [part.text for part in _content_parts(value)]


def _cache(block: dict[str, Any]) -> str:
    """How long a cache mark on this block or tool lasts, `default` where it does not say; empty: no mark."""
    mark = block.get("cache_control")
    if isinstance(mark, dict):
        return _text(mark, "ttl") or "5m"
    mark = block.get("prompt_cache_breakpoint")
    return (_text(mark, "ttl") or "default") if isinstance(mark, dict) else ""


def _unknown(value: Any) -> Part:
    return Part("other", canonical_json(value))


def _text(block: dict[str, Any], key: str) -> str:
    value = block.get(key)
    return value if isinstance(value, str) else ""


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
