"""Legal answers are read for what they say, whole or streamed, and nothing in them is called a fault."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lab import wires
from lab.wires.neutral import NeutralAnswer, Usage
from tests.unit.wires.test_answers import (
    COMPLETION,
    JSON,
    MESSAGE,
    RESPONSE,
    SSE,
    changed,
    chat_chunks,
    chunk,
    events,
    message_events,
    response_events,
)

CITATION = {
    "type": "char_location",
    "cited_text": "the sky is blue",
    "document_index": 0,
    "document_title": "Sky",
    "start_char_index": 0,
    "end_char_index": 15,
}
SEARCH: dict[str, Any] = {
    "type": "server_tool_use",
    "id": "srvtoolu_1",
    "name": "web_search",
    "input": {"query": "a"},
}
FOUND: dict[str, Any] = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
THINKING: dict[str, Any] = {"type": "thinking", "thinking": "Hm, well.", "signature": "c2lnbmVk"}
REDACTED: dict[str, Any] = {"type": "redacted_thinking", "data": "ZGF0YQ=="}
CITED: dict[str, Any] = {"type": "text", "text": "Hello", "citations": [CITATION]}
NOVEL: dict[str, Any] = {"type": "novel", "note": "of a later version"}
BLOCKS: list[dict[str, Any]] = [THINKING, REDACTED, SEARCH, FOUND, CITED, NOVEL]
REFUSED = {"type": "refusal", "category": "cyber", "explanation": None}


def message(blocks: list[dict[str, Any]], reason: str, **more: Any) -> dict[str, Any]:
    """A whole message."""
    return MESSAGE | {"content": blocks, "stop_reason": reason} | more


def halves(text: str) -> tuple[str, str]:
    """A text in two pieces."""
    return text[: len(text) // 2], text[len(text) // 2 :]


def pieces_of(block: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """How a provider streams a block: as it starts, and its deltas."""
    if block["type"] == "text":
        deltas: list[dict[str, Any]] = [
            {"type": "text_delta", "text": part} for part in halves(block["text"])
        ]
        deltas += [{"type": "citations_delta", "citation": one} for one in block.get("citations", [])]
        return {"type": "text", "text": ""}, deltas
    if block["type"] == "thinking":
        parts: list[dict[str, Any]] = [
            {"type": "thinking_delta", "thinking": part} for part in ("Hm, ", "well.")
        ]
        parts.append({"type": "signature_delta", "signature": block["signature"]})
        return {"type": "thinking", "thinking": "", "signature": ""}, parts
    if block["type"] == "server_tool_use":
        asked = json.dumps(block["input"])
        cut = [{"type": "input_json_delta", "partial_json": part} for part in (asked[:4], asked[4:])]
        return block | {"input": {}}, cut
    if block["type"] == "novel":
        return {"type": "novel"}, [
            {"type": "novel_delta", "note": part} for part in ("of a ", "later version")
        ]
    return block, []


def streamed(whole: dict[str, Any]) -> bytes:
    """The same message as a stream, with a ping and an event of a type yet unknown in it."""
    start = message_events()[0]
    made = [start, {"type": "ping"}, {"type": "novel_event", "of": "a later version"}]
    for index, block in enumerate(whole["content"]):
        first, deltas = pieces_of(block)
        made.append({"type": "content_block_start", "index": index, "content_block": first})
        made += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        made.append({"type": "content_block_stop", "index": index})
    end = {key: whole.get(key) for key in ("stop_reason", "stop_sequence", "stop_details")}
    made.append({"type": "message_delta", "delta": end, "usage": {"output_tokens": 5}})
    return events(*made, {"type": "message_stop"})


def both(whole: dict[str, Any]) -> tuple[NeutralAnswer, NeutralAnswer]:
    """A message read whole, and read as a stream."""
    return (
        wires.read_answer("messages", json.dumps(whole).encode(), JSON),
        wires.read_answer("messages", streamed(whole), SSE),
    )


@pytest.mark.parametrize(
    "whole",
    [
        message([], "end_turn"),
        message([], "refusal", stop_details=REFUSED),
        message([SEARCH, FOUND], "pause_turn"),
        message([CITED], "model_context_window_exceeded"),
        message([CITED], "stop_sequence", stop_sequence="END"),
        message([THINKING], "max_tokens"),
        message(BLOCKS, "end_turn"),
    ],
    ids=lambda whole: f"{whole['stop_reason']} {len(whole['content'])}",
)
def test_legal_messages_have_no_problems(whole: dict[str, Any]) -> None:
    """No text, every stop reason, every kind of block, and what a later version may add."""
    plain, stream = both(whole)
    assert plain.problems == stream.problems == ()
    assert (plain.text, plain.parts) == (stream.text, stream.parts)
    assert plain.stop_reason == stream.stop_reason == whole["stop_reason"]
    assert plain.stop_sequence == stream.stop_sequence == whole["stop_sequence"]
    assert plain.stop_details == stream.stop_details
    assert (plain.stop_details is None) == ("stop_details" not in whole)


def test_all_that_a_message_holds_is_read() -> None:
    """Each block beside text and calls is a part; a change of any makes it another."""
    parts = both(message(BLOCKS, "end_turn"))[0].parts
    kinds = ["thinking", "redacted_thinking", "server_tool", "server_tool", "citation", "other"]
    assert [part.kind for part in parts] == kinds
    assert (parts[0].text, parts[4].text, parts[5].text) == ("Hm, well.", "the sky is blue", "novel")
    assert all(part.digest for part in parts)
    other = [THINKING | {"signature": "b3RoZXI="}, REDACTED | {"data": "b3RoZXI="}]
    other += [SEARCH | {"input": {"query": "b"}}, FOUND | {"content": [{"type": "novel"}]}]
    other += [CITED | {"citations": [CITATION | {"document_index": 1}]}, NOVEL | {"note": "x"}]
    changes = both(message(other, "end_turn"))[0].parts
    assert all(one != two for one, two in zip(parts, changes, strict=True))


def test_members_that_are_null_or_unknown_make_no_other_answer() -> None:
    """A gateway may spell out what is not there."""
    spelled = message([SEARCH | {"caller": None}], "pause_turn", container=None, of_a_later_version=1)
    plain, _ = both(spelled)
    assert plain.problems == ()
    assert plain.parts == both(message([SEARCH], "pause_turn"))[0].parts


def completion(answer: dict[str, Any], finish: str = "stop", **more: Any) -> dict[str, Any]:
    """A whole completion with this message."""
    choice = {
        "index": 0,
        "finish_reason": finish,
        "logprobs": None,
        "message": {"role": "assistant", **answer},
    }
    return COMPLETION | {"choices": [choice | more]}


CHAT: dict[str, dict[str, Any]] = {
    "refusal": {"content": None, "refusal": "I cannot help with that."},
    "reasoning": {"content": "Hello", "refusal": None, "reasoning_content": "Hm, well."},
    "empty": {"content": None, "refusal": None},
    "annotations": {"content": "Hello", "refusal": None, "annotations": [
        {"type": "url_citation",
         "url_citation": {"end_index": 5, "start_index": 0, "title": "a", "url": "b"}}]},
    "unknown": {"content": "Hello", "refusal": None, "novel": {"a": "b"}},
}  # fmt: skip


@pytest.mark.parametrize("case", CHAT)
def test_legal_completions_have_no_problems(case: str) -> None:
    """A refusal with null content, reasoning, nothing at all; streamed the pieces come to the same."""
    plain = wires.read_answer("chat", json.dumps(completion(CHAT[case])).encode(), JSON)
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    for key, value in CHAT[case].items():
        parts = halves(value) if isinstance(value, str) else [value] if value else []
        deltas += [{key: part} for part in parts]
    raw = events(*map(chunk, deltas), chunk({}, "stop"), named=False) + b"data: [DONE]\n\n"
    stream = wires.read_answer("chat", raw, SSE)
    assert plain.problems == stream.problems == ()
    assert (plain.text, plain.parts) == (stream.text, stream.parts)
    assert bool(plain.parts) == (case != "empty")


def test_further_choices_and_logprobs_of_a_completion_are_read() -> None:
    """The first choice is the answer; the others are parts, and so are the probabilities of tokens."""
    token = {"token": "Hi", "logprob": -0.1, "bytes": None, "top_logprobs": []}
    logprobs = {"content": [token, token], "refusal": None}
    first = completion({"content": "Hello", "refusal": None}, logprobs=logprobs)["choices"][0]
    second = first | {"index": 1, "finish_reason": "length", "logprobs": None}
    whole = COMPLETION | {"choices": [first, second | {"message": first["message"] | {"content": "Ho"}}]}
    plain = wires.read_answer("chat", json.dumps(whole).encode(), JSON)
    half = {"content": [token], "refusal": None}
    made = [chunk({"content": text}) for text in ("Hel", "lo")]
    made = [changed(one, "choices.0.logprobs", half) for one in made]
    other = changed(chunk({"content": "Ho"}), "choices.0.index", 1)
    end = changed(chunk({}, "length"), "choices.0.index", 1)
    raw = events(made[0], other, made[1], chunk({}, "stop"), end, named=False) + b"data: [DONE]\n\n"
    stream = wires.read_answer("chat", raw, SSE)
    assert plain.problems == stream.problems == ()
    assert plain.parts == stream.parts
    assert [(part.kind, part.text) for part in plain.parts] == [("logprobs", ""), ("choice", "Ho")]
    assert plain.text == stream.text == "Hello"


REASONING = {
    "id": "rs_1",
    "type": "reasoning",
    "summary": [{"type": "summary_text", "text": "Hm, well."}],
    "encrypted_content": "gAAAA",
}
NO_MORE = {"reason": "max_output_tokens"}


@pytest.mark.parametrize(
    ("over", "kinds"),
    [
        ({"output": []}, []),
        ({"output": [{"id": "n1", "type": "novel", "a": "b"}]}, ["other"]),
        ({"output": [REASONING, RESPONSE["output"][0]]}, ["thinking"]),
        ({"status": "incomplete", "incomplete_details": NO_MORE, "output": []}, []),
        ({"output": [changed(RESPONSE["output"][0], "content", [{"type": "refusal", "refusal": "No."}])]},
         ["refusal"]),
    ],
)  # fmt: skip
def test_legal_responses_have_no_problems(over: dict[str, Any], kinds: list[str]) -> None:
    """Items of every kind, none at all, and an end before the end."""
    whole = RESPONSE | over
    plain = wires.read_answer("responses", json.dumps(whole).encode(), JSON)
    last = {"type": f"response.{whole['status']}", "response": whole, "sequence_number": 3}
    alive, novel = {"type": "keepalive"}, {"type": "response.novel", "sequence_number": 2}
    raw = events(alive, response_events()[0], alive, novel, last)
    stream = wires.read_answer("responses", raw, SSE)
    assert plain.problems == stream.problems == ()
    assert plain.parts == stream.parts
    assert [part.kind for part in plain.parts] == kinds
    assert plain.stop_details == (NO_MORE["reason"] if whole["status"] == "incomplete" else None)


def test_what_usage_says_of_caches_and_reasoning_is_read_on_every_wire() -> None:
    """Each wire has its own names for them; all counts are there too, by their path."""
    detailed = {
        "messages": changed(MESSAGE, "usage.output_tokens_details", {"thinking_tokens": 3}),
        "chat": changed(COMPLETION, "usage.completion_tokens_details", {"reasoning_tokens": 3}),
        "responses": changed(RESPONSE, "usage.output_tokens_details.reasoning_tokens", 3),
    }
    seen = {kind: wires.read_answer(kind, json.dumps(body).encode(), JSON) for kind, body in detailed.items()}
    assert [seen[kind].usage.reasoning for kind in detailed] == [3, 3, 3]
    assert seen["messages"].usage == Usage(1000, 5, 900, 90, 3)
    assert ("output_tokens_details.thinking_tokens", 3) in seen["messages"].counts
    assert ("prompt_tokens_details.cached_tokens", 4) in seen["chat"].counts


def test_an_event_without_data_is_none() -> None:
    """Browsers and SDKs pass over a name without data, as the standard says."""
    raw = b"event: ping\n\n" + events(*message_events())
    assert wires.read_answer("messages", raw, SSE).problems == ()


def test_a_known_block_is_still_held_to_its_type() -> None:
    """Of a block that names a known type only what is wrong with that type is told."""
    broken = json.dumps(changed(MESSAGE, "content.1.id", ...)).encode()
    problems = wires.read_answer("messages", broken, JSON).problems
    assert problems[0] == "content.1.ToolUseBlock.id: Field required"
    assert len(problems) == 2


def test_reading_leniently_finds_the_same_answer() -> None:
    """Types are not looked at, which is what makes it quick; the order of events still is."""
    whole = json.dumps(changed(COMPLETION, "created", "yesterday")).encode()
    strict = wires.read_answer("chat", whole, JSON)
    lenient = wires.read_answer("chat", whole, JSON, strictly=False)
    assert strict.problems
    assert lenient.problems == ()
    assert (strict.text, strict.tool_calls, strict.counts) == (
        lenient.text,
        lenient.tool_calls,
        lenient.counts,
    )
    cut = events(*chat_chunks(), named=False)
    assert wires.read_answer("chat", cut, SSE, strictly=False).problems == ("stream cut: no [DONE]",)
