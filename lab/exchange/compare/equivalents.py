"""What each wire has for a tool's field or a content block of another one, by the types providers publish.

Sources: the parameter types of the `anthropic` package 2.12.0 and the `openai` package 3.54.0, and Ollama's
API reference. What is in no row has nothing of its kind on another wire: it is excused there, and counted.
"""

from __future__ import annotations

from typing import Final

# The other fields of a tool that mean the same on two wires; every other field is one provider's own.
_TOOL_FIELDS: Final[dict[str, frozenset[str]]] = {
    "strict": frozenset({"messages", "chat", "responses"}),
    "defer_loading": frozenset({"messages", "responses"}),
    "allowed_domains": frozenset({"messages", "responses"}),
    "user_location": frozenset({"messages", "chat", "responses"}),
    "search_context_size": frozenset({"chat", "responses"}),
    "allowed_tools": frozenset({"messages", "responses"}),
    "format": frozenset({"chat", "responses"}),
}
# Other names of a field of the provider's own tools, and what a wire demands of such a tool.
TOOL_SYNONYMS: Final = {
    "display_width_px": "display_width",
    "display_height_px": "display_height",
    "mcp_server_name": "server_label",
}
_DEMANDED: Final[dict[str, frozenset[str]]] = {
    "code execution": frozenset({"container"}),
    "MCP server": frozenset({"require_approval"}),
    "computer": frozenset({"environment", "display_width", "display_height"}),
}
# Tools that Anthropic specifies and the client runs: another wire may describe them as functions.
_CLIENTS_OWN: Final = ("bash_", "text_editor_", "computer_", "memory_", "browser_toolset_")
# The other fields of blocks and messages that mean the same on two wires.
_BLOCK_FIELDS: Final[dict[str, frozenset[str]]] = {
    "detail": frozenset({"chat", "responses"}),
    "filename": frozenset({"chat", "responses"}),
}
# Types of blocks that two wires have; every other one is one provider's own.
_BLOCK_TYPES: Final[dict[str, frozenset[str]]] = {
    "refusal": frozenset({"chat", "responses"}),
    "custom": frozenset({"chat", "responses"}),
    "document": frozenset({"messages", "chat", "responses"}),
    "audio": frozenset({"chat"}),
}
# Wires that take what an address leads to, by sort; elsewhere a gateway has to fetch it.
_ADDRESSES: Final[dict[str, frozenset[str]]] = {
    "image": frozenset({"messages", "chat", "responses"}),
    "document": frozenset({"messages", "responses"}),
}


def has_tool_field(kind: str, sent_kind: str, name: str) -> bool:
    """Whether a field of a tool means the same on both wires."""
    return kind == sent_kind or {kind, sent_kind} <= _TOOL_FIELDS.get(name, frozenset())


def is_demanded(sort: str, name: str) -> bool:
    """Whether a wire demands this field of a tool of a sort that others have without it."""
    return name in _DEMANDED.get(sort, ())


def is_run_by_client(tool_type: str) -> bool:
    """Whether the client runs a tool that the provider specifies."""
    return tool_type.startswith(_CLIENTS_OWN)


def has_block_field(kind: str, sent_kind: str, name: str) -> bool:
    """Whether a field of a block or message means the same on both wires."""
    return kind == sent_kind or {kind, sent_kind} <= _BLOCK_FIELDS.get(name, frozenset())


def has_block_type(kind: str, sent_kind: str, name: str) -> bool:
    """Whether both wires have blocks of this type; the empty one is what all have."""
    return kind == sent_kind or not name or {kind, sent_kind} <= _BLOCK_TYPES.get(name, frozenset())


def takes_address(kind: str, sort: str) -> bool:
    """Whether a wire takes an image or a document by its address."""
    return kind in _ADDRESSES.get(sort, frozenset())
