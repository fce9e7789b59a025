"""Checks of what a gateway decides and states: the tier, and the tokens it claims."""

from __future__ import annotations

from lab.checks.registry import Judgement, check, failed, outside, passed
from lab.checks.requests import NOTHING
from lab.measures.view import ExchangeView
from lab.results.records import UpstreamRecord

USAGE_SHARE = 0.02
USAGE_TOKENS = 8


@check("the router picks a tier that the scenario accepts")
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


@check("the input tokens claimed in `usage` are those that the provider states")
def usage_honest(view: ExchangeView) -> Judgement:
    """Claimed input within 2 % or 8 tokens of the provider's usage over the last attempt's answered calls.

    A claim of none where some were read is never close enough.
    """
    claimed = view.exchange.answer.usage.input
    if claimed is None:
        return outside("the response states no input tokens")
    calls = [call for call in view.last_chat if call.status < 400]
    stated = [_stated(call) for call in calls]
    if any(tokens is None for tokens in stated):
        return outside("the model stated no usage to compare with")
    truth = sum(tokens or 0 for tokens in stated)
    close = abs(claimed - truth) <= max(USAGE_TOKENS, USAGE_SHARE * truth)
    if close and (claimed or not truth):
        return passed(f"claims {claimed} input tokens, the provider states {truth}")
    if not calls:
        return failed(f"claims {claimed} input tokens, though {NOTHING}")
    return failed(f"claims {claimed} input tokens, the provider states {truth}")


def _stated(call: UpstreamRecord) -> int | None:
    """Input tokens as the provider's answer stated them; the meter's own answers state the counted ones."""
    if call.usage.input is not None:
        return call.usage.input
    return call.tokens.total if call.answered_by in {"scripted", "meter"} else None


@check("the tier that the gateway claims is the tier that was served")
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
