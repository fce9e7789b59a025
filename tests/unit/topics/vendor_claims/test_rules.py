"""How observed figures are held against stated ones: at most, at least, about, and as shares."""

from __future__ import annotations

from typing import Any

import pytest

from lab.records.manifest import ClaimInfo
from lab.topics.vendor_claims.registry import NotSeen, Seen
from lab.topics.vendor_claims.rules import holds, judge, reaches, share_interval


def claim(**over: Any) -> ClaimInfo:
    """A claim of at most 10 ms; `over` replaces any field."""
    fields: dict[str, Any] = {
        "system": "lynkr",
        "system_title": "Lynkr",
        "id": "c",
        "text": "It is fast",
        "source": "https://vendor.example/readme",
        "date": "2026-01-31",
        "measure": "overhead_added_ms",
        "params": {"variant": "lynkr"},
        "stated": 10.0,
        "unit": "ms",
        "rule": "at_most",
    }
    return ClaimInfo(**(fields | over))


@pytest.mark.parametrize(
    ("rule", "tolerance", "right", "wrong"),
    [
        ("at_most", 0, (9.9, 10.0), (10.1,)),
        ("at_most", 2, (10.0, 12.0), (12.1,)),
        ("at_least", 0, (10.0, 99.0), (9.9,)),
        ("at_least", 2, (8.0, 10.0), (7.9,)),
        ("about", 1, (9.0, 10.0, 11.0), (8.9, 11.1)),
    ],
)
def test_each_rule_has_its_limits(
    rule: str, tolerance: float, right: tuple[float, ...], wrong: tuple[float, ...]
) -> None:
    """The limit itself and what the tolerance allows hold; one step beyond does not."""
    stated = claim(rule=rule, tolerance=tolerance)
    assert [holds(stated, value) for value in right] == [True] * len(right)
    assert [holds(stated, value) for value in wrong] == [False] * len(wrong)
    assert {judge(stated, Seen(value, "w"))[0] for value in right} == {"reproduced"}
    assert {judge(stated, Seen(value, "w"))[0] for value in wrong} == {"not_reproduced"}


def test_an_interval_that_reaches_the_stated_figure_is_no_contradiction() -> None:
    """12 ms with an interval from 9 may be 10; with one from 11 it is not."""
    near, far = Seen(12.0, "w", low=9.0, high=15.0), Seen(12.0, "w", low=11.0, high=15.0)
    assert (reaches(claim(), near), reaches(claim(), far)) == (True, False)
    verdict, why = judge(claim(), near)
    assert (verdict, "interval" in why) == ("not_testable", True)
    assert judge(claim(), far) == ("not_reproduced", "")
    inside = Seen(12.0, "w", low=11.0, high=15.0)
    assert judge(claim(rule="about", tolerance=1.5), inside)[0] == "not_testable"
    below = Seen(5.0, "w", low=4.0, high=6.0)
    assert judge(claim(rule="about", tolerance=1), below)[0] == "not_reproduced"


def test_too_few_samples_are_no_contradiction_but_may_agree() -> None:
    """Without an interval a miss is undecided; a figure within the limit is what is stated."""
    verdict, why = judge(claim(), Seen(12.0, "w", undecided="there are 3 pairs"))
    assert (verdict, why) == ("not_testable", "undecided: there are 3 pairs")
    assert judge(claim(), Seen(8.0, "w", undecided="there are 3 pairs"))[0] == "reproduced"


def test_a_one_sided_claim_can_be_reproduced_but_not_contradicted() -> None:
    """Where falling short proves nothing, the reason for that is the reason of the verdict."""
    other = claim(one_sided="another machine")
    assert judge(other, Seen(8.0, "w")) == ("reproduced", "")
    assert judge(other, Seen(12.0, "w")) == ("not_testable", "another machine")


def test_a_claim_that_is_not_testable_stays_so_whatever_is_observed() -> None:
    """The figure stands beside it for context; its own reason goes before that of the measure."""
    never = claim(not_testable="it is about 4 instances")
    for outcome in (Seen(8.0, "w"), Seen(12.0, "w"), NotSeen("no pair")):
        assert judge(never, outcome) == ("not_testable", "it is about 4 instances")
    assert judge(claim(), NotSeen("no pair")) == ("not_testable", "no pair")


def test_a_figure_that_is_spoiled_does_not_count() -> None:
    """A saving that deletes what the model needs is large enough, and still not what was stated."""
    saving = claim(rule="at_least", stated=80.0)
    assert judge(saving, Seen(90.0, "w", spoiled="0 of 9 facts are left")) == (
        "not_reproduced",
        "0 of 9 facts are left",
    )


def test_the_interval_of_a_share_is_wilsons() -> None:
    """Worked out by hand with z = 1.96: 4 of 11 is 15.2 % to 64.6 %, 11 of 11 is 74.1 % to 100 %."""
    low, high = share_interval(4, 11)
    # middle (4/11 + 3.8415/22) / 1.34923 = 0.39893; half 1.96 * sqrt(0.231405/11 + 3.8415/484) / 1.34923
    assert (round(low, 3), round(high, 3)) == (0.152, 0.646)
    low, high = share_interval(11, 11)
    assert (low, high) == pytest.approx((1 / (1 + 3.841459 / 11), 1.0), abs=1e-6)
    assert share_interval(0, 11)[0] == 0.0


@pytest.mark.parametrize(
    ("part", "of", "verdict"),
    [
        (60, 60, "reproduced"),
        (45, 60, "reproduced"),  # 62.8 % to 84.2 % reaches into 74.1 % to 100 %
        (30, 60, "not_reproduced"),  # 37.7 % to 62.3 % does not
        (10, 10, "not_testable"),  # fewer than the claim's own 11
    ],
)
def test_shares_agree_where_their_intervals_overlap(part: int, of: int, verdict: str) -> None:
    """11 of 11 is a sample too: it does not say that 100 of 100 would be right."""
    share = claim(stated=11.0, of=11, rule="share", unit="%")
    found, why = judge(share, Seen(part / of * 100, "w", part=part, of=of))
    assert found == verdict
    assert str(of) in why
