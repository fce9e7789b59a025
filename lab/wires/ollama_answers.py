"""Reads answers of Ollama's own wire (/api/chat, /api/generate): one JSON object, or one per line."""

from __future__ import annotations

from typing import Any

from lab.wires.draft import Bad, Draft, check_counts, error_text, items, loads, mapping, string, tokens
from lab.wires.neutral import Usage


def read_json(draft: Draft, body: dict[str, Any]) -> None:
    """Read an answer that was not streamed."""
    _take(draft, body)
    if body.get("done") is not True:
        draft.problem("done is not true")
    _number_calls(draft)


def read_stream(draft: Draft, text: str) -> None:
    """Read one JSON object per line; the last one must say done."""
    done = False
    for line in text.split("\n"):
        if not line.strip():
            continue
        data = loads(line)
        if isinstance(data, Bad) or not isinstance(data, dict):
            draft.problem("a line is not a JSON object")
            continue
        draft.error = error_text(data)
        if draft.error is not None:
            break
        if done:
            draft.problem("a line follows the one that says done")
        _take(draft, data)
        done = data.get("done") is True
    if not done and draft.error is None:
        draft.problem("stream cut: no line says done")
    _number_calls(draft)


def _take(draft: Draft, data: dict[str, Any]) -> None:
    draft.model = string(data.get("model")) or draft.model
    for key in ("model", "created_at"):
        if not isinstance(data.get(key), str):
            draft.problem(f"{key} is not a string")
    if not isinstance(data.get("done"), bool):
        draft.problem("done is not true or false")
    _take_text(draft, data)
    if data.get("done") is True:
        draft.stop_reason = string(data.get("done_reason")) or "stop"
        check_counts(draft, {k: v for k, v in data.items() if k.endswith(("_count", "_duration"))})
        draft.usage = Usage(tokens(data.get("prompt_eval_count")), tokens(data.get("eval_count")), None, None)


def _take_text(draft: Draft, data: dict[str, Any]) -> None:
    if isinstance(data.get("response"), str):  # /api/generate
        draft.texts.append(data["response"])
        return
    message = mapping(data.get("message"))
    if message.get("role") != "assistant":
        draft.problem("message.role is not assistant")
    if not isinstance(message.get("content"), str):
        draft.problem("message.content is not a string")
    draft.texts.append(string(message.get("content")) or "")
    if thought := string(message.get("thinking")):
        draft.thoughts.append(thought)
    for call in items(message.get("tool_calls")):
        function = mapping(mapping(call).get("function"))
        arguments = function.get("arguments")
        if isinstance(arguments, str):
            draft.problem("tool call arguments are a string, not an object")
        draft.call(mapping(call).get("id"), function.get("name"), arguments)


def _number_calls(draft: Draft) -> None:
    """Ollama's tool calls may have no id; ids that are there must differ. Its thinking comes in pieces."""
    if draft.thoughts:
        draft.part("thinking", "".join(draft.thoughts))
    ids = [call.id for call in draft.tool_calls if call.id]
    if len(set(ids)) < len(ids):
        draft.problem("two tool calls have the same id")
