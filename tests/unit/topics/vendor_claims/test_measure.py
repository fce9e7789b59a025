"""Each measure of vendors' claims on records whose figures were worked out by hand, and why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from lab.records.manifest import ClaimInfo, ScenarioInfo, VariantStatus
from lab.records.models import Claim
from lab.report.build import build_results
from lab.tokens import TokenParts
from lab.topics.vendor_claims.measure import measures
from lab.topics.vendor_claims.table import ClaimRow, VendorClaims
from lab.wires.neutral import Usage
from tests.unit.records_builder import Call, RunBuilder, marker_of, request_of, scenario, variant

FACT = (("express", "^1.0.3"), ("axios", "^1.2.5"))
WHOLE = '{"express":"^1.0.3","axios":"^1.2.5"}'
HALF = '{"express":"^1.0.3"}'


def claim(measure: str, *, params: Mapping[str, Any] | None = None, **over: Any) -> ClaimInfo:
    """A claim about lynkr that this measure tests; `over` replaces any field."""
    fields: dict[str, Any] = {
        "system": "lynkr",
        "system_title": "Lynkr",
        "id": "c",
        "text": "It is good",
        "source": "https://vendor.example/readme",
        "date": "2026-01-31",
        "measure": measure,
        "params": {"variant": "lynkr"} | dict(params or {}),
        "stated": 50.0,
        "unit": "%",
        "rule": "at_least",
    }
    return ClaimInfo(**(fields | over))


def builder(
    root: Path,
    claims: Sequence[ClaimInfo],
    scenarios: Sequence[ScenarioInfo] = (scenario("S1"),),
    variants: Sequence[VariantStatus] = (variant("direct"), variant("lynkr")),
    repeats: int = 1,
) -> RunBuilder:
    """A run of direct and lynkr whose manifest holds these claims."""
    over = {"claims": tuple(claims)}
    return RunBuilder(root, variants=variants, scenarios=scenarios, repeats=repeats, over=over)


def rows(run: RunBuilder, *, own: bool = False) -> list[ClaimRow]:
    """The rows of a run's claims: those of the manifest, or those that gateways make of themselves."""
    found = build_results(run.store).table(VendorClaims)
    assert found is not None
    return [row for system in found.systems for row in system.rows if row.own == own]


def row(run: RunBuilder) -> ClaimRow:
    """The row of a run's only claim."""
    (only,) = rows(run)
    return only


def parts(messages: int) -> TokenParts:
    """Tokens in messages."""
    return TokenParts(messages=messages)


def test_a_saving_is_what_was_sent_less_what_was_forwarded(tmp_path: Path) -> None:
    """400 and 600 tokens sent, 100 and 300 forwarded: 600 of 1,000 saved, 60 %."""
    run = builder(tmp_path, [claim("saving_percent")], (scenario("A"), scenario("B")))
    run.exchange("lynkr", "A", sent=parts(400), calls=[Call(tokens=parts(100))])
    run.exchange("lynkr", "B", sent=parts(600), calls=[Call(tokens=parts(300))])
    found = row(run)
    assert (found.observed, found.verdict, found.evidence) == (60.0, "reproduced", "A")
    assert found.beside == "1,000 tokens sent, 400 forwarded"
    assert found.conditions == "2 exchanges of A, B"


def test_added_tokens_are_a_negative_saving(tmp_path: Path) -> None:
    """100 sent and 150 forwarded is 50 % more, and no saving of 50 %."""
    run = builder(tmp_path, [claim("saving_percent")])
    run.exchange("lynkr", "S1", sent=parts(100), calls=[Call(tokens=parts(150))])
    assert (row(run).observed, row(run).verdict) == (-50.0, "not_reproduced")


@pytest.mark.parametrize(("keep", "verdict"), [(False, "reproduced"), (True, "not_reproduced")])
def test_a_saving_that_loses_facts_is_no_compression(tmp_path: Path, keep: bool, verdict: str) -> None:
    """90 % fewer tokens with one of two facts: how many are left stands beside it either way."""
    stated = claim("saving_percent", params={"keep_facts": keep})
    run = builder(tmp_path, [stated], (scenario("L1", facts=FACT),))
    body = request_of("L1", 1) | {"messages": [{"role": "user", "content": WHOLE}]}
    forwarded = body | {"messages": [{"role": "user", "content": HALF}]}
    run.exchange("lynkr", "L1", body=body, calls=[Call(tokens=parts(10), body=forwarded)])
    found = row(run)
    assert (found.observed, found.verdict) == (90.0, verdict)
    assert found.beside.endswith("facts kept 1 of 2")
    assert ("only 1 of 2 facts" in found.why) == keep


