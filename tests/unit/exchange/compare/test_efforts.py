"""Which budgets, efforts and switches say the same."""

from __future__ import annotations

from typing import Any

import pytest

from lab.exchange.compare.efforts import BANDS, Thinking, same_thinking, within


@pytest.mark.parametrize(
    ("budget", "efforts"),
    [
        (1_024, {"minimal", "low"}),
        (2_000, {"low"}),
        (2_048, {"low", "medium"}),
        (8_191, {"low", "medium", "high"}),
        (8_192, {"medium", "high", "xhigh"}),
        (16_384, {"medium", "high", "xhigh", "max"}),
        (32_000, {"high", "xhigh", "max"}),
    ],
)
def test_a_budget_stands_for_the_efforts_whose_band_it_is_in(budget: int, efforts: set[str]) -> None:
    """The bands lie over one another, as what gateways document does."""
    assert {band.effort for band in BANDS if within(budget, band.effort, None)} == efforts


@pytest.mark.parametrize(
    ("budget", "effort", "limit", "same"),
    [
        (1_600, "high", 2_000, True),
        (1_600, "high", 20_000, False),
        (20_000, "low", 100_000, True),
        (1_024, "max", None, False),
        (1_024, "ludicrous", 2_000, False),
        ("many", "low", 2_000, False),
        (True, "minimal", None, False),
        (1_600, "high", "2000", False),
    ],
)
def test_a_budget_may_be_a_share_of_the_limit(budget: Any, effort: str, limit: Any, same: bool) -> None:
    """Eight tenths of the limit are a high effort; what is no number is none."""
    assert within(budget, effort, limit) is same


@pytest.mark.parametrize(
    ("sent", "arrived", "kind", "same"),
    [
        ({"effort": "high"}, {"effort": "high"}, "chat", True),
        ({"effort": "max"}, {"effort": "high"}, "chat", False),
        ({"effort": "minimal"}, {"effort": "low"}, "messages", True),
        ({"effort": "minimal"}, {"effort": "low"}, "chat", False),
        ({"effort": "max"}, {"effort": "high"}, "ollama_chat", True),
        ({"budget": 2_000}, {"effort": "low"}, "responses", True),
        ({"budget": 2_000}, {"effort": "xhigh"}, "responses", False),
        ({"effort": "high"}, {"budget": 1_024}, "messages", False),
        ({"effort": "high"}, {"budget": 4_096}, "messages", True),
        ({"on": True}, {"effort": "medium"}, "chat", True),
        ({"on": True}, {"effort": "low"}, "chat", False),
        ({"on": True, "effort": "low"}, {"effort": "low"}, "chat", True),
        ({"budget": 2_000, "effort": "low"}, {"effort": "high"}, "chat", False),
        ({"budget": 2_000}, {"on": True}, "ollama_chat", True),
    ],
)
def test_thinking_is_the_same_by_the_table_alone(
    sent: dict[str, Any], arrived: dict[str, Any], kind: str, same: bool
) -> None:
    """Words by the word, budgets by their band, and what is adaptive by the providers' defaults."""
    assert same_thinking(Thinking(sent), Thinking(arrived), kind) is same
