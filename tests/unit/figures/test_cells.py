"""Cells: the observations of the repeats of one scenario through one variant, with hand-computed values."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lab.records.models import Claim
from lab.report.build import build_results
from lab.results.cell import Cell
from lab.tokens import TokenParts
from lab.wires.neutral import Usage
from tests.unit.records_builder import (
    BASH_TOOL,
    FACTS,
    PACKAGE,
    READ_TOOL,
    Call,
    RunBuilder,
    marker_of,
    scenario,
    variant,
)

SONNET = "claude-sonnet-4-5"


def parts(messages: int, system: int = 0, tools: int = 0) -> TokenParts:
    """Tokens by part."""
    return TokenParts(system=system, messages=messages, tools=tools)


def cell_of(builder: RunBuilder, variant: str = "litellm", scenario: str = "S1") -> Cell:
    """One cell of the built results."""
    return build_results(builder.store).cell(variant, scenario)


def test_tokens_are_means_over_completed_exchanges(tmp_path: Path) -> None:
    """Sent 100 and 200, forwarded 150 and 110: means 150 and 130, saved 20, which is 13.3333 %."""
    builder = RunBuilder(tmp_path)
    builder.exchange(
        "litellm",
        "S1",
        1,
        sent=parts(100),
        calls=[Call(tokens=parts(120, system=30))],
        usage=Usage(input=90, output=7),
    )
    builder.exchange(
        "litellm", "S1", 2, sent=parts(200), calls=[Call(tokens=parts(110))], usage=Usage(input=95, output=8)
    )
    builder.exchange("litellm", "S1", 3, sent=parts(900), status="failed", reason="HTTP 500: broken")
    tokens = cell_of(builder).tokens
    assert (tokens.sent, tokens.forwarded, tokens.saved) == (150.0, 130.0, 20.0)
    assert (tokens.saving_percent, tokens.saving_from) == (13.3333, "content")
    assert tokens.forwarded_parts is not None
    assert (tokens.forwarded_parts.system, tokens.forwarded_parts.messages) == (15.0, 115.0)
    assert (tokens.claimed, tokens.claimed_out, tokens.out) == (92.5, 7.5, 20.0)


def test_added_tokens_are_a_negative_saving(tmp_path: Path) -> None:
    """Savings are signed: 100 sent and 250 forwarded is -150 %."""
    builder = RunBuilder(tmp_path)
    builder.exchange("litellm", "S1", sent=parts(100), calls=[Call(tokens=parts(250))])
    tokens = cell_of(builder).tokens
    assert (tokens.saved, tokens.saving_percent) == (-150.0, -150.0)


def test_every_upstream_chat_call_counts_as_forwarded(tmp_path: Path) -> None:
    """Retries by the gateway are forwarded tokens; embeddings are counted apart."""
    builder = RunBuilder(tmp_path)
    calls = [
        Call(status=500, error="overloaded"),
        Call(),
        Call(kind="embedding", tokens=parts(40)),
        Call(kind="metadata", path="/v1/models"),
    ]
    builder.exchange("litellm", "S1", sent=parts(100), calls=calls)
    cell = cell_of(builder)
    assert (cell.tokens.forwarded, cell.upstream_calls) == (200.0, 2.0)
    assert (cell.embedding_calls, cell.embedding_tokens) == (1.0, 40.0)
    assert "embedding calls were answered locally" in cell.cost_usd.note
    assert cell.checks["no_duplicate_calls"].verdict == "pass"


def test_a_cache_hit_is_a_saving_of_the_cache(tmp_path: Path) -> None:
    """A proven hit forwards nothing and is labelled; two fresh answers and one hit are `both`."""
    scenarios = (scenario("A", sequence="pair"), scenario("B", sequence="pair", cache_expect="may_hit"))
    builder = RunBuilder(tmp_path, scenarios=scenarios)
    for repeat in (1, 2):
        builder.exchange("litellm", "A", repeat)
        hit = {"calls": [], "marker": marker_of(f"r{repeat}-A-litellm")} if repeat == 1 else {}
        builder.exchange("litellm", "B", repeat, **hit)  # type: ignore[arg-type]
    cell = cell_of(builder, scenario="B")
    assert (cell.cache.verdict, cell.cache.hits, cell.cache.of) == ("mixed", 1, 2)
    assert (cell.tokens.saving_percent, cell.tokens.saving_from) == (50.0, "both")
    assert cell.tokens.saved_without_call == 50.0
    assert cell.checks["provenance"].verdict == "pass"
    assert cell.varies == ("answer: cache 1x, fresh 1x",)


def test_a_cell_that_only_hits_a_cache_says_so_everywhere(tmp_path: Path) -> None:
    """No tier, model, facts or tools are seen where no model was asked, and each gap has its reason."""
    scenarios = (
        scenario("A", sequence="pair"),
        scenario("B", sequence="pair", cache_expect="may_hit", facts=FACTS, tools_needed=("Read",)),
    )
    builder = RunBuilder(tmp_path, scenarios=scenarios, variants=(variant("direct"), variant("lynkr")))
    builder.exchange("lynkr", "A")
    builder.exchange("lynkr", "B", calls=[], marker=marker_of("r1-A-lynkr"), tools=("Read",))
    cell = cell_of(builder, "lynkr", "B")
    assert (cell.cache.verdict, cell.tokens.saving_from) == ("hit", "cache")
    assert (cell.tier.served, cell.model.served, cell.facts.kept, cell.tools.needed_kept) == (None,) * 4
    assert cell.tools.sent == 1.0
    for name in ("tier.served", "model.served", "facts.kept", "tools.needed_kept", "tools.forwarded"):
        assert cell.reasons[name] == "no model was asked: the answer came from a cache"
    assert cell.cost_usd.as_routed == 0


def test_cost_is_the_mean_per_answer_with_failures_paid_for(tmp_path: Path) -> None:
    """Two answers at 0.0006 and a failed exchange that cost 0.0006 make 0.0009 an answer."""
    builder = RunBuilder(tmp_path)
    for repeat in (1, 2, 3):
        failed = {"status": "failed", "reason": "time-out"} if repeat == 3 else {}
        builder.exchange("litellm", "S1", repeat, sent=parts(100), **failed)  # type: ignore[arg-type]
    cost = cell_of(builder).cost_usd  # 100 tokens at 3 and 20 at 15 USD per million
    assert cost.as_routed == Decimal("0.0009")
    assert cost.same_model == Decimal("0.0009")
    assert cost.paid_for_failed == Decimal("0.0006")


def test_failed_attempts_of_an_answered_exchange_are_paid(tmp_path: Path) -> None:
    """The call of a first attempt that never reached the client costs as much as the second's."""
    builder = RunBuilder(tmp_path)
    builder.exchange("litellm", "S1", sent=parts(100), calls=[Call(), Call()], attempts=2)
    cell = cell_of(builder)
    assert cell.cost_usd.as_routed == Decimal("0.0012")
    assert cell.retries == 1
    assert cell.latency_ms.first_attempt_success == 0.0
    assert cell.latency_ms.success == 1.0