def test_claims_of_up_to_so_much_take_the_best_scenario(tmp_path: Path) -> None:
    """10 % on A and 80 % on B: up to 80 %, and the evidence is that of B."""
    stated = claim("saving_percent", params={"take": "best"}, stated=80.0)
    run = builder(tmp_path, [stated], (scenario("A"), scenario("B")))
    run.exchange("lynkr", "A", calls=[Call(tokens=parts(90))])
    run.exchange("lynkr", "B", calls=[Call(tokens=parts(20))])
    assert (row(run).observed, row(run).evidence, row(run).verdict) == (80.0, "B", "reproduced")


@pytest.mark.parametrize(
    ("percent", "shown", "verdict"),
    [
        (30.0, (40.0, "A"), "reproduced"),
        (80.0, (90.0, "B"), "not_reproduced"),
        (95.0, (40.0, "A"), "not_testable"),
    ],
)
def test_the_best_saving_is_one_that_keeps_the_facts_unless_only_deleting_saves_as_much(
    tmp_path: Path, percent: float, shown: tuple[float, str], verdict: str
) -> None:
    """B saves 90 % and loses a fact, A saves 40 % and none: B is shown only where A saves too little."""
    params = {"take": "best", "keep_facts": True}
    stated = claim("saving_percent", params=params, stated=percent, one_sided="Others may save more.")
    run = builder(tmp_path, [stated], (scenario("A", facts=FACT), scenario("B", facts=FACT)))
    for name, tokens, text in (("A", 60, WHOLE), ("B", 10, HALF)):
        body = request_of(name, 1) | {"messages": [{"role": "user", "content": WHOLE}]}
        forwarded = body | {"messages": [{"role": "user", "content": text}]}
        run.exchange("lynkr", name, body=body, calls=[Call(tokens=parts(tokens), body=forwarded)])
    found = row(run)
    assert ((found.observed, found.evidence), found.verdict) == (shown, verdict)
    assert found.conditions.startswith(
        "best of the scenarios: " if shown[1] == "B" else "best of the scenarios without losing a fact: "
    )
    assert ("only 1 of 2 facts" in found.why) == (shown[1] == "B")


@pytest.mark.parametrize(("cached", "observed"), [(False, 0.0), (True, 50.0)])
def test_answers_from_a_cache_save_only_where_the_claim_counts_them(
    tmp_path: Path, cached: bool, observed: float
) -> None:
    """A forwards all, B was not forwarded: no compression, but half of the tokens."""
    run = builder(
        tmp_path, [claim("saving_percent", params={"cached": cached})], (scenario("A"), scenario("B"))
    )
    run.exchange("lynkr", "A")
    run.exchange("lynkr", "B", calls=[])
    assert row(run).observed == observed


def test_a_scope_is_scenarios_classes_and_suites_of_valid_scenarios(tmp_path: Path) -> None:
    """An invalid scenario is looked at only where its id is given."""
    scenarios = (
        scenario("A"),
        scenario("B", class_="other"),
        scenario("C", suite="more"),
        scenario("X", valid=False, invalid_why="mixes wires"),
    )
    scopes: list[tuple[dict[str, Any], str]] = [
        ({"scenarios": ["A"]}, "1 exchange of A"),
        ({"scenarios": ["X"]}, "1 exchange of X"),
        ({"classes": ["core"]}, "2 exchanges of A, B"),
        ({"classes": ["core/other", "more"]}, "2 exchanges of B, C"),
        ({"classes": ["core/other"], "scenarios": ["X"]}, "2 exchanges of B, X"),
        ({}, "3 exchanges of A, B, C"),
    ]
    run = builder(tmp_path, [claim("saving_percent", params=params) for params, _ in scopes], scenarios)
    for info in scenarios:
        run.exchange("lynkr", info.id)
    assert [found.conditions for found in rows(run)] == [words for _, words in scopes]


