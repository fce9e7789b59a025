"""Rules of /v1/chat/completions that hold for some of OpenAI's models."""

from __future__ import annotations

from typing import get_args

from lab.meter.rules import sources as src
from lab.meter.rules.gpt import gpt
from lab.meter.rules.rule import Ask, Body, Example, bad, rule
from lab.meter.schemas import openai_words
from lab.meter.schemas.openai_common import Effort
from lab.meter.schemas.openai_words import not_among, unsupported

_EFFORTS = get_args(Effort)


def _on(model: str, **fields: object) -> Body:
    return {"model": model, **fields}


@rule(
    "chat/max-tokens-name",
    "max_tokens, which max_completion_tokens replaces",
    models="models that reason: o series, GPT-5 and later",
    source="https://github.com/ITSpecialist111/ai_automation_suggester/issues/38",
    date="2024-11-24",
    legal=(Example(_on("gpt-5", max_completion_tokens=64)), Example({"max_tokens": 64})),
    illegal=(
        Example(
            _on("gpt-5", max_tokens=64),
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
            "'max_completion_tokens' "
            "instead.",
        ),
        Example(
            _on("o4-mini", max_tokens=64),
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
            "'max_completion_tokens' "
            "instead.",
        ),
    ),
)
def _limit_name(ask: Ask) -> None:
    model = gpt(ask.model)
    if model and model.reasons and ask.body.get("max_tokens") is not None:
        text = unsupported("max_tokens", " Use 'max_completion_tokens' instead.")
        raise bad(text, param="max_tokens", code="unsupported_parameter")


@rule(
    "chat/max-tokens",
    "A limit that is more than the model can write",
    models="each of OpenAI's",
    source="https://github.com/tailcallhq/forgecode/issues/1185",
    date="2025-07-22",
    legal=(Example({"max_tokens": 32_768}), Example(_on("gpt-4o", max_completion_tokens=16_384))),
    illegal=(
        Example(
            _on("gpt-4o", max_tokens=64_000),
            "max_tokens is too large: 64000. This model supports at most 16384 completion tokens, whereas "
            "you "
            "provided 64000.",
        ),
        Example(
            _on("gpt-5", max_completion_tokens=128_001),
            "max_completion_tokens is too large: 128001. This model supports at most 128000 completion "
            "tokens, "
            "whereas you provided 128001.",
        ),
    ),
)
def _limit(ask: Ask) -> None:
    check_limit(ask, "max_tokens", "max_completion_tokens")


def check_limit(ask: Ask, *keys: str) -> None:
    """Raises Refusal if one of these parameters is more than the model can write."""
    model = gpt(ask.model)
    most = model.most_tokens if model else None
    for key in keys:
        asked = ask.body.get(key)
        if most is not None and asked is not None and asked > most:
            raise bad(
                f"{key} is too large: {asked}. This model supports at most {most} completion tokens, "
                "whereas you "
                f"provided {asked}.",
                param=key,
                code="invalid_value",
            )


@rule(
    "chat/temperature",
    "A temperature other than 1",
    models="models while they reason",
    source="https://github.com/QwenLM/qwen-code/issues/921",
    date="2025-10-29",
    legal=(
        Example(_on("gpt-5", temperature=1)),
        Example(_on("gpt-5.1", temperature=0.5, reasoning_effort="none")),
        Example({"temperature": 0.5}),
    ),
    illegal=(
        Example(
            _on("gpt-5", temperature=0.5),
            "Unsupported value: 'temperature' does not support 0.5 with this model. Only the default (1) "
            "value is "
            "supported.",
        ),
        Example(
            _on("gpt-5.2", temperature=0, reasoning_effort="low"),
            "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) "
            "value is "
            "supported.",
        ),
    ),
)
def _temperature(ask: Ask) -> None:
    model, given = gpt(ask.model), ask.body.get("temperature")
    if model and given not in (None, 1) and not model.samples(ask.body.get("reasoning_effort")):
        text = f"Unsupported value: 'temperature' does not support {given} with this model."
        text += " Only the default (1) value is supported."
        raise bad(text, param="temperature", code="unsupported_value")


