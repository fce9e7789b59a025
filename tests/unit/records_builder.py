"""Builds run folders with real records and bodies, for tests of everything downstream of the store."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import orjson

from lab.records.manifest import Manifest, PriceInfo, ScenarioInfo, TierInfo, VariantStatus
from lab.records.models import Answer, Attempt, Claim, ExchangeRecord, Record, Refused, UpstreamRecord
from lab.records.redaction import Redactor
from lab.records.store import RunStore
from lab.results.models import Results
from lab.tokens import TokenParts
from lab.wires.neutral import ToolCall, Usage

T = TypeVar("T", bound=Record)

DEFAULT_MODEL = "claude-sonnet-4-5"
TIERS = {
    "SIMPLE": TierInfo(
        model="kimi-lab-simple",
        title="SIMPLE (local)",
        price=PriceInfo(input="0", output="0", source="local, free"),
    ),
    "MEDIUM": TierInfo(
        model="kimi-lab-medium",
        title="MEDIUM (local)",
        price=PriceInfo(input="0", output="0", source="local, free"),
    ),
    "COMPLEX": TierInfo(
        model="kimi-lab-complex",
        title="COMPLEX (kimi-k2)",
        price=PriceInfo(input="0.6", output="2.5", source="genai-prices 0.2.3: moonshotai kimi-k2-0905"),
    ),
    "REASONING": TierInfo(
        model="kimi-lab-reasoning",
        title="REASONING (gpt-5.2)",
        price=PriceInfo(input="1.75", output="14", source="genai-prices 0.2.3: azure gpt-5.2"),
    ),
}
SONNET = PriceInfo(input="3", output="15", source="genai-prices 0.2.3: anthropic claude-sonnet-4-5")
START = datetime(2026, 11, 23, 19, 15, tzinfo=UTC)


def scenario(name: str, **over: Any) -> ScenarioInfo:
    """A valid scenario; `over` replaces any field."""
    fields: dict[str, Any] = {
        "id": name,
        "suite": "core",
        "title": f"Scenario {name}",
        "looks_at": "tier routing",
        "class_": "routing",
        "class_title": "Tier routing",
        "valid": True,
    }
    return ScenarioInfo(**(fields | over))


def variant(name: str, **over: Any) -> VariantStatus:
    """A variant that ran; `direct` is the control; `over` replaces any field."""
    fields: dict[str, Any] = {
        "name": name,
        "system": name.split("-", maxsplit=1)[0],
        "title": name,
        "kind": "control" if name == "direct" else "gateway",
        "vendor_defaults": "-" not in name,
        "routes": name in {"lynkr", "litellm-router"},
        "model": DEFAULT_MODEL,
        "status": "ran",
        "version": None if name == "direct" else "1.2.3",
    }
    return VariantStatus(**(fields | over))


def manifest(
    variants: Iterable[VariantStatus], scenarios: Iterable[ScenarioInfo], *, repeats: int, **over: Any
) -> Manifest:
    """The manifest of a finished run; `over` replaces any field."""
    fields: dict[str, Any] = {
        "run": "20261123-191500-ab12",
        "lab_version": "0.1.0",
        "created_at": START.isoformat(timespec="seconds"),
        "finished_at": (START + timedelta(minutes=2)).isoformat(timespec="seconds"),
        "state": "finished",
        "seed": 42,
        "repeats": repeats,
        "suites": ("core",),
        "engine": "docker",
        "upstream_mode": "scripted",
        "baseline": "direct",
        "default_model": DEFAULT_MODEL,
        "default_model_price": SONNET,
        "same_model": DEFAULT_MODEL,
        "same_model_price": SONNET,
        "tiers": TIERS,
        "tokenizer": "o200k_base",
        "requests_per_month": 100_000,
        "variants": tuple(variants),
        "scenarios": tuple(scenarios),
        "packages": {"genai-prices": "0.2.3", "toktok-rs": "0.1.0"},
        "host": {"cpu": "test", "cpus": "2"},
        "git": {"commit": "0" * 40, "changed": "no"},
    }
    return Manifest(**(fields | over))


@dataclass(frozen=True)
class Call:
    """An upstream call to record: a chat call unless `kind` says otherwise.

    `body` is what was forwarded, `response` what the provider answered, and `text` its text (None: not
    recorded). `more` replaces any field of the record.
    """

    model: str | None = DEFAULT_MODEL
    tokens: TokenParts | None = None
    out: int = 20
    status: int = 200
    error: str | None = None
    kind: str = "chat"
    wire: str = "messages"
    path: str = "/v1/messages"
    body: Mapping[str, Any] | None = None
    tools: tuple[str, ...] | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    text: str | None = None
    stream: bool = False
    usage: Usage | None = None
    answered_by: str = "scripted"
    headers: Mapping[str, str] = field(default_factory=dict)
    response: bytes | None = None
    markers: tuple[str, ...] | None = None
    credential: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class RunBuilder:
    """Writes a run's folder, exchange by exchange, through the real store."""

    root: Path
    variants: Sequence[VariantStatus] = (variant("direct"), variant("litellm"))
    scenarios: Sequence[ScenarioInfo] = (scenario("S1"),)
    repeats: int = 3
    redactor: Redactor | None = None
    over: Mapping[str, Any] = field(default_factory=dict)
    store: RunStore = field(init=False)

    def __post_init__(self) -> None:
        made = manifest(self.variants, self.scenarios, repeats=self.repeats, **self.over)
        self.store = RunStore.create(self.root, made, self.redactor)
        self._seq = 0
        self._suites = {info.id: info.suite for info in self.scenarios}

    def exchange(
        self,
        variant: str,
        scenario: str,
        repeat: int = 1,
        *,
        sent: TokenParts | None = None,
        body: Mapping[str, Any] | None = None,
        tools: tuple[str, ...] = (),
        calls: Sequence[Call] | None = None,
        status: str = "completed",
        reason: str | None = None,
        latency_ms: float | None = 10.0,
        own_ms: float | None = 5.0,
        marker: str | None = None,
        text: str = "An answer.",
        tool_calls: tuple[ToolCall, ...] = (),
        usage: Usage | None = None,
        model: str | None = DEFAULT_MODEL,
        claim: Claim | None = None,
        attempts: int = 1,
        http_status: int | None = None,
        raw_response: bytes | None = None,
        stream: bool = False,
        headers: Mapping[str, str] | None = None,
        wire: str = "anthropic",
        content_type: str = "",
        problems: tuple[str, ...] = (),
        no_text: bool = False,
        credential: str = "",
        response_headers: Mapping[str, str] | None = None,
        error: str | None = None,
        without_gateway: Refused | None = None,
        nonce: str = "",
    ) -> ExchangeRecord:
        """Record one exchange; by default its request is forwarded once, unchanged, and answered freshly.

        `marker` is what the answer carries: None for the exchange's own, "" for no marker.
        """
        self._seq += 1
        begin = START + timedelta(seconds=self._seq)
        failed = status == "failed"
        sent = sent or TokenParts(messages=100)
        exchange_id = f"r{repeat}-{scenario}-{variant}"
        own_marker = marker_of(exchange_id)
        carried = own_marker if marker is None else marker
        request = dict(body or request_of(scenario, repeat))
        calls = [Call()] if calls is None else calls
        upstream = [
            self._upstream(exchange_id, variant, n, call, sent, request, tools, begin)
            for n, call in enumerate(calls, start=1)
        ]
        if usage is None and not failed:
            billed = [call for call in upstream if call.kind == "chat" and call.status < 400]
            usage = Usage(input=sum(c.tokens.total for c in billed), output=sum(c.tokens_out for c in billed))
        answer_text = f"{text}\n\n{carried}" if carried else text
        http_status = http_status or (500 if failed else 200)
        response = raw_response or (
            orjson.dumps({"type": "error", "error": {"type": "api_error", "message": reason}})
            if failed
            else _response(answer_text, model, usage or Usage(), tool_calls)
        )
        response_sha = self.store.put_body(response)
        record = ExchangeRecord(
            id=exchange_id,
            seq=self._seq,
            variant=variant,
            system=variant.split("-", maxsplit=1)[0],
            suite=self._suites.get(scenario, "core"),
            scenario=scenario,
            repeat=repeat,
            wire=wire,
            stream=stream,
            headers_sent=dict(headers or {}),
            credential=credential,
            nonce=nonce or f"nonce{repeat:05d}",
            marker=own_marker,
            started_at=_iso(begin),
            status="failed" if failed else "completed",
            reason=reason,
            request=self.store.put_body(orjson.dumps(request)),
            response=response_sha,
            http_status=http_status,
            attempts=tuple(
                Attempt(
                    n=n,
                    started_at=_iso(begin + timedelta(milliseconds=n - 1)),
                    latency_ms=latency_ms or 0.0,
                    http_status=http_status if n == attempts else 503,
                    error=error if n == attempts else None,
                    transient=n < attempts,
                    response=response_sha,
                    response_headers=({"content-type": content_type} if content_type else {})
                    | dict(response_headers or {}),
                )
                for n in range(1, attempts + 1)
            ),
            latency_ms=latency_ms,
            own_ms=own_ms if attempts == 1 else None,
            tokens_sent=sent,
            tokens_out=None if failed else 20,
            tools_sent=tools,
            answer=Answer(markers=(marker,) if marker else ())
            if failed
            else Answer(
                text_sha=self.store.put_body(answer_text.encode()) if answer_text and not no_text else None,
                markers=(carried,) if carried else (),
                tool_calls=tool_calls,
                stop_reason="end_turn",
                model=model,
                usage=usage or Usage(),
                problems=problems,
            ),
            claim=claim or Claim(),
            upstream_calls=len(upstream),
            without_gateway=without_gateway,
        )
        self.store.append_exchange(record, upstream)
        return record

    def background(self, caller: str, count: int = 1, call: Call | None = None) -> None:
        """Record upstream calls outside any exchange."""
        call = call or Call(kind="metadata", wire="metadata", path="/v1/models", model=None)
        self.store.append_background(
            [self._upstream(None, caller, n, call, TokenParts(), {}, (), START) for n in range(1, count + 1)]
        )

    def _upstream(
        self,
        exchange: str | None,
        caller: str,
        n: int,
        call: Call,
        sent: TokenParts,
        request: Mapping[str, Any],
        tools: tuple[str, ...],
        begin: datetime,
    ) -> UpstreamRecord:
        chat = call.kind == "chat"
        body = orjson.dumps({**(call.body or request), "model": call.model}) if chat else b"{}"
        tokens = call.tokens if call.tokens is not None else (sent if chat else TokenParts())
        out = call.out if chat and call.status < 400 else 0
        fields: dict[str, Any] = {
            "exchange": exchange,
            "caller": caller,
            "n": n,
            "kind": call.kind,
            "wire": call.wire,
            "method": "GET" if call.kind == "metadata" else "POST",
            "path": call.path,
            "model": call.model,
            "tier": next((name for name, tier in TIERS.items() if tier.model == call.model), None),
            "received_at": _iso(begin + timedelta(milliseconds=10 + n)),
            "duration_ms": 1.0,
            "status": call.status,
            "error": call.error,
            "answered_by": call.answered_by,
            "request": self.store.put_body(body),
            "request_bytes": len(body),
            "tokens": tokens,
            "tokens_out": out,
            "tools": tools if call.tools is None else call.tools,
            "usage": call.usage or Usage(input=tokens.total, output=out),
            "answer_tool_calls": call.tool_calls,
            "answer_text_sha": self.store.put_body(call.text.encode()) if call.text else call.text,
            "answer_markers": call.markers,
            "response": self.store.put_body(call.response) if call.response is not None else None,
            "stream": call.stream,
            "headers": dict(call.headers),
            "credential": call.credential,
        }
        return UpstreamRecord(**(fields | dict(call.more)))


