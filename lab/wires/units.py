"""The table of units: what is one wish, where each wire has it, and how it reads in one notation.

Equality across wires goes through this table alone. What stands in no row is equal only to a field of the
same name and value. Values are compared as lab.exchange.compare.wishes says; each row names its source.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

Params = dict[str, Any]
# How the values found read in one notation; None says nothing. The kind is as in lab.wires.KINDS.
Read = Callable[[str, Sequence[Any]], Any]

SDKS: Final = "types of anthropic 2.12.0 and openai 3.54.0"
OLLAMA: Final = "Ollama, docs/api.md"


def _first(_: str, found: Sequence[Any]) -> Any:
    return found[0]


@dataclass(frozen=True, slots=True)
class Unit:
    """One row: a wish, its fields on each wire as dotted paths, and its source.

    The first field counts, unless the wish `merges` all of them; `tools` are the types of tools by which a
    wire without a field says it.
    """

    name: str
    places: Mapping[str, tuple[str, ...]]
    source: str
    read: Read = _first
    merges: bool = False
    tools: Mapping[str, str] = field(default_factory=dict)


def _stop(_: str, found: Sequence[Any]) -> tuple[str, ...] | None:
    value = found[0]
    return (value,) if isinstance(value, str) else tuple(map(str, value)) if isinstance(value, list) else None


def _tool_choice(_: str, found: Sequence[Any]) -> str | None:
    value = found[0]
    if isinstance(value, str):
        return "any" if value == "required" else value
    if not isinstance(value, dict):
        return None
    function = value.get("function", value.get("custom"))
    name = (function if isinstance(function, dict) else value).get("name")
    kind = value.get("type", "function" if name else "auto")
    if kind in ("tool", "function", "custom") and isinstance(name, str):
        return f"tool:{name}"
    if kind == "allowed_tools":
        return _allowed(value)
    return str(kind or "auto") if kind in (None, "auto", "any", "none") else f"tool:{kind}"


def _allowed(value: dict[str, Any]) -> str:
    """OpenAI's choice among some of the tools: its mode, and behind a colon the tools."""
    given = value.get("allowed_tools")
    inner = given if isinstance(given, dict) else value
    mode = {"required": "any"}.get(str(inner.get("mode")), str(inner.get("mode") or "auto"))
    tools = inner.get("tools")
    names = sorted(filter(None, map(_named, tools if isinstance(tools, list) else [])))
    return f"{mode}:{','.join(names)}" if names else mode


def _named(tool: Any) -> str:
    function = tool.get("function", tool.get("custom", tool)) if isinstance(tool, dict) else {}
    name = function.get("name", function.get("type")) if isinstance(function, dict) else None
    return name if isinstance(name, str) else ""


def _parallel(kind: str, found: Sequence[Any]) -> bool:
    return not found[0] if kind == "messages" else bool(found[0])


def _thinking(_: str, found: Sequence[Any]) -> Params | None:
    """`budget` in tokens, `effort` as a word, `between` calls alone, or `on`; None if it is off."""
    thinking: Params = {}
    for value in found:
        if isinstance(value, dict):
            if value.get("type") == "disabled":
                continue
            thinking |= _how_much(value)
        elif isinstance(value, str) and value != "none":
            thinking["effort"] = value
        elif value is True:
            thinking["on"] = True
    return thinking or None


def _how_much(value: Params) -> Params:
    if value.get("type") == "between_tools":
        return {"between": True}
    if isinstance(value.get("effort"), str):  # gateways' own form, an effort beside a summary
        return {"effort": value["effort"]} if value["effort"] != "none" else {}
    return {"budget": value["budget_tokens"]} if value.get("budget_tokens") else {"on": True}


def _summary(kind: str, found: Sequence[Any]) -> str | None:
    """Whether the thinking comes back with the answer: shown, or hidden; None leaves it to the model."""
    if kind == "messages":
        return {"omitted": "hidden"}.get(str(found[0]), "shown")
    return "shown"


def _format(kind: str, found: Sequence[Any]) -> Params | None:
    """The form that the answer must have: its type, schema, and on OpenAI's wires a name and strictness."""
    value = found[0]
    if isinstance(value, str):  # Ollama's word for any JSON
        return {"type": "json_object"} if value == "json" else {"type": value}
    if not isinstance(value, dict):
        return None
    if kind.startswith("ollama"):
        return {"type": "json_schema", "schema": value}
    inner = value.get("json_schema")
    named = inner if isinstance(inner, dict) else value
    said = {name: named[name] for name in ("schema", "name", "strict", "description") if named.get(name)}
    return {"type": value.get("type")} | said


def _management(_: str, found: Sequence[Any]) -> tuple[Any, ...] | None:
    """What keeps the context small: `compaction` with its threshold in tokens, or an edit by its type."""
    value = found[0]
    edits = value.get("edits") if isinstance(value, dict) else value
    said = tuple(map(_edit, edits if isinstance(edits, list) else []))
    return said or None


def _edit(edit: Any) -> Any:
    kind = str(edit.get("type") if isinstance(edit, dict) else edit)
    if kind == "compaction":
        return ("compaction", edit.get("compact_threshold"))
    trigger = edit.get("trigger") if isinstance(edit, dict) else None
    threshold = trigger.get("value") if isinstance(trigger, dict) else None
    return ("compaction", threshold) if kind.startswith("compact_") else kind