@pytest.mark.parametrize("entry", measures(), ids=lambda entry: entry.name)
def test_every_measure_says_why_it_sees_nothing(tmp_path: Path, entry: Any) -> None:
    """A variant that did not run, one that was not asked, and a scenario that the run does not have."""
    extra: dict[str, Any] = {}
    if "against" in entry.parameters.model_fields:
        extra["against"] = "direct"
    if "stream" in entry.parameters.model_fields:
        extra["stream"] = False
    missing = claim(entry.name, params={"variant": "lynkr-lean", **extra})
    absent = claim(entry.name, params=extra)
    variants = (variant("direct"), variant("lynkr", status="unavailable", reason="no image"))
    run = builder(tmp_path, [missing, absent], variants=variants)
    run.exchange("direct", "S1")
    first, second = rows(run)
    assert (first.verdict, first.why) == ("not_testable", "lynkr-lean is not part of this run")
    assert (second.verdict, second.why) == ("not_testable", "lynkr was unavailable: no image")
    assert (first.observed, second.observed) == (None, None)
    if "scenarios" in entry.parameters.model_fields:
        elsewhere = claim(entry.name, params={"scenarios": ["Z9"], **extra})
        run = builder(tmp_path / "other", [elsewhere])
        run.exchange("direct", "S1")
        run.exchange("lynkr", "S1")
        assert row(run).why == "this run has none of what would show it: Z9"


def test_a_cost_is_compared_with_what_the_control_pays(tmp_path: Path) -> None:
    """Half the input at one price: 0.0006 and 0.00045 USD, 25 % cheaper; as routed to a free model 100 %."""
    stated = [
        claim("cost_saving_percent"),
        claim("cost_saving_percent", params={"price": "as_routed"}),
    ]
    run = builder(tmp_path, stated)
    run.exchange("direct", "S1", calls=[Call(tokens=parts(100), out=20)])
    run.exchange("lynkr", "S1", calls=[Call(model="kimi-lab-simple", tokens=parts(50), out=20)])
    same, routed = sorted(rows(run), key=lambda found: found.observed or 0)
    assert (same.observed, same.verdict) == (25.0, "not_reproduced")
    assert same.beside == "0.000450 USD, the control 0.000600 USD"
    assert (routed.observed, routed.verdict) == (100.0, "reproduced")


def test_a_cost_without_a_price_is_not_compared(tmp_path: Path) -> None:
    """A model of no known price makes the claim untestable, not the gateway free."""
    run = builder(tmp_path, [claim("cost_saving_percent", params={"price": "as_routed"})])
    run.exchange("direct", "S1")
    run.exchange("lynkr", "S1", calls=[Call(model="mystery")])
    assert row(run).why == "the cost of S1 is not known: no price is known for model mystery"


def latencies(run: RunBuilder, name: str, values: Sequence[float], **over: Any) -> None:
    """One exchange a repeat, whose own times are these."""
    for repeat, value in enumerate(values, start=1):
        run.exchange(name, "S1", repeat, latency_ms=value + 1, own_ms=value, **over)


def test_latency_added_is_the_median_of_pairs_with_its_interval(tmp_path: Path) -> None:
    """Own times of 5 to 11 ms over 2 ms of the control are 3 to 9 ms more, 6 in the middle."""
    stated = claim("overhead_added_ms", stated=1.0, unit="ms", rule="at_most")
    run = builder(tmp_path, [stated], repeats=7)
    latencies(run, "direct", [2.0] * 7)
    latencies(run, "lynkr", [5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0])
    found = row(run)
    assert (found.observed, found.verdict) == (6.0, "not_reproduced")
    assert found.low is not None
    assert found.high is not None
    assert 3.0 <= found.low <= 6.0 <= found.high <= 9.0
    assert found.conditions == "7 pairs with direct, one request at a time, docker engine, on 2 CPUs"


