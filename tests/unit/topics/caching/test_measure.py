"""What answer caches did: wrong answers, hits by kind, what hits cost, what is claimed, and the sweep."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from lab.exchange.answercache import claims_hit
from lab.report.build import build_results
from lab.tokens import TokenParts
from lab.topics.caching.table import Caching
from tests.unit.caching_run import FRESH, HIT, SCENARIOS, VARIANTS, Cache
from tests.unit.records_builder import RunBuilder, marker_of, scenario, variant


def test_a_run_without_a_suite_of_caches_has_no_such_tables(tmp_path: Path) -> None:
    """One question that may hit, as in the core suite, makes no suite of caches."""
    scenarios = (scenario("SC1", sequence="s"), scenario("SC2", sequence="s", cache_expect="may_hit"))
    builder = RunBuilder(tmp_path, scenarios=scenarios)
    builder.exchange("direct", "SC1")
    builder.exchange("direct", "SC2")
    assert build_results(builder.store).table(Caching) is None


def test_a_hit_where_a_cache_must_miss_is_a_wrong_answer_with_its_owner(tmp_path: Path) -> None:
    """Two of three repeats got the first question's answer."""
    cache = Cache(tmp_path, repeats=3)
    for repeat in (1, 2, 3):
        cache.fresh("not", repeat=repeat)
    cache.fresh("not-2", repeat=1)
    cache.hit("not-2", of="not", repeat=2)
    cache.hit("not-2", of="not", repeat=3)
    (wrong,) = cache.wrong
    assert (wrong.variant, wrong.suite, wrong.scenario, wrong.kind) == ("lynkr", "cache", "not-2", "Opposite")
    assert (wrong.times, wrong.of, wrong.similarity) == (2, 3, 0.98)
    assert (wrong.source, wrong.whose, wrong.whose_title) == ("r2-not-lynkr", "not", "First not")
    assert wrong.why == "the answer is that of r2-not-lynkr"


def test_another_topic_s_answer_is_wrong_wherever_it_is_served(tmp_path: Path) -> None:
    """Also where a hit is due, and to a first question; how alike the two are is then not known."""
    cache = Cache(tmp_path)
    cache.fresh("again")
    cache.hit("not", of="again")
    cache.fresh("words")
    cache.hit("words-2", of="again")
    found = cache.wrong
    assert [(wrong.scenario, wrong.whose, wrong.similarity) for wrong in found] == [
        ("words-2", "again", None),
        ("not", "again", None),
    ]
    assert cache.count("Other words").wrong == 1
    assert cache.count("First").wrong == 1


def test_a_marker_that_nobody_was_given_is_wrong_and_nobody_s(tmp_path: Path) -> None:
    """The answer comes from outside the run."""
    cache = Cache(tmp_path)
    cache.builder.exchange("lynkr", "again", marker="labmark-0000000000000000")
    (wrong,) = cache.wrong
    assert (wrong.source, wrong.whose, wrong.whose_title) == ("", "", "")
    assert "which no exchange of this run was given" in wrong.why


def test_wrong_answers_of_other_suites_are_listed_too(tmp_path: Path) -> None:
    """Whoever reads the list must not have to look elsewhere."""
    scenarios = (*SCENARIOS, scenario("S1"), scenario("S2"))
    builder = RunBuilder(tmp_path, variants=VARIANTS, scenarios=scenarios, over={"suites": ("core", "cache")})
    builder.exchange("lynkr", "S1")
    builder.exchange("lynkr", "S2", calls=[], marker=marker_of("r1-S1-lynkr"))
    wrong = build_results(builder.store).wrong_answers
    assert [(one.suite, one.scenario, one.whose) for one in wrong.served] == [("core", "S2", "S1")]
    assert wrong.judged == {"direct": 0, "litellm": 0, "lynkr": 2}


def test_a_hit_is_due_only_of_a_variant_that_has_such_a_cache(tmp_path: Path) -> None:
    """Words need a cache by meaning, and one whose threshold they reach; the control has none."""
    cache = Cache(tmp_path)
    for who in ("direct", "litellm", "lynkr"):
        for name in ("again", "again-2", "words", "words-2", "far", "far-2"):
            cache.fresh(name, who)
    kinds = ("Again", "Other words")
    due = {who: tuple(cache.count(kind, who).due for kind in kinds) for who in ("direct", "litellm", "lynkr")}
    assert due == {"direct": (0, 0), "litellm": (1, 0), "lynkr": (1, 1)}
    cells = build_results(cache.builder.store)
    judged = {
        who: [cells.cell(who, name).checks["provenance"].verdict for name in ("again-2", "words-2", "far-2")]
        for who in ("direct", "litellm", "lynkr")
    }
    assert judged == {
        "direct": ["not_applicable"] * 3,
        "litellm": ["pass", "not_applicable", "not_applicable"],
        "lynkr": ["pass", "pass", "not_applicable"],
    }
    missed = {who: [cells.cell(who, name).cache.missed for name in ("again-2", "words-2")] for who in due}
    assert missed == {"direct": [0, 0], "litellm": [1, 0], "lynkr": [1, 1]}
    assert [cache.count(kind, "lynkr").missed for kind in kinds] == [1, 1]
    assert cells.cell("lynkr", "again-2").passes.passed == 1
    far = cells.cell("lynkr", "far-2").checks["provenance"].why
    assert far == "the two questions are 0.800 alike, less than this variant's threshold of 0.95"
    assert cells.cell("direct", "again-2").checks["provenance"].why == "this variant has no such cache"


