"""Checks of a model server's own row: what its model gets of a request, and what it honours."""

from __future__ import annotations

from collections.abc import Iterable

from lab.checks.registry import Judgement, check, failed, outside, passed
from lab.exchange.got.calls import GotCall, got_calls
from lab.exchange.got.loss import Kind
from lab.exchange.view import ExchangeView

_SHOWN = 3
_NOT_GOT = "the model does not get"


@check(
    "the model gets the whole prompt: system prompt, turns, documents and pictures",
    about="model_input",
    gravity="content_lost",
    rows="model_servers",
)
def model_gets_prompt(view: ExchangeView) -> Judgement:
    """Nothing of the conversation is cut, dropped or said in another role."""
    kinds: tuple[Kind, ...] = ("whole_prompt", "system", "turns", "roles", "documents", "images")
    return _judged(view, kinds, _NOT_GOT)


@check(
    "the model gets the tools as they were sent, with calls and results of the conversation",
    about="model_input",
    gravity="tools_lost",
    rows="model_servers",
)
def model_gets_tools(view: ExchangeView) -> Judgement:
    """Names, descriptions and each word of the schemas, and that a failed result is one."""
    kinds: tuple[Kind, ...] = ("tool_names", "tool_descriptions", "schema_words")
    return _judged(view, (*kinds, "tool_calls", "tool_results", "error_marks"), _NOT_GOT)


@check(
    "the model server honours the request's demands: forced calls, choices, stops, limits, forms",
    about="model_input",
    rows="model_servers",
)
def model_server_honours(view: ExchangeView) -> Judgement:
    """What the answer shows, and what the server holds it to."""
    kinds: tuple[Kind, ...] = ("forced_choice", "choices", "stop", "max_tokens", "response_format")
    return _judged(view, kinds, "not honoured")


@check(
    "the model server says why an answer ends, and how many tokens its model read",
    about="model_input",
    rows="model_servers",
)
def model_server_tells(view: ExchangeView) -> Judgement:
    """A stop reason, and usage that is what the model read."""
    return _judged(view, ("ending", "usage"), "not as it was")


def _judged(view: ExchangeView, kinds: tuple[Kind, ...], lacks: str) -> Judgement:
    calls = got_calls(view)
    if not calls:
        return outside("no model answered")
    if not any(call.seen_by for call in calls):
        return outside(f"what the model got was not seen: {calls[-1].why}")
    if lost := list(_lost(calls, kinds)):
        more = f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else ""
        return failed(f"{lacks}: {', '.join(lost[:_SHOWN])}{more}")
    counts = [call.counts[kind] for call in calls for kind in kinds if kind in call.counts]
    if not any(count.kept for count in counts):
        return outside("nothing of this kind can be seen of the request")
    unsure = sum(count.unsure for count in counts)
    return passed("all of it" + (f", but for {unsure} of which it is not known" if unsure else ""))


def _lost(calls: Iterable[GotCall], kinds: tuple[Kind, ...]) -> Iterable[str]:
    counts = (call.counts[kind] for call in calls for kind in kinds if kind in call.counts)
    return (what for count in counts for what in count.lost)
