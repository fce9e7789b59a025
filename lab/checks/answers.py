"""Checks of what the client gets back: an answer, its own answer, and with its tool calls intact."""

from __future__ import annotations

from collections.abc import Sequence

from lab.checks.registry import Judgement, check, failed, failed_each, outside, passed
from lab.exchange import answercache
from lab.exchange.answerparts import PartsSeen, asks_to_see_thinking, explanation_of, parts_seen
from lab.exchange.answertext import in_blocks, text_change
from lab.exchange.arguments import INTEROPERABLE, first_difference
from lab.exchange.charged import providers_part
from lab.exchange.endings import Ending, Kept, ending_kept, ending_of, stops_asked
from lab.exchange.view import ExchangeView
from lab.records.models import ExchangeRecord, UpstreamRecord
from lab.wires.canonical import canonical_json
from lab.wires.neutral import NeutralAnswer, ToolCall

MISSED_SAVING = "a cache hit was expected, so this is a missed saving"
# What a provider refuses has no answer: that is found under the check of what it accepts.
REFUSED = "request_accepted"
# A wrong answer is found under the check that is about nothing else.
PROVENANCE = "provenance"
NOT_KEPT = "the bodies of the answers were not kept"


@check("the client gets a valid answer to its own question", about="verdicts", failed_too=True)
def answered(view: ExchangeView) -> Judgement:
    """HTTP 200, valid on its wire, a stream if one was asked for, and proven to be this conversation's."""
    if why := _unanswered(view):
        part = "" if view.completed else providers_part(view)
        return outside(part) if part else failed(why, cause=REFUSED)
    due = view.scenario.expect.status or 200
    if due >= 400:
        return passed(f"HTTP {due}, as was due")
    if why := _not_its_own(view):
        known = view.origin is not None and view.origin.kind in {"foreign", "cache"}
        return failed(why, cause=PROVENANCE if known else REFUSED)
    return passed("HTTP 200 with a valid answer" + (f": {view.origin.why}" if view.origin else ""))


def _unanswered(view: ExchangeView) -> str:
    """Why a client has no answer that it could read; empty if it has one."""
    record = view.exchange
    if not view.completed:
        return record.reason or "the exchange failed"
    due = view.scenario.expect.status or 200
    if record.http_status != due:
        return f"HTTP {record.http_status} instead of {due}"
    if due >= 400:
        return ""
    if problem := _own_problem(view):
        return f"the answer breaks its wire's rules: {problem}"
    return _other_delivery(record)


def _not_its_own(view: ExchangeView) -> str:
    """Why an answer is none to the client's own question; empty if it is."""
    origin = view.origin
    if origin is not None and origin.kind in {"foreign", "lost", "unproven"}:
        return origin.why
    return "" if _own_question(view) else answercache.why_wrong(view)


def _own_problem(view: ExchangeView) -> str:
    """Where the answer breaks its wire's rules though the provider's on the same wire does not; empty if so.

    A body that was kept is read again, as later versions of the lab know more of what is legal.
    """
    problems = view.broken_rules()
    given = view.broken_rules_given() if problems else ()
    return next((problem for problem in problems if problem not in given), "")


def _own_question(view: ExchangeView) -> bool:
    """Whether a wrong hit is an answer to the client's own question all the same.

    The words of the question are the same if only settings differ, or the user's name under one credential;
    where a suite does not say in what two requests differ, the requests do.
    """
    differs = view.scenario.cache_differs
    if differs is None:
        return answercache.same_words(view)
    return differs == "settings" or (differs == "user" and not view.scenario.other_client)


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
    failed_too=True,
)
def provenance(view: ExchangeView) -> Judgement:
    """Own marker is fresh, an earlier one of the conversation is a cache, any other is foreign.

    A hit is due only of a variant that has such a cache, and only from its threshold up; a fresh answer in
    its place costs a call, and fails nothing.
    """
    origin = view.origin
    if origin is None:
        return outside("there is no answer" if view.completed else "the exchange failed")
    if origin.kind == "foreign":
        return failed(origin.why)
    if origin.kind == "cache":
        why = answercache.why_wrong(view)
        return failed(why) if why else passed(origin.why)
    due = view.scenario.cache_expect == "must_hit"
    why_not = answercache.why_not_due(view.variant, view.scenario) if due else ""
    if why_not:
        return outside(why_not)
    if origin.kind != "fresh":
        return outside(f"unknown: {origin.why}")
    return passed(f"{origin.why}; {MISSED_SAVING}" if due else origin.why)


