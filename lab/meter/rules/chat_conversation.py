"""Rules of /v1/chat/completions on calls with their answers, empty contents, and images."""

from __future__ import annotations

from typing import Any

from lab.meter.refusal import Refusal
from lab.meter.rules.openai_media import check_image
from lab.meter.rules.rule import Ask, Body, Example, bad, rule

_USER = {"role": "user", "content": "hi"}
_CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
_ASKING: Body = {"role": "assistant", "content": None, "tool_calls": [_CALL]}
_RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "x"}
_NOT_AFTER = (
    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
    "'tool_calls'."
)
_NOT_ANSWERED = (
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
    "'tool_call_id'. "
    "The following tool_call_ids did not have response messages: {0}"
)
_MIME = (
    "Invalid image URL: 'messages[0].content[0].image_url.url'. Expected a base64-encoded data URL with an "
    "image "
    "MIME type (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got "
)


def _said(*messages: Body) -> Body:
    return {"messages": list(messages)}


def _image(url: str) -> Body:
    return _said({"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]})


@rule(
    "chat/tool-pairs",
    "Answers to no call, calls without an answer right after, and ids used twice in a message",
    source="https://github.com/BerriAI/litellm/issues/10083",
    date="2025-04-17",
    legal=(Example(_said(_USER, _ASKING, _RESULT, _USER)),),
    illegal=(
        Example(_said(_USER, _RESULT), _NOT_AFTER),
        Example(_said(_USER, _ASKING, _USER), _NOT_ANSWERED.format("call_1")),
        Example(_said(_USER, _ASKING), _NOT_ANSWERED.format("call_1")),
        Example(
            _said(_USER, _ASKING, {**_RESULT, "tool_call_id": "call_2"}),
            "Invalid parameter: 'tool_call_id' of 'call_2' not found in 'tool_calls' of previous message.",
        ),
        Example(
            _said(_USER, {**_ASKING, "tool_calls": [_CALL, _CALL]}, _RESULT),
            "Duplicate value for 'tool_call_id' of 'call_1' in message[1]",
        ),
    ),
)
def _pairs(ask: Ask) -> None:
    asked: set[str] = set()
    waiting: list[str] = []
    for index, message in enumerate(ask.body["messages"]):
        if message["role"] == "tool":
            _check_answer(index, message["tool_call_id"], asked)
            waiting = [call for call in waiting if call != message["tool_call_id"]]
            continue
        if waiting:
            raise _unanswered(index, waiting)
        waiting = [call["id"] for call in message.get("tool_calls") or []]
        asked = set(waiting)
        for call in waiting:
            if waiting.count(call) > 1:
                text = f"Duplicate value for 'tool_call_id' of '{call}' in message[{index}]"
                raise bad(text, param=f"messages.[{index}].tool_calls")
    if waiting:
        raise _unanswered(len(ask.body["messages"]), waiting)


def _check_answer(index: int, call: str, asked: set[str]) -> None:
    if not asked:
        raise bad(_NOT_AFTER, param=f"messages.[{index}].role")
    if call not in asked:
        text = f"Invalid parameter: 'tool_call_id' of '{call}' not found in 'tool_calls' of previous message."
        raise bad(text, param=f"messages.[{index}].tool_call_id")


def _unanswered(index: int, calls: list[str]) -> Refusal:
    return bad(_NOT_ANSWERED.format(", ".join(calls)), param=f"messages.[{index}].role")


@rule(
    "chat/images",
    "An image_url that is neither an address nor an image in base64",
    source="https://github.com/Alibaba-NLP/OmniSearch/issues/3",
    date="2025-02-05",
    legal=(
        Example(_image("https://x/y.png")),
        Example(_image("data:image/gif;base64,R0lGODlhAQABAAAAACw=")),
    ),
    illegal=(
        Example(_image("x.png"), f"{_MIME}a value without the 'data:' prefix."),
        Example(_image("data:text/plain;base64,aGVsbG8="), f"{_MIME}unsupported MIME type 'text/plain'."),
        Example(_image("data:image/png;base64,"), f"{_MIME}empty base64-encoded bytes."),
        Example(_image("data:image/png;base64,%%%"), f"{_MIME}an invalid base64-encoded value."),
        Example(
            _image("data:image/png;base64,aGVsbG8="),
            "You uploaded an unsupported image. Please make sure your image has of one the following "
            "formats: "
            "['png', 'jpeg', 'gif', 'webp'].",
        ),
    ),
)
def _images(ask: Ask) -> None:
    for index, message in enumerate(ask.body["messages"]):
        content: Any = message.get("content")
        for n, part in enumerate(content if isinstance(content, list) else ()):
            if part["type"] == "image_url":
                where = f"messages[{index}].content[{n}].image_url.url"
                check_image(part["image_url"]["url"], where, f"Invalid image URL: '{where}'.")
