"""What became of the tools of one exchange, beyond which are there: descriptions, selection, extra cost."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from lab.exchange.compare.repairs import rename, renamed_tools
from lab.exchange.view import ExchangeView
from lab.tokens import count_parts
from lab.wires.neutral import NeutralRequest


@dataclass(frozen=True, slots=True)
class Selection:
    """Forwarded tools judged against needed ones; all three are between 0 and 1."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class ToolsetSeen:
    """Tools of one exchange behind a gateway.

    `compared` are the tools that were both sent and forwarded, `redescribed` those of them whose description
    differs, `shortened` those whose description is shorter; `added_tokens` is what tools cost that the client
    never sent. `selection` is None if the scenario needs no tool.
    """

    compared: tuple[str, ...]
    redescribed: tuple[str, ...]
    shortened: tuple[str, ...]
    added_tokens: int
    selection: Selection | None


def toolset_of(view: ExchangeView) -> ToolsetSeen | None:
    """What became of an exchange's tools; None if nothing was forwarded."""
    call = view.judged
    if call is None or call.request is None:
        return None
    key = ("toolset", view.exchange.wire, view.exchange.request, call.wire, call.request)
    needed = view.scenario.tools_needed
    return view.bodies.once(
        (*key, needed),
        lambda: toolset_between(
            call.wire, view.request_sent(), view.request_forwarded() or NeutralRequest(model=None), needed
        ),
    )


def toolset_between(
    kind: str, sent: NeutralRequest, arrived: NeutralRequest, needed: Collection[str]
) -> ToolsetSeen:
    """What became of the tools of one request on a wire; a legal name for an illegal one is no other tool."""
    renamed = renamed_tools(kind, sent, arrived)
    sent, needed = rename(sent, renamed), tuple(renamed.get(name, name) for name in needed)
    before = {tool.name: tool.description for tool in sent.tools}
    after = {tool.name: tool.description for tool in arrived.tools}
    compared = tuple(name for name in before if name in after)
    redescribed = tuple(name for name in compared if before[name] != after[name])
    extra = tuple(tool for tool in arrived.tools if tool.name not in before)
    return ToolsetSeen(
        compared=compared,
        redescribed=redescribed,
        shortened=tuple(name for name in redescribed if len(after[name]) < len(before[name])),
        added_tokens=count_parts(NeutralRequest(model=None, tools=extra)).tools if extra else 0,
        selection=selection_of(needed, tuple(after)) if needed else None,
    )


def selection_of(needed: Collection[str], forwarded: Collection[str]) -> Selection:
    """Precision, recall and F1 of forwarded tools against needed ones; all are 0 if none is forwarded."""
    right = len(set(needed) & set(forwarded))
    precision = right / len(set(forwarded)) if forwarded else 0.0
    recall = right / len(set(needed)) if needed else 0.0
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return Selection(precision, recall, f1)
