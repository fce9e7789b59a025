"""Turns what the meter and the client saw into the records of an exchange."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lab import wires
from lab.behind.seen import Seen
from lab.config.models import StatedHeaders
from lab.exchange.spans import covered_ms
from lab.records.models import Answer, Attempt, Claim, ExchangeRecord, Refused, UpstreamKind, UpstreamRecord
from lab.records.store import RunStore
from lab.run.client import Try
from lab.run.headers import address, recorded_headers, sent_key
from lab.run.meter_control import MeterCall
from lab.run.model_inputs import model_input
from lab.run.plan import Plan, PlannedVariant, Step
from lab.run.without_gateway import error_of
from lab.scenarios.answers import error_due, is_silent
from lab.tokens import TokenParts, count_answer, count_parts
from lab.wires import exact
from lab.wires.keys import key_digest
from lab.wires.neutral import NeutralAnswer

CHAT_KINDS = frozenset({"messages", "chat", "responses", "ollama_chat", "ollama_generate"})
KEPT_HEADERS = ("content-type", "user-agent", "anthropic-version", "anthropic-beta", "x-lab-exchange-id")
# Of a cookie it is only kept that it was set: its value may be as good as a key.
COOKIE = {"set-cookie": "(not kept)"}


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent to a variant, and what came of it: all tries, and all calls that the meter received.

    `dead` says why its system is not running any more (None: it is, as far as is known).
    """

    body: dict[str, object]
    raw: bytes
    started_at: str
    tries: tuple[Try, ...] = ()
    calls: tuple[MeterCall, ...] = ()
    dead: str | None = None
    without_gateway: Refused | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """What an exchange is meant to end with: the status of an error, or an answer, which may be silent."""

    error: int | None = None
    silent: bool = False


ANSWER = Due()


def exchange_record(
    seq: int, step: Step, planned: PlannedVariant, plan: Plan, sent: Sent, store: RunStore
) -> ExchangeRecord:
    """One exchange as a record, the `seq`th of its run; its bodies go into the store."""
    wire = plan.wire_of(step.scenario)
    kind = wires.CLIENT_KINDS[wire]
    neutral = wires.read_request(kind, sent.body)
    last = sent.tries[-1] if sent.tries else None
    answer = NeutralAnswer()
    if last is not None:
        asked = wires.kind_of(step.scenario.path) if step.scenario.path else kind
        answer = wires.read_answer(asked, last.body, last.headers.get("content-type", ""))
    suite = plan.suite(step.suite)
    due = Due(error_due(suite, step.scenario), is_silent(suite, step.scenario))
    reason = sent.dead if last is None else failure_reason(last, answer, sent.dead, due, sent.calls)
    return ExchangeRecord(
        id=step.exchange_id,
        seq=seq,
        variant=step.variant,
        system=planned.system.system,
        suite=step.suite,
        scenario=step.scenario.id,
        repeat=step.repeat,
        wire=wire,
        stream=step.scenario.stream,
        address=address(step.scenario, planned.system.wires[wire]),
        nonce=plan.nonce(step),
        marker=plan.marker(step),
        headers_sent=recorded_headers(step.scenario, planned.system.wires[wire]),
        credential=key_digest(sent_key(step.scenario, planned.system.wires[wire])),
        started_at=sent.started_at,
        status="failed" if reason else "completed",
        reason=reason,
        request=store.put_body(sent.raw),
        response=store.put_body(last.body) if last is not None and last.body else None,
        http_status=last.status if last is not None else None,
        attempts=tuple(attempt_record(tried, store) for tried in sent.tries),
        latency_ms=round(last.latency_ms, 3) if last is not None else None,
        own_ms=_own_ms(sent.tries, sent.calls),
        tokens_sent=count_parts(neutral),
        tokens_out=None if reason else answer_tokens(answer),
        tools_sent=tuple(tool.name for tool in neutral.tools),
        answer=answer_record(answer, store),
        claim=claim_record(planned.system.states, last) if last is not None else Claim(),
        without_gateway=sent.without_gateway,
    )


def _own_ms(tries: tuple[Try, ...], calls: tuple[MeterCall, ...]) -> float | None:
    """The only attempt's latency less the time the model provider took to answer, ms; None after retries.

    Only chat calls are the provider's part: what a gateway asks an embedding service is its own doing.
    """
    if len(tries) != 1:
        return None
    chat = [call for call in calls if wires.kind_of(call.path) in CHAT_KINDS]
    return round(tries[0].latency_ms - busy_ms(chat), 3)


def upstream_record(
    call: MeterCall,
    store: RunStore,
    tiers: Mapping[str, str],
    exchange: str | None,
    also: Collection[str] = (),
    seen: Seen | None = None,
) -> UpstreamRecord:
    """One upstream call as a record, with the headers in `also`, and what was `seen` behind a server."""
    kind = wires.kind_of(call.path)
    request = exact.loads_object(call.request)
    neutral = wires.read_request(kind, request)
    chat = kind in CHAT_KINDS
    answer = wires.read_answer(kind, call.response, call.answer_type) if chat else NeutralAnswer()
    return UpstreamRecord(
        exchange=exchange,
        caller=call.caller,
        n=call.n,
        kind=_record_kind(kind),
        wire=kind,
        method=call.method,
        path=call.path,
        query=call.query,
        model=call.model,
        tier=tiers.get(call.model or ""),
        stream=call.stream,
        received_at=datetime.fromtimestamp(call.received_at, UTC).isoformat(timespec="milliseconds"),
        duration_ms=round(call.duration_ms, 3),
        status=call.status,
        error=error_of(call, answer),
        answered_by=call.answered_by,
        request=store.put_body(call.request) if call.request else None,
        response=store.put_body(call.response) if call.response else None,
        request_bytes=len(call.request),
        response_bytes=len(call.response),
        tokens=count_parts(neutral) if chat or kind == "embeddings" else TokenParts(),
        tokens_out=answer_tokens(answer) if chat and call.status < 400 else 0,
        usage=answer.usage,
        tools=tuple(tool.name for tool in neutral.tools),
        answer_tool_calls=answer.tool_calls if chat else None,
        answer_text_sha=(_put_text(answer, store) or "") if chat else None,
        answer_markers=markers_in(answer) if chat else None,
        aborted=call.aborted,
        ceiling=call.ceiling,
        model_input=model_input(seen, store),
        credential=call.credential,
        headers={n: call.headers[n] for n in (*KEPT_HEADERS, *map(str.lower, also)) if n in call.headers},
    )


