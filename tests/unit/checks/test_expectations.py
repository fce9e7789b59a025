"""What a scenario expects of its own: status, response headers, and whose key reaches the provider."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.records.manifest import ExpectInfo
from lab.report.build import build_results
from lab.results.cell import CheckResult
from lab.wires.keys import key_digest
from tests.unit.records_builder import Call, RunBuilder, marker_of, scenario, variant

OWN, OTHER = key_digest("sk-client"), key_digest("sk-gateway")


def judged(folder: Path, expect: ExpectInfo, call: Call | None, **exchange: Any) -> CheckResult:
    """What is said of one exchange with a gateway."""
    variants = (variant("direct"), variant("litellm"))
    builder = RunBuilder(folder, variants=variants, scenarios=(scenario("S", expect=expect),), repeats=1)
    builder.exchange("litellm", "S", calls=[call] if call else [], **exchange)
    return build_results(builder.store).cell("litellm", "S").checks["expectations_met"]


def test_a_scenario_that_expects_nothing_is_not_judged(tmp_path: Path) -> None:
    """All of today's."""
    assert judged(tmp_path, ExpectInfo(), Call()).verdict == "not_applicable"


@pytest.mark.parametrize(
    ("wanted", "came", "said"),
    [
        ({"retry-after": "7"}, {"retry-after": "7"}, ""),
        ({"retry-after": "7"}, {}, "the header retry-after is missing"),
        ({"retry-after": "7"}, {"retry-after": "60"}, "instead of"),
        ({"x-secret": None}, {}, ""),
        ({"x-secret": None}, {"x-secret": "a"}, "the header x-secret is there"),
    ],
)
def test_response_headers_are_held_to_what_is_expected(
    tmp_path: Path, wanted: dict[str, str | None], came: dict[str, str], said: str
) -> None:
    """One that has to be there with its value, and one that must not be there."""
    found = judged(tmp_path, ExpectInfo(headers=tuple(wanted.items())), Call(), response_headers=came)
    assert (found.verdict, said in found.why) == ("fail" if said else "pass", True)


@pytest.mark.parametrize(("came", "verdict"), [(429, "pass"), (500, "fail"), (200, "fail")])
def test_the_status_is_held_to_what_is_expected(tmp_path: Path, came: int, verdict: str) -> None:
    """An error that turns into another one is no good error."""
    assert judged(tmp_path, ExpectInfo(status=429), Call(), http_status=came).verdict == verdict


@pytest.mark.parametrize(
    ("due", "sent", "arrived", "said"),
    [
        ("client", OWN, OWN, ""),
        ("client", OWN, OTHER, "another key than the client's"),
        ("client", OWN, "", "no key"),
        ("client", "", OWN, "was not recorded"),
        ("gateway", OWN, OTHER, ""),
        ("gateway", OWN, OWN, "the provider was given the client's key"),
    ],
)
def test_whose_key_reached_the_provider_is_told_by_digests(
    tmp_path: Path, due: Any, sent: str, arrived: str, said: str
) -> None:
    """No key is ever kept."""
    found = judged(tmp_path, ExpectInfo(credential=due), Call(credential=arrived), credential=sent)
    assert (found.verdict, said in found.why) == ("fail" if said else "pass", True)


def test_no_key_reaches_a_provider_that_nobody_asked(tmp_path: Path) -> None:
    """A gateway that answers itself has lost it; a cache needs none, and so proves nothing."""
    found = judged(tmp_path, ExpectInfo(credential="client"), None, credential=OWN)
    assert (found.verdict, "was not asked" in found.why) == ("fail", True)


@pytest.mark.parametrize(("status", "verdict"), [(None, "not_applicable"), (200, "pass"), (429, "fail")])
def test_a_cache_is_held_to_all_but_the_key(tmp_path: Path, status: int | None, verdict: str) -> None:
    """The first question asks the provider, and the second, equal one is answered from the cache."""
    expect = ExpectInfo(status=status, credential="client")
    first = scenario("S1", sequence="s")
    again = scenario("S2", expect=expect, sequence="s", cache_expect="may_hit")
    variants = (variant("direct"), variant("litellm"))
    builder = RunBuilder(tmp_path, variants=variants, scenarios=(first, again), repeats=1)
    builder.exchange("litellm", "S1", calls=[Call(credential=OWN)], credential=OWN)
    builder.exchange("litellm", "S2", calls=[], credential=OWN, marker=marker_of("r1-S1-litellm"))
    found = build_results(builder.store).cell("litellm", "S2").checks["expectations_met"]
    assert found.verdict == verdict, found.why


def test_digests_tell_keys_apart_and_give_none_away() -> None:
    """Twelve digits of a hash."""
    assert key_digest("sk-a") != key_digest("sk-b")
    assert "sk-a" not in key_digest("sk-a")
    assert len(key_digest("sk-a")) == len("sha256:") + 12
