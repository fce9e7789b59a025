"""The values of `anthropic-beta` that the provider knows, and the fields that each makes known.

Sources: AnthropicBetaParam and the types under `beta` in the `anthropic` package 2.12.0; the values that
Claude Code 2.1.293 sends (captured in public, 2026-10-08); https://platform.claude.com/docs/en/api/beta-headers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Any, Final

Body = dict[str, Any]

# The newest beta of this list; one with a later date, and not a future one, is newer than the list can know.
LISTED_UNTIL: Final = date(2026, 10, 21)
KNOWN: Final = frozenset(
    [
        "admin-user-sign-out-2026-10-08",
        "advanced-tool-use-2025-11-20",
        "advisor-tool-2026-03-01",
        "afk-mode-2026-01-31",
        "agent-memory-2026-07-22",
        "analytics-usage-cost-2026-08-24",
        "cache-diagnosis-2026-04-07",
        "ccr-byoc-2025-07-29",
        "ce-claude-code-managed-settings-2026-10-06",
        "ce-plugins-2026-09-01",
        "ce-user-management-2026-07-13",
        "claude-code-20250219",
        "cli-internal-2026-02-09",
        "code-execution-2025-05-22",
        "code-execution-2025-08-25",
        "compact-2026-01-12",
        "compact-2026-09-04",
        "computer-use-2024-10-22",
        "computer-use-2025-01-24",
        "computer-use-2025-11-24",
        "context-1m-2025-08-07",
        "context-hint-2026-04-09",
        "context-management-2025-06-27",
        "dangerous-tool-use-2026-09-03",
        "dev-full-thinking-2025-05-14",
        "dreaming-2026-04-21",
        "effort-2025-11-24",
        "environments-2025-11-01",
        "experimental-claude-tag-2026-10-21",
        "extended-cache-ttl-2025-04-11",
        "fallback-credit-2026-06-01",
        "fallback-credit-2026-07-01",
        "fast-mode-2026-02-01",
        "files-api-2025-04-14",
        "fine-grained-tool-streaming-2025-05-14",
        "inline-tools-2026-09-15",
        "interleaved-thinking-2025-05-14",
        "managed-agents-2026-04-01",
        "max-tokens-3-5-sonnet-2024-07-15",
        "mcp-client-2025-04-04",
        "mcp-client-2025-11-20",
        "mcp-client-2026-09-15",
        "mcp-servers-2025-12-04",
        "mcp-tunnels-2026-06-22",
        "message-batches-2024-09-24",
        "message-threads-2026-08-12",
        "messages-2023-12-15",
        "mid-conversation-output-config-2026-07-01",
        "mid-conversation-system-2026-04-07",
        "mid-conversation-system-clear-at-2026-08-21",
        "mid-conversation-tool-changes-2026-07-01",
        "model-context-window-exceeded-2025-08-26",
        "oauth-2025-04-20",
        "oidc-federation-2026-04-01",
        "output-128k-2025-02-19",
        "output-300k-2026-03-24",
        "pdfs-2024-09-25",
        "per-turn-control-2026-07-01",
        "prompt-caching-2024-07-31",
        "prompt-caching-evict-2026-05-12",
        "prompt-caching-scope-2026-01-05",
        "redact-thinking-2026-02-12",
        "search-results-2025-06-09",
        "server-side-fallback-2026-06-01",
        "server-side-fallback-2026-07-01",
        "skills-2025-10-02",
        "spend-limit-reads-2026-09-26",
        "structured-outputs-2025-11-13",
        "structured-outputs-2025-12-15",
        "summarize-connector-text-2026-03-13",
        "task-budgets-2026-03-13",
        "telemetry-destinations-2026-08-11",
        "thinking-binding-controls-2026-08-01",
        "thinking-display-updates-2026-08-18",
        "thinking-resumption-2026-07-17",
        "thinking-token-count-2026-05-13",
        "token-counting-2024-11-01",
        "token-efficient-tools-2025-02-19",
        "token-efficient-tools-2026-03-28",
        "tool-examples-2025-10-29",
        "tool-search-tool-2025-10-19",
        "tools-2024-04-04",
        "tools-2024-05-16",
        "user-profiles-2026-03-24",
        "user-profiles-2026-08-18",
        "user-profiles-2026-09-04",
        "user-profiles-billing-2026-10-01",
        "web-fetch-2025-09-10",
        "web-search-2025-03-05",
        "webhooks-2026-10-07",
    ]
)
# Fields by the beginning of the betas that make them known; before a dot stands the object they are in.
_FIELDS: Final = {
    "compact-2026-09-04": ("compaction", "context_management"),
    "compact-": ("context_management",),
    "context-hint-": ("context_hint",),
    "context-management-": ("context_management",),
    "dangerous-tool-use-": ("safeguards",),
    "fallback-credit-": ("fallback_credit_token",),
    "mcp-client-": ("mcp_servers",),
    "message-threads-": ("thread",),
    "mid-conversation-output-config-": ("messages.output_config",),
    "mid-conversation-system-clear-at-": ("messages.clear_at",),
    "per-turn-control-": ("messages.output_config",),
    "prompt-caching-evict-": ("cache_control.evict",),
    "prompt-caching-scope-": ("cache_control.scope",),
    "server-side-fallback-": ("fallbacks",),
    "structured-outputs-": ("output_format",),
    "task-budgets-": ("output_config.task_budget",),
    "thinking-binding-controls-": ("thinking.block_binding",),
    "thinking-display-updates-": ("thinking.display",),
    "user-profiles-billing-": ("billing_policy",),
}
_DATE: Final = re.compile(r"-(\d{4})-?(\d{2})-?(\d{2})$")


def unknown(values: Iterable[str]) -> list[str]:
    """The values that the provider does not know, in order."""
    return [one for one in values if one not in KNOWN and not is_newer(one)]


def is_newer(value: str) -> bool:
    """Whether a beta came after this list was made, so that nothing can be said of it."""
    found = _DATE.search(value)
    if found is None:
        return False
    try:
        since = date(*map(int, found.groups()))
    except ValueError:
        return False
    return LISTED_UNTIL < since <= datetime.now(UTC).date()


def without(body: Body, values: Iterable[str], known: Iterable[str]) -> Body:
    """The body as the general API sees it: fields that a beta makes known, and asked for, are taken out.

    A beta that is newer than the list opens every field beside those that are `known`.
    """
    values = tuple(values)
    fields = {field for start, opened in _FIELDS.items() if _has(values, start) for field in opened}
    if any(map(is_newer, values)):
        fields |= body.keys() - set(known)
    if not fields:
        return body
    seen = {key: value for key, value in body.items() if key not in fields}
    for field in fields:
        where, _, key = field.partition(".")
        if key and (where in seen or where == "cache_control"):
            _TAKE_OUT.get(where, _from_object)(seen, where, key)
    return seen


def _has(values: tuple[str, ...], start: str) -> bool:
    return any(one.startswith(start) for one in values)


def _from_object(body: Body, where: str, key: str) -> None:
    given = body[where]
    if isinstance(given, dict) and (key != "display" or given.get(key) == "updates"):
        body[where] = {name: value for name, value in given.items() if name != key}


def _from_messages(body: Body, where: str, key: str) -> None:
    if isinstance(body[where], list):
        body[where] = [_from_message(one, key) if isinstance(one, dict) else one for one in body[where]]


def _from_message(message: Body, key: str) -> Body:
    kept = {name: value for name, value in message.items() if name != key}
    if key == "output_config" and key in message and message.get("content") == []:
        kept["content"] = [{"type": "tool_addition"}]  # a directive without words may stand where these may
    return kept


def _from_marks(body: Body, where: str, key: str) -> None:
    body.update(_unmarked(body, where, key))


def _unmarked(value: Any, where: str, key: str) -> Any:
    if isinstance(value, list):
        return [_unmarked(one, where, key) for one in value]
    if not isinstance(value, dict):
        return value
    # What a tool was called with, and what its schema says, is not the provider's to read.
    kept = {
        name: one if name in ("input", "input_schema") else _unmarked(one, where, key)
        for name, one in value.items()
    }
    if isinstance(kept.get(where), dict):
        kept[where] = {name: one for name, one in kept[where].items() if name != key}
    return kept


_TAKE_OUT: Final[dict[str, Callable[[Body, str, str], None]]] = {
    "messages": _from_messages,
    "cache_control": _from_marks,
}
