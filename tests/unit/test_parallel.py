"""Things done at once."""

from __future__ import annotations

import threading

import pytest

from lab.errors import LabError, StartError
from lab.parallel import each


def test_actions_run_at_the_same_time() -> None:
    """Each of three waits for the other two, which only works in parallel."""
    barrier = threading.Barrier(3, timeout=5)
    results = each({str(n): lambda n=n: (barrier.wait(), n)[1] for n in range(3)})  # type: ignore[misc]
    assert results == {"0": 0, "1": 1, "2": 2}


def test_an_error_of_the_labs_own_is_a_result() -> None:
    """One system that cannot start does not hide what became of the others."""

    def fail() -> int:
        raise StartError("it died")

    results = each({"good": lambda: 1, "bad": fail})
    assert results["good"] == 1
    assert isinstance(results["bad"], LabError)


def test_a_mistake_is_raised_at_once() -> None:
    """A defect is not taken for a system's failure, nor does it wait for slow ones."""

    def wrong() -> int:
        raise ValueError("a defect")

    raised, ended = threading.Event(), threading.Event()

    def slow() -> int:
        raised.wait(60)
        ended.set()
        return 1

    with pytest.raises(ValueError, match="a defect"):
        each({"slow": slow, "wrong": wrong})
    assert not ended.is_set()
    raised.set()
    assert ended.wait(60)
