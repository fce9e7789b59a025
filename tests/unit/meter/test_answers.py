"""Scripted answers: marker, tool calls that a model could make, truthful counts, deltas."""

from __future__ import annotations

import json

import jsonschema
import pytest

from lab import tokens
from lab.meter import messages
from lab.meter.answers import Script, Wishes, beginning, compose, halves, new_id, pieces
from lab.meter.prepared import Preparer
from lab.meter.recording import Recorder
from lab.meter.refusal import Refusal
from lab.meter.replies import Asked, Reply
from lab.meter.script import ScriptedAnswer, ScriptedToolCall, ScriptedUsage, ServerToolUse
from lab.meter.stops import STOPS
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
    answer = compose(Script(ANSWER, MARKER), read_request("messages", BODY), 9)
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
    assert [call.name for call in compose(script, one, 9).calls] == ["Grep"]
    assert compose(script, both, 9, Wishes(may_call=False)).calls == ()
    assert [call.name for call in compose(script, both, 9, Wishes(parallel=False)).calls] == ["Read"]


def test_counts_are_those_of_the_labs_tokenizer_on_the_neutral_form() -> None:
    """Input includes system and tools; output includes each call's name and arguments."""
    call = Recorder(1_000_000).begin("litellm", "POST", "/v1/messages", "", [])
    headers = {"x-api-key": "k", "anthropic-version": "2023-06-01"}
    asked = Asked("POST", "/v1/messages", "", headers, json.dumps(BODY).encode())
    prepared = Preparer({}).prepare(messages.WIRE, asked, call)
    answer = compose(Script(ANSWER, MARKER), prepared.request, prepared.input_tokens)
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
    made = compose(script, request, 9)
    calls = tuple(ToolCall("1", call.name, json.loads(call.arguments)) for call in made.calls)
    assert made.output_tokens == answer_tokens(NeutralAnswer(made.text, calls))


LONG = Script(ScriptedAnswer(text="One two three four five six seven eight nine ten. " * 4), MARKER)
PLAIN = NeutralRequest(model="m")


@pytest.mark.parametrize("most", [0, 1, 3, 5, 10, 16, 20, 30, 40, 60, 1000])
def test_an_answer_has_no_more_tokens_than_were_asked_for(most: int) -> None:
    """It says so; the marker comes first, and is left out only if it does not fit."""
    made = compose(LONG, PLAIN, 9, Wishes(max_tokens=most))
    whole = compose(LONG, PLAIN, 9)
    assert made.output_tokens == tokens.count_text(made.text) <= most
    assert made.stop == STOPS["end_turn" if most >= whole.output_tokens else "max_tokens"]
    if made.stop == STOPS["max_tokens"]:
        assert (MARKER in made.text) == (most > tokens.count_text(MARKER))
        assert made.text.startswith(MARKER) or LONG.answer.text.startswith(made.text)
        assert made.output_tokens >= most - 2
    else:
        assert made.text == whole.text


@pytest.mark.parametrize("most", range(0, 40, 3))
def test_a_call_is_whole_or_left_out(most: int) -> None:
    """A call that was cut could be read as another."""
    both = read_request("messages", BODY)
    made = compose(Script(ANSWER, MARKER), both, 9, Wishes(max_tokens=most))
    assert made.output_tokens <= most
    assert made.stop == STOPS["tool_use" if len(made.calls) == 2 else "max_tokens"]
    assert [call.arguments for call in made.calls] == ['{"b":1,"a":"ä"}', "{}"][: len(made.calls)]


@pytest.mark.parametrize(
    ("stop", "text", "hit"),
    [
        (("seven",), f"{MARKER}\n\nOne two three four five six ", "seven"),
        (("ten", "three", "nine"), f"{MARKER}\n\nOne two ", "three"),
        (("###",), None, None),
        (("\n\n",), f"{MARKER}\n{LONG.answer.text}", None),
        (("\n", "\n\n"), f"{MARKER} {LONG.answer.text}", None),
        (("-",), "labmark", "-"),
    ],
)
def test_a_stop_sequence_ends_the_answer_before_itself(
    stop: tuple[str, ...], text: str | None, hit: str | None
) -> None:
    """The first in the text counts; the lab's own joint between text and marker never does."""
    made = compose(LONG, PLAIN, 9, Wishes(stop=stop))
    assert made.text == (f"{LONG.answer.text}\n\n{MARKER}" if text is None else text)
    assert made.stop == STOPS["end_turn" if hit is None else "stop_sequence"]
    assert made.stop_sequence == hit