def test_an_unpriced_model_leaves_the_cost_unknown_with_the_reason(tmp_path: Path) -> None:
    """Never a default price."""
    builder = RunBuilder(tmp_path)
    builder.exchange("litellm", "S1", calls=[Call(model="mystery-1")])
    cell = cell_of(builder)
    assert cell.cost_usd.as_routed is None
    assert cell.cost_usd.same_model == Decimal("0.0006")
    assert cell.reasons["cost_usd.as_routed"] == "no price is known for model mystery-1"


def test_facts_are_looked_for_in_what_was_forwarded(tmp_path: Path) -> None:
    """Three facts sent, one forwarded: 1 of 3 kept, whatever the saving."""
    info = scenario("L1", facts=FACTS)
    builder = RunBuilder(tmp_path, scenarios=(info,))
    body = {"messages": [{"role": "user", "content": PACKAGE}]}
    less = {"messages": [{"role": "user", "content": '{"express":"^1.0.3"}'}]}
    for repeat in (1, 2):
        builder.exchange("direct", "L1", repeat, body=body)
        builder.exchange("litellm", "L1", repeat, body=body, calls=[Call(body=less if repeat == 1 else body)])
    assert cell_of(builder, "direct", "L1").facts.kept == 3.0
    cell = cell_of(builder, "litellm", "L1")
    assert (cell.facts.kept, cell.facts.total) == (2.0, 3)
    check = cell.checks["facts_kept"]
    assert (check.verdict, check.passed, check.of) == ("fail", 1, 2)
    assert check.why == "2 of 3 facts are lost, such as axios ^1.2.5, react ^1.3.1"


