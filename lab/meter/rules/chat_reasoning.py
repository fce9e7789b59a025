"""Rules of /v1/chat/completions on parameters that models which reason do not have, whatever their effort."""

from __future__ import annotations

from lab.meter.rules import sources as src
from lab.meter.rules.gpt import gpt
from lab.meter.rules.rule import Ask, Body, Example, bad, rule
from lab.meter.schemas import openai_words
from lab.meter.schemas.openai_words import not_among, unsupported

_MOST_CHOICES = 8
_MOST_LOGPROBS, _MOST_OLDER = 5, 20
# What GPT-5.6 and later say of it, also on /v1/responses.
ONLY_24H = "This model is compatible only with 24h extended prompt caching"
_NEWEST = (5, 6)
_TOOL: Body = {"type": "function", "function": {"name": "f"}}


def newest(ask: Ask) -> bool:
    """Whether a request goes to GPT-5.6 or later."""
    model = gpt(ask.model)
    return model is not None and model.version >= _NEWEST


@rule(
    "chat/unsupported",
    "stop, logit_bias and prediction",
    models="models that reason",
    source=src.MEASURED,
    date="2026-08-30",
    legal=(
        Example({"stop": ["x"], "logit_bias": {"1": 1}, "prediction": {"type": "content", "content": "a"}}),
        Example({"model": "gpt-5", "stop": None}),
    ),
    illegal=(
        Example({"model": "o4-mini", "stop": ["x"]}, unsupported("stop")),
        Example({"model": "gpt-5.2", "reasoning_effort": "none", "stop": "x"}, unsupported("stop")),
        Example({"model": "gpt-5.6-terra", "logit_bias": {"1": 1}}, unsupported("logit_bias")),
        Example(
            {"model": "gpt-5.6-terra", "prediction": {"type": "content", "content": "a"}},
            unsupported("prediction"),
        ),
    ),
)
def _unsupported(ask: Ask) -> None:
    model = gpt(ask.model)
    for key in ("logit_bias", "stop", "prediction") if model and model.reasons else ():
        if ask.body.get(key):
            raise bad(unsupported(key), param=key, code="unsupported_parameter")


@rule(
    "chat/parallel-calls",
    "parallel_tool_calls",
    models="o1 and o3-mini",
    source="https://github.com/langchain-ai/langchain/issues/29704",
    date="2025-02",
    legal=(Example({"model": "o3", "tools": [_TOOL], "parallel_tool_calls": False}),),
    illegal=(
        Example(
            {"model": "o3-mini", "tools": [_TOOL], "parallel_tool_calls": False},
            unsupported("parallel_tool_calls"),
        ),
    ),
)
def _parallel(ask: Ask) -> None:
    if ask.body.get("parallel_tool_calls") is not None and ask.model.startswith(("o1", "o3-mini")):
        key = "parallel_tool_calls"
        raise bad(unsupported(key), param=key, code="unsupported_parameter")


@rule(
    "chat/newest",
    "More than 8 choices, more than 5 likely tokens, and a prompt cache in memory; of older models, more "
    "than 20 "
    "likely tokens",
    models="GPT-5.6 and later",
    source=src.MEASURED,
    date="2026-08-30",
    legal=(
        Example({"model": "gpt-5.6-terra", "n": 8, "prompt_cache_retention": "24h"}),
        Example({"n": 9, "prompt_cache_retention": "in_memory", "logprobs": True, "top_logprobs": 20}),
    ),
    illegal=(
        Example(
            {"model": "gpt-5.6-terra", "n": 9},
            "Invalid 'n': integer above maximum value. Expected a value <= 8, but got 9 instead.",
        ),
        Example(
            {"model": "gpt-5.6-terra", "reasoning_effort": "none", "logprobs": True, "top_logprobs": 6},
            "Invalid value for 'top_logprobs': must be less than or equal to 5.",
        ),
        Example(
            {"logprobs": True, "top_logprobs": 21},
            "Invalid 'top_logprobs': integer above maximum value. Expected a value <= 20, but got 21 "
            "instead.",
        ),
        Example({"model": "gpt-5.6-terra", "prompt_cache_retention": "in_memory"}, ONLY_24H),
    ),
)
def _newest(ask: Ask) -> None:
    likely, most = ask.body.get("top_logprobs") or 0, _MOST_LOGPROBS if newest(ask) else _MOST_OLDER
    if likely > most == _MOST_OLDER:
        raise openai_words.out_of_bounds("top_logprobs", "integer", "<=", most, likely)
    if not newest(ask):
        return
    choices = ask.body.get("n") or 1
    if choices > _MOST_CHOICES:
        raise openai_words.out_of_bounds("n", "integer", "<=", _MOST_CHOICES, choices)
    if likely > most:
        text = f"Invalid value for 'top_logprobs': must be less than or equal to {_MOST_LOGPROBS}."
        raise bad(text, param="top_logprobs")
    if ask.body.get("prompt_cache_retention") not in (None, "24h"):
        raise bad(ONLY_24H, param="prompt_cache_retention")


@rule(
    "chat/verbosity",
    "A verbosity other than medium",
    models="models before GPT-5",
    source="https://github.com/google-deepmind/concordia/issues/164",
    date="2025-09-19",
    legal=(Example({"verbosity": "medium"}), Example({"model": "gpt-5", "verbosity": "low"})),
    illegal=(Example({"verbosity": "low"}, not_among("verbosity", "'low'", ("medium",))),),
)
def _verbosity(ask: Ask) -> None:
    model, given = gpt(ask.model), ask.body.get("verbosity")
    if model is not None and model.version < (5, 0) and given not in (None, "medium"):
        text = not_among("verbosity", f"'{given}'", ("medium",))
        raise bad(text, param="verbosity", code="unsupported_value")
