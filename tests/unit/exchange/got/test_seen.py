"""What the model got of a request, kind by kind, in a prompt as Ollama writes it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lab import wires
from lab.exchange.got.loss import Counts
from lab.exchange.got.seen import counts_of
from lab.records.models import ModelInput
from lab.wires.neutral import AnswerPart, NeutralAnswer, ToolCall, Usage

WHOLE = ModelInput(seen_by="trace", tokens=50, tokens_whole=50, images=0, form="", cut=False)
TOOL = {
    "name": "read_file",
    "description": "Reads a file.",
    "input_schema": {
        "type": "object",
        "properties": {"path": {"type": "string", "pattern": "^/", "minLength": 2}},
        "required": ["path"],
        "additionalProperties": False,
    },
    "strict": True,
}


def turn(role: str, text: str) -> str:
    """A turn as ChatML writes it."""
    return f"<|im_start|>{role}\n{text}<|im_end|>\n"


def got(body: dict[str, Any], prompt: str | None, kind: str = "messages", **more: Any) -> Counts:
    """What is said of a body and the prompt that came of it."""
    answer = more.pop("answer", None)
    given = WHOLE.model_copy(update=more)
    return counts_of(wires.read_request(kind, body), given, prompt, answer, 32, body)


def lost(counts: Counts) -> dict[str, list[str]]:
    """Only what was lost."""
    return {kind: count.lost for kind, count in counts.items() if count.lost}


CHAT: dict[str, Any] = {
    "model": "m",
    "system": "Be brief.",
    "messages": [
        {"role": "user", "content": "ok"},
        {"role": "assistant", "content": "Fine."},
        {"role": "user", "content": "ok"},
    ],
}


def test_a_prompt_that_has_everything_loses_nothing() -> None:
    """The honest server."""
    prompt = (
        turn("system", "Be brief.") + turn("user", "ok") + turn("assistant", "Fine.") + turn("user", "ok")
    )
    counts = got(CHAT, prompt)
    assert lost(counts) == {}
    assert (counts["turns"].kept, counts["turns"].of) == (3, 3)
    assert (counts["system"].kept, counts["whole_prompt"].kept) == (1, 1)


def test_turns_that_a_server_drops_are_named() -> None:
    """Ollama leaves out the oldest; an equal later turn does not stand in for one that is gone."""
    counts = got(CHAT, turn("system", "Be brief.") + turn("user", "ok"))
    assert lost(counts) == {"turns": ["turn 1 (user)", "turn 2 (assistant)"]}


def test_a_dropped_turn_is_not_found_in_the_system_prompt() -> None:
    """Its words may stand there too."""
    body = {**CHAT, "system": "Say ok or no."}
    counts = got(body, turn("system", "Say ok or no.") + turn("assistant", "Fine.") + turn("user", "ok"))
    assert lost(counts) == {"turns": ["turn 1 (user)"]}


def test_a_system_prompt_that_was_cut_off_is_lost() -> None:
    """A cut keeps four tokens of the front."""
    text = " ".join(f"word{n}" for n in range(3000))
    body = {"model": "m", "system": "Be brief.", "messages": [{"role": "user", "content": text}]}
    prompt = turn("system", "Be brief.") + turn("user", text)
    counts = got(body, prompt, tokens=4096, tokens_whole=18_906, keep=4, cut=True)
    assert lost(counts) == {
        "whole_prompt": ["4,096 of 18,906 tokens"],
        "system": ['"Be brief."'],
        "turns": ["turn 1 (user), in part"],
    }


def test_a_document_of_which_nothing_arrives_is_lost_and_its_turn_is_not() -> None:
    """Ollama drops document blocks on /v1/messages."""
    document = {
        "type": "document",
        "source": {"type": "text", "media_type": "text/plain", "data": "Code 8841."},
    }
    body = {
        "model": "m",
        "messages": [{"role": "user", "content": [document, {"type": "text", "text": "Code?"}]}],
    }
    assert lost(got(body, turn("user", "Code?"))) == {"documents": ['"Code 8841." of turn 1']}
    assert lost(got(body, turn("user", "Code 8841.\nCode?"))) == {}


@pytest.mark.parametrize("before", ["", "Error: ", "The call failed. "])
def test_the_mark_of_a_failed_result_has_to_be_said_beside_it(before: str) -> None:
    """The result's own words may sound like success."""
    body = {
        "model": "m",
        "messages": [
            {"role": "user", "content": "Read."},
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "t", "name": "read_file", "input": {}}],
            },
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "t", "is_error": True, "content": "none"}],
            },
        ],
    }
    prompt = (
        turn("user", "Read.") + turn("assistant", '{"name": "read_file"}') + turn("tool", f"{before}none")
    )
    found = lost(got(body, prompt))
    assert found == ({} if before else {"error_marks": ['"none"']})


