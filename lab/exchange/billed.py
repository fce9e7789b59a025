"""What a claimed usage is judged against: what the provider's answers stated, or else what was counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from lab.exchange.view import ExchangeView
from lab.records.models import UpstreamRecord

Side = Literal["input", "output"]

USAGE_SHARE = 0.02
USAGE_TOKENS = 8


@dataclass(frozen=True, slots=True)
class Billed:
    """Input or output tokens over some answered calls, and how many of the answers left them unstated."""

    tokens: int
    calls: int
    unstated: int


def billed_of(calls: Sequence[UpstreamRecord], side: Side) -> Billed | None:
    """The tokens of these calls; None where a model's answer stated none, as only it knows how it counts."""
    stated = [getattr(call.usage, side) for call in calls]
    tokens = [_counted(call, side) if n is None else n for call, n in zip(calls, stated, strict=True)]
    if not calls or any(n is None for n in tokens):
        return None
    return Billed(sum(n or 0 for n in tokens), len(calls), stated.count(None))


def _counted(call: UpstreamRecord, side: Side) -> int | None:
    """The lab's own count, which is also how the meter counts where it answers itself."""
    if call.answered_by not in {"scripted", "meter"}:
        return None
    return call.tokens.total if side == "input" else call.tokens_out


def close(claimed: int, tokens: int) -> bool:
    """Within 2 % or 8 tokens; a claim of none where there were some is never close enough."""
    near = abs(claimed - tokens) <= max(USAGE_TOKENS, USAGE_SHARE * tokens)
    return near and (claimed > 0 or not tokens)


def did_not_ask(view: ExchangeView, calls: Sequence[UpstreamRecord]) -> bool:
    """Whether all of these calls asked for a stream on the one wire whose streams state usage on request."""
    return all(call.wire == "chat" and call.stream and not _asks(view, call) for call in calls)


def _asks(view: ExchangeView, call: UpstreamRecord) -> bool:
    """Whether a chat request asks for usage in its stream; where its body is gone, nobody can tell."""
    if call.request is None:
        return True
    options = view.bodies.request(call.request, call.wire).params.get("stream_options")
    return isinstance(options, dict) and options.get("include_usage") is True