@check(
    "the tool calls in the provider's answer reach the client unchanged",
    about="tools",
    needs="calls",
)
def tool_call_intact(view: ExchangeView) -> Judgement:
    """Names and arguments in order; ids may be translated between wires."""
    call = view.answering
    if _from_cache(view) and answercache.calls_changed(view):
        return failed(f"{_cached(view)}, with other tool calls than were given first")
    if call is None:
        return outside("no model was asked")
    if call.answer_tool_calls is None:
        return outside("the tool calls in the provider's answer were not recorded")
    # As JSON: in Python true is 1, on the wire it is not.
    made, came = _calls(view, call, call.answer_tool_calls)
    given = [(one.name, canonical_json(one.input)) for one in made]
    got = [(one.name, canonical_json(one.input)) for one in came]
    if given == got:
        return passed(f"{len(got)} tool calls arrived unchanged") if got else outside("no tool was called")
    if why := _beyond(made, came):
        return failed(why)
    names = ", ".join(name for name, _ in given) or "no tool"
    arrived = ", ".join(name for name, _ in got) or "none"
    changed = _changed(made, came) if names == arrived else ""
    return failed(f"the provider called {names}; what arrived is {arrived}{changed}")


def _calls(
    view: ExchangeView, call: UpstreamRecord, recorded: tuple[ToolCall, ...]
) -> tuple[tuple[ToolCall, ...], tuple[ToolCall, ...]]:
    """The calls as made and as they came, from the bodies if they were kept: integers are whole there."""
    given, got = view.answer_given(call), view.answer_got()
    if given is None or got is None:
        return recorded, view.exchange.answer.tool_calls
    return given.tool_calls, got.tool_calls


def _beyond(given: Sequence[ToolCall], got: Sequence[ToolCall]) -> str:
    """What calls are told that differ in nothing but integers beyond 2^53; empty if they differ otherwise."""
    if [call.name for call in given] != [call.name for call in got]:
        return ""
    pairs = [(one, other) for one, other in zip(given, got, strict=True)]
    if any(first_difference(one.input, other.input, beyond=False) for one, other in pairs):
        return ""
    return f"{INTEROPERABLE}: " + next(
        f"{one.name}: {why}" for one, other in pairs if (why := first_difference(one.input, other.input))
    )


def _changed(given: Sequence[ToolCall], got: Sequence[ToolCall]) -> str:
    """The first argument that differs between calls of the same tools."""
    for one, other in zip(given, got, strict=False):
        if why := first_difference(one.input, other.input):
            whose = f"{one.name}: " if len(given) > 1 else ""
            return f" with other arguments: {whose}{why}"
    return ""


@check("the text of the provider's answer reaches the client unchanged", about="fidelity")
def answer_text_kept(view: ExchangeView) -> Judgement:
    """The text of an answer of the last attempt arrives whole, with nothing added, replaced or cut.

    From a cache it is the text that was given first; that it is says nothing of what a model is asked.
    """
    if _from_cache(view):
        why = answercache.text_changed(view)
        return failed(f"{_cached(view)}; {why}") if why else outside(_cached(view))
    calls = view.last_answered
    if not calls:
        return outside("no model was asked")
    if any(call.answer_text_sha is None for call in calls):
        return outside("the text of the provider's answer was not recorded")
    got = view.exchange.answer.text_sha or ""
    if any(call.answer_text_sha == got for call in calls):
        return passed("the text arrived unchanged") if got else outside("the provider's answer has no text")
    answer = calls[-1]
    given, arrived = (view.bodies.text(sha) if sha else "" for sha in (answer.answer_text_sha, got))
    if form := _form(view, answer, given, arrived):
        return passed(f"the text arrived unchanged, {form}")
    made = len(answer.answer_tool_calls or ())
    why = text_change(given, arrived, f" beside the tool call{'s' if made > 1 else ''}" if made else "")
    return failed(why) if why else passed("the text arrived unchanged but for white space at its ends")


