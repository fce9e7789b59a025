"""Turns a scenario into the JSON body a client sends."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from lab.config.models import Scenario
from lab.errors import UsageError
from lab.names import ClientWire
from lab.scenarios.chat import Untranslatable, chat_body, own_words


def unsupported_on(scenario: Scenario, wire: ClientWire) -> str:
    """Why a scenario cannot be asked on this wire, in one sentence; empty if it can."""
    if wire == "anthropic":
        own = own_words(scenario.params, scenario.messages) if scenario.valid else ""
        return f"not for the {wire} wire: it {own}, which only /v1/chat/completions has" if own else ""
    try:
        _chat(scenario, _written(scenario, "", scenario.messages))
    except Untranslatable as exc:
        return f"not for the {wire} wire: {exc}"
    return ""


def build_request(
    scenario: Scenario, model: str, nonce: str, wire: ClientWire = "anthropic"
) -> dict[str, Any]:
    """The body of one request, the nonce at the end of its last user text; the scenario stays as it is.

    A scenario that declares `nonce: false` is sent word for word. Scenarios are written on the Anthropic
    wire and translated to others; raises UsageError for what `unsupported_on` names.
    """
    if why := unsupported_on(scenario, wire):
        raise UsageError(f"unsupported: {scenario.id} is {why}", next_step="choose another --wire")
    messages = with_nonce(scenario.messages, nonce) if scenario.nonce else scenario.messages
    body = _written(scenario, model, messages)
    return deepcopy(_chat(scenario, body) if wire == "openai" else body)


def _chat(scenario: Scenario, body: dict[str, Any]) -> dict[str, Any]:
    if not scenario.valid:
        raise Untranslatable("it is invalid in the way of the anthropic wire")
    own = next((name for name in scenario.headers if name.lower().startswith("anthropic-")), None)
    if own:
        raise Untranslatable(f"it sends the header {own}, which has no counterpart")
    return chat_body(body)


def _written(scenario: Scenario, model: str, messages: list[dict[str, Any]]) -> dict[str, Any]:
    """The body on the wire on which scenarios are written; it shares its values with the scenario."""
    body: dict[str, Any] = {"model": model, "max_tokens": scenario.max_tokens}
    if scenario.system is not None:
        body["system"] = scenario.system
    if scenario.tools:
        body["tools"] = scenario.tools
    body["messages"] = messages
    body |= scenario.params
    if scenario.stream:
        body["stream"] = True
    return body


def with_nonce(messages: list[dict[str, Any]], nonce: str) -> list[dict[str, Any]]:
    """A copy of `messages` with `(ref nonce)` at the end of the last user message's text."""
    copies = deepcopy(messages)
    mark = f"(ref {nonce})"
    last = next((message for message in reversed(copies) if message.get("role") == "user"), None)
    if last is None:
        copies.append({"role": "user", "content": mark})
    elif isinstance(last.get("content"), str):
        last["content"] += f"\n\n{mark}"
    else:
        _mark_blocks(last, mark)
    return copies


def _mark_blocks(message: dict[str, Any], mark: str) -> None:
    content = message.get("content")
    blocks = content if isinstance(content, list) else []
    texts = [block for block in blocks if isinstance(block, dict) and block.get("type") == "text"]
    if texts:
        texts[-1]["text"] += f"\n\n{mark}"
    else:
        message["content"] = [*blocks, {"type": "text", "text": mark}]