def test_tools_are_compared_by_name_and_schema(tmp_path: Path) -> None:
    """Read is needed: dropped it is 0 kept, with a poorer or stricter schema too."""
    info = scenario("T1", tools_needed=("Read",))
    sent = {"messages": [], "tools": [READ_TOOL, BASH_TOOL]}
    properties: dict[str, Any] = {"file_path": {"type": "string"}}
    poorer = READ_TOOL | {"input_schema": {"type": "object", "properties": properties}}
    schema = READ_TOOL["input_schema"]
    assert isinstance(schema, dict)
    richer = READ_TOOL | {"input_schema": schema | {"$defs": {}, "additionalProperties": True}}
    stricter = READ_TOOL | {"input_schema": schema | {"additionalProperties": False}}
    forwarded: dict[str, tuple[list[dict[str, Any]], tuple[str, ...]]] = {
        "dropped": ([BASH_TOOL, BASH_TOOL | {"name": "WebSearch"}], ("Bash", "WebSearch")),
        "poorer": ([poorer, BASH_TOOL], ("Read", "Bash")),
        "richer": ([richer, BASH_TOOL], ("Read", "Bash")),
        "stricter": ([stricter, BASH_TOOL], ("Read", "Bash")),
    }
    builder = RunBuilder(
        tmp_path, variants=(variant("direct"), *(variant(name) for name in forwarded)), scenarios=(info,)
    )
    for name, (tools, names) in forwarded.items():
        call = Call(body={"messages": [], "tools": tools}, tools=names)
        builder.exchange(name, "T1", body=sent, tools=("Read", "Bash"), calls=[call])
    dropped, poor, rich, strict = (cell_of(builder, name, "T1") for name in forwarded)
    assert (dropped.tools.needed_kept, dropped.tools.dropped, dropped.tools.added) == (
        0.0,
        ("Read",),
        ("WebSearch",),
    )
    assert dropped.checks["tools_kept"].why == "Read was not forwarded"
    assert dropped.checks["tools_added"].why == "1 tools added: WebSearch"
    assert poor.checks["tools_kept"].why == "Read lost properties.limit of its schema (and 1 more)"
    assert (rich.tools.needed_kept, rich.checks["tools_kept"].verdict) == (1.0, "pass")
    assert strict.checks["tools_kept"].why == "Read has a new additionalProperties in its schema"
    assert (rich.tools.sent, rich.tools.forwarded, rich.tools.needed) == (2.0, 2.0, 1)


