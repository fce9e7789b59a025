"""Which parameters each wire has a field for, so that what a wire cannot say is known and not guessed.

Sources are the published types of the requests: anthropic 2.12.0 (`MessageCreateParams`, stable and beta) and
openai 3.54.0 (`CompletionCreateParams`, `ResponseCreateParams`), against which a test holds this table, and
Ollama's docs/api.md (it publishes no types). Contents (system, messages, input, tools, model) are not listed.
"""

from __future__ import annotations

from typing import Final

# Objects whose keys are parameters of their own, on whatever wire.
HOLDERS: Final = frozenset(
    {
        "background_options",
        "image",
        "metadata",
        "options",
        "output_config",
        "prompt_cache_options",
        "reasoning",
        "stream_options",
        "text",
    }
)
# Every key is allowed there.
_ANY: Final = ".*"

# Older models take what the newest types no longer list (https://platform.claude.com/docs/en/api/messages),
# and `output_format` is the beta name of `output_config.format` (header structured-outputs-2025-11-13).
UNTYPED: Final = {"messages": frozenset({"temperature", "top_p", "top_k", "output_format"})}

_OPENAI: Final = frozenset(
    {
        "metadata" + _ANY,
        "moderation",
        "parallel_tool_calls",
        "prompt_cache_key",
        "prompt_cache_options.mode",
        "prompt_cache_options.ttl",
        "prompt_cache_retention",
        "safety_identifier",
        "service_tier",
        "store",
        "stream",
        "stream_options.include_obfuscation",
        "temperature",
        "tool_choice",
        "top_logprobs",
        "top_p",
        "user",
    }
)
FIELDS: Final[dict[str, frozenset[str]]] = {
    "messages": UNTYPED["messages"]
    | {
        "billing_policy",
        "cache_control",
        "compaction",
        "container",
        "context_management",
        "diagnostics",
        "fallback_credit_token",
        "fallbacks",
        "inference_geo",
        "max_tokens",
        "mcp_servers",
        "metadata.user_id",
        "output_config.effort",
        "output_config.format",
        "output_config.task_budget",
        "service_tier",
        "speed",
        "stop_sequences",
        "stream",
        "thinking",
        "thread",
        "tool_choice",
    },
    "chat": _OPENAI
    | {
        "audio",
        "frequency_penalty",
        "function_call",
        "logit_bias",
        "logprobs",
        "max_completion_tokens",
        "max_tokens",
        "modalities",
        "n",
        "prediction",
        "presence_penalty",
        "reasoning_effort",
        "response_format",
        "seed",
        "stop",
        "stream_options.include_usage",
        "verbosity",
        "web_search_options",
    },
    "responses": _OPENAI
    | {
        "access_programs",
        "background",
        "background_options.completion_window",
        "background_options.continuation_id",
        "context_management",
        "conversation",
        "image.context_compression",
        "include",
        "max_output_tokens",
        "max_tool_calls",
        "previous_response_id",
        "prompt",
        "prompt_cache_options.comparison_response_id",
        "prompt_cache_options.prewarm",
        "reasoning.context",
        "reasoning.effort",
        "reasoning.generate_summary",
        "reasoning.mode",
        "reasoning.summary",
        "text.format",
        "text.verbosity",
        "truncation",
    },
    "ollama_chat": frozenset(
        {
            "format",
            "keep_alive",
            "logprobs",
            "options" + _ANY,
            "shift",
            "stream",
            "think",
            "top_logprobs",
            "truncate",
        }
    ),
}
# Each provider's tiers of service.
TIERS: Final[dict[str, frozenset[str]]] = {
    "messages": frozenset({"auto", "standard_only"}),
    "chat": frozenset({"auto", "default", "flex", "scale", "priority", "fast", "ultrafast"}),
}
_ALIKE: Final = {"ollama_generate": "ollama_chat"}
_GENERATE: Final = frozenset({"context", "raw", "template"})


def family(kind: str) -> str:
    """The wire whose parameters a kind of request has: generating on Ollama has those of its chat."""
    alike = _ALIKE.get(kind, kind)
    return alike if alike in FIELDS else "chat"


def wire_has(kind: str, path: str) -> bool:
    """Whether a wire has a field for this parameter (a dotted path, or one within a field)."""
    fields = FIELDS[family(kind)] | (_GENERATE if kind == "ollama_generate" else frozenset())
    keys = path.split(".")
    heads = {".".join(keys[: n + 1]) for n in range(len(keys))}
    return bool(heads & fields) or (len(keys) > 1 and keys[0] + _ANY in fields)
