"""Checks of what a gateway decides and states: the tier, and the tokens it claims."""

from __future__ import annotations

from lab.checks.registry import Judgement, check, failed, outside, passed
from lab.checks.requests import NOTHING
from lab.exchange.billed import Billed, Side, billed_of, close, did_not_ask
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
    """Judge a claim against what the provider stated, or what was counted where it stated nothing."""
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
