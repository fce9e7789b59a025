"""Checks of what happens to tool choices, to tool calls in a conversation, and to their ids."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from lab import wires
from lab.checks.registry import Judgement, check, failed, failed_each, outside, passed
from lab.checks.requests import NOTHING
from lab.exchange.compare.difference import CALLS, IDS, RESULTS, Difference
from lab.exchange.compare.differences import Differences, differences_of
from lab.exchange.compare.repairs import repaired_id
from lab.exchange.quoting import quoted
from lab.exchange.view import ExchangeView
from lab.wires.canonical import canonical_json
from lab.wires.neutral import ToolCall
from lab.wires.params import is_default, read_params

CHOICE = "tool_choice"
PARALLEL = "parallel_tool_calls"


@check(
    "the client's choice of how tools may be used is forwarded",
    about="tools",
    needs="toolset",
    rows="gateways",
)
def tool_choice_kept(view: ExchangeView) -> Judgement:
    """any, none or the named tool arrives; the default, auto, is no choice, but no other may replace it."""
    if not view.exchange.tools_sent:
        return outside("the request has no tools")
    return _parameter(view, CHOICE, "the choice of tools arrives with the same meaning")


@check(
    "whether several tools may be called at once is forwarded as the client says",
    about="tools",
    needs="toolset",
    rows="gateways",
)
def parallel_calls_kept(view: ExchangeView) -> Judgement:
    """Parallel calls are neither forbidden when the client allows them nor allowed when it forbids them."""
    if not view.exchange.tools_sent:
        return outside("the request has no tools")
    return _parameter(view, PARALLEL, "parallel calls are allowed as the client says")


@check(
    "the tool calls and results of the conversation are forwarded unchanged",
    about="tools",
    needs="toolset",
    rows="gateways",
)
def tool_history_kept(view: ExchangeView) -> Judgement:
    """Names, arguments, contents and order arrive, and every result still names its call; ids may change."""
    seen = differences_of(view)
    if seen is None:
        return outside(NOTHING)
    if not seen.sent & {CALLS, RESULTS}:
        return outside("the conversation has no tool calls")
    added = seen.of({CALLS, RESULTS}, added=True)
    found = (*seen.of({CALLS, RESULTS}), *added)
    if found:
        return failed_each(one.why for one in found)
    noted = (*seen.joined({CALLS, RESULTS}), *seen.excused({CALLS, RESULTS}))
    return passed("; ".join(("every tool call and result of the conversation arrives", *_first(noted))))


@check(
    "the ids of tool calls stay the same, to the provider and to the client",
    about="tools",
    needs="toolset",
    rows="gateways",
)
def tool_ids_kept(view: ExchangeView) -> Judgement:
    """Ids of calls in the conversation arrive as sent, and the client gets those of the provider's answer."""
    seen = differences_of(view)
    if seen is None:
        return outside(NOTHING)
    call = view.answering
    given = call.answer_tool_calls or () if call else ()
    if CALLS not in seen.sent and not any(made.id for made in given):
        return outside("no tool call has an id here")
    found = [one.why for one in seen.of({IDS})]
    kind = wires.CLIENT_KINDS[view.exchange.wire]
    pairs = list(_paired([made for made in given if made.id], view.exchange.answer.tool_calls))
    found += _changed_ids(kind, pairs, [got.id for got in view.exchange.answer.tool_calls])
    if found:
        return failed_each(found)
    if not pairs and not _any_forwarded(view, seen):
        return outside("no tool call arrived, so none has an id to compare")
    return passed("; ".join(("all ids of tool calls stay the same", *_first(seen.excused({IDS})))))


def _any_forwarded(view: ExchangeView, seen: Differences) -> bool:
    """Whether any call of the conversation arrived at the provider."""
    sent = sum(part.kind == "tool_call" for said in view.request_sent().messages for part in said.parts)
    return sent > sum(one.change == "dropped" for one in seen.of({CALLS}))


def _first(found: Iterable[Difference]) -> list[str]:
    """The first two differences in words."""
    return [one.why for one in found][:2]


def _parameter(view: ExchangeView, name: str, well: str) -> Judgement:
    """Judge one parameter, also if the client leaves it at its default and another value was added."""
    seen = differences_of(view)
    if seen is None:
        return outside(NOTHING)
    found = (*seen.of({name}), *seen.of({name}, added=True))
    if found:
        return failed(found[0].why)
    excused = seen.excused({name})
    if excused:
        return outside(excused[0].why)
    return passed(well) if _chosen(view, name, seen) else outside("the client leaves it at its default")


def _chosen(view: ExchangeView, name: str, seen: Differences) -> bool:
    """Whether the client asks for anything but the default, which every wire has without being asked."""
    if name not in seen.sent:
        return False
    sent = read_params(view.kind, view.request_sent())
    return not is_default(view.kind, name, sent.get(name))


def _paired(given: Sequence[ToolCall], got: Sequence[ToolCall]) -> Iterator[tuple[ToolCall, ToolCall]]:
    """The provider's calls and what became of each: the equal one, else one of its name.

    If as many came as were made, those under other names are what became of the rest, in order.
    """
    left, waiting = list(got), list(given)
    renamed = [lambda *_: True] if len(left) == len(waiting) else []
    for same in (_whole, _equal, _same_id, _same_name, *renamed):
        for made in tuple(waiting):
            there = next((one for one in left if same(made, one)), None)
            if there is not None:
                waiting.remove(made)
                left.remove(there)
                yield made, there


def _whole(made: ToolCall, got: ToolCall) -> bool:
    return _same_id(made, got) and _equal(made, got)


def _equal(made: ToolCall, got: ToolCall) -> bool:
    return _same_name(made, got) and canonical_json(made.input) == canonical_json(got.input)


def _same_id(made: ToolCall, got: ToolCall) -> bool:
    return made.id == got.id


def _same_name(made: ToolCall, got: ToolCall) -> bool:
    return made.name == got.name


def _changed_ids(
    kind: str, pairs: Iterable[tuple[ToolCall, ToolCall]], all_got: Collection[str]
) -> Iterator[str]:
    """Ids of the provider's calls that the client gets otherwise.

    One that the client's own wire (`kind`) would refuse in the next turn may arrive as a legal one.
    """
    for made, got in pairs:
        if made.id != got.id and not repaired_id((kind,), made.id, got.id, all_got):
            was, became = quoted(made.id), quoted(got.id)
            yield f"the provider's call of {made.name} has the id {was}, which the client gets as {became}"
