"""Token counts with one tokenizer for all (o200k_base, by toktok), on the wire-neutral form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import toktok
from pydantic import BaseModel, ConfigDict, NonNegativeInt

from lab.wires.canonical import canonical_json
from lab.wires.neutral import Message, NeutralRequest, Tool

ENCODING = "o200k_base"

# toktok costs about 40 µs per call whatever the batch, so repeated texts (tools, prompts) are remembered.
_REMEMBERED_CHARS = 16_384
_REMEMBERED_TEXTS = 1024
_remembered: dict[str, int] = {"": 0}


class TokenParts(BaseModel):
    """Tokens by part of a request, same tokenizer for all (o200k_base)."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    system: NonNegativeInt = 0
    messages: NonNegativeInt = 0
    tools: NonNegativeInt = 0

    @property
    def total(self) -> int:
        """Sum of all parts, in tokens."""
        return self.system + self.messages + self.tools


def count(texts: Sequence[str]) -> int:
    """Tokens in all `texts`, each counted by itself, special-token text as plain text."""
    return sum(count_each(texts)) if texts else 0


def count_text(text: str) -> int:
    """Tokens in one text; texts met before are answered from memory."""
    known = _remembered.get(text)
    return count_each((text,))[0] if known is None else known


def count_each(texts: Sequence[str]) -> list[int]:
    """Tokens in each of `texts`, in order, in one call of the tokenizer for those not met before."""
    known = [_remembered.get(text) for text in texts]
    new = [text for text, tokens in zip(texts, known, strict=True) if tokens is None]
    if not new:
        return [tokens for tokens in known if tokens is not None]
    fresh = _batch(new)
    _remember(zip(new, fresh, strict=True))
    following = iter(fresh)
    return [next(following) if tokens is None else tokens for tokens in known]


def count_parts(request: NeutralRequest) -> TokenParts:
    """Tokens of a request by part: system texts, messages, and tools (name, description, schema)."""
    groups = (list(request.system), list(_message_texts(request.messages)), list(_tool_texts(request.tools)))
    tokens = iter(count_each([text for group in groups for text in group]))
    system, messages, tools = (sum(next(tokens) for _ in group) for group in groups)
    return TokenParts(system=system, messages=messages, tools=tools)


def count_answer(text: str, calls: Iterable[tuple[str, Any]]) -> int:
    """Tokens of an answer: its text, and each tool call's name and arguments (none if they are None)."""
    texts = [text]
    for name, arguments in calls:
        texts += (name, "" if arguments is None else canonical_json(arguments))
    return count(texts)


def _message_texts(messages: Iterable[Message]) -> Iterator[str]:
    for message in messages:
        for part in message.parts:
            if part.kind == "tool_call":
                yield part.name
            yield part.text


def _tool_texts(tools: Iterable[Tool]) -> Iterator[str]:
    for tool in tools:
        yield tool.name
        yield tool.description
        if tool.schema is not None:
            yield canonical_json(tool.schema)


def _batch(texts: list[str]) -> list[int]:
    try:
        counts = toktok.batch_count(texts, ENCODING, threads=1)  # more threads cost more than they save here
    except UnicodeEncodeError:  # lone surrogates, which JSON can spell and UTF-8 cannot
        clean = [text.encode("utf-8", "replace").decode() for text in texts]
        counts = toktok.batch_count(clean, ENCODING, threads=1)
    return list(counts)


def _remember(pairs: Iterable[tuple[str, int]]) -> None:
    if len(_remembered) > _REMEMBERED_TEXTS:
        _remembered.clear()
    _remembered.update({text: tokens for text, tokens in pairs if len(text) <= _REMEMBERED_CHARS})
