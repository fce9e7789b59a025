"""Numbers are worded in one place, so that one reads as one everywhere."""

from __future__ import annotations

import pytest

from lab.kit import numbers


@pytest.mark.parametrize(
    ("number", "words", "shown"),
    [
        (0, ("pair",), "0 pairs"),
        (1, ("pair",), "1 pair"),
        (1071, ("pair",), "1,071 pairs"),
        (1, ("class", "classes"), "1 class"),
        (13, ("class", "classes"), "13 classes"),
        (1, ("answer was served", "answers were served"), "1 answer was served"),
        (2, ("answer was served", "answers were served"), "2 answers were served"),
    ],
)
def test_a_count_reads_as_a_number_of_things(number: int, words: tuple[str, ...], shown: str) -> None:
    """One is one; others have their plural, with an s if no other is given."""
    assert numbers.counted(number, *words) == shown


def test_a_portion_and_a_difference_say_their_unit_and_sign() -> None:
    """A share of 1 is percent without a sign; a difference in USD always has its sign."""
    assert numbers.portion(0.51) == "51.0%"
    assert [numbers.signed_usd(value) for value in (0.5, -0.5, 0)] == [
        "+0.500000",
        "\u22120.500000",
        "0.000000",
    ]
