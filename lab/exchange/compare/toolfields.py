"""A tool's other fields in one spelling, and tools that a wire has as a parameter of the request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from lab.exchange.compare.equivalents import TOOL_SYNONYMS
from lab.wires.canonical import canonical_json
from lab.wires.details import details_of
from lab.wires.neutral import Tool
from lab.wires.parts import each
from lab.wires.toolsorts import sort_of_tool

# Chat has web search as a parameter of the request.
SEARCH_OPTIONS: Final = "web_search_options"
# Lists whose order says nothing.
_SETS: Final = frozenset({"allowed_domains", "blocked_domains", "allowed_callers", "allowed_tools"})


# Anthropic has them in `mcp_servers`, which is compared as a parameter.
_OF_SERVERS: Final = frozenset({"server_url", "authorization"})


def fields_of_tool(tool: Tool, *, across: bool) -> dict[str, Any]:
    """A tool's other fields; OpenAI has the domains of a web search among its filters."""
    details = {key: value for key, value in tool.details.items() if (key, value) != ("strict", False)}
    if across:
        apart = _OF_SERVERS if tool.type == "mcp" else frozenset()
        details = {
            TOOL_SYNONYMS.get(key, key): one
            for key, one in _with_allowed(details).items()
            if key not in apart
        }
    filters = details.get("filters")
    if not (tool.type.startswith("web_search") and isinstance(filters, dict)):
        return details
    return {key: value for key, value in details.items() if key != "filters"} | filters


def _with_allowed(details: Mapping[str, Any]) -> dict[str, Any]:
    """The tools of an MCP server that may be used, as the list that Responses has for them."""
    allowed = details.get("allowed_tools")
    if isinstance(allowed, dict) and allowed.keys() == {"tool_names"}:
        return {**details, "allowed_tools": allowed["tool_names"]}
    configs = details.get("configs")
    if details.get("default_config") != {"enabled": False}:
        return dict(details)
    named = configs if isinstance(configs, dict) else {}
    on = [name for name, one in named.items() if isinstance(one, dict) and one.get("enabled") is True]
    more = {name: one for name, one in named.items() if one not in ({"enabled": True}, {"enabled": False})}
    rest = {key: one for key, one in details.items() if key not in ("default_config", "configs")}
    return rest | {"allowed_tools": on} | ({"configs": more} if more else {})


def plain_field(name: str, given: Any) -> str:
    """A field in one spelling: lists that are sets in order, a place without nulls and its only type."""
    if name in _SETS and isinstance(given, list):
        return canonical_json(sorted(map(canonical_json, given)))
    if name == "format" and isinstance(given, dict) and isinstance(given.get("grammar"), dict):
        return canonical_json({key: one for key, one in given.items() if key != "grammar"} | given["grammar"])
    if name == "user_location" and isinstance(given, dict):
        said = {key: one for key, one in given.items() if one is not None}
        return canonical_json({"type": "approximate"} | said)
    return canonical_json(given)


def as_parameter(sent_kind: str, tool: Tool, kind: str, params: Mapping[str, Any]) -> Tool | None:
    """What a parameter of the request says of a tool that the wire does not have as one."""
    sort = sort_of_tool(sent_kind, tool.type)
    if sort == "web search" and kind == "chat" and SEARCH_OPTIONS in params:
        return Tool(tool.name, type=tool.type, details=_of_search(params[SEARCH_OPTIONS]))
    if sort == "MCP server" and kind == "messages" and sent_kind != kind:
        address = tool.details.get("server_url")
        servers = (one for one in each(params.get("mcp_servers")) if isinstance(one, dict))
        server = next((one for one in servers if one.get("url") == address), None)
        return None if server is None else Tool(tool.name, type=tool.type, details=_of_server(server))
    return None


def _of_search(options: Any) -> dict[str, Any]:
    said = details_of(options) if isinstance(options, dict) else {}
    place = said.get("user_location")
    inner = place.get("approximate") if isinstance(place, dict) else None
    return said | ({"user_location": inner} if isinstance(inner, dict) else {})


def beyond_options(tool: Tool, options: Any) -> Tool:
    """A search by what it says that chat's options have no place for, or that they do not say another way.

    Gateways make a number of searches of the amount of context (LiteLLM 1.109.1: low 1, medium 5, high 10).
    """
    sized = isinstance(options, dict) and "search_context_size" in options
    said = {"user_location", "search_context_size", *(("max_uses",) if sized else ())}
    return replace(tool, details={key: one for key, one in tool.details.items() if key not in said})


def _of_server(server: Mapping[str, Any]) -> dict[str, Any]:
    """An MCP server of Anthropic's older form, which names the tools that may be used itself."""
    allowed = allowed_by(server)
    name = {"server_label": server.get("name")}
    return name | ({} if allowed is None else {"allowed_tools": allowed})


def allowed_by(server: Mapping[str, Any]) -> Any:
    """The tools that a server's own configuration allows; None if it does not say."""
    config = server.get("tool_configuration")
    return config.get("allowed_tools") if isinstance(config, dict) else None