def _included(item: str) -> Read:
    """Whether this item is in a list of what an answer brings along; a list without it says nothing."""

    def read(_: str, found: Sequence[Any]) -> bool | None:
        value = found[0]
        return (item in value or None) if isinstance(value, list) else value is True or None

    return read


_EVERY: Final = ("messages", "chat", "responses")


def _same(name: str) -> dict[str, tuple[str, ...]]:
    """The same field on three wires, and under Ollama's options."""
    places: dict[str, tuple[str, ...]] = dict.fromkeys(_EVERY, (name,))
    return places | {"ollama_chat": (f"options.{name}",)}


UNITS: Final[tuple[Unit, ...]] = (
    Unit("temperature", _same("temperature"), f"{SDKS}; {OLLAMA}"),
    Unit("top_p", _same("top_p"), f"{SDKS}; {OLLAMA}"),
    Unit("top_k", {"messages": ("top_k",), "ollama_chat": ("options.top_k",)}, OLLAMA),
    Unit(
        "stop",
        {"messages": ("stop_sequences",), "chat": ("stop",), "ollama_chat": ("options.stop",)},
        f"{SDKS}; chat takes up to 4; {OLLAMA}",
        _stop,
    ),
    Unit(
        "max_tokens",
        {
            "messages": ("max_tokens",),
            "chat": ("max_completion_tokens", "max_tokens"),
            "responses": ("max_output_tokens",),
            "ollama_chat": ("options.num_predict",),
        },
        f"{SDKS}: all count thinking too; {OLLAMA}",
    ),
    Unit(
        "user",
        {
            "messages": ("metadata.user_id",),
            "chat": ("user", "safety_identifier", "metadata.user_id"),
            "responses": ("user", "safety_identifier", "metadata.user_id"),
        },
        f"{SDKS}: safety_identifier (up to 128 characters) replaces user",
    ),
    Unit(
        "tool_choice",
        {
            "messages": ("tool_choice",),
            "chat": ("tool_choice", "function_call"),
            "responses": ("tool_choice",),
        },
        f"{SDKS}: any is required",
        _tool_choice,
    ),
    Unit(
        "parallel_tool_calls",
        {
            "messages": ("tool_choice.disable_parallel_tool_use",),
            "chat": ("parallel_tool_calls",),
            "responses": ("parallel_tool_calls",),
        },
        f"{SDKS}: one is the other's opposite",
        _parallel,
    ),
    Unit(
        "thinking",
        {
            "messages": ("thinking", "output_config.effort"),
            "chat": ("reasoning_effort",),
            "responses": ("reasoning.effort",),
            "ollama_chat": ("think",),
        },
        f"{SDKS}; efforts by word, budgets by the table of lab.exchange.compare.efforts",
        _thinking,
        merges=True,
    ),
    Unit(
        "thinking.display",
        {"messages": ("thinking.display",), "responses": ("reasoning.summary", "reasoning.generate_summary")},
        f"{SDKS}: summarized is any summary, omitted is none",
        _summary,
    ),
    Unit(
        "output format",
        {
            "messages": ("output_config.format", "output_format"),
            "chat": ("response_format",),
            "responses": ("text.format",),
            "ollama_chat": ("format",),
        },
        f"{SDKS}: the schema is compared, name and strict where both wires have them; {OLLAMA}",
        _format,
    ),
    Unit("verbosity", {"chat": ("verbosity",), "responses": ("text.verbosity",)}, SDKS),
    Unit(
        "service_tier",
        dict.fromkeys(_EVERY, ("service_tier",)),
        f"{SDKS}: standard_only is default, fast is priority; the other tiers are one provider's own",
    ),
    Unit("speed", {"messages": ("speed",)}, f"{SDKS}: OpenAI's fast mode is service_tier fast"),
    Unit(
        "context_management",
        {"messages": ("context_management",), "responses": ("context_management",)},
        f"{SDKS}: an edit compact_… is compaction; the other edits are Anthropic's own",
        _management,
    ),
    Unit("seed", {"chat": ("seed",), "ollama_chat": ("options.seed",)}, OLLAMA),
    *(
        Unit(name, {"chat": (name,), "ollama_chat": (f"options.{name}",)}, OLLAMA)
        for name in ("presence_penalty", "frequency_penalty")
    ),
    Unit(
        "logprobs",
        {"chat": ("logprobs",), "responses": ("include",), "ollama_chat": ("logprobs",)},
        f"{SDKS}: include message.output_text.logprobs; {OLLAMA}",
        _included("message.output_text.logprobs"),
    ),
    Unit(
        "top_logprobs",
        dict.fromkeys(("chat", "responses", "ollama_chat"), ("top_logprobs",)),
        f"{SDKS}; {OLLAMA}",
    ),
    Unit("mcp_servers", {"messages": ("mcp_servers",)}, SDKS, tools={"responses": "mcp"}),
    Unit(
        "web_search_options",
        {"chat": ("web_search_options",)},
        SDKS,
        tools={"messages": "web_search", "responses": "web_search"},
    ),
    *(
        Unit(name, {"chat": (name,), "responses": (name,)}, f"{SDKS}: the same field on OpenAI's two wires")
        for name in (
            "moderation",
            "prompt_cache_key",
            "prompt_cache_options.mode",
            "prompt_cache_options.ttl",
            "prompt_cache_retention",
            "store",
            "stream_options.include_obfuscation",
        )
    ),
)
BY_NAME: Final = {unit.name: unit for unit in UNITS}
