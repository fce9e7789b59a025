"""Checks of what a gateway decides and states: the tier, and the tokens it claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lab.checks.registry import Judgement, check, failed, outside, passed
from lab.checks.requests import NOTHING
from lab.exchange.view import ExchangeView
from lab.records.models import UpstreamRecord
from lab.wires.neutral import NeutralAnswer

EVERY_TIER = frozenset({"SIMPLE", "MEDIUM", "COMPLEX", "REASONING"})


@check("the router picks a tier that the scenario accepts", about="routing", needs="tiers")
def tier_acceptable(view: ExchangeView) -> Judgement:
    """The tier of the model that answered is one of the acceptable ones."""
    if not view.variant.routes:
        return outside("this variant does not route")
    if not view.scenario.acceptable_tiers or set(view.scenario.acceptable_tiers) >= EVERY_TIER:
        return outside("the scenario accepts any tier")
    call = view.answering
    if call is None:
        return outside(NOTHING)
    accepted = " or ".join(view.scenario.acceptable_tiers)
    if call.tier in view.scenario.acceptable_tiers:
        return passed(f"{call.tier} was chosen, and is accepted")
    return failed(f"{_tier(call)} was chosen; this scenario accepts {accepted}")


@check("the input tokens claimed in `usage` are those of the provider's answer", about="vendor_claims")
def usage_honest(view: ExchangeView) -> Judgement:
    """Claimed input is that of the answered calls; within 2 % or 8 tokens if the lab had to count it."""
    return _usage(view, "input")


@check("the output tokens claimed in `usage` are those of the provider's answer", about="vendor_claims")
def output_usage_honest(view: ExchangeView) -> Judgement:
    """Claimed output is that of the answered calls; within 2 % or 8 tokens if the lab had to count it."""
    return _usage(view, "output")


def _usage(view: ExchangeView, side: Side) -> Judgement:
    """Judge a claim against what the provider stated, or what was counted if it stated nothing."""
    claimed: int | None = getattr(view.exchange.answer.usage, side)
    calls = view.last_answered
    billed = billed_of(calls, side)
    if claimed is None:
        return _unclaimed(view, billed, side)
    if not calls:
        return _usage_without_call(view, claimed, side)
    if billed is None:
        return outside("the model stated no usage to compare with")
    why = f"claims {claimed} {side} tokens{_in_words(view, billed, side)}"
    return passed(why) if _right(claimed, billed) else failed(why)


def _unclaimed(view: ExchangeView, billed: Billed | None, side: Side) -> Judgement:
    """Usage that is missing: nobody asked for it, the provider has none to give, or the gateway kept it."""
    why = f"the response states no {side} tokens"
    if view.exchange.http_status != 200 or view.scenario.path:
        return outside(f"{why}, and is none that states usage")
    if not usage_due(view):
        return outside(f"{why}, and the client did not ask for them")
    if view.last_answered and billed is None:
        return outside(f"{why}, nor does the model")
    if view.scenario.silent and billed and billed.unstated == billed.calls:
        return outside(f"{why}, nor does the provider's answer, which the scenario writes itself")
    stated = f"; {billed.tokens} are those of the provider's answer" if billed else ""
    return failed(f"{why}, though {_whose_due(view)}{stated}")


def _whose_due(view: ExchangeView) -> str:
    if view.kind == "chat" and view.exchange.stream:
        return "the client asked for them (stream_options.include_usage)"
    return f"every answer on the {view.kind} wire has them"


def usage_due(view: ExchangeView) -> bool:
    """Whether a client may count on usage: on the chat wire a stream states it only if it is asked to."""
    if view.kind != "chat" or not view.exchange.stream:
        return True
    return _wants_usage(view.request_sent().params)


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
    if claimed == repeated or (billed and _right(claimed, billed)):
        return passed(f"{claims}: repeats the usage of {name}, {NOTHING}")
    stated = f", and {name}, whose answer it is, claims {repeated}" if repeated is not None else ""
    return failed(f"{claims}, though {NOTHING}{stated}")


@check(
    "what `usage` says of caches, reasoning and all else is what the provider's answer says",
    about="vendor_claims",
)
def usage_details_kept(view: ExchangeView) -> Judgement:
    """Tokens read from and written to caches, those of reasoning, and on one wire every other count too."""
    if view.origin is not None and view.origin.kind == "cache":
        return outside(f"a cache answered: {view.origin.why}")
    if len(view.last_answered) != 1:
        return outside("no model was asked" if not view.last_answered else "several answers are billed")
    call = view.last_answered[0]
    given, got = view.answer_given(call), view.answer_got()
    if given is None or got is None:
        return outside("the bodies of the answers were not kept")
    if not usage_due(view) and not got.counts:
        return outside("the client did not ask for usage")
    if call.wire == view.kind:
        stated, told = (_all_counts(answer) for answer in (given, got))
        # Counts of a gateway's own, which clients pass over, say nothing against it.
        told = {name: n for name, n in told.items() if name in stated or name.endswith(_OF_WIRES)}
    else:
        stated, told = (_shared_counts(answer) for answer in (given, got))
        if view.kind == "chat" and WRITTEN not in told:
            # An optional member, which most providers of this wire leave out.
            stated.pop(WRITTEN, None)
    return _same_details(stated, told)


def _all_counts(answer: NeutralAnswer) -> dict[str, int]:
    """What is compared on one wire: each count by its path, but for those that are judged as totals."""
    return {name: n for name, n in answer.counts if n and name not in _TOTALS}


def _shared_counts(answer: NeutralAnswer) -> dict[str, int]:
    """What is compared across wires: the counts that all have, under whatever name."""
    usage = answer.usage
    named = {"cache reads": usage.cache_read, WRITTEN: usage.cache_write, "reasoning": usage.reasoning}
    return {name: n for name, n in named.items() if n}


def _same_details(given: Mapping[str, int], got: Mapping[str, int]) -> Judgement:
    """Judge counts that are not 0: one that is left out says nothing else."""
    if not given and not got:
        return outside("the provider's answer states no tokens of caches, reasoning and the like")
    wrong = [name for name in (*given, *got) if given.get(name, 0) != got.get(name, 0)]
    if wrong:
        name = wrong[0]
        return failed(f"usage states {got.get(name, 0)} tokens ({name}), the provider {given.get(name, 0)}")
    listed = ", ".join(f"{n} ({name})" for name, n in got.items())
    return passed(f"usage states as many tokens as the provider: {listed}")


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

# Judged by checks of their own.
_TOTALS = frozenset({"input_tokens", "output_tokens", "prompt_tokens", "completion_tokens", "total_tokens"})
WRITTEN = "cache writes"
# The published counts (anthropic 2.12.0, openai 3.54.0) but for those of plain text, which is what is left.
_OF_WIRES = (
    *("cache_creation_input_tokens", "cache_read_input_tokens", "cached_tokens", "cache_write_tokens"),
    *("ephemeral_1h_input_tokens", "ephemeral_5m_input_tokens", "ttl_12h_tokens", "ttl_30m_tokens"),
    *("reasoning_tokens", "thinking_tokens", "audio_tokens", "image_tokens"),
    *("accepted_prediction_tokens", "rejected_prediction_tokens"),
    *("web_search_requests", "web_fetch_requests"),
)

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


def _right(claimed: int, billed: Billed) -> bool:
    """Whether a claim is what the provider states, or near the lab's count: tokenizers differ.

    None, if there were some, is never near enough.
    """
    if not billed.unstated:
        return claimed == billed.tokens
    near = abs(claimed - billed.tokens) <= max(USAGE_TOKENS, USAGE_SHARE * billed.tokens)
    return near and (claimed > 0 or not billed.tokens)


def did_not_ask(view: ExchangeView, calls: Sequence[UpstreamRecord]) -> bool:
    """Whether all of these calls asked for a stream on the one wire whose streams state usage on request."""
    return all(call.wire == "chat" and call.stream and not _asks(view, call) for call in calls)


def _asks(view: ExchangeView, call: UpstreamRecord) -> bool:
    """Whether a chat request asks for usage in its stream; if its body is gone, nobody can tell."""
    if call.request is None:
        return True
    return _wants_usage(view.bodies.request(call.request, call.wire).params)


def _wants_usage(params: Mapping[str, Any]) -> bool:
    options = params.get("stream_options")
    return isinstance(options, dict) and options.get("include_usage") is True
