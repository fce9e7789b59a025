"""What of a request arrives behind a gateway: the declared facts and the tools."""

from __future__ import annotations

from dataclasses import dataclass

from lab.exchange.schemas import in_words, lost_parts
from lab.exchange.view import ExchangeView
from lab.records.models import UpstreamRecord


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

    `broken` maps a needed tool to what is wrong with it behind the gateway.
    """

    sent: int
    forwarded: int
    dropped: tuple[str, ...]
    added: tuple[str, ...]
    needed: tuple[str, ...]
    broken: dict[str, str]


def facts_kept(view: ExchangeView) -> FactsKept | None:
    """Facts in what was forwarded; None if the scenario has none or nothing was forwarded."""
    facts, call = view.scenario.facts, view.judged
    if not facts or call is None or call.request is None:
        return None
    found = view.bodies.facts(view.scenario, call.request, call.wire, view.exchange.nonce)
    lost = tuple(" ".join(fact) for fact, there in zip(facts, found, strict=True) if not there)
    return FactsKept(kept=len(facts) - len(lost), total=len(facts), lost=lost, found=found)


def tools_kept(view: ExchangeView) -> ToolsKept | None:
    """Tools in what was forwarded; None if nothing was."""
    call = view.judged
    if call is None:
        return None
    sent, forwarded = view.exchange.tools_sent, call.tools
    return ToolsKept(
        sent=len(sent),
        forwarded=len(forwarded),
        dropped=tuple(name for name in sent if name not in forwarded),
        added=tuple(name for name in forwarded if name not in sent),
        needed=view.scenario.tools_needed,
        broken=_known_broken(view, call) if view.scenario.tools_needed else {},
    )


def _known_broken(view: ExchangeView, call: UpstreamRecord) -> dict[str, str]:
    """Schemas are compared once for equal bodies, whatever asks for them."""
    key = ("broken", view.exchange.request, call.request, call.wire, view.scenario.tools_needed)
    return view.bodies.once(key, lambda: _broken(view))


def _broken(view: ExchangeView) -> dict[str, str]:
    request = view.request_forwarded()
    sent = {tool.name: tool for tool in view.request_sent().tools}
    arrived = {tool.name: tool for tool in request.tools} if request else {}
    found = {}
    for name in view.scenario.tools_needed:
        if name not in arrived:
            found[name] = "was not forwarded"
        elif name in sent and (lost := lost_parts(sent[name].schema or {}, arrived[name].schema or {})):
            found[name] = in_words(lost)
    return found
