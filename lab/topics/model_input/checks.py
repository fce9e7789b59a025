"""Checks of a model server's own row: what its model gets of a request, and what it honours."""

from __future__ import annotations

from collections.abc import Iterable

from lab.checks.registry import Judgement, check, failed, outside, passed
from lab.exchange.got.calls import GotCall, got_calls
from lab.exchange.got.loss import Kind
from lab.exchange.view import ExchangeView

_SHOWN = 3


@check(
    "the model gets the whole prompt: system prompt, turns, documents and pictures",
    about="model_input",
    gravity="content_lost",
    rows="model_servers",
)
def model_gets_prompt(view: ExchangeView) -> Judgement:
    """Nothing of the conversation is cut, dropped or said in another role."""
    return _judged(view, ("whole_prompt", "system", "turns", "roles", "documents", "images"))


@check(
    "the model gets the tools as they were sent, with calls and results of the conversation",
    about="model_input",
    gravity="tools_lost",
    rows="model_servers",
)
def model_gets_tools(view: ExchangeView) -> Judgement:
    """Names, descriptions and each word of the schemas, and that a failed result is one."""
    kinds: tuple[Kind, ...] = ("tool_names", "tool_descriptions", "schema_words")
    return _judged(view, (*kinds, "tool_calls", "tool_results", "error_marks"))


@check(
    "the model server honours the request's demands: forced calls, choices, stops, limits, forms",
    about="model_input",
    rows="model_servers",
)
def model_server_honours(view: ExchangeView) -> Judgement:
    """What the answer shows, and what the server holds it to."""
    return _judged(view, ("forced_choice", "choices", "stop", "max_tokens", "response_format"))


@check(
    "the model server says why an answer ends, and how many tokens its model read",
    about="model_input",
    rows="model_servers",
)
def model_server_tells(view: ExchangeView) -> Judgement:
    """A stop reason, and usage that is what the model read."""
    return _judged(view, ("ending", "usage"))


def _judged(view: ExchangeView, kinds: Iterable[Kind]) -> Judgement:
    calls = got_calls(view)
    if not calls:
        return outside("no model answered")
    if not any(call.seen_by for call in calls):
        return outside(f"what the model got was not seen: {calls[-1].why}")
    wanted = tuple(kinds)
    if lost := list(_lost(calls, wanted)):
        more = f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else ""
        return failed(f"the model does not get: {', '.join(lost[:_SHOWN])}{more}")
    counts = [call.counts[kind] for call in calls for kind in wanted if kind in call.counts]
    if not any(count.kept for count in counts):
        return outside("nothing of this kind can be seen of the request")
    unsure = sum(count.unsure for count in counts)
    return passed(
        "the model gets all of it" + (f", but for {unsure} of which it is not known" if unsure else "")
    )


def _lost(calls: Iterable[GotCall], kinds: tuple[Kind, ...]) -> Iterable[str]:
    return (
        what for call in calls for kind in kinds if kind in call.counts for what in call.counts[kind].lost
    )