def test_few_pairs_do_not_contradict_a_latency(tmp_path: Path) -> None:
    """Three pairs have no interval: 4 ms more is undecided against 1 ms, and agrees with 10 ms."""
    stated = [
        claim("overhead_added_ms", stated=limit, unit="ms", rule="at_most", id=f"c{n}")
        for n, limit in enumerate((1.0, 10.0))
    ]
    run = builder(tmp_path, stated, repeats=3)
    latencies(run, "direct", [2.0] * 3)
    latencies(run, "lynkr", [6.0] * 3)
    verdicts = {found.id: (found.observed, found.verdict) for found in rows(run)}
    assert verdicts == {"c0": (4.0, "not_testable"), "c1": (4.0, "reproduced")}
    undecided = next(found for found in rows(run) if found.id == "c0")
    assert undecided.why == "undecided: a 95 % interval of a median needs 6 pairs, there are 3"


def test_answers_from_a_cache_are_no_overhead(tmp_path: Path) -> None:
    """What never reached a model is not in the median: 4 ms more, not less than nothing."""
    run = builder(tmp_path, [claim("overhead_added_ms", unit="ms", rule="at_most")], repeats=2)
    latencies(run, "direct", [2.0, 2.0])
    run.exchange("lynkr", "S1", 1, own_ms=6.0)
    run.exchange("lynkr", "S1", 2, own_ms=0.5, calls=[], marker=marker_of("r1-S1-lynkr"))
    assert (row(run).observed, row(run).conditions.split(" with")[0]) == (4.0, "1 pair")


def test_latency_beyond_another_variant_is_paired_too(tmp_path: Path) -> None:
    """The router takes 3 ms more than the same gateway without it."""
    stated = claim(
        "overhead_between_ms", params={"against": "lynkr-lean"}, stated=1.0, unit="ms", rule="at_most"
    )
    run = builder(
        tmp_path, [stated], variants=(variant("direct"), variant("lynkr"), variant("lynkr-lean")), repeats=6
    )
    latencies(run, "lynkr-lean", [10.0, 20.0, 30.0, 40.0, 50.0, 60.0])
    latencies(run, "lynkr", [13.0, 23.0, 33.0, 43.0, 53.0, 63.0])
    assert (row(run).observed, row(run).low, row(run).verdict) == (3.0, 3.0, "not_reproduced")


SEQUENCE = (scenario("SC1", sequence="s"), scenario("SC2", sequence="s", cache_expect="may_hit"))


def hits(root: Path, stated: ClaimInfo) -> RunBuilder:
    """SC1 is answered freshly in 40 ms, SC2 from the cache in 8 and 12 ms."""
    run = builder(root, [stated], SEQUENCE, repeats=2)
    for repeat, latency in ((1, 8.0), (2, 12.0)):
        run.exchange("lynkr", "SC1", repeat, latency_ms=40.0)
        first = marker_of(f"r{repeat}-SC1-lynkr")
        run.exchange(
            "lynkr", "SC2", repeat, calls=[], marker=first, latency_ms=latency, usage=Usage(input=100)
        )
    return run


def test_the_latency_of_cache_hits_stands_beside_that_of_fresh_answers(tmp_path: Path) -> None:
    """The median of 8 and 12 ms is 10 ms; fresh answers took 40 ms."""
    found = row(hits(tmp_path, claim("cache_hit_latency_ms", stated=171.0, unit="ms", rule="at_most")))
    assert (found.observed, found.verdict, found.evidence) == (10.0, "reproduced", "SC2")
    assert found.beside == "fresh answers 40.0 ms (n = 2)"


def test_cache_hits_forward_nothing_whatever_their_usage_states(tmp_path: Path) -> None:
    """0 tokens were forwarded though the answer repeats the usage of the first."""
    found = row(hits(tmp_path, claim("cache_hit_tokens", stated=0.0, unit="tokens", rule="at_most")))
    assert (found.observed, found.verdict) == (0.0, "reproduced")
    assert found.beside == "the answers' usage states 100 input tokens"


def test_the_share_of_hits_is_proven_by_markers(tmp_path: Path) -> None:
    """SC2 was answered from the cache in both repeats; over both scenarios that is half."""
    stated = claim("cache_hit_percent", params={"scenarios": ["SC2"]}, stated=100.0)
    found = row(hits(tmp_path, stated))
    assert (found.part, found.seen_of, found.observed, found.verdict) == (2, 2, 100.0, "reproduced")
    half = row(hits(tmp_path / "all", claim("cache_hit_percent", stated=100.0)))
    assert (half.part, half.seen_of, half.verdict) == (2, 4, "not_reproduced")


