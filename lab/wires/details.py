"""The fields of tools, blocks and messages that say something beyond what every wire has a word for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from lab.wires.neutral import Details, Part

# Read elsewhere, or no one's wish: what sort of block it is, and its cache mark.
_ELSEWHERE: Final = frozenset({"type", "cache_control", "prompt_cache_breakpoint"})
# What the published types (anthropic 2.12.0, openai 3.54.0) call the default: to say it says nothing.
_DEFAULTS: Final[dict[str, tuple[Any, ...]]] = {
    "strict": (False,),
    "defer_loading": (False,),
    "async": (False,),
    "allowed_callers": (["direct"],),
    "input_examples": ([],),
    "caller": ({"type": "direct"},),
    "citations": ({"enabled": False}, []),
    "annotations": ([],),
    "logprobs": ([],),
    "detail": ("auto",),
    "transformations": ({}, {"oversized_image": "downsize"}),
    "response_inclusion": ("full",),
    "search_context_size": ("medium",),
    "external_web_access": (True,),
    "format": ({"type": "text"},),
    "default_config": ({},),
    "configs": ({},),
}
# What a document is made of, if not of one text, and the order of what a result has, if images are not last.
MADE_OF: Final = "source"
ORDER: Final = "order in it"
# Fields of messages that are read into their parts.
_OF_MESSAGES: Final = frozenset(
    {
        *("role", "content", "id", "status", "refusal", "images", "audio", "reasoning_content", "thinking"),
        *("tool_calls", "tool_call_id", "tool_name", "function_call"),
    }
)


def details_of(block: Mapping[str, Any], read: Collection[str] = ()) -> Details:
    """The fields of a block that say something, without those that were `read` into the neutral form."""
    return {
        key: value
        for key, value in block.items()
        if key not in read and key not in _ELSEWHERE and not says_nothing(key, value)
    }


def message_details(message: Mapping[str, Any]) -> Details:
    """What a message says of itself besides its role and content, such as its speaker's name or its phase."""
    if message.get("role") not in ("user", "assistant", "system", "developer"):
        return {}
    return {f"message {key}": value for key, value in details_of(message, _OF_MESSAGES).items()}


def details_within(parts: Sequence[Part]) -> Details:
    """What texts and documents in a result say of themselves, by their sort; several values in order."""
    said: Details = {}
    for part in parts:
        if part.kind != "text":
            continue
        sort = part.type or "text"
        for key, value in (({"is": sort} if part.type else {}) | part.details).items():
            said.setdefault(f"{sort} in it: {key}", []).append(value)
    kinds = [part.kind for part in parts if part.text or part.digest]
    order = {ORDER: kinds} if kinds != sorted(kinds, key="image".__eq__) else {}
    return {key: values[0] if len(values) == 1 else values for key, values in said.items()} | order


def says_nothing(key: str, value: Any) -> bool:
    """Whether a field is null, an empty text, or says only what its wire does when it is left out."""
    if value is None or value == "":
        return True
    return any(type(value) is type(one) and value == one for one in _DEFAULTS.get(key, ()))