def test_what_stops_before_a_call_makes_none() -> None:
    """And an answer that is too long for its tokens is no longer one that a sequence stopped."""
    both = read_request("messages", BODY)
    script = Script(ANSWER, MARKER)
    assert compose(script, both, 9, Wishes(stop=("look",))).calls == ()
    made = compose(script, both, 9, Wishes(stop=("look",), max_tokens=2))
    assert (made.stop, made.stop_sequence) == (STOPS["max_tokens"], None)


SCHEMA = {
    "type": "object",
    "required": ["a", "b", "c", "d", "e"],
    "properties": {
        "a": {"type": "string"},
        "b": {"enum": ["x", "y"]},
        "c": {"type": "array", "items": {"type": "integer", "minimum": 3}, "minItems": 2},
        "d": {"anyOf": [{"$ref": "#/$defs/d"}, {"type": "null"}]},
        "e": {"type": ["boolean", "null"]},
        "f": {"type": "string"},
    },
    "$defs": {"d": {"type": "object", "properties": {"x": {"const": 1}}, "required": ["x"]}},
}


def test_a_call_that_is_demanded_is_made_though_no_script_foresees_it() -> None:
    """Of the tool that is named, or the first, with what its schema requires; and of offered tools only."""
    tools = (Tool("look", schema={"type": "object"}), Tool("write", schema=SCHEMA))
    asked = NeutralRequest(model="m", tools=tools)
    assert compose(LONG, asked, 9).calls == ()
    (first,) = compose(LONG, asked, 9, Wishes(must_call=True)).calls
    assert (first.name, first.input) == ("look", {})
    (named,) = compose(LONG, asked, 9, Wishes(must_call=True, named=frozenset({"write"}))).calls
    assert named.name == "write"
    assert named.input == {"a": "x", "b": "x", "c": [3, 3], "d": {"x": 1}, "e": False}
    jsonschema.validate(named.input, SCHEMA)
    assert compose(LONG, asked, 9, Wishes(must_call=True, named=frozenset({"other"}))).calls == ()
    (scripted,) = compose(
        Script(ANSWER, MARKER),
        read_request("messages", BODY),
        9,
        Wishes(must_call=True, named=frozenset({"Grep"})),
    ).calls
    assert scripted.name == "Grep"


def test_the_longest_beginning_is_found() -> None:
    """Of any text, with characters of several tokens too."""
    for text in ("", "a", "one two three", "日本語のテキスト" * 5, "🙂" * 20):
        for most in range(8):
            found = beginning(text, most)
            assert text.startswith(found)
            assert tokens.count_text(found) <= most


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


def test_an_equal_body_is_judged_anew_under_another_beta() -> None:
    """What one beta makes known is refused under the next, though the body has been seen."""
    preparer, recorder = Preparer({}), Recorder(1_000_000)
    raw = json.dumps({**BODY, "mcp_servers": []}).encode()

    def ask(beta: str) -> bool:
        headers = {"x-api-key": "k", "anthropic-version": "2023-06-01", "anthropic-beta": beta}
        call = recorder.begin("litellm", "POST", "/v1/messages", "", [])
        try:
            preparer.prepare(messages.WIRE, Asked("POST", "/v1/messages", "", headers, raw), call)
        except Refusal:
            return False
        return True

    assert [
        ask(beta) for beta in ("mcp-client-2025-11-20", "effort-2025-11-24", "mcp-client-2025-11-20")
    ] == [
        True,
        False,
        True,
    ]


@pytest.mark.parametrize(
    "ending", [{"stop_reason": "end_turn"}, {"stop_reason": "pause_turn"}, {"stop_sequence": "HALT"}]
)
def test_an_ending_that_a_script_states_is_the_ending(ending: dict[str, str]) -> None:
    """Whatever the request wishes, the text is whole, and no call is made that the script does not make."""
    wishes = Wishes(must_call=True, max_tokens=2, stop=("seven",))
    said = LONG.answer.model_copy(update=ending)
    made = compose(Script(said, MARKER), read_request("messages", BODY), 9, wishes)
    assert made.text == f"{LONG.answer.text}\n\n{MARKER}"
    assert made.stop == STOPS["stop_sequence" if "stop_sequence" in ending else said.stop_reason or "stop"]
    assert (made.stop_sequence, made.calls) == (ending.get("stop_sequence"), ())


