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


def _retold(root: Path, text: str, *, prompts: tuple[str, ...], answer: str = "An answer.") -> CheckResult:
    """Of the last of several prompts, to which a gateway adds a text."""
    names = [f"A{n}" for n in range(len(prompts) + 1)]
    infos = [scenario(name, checks=CHECKS) for name in names]
    builder = RunBuilder(root, variants=(variant("lynkr"),), scenarios=infos, repeats=1)
    for name, prompt in zip(names, prompts, strict=False):
        said = request_of(name, 1) | {"messages": [{"role": "user", "content": prompt}]}
        builder.exchange("lynkr", name, body=said, text=answer)
    own = request_of(names[-1], 1) | {"system": "Always keep the client's trust, and answer in one line."}
    told = own | {"system": f"{own['system']}\n\n{text}"}
    builder.exchange("lynkr", names[-1], body=own, calls=[Call(body=told)])
    return build_results(builder.store).cell("lynkr", names[-1]).checks["conversations_apart"]


MOORED = "Our boat Gudrun lies in the harbour of Visby until Sunday. Is that safe?"


@pytest.mark.parametrize(
    "text",
    [
        "Known: our boat Gudrun lies in the harbour of Visby.",
        "Known: OUR BOAT *Gudrun* LIES IN THE HARBOUR OF VISBY",
        base64.b64encode(MOORED.encode()).decode(),
    ],
)
def test_a_fragment_of_another_prompt_is_found_though_no_word_is_declared(tmp_path: Path, text: str) -> None:
    """Seven words in a row that only one conversation has said."""
    found = _retold(tmp_path, text, prompts=(MOORED,))
    assert found.verdict == "fail"
    assert "our boat" in found.why
    assert found.why.endswith(", of r1-A0-lynkr")


def test_a_fragment_of_another_answer_is_found(tmp_path: Path) -> None:
    """A memory keeps what the model said too."""
    answer = "Tell the harbour master of Visby a day ahead."
    found = _retold(tmp_path, f"Remember: {answer}", prompts=("Is it safe?",), answer=answer)
    assert found.verdict == "fail"


@pytest.mark.parametrize(
    ("text", "prompts"),
    [
        # What a gateway says of its own, phrases of fewer words, what several clients say, one's own text.
        ("Use plain words, and no tables.", (MOORED,)),
        ("It is in the harbour of Visby, as you know.", (MOORED,)),
        ("Our boat Gudrun lies in the harbour of Visby", (MOORED, MOORED)),
        (
            "Always keep the client's trust, and answer in one line.",
            ("Always keep the client's trust, and go.",),
        ),
        ("lies in the boat until Gudrun", (MOORED,)),
    ],
)
def test_what_anyone_may_say_is_no_alarm(tmp_path: Path, text: str, prompts: tuple[str, ...]) -> None:
    """A false accusation is worse than a missed fragment."""
    assert _retold(tmp_path, text, prompts=prompts).verdict == "pass"
