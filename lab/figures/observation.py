"""What one exchange comes to, small enough to keep for every exchange of a long run."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from lab.checks.registry import Judgement, asks, judging
from lab.checks.requests import rejected
from lab.exchange.answercache import why_wrong
from lab.exchange.charged import providers_part
from lab.exchange.compare.differences import Differences, differences_of
from lab.exchange.got.calls import GotCall, got_calls
from lab.exchange.got.kept import facts_got, tokens_got, tools_got
from lab.exchange.kept import FactsKept, ToolsKept, facts_kept, tools_kept
from lab.exchange.others import Foreign
from lab.exchange.provenance import Origin
from lab.exchange.spans import covered_ms
from lab.exchange.toolset import ToolsetSeen, toolset_of
from lab.exchange.view import ExchangeView
from lab.figures.cost import Paid, Prices
from lab.records.models import UpstreamRecord
from lab.results.wrong_answers import Embedder
from lab.tokens import TokenParts

LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Observation:
    """One exchange in figures: tokens, USD, ms, and what the checks say.

    `forwarded` sums all upstream chat calls of all attempts, also those the provider rejected. `wire` is the
    client's, and `upstream_wire` that of the call that answered (empty: no model was asked). `excused` says
    that it failed, and that this is the provider's part.
    """

    id: str
    repeat: int
    completed: bool
    reason: str | None
    sent: TokenParts
    forwarded: TokenParts
    claimed: int | None
    claimed_out: int | None
    out: int | None
    chat_calls: int
    embedding_calls: int
    embedding_tokens: int
    embedding_ms: float
    local_embeddings: bool
    embedders: frozenset[Embedder]
    attempts: int
    tools_sent: int
    origin: Origin | None
    wrong_hit: bool
    tier: str | None
    model: str | None
    claimed_tier: str | None
    claimed_model: str | None
    claimed_cache: str | None
    paid: Paid
    latency_ms: float | None
    own_ms: float | None
    stream: bool
    wire: str
    upstream_wire: str
    claimed_overhead_ms: float | None
    claimed_cost: float | None
    facts: FactsKept | None
    tools: ToolsKept | None
    differences: Differences | None
    toolset: ToolsetSeen | None
    foreign: Foreign
    got: tuple[GotCall, ...]
    excused: bool
    checks: Mapping[str, Judgement]

    @property
    def stems_from(self) -> str:
        """What kind of origin its answer has; empty if none is known."""
        return self.origin.kind if self.origin else ""

    @property
    def reached_model(self) -> bool:
        """Whether any chat call was made for it."""
        return self.chat_calls > 0


def observe(view: ExchangeView, prices: Prices) -> Observation:
    """Everything a report needs of one exchange."""
    record = view.exchange
    embeddings = [call for call in view.upstream if call.kind == "embedding"]
    answering = view.answering
    return Observation(
        id=record.id,
        repeat=record.repeat,
        completed=view.completed,
        reason=None if view.completed else _reason(view),
        sent=record.tokens_sent,
        forwarded=_forwarded(view),
        claimed=record.answer.usage.input,
        claimed_out=record.answer.usage.output,
        out=record.tokens_out,
        chat_calls=len(view.chat),
        embedding_calls=len(embeddings),
        embedding_tokens=sum(call.tokens.total for call in embeddings),
        embedding_ms=_busy_ms(embeddings),
        embedders=frozenset(
            Embedder(asked=call.model or "", answered_by=call.answered_by)
            for call in embeddings
            if call.status < 400
        ),
        local_embeddings=bool(embeddings) and all(call.answered_by != "cloud" for call in embeddings),
        attempts=len(record.attempts),
        tools_sent=len(record.tools_sent),
        origin=view.origin,
        wrong_hit=bool(why_wrong(view)),
        tier=answering.tier if answering else None,
        model=answering.model if answering else None,
        claimed_tier=record.claim.tier,
        claimed_model=record.claim.model or record.answer.model,
        claimed_cache=record.claim.cache,
        paid=prices.pay(view.upstream),
        latency_ms=record.latency_ms,
        own_ms=record.own_ms,
        stream=record.stream,
        wire=record.wire,
        upstream_wire=view.judged.wire if view.judged else "",
        claimed_overhead_ms=_number(record.claim.overhead_ms),
        claimed_cost=_number(record.claim.cost_usd),
        facts=_facts(view) if view.completed else None,
        tools=_tools(view) if view.completed else None,
        differences=differences_of(view) if view.completed and asks(view.scenario, "differences") else None,
        toolset=toolset_of(view) if view.completed and asks(view.scenario, "toolset") else None,
        foreign=view.foreign(),
        got=got_calls(view),
        excused=not view.completed and bool(providers_part(view)),
        checks={entry.name: entry.judge(view) for entry in judging(view.scenario.checks, view.variant.kind)},
    )


def _facts(view: ExchangeView) -> FactsKept | None:
    return facts_got(view) if view.variant.kind == "model_server" else facts_kept(view)


def _tools(view: ExchangeView) -> ToolsKept | None:
    return tools_got(view) if view.variant.kind == "model_server" else tools_kept(view)


def _forwarded(view: ExchangeView) -> TokenParts:
    """Tokens behind the variant: what was handed on or, behind a model server, what its model read."""
    read = tokens_got(view) if view.variant.kind == "model_server" else None
    return read or add_parts(call.tokens for call in view.chat)


def add_parts(parts: Iterable[TokenParts]) -> TokenParts:
    """The sum of tokens, part by part."""
    system = messages = tools = 0
    for part in parts:
        system, messages, tools = system + part.system, messages + part.messages, tools + part.tools
    return TokenParts(system=system, messages=messages, tools=tools)


def _busy_ms(calls: Iterable[UpstreamRecord]) -> float:
    """Time in ms in which at least one of these calls was being answered."""
    begins = ((datetime.fromisoformat(call.received_at).timestamp() * 1000, call) for call in calls)
    return covered_ms((begin, call.duration_ms) for begin, call in begins)


def _number(text: str | None) -> float | None:
    """What a header states as a number; None if it states none, or something else."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _reason(view: ExchangeView) -> str:
    """Why an exchange failed; if the provider refused the request, its own words come first."""
    if part := providers_part(view):
        return shorten(part)
    refused: UpstreamRecord | None = next((call for call in view.chat if rejected(call)), None)
    if refused is not None:
        what = "this request" if view.variant.kind == "control" else "what is forwarded"
        return shorten(f"the provider rejects {what}: {refused.error or f'HTTP {refused.status}'}")
    return shorten(view.exchange.reason or "no reason was recorded")


def shorten(text: str) -> str:
    """At most 300 characters of a text, in one line."""
    flat = " ".join(text.split())
    return flat if len(flat) <= LONGEST_REASON else flat[: LONGEST_REASON - 1] + "…"
