"""At which hop an exchange failed: what a real provider refuses or never ends is no gateway's fault."""

from __future__ import annotations

from typing import Final

from lab.exchange.view import ExchangeView
from lab.records.models import UpstreamRecord
from lab.wires.neutral import REAL

# No word against a request: the provider has no time for it.
BUSY: Final = frozenset({408, 429})
# As the lab's client words its own limit.
_LATE: Final = ("time-out", "not complete after")


def is_refusal(status: int, *, aborted: bool) -> bool:
    """Whether a status is the provider's word against a request, rather than that it is busy or broken."""
    return 400 <= status < 500 and status not in BUSY and not aborted


def providers_part(view: ExchangeView) -> str:
    """Why what went wrong is the provider's part, in its own words; empty if it is not known to be.

    A refusal is the provider's if it refuses the client's own request too, or if that is what it was sent;
    overload, faults and answers without an end are its own whatever it was sent. An answer that did not come
    within the lab's limit is nobody's fault: the model was still at it.
    """
    call = next(reversed(view.last_chat), None)
    if call is None or call.answered_by not in REAL:
        return ""
    if call.aborted or not call.status:
        return _late(view)
    if call.status >= 500 or call.status in BUSY:
        return f"the provider does not answer: {_said(call)}"
    if call.status >= 400:
        return _refusal(view, call)
    given = view.answer_given(call)
    if given is not None and not given.stop_reason and not given.text and not given.tool_calls:
        return "the provider's answer says nothing, and not why it ends"
    return ""


def _said(call: UpstreamRecord) -> str:
    return f"HTTP {call.status}: {call.error or 'no reason given'}"


def _late(view: ExchangeView) -> str:
    last = next(reversed(view.exchange.attempts), None)
    if last is None or not last.error or not any(word in last.error for word in _LATE):
        return ""
    return f"the model was still answering when the lab's own limit ended it: {last.error}"


def _refusal(view: ExchangeView, call: UpstreamRecord) -> str:
    if view.variant.kind != "gateway":
        return f"the provider refuses the request: {_said(call)}"
    alone = view.exchange.without_gateway
    if alone is None or alone.status is None or alone.status < 400:
        return ""
    said = alone.error or "no reason given"
    return f"the provider refuses the client's own request too: HTTP {alone.status}: {said}"