def test_a_result_that_is_json_is_looked_for_as_it_was_spelled() -> None:
    """Requests are compared with their JSON in one spelling, and a prompt has the client's."""
    text = '{ "b": 1,\n  "a": [1, 2] }'
    result = {"type": "tool_result", "tool_use_id": "t", "content": text}
    body = {
        "model": "m",
        "messages": [
            {"role": "user", "content": "Read."},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "look", "input": {}}]},
            {"role": "user", "content": [result]},
        ],
    }
    prompt = turn("user", "Read.") + turn("assistant", '{"name": "look"}') + turn("tool", text)
    assert lost(got(body, prompt)) == {}
    gone = lost(got(body, turn("user", "Read.") + turn("assistant", '{"name": "look"}')))
    assert set(gone) == {"tool_results", "turns"}


def test_parts_of_a_turn_in_another_order_are_there_and_told() -> None:
    """Ollama writes a user's words before the tool results that came with them."""
    result = {"type": "tool_result", "tool_use_id": "t", "content": "found"}
    body = {
        "model": "m",
        "messages": [
            {"role": "user", "content": "Read."},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "look", "input": {}}]},
            {"role": "user", "content": [result, {"type": "text", "text": "And now?"}]},
        ],
    }
    head = turn("user", "Read.") + turn("assistant", '{"name": "look"}')
    assert lost(got(body, head + turn("tool", "found") + turn("user", "And now?"))) == {}
    assert lost(got(body, head + turn("user", "And now?") + turn("tool", "found"))) == {
        "order": ["the order of the parts of turn 3"]
    }


def test_an_empty_word_of_a_schema_says_nothing() -> None:
    """A server that leaves out an empty `properties` takes nothing away."""
    tool = {"name": "look", "description": "", "input_schema": {"type": "object", "properties": {}}}
    body = {"model": "m", "tools": [tool], "messages": [{"role": "user", "content": "Hi."}]}
    prompt = turn("system", '{"name": "look", "parameters": {"type": "object"}}') + turn("user", "Hi.")
    counts = got(body, prompt)
    assert lost(counts) == {}
    assert counts["schema_words"].of == 1


def written(*without: str, tool: dict[str, Any] = TOOL) -> str:
    """The tool as Ollama's templates write it, less some words of its schema."""

    def less(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: less(one) for name, one in value.items() if name not in without}
        return value

    parts = {
        "name": tool["name"],
        "description": tool["description"],
        "parameters": less(tool["input_schema"]),
    }
    more = {} if "strict" in without else {"strict": True}
    return turn("system", f"Tools:\n{json.dumps({'type': 'function', 'function': {**parts, **more}})}")


ASK = {"model": "m", "tools": [TOOL], "messages": [{"role": "user", "content": "Read /a."}]}


def test_text_that_changes_places_with_a_result_of_its_turn_loses_neither() -> None:
    """llama.cpp puts the text of a turn before the results in it."""
    call = {"type": "tool_use", "id": "t", "name": "read_file", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "t", "content": "Disk is full."}
    body = {
        "model": "m",
        "messages": [
            {"role": "user", "content": "Look."},
            {"role": "assistant", "content": [call]},
            {"role": "user", "content": [result, {"type": "text", "text": "Go on."}]},
        ],
    }
    moved = turn("user", "Go on.") + turn("tool", "Disk is full.")
    kept = turn("user", "Look.") + turn("assistant", "<tool_call>read_file</tool_call>") + moved
    order = {"order": ["the order of the parts of turn 3"]}
    assert lost(got(body, kept)) == order
    gone = turn("user", "Look.") + turn("assistant", "") + moved
    without = {"tool_calls": ["read_file of turn 2"], "turns": ["turn 2 (assistant)"]}
    assert lost(got(body, gone)) == order | without
    swapped = turn("user", "Go on.") + turn("user", "Look.") + turn("tool", "Disk is full.")
    assert "turns" in lost(got(body, swapped)), "messages keep their order"


def test_a_word_of_a_turn_is_neither_an_earlier_call_nor_a_tool_of_that_name() -> None:
    """A dropped call of `Read` is not found in the question to read something, nor is that question lost."""
    body = {
        "model": "m",
        "tools": [{"name": "Read", "description": "Reads.", "input_schema": {"type": "object"}}],
        "messages": [
            {"role": "user", "content": "Read package.json and say what it needs."},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "Read", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "lodash"}]},
        ],
    }
    asked = turn("user", "Read package.json and say what it needs.")
    gone = lost(got(body, asked + turn("assistant", "") + turn("tool", "lodash")))
    assert gone["tool_calls"] == ["Read of turn 2"]
    assert gone["turns"] == ["turn 2 (assistant)"]
    assert gone["tool_names"] == ["Read"]
    made = lost(got(body, asked + turn("assistant", "Read()") + turn("tool", "lodash")))
    assert "tool_calls" not in made
    assert "turns" not in made


