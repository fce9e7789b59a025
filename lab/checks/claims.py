"""Checks of what a gateway decides and states: the tier, and the tokens it claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from lab.checks.registry import Judgement, check, failed, outside, passed
from lab.checks.requests import NOTHING
from lab.exchange.view import ExchangeView
from lab.records.models import UpstreamRecord


@check("the router picks a tier that the scenario accepts", about="routing", needs="tiers")
def tier_acceptable(view: ExchangeView) -> Judgement:
    """The tier of the model that answered is one of the acceptable ones."""
    if not view.variant.routes:
        return outside("this variant does not route")
    if not view.scenario.acceptable_tiers:
        return outside("the scenario accepts any tier")
    call = view.answering
    if call is None:
        return outside(NOTHING)
    accepted = " or ".join(view.scenario.acceptable_tiers)
    if call.tier in view.scenario.acceptable_tiers:
        return passed(f"{call.tier} is acceptable")
    return failed(f"{_tier(call)} where {accepted} is acceptable")


@check("the input tokens claimed in `usage` are those of the provider's answer", about="vendor_claims")
def usage_honest(view: ExchangeView) -> Judgement:
    """Claimed input within 2 % or 8 tokens of that of the last attempt's answered calls."""
    return _usage(view, "input")


@check("the output tokens claimed in `usage` are those of the provider's answer", about="vendor_claims")
def output_usage_honest(view: ExchangeView) -> Judgement:
    """Claimed output within 2 % or 8 tokens of that of the last attempt's answered calls."""
    return _usage(view, "output")


def _usage(view: ExchangeView, side: Side) -> Judgement:
    """Judge a claim against what the provider stated, or what was counted if it stated nothing."""
    claimed: int | None = getattr(view.exchange.answer.usage, side)
    if claimed is None:
        return outside(f"the response states no {side} tokens")
    calls = view.last_answered
    if not calls:
        return _usage_without_call(view, claimed, side)
    billed = billed_of(calls, side)
    if billed is None:
        return outside("the model stated no usage to compare with")
    why = f"claims {claimed} {side} tokens{_in_words(view, billed, side)}"
    return passed(why) if close(claimed, billed.tokens) else failed(why)


def _in_words(view: ExchangeView, billed: Billed, side: Side) -> str:
    if not billed.unstated:
        return f", the provider states {billed.tokens}"
    counted = "were forwarded" if side == "input" else "are in the provider's answer"
    if billed.unstated < billed.calls:
        return f"; {billed.tokens} {counted}, and {billed.unstated} of {billed.calls} answers stated none"
    stated = "the provider's answer stated none" if side == "input" else "it stated none"
    why = ", as the gateway did not ask for usage" if did_not_ask(view, view.last_answered) else ""
    return f"; {billed.tokens} {counted}, and {stated}{why}"


def _usage_without_call(view: ExchangeView, claimed: int, side: Side) -> Judgement:
    """Nothing was billed: the claim is 0, or a cache repeats the usage of the answer that it gives again."""
    claims = f"claims {claimed} {side} tokens"
    if not claimed:
        return passed(f"{claims}, and {NOTHING}")
    first = view.source
    if first is None:
        return failed(f"{claims}, though {NOTHING}")
    name, repeated = first.exchange.id, getattr(first.exchange.answer.usage, side)
    billed = billed_of(first.last_answered, side)
    known = [tokens for tokens in (repeated, billed.tokens if billed else None) if tokens is not None]
    if any(close(claimed, tokens) for tokens in known):
        return passed(f"{claims}: repeats the usage of {name}, {NOTHING}")
    stated = f", and {name}, whose answer it is, claims {repeated}" if repeated is not None else ""
    return failed(f"{claims}, though {NOTHING}{stated}")


@check(
    "the tier that the gateway claims is the tier that was served",
    about="vendor_claims",
    needs="tiers",
)
def tier_claim_true(view: ExchangeView) -> Judgement:
    """The claimed tier names the tier of the model that answered."""
    claimed = view.exchange.claim.tier
    if claimed is None:
        return outside("no tier is claimed")
    call = view.answering
    if call is None:
        return outside(NOTHING)
    if claimed.strip().upper() == call.tier:
        return passed(f"claims {claimed}, and {call.tier} was served")
    return failed(f"claims {claimed}, but {_tier(call)} was served")


def _tier(call: UpstreamRecord) -> str:
    return call.tier or f"model {call.model or '(none named)'}, which stands for no tier,"


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
    """The tokens of these calls; None if a model's answer stated none, as only it knows how it counts."""
    stated = [getattr(call.usage, side) for call in calls]
    tokens = [_counted(call, side) if n is None else n for call, n in zip(calls, stated, strict=True)]
    if not calls or any(n is None for n in tokens):
        return None
    return Billed(sum(n or 0 for n in tokens), len(calls), stated.count(None))


def _counted(call: UpstreamRecord, side: Side) -> int | None:
    """The lab's own count, which is also how the meter counts when it answers itself."""
    if call.answered_by not in {"scripted", "meter"}:
        return None
    return call.tokens.total if side == "input" else call.tokens_out


def close(claimed: int, tokens: int) -> bool:
    """Within 2 % or 8 tokens; a claim of none if there were some is never close enough."""
    near = abs(claimed - tokens) <= max(USAGE_TOKENS, USAGE_SHARE * tokens)
    return near and (claimed > 0 or not tokens)


def did_not_ask(view: ExchangeView, calls: Sequence[UpstreamRecord]) -> bool:
    """Whether all of these calls asked for a stream on the one wire whose streams state usage on request."""
    return all(call.wire == "chat" and call.stream and not _asks(view, call) for call in calls)


def _asks(view: ExchangeView, call: UpstreamRecord) -> bool:
    """Whether a chat request asks for usage in its stream; if its body is gone, nobody can tell."""
    if call.request is None:
        return True
    options = view.bodies.request(call.request, call.wire).params.get("stream_options")
    return isinstance(options, dict) and options.get("include_usage") is True
