"""Compares the parameters of two requests on different wires, wish by wish through the table of units.

What the provider's wire has no field for is excused; what it has and does not arrive is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from lab.exchange.compare.difference import Difference
from lab.exchange.compare.efforts import Thinking, same_thinking
from lab.exchange.compare.samewire import same_json
from lab.exchange.quoting import value
from lab.wires.canonical import canonical_json
from lab.wires.neutral import Tool
from lab.wires.params import Reading, can_say, is_default, readings
from lab.wires.units import BY_NAME, Params
from lab.wires.wirefields import family, wire_has

# What an answer brings along beside itself is no part of what is asked; another wire brings other things.
BESIDE: Final = frozenset({"stream_options.include_usage", "include"})
# What comes without asking there: usage with every stream, and thinking that is signed for its way back.
COMES: Final = {
    "stream_options.include_usage": ("messages", "responses", "ollama_chat"),
    "include": ("messages",),
}
_SIGNED: Final = ["reasoning.encrypted_content"]
# The least and the most that a wire takes (docs of each field).
LEAST: Final = {("responses", "max_tokens"): 16}
MOST: Final = {("messages", "temperature"): 1}
# What a client on one wire has without asking, so that asking for it on another adds nothing.
ANYWAY: Final = {"messages": {"store": False}}
# Tiers of service on both sides of each pair are the same; all others are one provider's own.
_STANDARD: Final = frozenset({"standard_only", "default"})
_FAST: Final = frozenset({"fast", "priority"})
ANTHROPICS: Final = frozenset({"auto", "standard_only"})
OPENAIS: Final = frozenset({"auto", "default", "flex", "scale", "priority", "fast", "ultrafast"})
_STOPS: Final = 4
# Where a tool says what is a field on another wire.
TOOLS: Final = {"mcp_servers": ("responses",), "web_search_options": ("messages", "responses")}


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: the wire, the fields by their paths, and the tools on offer."""

    kind: str
    fields: Params
    tools: tuple[Tool, ...] = ()
    model: str | None = None
    stream: bool = False

    @property
    def wishes(self) -> dict[str, Reading]:
        """All wishes by the names of their units."""
        return readings(self.kind, self.fields)


@dataclass(frozen=True, slots=True)
class Pair:
    """What was sent and what arrived, with the wishes of both sides."""

    sent: Side
    arrived: Side
    before: dict[str, Reading]
    after: dict[str, Reading]

    def value(self, name: str) -> Any:
        """What arrived of a wish; None if nothing did."""
        return self.after[name].value if name in self.after else None


def unit_differences(sent: Side, arrived: Side) -> Iterator[Difference]:
    """What became of every wish that was sent on one wire, and which others arrived on the other."""
    pair = Pair(sent, arrived, sent.wishes, arrived.wishes)
    for name, one in pair.before.items():
        if not _word_for_word(one, arrived):
            yield from _fate(pair, name, one)
    yield from _added(pair)


def _word_for_word(one: Reading, arrived: Side) -> bool:
    return all(
        path in arrived.fields and same_json(given, arrived.fields[path])
        for path, given in one.fields.items()
    )


def _fate(pair: Pair, name: str, one: Reading) -> Iterator[Difference]:
    after, kind = pair.value(name), pair.arrived.kind
    if after is None and family(kind) in COMES.get(name, ()) and one.value in (True, False, _SIGNED):
        return
    if _SAME.get(name, _equal)(pair, one.value, after):
        if name == "thinking" and {"budget", "effort"} <= one.value.keys():
            budget = f"thinking.budget_tokens {value(one.value['budget'])}"
            yield _unsayable(name, budget, kind, "field for it beside an effort")
        return
    if after is None and is_default(pair.sent.kind, name, one.value) and not _sayable(kind, name):
        return
    if after is None or (name == "service_tier" and is_default(kind, name, after)):
        yield _gone(pair, name, one.value)
    else:
        yield _other(name, one.value, after, kind)