@rule(
    "chat/sampling",
    "A top_p other than 1, penalties, and log probabilities",
    models="models while they reason",
    source=src.OPENAI_REASONING,
    date="2026-11",
    legal=(
        Example(_on("gpt-5", top_p=1, presence_penalty=0)),
        Example({"top_p": 0.5, "presence_penalty": 1, "logprobs": True}),
    ),
    illegal=(
        Example(_on("o3", top_p=0.5), unsupported("top_p")),
        Example(_on("gpt-5", presence_penalty=1), unsupported("presence_penalty")),
        Example(_on("gpt-5", logprobs=True), unsupported("logprobs")),
    ),
)
def _sampling(ask: Ask) -> None:
    model = gpt(ask.model)
    if model is not None:
        check_sampling(ask, samples=model.samples(ask.body.get("reasoning_effort")))


def check_sampling(ask: Ask, *, samples: bool, code: str | None = "unsupported_parameter") -> None:
    """Raises Refusal for parameters of sampling, if the model takes none."""
    body = ask.body
    chosen = {
        "top_p": body.get("top_p") not in (None, 1),
        "presence_penalty": bool(body.get("presence_penalty")),
        "frequency_penalty": bool(body.get("frequency_penalty")),
        "logprobs": bool(body.get("logprobs") or body.get("top_logprobs")),
    }
    for key, refused in chosen.items():
        if refused and not samples:
            raise bad(unsupported(key), param=key, code=code)


@rule(
    "chat/effort",
    "reasoning_effort on models that do not reason, and levels that the model does not have",
    models="each of OpenAI's",
    source="https://developers.openai.com/api/docs/guides/reasoning",
    date="2026-11",
    legal=(
        Example({"model": "kimi-lab-simple", "reasoning_effort": "max"}),
        Example(_on("gpt-5", reasoning_effort="minimal")),
        Example(_on("gpt-5.2", reasoning_effort="xhigh")),
        Example(_on("o3", reasoning_effort="low")),
    ),
    illegal=(
        Example(
            {"model": "kimi-lab-simple", "reasoning_effort": "huge"},
            "Invalid value: 'huge'. Supported values are: 'none', 'minimal', 'low', 'medium', 'high', "
            "'xhigh', "
            "and 'max'.",
        ),
        Example(
            _on("gpt-5", reasoning_effort="huge"),
            not_among("reasoning_effort", "'huge'", ("minimal", "low", "medium", "high")),
        ),
        Example({"reasoning_effort": "low"}, "Unrecognized request argument supplied: reasoning_effort"),
        Example(
            _on("gpt-5", reasoning_effort="none"),
            not_among("reasoning_effort", "'none'", ("minimal", "low", "medium", "high")),
        ),
        Example(
            _on("gpt-5.1", reasoning_effort="minimal"),
            not_among("reasoning_effort", "'minimal'", ("none", "low", "medium", "high")),
        ),
        Example(
            _on("gpt-6-astra", reasoning_effort="max"),
            not_among("reasoning_effort", "'max'", ("low", "medium", "high", "xhigh")),
        ),
    ),
)
def _effort(ask: Ask) -> None:
    model, effort = gpt(ask.model), ask.body.get("reasoning_effort")
    if effort is None:
        return
    if model is None:
        if effort not in _EFFORTS:
            raise openai_words.invalid_value(effort, _EFFORTS, "reasoning_effort")
        return
    if not model.reasons:
        raise bad("Unrecognized request argument supplied: reasoning_effort")
    levels = [level for level in model.efforts if level != "max"]  # only /v1/responses has it
    if effort not in levels:
        text = not_among("reasoning_effort", repr(effort), levels)
        raise bad(text, param="reasoning_effort", code="unsupported_value")