def test_the_mark_of_a_failed_result_is_not_read_in_the_text_beside_it() -> None:
    """Wherever that text has come to stand."""
    result = {"type": "tool_result", "tool_use_id": "t", "is_error": True, "content": "Disk is full."}
    content = [result, {"type": "text", "text": "Mind the error."}]
    body = {"model": "m", "messages": [{"role": "user", "content": content}]}
    prompt = turn("tool", "Disk is full.") + turn("user", "Mind the error.")
    assert lost(got(body, prompt))["error_marks"]


def test_words_of_a_schema_are_looked_for_one_by_one() -> None:
    """Ollama keeps type, enum, description and required, and drops the rest."""
    whole = got(ASK, written() + turn("user", "Read /a."))
    assert lost(whole) == {}
    less = got(
        ASK, written("pattern", "minLength", "additionalProperties", "strict") + turn("user", "Read /a.")
    )
    assert lost(less) == {
        "schema_words": [
            "read_file: properties.path.pattern",
            "read_file: properties.path.minLength",
            "read_file: additionalProperties",
            "read_file: strict",
        ]
    }
    assert less["schema_words"].of == whole["schema_words"].of


def test_a_word_with_another_value_is_lost() -> None:
    """A server may write another number there."""
    prompt = written().replace('"minLength": 2', '"minLength": 1') + turn("user", "Read /a.")
    assert lost(got(ASK, prompt)) == {"schema_words": ["read_file: properties.path.minLength"]}


def test_a_tool_that_is_not_in_the_prompt_is_lost_with_all_it_says() -> None:
    """Some templates write no tools at all."""
    found = lost(got(ASK, turn("user", "Read /a.")))
    assert found["tool_names"] == found["tool_descriptions"] == ["read_file"]
    assert len(found["schema_words"]) == 7


def test_a_notation_that_is_no_json_is_read_by_its_words() -> None:
    """Such as Go's, or that of a programming language."""
    notation = 'type read_file = (path: "string" matching ^/) // Reads a file. object [path] minLength'
    found = lost(got(ASK, turn("system", notation) + turn("user", "Read /a.")))
    assert found == {"schema_words": ["read_file: additionalProperties", "read_file: strict"]}


def test_the_role_developer_written_as_such_is_no_system_prompt() -> None:
    """A model knows system, user, assistant and tool."""
    body = {
        "model": "m",
        "messages": [{"role": "developer", "content": "In French."}, {"role": "user", "content": "Hi."}],
    }
    what = "the role developer, which the template writes down as a role of that name"
    named = got(body, turn("developer", "In French.") + turn("user", "Hi."), "chat")
    assert lost(named) == {"roles": [what]}
    assert lost(got(body, turn("system", "In French.") + turn("user", "Hi."), "chat")) == {}


def test_two_texts_of_a_turn_that_are_run_together_are_told() -> None:
    """The line between them was the client's."""
    parts = [{"type": "text", "text": "One."}, {"type": "text", "text": "Two."}]
    body = {"model": "m", "messages": [{"role": "user", "content": parts}]}
    assert lost(got(body, turn("user", "One.\n\nTwo."))) == {
        "text_parts": ['two texts of turn 1, joined with "\\n\\n"']
    }
    assert lost(got(body, turn("user", "One.<sep>Two."))) == {}


def test_earlier_thinking_is_a_kind_of_its_own() -> None:
    """Its turn is kept if the answer's words are."""
    thought = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
    content = [thought, {"type": "text", "text": "A."}]
    body = {
        "model": "m",
        "messages": [
            {"role": "user", "content": "Q?"},
            {"role": "assistant", "content": content},
            {"role": "user", "content": "R?"},
        ],
    }
    prompt = turn("user", "Q?") + turn("assistant", "A.") + turn("user", "R?")
    assert lost(got(body, prompt)) == {"thinking": ['"Hm." of turn 2']}


def test_pictures_are_counted() -> None:
    """Their place in the prompt shows nothing of them."""
    picture = {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="},
    }
    body = {
        "model": "m",
        "messages": [{"role": "user", "content": [picture, {"type": "text", "text": "What?"}]}],
    }
    assert lost(got(body, turn("user", "[img-0]What?"), images=0)) == {"images": ["image/png"]}
    assert lost(got(body, turn("user", "[img-0]What?"), images=1)) == {}


