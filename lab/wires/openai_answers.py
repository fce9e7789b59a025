"""Reads answers of /v1/chat/completions: one JSON completion, or its stream of chunks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from lab.wires.draft import (
    Bad,
    Draft,
    check_counts,
    check_total,
    counts_in,
    error_text,
    grow,
    grown,
    items,
    loads,
    mapping,
    string,
    tokens,
)
from lab.wires.events import Event
from lab.wires.neutral import Usage
from lab.wires.strict import shown

# The names under which reasoning is given on this wire, which has no such field of its own.
_REASONING: Final = ("reasoning_content", "reasoning", "thinking")
# Members of a message that are read as such; what else one holds is a part of its own.
_READ: Final = frozenset(
    {"role", "content", "tool_calls", "function_call", "refusal", "annotations", "thinking_blocks"}
)
_APART: Final = frozenset({"role", "content", "tool_calls"})
# Far more than a provider gives; what a hostile stream opens beyond is not kept.
MOST_CHOICES: Final = 128


def read_json(draft: Draft, body: dict[str, Any]) -> None:
    """Read a whole completion; the first choice is the answer."""
    draft.check("chat", body)
    draft.model = string(body.get("model"))
    choices = [mapping(choice) for choice in items(body.get("choices"))]
    choices.sort(key=lambda choice: tokens(choice.get("index")) or 0)
    if not choices:
        draft.problem("the completion has no choices")
    first, *others = choices or [{}]
    _add_choice(draft, first, mapping(first.get("message")))
    for other in others:
        _add_other(draft, other, mapping(other.get("message")))
    take_usage(draft, mapping(body.get("usage")))
    _check_end(draft)


def _add_choice(draft: Draft, choice: dict[str, Any], message: dict[str, Any]) -> None:
    """The first choice: its text and calls, and all else that its message holds."""
    draft.stop_reason = string(choice.get("finish_reason"))
    draft.text(message.get("content"))
    for call in map(mapping, items(message.get("tool_calls"))):
        function, custom = mapping(call.get("function")), mapping(call.get("custom"))
        if custom:
            draft.custom(call.get("id"), custom.get("name"), custom.get("input"))
        else:
            draft.call(call.get("id"), function.get("name"), function.get("arguments"))
    _add_parts(draft, message)
    if logprobs := _logprobs(choice):
        draft.part("logprobs", rest=logprobs)


def _logprobs(choice: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in mapping(choice.get("logprobs")).items() if value}


def _called(function: dict[str, Any]) -> list[Any]:
    """A call as what it says: its arguments are JSON, in whatever spelling, or else a text."""
    text = string(function.get("arguments")) or ""
    value = loads(text or "{}")
    return [function.get("name"), text if isinstance(value, Bad) else value]


def _add_parts(draft: Draft, message: dict[str, Any]) -> None:
    """Refusal, reasoning under the names that it has in the field, annotations, and what is not known yet."""
    if refusal := string(message.get("refusal")):
        draft.part("refusal", refusal)
    thought = next((text for key in _REASONING if (text := string(message.get(key)))), "")
    if thought:
        draft.part("thinking", thought)
    for annotation in items(message.get("annotations")):
        where = mapping(mapping(annotation).get("url_citation"))
        draft.part("citation", string(where.get("url")) or "", annotation)
    if function := mapping(message.get("function_call")):
        draft.part("other", "function_call", _called(function))
    for key, value in message.items():
        if key not in _READ and key not in _REASONING and value not in (None, "", [], {}):
            draft.part("other", shown(key, bare=True), value)


def _add_other(draft: Draft, choice: dict[str, Any], message: dict[str, Any]) -> None:
    """A choice after the first, as one piece: what it says and calls, and why it ends."""
    calls = [mapping(call) for call in items(message.get("tool_calls"))]
    made = [[call.get("custom") or _called(mapping(call.get("function"))), call.get("id")] for call in calls]
    thought = next((text for key in _REASONING if (text := string(message.get(key)))), "")
    said = [message.get("refusal"), made, thought, _logprobs(choice), items(message.get("annotations"))]
    text = string(message.get("content")) or ""
    draft.part("choice", text, [choice.get("finish_reason"), *said])


def take_usage(draft: Draft, usage: dict[str, Any]) -> None:
    """Usage as stated: prompt_tokens already include cached ones."""
    if not usage:
        return
    check_counts(draft, usage)
    check_total(draft, usage, "prompt_tokens", "completion_tokens")
    cached = tokens(mapping(usage.get("prompt_tokens_details")).get("cached_tokens"))
    prompt = tokens(usage.get("prompt_tokens"))
    if prompt is not None and (cached or 0) > prompt:
        draft.problem("usage: more cached tokens than prompt_tokens")
    written = tokens(mapping(usage.get("prompt_tokens_details")).get("cache_write_tokens"))
    thought = tokens(mapping(usage.get("completion_tokens_details")).get("reasoning_tokens"))
    draft.usage = Usage(prompt, tokens(usage.get("completion_tokens")), cached, written, thought)
    draft.counts = counts_in(usage)


def _check_end(draft: Draft) -> None:
    if draft.stop_reason is None:
        draft.problem("the answer has no finish_reason")
    if draft.stop_reason == "tool_calls" and not draft.tool_calls:
        draft.problem("finish_reason is tool_calls, but there is no tool call")
    draft.same_ids()


@dataclass(slots=True)
class _Choice:
    """One choice whose pieces arrive one by one: its message, its calls by index, and its logprobs."""

    texts: list[str] = field(default_factory=list)
    message: dict[str, Any] = field(default_factory=dict)
    calls: dict[int, _Call] = field(default_factory=dict)
    logprobs: dict[str, list[Any]] = field(default_factory=dict)
    finish: str | None = None

    def whole(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The choice and its message as an answer in one piece would have them."""
        calls = [call.whole() for _, call in sorted(self.calls.items())]
        message = (
            grown(self.message) | {"content": "".join(self.texts)} | ({"tool_calls": calls} if calls else {})
        )
        return {"finish_reason": self.finish, "logprobs": self.logprobs}, message


