"""How large a raised context is."""

from __future__ import annotations

import pytest

from lab.run.raised import needed


@pytest.mark.parametrize(
    ("largest", "trained", "tokens"),
    [
        (10, None, 1024),
        (3_000, None, 5_120),
        (10_900, 32_768, 14_336),
        (10_900, 8_192, 8_192),
        (0, 4_096, 1_024),
    ],
)
def test_a_context_takes_the_largest_scenario_with_its_answer_if_the_model_can(
    largest: int, trained: int | None, tokens: int
) -> None:
    """A quarter more, as the largest is an estimate, in steps of 1,024 tokens."""
    assert needed(largest, 32, trained) == tokens


def test_a_larger_scenario_never_gets_a_smaller_context() -> None:
    """Whatever the rounding."""
    sizes = [needed(largest, 32, None) for largest in range(0, 40_000, 97)]
    assert sizes == sorted(sizes)
    assert all(size >= largest for size, largest in zip(sizes, range(0, 40_000, 97), strict=True))
