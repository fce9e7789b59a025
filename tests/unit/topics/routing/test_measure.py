"""What is counted of routers' decisions, against figures worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lab.figures.decisions import NO_TIER, Decisions, judged, lowest
from lab.records.manifest import ScenarioInfo
from lab.report.build import build_results
from lab.tokens import TokenParts
from lab.topics.routing.accuracy import (
    ALL_ALIKE,
    FEW_PROMPTS,
    NO_DECISION,
    NOT_JUDGED,
    accuracy_of,
    confusion_of,
    constants_of,
    families_of,
    mean_interval,
    pair_accuracy,
    pairs_of,
    steadiness_of,
)
from lab.topics.routing.table import Routing
from tests.unit.records_builder import Call, RunBuilder, scenario, variant

TIERS = ("SIMPLE", "MEDIUM", "COMPLEX", "REASONING")
MODELS = {tier: f"kimi-lab-{tier.lower()}" for tier in TIERS}


def prompt(name: str, *acceptable: str, **over: Any) -> ScenarioInfo:
    """A prompt of the suite `routing` with these acceptable tiers."""
    fields: dict[str, Any] = {"suite": "routing", "acceptable_tiers": acceptable, "tiers_why": "why"}
    return scenario(name, **(fields | over))


def reworded(name: str, number: int, *acceptable: str) -> ScenarioInfo:
    """A perturbation of a prompt."""
    relation = {"of": name, "relation": "perturbation", "in_pass": number, "routers_only": True}
    return prompt(f"{name}-p{number}", *acceptable, **relation)


def seen(*tiers: str | None, cached: int = 0, failed: int = 0) -> Decisions:
    """Decisions by repeat, from repeat 1 on; None where a repeat showed none."""
    served = {repeat: tier for repeat, tier in enumerate(tiers, 1) if tier is not None}
    return Decisions(served, cached, failed)


@pytest.mark.parametrize(
    ("served", "acceptable", "verdict"),
    [
        ("MEDIUM", ("SIMPLE", "MEDIUM"), "right"),
        ("COMPLEX", ("SIMPLE", "MEDIUM"), "over"),
        ("MEDIUM", ("COMPLEX", "REASONING"), "under"),
        ("MEDIUM", ("SIMPLE",), "over"),
        ("MEDIUM", ("SIMPLE", "COMPLEX"), "over"),
        (NO_TIER, ("SIMPLE",), "no_tier"),
    ],
)
def test_a_tier_is_over_where_a_lower_one_would_do_and_under_where_none_is_so_low(
    served: str, acceptable: tuple[str, ...], verdict: str
) -> None:
    """By the ladder and not by price: SIMPLE and MEDIUM cost the same, and MEDIUM is over for SIMPLE."""
    assert judged(served, acceptable) == verdict


def test_the_lowest_acceptable_tier_is_by_the_ladder_and_not_by_the_order_given() -> None:
    """Alphabet and order of writing have no say."""
    assert lowest(("REASONING", "COMPLEX")) == "COMPLEX"


FOUR = (
    prompt("A", "SIMPLE"),
    prompt("B", "MEDIUM", "COMPLEX"),
    prompt("C", "COMPLEX", "REASONING"),
    prompt("D", "COMPLEX"),
)
DECIDED = {
    "A": seen("SIMPLE", "SIMPLE"),
    "B": seen("SIMPLE", "COMPLEX"),
    "C": seen("REASONING", "MEDIUM"),
    "D": seen("REASONING", NO_TIER),
}


def test_accuracy_is_a_mean_over_prompts_of_the_share_of_repeats() -> None:
    """A 1, B 1/2, C 1/2, D 0: 0.5 right; over 1/8 (D), under 2/8 (B, C), no tier 1/8 (D)."""
    found, why = accuracy_of(FOUR, DECIDED, "1")
    assert (found.right, found.over, found.under, found.no_tier) == (0.5, 0.125, 0.25, 0.125)
    assert (found.prompts, found.of, found.exchanges) == (4, 4, 8)
    assert found.ci_low is None
    assert why == FEW_PROMPTS.format(n=4)


def test_a_prompt_counts_once_however_many_of_its_repeats_were_seen() -> None:
    """One right decision of A and two wrong ones of C: half of the prompts, not a third of the exchanges."""
    found, _ = accuracy_of(FOUR[::2], {"A": seen("SIMPLE", None), "C": seen("SIMPLE", "MEDIUM")}, "1")
    assert found.right == 0.5
    assert found.exchanges == 3


def test_what_shows_no_decision_is_in_no_share_and_is_counted() -> None:
    """Answers from a cache and failures say nothing about the router, and do not vanish either."""
    decided = DECIDED | {"C": seen(cached=2), "D": seen("COMPLEX", None, failed=1)}
    found, _ = accuracy_of(FOUR, decided, "1")
    assert (found.right, found.under) == (0.8333, 0.1667)
    assert (found.prompts, found.of, found.cached, found.failed) == (3, 4, 2, 1)


def test_without_decisions_or_expectations_there_is_a_reason_and_no_figure() -> None:
    """0 % would be a lie."""
    found, why = accuracy_of(FOUR[:1], {"A": seen(cached=1)}, "1")
    assert (found.right, why) == (None, NO_DECISION)
    found, why = accuracy_of([prompt("X")], {"X": seen("SIMPLE")}, "1")
    assert (found.right, found.of, why) == (None, 0, NOT_JUDGED)


def test_the_interval_is_that_of_resampled_prompts() -> None:
    """Four of eight right: the number right in a resample is binomial(8, 1/2), whose 2.5 % and 97.5 %
    quantiles are 1 and 7, as P(0) = 0.4 % and P(0 or 1) = 3.5 %.
    """
    assert mean_interval([1, 1, 1, 1, 0, 0, 0, 0], "any") == (0.125, 0.875)
    assert mean_interval([1, 0, 0.5, 0, 1, 1], "x") == mean_interval([1, 0, 0.5, 0, 1, 1], "x")


def test_the_interval_comes_with_the_accuracy_and_says_why_where_it_does_not() -> None:
    """Six prompts of which three are right have one; six that all came out alike do not."""
    six = [prompt(f"P{n}", "SIMPLE") for n in range(6)]
    half = {info.id: seen("SIMPLE" if n % 2 else "MEDIUM") for n, info in enumerate(six)}
    found, why = accuracy_of(six, half, "7")
    assert why == ""
    assert found.ci_low is not None
    assert found.ci_high is not None
    # Binomial(6, 1/2): P(0) = 1.6 %, P(0 or 1) = 10.9 %.
    assert (round(found.ci_low * 6), round(found.ci_high * 6)) == (1, 5)
    found, why = accuracy_of(six, {info.id: seen("SIMPLE") for info in six}, "7")
    assert (found.right, found.ci_low, why) == (1.0, None, ALL_ALIKE)


def test_one_tier_for_everything_scores_what_the_acceptable_tiers_say() -> None:
    """SIMPLE is right for A alone; COMPLEX for B, C and D, and over for A; REASONING for C alone."""
    scores = {one.tier: (one.right, one.over, one.under) for one in constants_of(FOUR, TIERS)}
    assert scores == {
        "SIMPLE": (0.25, 0, 0.75),
        "MEDIUM": (0.25, 0.25, 0.5),
        "COMPLEX": (0.75, 0.25, 0),
        "REASONING": (0.25, 0.75, 0),
    }
    assert constants_of([prompt("X")], TIERS) == ()


def test_families_stand_in_the_order_of_the_suite() -> None:
    """Hits are counted in exchanges, the share is a mean over prompts; what shows nothing is said."""
    prompts = [
        prompt("Z", "SIMPLE", class_="zebra", class_title="Zebras"),
        prompt("A", "SIMPLE", class_="ant", class_title="Ants"),
        prompt("B", "MEDIUM", class_="ant", class_title="Ants"),
    ]
    zebras, ants = families_of(
        prompts, {"Z": seen(), "A": seen("SIMPLE", "SIMPLE"), "B": seen("MEDIUM", "SIMPLE")}
    )
    assert (zebras.title, zebras.right, zebras.prompts, zebras.of) == ("Zebras", None, 0, 1)
    assert (ants.right, ants.hits, ants.exchanges) == (0.75, 3, 4)


def test_confusion_counts_decisions_by_the_lowest_acceptable_tier() -> None:
    """C and D want COMPLEX at least: REASONING twice, MEDIUM once, and once a model that is no tier."""
    rows = {row.lowest: row.served for row in confusion_of(FOUR, DECIDED)}
    nothing = dict.fromkeys((*TIERS, NO_TIER), 0)
    assert rows == {
        "SIMPLE": nothing | {"SIMPLE": 2},
        "MEDIUM": nothing | {"SIMPLE": 1, "COMPLEX": 1},
        "COMPLEX": nothing | {"REASONING": 2, "MEDIUM": 1, NO_TIER: 1},
    }


FAMILY = (prompt("A", "SIMPLE"), reworded("A", 1, "SIMPLE"), reworded("A", 2, "SIMPLE"))


@pytest.mark.parametrize(
    ("base", "first", "second", "steady_of_unseen"),
    [
        (seen("SIMPLE"), seen("SIMPLE"), seen("SIMPLE"), (1, 1, 0)),
        (seen("SIMPLE"), seen("SIMPLE"), seen("MEDIUM"), (0, 1, 0)),
        # Another tier in the other repeat is no flip if the perturbations follow it.
        (seen("SIMPLE", "MEDIUM"), seen("SIMPLE", "MEDIUM"), seen("SIMPLE", "MEDIUM"), (1, 1, 0)),
        (seen("SIMPLE", "MEDIUM"), seen("SIMPLE", "SIMPLE"), seen("SIMPLE", "MEDIUM"), (0, 1, 0)),
        # A perturbation that showed nothing leaves it open, unless another one flipped.
        (seen("SIMPLE"), seen("SIMPLE"), seen(), (0, 0, 1)),
        (seen("SIMPLE"), seen("COMPLEX"), seen(), (0, 1, 0)),
        (seen(), seen("SIMPLE"), seen("SIMPLE"), (0, 0, 1)),
        # One whole repeat is enough where the other showed too little.
        (seen("SIMPLE", "SIMPLE"), seen("SIMPLE", None), seen("SIMPLE", "SIMPLE"), (1, 1, 0)),
    ],
)
def test_a_prompt_is_steady_where_no_wording_flips_within_a_repeat(
    base: Decisions, first: Decisions, second: Decisions, steady_of_unseen: tuple[int, int, int]
) -> None:
    """Compared are wordings of one repeat, as state and order differ between repeats."""
    decided = {"A": base, "A-p1": first, "A-p2": second}
    found, _ = steadiness_of("r", FAMILY[:1], FAMILY, decided)
    assert (found.steady, found.of, found.unseen) == steady_of_unseen


def test_flips_say_what_they_did_to_the_decision() -> None:
    """Right to wrong, wrong to right, or neither, each with how often it was seen."""
    infos = (*FAMILY, prompt("B", "MEDIUM", "COMPLEX"), reworded("B", 1, "MEDIUM", "COMPLEX"))
    decided = {
        "A": seen("SIMPLE", "SIMPLE", "MEDIUM"),
        "A-p1": seen("MEDIUM", "MEDIUM", "SIMPLE"),
        "A-p2": seen("SIMPLE", "SIMPLE", "COMPLEX"),
        "B": seen("MEDIUM", "MEDIUM", "MEDIUM"),
        "B-p1": seen("COMPLEX", "MEDIUM", None),
    }
    found, flips = steadiness_of("r", (infos[0], infos[3]), infos, decided)
    assert [(f.perturbation, f.before, f.after, f.times, f.of, f.effect) for f in flips] == [
        ("A-p1", "MEDIUM", "SIMPLE", 1, 3, "wrong to right"),
        ("A-p1", "SIMPLE", "MEDIUM", 2, 3, "right to wrong"),
        ("A-p2", "MEDIUM", "COMPLEX", 1, 3, "both wrong"),
        ("B-p1", "MEDIUM", "COMPLEX", 1, 2, "both right"),
    ]
    assert (found.steady, found.of, found.flips) == (0, 2, 5)
    assert (found.right_to_wrong, found.wrong_to_right) == (2, 1)


def test_pairs_compare_the_same_repeats_in_both_settings() -> None:
    """Two of three tasks right after the opener, three of three bare; a repeat seen once is left out."""
    infos = (
        prompt("A", "COMPLEX"),
        prompt("B", "COMPLEX"),
        prompt("open", "SIMPLE", in_pass=4, sequence="s"),
        prompt("A-s", "COMPLEX", in_pass=4, sequence="s", of="A", relation="session"),
        prompt("B-s", "COMPLEX", in_pass=4, sequence="t", of="B", relation="session"),
        prompt("B-e", "COMPLEX", in_pass=3, of="B", relation="envelope"),
    )
    decided = {
        "A": seen("COMPLEX", "COMPLEX"),
        "B": seen("COMPLEX", None),
        "open": seen("SIMPLE", "SIMPLE"),
        "A-s": seen("SIMPLE", "COMPLEX"),
        "B-s": seen("COMPLEX", "SIMPLE"),
        "B-e": seen(None, "COMPLEX"),
    }
    sessions = pair_accuracy("session", infos, decided)
    assert (sessions.right, sessions.bare_right, sessions.of, sessions.pairs) == (2, 3, 3, 2)
    envelopes = pair_accuracy("envelope", infos, decided)
    assert (envelopes.of, envelopes.pairs, envelopes.unseen) == (0, 0, 1)
    assert [(p.scenario, p.bare, p.opener) for p in pairs_of(infos)] == [
        ("A-s", "A", "open"),
        ("B-s", "B", None),
        ("B-e", "B", None),
    ]


PROMPTS = (
    prompt("A", "SIMPLE"),
    prompt("B", "COMPLEX", "REASONING"),
    prompt("C", "COMPLEX"),
    reworded("A", 1, "SIMPLE"),
)
EMBED = Call(kind="embedding", wire="embeddings", path="/api/embeddings", tokens=TokenParts(messages=12))


def measured(folder: Path, **over: Any) -> Routing:
    """Two repeats of three prompts through two routers, one of which adds tokens and loses an exchange."""
    names = [variant("direct"), variant("litellm"), variant("litellm-router"), variant("lynkr")]
    run = RunBuilder(
        folder,
        variants=names,
        scenarios=PROMPTS,
        repeats=2,
        over={"suites": ("routing",), "suite_titles": {"routing": "Routing"}, **over},
    )
    sent = TokenParts(messages=1000)
    served = {
        "litellm-router": {"A": "SIMPLE", "B": "REASONING", "C": "MEDIUM", "A-p1": "SIMPLE"},
        "lynkr": {"A": "COMPLEX", "B": "COMPLEX", "C": "COMPLEX", "A-p1": "SIMPLE"},
    }
    for repeat in (1, 2):
        for info in PROMPTS:
            for status in names:
                tier = served.get(status.name, {}).get(info.id)
                if tier is None and info.routers_only:
                    continue
                call = Call(model=MODELS[tier], out=20) if tier else Call(out=20)
                if status.name == "lynkr" and info.id == "C" and repeat == 2:
                    run.exchange(status.name, "C", 2, sent=sent, calls=[], status="failed", reason="HTTP 500")
                    continue
                if status.name == "lynkr":
                    call = Call(model=call.model, out=20, tokens=TokenParts(system=100, messages=1000))
                calls = [EMBED, call] if status.name == "lynkr" else [call]
                run.exchange(status.name, info.id, repeat, sent=sent, calls=calls)
    routing = build_results(run.store).table(Routing)
    assert routing is not None
    return routing


def test_a_run_is_measured_from_its_records(tmp_path: Path) -> None:
    """Only routing variants have a row, and their figures are those of the models at the meter."""
    (suite,) = measured(tmp_path).suites
    assert (suite.prompts, suite.judged, suite.covered) == (("A", "B", "C"), 3, ("A", "B", "C"))
    assert (suite.top_tier, suite.free_tiers) == ("REASONING", ("SIMPLE", "MEDIUM"))
    router, lynkr = suite.routers
    assert (router.variant, lynkr.variant) == ("litellm-router", "lynkr")
    assert (router.accuracy.right, router.accuracy.under) == (0.6667, 0.3333)
    assert (router.steadiness.steady, router.steadiness.of) == (1, 1)
    assert (lynkr.accuracy.right, lynkr.accuracy.over, lynkr.accuracy.failed) == (0.6667, 0.3333, 1)
    assert (lynkr.steadiness.steady, lynkr.steadiness.of, lynkr.steadiness.wrong_to_right) == (0, 1, 2)


def test_costs_are_what_was_paid_beside_what_other_choices_would_have_cost(tmp_path: Path) -> None:
    """Per prompt 1,000 tokens sent and 20 answered. COMPLEX is 0.6/2.5, REASONING 1.75/14, the default 3/15.

    Oracle: A is free, B and C are COMPLEX at (600 + 50) / 1M each. The router paid for B alone, at REASONING:
    (1750 + 280) / 1M. Lynkr sent 1,100 tokens to COMPLEX three times: (660 + 50) / 1M each.
    """
    (suite,) = measured(tmp_path).suites
    direct, router, lynkr = suite.costs
    for cost in suite.costs:
        assert cost.oracle == Decimal("0.0013")
        assert cost.always_top == Decimal("0.00609")
        assert cost.always_default == Decimal("0.0099")
    assert (direct.variant, direct.as_routed) == ("direct", Decimal("0.0099"))
    assert router.as_routed == Decimal("0.00203")
    assert router.same_model == Decimal("0.0099")
    assert lynkr.as_routed == Decimal("0.00213")
    assert lynkr.same_model == Decimal("0.0108")


def test_costs_cover_the_prompts_that_all_routers_completed(tmp_path: Path) -> None:
    """A router that failed on a prompt leaves it out for all; one that completed nothing leaves out none."""
    names = [variant("direct"), variant("litellm-router"), variant("lynkr"), variant("third", routes=True)]
    run = RunBuilder(tmp_path, names, PROMPTS[:2], 1, over={"suites": ("routing",)})
    for name in ("direct", "litellm-router"):
        for info in PROMPTS[:2]:
            run.exchange(name, info.id, calls=[Call(model=MODELS["COMPLEX"])])
    run.exchange("lynkr", "A", calls=[Call(model=MODELS["COMPLEX"])])
    run.exchange("lynkr", "B", calls=[], status="failed", reason="HTTP 500")
    run.exchange("third", "A", calls=[], status="failed", reason="HTTP 500")
    routing = build_results(run.store).table(Routing)
    assert routing is not None
    (suite,) = routing.suites
    assert suite.covered == ("A",)
    assert [cost.variant for cost in suite.costs] == ["direct", "litellm-router", "lynkr"]
    third = suite.routers[2]
    assert (third.status, third.reason) == ("failed", "HTTP 500")


def test_the_oracle_is_free_where_every_prompt_may_go_to_a_free_tier(tmp_path: Path) -> None:
    """0 is then the true cost, and no ratio follows from it."""
    run = RunBuilder(tmp_path, [variant("litellm-router")], PROMPTS[:1], 1, over={"suites": ("routing",)})
    run.exchange("litellm-router", "A", calls=[Call(model=MODELS["COMPLEX"])])
    routing = build_results(run.store).table(Routing)
    assert routing is not None
    (cost,) = routing.suites[0].costs
    assert cost.oracle == 0
    assert cost.as_routed is not None
    assert cost.as_routed > 0


def test_an_unknown_price_leaves_the_cost_unknown_with_a_reason(tmp_path: Path) -> None:
    """A model that nobody priced is not free."""
    run = RunBuilder(tmp_path, [variant("litellm-router")], PROMPTS[:1], 1, over={"suites": ("routing",)})
    run.exchange("litellm-router", "A", calls=[Call(model="somebody-elses-model")])
    routing = build_results(run.store).table(Routing)
    assert routing is not None
    (suite,) = routing.suites
    assert suite.costs[0].as_routed is None
    assert "no price is known for model somebody-elses-model" in suite.costs[0].reasons["as_routed"]
    assert suite.routers[0].accuracy.no_tier == 1.0


def test_an_answer_from_a_cache_shows_no_decision(tmp_path: Path) -> None:
    """No model was asked; the embedding that the cache looked it up by is no decision either."""
    run = RunBuilder(tmp_path, [variant("lynkr")], PROMPTS[:2], 1, over={"suites": ("routing",)})
    run.exchange("lynkr", "A", calls=[EMBED])
    run.exchange("lynkr", "B", calls=[EMBED, Call(model=MODELS["COMPLEX"])])
    routing = build_results(run.store).table(Routing)
    assert routing is not None
    accuracy = routing.suites[0].routers[0].accuracy
    assert (accuracy.right, accuracy.prompts, accuracy.of, accuracy.cached) == (1.0, 1, 2, 1)


def test_a_run_without_routing_prompts_has_no_routing(tmp_path: Path) -> None:
    """The tiers of other suites are judged by their checks, and are in no figure here."""
    run = RunBuilder(tmp_path, scenarios=[scenario("S1", acceptable_tiers=("SIMPLE",))], repeats=1)
    run.exchange("direct", "S1")
    assert build_results(run.store).table(Routing) is None


def test_the_users_own_prompts_are_a_routing_suite_too(tmp_path: Path) -> None:
    """Where a prompt accepts any tier, there is nothing to be right about, and flips are still seen."""
    own = {"suite": "mine", "acceptable_tiers": ()}
    infos = [prompt("Q", **own), reworded("Q", 1).model_copy(update={"suite": "mine"})]
    run = RunBuilder(
        tmp_path,
        [variant("litellm-router")],
        infos,
        1,
        over={"suites": ("mine",), "scenarios_folder": "/somewhere/mine", "scenarios_suite": "mine"},
    )
    run.exchange("litellm-router", "Q", calls=[Call(model=MODELS["SIMPLE"])])
    run.exchange("litellm-router", "Q-p1", calls=[Call(model=MODELS["MEDIUM"])])
    routing = build_results(run.store).table(Routing)
    assert routing is not None
    (suite,) = routing.suites
    (router,) = suite.routers
    assert (suite.suite, suite.judged, suite.constants) == ("mine", 0, ())
    assert router.accuracy.right is None
    assert router.reasons["accuracy"] == NOT_JUDGED
    assert [flip.effect for flip in suite.flips] == ["not judged"]


def test_each_task_counts_once_and_is_right_only_if_every_repeat_is(tmp_path: Path) -> None:
    """Of A, B, C and core's S1, A and S1 are right; what only repeats them counts nowhere."""
    infos = (
        scenario("S1", acceptable_tiers=("SIMPLE",)),
        scenario("S2"),
        prompt("A", "SIMPLE"),
        prompt("B", "SIMPLE"),
        prompt("C", "COMPLEX"),
        prompt("D", "SIMPLE"),
        reworded("C", 1, "COMPLEX"),
        prompt("C-e", "COMPLEX", of="C", relation="envelope", in_pass=3),
        prompt("open", "SIMPLE", in_pass=4, sequence="s"),
        prompt("C-s", "COMPLEX", in_pass=4, sequence="s", of="C", relation="session"),
    )
    run = RunBuilder(
        tmp_path,
        variants=(variant("direct"), variant("lynkr")),
        scenarios=infos,
        repeats=2,
        over={"suites": ("core", "routing")},
    )
    for repeat in (1, 2):
        for info in infos:
            run.exchange("direct", info.id, repeat)
            tier = "medium" if info.id == "B" and repeat == 2 else "simple"
            lost = {"status": "failed", "reason": "HTTP 500"} if info.id == "D" else {}
            run.exchange("lynkr", info.id, repeat, calls=[Call(model=f"kimi-lab-{tier}")], **lost)  # type: ignore[arg-type]
    direct, lynkr = build_results(run.store).totals
    assert (lynkr.prompts_right.right, lynkr.prompts_right.seen, lynkr.prompts_right.of) == (2, 4, 5)
    assert direct.prompts_right.of == 0
