"""Scripted answers: marker, tool calls that a model could make, truthful counts, deltas."""

from __future__ import annotations

import json

import pytest

from lab import tokens
from lab.meter import messages
from lab.meter.answers import Script, compose, halves, new_id, pieces
from lab.meter.prepared import Preparer
from lab.meter.recording import Recorder
from lab.meter.refusal import Refusal
from lab.meter.replies import Asked
from lab.meter.script import ScriptedAnswer, ScriptedToolCall
from lab.run.recorder import answer_tokens
from lab.wires import read_request
from lab.wires.neutral import NeutralAnswer, NeutralRequest, Tool, ToolCall

MARKER = "labmark-0123456789abcdef"
ANSWER = ScriptedAnswer(
    text="I look.",
    tool_calls=[
        ScriptedToolCall(name="Read", input={"b": 1, "a": "ä"}),
        ScriptedToolCall(name="Grep", input={}),
    ],
)
BODY = {
    "model": "kimi-lab-simple",
    "max_tokens": 10,
    "system": "be brief",
    "messages": [{"role": "user", "content": "hi there"}],
    "tools": [
        {"name": name, "description": "d", "input_schema": {"type": "object", "properties": {}}}
        for name in ("Read", "Grep")
    ],
}


def test_the_text_ends_with_the_marker_and_calls_follow() -> None:
    """Arguments are minified JSON in the script's order."""
    answer = compose(Script(ANSWER, MARKER), read_request("messages", BODY), 9, may_call=True, parallel=True)
    assert answer.text == f"I look.\n\n{MARKER}"
    assert [(call.name, call.arguments) for call in answer.calls] == [
        ("Read", '{"b":1,"a":"ä"}'),
        ("Grep", "{}"),
    ]


def test_a_tool_that_was_not_offered_is_not_called() -> None:
    """Nor any where calls are forbidden, nor a second one where only one is allowed."""
    script = Script(ANSWER, MARKER)
    one = read_request("messages", {**BODY, "tools": [BODY["tools"][1]]})  # type: ignore[index]
    both = read_request("messages", BODY)
    assert [call.name for call in compose(script, one, 9, may_call=True, parallel=True).calls] == ["Grep"]
    assert compose(script, both, 9, may_call=False, parallel=True).calls == ()
    assert [call.name for call in compose(script, both, 9, may_call=True, parallel=False).calls] == ["Read"]


def test_counts_are_those_of_the_labs_tokenizer_on_the_neutral_form() -> None:
    """Input includes system and tools; output includes each call's name and arguments."""
    call = Recorder(1_000_000).begin("litellm", "POST", "/v1/messages", "", [])
    headers = {"x-api-key": "k", "anthropic-version": "2023-06-01"}
    asked = Asked("POST", "/v1/messages", "", headers, json.dumps(BODY).encode())
    prepared = Preparer({}).prepare(messages.WIRE, asked, call)
    answer = compose(
        Script(ANSWER, MARKER), prepared.request, prepared.input_tokens, may_call=True, parallel=True
    )
    texts = ["be brief", "hi there", "Read", "d", "Grep", "d"] + ['{"properties":{},"type":"object"}'] * 2
    assert answer.input_tokens == tokens.count(texts)
    assert answer.output_tokens == tokens.count([answer.text, "Read", '{"a":"ä","b":1}', "Grep", "{}"])


@pytest.mark.parametrize("arguments", [{"b": 1, "a": 2.0}, {"z": {"y": [1.0, "\u00e4"]}, "a": None}, {}])
def test_an_answer_is_counted_by_one_rule_on_both_sides(arguments: dict[str, object]) -> None:
    """What the meter states of its answer is what the lab counts in it, whatever the order of arguments."""
    script = Script(
        ScriptedAnswer(text="Yes.", tool_calls=[ScriptedToolCall(name="Read", input=arguments)]), MARKER
    )
    request = NeutralRequest(model="m", tools=(Tool("Read"),))
    made = compose(script, request, 9, may_call=True, parallel=True)
    calls = tuple(ToolCall("1", call.name, json.loads(call.arguments)) for call in made.calls)
    assert made.output_tokens == answer_tokens(NeutralAnswer(made.text, calls))


@pytest.mark.parametrize(
    "text", ["", "x", "two words", "word " * 300, "x" * 5000, "\n\n a\n", f"yes\n\n{MARKER}"]
)
def test_deltas_together_are_the_text(text: str) -> None:
    """However long it is, there are at most 17."""
    deltas = pieces(text)
    assert "".join(deltas) == text
    assert len(deltas) <= 17
    assert all(deltas)


def test_an_ordinary_answer_comes_in_several_deltas() -> None:
    """So that a gateway has to put them together."""
    assert len(pieces(f"Stash puts your changes aside.\n\n{MARKER}")) >= 3
    assert "".join(halves('{"a":1}')) == '{"a":1}'


def test_ids_are_unique() -> None:
    """And 24 characters long, as the providers' are."""
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert {len(one) for one in ids} == {24}


def test_an_equal_body_is_remembered_for_its_wire_and_version_only() -> None:
    """Refusals are found anew each time, and noted with model and stream all the same."""
    preparer = Preparer({})
    recorder = Recorder(1_000_000)

    def ask(body: dict[str, object], version: str = "2023-06-01") -> tuple[object, object, object]:
        call = recorder.begin("litellm", "POST", "/v1/messages", "", [])
        headers = {"x-api-key": "k", "anthropic-version": version}
        asked = Asked("POST", "/v1/messages", "", headers, json.dumps(body).encode())
        try:
            found: object = preparer.prepare(messages.WIRE, asked, call)
        except Refusal as refusal:
            found = refusal.message
        return found, call.model, call.stream

    warm: dict[str, object] = {**BODY, "temperature": 0, "stream": True}
    first, second = ask(warm), ask(warm)
    assert first == second
    assert first[0] is second[0]
    assert first[1:] == ("kimi-lab-simple", True)
    refused = ("temperature: Extra inputs are not permitted", "kimi-lab-simple", True)
    assert ask(warm, "2026-10-21") == ask(warm, "2026-10-21") == refused
    assert ask({**warm, "max_tokens": 11})[0] is not first[0]
