"""What a scenario itself expects: the answer's status and headers, and whose key the provider is given."""

from __future__ import annotations

from collections.abc import Iterator

from lab.checks.registry import Judgement, check, failed_each, outside, passed
from lab.exchange.quoting import quoted
from lab.exchange.view import ExchangeView
from lab.records.manifest import ExpectInfo


@check(
    "status, response headers and the key at the provider are as the scenario expects",
    about="verdicts",
    needs="expectations",
    failed_too=True,
)
def expectations_met(view: ExchangeView) -> Judgement:
    """Every expectation that a scenario declares holds; keys are told apart by their digests."""
    expect = view.scenario.expect
    if expect == ExpectInfo():
        return outside("the scenario expects nothing of its own")
    wrong = [*_status(view), *_headers(view), *_credential(view)]
    if not wrong and expect == ExpectInfo(credential=expect.credential) and _from_cache(view):
        return outside("a cache answered, so that no key was needed at the provider")
    return (
        failed_each(wrong, named=len(wrong)) if wrong else passed("all that the scenario expects came true")
    )


def _from_cache(view: ExchangeView) -> bool:
    """Whether an answer of the gateway's own cache came, for which no provider was asked."""
    return not view.upstream and view.origin is not None and view.origin.kind == "cache"


def _status(view: ExchangeView) -> Iterator[str]:
    due, came = view.scenario.expect.status, view.exchange.http_status
    if due is not None and came != due:
        yield f"HTTP {came} instead of {due}" if came else f"no answer instead of HTTP {due}"


def _headers(view: ExchangeView) -> Iterator[str]:
    attempts = view.exchange.attempts
    came = attempts[-1].response_headers if attempts else {}
    for name, due in view.scenario.expect.headers:
        value = came.get(name)
        if due is None and value is not None:
            yield f"the header {name} is there: {quoted(value)}"
        elif due is not None and value is None:
            yield f"the header {name} is missing"
        elif due is not None and value != due:
            yield f"the header {name} is {quoted(value or '')} instead of {quoted(due)}"


def _credential(view: ExchangeView) -> Iterator[str]:
    due, own = view.scenario.expect.credential, view.exchange.credential
    calls = view.chat or view.upstream
    if due is None or _from_cache(view):
        return
    if not calls:
        yield "the provider was not asked, so that no key reached it"
    elif not own:
        yield "which key the client sent was not recorded"
    elif any(not call.credential for call in calls):
        yield "the provider was given no key"
    elif due == "client" and any(call.credential != own for call in calls):
        yield "the provider was given another key than the client's"
    elif due == "gateway" and any(call.credential == own for call in calls):
        yield "the provider was given the client's key"
