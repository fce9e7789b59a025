"""When a wish that arrived on another wire is the same as the one that was sent."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Final

from lab.exchange.compare.efforts import Thinking, same_thinking
from lab.exchange.compare.formats import same_format
from lab.exchange.compare.samewire import same_json
from lab.exchange.compare.sides import Pair, Side
from lab.exchange.compare.toolfields import allowed_by, plain_field
from lab.wires.params import is_default
from lab.wires.toolsorts import sort_of_tool
from lab.wires.units import BY_NAME
from lab.wires.wirefields import family

Same = Callable[[Pair, Any, Any], bool]

# Tiers of service on both sides of each pair are the same; all others are one provider's own.
STANDARD: Final = frozenset({"standard_only", "default"})
FAST: Final = frozenset({"fast", "priority"})


def same_wish(pair: Pair, name: str, before: Any, after: Any) -> bool:
    """Whether a wish says the same, in the notation of the table of units; `after` None: nothing arrived."""
    return _SAME.get(name, _equal)(pair, before, after)


def among(given: Any, words: Collection[str]) -> bool:
    """Whether a value, of whatever type, is one of these words."""
    return isinstance(given, str) and given in words


def texts(given: Any) -> set[str]:
    """The texts in a list, whatever it is; a text alone is a list of one."""
    listed = given if isinstance(given, list | tuple) else [given]
    return {one for one in listed if isinstance(one, str)}


def chosen_sort(side: Side, choice: Any) -> str:
    """The sort of the tool that a choice names, whatever the wire; empty if it names none."""
    mode, _, name = str(choice).partition(":")
    if mode != "tool":
        return ""
    tool = next((tool for tool in side.tools if name in (tool.name, tool.type)), None)
    return sort_of_tool(side.kind, tool.type if tool else name)


def compactions(edits: Any) -> list[Any]:
    """Of what keeps the context small, what two wires have: compactions, as the table of units reads them."""
    return [edit for edit in edits if isinstance(edit, tuple)] if isinstance(edits, tuple) else []


def search_size(given: Any) -> Any:
    """How much context a web search shall use; None if it does not say."""
    return given.get("search_context_size") if isinstance(given, dict) else None


def serves(pair: Pair, given: Any) -> bool:
    """Whether all MCP servers of `given` are tools of the other side, by their addresses and tokens."""
    one, other = (pair.sent, pair.arrived) if "mcp_servers" in pair.before else (pair.arrived, pair.sent)
    if one.kind == other.kind or not isinstance(given, list):
        return False
    tools = [tool.details for tool in other.tools if tool.type == "mcp"]
    # With a toolset beside it, a server's tools are compared as the toolset's.
    apart = any(tool.type == "mcp_toolset" for tool in (pair.sent.tools + pair.arrived.tools))
    # A key for a server may be the gateway's own, but one that was sent has to arrive.
    lost = "mcp_servers" not in pair.before
    return all(
        isinstance(server, dict)
        and any(
            _is_server(server, tool)
            and (apart or _same_allowed(server, tool))
            and not (lost and tool.get("authorization") and not server.get("authorization_token"))
            for tool in tools
        )
        for server in given
    )


def _same_allowed(server: dict[str, Any], tool: dict[str, Any]) -> bool:
    allowed = tool.get("allowed_tools")
    if isinstance(allowed, dict) and allowed.keys() == {"tool_names"}:
        allowed = allowed["tool_names"]
    return plain_field("allowed_tools", allowed_by(server)) == plain_field("allowed_tools", allowed)


def _is_server(server: dict[str, Any], tool: dict[str, Any]) -> bool:
    headers = tool.get("headers")
    keys = [tool.get("authorization"), *(headers.values() if isinstance(headers, dict) else ())]
    token = server.get("authorization_token")
    return server.get("url") == tool.get("server_url") and (
        not token or any(key in (token, f"Bearer {token}") for key in keys)
    )


def _equal(_: Pair, before: Any, after: Any) -> bool:
    return same_json(before, after)


def _or_default(name: str) -> Same:
    def same(pair: Pair, before: Any, after: Any) -> bool:
        if after is None:
            return is_default(pair.arrived.kind, name, before)
        return same_json(before, after)

    return same


def _same_stop(_: Pair, before: Any, after: Any) -> bool:
    """A set: whichever comes first ends the answer."""
    return texts(before) == texts(after) != set()


def _same_user(pair: Pair, before: Any, after: Any) -> bool:
    """Of two names of one user, a wire with one place for them takes either."""
    own = (pair.sent.fields.get(path) for path in BY_NAME["user"].places.get(family(pair.sent.kind), ()))
    return any(same_json(one, after) for one in (before, *own) if one is not None)


def _nothing_to_call(pair: Pair, after: Any) -> bool:
    """Whether a wish about tools is left out of a request that has none, as OpenAI demands."""
    return after is None and not pair.sent.tools and not pair.arrived.tools


def _same_choice(pair: Pair, before: Any, after: Any) -> bool:
    """No tool can be called when none is offered; with one tool, any tool is that tool."""
    tools = [tool.name for tool in pair.arrived.tools]
    if not tools and (before == "none" or _nothing_to_call(pair, after)):
        return True
    mode, _, names = str(before).partition(":")
    if mode in ("any", "auto") and names and (after or "auto") == mode:
        return sorted(tools) == names.split(",")  # some of the tools: these alone are on offer
    only = tools[0] if len(tools) == 1 else None
    one = f"tool:{only}"
    if only is not None and (before, after) in (("any", one), (one, "any")):
        return True
    sort = chosen_sort(pair.sent, before)
    if sort not in ("", "function", "custom") and sort == chosen_sort(pair.arrived, after):
        return True
    return _or_default("tool_choice")(pair, before, after)


def _same_parallel(pair: Pair, before: Any, after: Any) -> bool:
    """Where nothing may be called, nothing is called at once."""
    if after is None and "tool_choice" in pair.before:
        choices = pair.before["tool_choice"].value, pair.value("tool_choice")
        if choices == ("none", "none") or (choices == ("none", None) and not pair.arrived.tools):
            return True
    return _nothing_to_call(pair, after) or _or_default("parallel_tool_calls")(pair, before, after)


def _same_thinking(pair: Pair, before: Any, after: Any) -> bool:
    if not isinstance(after, dict) or not isinstance(before, dict):
        return False
    ours, theirs = (
        Thinking(wish, limits["max_tokens"].value if "max_tokens" in limits else None)
        for wish, limits in ((before, pair.before), (after, pair.after))
    )
    return same_thinking(ours, theirs, pair.wire)


def _same_display(pair: Pair, before: Any, after: Any) -> bool:
    """OpenAI hides what it thinks unless it is asked; Anthropic's default depends on the model."""
    return bool(before == after) or (
        after is None and (before == "hidden") is (pair.arrived.kind != "messages")
    )