def test_a_refusal_in_words_is_the_ending() -> None:
    """It is whole, too, and demands of a call change nothing."""
    said = Script(ScriptedAnswer(refusal=LONG.answer.text), MARKER)
    made = compose(said, read_request("messages", BODY), 9, Wishes(must_call=True, max_tokens=2))
    assert made.refusal == f"{LONG.answer.text}\n\n{MARKER}"
    assert (made.stop.messages, made.stop.chat, made.calls) == ("refusal", "stop", ())


def test_each_choice_ends_by_itself() -> None:
    """One is cut, one is stopped, and one is short enough to be whole."""
    said = ScriptedAnswer(text="Yes.", choices=[LONG.answer.text, "No: seven."])
    made = compose(Script(said, MARKER), PLAIN, 9, Wishes(max_tokens=30, stop=("seven.",)))
    assert made.stop == STOPS["end_turn"]
    cut, stopped = made.choices
    assert (cut.stop, cut.sequence) == (STOPS["max_tokens"], None)
    assert tokens.count_text(cut.text) <= 30
    assert (stopped.stop, stopped.sequence) == (STOPS["stop_sequence"], "seven.")
    assert stopped.text == f"{MARKER}\n\nNo: "


def test_thinking_takes_of_the_tokens_of_an_answer() -> None:
    """As the provider counts it."""
    said = Script(LONG.answer.model_copy(update={"thinking": ["Let me think."]}), MARKER)
    made = compose(said, PLAIN, 9, Wishes(max_tokens=30))
    assert made.stop == STOPS["max_tokens"]
    assert 28 <= made.output_tokens <= 30


def test_a_chosen_id_stays_with_its_call() -> None:
    """Though the request allows one call alone, and another comes before it in the script."""
    calls = [ScriptedToolCall(name="Read", input={}), ScriptedToolCall(name="Grep", input={}, id="mine")]
    said = Script(ScriptedAnswer(tool_calls=calls), MARKER)
    only = Wishes(must_call=True, named=frozenset({"Grep"}), parallel=False)
    made = compose(said, read_request("messages", BODY), 9, only)
    assert [(call.name, call.chosen) for call in made.calls] == [("Grep", "mine")]


THOUGHT = "I think it over. " * 20
CALL = ScriptedToolCall(name="Read", input={})
REQUEST = read_request("messages", BODY)


@pytest.mark.parametrize("most", [1, 6, 30])
def test_thinking_is_cut_where_the_limit_is(most: int) -> None:
    """A model that has thought up to its limit says and calls nothing."""
    said = ScriptedAnswer(text="So.", thinking=[THOUGHT, THOUGHT], tool_calls=[CALL])
    answer = compose(Script(said, MARKER), REQUEST, 1, Wishes(max_tokens=most))
    assert answer.output_tokens <= most
    assert (answer.text, answer.calls) == ("", ())
    assert answer.stop is STOPS["length"]
    assert "".join(answer.script.thinking)
    assert THOUGHT.startswith(answer.script.thinking[0])


@pytest.mark.parametrize(
    "said",
    [
        ScriptedAnswer(text="So."),
        ScriptedAnswer(text=""),
        ScriptedAnswer(text="So.", thinking=[THOUGHT], redacted_thinking=["ZW5j"]),
        ScriptedAnswer(refusal="No."),
        ScriptedAnswer(text="So.", stop_reason="end_turn"),
        ScriptedAnswer(text="So.", server_tools=[ServerToolUse(input={"query": "x"})]),
        ScriptedAnswer(text="", tool_calls=[CALL]),
    ],
)
def test_a_limit_of_no_tokens_leaves_nothing_of_any_answer(said: ScriptedAnswer) -> None:
    """So a prompt is put into the cache: no content, and stop_reason max_tokens."""
    answer = compose(Script(said, MARKER), REQUEST, 1, Wishes(max_tokens=0))
    reply = messages.answer(Asked("POST", "/v1/messages", "", {}), answer)
    assert isinstance(reply, Reply)
    whole = json.loads(reply.body)
    assert (whole["content"], whole["stop_reason"]) == ([], "max_tokens")
    assert whole["usage"]["output_tokens"] == 0


def test_tokens_of_reasoning_count_towards_the_limit() -> None:
    """What is left of it is the text's."""
    said = ScriptedAnswer(text="a b c d e f g h", usage=ScriptedUsage(reasoning=5))
    answer = compose(Script(said, MARKER), REQUEST, 1, Wishes(max_tokens=9))
    assert answer.output_tokens <= 9
    assert answer.stop is STOPS["length"]
