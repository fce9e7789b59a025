"""Moonshot's models, which speak OpenAI's wire with fields of their own."""

from __future__ import annotations

from typing import Any


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
