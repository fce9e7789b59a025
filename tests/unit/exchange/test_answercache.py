"""What an answer cache may give again, and what it may not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from lab.report.build import build_results
from lab.results.cell import Cell
from lab.wires.neutral import ToolCall, Usage
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
    ("old", "new", "reason", "why"),
    [
        ({}, {"max_tokens": 1200}, "end_turn", ""),
        ({"max_tokens": 40}, {}, "end_turn", ""),
        ({"max_tokens": 40}, {}, "max_tokens", ", cut off at max_tokens 40, though no limit is set here"),
        ({}, {"max_tokens": 19}, "end_turn", ", 20 tokens long, though only 19 are allowed here"),
        ({"max_tokens": 40}, {"max_completion_tokens": 30}, "max_tokens", ""),
        ({"max_tokens": 40}, {"max_tokens": 50, "stream": True}, "end_turn", ""),
    ],
)
def test_no_limit_is_another_limit(
    tmp_path: Path, old: dict[str, Any], new: dict[str, Any], reason: str, why: str
) -> None:
    """Some wires need none, and name it in their own ways."""
    told = hit(tmp_path, ASKED | old, ASKED | new, reason=reason).checks["provenance"]
    assert (told.verdict, told.why) == ("fail" if why else "pass", f"the answer is that of r1-A-lynkr{why}")


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


@pytest.mark.parametrize(
    ("then", "other", "verdict"),
    [
        ({"temperature": 0}, False, "pass"),
        ({"metadata": {"user_id": "b"}}, False, "pass"),
        ({"temperature": 0}, True, "fail"),
        ({"system": "Be brief."}, False, "fail"),
        ({"model": "n"}, False, "fail"),
        ({"messages": [{"role": "user", "content": "How does a volcano not erupt?"}]}, False, "fail"),
    ],
)
def test_the_requests_tell_whether_it_is_the_same_question_if_the_suite_does_not(
    tmp_path: Path, then: dict[str, Any], other: bool, verdict: str
) -> None:
    """The hit is wrong all the same; what the client asked, in words, was answered."""
    infos = (scenario("A", sequence="pair"), scenario("B", sequence="pair", other_client=other))
    builder = RunBuilder(tmp_path, variants=(variant("lynkr", cache="semantic"),), scenarios=infos)
    builder.exchange("lynkr", "A", body=ASKED)
    builder.exchange("lynkr", "B", body=ASKED | then, calls=[], marker=marker_of("r1-A-lynkr"))
    found = build_results(builder.store).cell("lynkr", "B").checks
    assert (found["provenance"].verdict, found["answered"].verdict) == ("fail", verdict)


MARKER = marker_of("r1-A-lynkr")
WHOLE = f"The answer is 42.\n\n{MARKER}"
CALL = ToolCall(id="toolu_0123456789abcdef0123", name="Read", input={"path": "a.py"})


@pytest.mark.parametrize(
    ("got", "calls", "why"),
    [
        ("The answer is 42.", (CALL,), ""),
        ("The answer is 43.", (CALL,), "the text was changed"),
        ("", (CALL,), "cut at its beginning"),
        ("Cached: The answer is 42.", (CALL,), "put before it"),
        ("The answer is 42.", (), "with other tool calls than were given first"),
        ("The answer is 42.", (replace(CALL, input={"path": "b.py"}),), "with other tool calls"),
        ("The answer is 42.", (replace(CALL, id="call_1"),), ""),
    ],
)
@pytest.mark.parametrize("expect", ["must_hit", "may_hit"])
def test_a_right_hit_gives_the_answer_that_was_given_first(
    tmp_path: Path, expect: str, got: str, calls: tuple[ToolCall, ...], why: str
) -> None:
    """Cut, changed or with other calls it is no longer the provider's answer."""
    infos = (scenario("A", sequence="pair"), scenario("B", sequence="pair", cache_expect=expect))
    builder = RunBuilder(tmp_path, variants=(variant("lynkr", cache="exact"),), scenarios=infos)
    given = Call(text=WHOLE, markers=(MARKER,), tool_calls=(CALL,))
    builder.exchange("lynkr", "A", calls=[given], text="The answer is 42.", tool_calls=(CALL,))
    builder.exchange("lynkr", "B", calls=[], marker=MARKER, text=got, tool_calls=calls)
    found = build_results(builder.store).cell("lynkr", "B").checks
    text, called = found["answer_text_kept"], found["tool_call_intact"]
    assert "fail" not in {found[name].verdict for name in ("provenance", "answered")}
    if not why:
        assert {text.verdict, called.verdict} == {"not_applicable"}
    elif "calls" in why:
        assert (called.verdict, text.verdict) == ("fail", "not_applicable")
        assert why in called.why
    else:
        assert (text.verdict, called.verdict) == ("fail", "not_applicable")
        assert why in text.why