def _from_cache(view: ExchangeView) -> bool:
    return view.origin is not None and view.origin.kind == "cache"


def _cached(view: ExchangeView) -> str:
    return f"a cache answered: {view.origin.why if view.origin else ''}"


def _refusals(answer: NeutralAnswer) -> list[str]:
    return [part.text for part in answer.parts if part.kind == "refusal"]


def _form(view: ExchangeView, call: UpstreamRecord, text: str, arrived: str) -> str:
    """In which other form the provider's text arrived whole; empty if it did not."""
    answer = view.answer_given(call)
    if answer is None:
        return ""
    # A refusal is no text on its own wire.
    said = [*_refusals(answer), explanation_of(answer)]
    if call.wire != view.kind and arrived.strip() == "".join([text, *said]).strip():
        return "a refusal as text"
    got = view.answer_got() if answer.stop_reason == "refusal" and not arrived.strip() else None
    if call.wire != view.kind and got and "".join(_refusals(got)).strip() == text.strip():
        return "as a refusal"
    return "its blocks joined with white space" if in_blocks(answer.texts, arrived) else ""


@check("the client is told why the provider's answer ends", about="fidelity")
def stop_reason_kept(view: ExchangeView) -> Judgement:
    """Stop reason, stop sequence and details arrive: as they are, or as what the wire has for them."""
    if _from_cache(view) and (why := answercache.ending_changed(view)):
        return failed(f"{_cached(view)}; {why}")
    pairs = _answers(view)
    if isinstance(pairs, str):
        return outside(pairs)
    stops = stops_asked(view.request_sent().params)
    told = [pair for pair in pairs if pair[1].stop_reason is not None]
    if not told:
        return outside("the provider's answer does not say why it ends")
    judged = [ending_kept(call.wire, given, view.kind, got, stops) for call, given, got in told]
    for wanted in ("kept", "excused"):
        for (call, given, _), (kept, why) in zip(told, judged, strict=True):
            if kept == wanted:
                return _told(ending_of(call.wire, given), kept, why)
    return failed(judged[-1][1])


def _told(ending: Ending | None, kept: Kept, why: str) -> Judgement:
    """That an answer ends says nothing; only another end than the ordinary one shows what is told."""
    if kept == "excused":
        return outside(why)
    return outside(f"an ordinary end: {why}") if ending == "end" else passed(why)


@check("all that the provider's answer holds beside text and tool calls reaches the client", about="fidelity")
def answer_parts_kept(view: ExchangeView) -> Judgement:
    """Thinking, refusals, citations, blocks of servers' tools, probabilities and further choices arrive."""
    pairs = _answers(view)
    if isinstance(pairs, str):
        return outside(pairs)
    thinks = asks_to_see_thinking(view.request_sent().params)
    seen = [parts_seen(call.wire, given, view.kind, got, thinks=thinks) for call, given, got in pairs]
    best = min(reversed(seen), key=lambda one: len(one.lost))
    return _of_parts(best)


def _of_parts(seen: PartsSeen) -> Judgement:
    excused = "; ".join(seen.excused)
    if seen.lost:
        return failed_each(seen.lost)
    if seen.kept:
        return passed(f"{', '.join(seen.kept)} arrived" + (f"; {excused}" if excused else ""))
    return outside(excused or "the provider's answer holds nothing beside text and tool calls")


def _answers(
    view: ExchangeView,
) -> list[tuple[UpstreamRecord, NeutralAnswer, NeutralAnswer]] | str:
    """The last attempt's answers beside what the client got, or why there is nothing to compare."""
    if _from_cache(view):
        return _cached(view)
    calls = view.last_answered
    if not calls:
        return "no model was asked"
    got = view.answer_got()
    given = [(call, view.answer_given(call)) for call in calls]
    if got is None or any(answer is None for _, answer in given):
        return NOT_KEPT
    return [(call, answer, got) for call, answer in given if answer is not None]
