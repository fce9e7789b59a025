"""What a wire cannot take as it was sent is excused, and nothing more than that."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.exchange.compare.test_blocks import CALL, RESULT, asked, chat_asked, chat_result, done, told

TEXT = {"type": "text", "text": "a"}
SOUND = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
FILE = {"type": "file", "file": {"file_id": "f1"}}


@pytest.mark.parametrize(
    ("block", "why"),
    [
        (SOUND, "!the audio/wav was dropped: the messages wire has no sound"),
        (FILE, "!the document was dropped: only the provider who keeps the file can read it"),
        (
            {
                "type": "file",
                "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="},
            },
            "the application/pdf was dropped",
        ),
    ],
)
def test_what_no_wire_of_another_provider_takes_is_excused(block: dict[str, Any], why: str) -> None:
    """It is told, and what is said in its place is an addition."""
    sent = chat_asked(TEXT, block)
    assert told(sent, asked(TEXT), "messages", "chat") == [why]
    assert told(sent, asked(TEXT, {"type": "text", "text": "[gone]"}), "messages", "chat")[1:] == [
        '+user text "[gone]" was added'
    ]
    assert told(sent, chat_asked(TEXT), "chat", "chat") == [why.partition(":")[0].removeprefix("!")]


def test_files_of_one_provider_are_read_on_both_of_its_wires() -> None:
    """To lose them between chat and responses is a loss."""
    items = {"input": [{"role": "user", "content": [{"type": "input_text", "text": "a"}]}]}
    assert told(chat_asked(TEXT, FILE), items, "responses", "chat") == ["the document was dropped"]


def calling(arguments: str) -> dict[str, Any]:
    """A conversation on chat with these arguments."""
    request = chat_result("b")
    request["messages"][1]["tool_calls"][0]["function"]["arguments"] = arguments
    return request


@pytest.mark.parametrize(
    ("arguments", "arrived", "excused"),
    [
        ("", {}, True),
        (" ", {}, True),
        ('{"q":', {}, True),
        ('{"q":', {"raw": '{"q":'}, True),
        ('{"q":', {"q": "made up"}, False),
        ("[1]", {}, True),
        ('{"q":"a"}', {}, False),
        ("{}", {"q": "a"}, False),
    ],
)
def test_arguments_that_are_no_object_cannot_reach_anthropic(
    arguments: str, arrived: dict[str, Any], excused: bool
) -> None:
    """They may arrive as none, or within an object, and not as others."""
    found = told(calling(arguments), done(CALL | {"input": arrived}, RESULT), "messages", "chat")
    assert [one.startswith("!the call of run ") for one in found] == [excused]


def test_no_arguments_may_become_an_empty_object_and_not_the_reverse() -> None:
    """Nothing at all is no JSON."""
    assert told(calling(""), calling("{}"), "chat", "chat")[0].endswith("no arguments, in JSON")
    assert told(calling("{}"), calling(""), "chat", "chat") == ['the call of run "{}" arrived as ""']
    assert told(calling('{"q":'), calling("{}"), "chat", "chat") == [
        'the call of run "{\\"q\\":" arrived as "{}"'
    ]


@pytest.mark.parametrize(
    ("sent", "arrived", "marked"),
    [
        (2**53 + 1, 2**53, True),
        (2**63 + 1, float(2**63), True),
        (2**53 + 1, 2**53 + 1, None),
        (2**53 + 1, 7, False),
        (2**53 - 1, 2**53 - 2, False),
    ],
)
def test_integers_that_were_rounded_are_marked(sent: int, arrived: float, marked: bool | None) -> None:
    """They are others, and outside the range on which JSON's readers agree."""
    found = told(done(CALL | {"input": {"n": sent}}, RESULT), done(CALL | {"input": {"n": arrived}}, RESULT))
    assert [("outside JSON's interoperable range" in one, one[0]) for one in found] == (
        [] if marked is None else [(marked, "t")]
    )


@pytest.mark.parametrize(
    ("words", "excused"),
    [
        ("Error: b", True),
        ("[tool execution failed] b", True),
        ("<error>b</error>", True),
        ("b (is_error: true)", True),
        ("Error, try again: b", False),
        ("Note: b", False),
        ("Error: c", False),
    ],
)
def test_a_wire_without_is_error_may_say_so_in_the_result(words: str, excused: bool) -> None:
    """In no other words, and only of a result that is one."""
    found = told(done(CALL, RESULT | {"is_error": True}), chat_result(words), "chat")
    assert [one.startswith("!") for one in found] == [excused, True]
    assert not told(done(CALL, RESULT), chat_result(words), "chat")[0].startswith("!")


@pytest.mark.parametrize(
    ("words", "excused"), [("Error", True), ("Failed.", True), ("Nothing was found.", False)]
)
def test_a_failed_result_without_words_may_say_that_it_failed(words: str, excused: bool) -> None:
    """And no more than that."""
    found = told(done(CALL, RESULT | {"is_error": True, "content": ""}), chat_result(words), "chat")
    assert found[0].startswith("!") is excused
