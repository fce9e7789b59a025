"""The comparison of two results.json notices every change of a value, and follows fields that moved."""

from __future__ import annotations

import pytest

from tests.same_values import differences

OLD = {
    "totals": [{"variant": "direct", "tokens": 3.0}],
    "verdicts": {"wrong": [{"scenario": "S2", "exchanges": 2}], "answers": {"direct": 4}},
    "caching": {"wrong": [{"scenario": "S2", "times": 2}], "judged": {"direct": 4}},
    "trust": [],
}
NEW = {
    "totals": [{"variant": "direct", "tokens": 3.0}],
    "wrong_answers": {"served": [{"scenario": "S2", "times": 2}], "judged": {"direct": 4}},
    "trust": [],
    "added": True,
}


def test_moved_fields_are_the_same_values() -> None:
    """What moved on purpose is looked for at its new place; what is new is no difference."""
    assert differences(OLD, NEW) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"totals": [{"variant": "direct", "tokens": 3.5}]}, "totals.0.tokens: was 3.0, is 3.5"),
        ({"totals": []}, "totals.0.variant: is gone; it was 'direct'"),
        ({"trust": ["x"]}, "trust: is gone; it was []"),
        (
            {"wrong_answers": {"served": [{"scenario": "S2", "times": 1}], "judged": {"direct": 4}}},
            "wrong_answers.served.0.times: was 2, is 1",
        ),
    ],
)
def test_every_change_is_said(change: dict[str, object], said: str) -> None:
    """A value that changed, and one that is gone."""
    assert said in differences(OLD, NEW | change)