def _gone(pair: Pair, name: str, before: Any) -> Difference:
    """A wish that is missing; excused if the wire has no field for it."""
    kind = pair.arrived.kind
    what = f"{name} {value(before)}"
    if not _sayable(kind, name):
        return _unsayable(name, what, kind)
    if name == "service_tier" and _own_tier(before, kind):
        owner = "Anthropic" if pair.sent.kind == "messages" else "OpenAI"
        why = f"{what} was dropped: only {owner} has it, and the standard tier is what is left"
        return Difference(name, "dropped", why, excuse="no_equivalent")
    if name == "context_management" and not any(isinstance(edit, tuple) for edit in before):
        return _unsayable(name, what, kind, "such edits")
    if name == "output format" and kind == "messages" and before.get("type") == "json_object":
        return _unsayable(name, what, kind, "format without a schema")
    return Difference(name, "dropped", f"{what} was dropped")


def _sayable(kind: str, name: str) -> bool:
    """Whether a wire has a field for a wish, or a tool that says it."""
    if kind in TOOLS.get(name, ()):
        return True
    unit = BY_NAME.get(name)
    return can_say(kind, unit) if unit else wire_has(kind, name)


def _unsayable(name: str, what: str, kind: str, lacks: str = "") -> Difference:
    why = f"{what} was dropped: the {wire_name(kind)} wire has {f'no {lacks}' if lacks else 'none'}"
    return Difference(name, "dropped", why, excuse="no_equivalent")


def _other(name: str, before: Any, after: Any, kind: str) -> Difference:
    """A wish with another value; excused if it was brought within what the wire takes."""
    why = f"{name} {value(before)} arrived as {value(after)}"
    if isinstance(before, int | float) and not isinstance(before, bool):
        for limits, word, beyond in (
            (LEAST, "least", before < _n(after)),
            (MOST, "most", before > _n(after)),
        ):
            if limits.get((kind, name)) == after and beyond:
                why += f", the {word} that the {wire_name(kind)} wire takes"
                return Difference(name, "changed", why, excuse="no_equivalent")
    if name == "tool_choice" and str(before).startswith(f"{after}:") and kind not in ("chat", "responses"):
        why += f": the {wire_name(kind)} wire has no choice among some of the tools"
        return Difference(name, "changed", why, excuse="no_equivalent")
    if name == "stop" and kind == "chat" and len(before) > _STOPS and after == before[:_STOPS]:
        why += f": the chat wire takes at most {_STOPS}, and the rest was left out"
    return Difference(name, "changed", why)


def _n(given: Any) -> float:
    return given if isinstance(given, int | float) else 0


def _added(pair: Pair) -> Iterator[Difference]:
    kind = pair.arrived.kind
    for name, one in pair.after.items():
        if name in pair.before or name in BESIDE or _from_elsewhere(pair, name):
            continue
        if is_default(kind, name, one.value) or is_default(pair.sent.kind, name, one.value):
            continue
        if same_json(ANYWAY.get(pair.sent.kind, {}).get(name), one.value):
            continue
        why = f"{name} {value(one.value)} was added"
        if name == "max_tokens" and kind == "messages":
            yield Difference(
                name, "added", f"{why}: the messages wire demands a limit", excuse="no_equivalent"
            )
        else:
            yield Difference(name, "added", why)


def _from_elsewhere(pair: Pair, name: str) -> bool:
    """Whether what arrived says what was sent under another unit, or how the answer comes back at all."""
    if name == "thinking.display":
        return "thinking" in pair.before
    if name == "service_tier":
        return pair.value(name) in _FAST and "speed" in pair.before
    return name == "tool_choice" and _as_tool(pair) is not None


def wire_name(kind: str) -> str:
    """The name of an upstream wire in a sentence."""
    return {"ollama_chat": "Ollama", "ollama_generate": "Ollama"}.get(kind, kind)


# How the value that arrived is compared with the one that was sent


def _equal(_: Pair, before: Any, after: Any) -> bool:
    return same_json(before, after)


def _or_default(name: str) -> Callable[[Pair, Any, Any], bool]:
    def same(pair: Pair, before: Any, after: Any) -> bool:
        if after is None:
            return is_default(pair.arrived.kind, name, before)
        return same_json(before, after)

    return same