DONE = NeutralAnswer(text="Hello.", stop_reason="end_turn", usage=Usage(input=50, output=3))
CALL = NeutralAnswer(
    tool_calls=(ToolCall("1", "read_file", {}),), stop_reason="tool_use", usage=Usage(input=50)
)
CUT = NeutralAnswer(text="Hel", stop_reason="max_tokens", usage=Usage(input=50, output=32))


@pytest.mark.parametrize(
    ("params", "answer", "form", "fate"),
    [
        ({"tool_choice": {"type": "any"}}, DONE, "", "lost"),
        ({"tool_choice": {"type": "any"}}, CUT, "", "lost"),
        ({"tool_choice": {"type": "any"}}, CUT, None, "unsure"),
        ({"tool_choice": {"type": "any"}}, CUT, "grammar", "kept"),
        ({"tool_choice": {"type": "any"}}, CALL, "", "kept"),
        ({"tool_choice": {"type": "tool", "name": "read_file"}}, CALL, "", "kept"),
        ({"tool_choice": {"type": "tool", "name": "other"}}, CALL, "", "lost"),
        ({"tool_choice": "required"}, DONE, "", "lost"),
        ({"tool_choice": {"type": "function", "function": {"name": "read_file"}}}, CALL, "", "kept"),
        ({"tool_choice": {"type": "auto"}}, DONE, "", None),
        ({"tool_choice": "none"}, DONE, "", None),
        ({}, DONE, "", None),
    ],
)
def test_a_forced_call_has_to_be_made_or_demanded(
    params: dict[str, Any], answer: NeutralAnswer, form: str | None, fate: str | None
) -> None:
    """An answer cut off by the lab's own ceiling proves nothing, unless nothing demands a call."""
    kind = "chat" if isinstance(params.get("tool_choice"), str) or "function" in str(params) else "messages"
    counts = got({"model": "m", "messages": [], **params}, None, kind, answer=answer, form=form)
    count = counts.get("forced_choice")
    if fate is None:
        assert count is None
    else:
        assert count is not None
        assert (count.kept, count.unsure, len(count.lost)) == (
            int(fate == "kept"),
            int(fate == "unsure"),
            int(fate == "lost"),
        )


@pytest.mark.parametrize(
    ("params", "answer", "expected"),
    [
        ({"n": 2}, DONE, {"choices": ["2 choices asked for, 1 given"]}),
        (
            {"n": 2},
            NeutralAnswer("a", stop_reason="stop", usage=Usage(50), parts=(AnswerPart("choice", "b"),)),
            {},
        ),
        ({"stop": ["ell"]}, DONE, {"stop": ['"ell"']}),
        ({"stop": "zzz"}, DONE, {}),
        ({"max_completion_tokens": 2}, DONE, {"max_tokens": ["2 tokens at most, 3 given"]}),
        ({"max_tokens": 3}, DONE, {}),
        ({"max_tokens": 64}, DONE, {}),
        (
            {"response_format": {"type": "json_object"}},
            DONE,
            {"response_format": ["json_object, to which the answer is not held"]},
        ),
    ],
)
def test_wishes_that_an_answer_shows_to_be_ignored(
    params: dict[str, Any], answer: NeutralAnswer, expected: dict[str, list[str]]
) -> None:
    """And those that it honours, or of which it shows nothing."""
    assert lost(got({"model": "m", "messages": [], **params}, None, "chat", answer=answer)) == expected


def test_a_form_that_the_server_does_not_tell_is_seen_in_the_answer() -> None:
    """Without a trace, JSON shows itself."""
    body = {"model": "m", "messages": [], "response_format": {"type": "json_object"}}
    json_answer = NeutralAnswer(text='{"a": 1}', stop_reason="stop", usage=Usage(50, 3))
    assert lost(got(body, None, "chat", answer=json_answer, form=None)) == {}
    prose = lost(got(body, None, "chat", answer=DONE, form=None))
    assert prose == {"response_format": ["json_object asked for, and the answer is no JSON"]}
    assert got(body, None, "chat", answer=CUT, form=None)["response_format"].unsure == 1


def test_an_answer_without_an_end_and_without_usage_is_told() -> None:
    """Ollama ends so what repeats one token 30 times."""
    answer = NeutralAnswer(text="aaa", usage=Usage(0, 0))
    assert lost(got({"model": "m", "messages": []}, None, "chat", answer=answer)) == {
        "ending": ["the answer says not why it ends"],
        "usage": ["50 tokens read, 0 stated"],
    }


def test_a_prompt_that_was_not_seen_says_nothing_of_its_texts() -> None:
    """Only the lengths tell, and the answer."""
    counts = got(CHAT, None, seen_by="count", tokens=10, tokens_whole=36, cut=True, answer=DONE)
    assert lost(counts) == {"whole_prompt": ["10 of about 36 tokens"]}
    assert "turns" not in counts
