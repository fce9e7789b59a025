"""What the provider refuses on /v1/chat/completions beyond each field's type, in its own words."""

from __future__ import annotations

from typing import Any

from lab.meter.refusal import Refusal
from lab.meter.schemas.openai_common import check_parameters


def without_moonshot(body: dict[str, Any]) -> dict[str, Any]:
    """The body as OpenAI knows it: models named kimi- are Moonshot's, which takes thinking and hands it back.

    Source: https://platform.moonshot.ai/docs/guide/use-kimi-k2-thinking-model, where `thinking` is an object
    and the `reasoning_content` of an earlier answer belongs into the conversation.
    """
    model, messages = body.get("model"), body.get("messages")
    if not isinstance(model, str) or not model.startswith("kimi-") or not isinstance(messages, list):
        return body
    known = {key: value for key, value in body.items() if key != "thinking" or not isinstance(value, dict)}
    return known | {"messages": [_without_reasoning(message) for message in messages]}


def _without_reasoning(message: Any) -> Any:
    if not isinstance(message, dict) or message.get("role") != "assistant":
        return message
    if not isinstance(message.get("reasoning_content"), str):
        return message
    return {key: value for key, value in message.items() if key != "reasoning_content"}


def check_rules(body: dict[str, Any]) -> None:
    """Raises Refusal (400) for the first rule that a well-typed body breaks."""
    if not body["model"]:
        raise Refusal(400, "you must provide a model parameter")
    _check_tools(body)
    _check_parameters(body)
    _check_calls(body["messages"])
    _check_contents(body["messages"])


def _check_tools(body: dict[str, Any]) -> None:
    tools = body.get("tools")
    if not tools:
        for key in ("tool_choice", "parallel_tool_calls"):
            if body.get(key) is not None and not (key == "tool_choice" and body[key] == "none"):
                text = f"Invalid value for '{key}': '{key}' is only allowed when 'tools' are specified."
                raise Refusal(400, text, param=key)
        return
    for index, tool in enumerate(tools):
        function = tool.get("function")
        if function:
            where = f"tools[{index}].function.parameters"
            check_parameters(function.get("parameters"), function["name"], where)
    _check_choice(body.get("tool_choice"), tools)


def _check_choice(choice: Any, tools: list[dict[str, Any]]) -> None:
    if not isinstance(choice, dict):
        return
    kind = choice.get("type")
    if kind not in ("function", "custom", "allowed_tools"):
        text = (
            "Missing required parameter: 'tool_choice.type'." if kind is None else f"Invalid value: '{kind}'."
        )
        raise Refusal(400, text, param="tool_choice.type", code="invalid_value")
    if kind == "allowed_tools":
        return
    named = choice.get(kind)
    name = named.get("name") if isinstance(named, dict) else None
    if name is None:
        param = f"tool_choice.{kind}.name" if isinstance(named, dict) else f"tool_choice.{kind}"
        raise Refusal(
            400, f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter"
        )
    if name not in [(tool.get(kind) or {}).get("name") for tool in tools]:
        raise Refusal(
            400,
            f"Tool choice '{name}' not found in 'tools' parameter.",
            param="tool_choice",
        )


def _check_parameters(body: dict[str, Any]) -> None:
    if body.get("stream_options") is not None and not body.get("stream"):
        text = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise Refusal(400, text, param="stream_options")
    if body.get("max_tokens") is not None and body.get("max_completion_tokens") is not None:
        text = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
        raise Refusal(400, text, code="invalid_parameter_combination")
    if body.get("top_logprobs") is not None and not body.get("logprobs"):
        text = "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled."
        raise Refusal(400, text, param="top_logprobs")
    form = body.get("response_format") or {}
    if form.get("type") == "json_schema" and not form.get("json_schema"):
        param = "response_format.json_schema"
        raise Refusal(
            400, f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter"
        )
    if form.get("type") == "json_object" and "json" not in str(body["messages"]).lower():
        text = "'messages' must contain the word 'json' in some form, to use 'response_format' of type "
        text += "'json_object'."
        raise Refusal(400, text, param="messages")


def _check_calls(messages: list[dict[str, Any]]) -> None:
    """Every tool message answers a call of the assistant message before it, and every call is answered."""
    asked: set[str] = set()
    open_calls: list[str] = []
    for index, message in enumerate(messages):
        if message["role"] == "tool":
            _check_answer(index, message["tool_call_id"], asked)
            open_calls = [call for call in open_calls if call != message["tool_call_id"]]
            continue
        if open_calls:
            raise _unanswered(index, open_calls)
        open_calls = [call["id"] for call in message.get("tool_calls") or []]
        asked = set(open_calls)
        for call in asked:
            if open_calls.count(call) > 1:
                raise Refusal(
                    400,
                    f"Duplicate value for 'tool_call_id' of '{call}' in message[{index}]",
                    param=f"messages.[{index}].tool_calls",
                )
    if open_calls:
        raise _unanswered(len(messages), open_calls)


def _check_answer(index: int, call: str, asked: set[str]) -> None:
    if not asked:
        raise Refusal(
            400,
            "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
            "'tool_calls'.",
            param=f"messages.[{index}].role",
        )
    if call not in asked:
        raise Refusal(
            400,
            f"Invalid parameter: 'tool_call_id' of '{call}' not found in 'tool_calls' of previous message.",
            param=f"messages.[{index}].tool_call_id",
        )


def _unanswered(index: int, calls: list[str]) -> Refusal:
    return Refusal(
        400,
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
        f"'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(calls)}",
        param=f"messages.[{index}].role",
    )


def _check_contents(messages: list[dict[str, Any]]) -> None:
    for index, message in enumerate(messages):
        if message.get("content") is not None:
            continue
        instead = ("tool_calls", "function_call", "refusal", "audio")
        if message["role"] == "assistant" and any(message.get(key) is not None for key in instead):
            continue
        if message["role"] == "function":
            continue
        text = "Invalid value for 'content': expected a string, got null."
        raise Refusal(400, text, param=f"messages.[{index}].content")
