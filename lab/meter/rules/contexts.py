"""Rules of all wires on prompts that are larger than a model reads, counted as the lab counts (o200k_base).

Claude's own tokens are more than these, so that what is refused here is refused by the provider too.
"""

from __future__ import annotations

from typing import Any

from lab import tokens
from lab.meter.rules.claude import claude
from lab.meter.rules.gpt import gpt
from lab.meter.rules.rule import Ask, Body, Example, Wire, bad, rule
from lab.wires import read_request

_OLDEST: Body = {"model": "gpt-3.5-turbo"}
_CUT_SINCE = (4, 5)  # from here on an answer ends where the window does


def _words(number: int) -> Any:
    return [{"role": "user", "content": " a" * number}]


def _prompt(wire: Wire, ask: Ask, most: int) -> int:
    """The tokens of a request; 0 for one that cannot have so many, as a token has a character at least."""
    return tokens.count_parts(read_request(wire, ask.body)).total if len(str(ask.body)) > most else 0


@rule(
    "messages/context",
    "A prompt of more tokens than the model reads; up to Claude 4.1 together with max_tokens",
    models="each Claude",
    source="https://github.com/boldsoftware/exe.dev/issues/62",
    date="2025-12-30",
    legal=(Example({"messages": _words(190_000)}),),
    illegal=(
        Example({"messages": _words(200_001)}, "prompt is too long: 200001 tokens > 200000 maximum"),
        Example(
            {"model": "claude-opus-4-1-20250805", "max_tokens": 32_000, "messages": _words(190_000)},
            "input length and `max_tokens` exceed context limit: 190000 + 32000 > 200000, decrease input "
            "length or "
            "`max_tokens` and try again",
        ),
    ),
)
def _messages(ask: Ask) -> None:
    model = claude(ask.model)
    if model is None:
        return
    most, answer = model.window(ask.betas), 0 if model.version >= _CUT_SINCE else int(ask.body["max_tokens"])
    found = _prompt("messages", ask, most - answer)
    if found > most:
        raise bad(f"prompt is too long: {found} tokens > {most} maximum")
    if answer and found + answer > most:
        text = f"input length and `max_tokens` exceed context limit: {found} + {answer} > {most}"
        raise bad(f"{text}, decrease input length or `max_tokens` and try again")


@rule(
    "chat/context",
    "A prompt of more tokens than the model reads",
    models="each of OpenAI's",
    source="https://github.com/cline/cline/issues/5474",
    date="2025-08-09",
    legal=(Example({"messages": _words(20_000)}),),
    illegal=(
        Example(
            {**_OLDEST, "messages": _words(20_000)},
            "This model's maximum context length is 16385 tokens. However, your messages resulted in 20000 "
            "tokens. "
            "Please reduce the length of the messages.",
        ),
        Example(
            {"model": "gpt-5", "messages": _words(272_001)},
            "Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 272001 "
            "tokens. "
            "Please reduce the length of the messages.",
        ),
    ),
)
def _chat(ask: Ask) -> None:
    model = gpt(ask.model)
    most = model.window if model else None
    if model is None or most is None:
        return
    found = _prompt("chat", ask, most)
    if found > most:
        text = f"This model's maximum context length is {most} tokens. However, your messages"
        if model.version >= (5, 0):
            text = f"Input tokens exceed the configured limit of {most} tokens. Your messages"
        text += f" resulted in {found} tokens. Please reduce the length of the messages."
        raise bad(text, param="messages", code="context_length_exceeded")


@rule(
    "responses/context",
    "A prompt of more tokens than the model reads, unless it may be truncated",
    models="each of OpenAI's",
    source="https://developers.openai.com/api/docs/guides/conversation-state",
    date="2026-11",
    legal=(Example({**_OLDEST, "input": " a" * 20_000, "truncation": "auto"}),),
    illegal=(
        Example(
            {**_OLDEST, "input": " a" * 20_000},
            "Your input exceeds the context window of this model. Please adjust your input and try again.",
        ),
    ),
)
def _responses(ask: Ask) -> None:
    model = gpt(ask.model)
    most = model.window if model else None
    if most is None or ask.body.get("truncation") == "auto":
        return
    if _prompt("responses", ask, most) > most:
        text = "Your input exceeds the context window of this model. Please adjust your input and try again."
        raise bad(text, param="input", code="context_length_exceeded")