@pytest.mark.parametrize("measure", ["saving_percent", "cost_saving_percent"])
@pytest.mark.parametrize(
    ("name", "marker", "verdict"),
    [
        ("SC2", marker_of("r1-SC1-lynkr"), "reproduced"),
        ("SC3", marker_of("r1-SC1-lynkr"), "not_reproduced"),
        ("SC3", marker_of("r1-nobody-lynkr"), "not_reproduced"),
        ("SC3", "", "not_reproduced"),
    ],
)
def test_wrong_answers_and_those_of_no_model_save_nothing(
    tmp_path: Path, measure: str, name: str, marker: str, verdict: str
) -> None:
    """What a cache gives to another question had to be asked, and so had what nobody answered."""
    params = {"cached": True} if measure == "saving_percent" else {}
    stated = claim(measure, params=params, stated=40.0, rule="at_least")
    infos = (*SEQUENCE, scenario("SC3", sequence=SEQUENCE[0].sequence, cache_expect="must_miss"))
    run = builder(tmp_path, [stated], [info for info in infos if info.id in {"SC1", name}])
    for one in ("SC1", name):
        run.exchange("direct", one)
    run.exchange("lynkr", "SC1")
    run.exchange("lynkr", name, calls=[], marker=marker)
    found = row(run)
    assert (found.observed, found.verdict) == (50.0, verdict)
    assert ("save what had to be paid" in found.why) == (verdict == "not_reproduced")


def test_wrong_hits_stand_beside_the_share_of_hits(tmp_path: Path) -> None:
    """A cache that answers everything with the same has the largest share."""
    stated = claim("cache_hit_percent", stated=50.0)
    infos = (SEQUENCE[0], scenario("SC3", sequence=SEQUENCE[0].sequence, cache_expect="must_miss"))
    run = builder(tmp_path, [stated], infos)
    run.exchange("lynkr", "SC1")
    run.exchange("lynkr", "SC3", calls=[], marker=marker_of("r1-SC1-lynkr"))
    assert row(run).beside == "1 wrong answer among them"


def test_without_a_hit_there_is_no_latency_of_hits(tmp_path: Path) -> None:
    """A fresh answer proves nothing about a cache."""
    run = builder(tmp_path, [claim("cache_hit_latency_ms")], SEQUENCE)
    run.exchange("lynkr", "SC1")
    assert row(run).why == "no answer was proven to come from a cache: SC1, SC2"


TIERS = (
    scenario("RT-open", suite="routing", acceptable_tiers=("SIMPLE",), tiers_why="t", in_pass=4),
    scenario("RT-again", suite="routing", acceptable_tiers=("SIMPLE",), of="RT-a", relation="session"),
    scenario("RT-a", suite="routing", acceptable_tiers=("SIMPLE",), tiers_why="t"),
    scenario("RT-a-p1", suite="routing", of="RT-a", relation="perturbation", acceptable_tiers=("SIMPLE",)),
    scenario("RT-b", suite="routing", acceptable_tiers=("COMPLEX",), tiers_why="t"),
    scenario("RT-b-p1", suite="routing", of="RT-b", relation="perturbation", acceptable_tiers=("COMPLEX",)),
)


def routed(root: Path, stated: ClaimInfo, tiers: Mapping[str, Sequence[str]]) -> RunBuilder:
    """Two repeats, in which each prompt reached these tiers."""
    run = builder(root, [stated], TIERS, repeats=2)
    for name, served in tiers.items():
        for repeat, tier in enumerate(served, start=1):
            run.exchange("lynkr", name, repeat, calls=[Call(model=f"kimi-lab-{tier}")])
    return run