def _same_choice(pair: Pair, before: Any, after: Any) -> bool:
    """No tool can be called when none is offered; with one tool, any tool is that tool."""
    tools = [tool.name for tool in pair.arrived.tools]
    if before == "none" and not tools:
        return True
    mode, _, names = str(before).partition(":")
    if mode in ("any", "auto") and names and (after or "auto") == mode:
        return sorted(tools) == names.split(",")  # some of the tools: these alone are on offer
    only = tools[0] if len(tools) == 1 else None
    one = f"tool:{only}"
    if only is not None and (before, after) in (("any", one), (one, "any")):
        return True
    return _or_default("tool_choice")(pair, before, after)


def _same_thinking(pair: Pair, before: Any, after: Any) -> bool:
    if not isinstance(after, dict):
        return False
    ours, theirs = (
        Thinking(wish, limits["max_tokens"].value if "max_tokens" in limits else None)
        for wish, limits in ((before, pair.before), (after, pair.after))
    )
    return same_thinking(ours, theirs, family(pair.arrived.kind))


def _same_display(pair: Pair, before: Any, after: Any) -> bool:
    """OpenAI hides what it thinks unless it is asked; Anthropic's default depends on the model."""
    return before == after or (after is None and (before == "hidden") is (pair.arrived.kind != "messages"))


def _same_tier(pair: Pair, before: Any, after: Any) -> bool:
    if any({before, after} <= pairs for pairs in (_STANDARD, _FAST)):
        return True
    return _or_default("service_tier")(pair, before, after)


def _own_tier(tier: Any, kind: str) -> bool:
    """Whether a tier is one of the other provider's, so that this wire has no word for it."""
    theirs = ANTHROPICS if kind == "messages" else OPENAIS
    return tier not in theirs and tier in ANTHROPICS | OPENAIS


def _same_speed(pair: Pair, before: Any, after: Any) -> bool:
    return before == "standard" or pair.value("service_tier") in _FAST or same_json(before, after)


def _same_format(pair: Pair, before: Any, after: Any) -> bool:
    """The schema counts; name, strictness and description where both wires have them."""
    if not isinstance(after, dict):
        return before == {"type": "text"} or _as_tool(pair) is not None
    named = {pair.sent.kind, pair.arrived.kind} == {"chat", "responses"}
    keys = ("type", "schema", *(("name", "strict", "description") if named else ()))
    if same_json({key: before.get(key) for key in keys}, {key: after.get(key) for key in keys}):
        return True
    return before == {"type": "json_object"} and after.get("schema") == {"type": "object"}


def _as_tool(pair: Pair) -> str | None:
    """The one tool that must be called and whose arguments have the schema that was asked for."""
    wish = pair.before.get("output format")
    choice = str(pair.value("tool_choice") or "")
    if wish is None or not isinstance(wish.value, dict) or "schema" not in wish.value:
        return None
    schema = canonical_json(wish.value["schema"])
    known = {tool.name for tool in pair.sent.tools}
    tools = [tool for tool in pair.arrived.tools if tool.name not in known]
    names = [tool.name for tool in tools if canonical_json(tool.schema) == schema]
    return next((name for name in names if choice in ("any", f"tool:{name}")), None)


def _by_tool(word: str) -> Callable[[Pair, Any, Any], bool]:
    """A field that another wire says as a tool of this name."""

    def same(pair: Pair, before: Any, after: Any) -> bool:
        return same_json(before, after) or any(tool.name.startswith(word) for tool in pair.arrived.tools)

    return same


_SAME: Final[dict[str, Callable[[Pair, Any, Any], bool]]] = {
    **{name: _or_default(name) for name in (*BY_NAME, "modalities", "n", "truncation", "background")},
    "tool_choice": _same_choice,
    "thinking": _same_thinking,
    "thinking.display": _same_display,
    "service_tier": _same_tier,
    "speed": _same_speed,
    "output format": _same_format,
    "mcp_servers": _by_tool("mcp"),
    "web_search_options": _by_tool("web_search"),
}