@dataclass(slots=True)
class _Call:
    """A tool call whose pieces arrive one by one."""

    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)
    custom: bool = False

    def whole(self) -> dict[str, Any]:
        """The call as an answer in one piece would have it."""
        if self.custom:
            return {"id": self.id, "custom": {"name": self.name, "input": "".join(self.arguments)}}
        return {"id": self.id, "function": {"name": self.name, "arguments": "".join(self.arguments)}}


def read_stream(draft: Draft, events: list[Event]) -> None:
    """Read a stream of chunks; a missing [DONE], and chunks after it, are problems."""
    choices: dict[int, _Choice] = {0: _Choice()}
    ended = False
    for event in events:
        if event.data.strip() == "[DONE]":
            ended = True
            continue
        if not event.whole:
            draft.problem("stream cut: it ends within an event")
        if ended:
            draft.problem("an event follows [DONE]")
        _take(draft, event, choices)
        if draft.error is not None:
            break
    for index, choice in sorted(choices.items()):
        (_add_choice if index == 0 else _add_other)(draft, *choice.whole())
    if draft.error is None:
        if not ended:
            draft.problem("stream cut: no [DONE]")
        _check_end(draft)


def _take(draft: Draft, event: Event, choices: dict[int, _Choice]) -> None:
    data = loads(event.data)
    if isinstance(data, Bad) or not isinstance(data, dict):
        if event.whole:
            draft.problem("an event's data is not a JSON object")
        return
    draft.error = error_text(data)
    if draft.error is not None:
        return
    draft.check("chat_event", data, "chunk: ")
    draft.model = string(data.get("model")) or draft.model
    take_usage(draft, mapping(data.get("usage")))
    for piece in items(data.get("choices")):
        index = tokens(mapping(piece).get("index"))
        if index is not None and len(choices) > MOST_CHOICES:
            continue
        _take_choice(draft, mapping(piece), choices.setdefault(index or 0, _Choice()))


def _take_choice(draft: Draft, piece: dict[str, Any], choice: _Choice) -> None:
    delta = mapping(piece.get("delta"))
    content = string(delta.get("content"))
    if content and choice.finish is not None:
        draft.problem("content follows the finish_reason")
    choice.texts.append(content or "")
    for part in map(mapping, items(delta.get("tool_calls"))):
        index = tokens(part.get("index"))
        call = choice.calls.setdefault(0 if index is None else index, _Call())
        function, custom = mapping(part.get("function")), mapping(part.get("custom"))
        call.custom = call.custom or bool(custom)
        function = custom or function
        call.id = call.id or string(part.get("id")) or ""
        call.name = call.name or string(function.get("name")) or ""
        call.arguments.append(string(function.get("input" if custom else "arguments")) or "")
    grow(choice.message, {key: value for key, value in delta.items() if key not in _APART})
    for key, more in mapping(piece.get("logprobs")).items():
        choice.logprobs.setdefault(key, []).extend(items(more))
    choice.finish = string(piece.get("finish_reason")) or choice.finish
