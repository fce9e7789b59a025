"""Why an answer ends: the same word on one wire, and its counterpart on another."""

from __future__ import annotations

import pytest

from lab.exchange.endings import Kept, ending_kept, ending_of
from lab.wires.neutral import AnswerPart, NeutralAnswer, ToolCall

CALLS = (ToolCall("1", "Read", {}),)
REFUSAL = (AnswerPart("refusal", "No."),)


def said(reason: str, *, details: str | None = None, stop: str | None = None) -> NeutralAnswer:
    """An answer that ends for this reason; it calls a tool if its wire says so by the reason."""
    calls = CALLS if reason in {"tool_use", "tool_calls"} else ()
    return NeutralAnswer(stop_reason=reason, stop_details=details, stop_sequence=stop, tool_calls=calls)


WORDS = {
    "messages": [
        "end_turn",
        "max_tokens",
        "tool_use",
        "pause_turn",
        "refusal",
        "model_context_window_exceeded",
    ],
    "chat": ["stop", "length", "tool_calls", "content_filter", "of_a_later_version"],
    "responses": ["completed", "incomplete", "failed", "of_a_later_version"],
    "ollama_chat": ["stop", "length", "load"],
}


@pytest.mark.parametrize("kind", WORDS)
def test_on_one_wire_only_the_same_word_will_do(kind: str) -> None:
    """Whatever it is, also if nobody knows it yet."""
    for given in WORDS[kind]:
        for got in WORDS[kind]:
            kept, why = ending_kept(kind, said(given), kind, said(got))
            assert kept == ("kept" if given == got else "changed"), (given, got)
            assert given in why


@pytest.mark.parametrize(
    ("given", "got", "why"),
    [
        (said("stop_sequence", stop="END"), said("stop_sequence", stop="END"), ""),
        (
            said("stop_sequence", stop="END"),
            said("stop_sequence"),
            'stop_reason stop_sequence ("END") arrived as stop_reason stop_sequence',
        ),
        (
            said("stop_sequence", stop="END"),
            said("stop_sequence", stop="###"),
            'stop_reason stop_sequence ("END") arrived as stop_reason stop_sequence ("###")',
        ),
        (
            said("refusal", details='{"category":"cyber"}'),
            said("refusal"),
            'stop_reason refusal ({"category":"cyber"}) arrived as stop_reason refusal',
        ),
        (said("end_turn"), NeutralAnswer(), "stop_reason end_turn arrived as no stop_reason"),
    ],
)
def test_which_sequence_and_which_refusal_belong_to_it(
    given: NeutralAnswer, got: NeutralAnswer, why: str
) -> None:
    """A client that asked for several stop sequences has to know which one it was."""
    kept, told = ending_kept("messages", given, "messages", got)
    assert (kept, told if why else "") == ("changed" if why else "kept", why)


def across(pair: str) -> list[tuple[str, str]]:
    """Pairs in a line."""
    return [(one, two) for line in pair.split() for one, _, two in [line.partition("=")]]


RIGHT = {
    ("messages", "chat"): across(
        "end_turn=stop max_tokens=length stop_sequence=stop tool_use=tool_calls refusal=content_filter "
        "model_context_window_exceeded=length"
    ),
    ("chat", "messages"): across(
        "stop=end_turn length=max_tokens tool_calls=tool_use content_filter=refusal function_call=tool_use"
    ),
    ("messages", "responses"): across(
        "end_turn=completed max_tokens=incomplete/max_output_tokens tool_use=completed "
        "stop_sequence=completed refusal=incomplete/content_filter "
        "model_context_window_exceeded=incomplete/max_output_tokens"
    ),
    ("responses", "messages"): across(
        "completed=end_turn incomplete/max_output_tokens=max_tokens incomplete/content_filter=refusal"
    ),
    ("chat", "responses"): across(
        "stop=completed length=incomplete/max_output_tokens tool_calls=completed "
        "content_filter=incomplete/content_filter"
    ),
    ("responses", "chat"): across(
        "completed=stop incomplete/max_output_tokens=length incomplete/content_filter=content_filter"
    ),
    ("ollama_chat", "messages"): across("stop=end_turn length=max_tokens"),
    ("ollama_chat", "chat"): across("stop=stop length=length"),
}
ALL = {
    "messages": [*WORDS["messages"], "stop_sequence"],
    "chat": ["stop", "length", "tool_calls", "function_call", "content_filter"],
    "responses": ["completed", "incomplete/max_output_tokens", "incomplete/content_filter"],
}
# Two words of one wire for the same thing.
ALSO_RIGHT = {("model_context_window_exceeded", "max_tokens"), ("tool_use", "function_call")}


