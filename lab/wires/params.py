"""Request parameters of every wire in one dictionary, so that equal wishes are equal whatever spells them.

Normalised are temperature, top_p, top_k, stop (a tuple), max_tokens, user, tool_choice (auto, none, any or
tool:<name>), parallel_tool_calls, thinking, service_tier and stream. Any other parameter keeps its own name.
What is null or empty says nothing and is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from lab.wires.neutral import NeutralRequest

Params = dict[str, Any]

_SAMPLING: Final = {"temperature": ("temperature",), "top_p": ("top_p",)}
_OPENAI: Final = {
    **_SAMPLING,
    "user": ("user", "safety_identifier", "metadata.user_id"),
    "tool_choice": ("tool_choice",),
    "parallel_tool_calls": ("parallel_tool_calls",),
    "service_tier": ("service_tier",),
}
# Where each wire has a parameter, as dotted paths; the first that is there counts.
_SOURCES: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "messages": {
        **_SAMPLING,
        "top_k": ("top_k",),
        "stop": ("stop_sequences",),
        "max_tokens": ("max_tokens",),
        "user": ("metadata.user_id",),
        "tool_choice": ("tool_choice",),
        "parallel_tool_calls": ("tool_choice.disable_parallel_tool_use",),
        "thinking": ("thinking", "output_config.effort"),
        "service_tier": ("service_tier",),
    },
    "chat": {
        **_OPENAI,
        "stop": ("stop",),
        "max_tokens": ("max_completion_tokens", "max_tokens"),
        "thinking": ("reasoning_effort",),
    },
    "responses": {**_OPENAI, "max_tokens": ("max_output_tokens",), "thinking": ("reasoning.effort",)},
    "ollama_chat": {
        "temperature": ("options.temperature",),
        "top_p": ("options.top_p",),
        "top_k": ("options.top_k",),
        "stop": ("options.stop",),
        "max_tokens": ("options.num_predict",),
        "thinking": ("think",),
    },
}
# Objects whose other keys are parameters of their own.
_HOLDERS: Final = ("metadata", "options", "output_config", "reasoning")
# What an answer brings along beside itself, and how, is no part of what is asked.
_DELIVERY: Final = frozenset({"stream_options", "include", "reasoning.summary", "reasoning.generate_summary"})
_OPENAI_DEFAULTS: Final[Params] = {
    "n": 1,
    "presence_penalty": 0,
    "frequency_penalty": 0,
    "logprobs": False,
    "response_format": {"type": "text"},
}
_DEFAULTS: Final[dict[str, Params]] = {
    "messages": {"temperature": 1, "top_p": 1},
    "chat": {"temperature": 1, "top_p": 1, "store": False, **_OPENAI_DEFAULTS},
    "responses": {
        "temperature": 1,
        "top_p": 1,
        "store": True,
        "truncation": "disabled",
        "text": {"format": {"type": "text"}},
    },
    "ollama_chat": {"temperature": 0.8, "top_p": 0.9, "top_k": 40},
}
_ALIKE: Final[Params] = {"tool_choice": "auto", "parallel_tool_calls": True, "service_tier": "auto"}


def read_params(kind: str, request: NeutralRequest) -> Params:
    """The parameters of a request; `kind` as in lab.wires.KINDS."""
    given = _flat(request.params)
    read: Params = {"stream": True} if request.stream else {}
    for name, paths in _SOURCES.get(kind, _SOURCES["chat"]).items():
        found = [given.pop(path) for path in paths if path in given]
        value = _READERS.get(name, _first)(kind, found) if found else None
        if value is not None:
            read[name] = value
    return read | {name: value for name, value in given.items() if name not in _DELIVERY}


def wire_has(kind: str, name: str) -> bool:
    """Whether a wire has a place for this normalised parameter at all."""
    return name == "stream" or name in _SOURCES.get(kind, _SOURCES["chat"])


def is_default(kind: str, name: str, value: Any) -> bool:
    """Whether a parameter says only what this wire does when it is left out."""
    defaults = _ALIKE | _DEFAULTS.get(kind, {})
    return name in defaults and bool(defaults[name] == value)


def _flat(params: Mapping[str, Any]) -> Params:
    """What says something, the keys of holders under dotted names."""
    flat: Params = {}
    for key, value in params.items():
        if key in _HOLDERS and isinstance(value, dict):
            flat |= {f"{key}.{inner}": one for inner, one in value.items() if not _silent(one)}
        elif key == "tool_choice" and isinstance(value, dict) and "disable_parallel_tool_use" in value:
            flat |= {key: value, f"{key}.disable_parallel_tool_use": value["disable_parallel_tool_use"]}
        elif not _silent(value):
            flat[key] = value
    return flat


def _silent(value: Any) -> bool:
    return value is None or value in ("", [], {})


def _first(_: str, found: Sequence[Any]) -> Any:
    return found[0]


def _stop(_: str, found: Sequence[Any]) -> tuple[str, ...]:
    value = found[0]
    return (value,) if isinstance(value, str) else tuple(map(str, value)) if isinstance(value, list) else ()


def _tool_choice(_: str, found: Sequence[Any]) -> str | None:
    value = found[0]
    if isinstance(value, str):
        return "any" if value == "required" else value
    if not isinstance(value, dict):
        return None
    function = value.get("function", value.get("custom"))
    name = (function if isinstance(function, dict) else value).get("name")
    if value.get("type") in ("tool", "function", "custom") and isinstance(name, str):
        return f"tool:{name}"
    return _allowed(value) if value.get("type") == "allowed_tools" else str(value.get("type") or "auto")


def _allowed(value: dict[str, Any]) -> str:
    """OpenAI's choice among some of the tools: its mode, as the tools themselves are compared elsewhere."""
    inner = value.get("allowed_tools")
    mode = (inner if isinstance(inner, dict) else value).get("mode")
    return "any" if mode == "required" else str(mode or "auto")


def _parallel(kind: str, found: Sequence[Any]) -> bool:
    return not found[0] if kind == "messages" else bool(found[0])


def _thinking(_: str, found: Sequence[Any]) -> Params | None:
    """`budget` in tokens, `effort` as a word, or `on` if it says no more; None if it is off."""
    thinking: Params = {}
    for value in found:
        if isinstance(value, dict):
            if value.get("type") == "disabled":
                return None
            thinking |= {"budget": value["budget_tokens"]} if value.get("budget_tokens") else {"on": True}
        elif isinstance(value, str) and value != "none":
            thinking["effort"] = value
        elif value is True:
            thinking["on"] = True
    return thinking or None


_READERS: Final[dict[str, Callable[[str, Sequence[Any]], Any]]] = {
    "stop": _stop,
    "tool_choice": _tool_choice,
    "parallel_tool_calls": _parallel,
    "thinking": _thinking,
}