def test_the_tier_served_is_the_one_the_meter_saw(tmp_path: Path) -> None:
    """Two of three repeats went to SIMPLE, one to COMPLEX; the header claimed SIMPLE throughout."""
    info = scenario("S1", acceptable_tiers=("SIMPLE", "MEDIUM"))
    builder = RunBuilder(tmp_path, variants=(variant("direct"), variant("lynkr")), scenarios=(info,))
    for repeat, model in enumerate(("kimi-lab-simple", "kimi-lab-complex", "kimi-lab-simple"), start=1):
        builder.exchange(
            "lynkr",
            "S1",
            repeat,
            calls=[Call(model=model)],
            claim=Claim(tier="SIMPLE", model="kimi-lab-simple"),
        )
    cell = cell_of(builder, "lynkr")
    assert (cell.tier.served, cell.tier.claimed) == ("SIMPLE", "SIMPLE")
    assert cell.tier.served_counts == {"SIMPLE": 2, "COMPLEX": 1}
    assert (cell.checks["tier_acceptable"].verdict, cell.checks["tier_acceptable"].passed) == ("fail", 2)
    assert cell.checks["tier_acceptable"].why == "COMPLEX was chosen; this scenario accepts SIMPLE or MEDIUM"
    assert cell.checks["tier_claim_true"].why == "claims SIMPLE, but COMPLEX was served"
    assert "tier served: SIMPLE 2x, COMPLEX 1x" in cell.varies


def test_the_last_answered_call_is_the_one_served(tmp_path: Path) -> None:
    """A fallback after a provider's error counts as the tier that answered."""
    builder = RunBuilder(tmp_path, variants=(variant("direct"), variant("lynkr")))
    calls = [Call(model="kimi-lab-simple", status=500), Call(model="kimi-lab-medium")]
    builder.exchange("lynkr", "S1", calls=calls)
    assert cell_of(builder, "lynkr").tier.served == "MEDIUM"


def test_a_variant_that_does_not_route_has_no_tier(tmp_path: Path) -> None:
    """It is `not routed`, and its tier is not judged."""
    builder = RunBuilder(tmp_path)
    builder.exchange("litellm", "S1")
    cell = cell_of(builder)
    assert cell.tier.served == "not routed"
    assert cell.checks["tier_acceptable"].verdict == "not_applicable"
    assert (cell.model.served, cell.model.claimed) == (SONNET, SONNET)


def test_tokens_that_differ_between_repeats_are_flagged(tmp_path: Path) -> None:
    """A nonce makes a few tokens' difference; 40 more forwarded in one repeat is something else."""
    builder = RunBuilder(tmp_path)
    for repeat, tokens in enumerate((100, 104, 140), start=1):
        builder.exchange("litellm", "S1", repeat, sent=parts(100), calls=[Call(tokens=parts(tokens))])
        builder.exchange("direct", "S1", repeat, sent=parts(100), calls=[Call(tokens=parts(100 + repeat))])
    assert cell_of(builder).varies == ("tokens forwarded: 100 to 140",)
    assert cell_of(builder, "direct").varies == ()


def test_a_usage_that_is_not_stated_is_missing_with_a_reason(tmp_path: Path) -> None:
    """One of two responses without usage leaves the claim unknown rather than half."""
    builder = RunBuilder(tmp_path)
    builder.exchange("litellm", "S1", 1)
    builder.exchange("litellm", "S1", 2, usage=Usage())
    cell = cell_of(builder)
    assert cell.tokens.claimed is None
    assert cell.reasons["tokens.claimed"] == "1 of 2 responses do not state it"


def test_overhead_is_paired_with_the_control_of_the_same_repeat(tmp_path: Path) -> None:
    """Differences 10, 20 and 60 ms have the median 20, though the medians differ by 30."""
    builder = RunBuilder(tmp_path)
    for repeat, (mine, control) in enumerate(((40.0, 30.0), (30.0, 10.0), (61.0, 1.0)), start=1):
        builder.exchange("litellm", "S1", repeat, own_ms=mine)
        builder.exchange("direct", "S1", repeat, own_ms=control)
    found = cell_of(builder).latency_ms.overhead
    assert (found.median_ms, found.pairs, found.ci_low_ms) == (20.0, 3, None)
    own = cell_of(builder, "direct")
    assert own.latency_ms.overhead.pairs == 0
    assert own.reasons["latency_ms.overhead"].startswith("this is the control")


