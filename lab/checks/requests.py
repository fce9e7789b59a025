"""Checks of what a gateway forwards: accepted by the provider, complete, and once."""

from __future__ import annotations

import json
from collections.abc import Sequence

from lab.checks.registry import Judgement, check, failed, failed_each, outside, passed
from lab.exchange.charged import BUSY, is_refusal, providers_part
from lab.exchange.kept import facts_kept as facts_in
from lab.exchange.kept import tools_kept as tools_in
from lab.exchange.quoting import quoted
from lab.exchange.view import ExchangeView
from lab.records.models import UpstreamRecord
from lab.wires import CLIENT_KINDS
from lab.wires.canonical import canonical_json

NOTHING = "nothing was forwarded to a model"
# What is said against a request, rather than against a credential or a model that is not known.
AGAINST_THE_REQUEST = frozenset({400, 413, 422})
NAMED = 3
# What is noted of a scenario whose request the provider refuses from the control.
REFUSED = "the provider refuses it as it was written: "
SHOWN = 300


def rejected(call: UpstreamRecord) -> bool:
    """Whether the provider refused this request as such, rather than being busy or broken."""
    return is_refusal(call.status, aborted=call.aborted)


@check("the provider accepts what is forwarded", about="fidelity", failed_too=True)
def request_accepted(view: ExchangeView) -> Judgement:
    """No upstream chat call is rejected with a 4xx (429 and 408 apart)."""
    if not view.chat:
        return outside(NOTHING)
    refused = [call for call in view.chat if rejected(call) and not _on_order(view, call)]
    if not refused and all(call.status >= 400 for call in view.chat):
        return outside(f"the provider judged no call: {_broken(view.chat)}")
    if not refused:
        return passed("the provider accepts every call that was forwarded")
    what = refused[-1].error or "no reason given"
    if part := providers_part(view):
        return outside(part)
    if view.variant.kind != "control" and all(_is_clients(view, call) for call in refused):
        said = f"HTTP {refused[-1].status}: {what}"
        return outside(f"the provider refuses the request as the client wrote it: {said}")
    return failed(f"{len(refused)} of {len(view.chat)} calls rejected: HTTP {refused[-1].status}: {what}")


def _on_order(view: ExchangeView, call: UpstreamRecord) -> bool:
    """Whether a refusal is the one that the scenario is about, and not the provider's own judgement."""
    return call.answered_by == "scripted" and call.status == view.scenario.expect.status


def _broken(calls: Sequence[UpstreamRecord]) -> str:
    return _some(tuple(dict.fromkeys(f"HTTP {call.status}" for call in calls)))


def refusal(call: UpstreamRecord) -> str:
    """What the provider says against a request, as it is noted of one that the control sent."""
    return f"HTTP {call.status}: {(call.error or 'no reason given')[:SHOWN].rstrip('.')}."


def _is_clients(view: ExchangeView, call: UpstreamRecord) -> bool:
    """Whether the client is refused: its own request, or one for the reason that the control's is."""
    return _as_sent(view, call) or view.scenario.invalid_why == f"{REFUSED}{refusal(call)}"


def _as_sent(view: ExchangeView, call: UpstreamRecord) -> bool:
    """Whether a call is the client's own request, equal to the last field, on the same wire."""
    told = call.status in AGAINST_THE_REQUEST
    if not told or call.request is None or call.wire != CLIENT_KINDS[view.exchange.wire]:
        return False
    return view.bodies.once(
        ("as sent", view.exchange.request, call.request),
        lambda: _json(view, view.exchange.request) == _json(view, call.request),
    )


def _json(view: ExchangeView, sha: str | None) -> object:
    text = view.bodies.text(sha or "")
    try:
        return canonical_json(json.loads(text))
    except ValueError:
        return text


