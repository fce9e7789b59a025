"""Rule of /v1/chat/completions on messages without content, which comes after all others."""

from __future__ import annotations

from lab.meter.rules import sources as src
from lab.meter.rules.rule import Ask, Body, Example, bad, rule
from lab.meter.schemas import openai_words

_USER = {"role": "user", "content": "hi"}
_CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
_ASKING: Body = {"role": "assistant", "content": None, "tool_calls": [_CALL]}
_RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "x"}
_INSTEAD = ("tool_calls", "function_call", "refusal", "audio")
_NULL = "Invalid value for 'content': expected a string, got null."


def _said(*messages: Body) -> Body:
    return {"messages": list(messages)}


@rule(
    "chat/content",
    "A message without content, but for an assistant's with calls, a refusal or a sound",
    source=src.MEASURED,
    date="2026-08-31",
    legal=(
        Example(_said(_USER, _ASKING, _RESULT)),
        Example(_said(_USER, {"role": "assistant", "content": None, "refusal": "no"}, _USER)),
        Example(_said({"role": "user", "content": ""}, {"role": "user", "content": []})),
    ),
    illegal=(
        Example(_said({"role": "user", "content": None}), _NULL),
        Example(_said({"role": "user"}), _NULL),
        Example(_said(_USER, {"role": "assistant", "content": None}, _USER), _NULL),
        Example(_said({"role": "developer"}, _USER), "Missing required parameter: 'messages[0].content'."),
        Example(
            _said({"role": "developer", "content": None}, _USER),
            "Invalid type for 'messages[0].content': expected one of a string or array of objects, but got "
            "null "
            "instead.",
        ),
    ),
)
def _content(ask: Ask) -> None:
    for index, message in enumerate(ask.body["messages"]):
        if message.get("content") is not None or message["role"] == "function":
            continue
        if message["role"] == "developer":
            _developer(index, message)
        if message["role"] != "assistant" or all(message.get(key) is None for key in _INSTEAD):
            raise bad(_NULL, param=f"messages.[{index}].content")


def _developer(index: int, message: Body) -> None:
    param = f"messages[{index}].content"
    if "content" in message:
        raise openai_words.invalid_type(param, "one of a string or array of objects", None)
    raise bad(f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter")