def test_a_prompt_is_routed_right_only_if_every_repeat_is(tmp_path: Path) -> None:
    """RT-a is right twice, RT-b once of two: 1 of 2 prompts.

    The same in other words or in another setting, and the opener of a session, are not counted again.
    """
    stated = claim("routing_right_percent", stated=2.0, of=2, rule="share")
    twice = ("simple", "simple")
    tiers = {
        "RT-a": twice,
        "RT-b": ("complex", "simple"),
        "RT-a-p1": twice,
        "RT-open": twice,
        "RT-again": twice,
    }
    found = row(routed(tmp_path, stated, tiers))
    assert (found.part, found.seen_of, found.observed) == (1, 2, 50.0)
    assert (found.beside, found.evidence) == ("not: RT-b", "RT-b")
    assert found.conditions == "2 base prompts, right if every repeat is: 1 of 2 of routing"
    assert found.low == pytest.approx(9.45, abs=0.01)


def test_a_prompt_is_robust_only_if_its_other_words_reach_the_same_tier(tmp_path: Path) -> None:
    """RT-a stays where it is, RT-b flips: 1 of 2, whether the tier was acceptable or not."""
    stated = claim("routing_robust_percent", stated=100.0)
    tiers = {
        "RT-a": ("medium", "medium"),
        "RT-a-p1": ("medium", "medium"),
        "RT-b": ("complex", "complex"),
        "RT-b-p1": ("complex", "simple"),
    }
    found = row(routed(tmp_path, stated, tiers))
    assert (found.part, found.seen_of, found.beside) == (1, 2, "not: RT-b")


def test_prompts_without_tiers_or_other_words_show_nothing(tmp_path: Path) -> None:
    """A run without routing scenarios says so."""
    stated = [claim("routing_right_percent"), claim("routing_robust_percent")]
    run = builder(tmp_path, stated)
    run.exchange("lynkr", "S1")
    assert [found.why for found in rows(run)] == [
        "no prompt with acceptable tiers reached a model: S1",
        "no prompt was put in other words and reached a tier: S1",
    ]


def test_streams_and_whole_answers_are_looked_at_apart(tmp_path: Path) -> None:
    """The whole answer states 100 tokens as the provider does, the streamed one states 400."""
    stated = [
        claim("usage_honest_percent", params={"stream": stream}, stated=100.0, id=name)
        for stream, name in ((False, "whole"), (True, "streamed"))
    ]
    run = builder(tmp_path, stated, (scenario("A"), scenario("B", stream=True)))
    run.exchange("lynkr", "A", usage=Usage(input=100, output=20))
    run.exchange("lynkr", "B", stream=True, usage=Usage(input=400, output=20))
    found = {one.id: one for one in rows(run)}
    assert (found["whole"].verdict, found["whole"].part) == ("reproduced", 1)
    assert (found["streamed"].verdict, found["streamed"].part) == ("not_reproduced", 0)
    assert found["streamed"].beside == "B: claims 400 input tokens, the provider states 100"


def test_a_stream_that_fails_is_counted_as_asked_for(tmp_path: Path) -> None:
    """One of two streams was answered: 50 %, with the reason of the other."""
    stated = claim("streaming_works_percent", stated=0.0, rule="at_most")
    run = builder(tmp_path, [stated], (scenario("A", stream=True), scenario("B", stream=True)))
    run.exchange("lynkr", "A", stream=True)
    run.exchange("lynkr", "B", stream=True, status="failed", reason="HTTP 500: immutable")
    found = row(run)
    assert (found.part, found.seen_of, found.verdict) == (1, 2, "not_reproduced")
    assert found.beside == "B: HTTP 500: immutable"


def test_an_overhead_header_is_shown_beside_what_was_observed(tmp_path: Path) -> None:
    """The header states 3 ms where 20 ms were added."""
    stated = claim("stated_overhead_ms", stated=3.0, unit="ms", rule="at_most")
    run = builder(tmp_path, [stated])
    run.exchange("direct", "S1", own_ms=2.0)
    run.exchange("lynkr", "S1", own_ms=22.0, claim=Claim(overhead_ms="3.0"))
    assert (row(run).observed, row(run).beside) == (3.0, "latency added as observed 20.0 ms")