def marker_of(exchange_id: str) -> str:
    """The marker of an exchange's scripted answer, the same for the same id."""
    return f"labmark-{random.Random(exchange_id).getrandbits(64):016x}"


def _iso(when: datetime) -> str:
    return when.isoformat(timespec="milliseconds")


def request_of(scenario: str, repeat: int) -> dict[str, Any]:
    """A plain request as a client would send it."""
    text = f"Question of {scenario}?\n\n(ref nonce{repeat:05d})"
    return {"model": DEFAULT_MODEL, "max_tokens": 256, "messages": [{"role": "user", "content": text}]}


def _response(text: str, model: str | None, usage: Usage, calls: tuple[ToolCall, ...]) -> bytes:
    blocks: list[dict[str, Any]] = [{"type": "text", "text": text}]
    blocks += [{"type": "tool_use", "id": call.id, "name": call.name, "input": call.input} for call in calls]
    return orjson.dumps(
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": blocks,
            "stop_reason": "end_turn",
            "usage": {"input_tokens": usage.input, "output_tokens": usage.output},
        }
    )


HOSTILE = "<script>alert('x')</script> | `cell` \x1b[31mred\x1b[0m \u202egnitset\u202c & \"quotes\" </pre>"

READ_TOOL = {
    "name": "Read",
    "description": "Read a file from disk",
    "input_schema": {
        "type": "object",
        "properties": {"file_path": {"type": "string"}, "limit": {"type": "number"}},
        "required": ["file_path"],
    },
}
BASH_TOOL = {
    "name": "Bash",
    "description": "Execute a shell command",
    "input_schema": {
        "type": "object",
        "properties": {"command": {"type": "string"}},
        "required": ["command"],
    },
}
FACTS = (("express", "^1.0.3"), ("axios", "^1.2.5"), ("react", "^1.3.1"))
PACKAGE = '{"dependencies":{"express":"^1.0.3","axios":"^1.2.5","react":"^1.3.1"}}'


def table_of(results: Results, kind: type[T]) -> T:
    """The table of a topic, which these results must have."""
    table = results.table(kind)
    assert table is not None
    return table
