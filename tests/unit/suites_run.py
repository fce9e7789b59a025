"""A run of several suites, as large as asked: what the lists, grids and first screen of a big report show."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lab.records.manifest import ScenarioInfo
from lab.records.store import RunStore
from lab.tokens import TokenParts
from tests.unit.records_builder import (
    BASH_TOOL,
    DEFAULT_MODEL,
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
from tests.unit.sample_run import SAMPLE_SCENARIOS

FAMILIES = ("trivial", "lookup", "coding", "refactor", "security", "injected", "non-english", "long-trivial")
DIFFERS = ("question", "context", "user", "settings")
CONTENTS = ("json", "logs", "code", "diffs", "csv", "prose", "history")
SUITES = ("core", "routing", "cache", "tools", "compression", "fidelity")
TITLES = {
    "core": "The seed's nine",
    "routing": "Routing: prompts with acceptable tiers",
    "cache": "Cache: must hit and must miss",
    "tools": "Tools: kept, changed, added",
    "compression": "Compression: saved tokens against facts",
    "fidelity": "Fidelity: what arrives",
}
CHECKS = ("answered", "provenance", "request_accepted", "no_duplicate_calls", "usage_honest")
LINES = 30


def suites_scenarios(scale: int = 1) -> tuple[ScenarioInfo, ...]:
    """The scenarios of six suites: 7 of `core`, and about 33 others times `scale`."""
    return (*SAMPLE_SCENARIOS, *_routing(scale), *_cache(scale), *_tools(scale), *_payloads(scale))


def _routing(scale: int) -> Iterator[ScenarioInfo]:
    for number in range(5 * scale):
        family = FAMILIES[number % len(FAMILIES)]
        fields: dict[str, Any] = {
            "suite": "routing",
            "class_": family,
            "class_title": f"Family {family}",
            "acceptable_tiers": ("SIMPLE",) if number % 2 else ("COMPLEX", "REASONING"),
            "tiers_why": "by its family",
            "checks": (*CHECKS, "tier_acceptable"),
        }
        name = f"RT-{family}-{number}"
        yield scenario(name, title=f"Prompt {number} {HOSTILE}", **fields)
        for again in (1, 2):
            yield scenario(
                f"{name}-p{again}",
                title=f"Prompt {number}, in other words ({again})",
                of=name,
                relation="perturbation",
                in_pass=again,
                routers_only=True,
                **fields,
            )


def _cache(scale: int) -> Iterator[ScenarioInfo]:
    for number in range(4 * scale):
        for part, expect in (("a", "must_miss"), ("b", "may_hit"), ("c", "must_miss")):
            yield scenario(
                f"CA-{number}{part}",
                suite="cache",
                title=f"Question {number}{part}",
                class_="negation" if number % 2 else "repeat",
                class_title="Negations" if number % 2 else "Repeats",
                sequence=f"pair-{number}",
                cache_expect=expect,
                cache_differs=DIFFERS[number % len(DIFFERS)] if part == "c" else None,
                checks=CHECKS,
            )


def _tools(scale: int) -> Iterator[ScenarioInfo]:
    for number in range(3 * scale):
        yield scenario(
            f"TL-{number}",
            suite="tools",
            class_="needed",
            class_title="Needed tools",
            tools_needed=("Read",),
            checks=(*CHECKS, "tools_kept", "tools_added"),
        )


def _payloads(scale: int) -> Iterator[ScenarioInfo]:
    for number in range(4 * scale):
        kind = CONTENTS[number % len(CONTENTS)]
        yield scenario(
            f"CP-{kind}-{number}",
            suite="compression",
            title=f"{kind} of size {number}",
            class_=kind,
            class_title=f"Content: {kind}",
            facts=(("row-3", "value-3"), ("row-9", "value-9")),
            checks=(*CHECKS, "facts_kept"),
        )
    for number in range(3 * scale):
        yield scenario(
            f"FD-{number}",
            suite="fidelity",
            class_="params",
            class_title="Parameters",
            checks=CHECKS,
            unsupported="images have no form on this wire" if number % 3 == 2 else "",
        )


def suites_variants() -> tuple[Any, ...]:
    """Nine variants: one is tuned, one lets the lab decide, one could not be started."""
    return (
        variant("direct"),
        variant("litellm"),
        variant("litellm-router", vendor_defaults=False),
        variant("litellm-cache", cache="exact", vendor_defaults=False),
        variant("portkey"),
        variant(
            "portkey-conditional",
            routes=True,
            vendor_defaults=False,
            lab_decides=f"the tier, which the lab sends as metadata {HOSTILE}",
        ),
        variant("lynkr", cache="semantic", cache_threshold=0.95),
        variant("lynkr-lean", vendor_defaults=False),
        variant("ollama", kind="model_server", status="unavailable", reason=f"no model server {HOSTILE}"),
    )


def suites_run(
    root: Path,
    *,
    scale: int = 1,
    repeats: int = 2,
    lines: int = LINES,
    scenarios: Sequence[ScenarioInfo] | None = None,
    over: dict[str, Any] | None = None,
) -> RunStore:
    """A run of six suites through nine variants, in which `lynkr` serves wrong answers and loses facts.

    `lines` is the length of the shortest payload of suite `compression`; others are up to 20 times as long.
    """
    infos = suites_scenarios(scale) if scenarios is None else tuple(scenarios)
    variants = suites_variants()
    builder = RunBuilder(
        root,
        variants=variants,
        scenarios=infos,
        repeats=repeats,
        over={"suites": SUITES, "suite_titles": TITLES, **(over or {})},
    )
    for repeat in range(1, repeats + 1):
        for number, info in enumerate(infos):
            for one in variants:
                asked = one.routes or not info.routers_only
                if one.status == "ran" and asked and not info.unsupported and info.valid:
                    _exchange(builder, info, one, repeat, number, lines)
    return builder.store


def payload(number: int, lines: int) -> str:
    """A log of that many lines times 1 to 20, with the facts of suite `compression` near its beginning."""
    draw = random.Random(number)
    count = lines * (1 + (number * 7) % 20)
    return "\n".join(f"row-{n} value-{n} {draw.getrandbits(64):016x}" for n in range(count))


def _exchange(
    builder: RunBuilder, info: ScenarioInfo, one: Any, repeat: int, number: int, lines: int
) -> None:
    name = one.name
    model = DEFAULT_MODEL
    if one.routes:
        wanted = info.acceptable_tiers[0] if info.acceptable_tiers else "SIMPLE"
        model = f"kimi-lab-{(wanted if one.lab_decides else 'SIMPLE').lower()}"
    body, sent, tools = _request(info, repeat, number, lines)
    forwarded, kept, offered = body, sent, tools
    if name == "lynkr" and info.suite == "compression":
        text = body["messages"][0]["content"]
        less = text[: text.index("row-4 ")] if number % 2 else text.replace(" value-5 ", " ")
        forwarded = body | {"messages": [{"role": "user", "content": less}]}
        kept = TokenParts(messages=len(less) // 3)
    if name == "lynkr" and tools:
        forwarded, offered = body | {"tools": [BASH_TOOL]}, ("Bash",)
    call = Call(model=model, tokens=kept, body=forwarded, tools=offered)
    extra: dict[str, Any] = {"calls": [call]}
    if info.id.startswith("CA-") and name in {"lynkr", "litellm-cache"}:
        extra |= _cached(info, name, repeat, number, call)
    if name == "litellm" and number % 11 == 5 and repeat == 1:
        extra |= {"status": "failed", "reason": f"HTTP 500: {HOSTILE}", "own_ms": None}
    builder.exchange(name, info.id, repeat, sent=sent, body=body, tools=tools, model=model, **extra)


def _request(
    info: ScenarioInfo, repeat: int, number: int, lines: int
) -> tuple[dict[str, Any], TokenParts, tuple[str, ...]]:
    """What a scenario asks: a payload where it declares facts, two tools where it needs one."""
    body = request_of(info.id, repeat)
    if info.tools_needed:
        return body | {"tools": [READ_TOOL, BASH_TOOL]}, TokenParts(messages=40, tools=160), ("Read", "Bash")
    if info.suite == "compression":
        text = payload(number, lines)
    elif info.facts:
        text = PACKAGE
    else:
        return body, TokenParts(messages=100), ()
    body["messages"] = [{"role": "user", "content": text}]
    return body, TokenParts(messages=len(text) // 3), ()


def _cached(info: ScenarioInfo, name: str, repeat: int, number: int, call: Call) -> dict[str, Any]:
    """A cache that keeps what it should; lynkr's serves stale answers, and every other time another's."""
    first = f"r{repeat}-{info.id[:-1]}a-{name}"
    if info.id.endswith("b"):
        return {"calls": [], "marker": marker_of(first)}
    if info.id.endswith("c") and name == "lynkr":
        other = f"r{repeat}-S1-{name}" if number % 2 and repeat == 1 else first
        return {"calls": [], "marker": marker_of(other)}
    return {"calls": [call]}