def test_a_header_is_held_against_the_exchanges_that_have_a_pair(tmp_path: Path) -> None:
    """What the control was not asked has no latency added, so what the header states there does not count."""
    run = builder(tmp_path, [], (scenario("S1"), scenario("S2", routers_only=True)), repeats=6)
    for repeat in range(1, 7):
        run.exchange("direct", "S1", repeat, own_ms=2.0)
        run.exchange("lynkr", "S1", repeat, own_ms=22.0, claim=Claim(overhead_ms="3.0"))
        run.exchange("lynkr", "S2", repeat, own_ms=90.0, claim=Claim(overhead_ms="80.0"))
    found = next(one for one in rows(run, own=True) if one.id == "lynkr-overhead")
    assert (found.stated, found.observed) == (3.0, 20.0)
    assert found.conditions.startswith("the same 6 pairs with direct for both medians, ")


def test_a_gateways_own_answers_make_claims_too(tmp_path: Path) -> None:
    """Usage, tier, overhead and cost as it states them, each beside what was observed."""
    run = builder(tmp_path, [], repeats=6)
    latencies(run, "direct", [2.0] * 6)
    stated = Claim(overhead_ms="3.0", cost_usd="0.0006", tier="SIMPLE")
    latencies(run, "lynkr", [22.0] * 6, claim=stated)
    found = {one.id: one for one in rows(run, own=True)}
    assert found["lynkr-usage-whole"].verdict == "reproduced"
    assert found["lynkr-usage-streamed"].why == "no scenario of this run asks for a stream"
    overhead = found["lynkr-overhead"]
    assert (overhead.stated, overhead.observed, overhead.verdict) == (3.0, 20.0, "not_reproduced")
    assert (found["lynkr-cost"].observed, found["lynkr-cost"].verdict) == (0.0006, "reproduced")
    assert (found["lynkr-tier"].part, found["lynkr-tier"].verdict) == (0, "not_reproduced")


def test_a_cost_that_no_gateway_can_know_is_not_held_against_it(tmp_path: Path) -> None:
    """The tiers' models have names of the lab's own: a stated cost of 0 for one is no claim."""
    run = builder(tmp_path, [])
    run.exchange("lynkr", "S1", calls=[Call(model="kimi-lab-complex")], claim=Claim(cost_usd="0.0"))
    judged = {one.id for one in rows(run, own=True)}
    assert judged
    assert "lynkr-cost" not in judged


def test_a_cost_that_is_off_is_not_reproduced(tmp_path: Path) -> None:
    """0.0024 USD stated where 0.0006 were paid."""
    run = builder(tmp_path, [])
    run.exchange("lynkr", "S1", claim=Claim(cost_usd="0.0024"))
    cost = next(one for one in rows(run, own=True) if one.id == "lynkr-cost")
    assert (cost.stated, cost.observed, cost.verdict) == (0.0024, 0.0006, "not_reproduced")


def test_contradicted_claims_come_first_and_all_are_counted(tmp_path: Path) -> None:
    """Whatever the order in the file; equal verdicts keep it."""
    stated = [
        claim("saving_percent", id="good", stated=0.0),
        claim("", id="never", not_testable="it is about load"),
        claim("saving_percent", id="bad", stated=99.0),
        claim("saving_percent", id="worse", stated=100.0),
    ]
    run = builder(tmp_path, stated)
    run.exchange("lynkr", "S1")
    assert [one.id for one in rows(run)] == ["bad", "worse", "good", "never"]
    found = build_results(run.store).table(VendorClaims)
    assert found is not None
    assert sum(found.counts.values()) == sum(len(system.rows) for system in found.systems)
    assert found.counts["not_reproduced"] == 2


def test_records_of_another_version_are_rendered_all_the_same(tmp_path: Path) -> None:
    """An unknown measure, or unknown parameters, leave the claim untested with the reason."""
    stated = [claim("from_the_future"), claim("saving_percent", params={"moon": "full"})]
    run = builder(tmp_path, stated)
    run.exchange("lynkr", "S1")
    assert [one.why for one in rows(run)] == [
        "this version of the lab has no measure from_the_future",
        "this version of the lab cannot use the parameters of saving_percent: moon",
    ]


def test_a_run_of_the_control_alone_has_no_claims(tmp_path: Path) -> None:
    """There is no vendor in it."""
    run = RunBuilder(tmp_path, variants=(variant("direct"),), repeats=1)
    run.exchange("direct", "S1")
    assert build_results(run.store).table(VendorClaims) is None