def test_a_cached_answer_cut_to_the_new_limit_is_whole_for_its_client(tmp_path: Path) -> None:
    """If it says that it ends there."""
    infos = (scenario("A", sequence="pair"), scenario("B", sequence="pair", cache_expect="may_hit"))
    for number, reason in enumerate(("max_tokens", "end_turn")):
        builder = RunBuilder(
            tmp_path / str(number), variants=(variant("lynkr", cache="exact"),), scenarios=infos
        )
        given = Call(text=f"{MARKER} One two three", markers=(MARKER,))
        builder.exchange("lynkr", "A", body=ASKED | {"max_tokens": 40}, calls=[given])
        last = builder.exchange(
            "lynkr",
            "B",
            body=ASKED | {"max_tokens": 20},
            calls=[],
            text=MARKER,
            marker=MARKER,
            raw_response=ends(reason),
        )
        cut = builder.store.put_body(f"{MARKER} One".encode())
        lines = (builder.store.path / "exchanges.jsonl").read_bytes().splitlines(keepends=True)
        (builder.store.path / "exchanges.jsonl").write_bytes(lines[0])
        answer = last.answer.model_copy(update={"text_sha": cut})
        builder.store.append_exchange(last.model_copy(update={"answer": answer}), [])
        found = build_results(builder.store).cell("lynkr", "B").checks["answer_text_kept"]
        assert found.verdict == ("not_applicable" if reason == "max_tokens" else "fail")


@pytest.mark.parametrize("expect", ["may_hit", "must_hit"])
@pytest.mark.parametrize(("of", "wrong"), [("A", False), ("B", True), ("C", False)])
def test_a_hit_is_right_only_with_the_answer_to_the_question_that_it_repeats(
    tmp_path: Path, expect: str, of: str, wrong: bool
) -> None:
    """B asks something else than A, and C and D ask what A asks."""
    infos = (
        scenario("A", sequence="four"),
        scenario("B", sequence="four", cache_differs="question"),
        scenario("C", sequence="four", cache_expect="may_hit"),
        scenario("D", sequence="four", cache_expect=expect),
    )
    builder = RunBuilder(tmp_path, variants=(variant("lynkr", cache="semantic"),), scenarios=infos)
    for name in ("A", "B", "C"):
        builder.exchange("lynkr", name)
    builder.exchange("lynkr", "D", calls=[], marker=marker_of(f"r1-{of}-lynkr"))
    found = build_results(builder.store)
    checks = found.cell("lynkr", "D").checks
    assert {checks[name].verdict for name in ("provenance", "answered")} == {"fail" if wrong else "pass"}
    assert [one.wrongness for one in found.wrong_answers.served] == (["request"] if wrong else [])


@pytest.mark.parametrize(
    ("first", "again", "why"),
    [
        ("end_turn", "end_turn", ""),
        ("max_tokens", "end_turn", "stop_reason max_tokens arrived as stop_reason end_turn"),
        ("refusal", "end_turn", "stop_reason refusal arrived as stop_reason end_turn"),
        ("end_turn", "max_tokens", "stop_reason end_turn arrived as stop_reason max_tokens"),
    ],
)
def test_a_cached_answer_ends_as_it_did_first(tmp_path: Path, first: str, again: str, why: str) -> None:
    """A client of a cache is told of a cut or a refusal too."""
    infos = (scenario("A", sequence="pair"), scenario("B", sequence="pair", cache_expect="must_hit"))
    builder = RunBuilder(tmp_path, variants=(variant("lynkr", cache="exact"),), scenarios=infos)
    builder.exchange("lynkr", "A", calls=[Call(response=ends(first))], raw_response=ends(first))
    marker = marker_of("r1-A-lynkr")
    builder.exchange("lynkr", "B", calls=[], marker=marker, raw_response=ends(again))
    told = build_results(builder.store).cell("lynkr", "B").checks["stop_reason_kept"]
    assert told.verdict == ("fail" if why else "not_applicable")
    assert told.why.endswith(why)