def _same_tier(pair: Pair, before: Any, after: Any) -> bool:
    if any(among(before, words) and among(after, words) for words in (STANDARD, FAST)):
        return True
    if among(before, FAST) and pair.value("speed") == "fast":
        return True
    return _or_default("service_tier")(pair, before, after)


def _same_speed(pair: Pair, before: Any, after: Any) -> bool:
    return before == "standard" or among(pair.value("service_tier"), FAST) or same_json(before, after)


def _same_management(_: Pair, before: Any, after: Any) -> bool:
    return bool(compactions(before)) and same_json(compactions(before), compactions(after))


def _same_servers(pair: Pair, before: Any, after: Any) -> bool:
    return same_json(before, after) or serves(pair, before)


def _same_search(pair: Pair, before: Any, after: Any) -> bool:
    """A tool of the provider's, near the same place and, where a tool has it, with as much context."""
    if after is not None or not isinstance(before, dict):
        return same_json(before, after)
    kind = BY_NAME["web_search_options"].tools.get(pair.wire, "none")
    tools = (tool.details for tool in pair.arrived.tools if tool.type.startswith(kind))
    return any(
        same_json(_place(before.get("user_location")), _place(tool.get("user_location")))
        and (pair.wire == "messages" or (search_size(before) or "medium") == (search_size(tool) or "medium"))
        for tool in tools
    )


def _place(given: Any) -> Any:
    """An approximate place, in whichever of its two forms."""
    if not isinstance(given, dict):
        return None
    inner = given.get("approximate", given)
    return (
        {key: one for key, one in inner.items() if one and key != "type"}
        if isinstance(inner, dict)
        else inner
    )


_SAME: Final[dict[str, Same]] = {
    **{name: _or_default(name) for name in (*BY_NAME, "modalities", "n", "truncation", "background")},
    "stop": _same_stop,
    "user": _same_user,
    "tool_choice": _same_choice,
    "parallel_tool_calls": _same_parallel,
    "thinking": _same_thinking,
    "thinking.display": _same_display,
    "service_tier": _same_tier,
    "speed": _same_speed,
    "output format": same_format,
    "context_management": _same_management,
    "mcp_servers": _same_servers,
    "web_search_options": _same_search,
}