def test_a_failed_cell_has_the_most_frequent_reason_and_no_numbers(tmp_path: Path) -> None:
    """No cost, saving or latency is made up for what failed."""
    builder = RunBuilder(tmp_path)
    for repeat, reason in enumerate(("HTTP 500: a", "HTTP 502: b", "HTTP 502: b"), start=1):
        builder.exchange("litellm", "S1", repeat, status="failed", reason=reason)
    cell = cell_of(builder)
    assert (cell.status, cell.reason, cell.n, cell.completed) == ("failed", "HTTP 502: b", 3, 0)
    assert (cell.cost_usd.as_routed, cell.tokens.saving_percent, cell.latency_ms.p50) == (None, None, None)
    assert cell.cost_usd.paid_for_failed == Decimal("0.0018")
    assert cell.checks["answered"].verdict == "fail"
    assert cell.evidence == ("r1-S1-litellm", "r2-S1-litellm", "r3-S1-litellm")


def test_a_cell_that_failed_once_is_measured_and_says_so(tmp_path: Path) -> None:
    """One failure in two repeats stays in sight."""
    builder = RunBuilder(tmp_path)
    builder.exchange("litellm", "S1", 1)
    builder.exchange("litellm", "S1", 2, status="failed", reason="HTTP 500: a")
    cell = cell_of(builder)
    assert (cell.status, cell.reason) == ("measured", None)
    assert cell.reasons["completed"] == "1 of 2 exchanges failed: HTTP 500: a"
    assert cell.varies == ("completed 1 of 2",)
    assert (cell.checks["answered"].passed, cell.checks["answered"].of) == (1, 2)


@pytest.mark.parametrize(
    ("status", "state", "expected", "reason"),
    [
        ({"status": "unavailable", "reason": "no image"}, "finished", "unavailable", "no image"),
        ({"status": "not_run", "reason": "interrupted"}, "interrupted", "not_run", "interrupted"),
        ({}, "interrupted", "not_run", "the run was interrupted before this scenario was sent"),
        ({}, "finished", "not_run", "no exchange was recorded"),
        ({"wires": ("openai",)}, "finished", "unsupported", "this system does not speak the anthropic wire"),
    ],
)
def test_a_cell_without_exchanges_says_why(
    tmp_path: Path, status: dict[str, Any], state: str, expected: str, reason: str
) -> None:
    """Unavailable, unsupported and not run are told apart, each with its reason."""
    variants = (variant("direct"), variant("litellm", **status))
    builder = RunBuilder(tmp_path, variants=variants, over={"state": state})
    builder.exchange("direct", "S1")
    results = build_results(builder.store)
    cell = results.cell("litellm", "S1")
    assert (cell.status, cell.reason, cell.n) == (expected, reason, 0)
    assert results.variants[1].status == expected
    assert results.variants[1].reason == reason


def test_what_the_model_behind_one_variant_cannot_take_is_unsupported_there_alone(tmp_path: Path) -> None:
    """All others are compared on it."""
    one = scenario("S1", unsupported_for=(("litellm", "it offers tools"),))
    variants = (variant("direct"), variant("litellm"), variant("portkey"))
    builder = RunBuilder(tmp_path, variants=variants, scenarios=(one, scenario("S2")))
    for name in ("direct", "portkey"):
        builder.exchange(name, "S1")
    for name in ("direct", "litellm", "portkey"):
        builder.exchange(name, "S2")
    assert (cell_of(builder).status, cell_of(builder).reason) == ("unsupported", "it offers tools")
    assert cell_of(builder, "portkey").status == "measured"
    assert cell_of(builder, scenario="S2").status == "measured"


def test_what_ran_before_a_system_died_stays_measured(tmp_path: Path) -> None:
    """A variant that became unavailable keeps the cells it completed."""
    variants = (variant("direct"), variant("litellm", status="unavailable", reason="it died"))
    builder = RunBuilder(tmp_path, variants=variants, scenarios=(scenario("S1"), scenario("S2")))
    builder.exchange("litellm", "S1")
    assert cell_of(builder).status == "measured"
    assert cell_of(builder, scenario="S2").status == "unavailable"
