"""What of a request arrives behind a gateway: the declared facts and the tools."""

from __future__ import annotations

from dataclasses import dataclass, field

from lab import wires
from lab.exchange.compare.repairs import rename, renamed_tools
from lab.exchange.compare.tools import ToolChange, tool_changes
from lab.exchange.view import ExchangeView
from lab.wires.neutral import NeutralRequest


@dataclass(frozen=True, slots=True)
class FactsKept:
    """How many declared facts the model was sent, those it was not, in words, and each in order."""

    kept: int
    total: int
    lost: tuple[str, ...]
    found: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolsKept:
    """Tools by name: not forwarded, forwarded without having been sent, and needed ones kept or broken.

    `broken` maps a needed tool to what is wrong with it behind the gateway, and `altered` any other one that
    was forwarded (the empty name: all of them). `shortened` are those that the task does not need, and that
    lost some of what they say. `excused` is what the provider's wire has nothing for, or what it refuses, in
    sentences; `lost` are needed tools of that kind. `empty` says that a list without any tool was added.
    """

    sent: int
    forwarded: int
    dropped: tuple[str, ...]
    added: tuple[str, ...]
    needed: tuple[str, ...]
    broken: dict[str, str]
    altered: dict[str, str] = field(default_factory=dict)
    shortened: dict[str, str] = field(default_factory=dict)
    excused: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    empty: bool = False


def facts_kept(view: ExchangeView) -> FactsKept | None:
    """Facts in what was forwarded; None if the scenario has none or nothing was forwarded.

    What the client's own request does not hold, no gateway can lose; the control shows that it is missing.
    """
    call, record = view.judged, view.exchange
    if not view.scenario.facts or call is None or call.request is None:
        return None
    arrived = view.bodies.facts(view.scenario, call.request, call.wire, record.nonce)
    sent = arrived
    if not all(arrived):
        sent = view.bodies.facts(view.scenario, record.request, view.kind, record.nonce)
    judged = view.variant.kind == "control"
    every = zip(view.scenario.facts, arrived, sent, strict=True)
    facts = [(fact, there) for fact, there, was in every if there or was or judged]
    lost = tuple(" ".join(fact) for fact, there in facts if not there)
    found = tuple(there for _, there in facts)
    return FactsKept(kept=len(facts) - len(lost), total=len(facts), lost=lost, found=found)


def tools_kept(view: ExchangeView) -> ToolsKept | None:
    """Tools in what was forwarded; None if nothing was."""
    call = view.judged
    if call is None:
        return None
    changes, renamed = _changes(view)
    sent = tuple(renamed.get(name, name) for name in view.exchange.tools_sent)
    dropped = tuple(one.name for one in changes if one.change == "dropped")
    added = tuple(one.name for one in changes if one.change == "added" and one.name and one.excuse is None)
    called = {renamed.get(name, name): name for name in view.scenario.tools_needed}
    if call.request is None:
        gone = [ToolChange(name, "dropped", "was not forwarded", partial=False) for name in sent]
        dropped, added, changes = sent, (), tuple(gone)
    judged = [one for one in changes if one.excuse is None and one.change != "added"]
    # To leave a tool out, or to shorten it, is a selection, if the task needs other ones.
    less = [one for one in judged if one.less and called and one.name not in called]
    excused = [one for one in changes if one.excuse is not None]
    return ToolsKept(
        sent=len(sent),
        forwarded=len(call.tools),
        dropped=dropped,
        added=added,
        needed=view.scenario.tools_needed,
        broken=_first({called[one.name]: one for one in reversed(judged) if one.name in called}),
        altered=_first(
            {
                one.name: one
                for one in reversed(judged)
                if one.name not in called and one.change == "changed" and one not in less
            }
        ),
        shortened=_first({one.name: one for one in reversed(less)}),
        excused=(
            *(f"{one.name} {one.what}" for one in excused),
            *(f"{name} is called {became}" for name, became in renamed.items()),
        ),
        lost=tuple(called[one.name] for one in excused if one.name in called and not one.partial),
        empty=any(one.change == "added" and not one.name for one in changes),
    )


def _first(changes: dict[str, ToolChange]) -> dict[str, str]:
    """What became of each in words, in the order in which they were offered."""
    return {name: changes[name].what for name in reversed(changes)}


def _changes(view: ExchangeView) -> tuple[tuple[ToolChange, ...], dict[str, str]]:
    """What became of each tool, compared once for equal bodies, and the legal names of illegal ones."""
    call = view.judged
    asked = view.exchange.tools_sent or (call and call.tools) or "tools_added" in view.scenario.checks
    if call is None or call.request is None or not asked:
        return (), {}
    sent_kind = wires.CLIENT_KINDS[view.exchange.wire]
    key = ("tools", sent_kind, view.exchange.request, call.wire, call.request)
    return view.bodies.once(key, lambda: _of_bodies(view, sent_kind, call.wire))


def _of_bodies(
    view: ExchangeView, sent_kind: str, kind: str
) -> tuple[tuple[ToolChange, ...], dict[str, str]]:
    sent, arrived = view.request_sent(), view.request_forwarded() or NeutralRequest(model=None)
    renamed = renamed_tools(kind, sent, arrived)
    return tuple(tool_changes(sent_kind, rename(sent, renamed), kind, arrived)), renamed
