"""Which sorts of tools each wire has, by the types that providers publish: the one table of all that need it.

Sources: the parameter types of the `anthropic` package 2.12.0 and the `openai` package 3.54.0, and Ollama's
API reference. Chat's web search is a parameter, and stands in the table of units (lab.wires.units).
"""

from __future__ import annotations

import re
from typing import Final

from lab.wires.units import UNITS

# The same sort of tool on each wire, by its type there or how that begins.
TOOLS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "function": dict.fromkeys(("messages", "chat", "responses", "ollama_chat"), ("function",)),
    "custom": {"chat": ("custom",), "responses": ("custom",)},
    "web search": {"messages": ("web_search_",), "responses": ("web_search",)},
    "code execution": {"messages": ("code_execution_",), "responses": ("code_interpreter",)},
    "tool search": {"messages": ("tool_search_tool",), "responses": ("tool_search",)},
    "MCP server": {"messages": ("mcp_toolset",), "responses": ("mcp",)},
    "computer": {"messages": ("computer_",), "responses": ("computer",)},
    "shell": {"messages": ("bash_",), "responses": ("shell", "local_shell")},
}
# What only OpenAI has.
_OPENAIS: Final = ("file_search", "image_generation", "apply_patch", "namespace", "programmatic_tool_calling")
# Anthropic dates its own tools in one number, but for these two.
_ANTHROPICS: Final = re.compile(r".+_\d{8}|mcp_toolset|tool_search_tool_.+")


def sort_of_tool(kind: str, tool_type: str) -> str:
    """The sort of a tool whatever the wire; its type itself if no other wire has the like."""
    for sort, wires in TOOLS.items():
        for name in wires.get(kind, ()):
            if tool_type == name or (name not in ("function", "custom") and tool_type.startswith(name)):
                return sort
    return tool_type


def has_tool(kind: str, sort: str) -> bool:
    """Whether a wire has this sort of tool."""
    return kind in TOOLS.get(sort, {})


def home_of_tool(tool_type: str) -> str:
    """The wire on which a provider's own tool is called so; empty for a client's own and an unknown one."""
    if tool_type in ("function", "custom"):
        return ""
    if _ANTHROPICS.fullmatch(tool_type):
        return "messages"
    own = (*(name for wires in TOOLS.values() for name in wires.get("responses", ())), *_OPENAIS)
    return "responses" if tool_type.startswith(own) else ""


def tool_elsewhere(kind: str, tool_type: str) -> str:
    """What another wire's tool is on this one: a type of tool, a parameter, or nothing (empty)."""
    home = home_of_tool(tool_type)
    sort = sort_of_tool(home, tool_type)
    if has_tool(kind, sort):
        return f"a tool {TOOLS[sort][kind][0].rstrip('_')}"
    units = (unit for unit in UNITS if kind in unit.places and home in unit.tools)
    return next((unit.places[kind][0] for unit in units if tool_type.startswith(unit.tools[home])), "")