@check(
    "the facts that the model needs are forwarded",
    about="compression",
    gravity="facts_lost",
    needs="facts",
    rows="gateways",
)
def facts_kept(view: ExchangeView) -> Judgement:
    """Every declared fact is in the request that the model answered."""
    if not view.scenario.facts:
        return outside("the scenario declares no facts")
    kept = facts_in(view)
    if kept is None:
        return outside(NOTHING)
    if not kept.total:
        return outside("the request that the client sends holds none of the facts")
    if not kept.lost:
        return passed(f"all {kept.total} facts are forwarded")
    return failed(f"{len(kept.lost)} of {kept.total} facts are lost, such as {_some(kept.lost)}")


@check(
    "the tools that the task needs are forwarded, with all that they say",
    about="tools",
    gravity="tools_lost",
    needs="tools",
    rows="gateways",
)
def tools_kept(view: ExchangeView) -> Judgement:
    """Every needed tool is forwarded as it is; others may be left out or shortened, but say nothing else.

    A scenario that names no needed tool says of every one that it should be as it was sent, if it is there.
    """
    if not view.scenario.tools_needed and not view.exchange.tools_sent:
        return outside("the scenario needs no tools")
    kept = tools_in(view)
    if kept is None:
        return outside(NOTHING)
    if wrong := kept.broken | kept.altered:
        return failed_each((f"{name} {what}".strip() for name, what in wrong.items()), named=NAMED)
    if kept.needed and set(kept.needed) <= set(kept.lost):
        return outside(_some(kept.excused, "; "))
    notes = (*kept.excused, *(f"{name}, not needed, {what}" for name, what in kept.shortened.items()))
    noted = f"; {_some(notes, '; ')}" if notes else ""
    if not kept.needed:
        return outside(f"the scenario needs no tools{noted}")
    return passed(f"{_some(kept.needed)} forwarded with all that was said of it{noted}")


@check("no tool is forwarded that the client never sent", about="tools", needs="name", rows="gateways")
def tools_added(view: ExchangeView) -> Judgement:
    """The forwarded tools are a subset of the sent ones."""
    kept = tools_in(view)
    if kept is None:
        return outside(NOTHING)
    if kept.added:
        return failed(f"{len(kept.added)} tools added: {_some(kept.added)}")
    if kept.empty:
        return failed("an empty list of tools was added")
    return passed("no tool was added")


@check("nothing of another conversation is forwarded", about="caching", gravity="foreign_content")
def conversations_apart(view: ExchangeView) -> Judgement:
    """No word or answer of an earlier conversation is in any call to a model, unless the client sent it."""
    if not view.chat:
        return outside(NOTHING)
    foreign = view.foreign()
    words = _some(tuple(map(quoted, foreign.words)))
    found = [f"words of another conversation were forwarded: {words}"] if words else []
    found += [f"another conversation's answer was forwarded: that of {name}" for name in foreign.answers[:1]]
    found += [f"another conversation's prompt was forwarded: that of {name}" for name in foreign.prompts[:1]]
    if foreign.quoted:
        text, name = foreign.quoted
        found.append(f"words of another conversation were forwarded: {quoted(text)}, of {name}")
    if found:
        return failed_each(found)
    if not foreign.sought:
        return outside("no other conversation took place before")
    return passed("no word and no answer of another conversation was forwarded")


@check("one question makes one upstream chat call", about="verdicts")
def no_duplicate_calls(view: ExchangeView) -> Judgement:
    """Exactly one chat call in the attempt that was answered, unless a cache answered.

    To ask again what a busy or broken provider did not answer is no second question.
    """
    every = view.last_chat
    calls = [call for call in every if call.status < 500 and call.status not in BUSY]
    if not every:
        return outside(NOTHING)
    if not calls:
        return outside(f"the provider answered no call: {_broken(every)}")
    if len(calls) == 1:
        again = f", after {len(every) - 1} that the provider did not answer" if len(every) > 1 else ""
        return passed(f"one upstream chat call{again}")
    listed = _some(tuple(f"{call.model or 'no model'} (HTTP {call.status})" for call in calls))
    return failed(f"{len(calls)} upstream chat calls: {listed}")


def _some(names: tuple[str, ...], between: str = ", ") -> str:
    more = len(names) - NAMED
    return between.join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
