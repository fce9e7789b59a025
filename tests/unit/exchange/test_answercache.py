"""What an answer cache may give again, and what it may not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from lab.report.build import build_results
from lab.results.cell import Cell
from lab.wires.neutral import Usage
from tests.unit.records_builder import Call, RunBuilder, marker_of, scenario, variant

PAIR = (
    scenario("A", sequence="pair"),
    scenario("B", sequence="pair", cache_expect="must_miss", cache_differs="settings"),
)
ASKED: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "How does a volcano erupt?"}]}


def ends(reason: str) -> bytes:
    """A message that ends for this reason."""
    return orjson.dumps({"type": "message", "content": [], "stop_reason": reason, "usage": {}})


def hit(root: Path, first: dict[str, Any], then: dict[str, Any], *, reason: str, tokens: int = 20) -> Cell:
    """A probe that is given the answer to the first request of its sequence."""
    builder = RunBuilder(root, variants=(variant("lynkr", cache="semantic"),), scenarios=PAIR)
    call = Call(usage=Usage(input=100, output=tokens), response=ends(reason))
    builder.exchange("lynkr", "A", body=first, calls=[call], raw_response=ends(reason))
    marker = marker_of("r1-A-lynkr")
    builder.exchange("lynkr", "B", body=then, calls=[], marker=marker, raw_response=ends(reason))
    return build_results(builder.store).cell("lynkr", "B")


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens", "max_output_tokens"])
@pytest.mark.parametrize(
    ("old", "new", "reason", "why"),
    [
        (40, 1200, "end_turn", ""),
        (800, 30, "end_turn", ""),
        (800, 19, "end_turn", ", 20 tokens long, though only 19 are allowed here"),
        (20, 1200, "max_tokens", ", cut off at max_tokens 20, though 1200 are allowed here"),
        (
            20,
            1200,
            "model_context_window_exceeded",
            ", cut off at max_tokens 20, though 1200 are allowed here",
        ),
    ],
)
def test_an_answer_under_another_limit_will_do_if_it_is_whole_and_short_enough(
    tmp_path: Path, name: str, old: int, new: int, reason: str, why: str
) -> None:
    """The limit says nothing of what the answer is about."""
    found = hit(tmp_path, ASKED | {name: old}, ASKED | {name: new}, reason=reason)
    told = found.checks["provenance"]
    assert told.verdict == ("fail" if why else "pass")
    assert told.why == f"the answer is that of r1-A-lynkr{why}"
    assert found.cache.wrong == (1 if why else 0)
    assert found.checks["answered"].verdict == "pass"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"max_tokens": 40, "temperature": 1}, {"max_tokens": 1200, "temperature": 0.2}),
        ({"temperature": 1}, {"temperature": 0.2}),
        ({"max_tokens": 40, "system": "Be brief."}, {"max_tokens": 1200, "system": "Be long."}),
    ],
)
def test_any_other_difference_still_counts(tmp_path: Path, old: dict[str, Any], new: dict[str, Any]) -> None:
    """A cache that overlooks the temperature overlooks it also if the limit differs too."""
    found = hit(tmp_path, ASKED | old, ASKED | new, reason="end_turn")
    assert found.checks["provenance"].why.endswith("though this question must miss a cache")


@pytest.mark.parametrize(
    ("over", "verdict"),
    [
        ({"cache_differs": "question"}, "fail"),
        ({"cache_differs": "context"}, "fail"),
        ({}, "fail"),
        ({"cache_differs": "user", "other_client": True}, "fail"),
        ({"cache_differs": "user"}, "pass"),
        ({"cache_differs": "settings"}, "pass"),
        ({"cache_expect": "may_hit"}, "pass"),
        ({"cache_expect": "must_hit"}, "pass"),
    ],
)
def test_a_cached_answer_to_another_question_is_no_answer(
    tmp_path: Path, over: dict[str, Any], verdict: str
) -> None:
    """It fails `answered` too, unless the words of the question are the same and so is the client."""
    infos = (scenario("A", sequence="pair"), scenario("B", sequence="pair", **over))
    builder = RunBuilder(tmp_path, variants=(variant("lynkr", cache="semantic"),), scenarios=infos)
    builder.exchange("lynkr", "A")
    builder.exchange("lynkr", "B", calls=[], marker=marker_of("r1-A-lynkr"))
    found = build_results(builder.store).cell("lynkr", "B")
    assert found.checks["answered"].verdict == verdict
    wrong = "cache_expect" not in over
    assert found.checks["provenance"].verdict == ("fail" if wrong else "pass")
