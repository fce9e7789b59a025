"""Checks of whether what a client sends is what a provider is sent: nothing changed, dropped or added.

What is excused, because the provider's wire has nothing of the kind, fails none of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from lab.checks.registry import Judgement, check, failed_each, outside, passed
from lab.checks.requests import NOTHING
from lab.exchange.compare.difference import HEADER, MARKS, MESSAGES, SYSTEM, TOOLS, Difference, is_parameter
from lab.exchange.compare.differences import Differences, differences_of, says_something
from lab.exchange.quoting import listed
from lab.exchange.view import ExchangeView


@check(
    "the system prompt is forwarded word for word",
    about="fidelity",
    gravity="content_lost",
    needs="differences",
    rows="gateways",
)
def system_kept(view: ExchangeView) -> Judgement:
    """Every system text arrives in order as such; joining or splitting them is another notation."""
    return _kept(view, {SYSTEM}, "the system prompt arrives word for word")


@check(
    "the conversation is forwarded word for word, with its images and thinking",
    about="fidelity",
    gravity="content_lost",
    needs="differences",
    rows="gateways",
)
def messages_kept(view: ExchangeView) -> Judgement:
    """Texts, images and thinking blocks arrive unchanged, in order, from the same speakers."""
    return _kept(view, MESSAGES, "the conversation arrives word for word")


@check(
    "the request's parameters are forwarded with the same meaning",
    about="fidelity",
    needs="differences",
    rows="gateways",
)
def params_kept(view: ExchangeView) -> Judgement:
    """Sampling, limits, stops, user, thinking and stream arrive, under whatever name the wire gives them."""
    seen = differences_of(view)
    if seen is None:
        return outside(NOTHING)
    names = {aspect for aspect in seen.sent if is_parameter(aspect)}
    kept = names - {one.aspect for one in seen.excused(names)}
    return _judged(seen, names, f"{', '.join(sorted(kept))} arrive with the same meaning")


@check("nothing is added to what the client sent", about="fidelity", rows="gateways")
def content_added(view: ExchangeView) -> Judgement:
    """No text, tool, cache mark or parameter arrives that the client did not send and that is no default.

    What came in place of a text that is gone is the other half of that loss, and is judged with it.
    """
    seen = differences_of(view)
    if seen is None:
        return outside(NOTHING)
    added = [one for one in seen.added if not one.instead]
    if added:
        return failed_each(_whys(added), cause=_known_already(view, added))
    if seen.added:
        return outside(listed(_whys(seen.added)))
    pointers = [one for one in seen.excused(MESSAGES) if one.change == "added"]
    return passed(f"nothing else was added; {listed(_whys(pointers))}" if pointers else "nothing was added")


def _known_already(view: ExchangeView, added: Sequence[Difference]) -> str:
    """The check that all additions are the subject of: foreign words or tools; none if there are others."""
    if all(view.foreign().told_in(one.text) for one in added):
        return "conversations_apart"
    return "tools_added" if all(one.aspect == TOOLS for one in added) else ""


@check(
    "the cache marks are forwarded where the client set them",
    about="fidelity",
    needs="differences",
    rows="gateways",
)
def cache_control_kept(view: ExchangeView) -> Judgement:
    """Every cache mark arrives at the end of the same content, for as long."""
    return _kept(view, {MARKS}, "the cache marks arrive where they were set")


@check("the client's own headers are forwarded", about="fidelity", needs="differences", rows="gateways")
def headers_kept(view: ExchangeView) -> Judgement:
    """Every header that the scenario declares arrives, unless it is nobody's standard; betas may be added."""
    call, names = view.judged, [name.lower() for name in view.exchange.headers_sent]
    if call is not None and names and not any(says_something(name, call.wire) for name in names):
        return outside(f"{', '.join(names)} says nothing to a provider on the {call.wire} wire")
    seen = differences_of(view)
    if seen is None:
        return outside(NOTHING)
    aspects = {f"{HEADER}{name}": name for name in names}
    excused = {one.aspect for one in seen.excused(aspects)}
    kept = [name for aspect, name in aspects.items() if aspect not in excused]
    return _judged(seen, set(aspects), f"{', '.join(kept)} arrives")


def _kept(view: ExchangeView, aspects: frozenset[str] | set[str], well: str) -> Judgement:
    """Pass if nothing of these aspects was changed or dropped."""
    seen = differences_of(view)
    return outside(NOTHING) if seen is None else _judged(seen, aspects, well)


def _judged(seen: Differences, aspects: frozenset[str] | set[str], well: str) -> Judgement:
    """Fail what counts; if all that was sent is excused nothing is judged, else the pass says it."""
    asked = seen.sent & aspects
    if not asked:
        return outside("the request has none")
    found, excused = seen.of(aspects), seen.excused(aspects)
    if found:
        return failed_each(_whys(found))
    more = [one for one in seen.of(aspects & (MESSAGES | {SYSTEM}), added=True) if not one.instead]
    if more:
        return failed_each(_whys(more), cause="content_added")
    if asked <= {one.aspect for one in excused if not one.partial}:
        return outside(listed(_whys(excused)))
    other = ", though joined or split" if seen.rewritten and aspects & (MESSAGES | {SYSTEM}) else ""
    noted = (*seen.joined(aspects), *excused)
    return passed(f"{well}{other}" + (f"; {listed(_whys(noted))}" if noted else ""))


def _whys(found: Sequence[Difference]) -> tuple[str, ...]:
    return tuple(one.why for one in found)
