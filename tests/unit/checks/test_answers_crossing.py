"""Answers that cross from one wire to another, plain and streamed: honest ones pass, each lie is found."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any, Final

import pytest

from tests.unit.checks.crossing import answer_on, verdicts

Script = dict[str, Any]

PAIRS: Final = tuple(permutations(("messages", "chat", "responses"), 2))
CALL: Final = {"name": "f", "input": {"path": "a", "n": 19876543210987654321}, "id": "call_1"}
OTHER: Final = {"name": "f", "input": {"path": "b"}, "id": "call_2"}
URL: Final = {
    "type": "web_search_result_location",
    "url": "https://example.com/a",
    "title": "A",
    "cited_text": "Yes",
    "encrypted_index": "YQ==",
}
HONEST: Final[dict[str, Script]] = {
    "text": {"text": "Yes."},
    "one call": {"tool_calls": [CALL]},
    "text before two calls": {"text": "Let me look.", "tool_calls": [CALL, OTHER]},
    "thinking": {"text": "Yes.", "thinking": "Let me think."},
    "two thoughts before a call": {"thinking": ["One.", "Two."], "tool_calls": [CALL]},
    "a refusal in words": {"refusal": "I cannot help with that."},
    "a filter": {"text": "Ye", "stop_reason": "refusal"},
    "cut": {"text": "Yes", "stop_reason": "max_tokens"},
    "cut without a word": {"stop_reason": "max_tokens"},
    "a cut call": {"tool_calls": [CALL], "stop_reason": "max_tokens"},
    "nothing": {},
    "cache reads": {"text": "Yes.", "usage": {"cache_read": 500, "reasoning": 7}},
}
# Checks of what a client gets back; what was asked is another matter here.
OF_REQUESTS: Final = frozenset({"params_kept", "content_added", "messages_kept", "tools_added"})


def failing(root: Path, given_on: str, given: Script, got_on: str, got: Script, *, stream: bool) -> set[str]:
    """The checks of answers that fail."""
    said, heard = answer_on(given_on, given, stream), answer_on(got_on, got, stream)
    found = verdicts(root, given_on, said, got_on, heard, stream)
    return {name for name, one in found.items() if one.verdict == "fail"} - OF_REQUESTS


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("given_on", "got_on"), PAIRS)
@pytest.mark.parametrize("name", HONEST)
def test_an_honest_translation_fails_nothing(
    tmp_path: Path, name: str, given_on: str, got_on: str, stream: bool
) -> None:
    """What the meter says on either wire is one answer in the words of each."""
    script = HONEST[name]
    assert failing(tmp_path, given_on, script, got_on, script, stream=stream) == set()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("given_on", "got_on"), [("messages", "responses"), ("responses", "messages")])
def test_thinking_that_nobody_can_read_is_thinking_under_each_wires_name(
    tmp_path: Path, given_on: str, got_on: str, stream: bool
) -> None:
    """Redacted on one wire, encrypted on the other, and made up by nobody."""
    script = {"text": "Yes.", "redacted_thinking": ["ZW5j"]}
    assert failing(tmp_path / "a", given_on, script, got_on, script, stream=stream) == set()
    made_up = failing(tmp_path / "b", given_on, {"text": "Yes."}, got_on, script, stream=stream)
    assert "answer_parts_kept" in made_up


LIES: Final[dict[str, tuple[Script, Script, set[str]]]] = {
    "text cut": ({"text": "Yes it is."}, {"text": "Yes"}, {"answer_text_kept"}),
    "text beside a call": (
        {"text": "Look.", "tool_calls": [CALL]},
        {"tool_calls": [CALL]},
        {"answer_text_kept"},
    ),
    "arguments": ({"tool_calls": [CALL]}, {"tool_calls": [CALL | {"input": {}}]}, {"tool_call_intact"}),
    "an integer": (
        {"tool_calls": [CALL]},
        {"tool_calls": [CALL | {"input": {"path": "a", "n": 19876543210987655000}}]},
        {"tool_call_intact"},
    ),
    "a lost call": ({"tool_calls": [CALL, OTHER]}, {"tool_calls": [CALL]}, {"tool_call_intact"}),
    "another id": ({"tool_calls": [CALL]}, {"tool_calls": [CALL | {"id": "call_9"}]}, {"tool_ids_kept"}),
    "not cut": ({"text": "Yes", "stop_reason": "max_tokens"}, {"text": "Yes"}, {"stop_reason_kept"}),
    "cut": ({"text": "Yes"}, {"text": "Yes", "stop_reason": "max_tokens"}, {"stop_reason_kept"}),
    "not filtered": ({"text": "Ye", "stop_reason": "refusal"}, {"text": "Ye"}, {"stop_reason_kept"}),
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("given_on", "got_on"), PAIRS)
@pytest.mark.parametrize("lie", LIES)
def test_each_lie_fails_its_own_check_alone(
    tmp_path: Path, lie: str, given_on: str, got_on: str, stream: bool
) -> None:
    """Whichever way it crosses; the count of tokens is that of what came."""
    given, got, expected = LIES[lie]
    found = failing(tmp_path, given_on, given, got_on, got, stream=stream)
    assert {name for name in found if "usage" not in name} == expected


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("given_on", "got_on", "given", "got", "expected"),
    [
        ("messages", "responses", {"thinking": "Hm."}, {}, {"answer_parts_kept"}),
        ("responses", "messages", {"thinking": "Hm."}, {"thinking": "Ha."}, {"answer_parts_kept"}),
        ("messages", "responses", {}, {"thinking": "Hm."}, {"answer_parts_kept"}),
        ("chat", "responses", {"citations": [URL]}, {}, {"answer_parts_kept"}),
        ("responses", "chat", {"citations": [URL]}, {}, {"answer_parts_kept"}),
    ],
)
def test_a_lost_or_made_up_part_is_found(
    tmp_path: Path, given_on: str, got_on: str, given: Script, got: Script, expected: set[str], stream: bool
) -> None:
    """Beside a text that arrives whole."""
    text = {"text": "Yes."}
    found = failing(tmp_path, given_on, text | given, got_on, text | got, stream=stream)
    assert {name for name in found if "usage" not in name} == expected


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("given_on", "got_on"), PAIRS)
def test_counts_of_the_cache_are_told_on_every_wire(
    tmp_path: Path, given_on: str, got_on: str, stream: bool
) -> None:
    """To leave them out makes a cheap answer look dear."""
    given = {"text": "Yes.", "usage": {"cache_read": 500}}
    found = failing(tmp_path, given_on, given, got_on, {"text": "Yes."}, stream=stream)
    assert "usage_details_kept" in found
