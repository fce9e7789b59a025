"""Checks of what the client gets back: an answer, its own answer, and with its tool calls intact."""

from __future__ import annotations

from collections.abc import Sequence

from lab.checks.registry import Judgement, check, failed, outside, passed
from lab.exchange.answercache import why_not_due
from lab.exchange.answertext import text_change
from lab.exchange.arguments import first_difference
from lab.exchange.view import ExchangeView
from lab.records.models import ExchangeRecord
from lab.wires.canonical import canonical_json
from lab.wires.neutral import ToolCall


@check("the client gets a valid answer to its own question", about="verdicts", failed_too=True)
def answered(view: ExchangeView) -> Judgement:
    """HTTP 200, valid on its wire, a stream if one was asked for, and proven to be this conversation's."""
    record = view.exchange
    if not view.completed:
        return failed(record.reason or "the exchange failed")
    if record.http_status != 200:
        return failed(f"HTTP {record.http_status} instead of 200")
    if record.answer.problems:
        return failed(f"the answer breaks its wire's rules: {record.answer.problems[0]}")
    if why := _other_delivery(record):
        return failed(why)
    origin = view.origin
    if origin is not None and origin.kind in {"foreign", "lost", "unproven"}:
        return failed(origin.why)
    return passed("HTTP 200 with a valid answer" + (f": {origin.why}" if origin else ""))


def _other_delivery(record: ExchangeRecord) -> str:
    """Why a client cannot read an answer that is valid as such; empty if it came as was asked."""
    kind = record.attempts[-1].response_headers.get("content-type", "") if record.attempts else ""
    streamed = "event-stream" in kind
    if not kind or streamed == record.stream:
        return ""
    return "a stream came, though none was asked for" if streamed else f"{kind[:40]} came instead of a stream"


@check(
    "the answer is fresh, or from a cache where that is allowed, and never somebody else's",
    about="caching",
)
def provenance(view: ExchangeView) -> Judgement:
    """Own marker is fresh, an earlier one of the conversation is a cache, any other is foreign.

    A hit is due only of a variant that has such a cache, and only from its threshold up.
    """
    origin, expect = view.origin, view.scenario.cache_expect
    if origin is None:
        return outside("there is no answer")
    if origin.kind == "foreign":
        return failed(origin.why)
    if origin.kind == "cache":
        allowed = expect in {"may_hit", "must_hit"}
        return (
            passed(origin.why) if allowed else failed(f"{origin.why}, though this question must miss a cache")
        )
    why_not = why_not_due(view.variant, view.scenario)
    if expect == "must_hit" and why_not:
        return outside(why_not)
    if origin.kind != "fresh":
        return outside(f"unknown: {origin.why}")
    return failed("a fresh answer where a cache hit was due") if expect == "must_hit" else passed(origin.why)


@check(
    "the tool calls in the provider's answer reach the client unchanged",
    about="tools",
    needs="calls",
)
def tool_call_intact(view: ExchangeView) -> Judgement:
    """Names and arguments in order; ids may be translated between wires."""
    call = view.answering
    if call is None:
        return outside("no model was asked")
    if call.answer_tool_calls is None:
        return outside("the tool calls in the provider's answer were not recorded")
    # As JSON: in Python true is 1, on the wire it is not.
    given = [(made.name, canonical_json(made.input)) for made in call.answer_tool_calls]
    got = [(made.name, canonical_json(made.input)) for made in view.exchange.answer.tool_calls]
    if given == got:
        return passed(f"{len(got)} tool calls arrived unchanged") if got else outside("no tool was called")
    names = ", ".join(name for name, _ in given) or "no tool"
    arrived = ", ".join(name for name, _ in got) or "none"
    changed = _changed(call.answer_tool_calls, view.exchange.answer.tool_calls) if names == arrived else ""
    return failed(f"the provider called {names}; what arrived is {arrived}{changed}")


def _changed(given: Sequence[ToolCall], got: Sequence[ToolCall]) -> str:
    """The first argument that differs between calls of the same tools."""
    for one, other in zip(given, got, strict=False):
        if why := first_difference(one.input, other.input):
            whose = f"{one.name}: " if len(given) > 1 else ""
            return f" with other arguments: {whose}{why}"
    return ""


@check("the text of the provider's answer reaches the client unchanged", about="fidelity")
def answer_text_kept(view: ExchangeView) -> Judgement:
    """The text of an answer of the last attempt arrives whole, with nothing added, replaced or cut."""
    if view.origin is not None and view.origin.kind == "cache":
        return outside(f"a cache answered: {view.origin.why}")
    calls = view.last_answered
    if not calls:
        return outside("no model was asked")
    if any(call.answer_text_sha is None for call in calls):
        return outside("the text of the provider's answer was not recorded")
    got = view.exchange.answer.text_sha or ""
    if any(call.answer_text_sha == got for call in calls):
        return passed("the text arrived unchanged" if got else "the answer has no text, as the provider's")
    answer = calls[-1]
    given, arrived = (view.bodies.text(sha) if sha else "" for sha in (answer.answer_text_sha, got))
    made = len(answer.answer_tool_calls or ())
    why = text_change(given, arrived, f" beside the tool call{'s' if made > 1 else ''}" if made else "")
    return failed(why) if why else passed("the text arrived unchanged but for white space at its ends")
