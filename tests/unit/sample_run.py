"""A complete run folder: routed, cached, failed, unavailable and hostile rows beside the control."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lab.records.manifest import ScenarioInfo
from lab.records.models import Claim
from lab.records.store import RunStore
from lab.tokens import TokenParts
from lab.wires.neutral import Usage
from tests.unit.records_builder import (
    BASH_TOOL,
    DEFAULT_MODEL,
    FACTS,
    HOSTILE,
    PACKAGE,
    READ_TOOL,
    Call,
    RunBuilder,
    marker_of,
    request_of,
    scenario,
    variant,
)

SAMPLE_SCENARIOS = (
    scenario("S1", title="Simple Q&A", acceptable_tiers=("SIMPLE",), tiers_why="one fact"),
    scenario("R1", title="Reasoning", acceptable_tiers=("COMPLEX", "REASONING"), tiers_why="trade-offs"),
    scenario("T1", title="14 tools", class_="tools", class_title="Tool selection", tools_needed=("Read",)),
    scenario("L1", title="Large JSON", class_="json", class_title="JSON tool results", facts=FACTS),
    scenario(
        "L1-seed",
        title="Large JSON as the seed sends it",
        class_="json",
        class_title="JSON tool results",
        facts=FACTS,
        valid=False,
        invalid_why="mixes two wires",
        from_vendor=True,
    ),
    scenario(
        "SC1", title="Cache, first call", class_="cache", class_title="Semantic cache", sequence="tcp-udp"
    ),
    scenario(
        "SC2",
        title="Cache, second call",
        class_="cache",
        class_title="Semantic cache",
        sequence="tcp-udp",
        cache_expect="may_hit",
    ),
)


def sample_run(
    root: Path, *, repeats: int = 3, scenarios: Sequence[ScenarioInfo] = SAMPLE_SCENARIOS
) -> RunStore:
    """A complete run: routed, cached, failed, unavailable and hostile rows beside the control."""
    builder = RunBuilder(
        root,
        variants=(
            variant("direct"),
            variant("litellm", changes=({"what": "a longer time-out", "why": f"boot is slow {HOSTILE}"},)),
            variant("litellm-router", vendor_defaults=False),
            variant(
                "portkey",
                status="unavailable",
                reason="the image could not be built: no route to the registry",
                log_tail=f"npm ERR! code ENOTFOUND\n{HOSTILE}",
            ),
            variant("lynkr", boot_s=2.5, image="sha256:" + "a" * 64),
        ),
        scenarios=scenarios,
        repeats=repeats,
        over={"engine": "host", "engine_notes": ("this engine cannot cut systems off the network",)},
    )
    draw = random.Random(7)
    for repeat in range(1, repeats + 1):
        for info in scenarios:
            for name in ("direct", "litellm", "litellm-router", "lynkr"):
                _sample_exchange(builder, info, name, repeat, draw)
    builder.background("litellm", 4)
    builder.background(
        "lynkr",
        2,
        Call(kind="embedding", wire="embeddings", path="/api/embeddings", tokens=TokenParts(messages=9)),
    )
    return builder.store


def _sample_exchange(
    builder: RunBuilder, info: ScenarioInfo, name: str, repeat: int, draw: random.Random
) -> None:
    latency = {"direct": 2.0, "litellm": 36.0, "litellm-router": 40.0, "lynkr": 20.0}[name]
    latency += draw.random() * latency * 0.05
    common: dict[str, Any] = {"latency_ms": round(latency, 3), "own_ms": round(latency - 1.0, 3)}
    if not info.valid:
        common["calls"] = [Call(status=400, error="messages.1.content: Input should be a valid list")]
        builder.exchange(
            name,
            info.id,
            repeat,
            status="failed",
            reason="HTTP 400: messages.1.content: Input should be a valid list",
            http_status=400,
            **{**common, "own_ms": None},
        )
        return
    body: dict[str, Any] | None = None
    forwarded: dict[str, Any] | None = None
    tools: tuple[str, ...] = ()
    sent = TokenParts(messages=100 + 10 * len(info.id))
    kept = sent
    if info.tools_needed:
        body = request_of(info.id, repeat) | {"tools": [READ_TOOL, BASH_TOOL]}
        tools, sent = ("Read", "Bash"), TokenParts(messages=40, tools=160)
        kept = TokenParts(messages=40, tools=80) if name == "lynkr" else sent
        forwarded = body | ({"tools": [BASH_TOOL]} if name == "lynkr" else {})
    if info.facts:
        body = request_of(info.id, repeat)
        body["messages"] = [{"role": "user", "content": f"{PACKAGE}\n{HOSTILE}\n\n(ref nonce{repeat:05d})"}]
        sent, kept = TokenParts(messages=1000), TokenParts(messages=1000)
        forwarded = body
        if name == "lynkr":
            kept = TokenParts(messages=300)
            forwarded = body | {"messages": [{"role": "user", "content": 'keys: {"express":"^1.0.3"}'}]}
    model = DEFAULT_MODEL
    if name in {"litellm-router", "lynkr"}:
        model = "kimi-lab-complex" if info.id == "R1" and name == "lynkr" else "kimi-lab-simple"
    if name == "lynkr" and not info.tools_needed and not info.facts:
        kept = TokenParts(system=133, messages=sent.messages)
    call = Call(
        model=model,
        tokens=kept,
        body=forwarded,
        tools=("Bash",) if name == "lynkr" and tools else tools,
    )
    calls = [call]
    if name == "lynkr":
        calls = [
            Call(kind="embedding", wire="embeddings", path="/api/embeddings", tokens=TokenParts(messages=12)),
            call,
        ]
    extra: dict[str, Any] = {}
    if name == "lynkr" and info.id == "SC2":
        extra = {"marker": marker_of(f"r{repeat}-SC1-lynkr"), "usage": Usage(input=240, output=20)}
        calls = calls[:1]
    if name == "litellm" and info.id == "R1" and repeat == 2:
        builder.exchange(
            name,
            info.id,
            repeat,
            calls=calls,
            status="failed",
            reason=f"HTTP 500: {HOSTILE}",
            **{**common, "own_ms": None},
        )
        return
    routed = name in {"litellm-router", "lynkr"}
    builder.exchange(
        name,
        info.id,
        repeat,
        sent=sent,
        body=body,
        tools=tools,
        calls=calls,
        text=f"An answer to {info.id}. {HOSTILE}",
        claim=Claim(tier="SIMPLE", model=model) if routed else None,
        model=model if routed else DEFAULT_MODEL,
        **common,
        **extra,
    )
