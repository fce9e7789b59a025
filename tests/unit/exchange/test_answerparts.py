"""What an answer holds beside text and calls: on one wire all of it arrives, across wires what both have."""

from __future__ import annotations

from typing import Any

import pytest

from lab.exchange.answerparts import PartsSeen, asks_to_see_thinking, parts_seen
from lab.wires.neutral import AnswerPart, NeutralAnswer

THINKING = AnswerPart("thinking", "Hm, well.", "signature")
PARTS = {
    "thinking": THINKING,
    "redacted_thinking": AnswerPart("redacted_thinking", "", "data"),
    "refusal": AnswerPart("refusal", "I cannot help with that."),
    "citation": AnswerPart("citation", "the sky is blue", "where"),
    "server_tool": AnswerPart("server_tool", "server_tool_use web_search", "query"),
    "logprobs": AnswerPart("logprobs", "", "numbers"),
    "choice": AnswerPart("choice", "Ho", "stop"),
    "other": AnswerPart("other", "novel", "what it says"),
}
WIRES = ("messages", "chat", "responses")


def seen(given_kind: str, given: list[AnswerPart], got_kind: str, got: list[AnswerPart]) -> PartsSeen:
    """What became of these parts."""
    return parts_seen(
        given_kind, NeutralAnswer(parts=tuple(given)), got_kind, NeutralAnswer(parts=tuple(got))
    )


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("kind", PARTS)
def test_on_one_wire_each_kind_has_to_arrive_as_it_is(wire: str, kind: str) -> None:
    """Kept passes; dropped, dropped in part and changed are lost."""
    part = PARTS[kind]
    other = AnswerPart(part.kind, part.text, "another")
    assert seen(wire, [part], wire, [part]).lost == []
    assert len(seen(wire, [part], wire, [part]).kept) == 1
    for got in ([], [other]):
        lost = seen(wire, [part], wire, got).lost
        assert len(lost) == 1
        assert any(word in lost[0] for word in ("dropped", "changed"))
    assert "1 " in seen(wire, [part, other], wire, [part]).lost[0]


@pytest.mark.parametrize("kind", ["thinking", "refusal", "server_tool", "citation", "choice"])
def test_what_the_provider_never_said_is_added(kind: str) -> None:
    """A gateway's own thinking or refusal looks like the model's."""
    assert "added" in seen("messages", [], "messages", [PARTS[kind]]).lost[0]
    assert "added" in seen("chat", [], "messages", [PARTS[kind]]).lost[0]


def test_members_of_the_gateways_own_are_passed_over() -> None:
    """As clients pass over them."""
    result = seen("chat", [], "chat", [PARTS["other"]])
    assert (result.lost, result.kept, result.excused) == ([], [], [])


@pytest.mark.parametrize(
    ("given_kind", "got_kind"), [("messages", "responses"), ("responses", "messages"), ("chat", "messages")]
)
def test_thinking_is_compared_by_its_text_across_wires(given_kind: str, got_kind: str) -> None:
    """Signatures and the cuts between blocks belong to a wire."""
    blocks = [AnswerPart("thinking", "Hm,\n"), AnswerPart("thinking", "well.")]
    assert seen(given_kind, [THINKING], got_kind, blocks).kept == ["the thinking's text"]
    changed = seen(given_kind, [THINKING], got_kind, [AnswerPart("thinking", "No.")])
    assert changed.lost == ['the thinking was changed: "Hm, well." arrived as "No."']
    given, got = NeutralAnswer(parts=(THINKING,)), NeutralAnswer()
    asked = parts_seen(given_kind, given, got_kind, got, thinks=True)
    assert (asked.lost, asked.excused) == (['1 thinking block dropped: "Hm, well."'], [])
    unasked = parts_seen(given_kind, given, got_kind, got)
    told = ([], ["the client did not ask for thinking"]) if given_kind == "chat" else (asked.lost, [])
    assert (unasked.lost, unasked.excused) == told