def test_a_hit_that_is_not_due_is_right_all_the_same(tmp_path: Path) -> None:
    """A cache that does better than it states fails nothing."""
    cache = Cache(tmp_path)
    cache.fresh("far")
    cache.hit("far-2", of="far")
    assert build_results(cache.builder.store).cell("lynkr", "far-2").checks["provenance"].verdict == "pass"
    count = cache.count("Other words")
    assert (count.hits, count.due, count.due_hits) == (1, 0, 0)


def test_how_alike_two_questions_are_must_be_known_where_a_threshold_decides(tmp_path: Path) -> None:
    """Without the embedder nobody can say whether a hit was due."""
    unknown = tuple(info.model_copy(update={"similarity": None}) for info in SCENARIOS)
    builder = RunBuilder(tmp_path, variants=VARIANTS, scenarios=unknown)
    builder.exchange("lynkr", "words")
    builder.exchange("lynkr", "words-2")
    judged = build_results(builder.store).cell("lynkr", "words-2").checks["provenance"]
    assert judged.verdict == "not_applicable"
    assert "is not known" in judged.why


def test_kinds_are_counted_in_exchanges_and_name_the_scenario_that_tells_most(tmp_path: Path) -> None:
    """What must hit comes first, then what must miss; a missed due hit tells more than a hit."""
    cache = Cache(tmp_path, repeats=2)
    for repeat in (1, 2):
        for name in ("again", "words", "far", "user"):
            cache.fresh(name, repeat=repeat)
        cache.hit("again-2", of="again", repeat=repeat)
        cache.fresh("words-2", repeat=repeat)
        cache.hit("far-2", of="far", repeat=repeat)
        cache.hit("user-2", of="user", repeat=repeat)
    assert [kind.kind for kind in cache.found.kinds] == [
        "Again",
        "Other words",
        "First",
        "Opposite",
        "Another user",
        "Sweep",
    ]
    again, words, user = cache.count("Again"), cache.count("Other words"), cache.count("Another user")
    assert (again.of, again.hits, again.due, again.due_hits, again.wrong) == (2, 2, 2, 2, 0)
    assert (words.of, words.hits, words.due, words.due_hits, words.example) == (4, 2, 2, 0, "words-2")
    assert (user.of, user.hits, user.wrong, user.example) == (2, 2, 2, "user-2")
    assert (cache.count("First").of, cache.count("First").wrong, cache.count("First").first) == (8, 0, True)
    opposite = cache.count("Opposite")
    assert (opposite.of, opposite.status, opposite.reason) == (0, "not_run", "no exchange was recorded")


def test_hits_stand_beside_fresh_answers_in_calls_tokens_usd_and_time(tmp_path: Path) -> None:
    """Two hits of 4 ms with two embeddings each, three fresh answers of 20 ms; the control takes 1 ms."""
    cache = Cache(tmp_path)
    cache.fresh("again", "direct")
    for name in ("again", "user", "sky"):
        cache.fresh(name)
    cache.hit("again-2", of="again")
    cache.hit("user-2", of="user")
    found = next(one for one in cache.found.variants if one.variant == "lynkr")
    hits, fresh = found.hits, found.fresh
    assert (hits.n, hits.chat_calls, hits.embedding_calls, hits.latency_ms) == (2, 0, 2, HIT)
    assert (hits.tokens_claimed, hits.usd) == (30, Decimal(0))
    assert (fresh.n, fresh.chat_calls, fresh.embedding_calls, fresh.latency_ms) == (3, 1, 0, FRESH)
    # 100 tokens in at 3 USD and 20 out at 15 USD per million.
    assert (fresh.tokens_claimed, fresh.usd) == (100, Decimal("0.0006"))
    assert (cache.found.control_ms, cache.found.control_n) == (1.0, 1)


