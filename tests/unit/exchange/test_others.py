"""What another conversation said is found in whatever was forwarded, declared or not."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.report.build import build_results
from lab.results.cell import CheckResult
from tests.unit.records_builder import Call, RunBuilder, request_of, scenario, variant

CHECKS = ("conversations_apart", "content_added")


def _judged(root: Path, put: Callable[[str, str], str], *, sequence: str | None = None) -> CheckResult:
    """Of the second of two prompts, whose forwarded text is made of both."""
    infos = [scenario(name, sequence=sequence, checks=CHECKS) for name in ("A1", "B1")]
    builder = RunBuilder(root, variants=(variant("lynkr"),), scenarios=infos, repeats=1)
    first = builder.exchange("lynkr", "A1", nonce="boat345678")
    own = request_of("B1", 1)
    text = own["messages"][0]["content"]
    said = put(text, f"Where do I moor my boat tonight?\n\n(ref {first.nonce})")
    forwarded = own | {"messages": [{"role": "user", "content": said}]}
    builder.exchange("lynkr", "B1", body=own, calls=[Call(body=forwarded)])
    return build_results(builder.store).cell("lynkr", "B1").checks["conversations_apart"]


@pytest.mark.parametrize(
    "put",
    [
        lambda own, other: f"{other}\n\n{own}",
        lambda own, other: f"{own}\n\nContext: {other}",
        lambda own, other: f"{own} {base64.b64encode(other.encode()).decode()}",
    ],
)
def test_another_conversations_prompt_is_found_by_its_own_reference(
    tmp_path: Path, put: Callable[[str, str], str]
) -> None:
    """No scenario has to declare its words for that."""
    found = _judged(tmp_path, put)
    assert (found.verdict, found.why) == (
        "fail",
        "another conversation's prompt was forwarded: that of r1-A1-lynkr",
    )


def test_what_is_not_of_another_conversation_is_no_alarm(tmp_path: Path) -> None:
    """The client's own text, common phrases, and the prompts of the same conversation."""
    assert _judged(tmp_path / "a", lambda own, _: own).verdict == "pass"
    assert _judged(tmp_path / "b", lambda own, _: f"{own} Where do I moor (ref ) it?").verdict == "pass"
    same = _judged(tmp_path / "c", lambda own, other: f"{other} {own}", sequence="pair")
    assert same.verdict == "pass"