@pytest.mark.parametrize(
    ("params", "asked"),
    [
        ({}, False),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, True),
        ({"thinking": {"type": "adaptive"}}, True),
        ({"thinking": {"type": "adaptive", "display": "omitted"}}, False),
        ({"thinking": {"type": "disabled"}}, False),
        ({"reasoning": {"effort": "high"}}, False),
        ({"reasoning": {"effort": "high", "summary": "auto"}}, True),
        ({"reasoning_effort": "low"}, True),
        ({"reasoning_effort": "none"}, False),
        ({"think": True}, True),
        ({"think": False}, False),
    ],
)
def test_each_wire_has_its_own_way_to_ask_for_thinking(params: dict[str, Any], asked: bool) -> None:
    """What was not asked for need not be told."""
    assert asks_to_see_thinking(params) is asked


@pytest.mark.parametrize("wire", ["messages", "responses"])
def test_blocks_in_another_order_are_seen_on_one_wire(wire: str) -> None:
    """Thinking goes before what came of it; on another wire the order is that wire's."""
    given = NeutralAnswer(parts=(THINKING,), order=("thinking", "text", "tool call"))
    got = NeutralAnswer(parts=(THINKING,), order=("text", "thinking", "tool call"))
    lost = parts_seen(wire, given, wire, got).lost
    assert lost == [
        "the blocks thinking, text, tool call arrived in another order: text, thinking, tool call"
    ]
    assert parts_seen(wire, given, "chat", got).lost == []
    # What is missing is told by what it is.
    less = NeutralAnswer(parts=(THINKING,), order=("thinking", "tool call"))
    assert parts_seen(wire, given, wire, less).lost == []


def test_the_chat_wire_may_tell_thinking_but_need_not() -> None:
    """It has no field for it; many providers add one."""
    assert seen("messages", [THINKING], "chat", []).excused == [
        "the chat wire has no place for 1 thinking block"
    ]
    assert seen("messages", [THINKING], "chat", [THINKING]).kept == ["the thinking's text"]
    assert seen("messages", [THINKING], "chat", [AnswerPart("thinking", "No.")]).lost


def test_sealed_thinking_is_excused_across_wires() -> None:
    """Only who sealed it can read it."""
    sealed = AnswerPart("thinking", "", "encrypted")
    assert seen("responses", [sealed], "messages", []).excused
    assert seen("responses", [sealed], "responses", []).lost


@pytest.mark.parametrize(("given_kind", "got_kind"), [("chat", "responses"), ("responses", "chat")])
@pytest.mark.parametrize("kind", ["citation", "logprobs", "refusal"])
def test_openais_wires_have_the_same_places(given_kind: str, got_kind: str, kind: str) -> None:
    """They spell citations and probabilities differently, so their number counts, and what is cited."""
    part = PARTS[kind]
    spelled = AnswerPart(part.kind, part.text, "in another way")
    assert seen(given_kind, [part], got_kind, [spelled]).kept
    assert seen(given_kind, [part], got_kind, []).lost
    if kind == "citation":
        elsewhere = [AnswerPart("citation", "https://elsewhere.example")]
        assert seen(given_kind, [part], got_kind, elsewhere).lost == [
            'a citation was changed: "the sky is blue"'
        ]


@pytest.mark.parametrize(
    "kind", ["redacted_thinking", "citation", "server_tool", "logprobs", "choice", "other"]
)
def test_what_the_other_wire_has_no_place_for_is_excused(kind: str) -> None:
    """And counted as such."""
    result = seen("messages", [PARTS[kind]], "chat", [])
    assert result.lost == result.kept == []
    assert result.excused[0].startswith("the chat wire has no place for 1 ")


def test_a_refusal_may_arrive_as_text_where_the_wire_has_none() -> None:
    """What was said is what counts."""
    given = NeutralAnswer(parts=(PARTS["refusal"],))
    told = NeutralAnswer(text="I cannot help with that.")
    assert parts_seen("chat", given, "messages", told).kept == ["the refusal"]
    assert parts_seen("chat", given, "messages", NeutralAnswer()).lost == [
        'the refusal was dropped: "I cannot help with that."'
    ]


def test_blocks_that_say_nothing_are_no_parts() -> None:
    """An empty thinking block, or an item of reasoning without a summary."""
    result = seen("responses", [AnswerPart("thinking")], "responses", [])
    assert (result.lost, result.kept, result.excused) == ([], [], [])
