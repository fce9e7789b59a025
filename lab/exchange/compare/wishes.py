"""Compares the parameters of two requests on different wires, wish by wish through the table of units.

What the provider's wire has no field for is excused; what it has and does not arrive is dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from lab.exchange.arguments import rounding
from lab.exchange.compare.derived import derived_from
from lab.exchange.compare.difference import Difference, Excuse
from lab.exchange.compare.equalities import (
    FAST,
    STANDARD,
    among,
    chosen_sort,
    compactions,
    same_wish,
    search_size,
    serves,
    texts,
)
from lab.exchange.compare.formats import as_tool, format_changes, lost_description
from lab.exchange.compare.refused import refused_beside
from lab.exchange.compare.samewire import same_json
from lab.exchange.compare.sides import Pair, Side, paired, wire_name
from lab.exchange.quoting import pair as in_pair
from lab.exchange.quoting import value
from lab.wires.params import Reading, is_default, sayable
from lab.wires.toolsorts import has_tool
from lab.wires.units import BY_NAME
from lab.wires.wirefields import TIERS

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
# What a wire does without being asked: to ask for it on another one adds nothing, and here nothing is lost.
ANYWAY: Final = {"messages": {"store": False, "stream_options.include_obfuscation": False}}
_STOPS: Final = 4


def unit_differences(sent: Side, arrived: Side) -> Iterator[Difference]:
    """What became of every wish that was sent on one wire, and which others arrived on the other."""
    pair = paired(sent, arrived)
    for name, one in pair.before.items():
        if not _word_for_word(pair, name, one):
            yield from _fate(pair, name, one)
    yield from _added(pair)


def _word_for_word(pair: Pair, name: str, one: Reading) -> bool:
    """Whether the fields arrived as they were, and the wire has no others for the wish."""
    own = BY_NAME[name].places.get(pair.wire, ()) if name in BY_NAME else tuple(one.fields)
    there = pair.arrived.fields
    return all(
        path in there and same_json(given, there[path]) and (path in own or not sayable(pair.wire, name))
        for path, given in one.fields.items()
    )


def _fate(pair: Pair, name: str, one: Reading) -> Iterator[Difference]:
    before, after, kind = one.value, pair.value(name), pair.arrived.kind
    if after is None and pair.wire in COMES.get(name, ()) and before in (True, False, _SIGNED):
        return
    if after is None and _anyway(pair.wire, name, before):
        return
    if same_wish(pair, name, before, after):
        for what, lacks in _left_out(pair, name, before):
            yield _unsayable(name, what, kind, lacks, partial=True)
    elif after is None and is_default(pair.sent.kind, name, before) and not sayable(kind, name):
        return
    elif why := refused_beside(pair, name, before, after):
        yield Difference(name, "dropped", f"{name} {value(before)} was dropped: {why}", "repaired")
    elif after is None or (name == "service_tier" and is_default(kind, name, after)):
        yield _gone(pair, name, before)
    elif name == "output format":
        yield from format_changes(pair, before, after)
    else:
        yield _other(pair, name, before, after)


def _anyway(kind: str, name: str, given: Any) -> bool:
    return same_json(ANYWAY.get(kind, {}).get(name), given)


def _left_out(pair: Pair, name: str, before: Any) -> Iterator[tuple[str, str]]:
    """Of a wish that arrived, what the wire has no place for: what it is, and what the wire lacks."""
    if name == "thinking" and {"budget", "effort"} <= before.keys() and pair.wire != "messages":
        yield f"thinking.budget_tokens {value(before['budget'])}", "field for it beside an effort"
    elif name == "output format" and (description := lost_description(pair, before)):
        yield description, ""
    elif name == "context_management" and (others := [one for one in before if not isinstance(one, tuple)]):
        yield f"{name} {value(others)}", "such edits"
    elif name == "web_search_options" and pair.wire == "messages" and (size := search_size(before)):
        yield f"{name}.search_context_size {value(size)}", ""


def _gone(pair: Pair, name: str, before: Any) -> Difference:
    """A wish that is missing; excused if the wire has no field for it, or for its value."""
    kind, what = pair.arrived.kind, f"{name} {value(before)}"
    wire = wire_name(kind)
    if name in ("speed", "service_tier") and (why := _sold_otherwise(pair, name, before)):
        excuse: Excuse = "not_judged" if among(before, STANDARD) else "no_equivalent"
        return Difference(name, "dropped", f"{what} was dropped: the {wire} wire {why}", excuse)
    if not sayable(kind, name):
        return _unsayable(name, what, kind)
    if why := _beyond(pair, name, before, None):
        return Difference(name, "dropped", f"{what} was dropped{why}", "no_equivalent")
    if name == "context_management" and not compactions(before):
        return _unsayable(name, what, kind, "such edits")
    if name == "output format" and kind == "messages" and before.get("type") == "json_object":
        return _unsayable(name, what, kind, "format without a schema")
    return Difference(name, "dropped", f"{what} was dropped")


def _sold_otherwise(pair: Pair, name: str, before: Any) -> str:
    """What another provider has in the place of a tier of service; empty if it has the same one."""
    anthropics = pair.wire == "messages"
    if among(before, STANDARD):
        return f"serves {'standard_only' if anthropics else 'default'} all the same by default"
    if among(before, FAST):
        nearest = "speed" if anthropics else "service_tier"
        return f"has {nearest} fast for it, at another price" if sayable(pair.wire, nearest) else ""
    own = among(before, TIERS["chat"] - TIERS["messages"])
    return "has no such tier, which is OpenAI's own" if anthropics and own and name == "service_tier" else ""


def _unsayable(name: str, what: str, kind: str, lacks: str = "", *, partial: bool = False) -> Difference:
    why = f"{what} was dropped: the {wire_name(kind)} wire has {f'no {lacks}' if lacks else 'none'}"
    return Difference(name, "dropped", why, excuse="no_equivalent", partial=partial)


def _other(pair: Pair, name: str, before: Any, after: Any) -> Difference:
    """A wish with another value; excused if it was brought within what the wire takes."""
    why = "{} {} arrived as {}".format(name, *in_pair(before, after)) + rounding(before, after)
    if excused := _beyond(pair, name, before, after):
        return Difference(name, "changed", why + excused, excuse="no_equivalent")
    if name == "stop" and pair.wire == "chat" and len(before) > _STOPS and after == before[:_STOPS]:
        why += f": the chat wire takes at most {_STOPS}, and the rest was left out"
    return Difference(name, "changed", why)


def _beyond(pair: Pair, name: str, before: Any, after: Any) -> str:
    """Which limit of the wire explains what became of a value; empty if none does."""
    kind, wire = pair.arrived.kind, f"the {wire_name(pair.arrived.kind)} wire"
    if isinstance(before, int | float) and not isinstance(before, bool):
        for limits, word, sign in ((LEAST, "least", -1), (MOST, "most", 1)):
            limit = limits.get((kind, name))
            arrived = limit if after is None and is_default(kind, name, limit) else after
            if limit is not None and same_json(limit, arrived) and sign * before > sign * limit:
                return (
                    f", the {word} that {wire} takes"
                    if after is not None
                    else f": {wire} takes {limit} at most"
                )
    if name == "tool_choice":
        sort = chosen_sort(pair.sent, before)
        if among(after or "auto", ("auto",)) and sort and not has_tool(pair.wire, sort):
            return f": {wire} has no {sort}"
        if str(before).startswith(f"{after or 'auto'}:") and pair.wire not in ("chat", "responses"):
            return f": {wire} has no choice among some of the tools"
    unblank = {one for one in texts(before) if one.strip()}
    blanks = name == "stop" and pair.wire == "messages" and unblank == texts(after)
    return f": {wire} takes no blank one" if blanks else ""


def _added(pair: Pair) -> Iterator[Difference]:
    kind = pair.arrived.kind
    for name, one in pair.after.items():
        if name in pair.before or name in BESIDE or _from_elsewhere(pair, name, one):
            continue
        if name in pair.denied:
            ((path, given), *_) = pair.denied[name].items()
            short = given["type"] if isinstance(given, dict) and "type" in given else given
            why = f"{path} {value(short)} arrived as {name} {value(one.value)}"
            yield Difference(name, "changed", why)
            continue
        if is_default(kind, name, one.value) or is_default(pair.sent.kind, name, one.value):
            continue
        if _anyway(pair.sent.kind, name, one.value):
            continue
        why = f"{name} {value(one.value)} was added"
        if name == "max_tokens" and kind == "messages":
            yield Difference(
                name, "added", f"{why}: the messages wire demands a limit", excuse="no_equivalent"
            )
        elif origin := derived_from(name, one.value, pair.sent.fields):
            yield Difference(name, "added", f"{why}, made of the client's {origin}", excuse="not_judged")
        else:
            yield Difference(name, "added", why)


def _from_elsewhere(pair: Pair, name: str, one: Reading) -> bool:
    """Whether what arrived says what was sent under another unit, or how the answer comes back at all."""
    sent = pair.sent.fields
    if all(path in sent and same_json(given, sent[path]) for path, given in one.fields.items()):
        return True
    tier = pair.before.get("service_tier")
    found = {
        "thinking.display": "thinking" in pair.before,
        "service_tier": among(one.value, FAST) and "speed" in pair.before,
        "speed": tier is not None and among(tier.value, FAST),
        "logprobs": "top_logprobs" in pair.before,  # chat refuses the one without the other
        "mcp_servers": serves(pair, one.value),
        "tool_choice": as_tool(pair) is not None,
    }
    return found.get(name, False)