def _record_kind(kind: str) -> UpstreamKind:
    if kind in CHAT_KINDS:
        return "chat"
    if kind == "embeddings":
        return "embedding"
    return "metadata" if kind == "metadata" else "other"


def busy_ms(calls: Sequence[MeterCall]) -> float:
    """Time in ms in which at least one of these calls was being answered by the meter."""
    return covered_ms((call.received_at * 1000, call.duration_ms) for call in calls)


def answer_tokens(answer: NeutralAnswer) -> int:
    """Tokens of an answer's text and tool calls, counted as the meter counts its own answers."""
    return count_answer(answer.text, ((call.name, call.input) for call in answer.tool_calls))


def attempt_record(tried: Try, store: RunStore) -> Attempt:
    """One try as a record; its body goes into the store."""
    return Attempt(
        n=tried.n,
        started_at=tried.started_at,
        latency_ms=round(tried.latency_ms, 3),
        ttfb_ms=None if tried.ttfb_ms is None else round(tried.ttfb_ms, 3),
        http_status=tried.status,
        error=tried.error,
        transient=tried.transient,
        response=store.put_body(tried.body) if tried.body else None,
        response_headers={k.lower(): COOKIE.get(k.lower(), v) for k, v in tried.headers.items()},
    )


def answer_record(answer: NeutralAnswer, store: RunStore) -> Answer:
    """What the client read in a response, as a record."""
    return Answer(
        text_sha=_put_text(answer, store),
        markers=markers_in(answer),
        tool_calls=answer.tool_calls,
        stop_reason=answer.stop_reason,
        model=answer.model,
        usage=answer.usage,
        problems=answer.problems,
    )


def markers_in(answer: NeutralAnswer) -> tuple[str, ...]:
    """Provenance markers in an answer: in its text, a refusal or thinking, or in what an error says."""
    said = (answer.text, *(part.text for part in answer.parts), answer.error or "")
    return wires.find_markers("\n".join(said))


def _put_text(answer: NeutralAnswer, store: RunStore) -> str | None:
    return store.put_body(answer.text.encode("utf-8", "replace")) if answer.text else None


def claim_record(where: StatedHeaders, tried: Try) -> Claim:
    """What the gateway states about its own work in the last response's headers or body."""
    headers = {name.lower(): value for name, value in tried.headers.items()}
    body = exact.loads_object(tried.body)

    def stated(source: str | None) -> str | None:
        if source is None:
            return None
        if source.startswith("body:"):
            return _dig(body, source.removeprefix("body:").split("."))
        return headers.get(source.lower())

    return Claim(
        tier=stated(where.tier),
        model=stated(where.model),
        cache=stated(where.cache),
        cost_usd=stated(where.cost),
        overhead_ms=stated(where.overhead_ms),
    )


def _dig(data: Any, keys: Sequence[str]) -> str | None:
    for key in keys:
        if not isinstance(data, dict) or key not in data:
            return None
        data = data[key]
    return None if data is None or isinstance(data, dict | list) else str(data)


def failure_reason(
    tried: Try, answer: NeutralAnswer, died: str | None, due: Due = ANSWER, calls: Sequence[MeterCall] = ()
) -> str | None:
    """Why the exchange failed, in one sentence, or None if what was due came back.

    An answer with nothing in it is valid on every wire, but only if the provider gave none either.
    """
    if died or tried.error:
        return died or tried.error
    if due.error is not None and tried.status == due.error:
        return None
    if tried.status is None or tried.status >= 300:
        detail = answer.error or tried.body[:200].decode("utf-8", "replace").strip() or "empty body"
        return f"HTTP {tried.status}: {detail}"
    if answer.error:
        return f"HTTP {tried.status} with an error in it: {answer.error}"
    given_none = due.silent or (answer.stop_reason and _given_nothing(calls))
    unusable = _says_nothing(answer) and not given_none
    cut = next((problem for problem in answer.problems if problem.startswith("stream cut")), None)
    if unusable or cut:
        problem = cut or next(iter(answer.problems), "it has neither text nor a tool call")
        return f"HTTP {tried.status} without a usable answer: {problem}"
    return None


def _says_nothing(answer: NeutralAnswer) -> bool:
    return not answer.text and not answer.tool_calls and not answer.parts


def _given_nothing(calls: Sequence[MeterCall]) -> bool:
    """Whether the provider's last answer, of those that are no error, has nothing in it."""
    kinds = [(wires.kind_of(call.path), call) for call in calls if call.status < 400]
    chat = [(kind, call) for kind, call in kinds if kind in CHAT_KINDS]
    if not chat:
        return False
    kind, call = chat[-1]
    return _says_nothing(wires.read_answer(kind, call.response, call.answer_type, strictly=False))