def spelled(word: str) -> NeutralAnswer:
    """An answer that ends as a line of the tables says."""
    reason, _, details = word.partition("/")
    return said(reason, details=details or None)


@pytest.mark.parametrize("wires", RIGHT)
def test_across_wires_the_counterpart_will_do_and_no_other_word(wires: tuple[str, str]) -> None:
    """Every word of one wire against every word of the other."""
    given_kind, got_kind = wires
    for given, right in RIGHT[wires]:
        for got in ALL[got_kind]:
            kept, _ = ending_kept(given_kind, spelled(given), got_kind, spelled(got))
            fits = (
                got == right or (given, got) in ALSO_RIGHT or {got, right} == {"tool_calls", "function_call"}
            )
            assert kept == ("kept" if fits else "changed"), (given, got)


@pytest.mark.parametrize(
    ("given_kind", "given", "got_kind", "got", "kept"),
    [
        ("messages", "pause_turn", "chat", "stop", "excused"),
        ("messages", "pause_turn", "responses", "completed", "excused"),
        ("messages", "pause_turn", "chat", "tool_calls", "changed"),
        ("messages", "pause_turn", "chat", "length", "changed"),
        ("messages", "of_a_later_version", "chat", "stop", "excused"),
        ("chat", "of_a_later_version", "messages", "end_turn", "excused"),
    ],
)
def test_what_the_other_wire_has_no_word_for_is_excused(
    given_kind: str, given: str, got_kind: str, got: str, kept: Kept
) -> None:
    """But not if what arrives says something else."""
    assert ending_kept(given_kind, said(given), got_kind, said(got))[0] == kept


@pytest.mark.parametrize(
    ("given_kind", "given", "got_kind", "right", "wrong"),
    [
        ("responses", "completed", "messages", "tool_use", "end_turn"),
        ("responses", "completed", "chat", "tool_calls", "stop"),
        ("chat", "stop", "messages", "tool_use", "end_turn"),
        ("ollama_chat", "stop", "messages", "tool_use", "end_turn"),
    ],
)
def test_a_word_that_stands_for_several_ends_is_read_by_what_the_answer_holds(
    given_kind: str, given: str, got_kind: str, right: str, wrong: str
) -> None:
    """Responses and Ollama have one word for calls and for the end of a turn."""
    call = NeutralAnswer(stop_reason=given, tool_calls=CALLS)
    assert ending_of(given_kind, call) == "tools"
    assert ending_kept(given_kind, call, got_kind, said(right))[0] == "kept"
    assert ending_kept(given_kind, call, got_kind, said(wrong))[0] == "changed"


def test_a_refusal_in_words_is_told_as_a_refusal_or_as_words() -> None:
    """On OpenAI's wires a model declines in a field of its own, and ends as ever."""
    refused = NeutralAnswer(stop_reason="stop", parts=REFUSAL)
    for kind, word, kept in (
        ("messages", "refusal", "kept"),
        ("messages", "end_turn", "kept"),
        ("messages", "max_tokens", "changed"),
        ("responses", "completed", "kept"),
        ("responses", "incomplete/max_output_tokens", "changed"),
    ):
        assert ending_kept("chat", refused, kind, spelled(word))[0] == kept, word
    stopped = said("refusal")
    assert ending_kept("messages", stopped, "chat", refused)[0] == "kept"
    assert ending_kept("messages", stopped, "chat", said("stop"))[0] == "changed"
    assert ending_kept("messages", stopped, "responses", said("completed"))[0] == "changed"


def test_a_gateway_may_know_which_of_the_clients_sequences_it_was() -> None:
    """Chat does not say it; naming one that the client never asked for is made up."""
    got = said("stop_sequence", stop="END")
    assert ending_kept("chat", said("stop"), "messages", got, ("END",))[0] == "kept"
    assert ending_kept("chat", said("stop"), "messages", got, ("###",))[0] == "changed"