def test_a_hit_for_which_a_model_was_asked_all_the_same_shows_its_calls(tmp_path: Path) -> None:
    """The old answer was served, and the new one paid for."""
    cache = Cache(tmp_path)
    cache.fresh("again")
    sent = TokenParts(messages=100)
    cache.builder.exchange("lynkr", "again-2", sent=sent, marker=marker_of("r1-again-lynkr"))
    hits = next(one for one in cache.found.variants if one.variant == "lynkr").hits
    assert (hits.n, hits.chat_calls, hits.usd) == (1, 1, Decimal("0.0006"))


def test_claims_of_a_cache_stand_beside_what_is_proven(tmp_path: Path) -> None:
    """One hit is claimed, one is not; one fresh answer is claimed to be a hit, and one is denied."""
    cache = Cache(tmp_path)
    cache.fresh("again", claim="MISS")
    cache.fresh("user", claim="true")
    cache.fresh("sky")
    cache.hit("again-2", of="again", claim="HIT")
    cache.hit("sky-2", of="sky")
    claims = next(one for one in cache.found.variants if one.variant == "lynkr").claims
    assert (claims.stated, claims.claimed, claims.unclaimed, claims.false) == (3, 1, 1, 1)


@pytest.mark.parametrize(
    ("claim", "hit"),
    [
        (None, False),
        ("", False),
        ("DISABLED", False),
        ("miss", False),
        ("SEMANTIC MISS", False),
        ("semantic_miss", False),
        ("False", False),
        ("HIT", True),
        ("SEMANTIC HIT", True),
        ("True", True),
        ("8dc534ac03fd1e25", True),
    ],
)
def test_a_claim_is_read_by_its_words(claim: str | None, hit: bool) -> None:
    """The key of an entry claims a hit by being there; a state by what it says."""
    assert claims_hit(claim) is hit


def test_the_threshold_lies_between_the_pairs_missed_and_the_pairs_hit(tmp_path: Path) -> None:
    """0.94 missed and 0.97 hit, whatever the pairs mean; equal words are no part of the sweep."""
    cache = Cache(tmp_path)
    for name in ("again", "words", "far", "not", "sky"):
        cache.fresh(name)
    cache.hit("again-2", of="again")
    cache.hit("words-2", of="words")
    cache.hit("not-2", of="not")
    cache.fresh("far-2")
    cache.fresh("sky-2")
    sweep = next(one for one in cache.found.variants if one.variant == "lynkr").sweep
    assert sweep is not None
    assert (sweep.highest_missed, sweep.lowest_hit) == (0.94, 0.97)
    assert [(point.similarity, point.same, point.hits, point.of) for point in sweep.points] == [
        (0.80, True, 0, 1),
        (0.94, True, 0, 1),
        (0.97, True, 1, 1),
        (0.98, False, 1, 1),
    ]


def test_a_pair_that_hits_in_some_repeats_is_on_both_sides(tmp_path: Path) -> None:
    """Then likeness alone does not decide."""
    cache = Cache(tmp_path, repeats=2)
    for repeat in (1, 2):
        cache.fresh("words", repeat=repeat)
    cache.hit("words-2", of="words", repeat=1)
    cache.fresh("words-2", repeat=2)
    sweep = next(one for one in cache.found.variants if one.variant == "lynkr").sweep
    assert sweep is not None
    assert (sweep.highest_missed, sweep.lowest_hit) == (0.97, 0.97)


def test_a_cache_for_exact_repeats_has_no_threshold(tmp_path: Path) -> None:
    """Unless it hits such a pair, which then says more than its description."""
    cache = Cache(tmp_path)
    for name in ("words", "words-2"):
        cache.fresh(name, "litellm")
    assert next(one for one in cache.found.variants if one.variant == "litellm").sweep is None
    cache = Cache(tmp_path / "other")
    cache.fresh("words", "litellm")
    cache.hit("words-2", of="words", who="litellm")
    assert next(one for one in cache.found.variants if one.variant == "litellm").sweep is not None


def test_a_variant_that_never_ran_says_why(tmp_path: Path) -> None:
    """Not a row of zeros."""
    gone = variant("lynkr", cache="semantic", status="unavailable", reason="port in use")
    builder = RunBuilder(tmp_path, variants=(variant("direct"), gone), scenarios=SCENARIOS)
    builder.exchange("direct", "again")
    caching = build_results(builder.store).table(Caching)
    assert caching is not None
    assert (caching.variants[1].status, caching.variants[1].reason) == ("unavailable", "port in use")


def test_the_tables_survive_results_json(tmp_path: Path) -> None:
    """What is written is what is read back."""
    cache = Cache(tmp_path)
    cache.fresh("again")
    cache.hit("again-2", of="again")
    found = cache.found
    assert Caching.model_validate_json(found.model_dump_json()) == found
