"""Rules of /v1/responses that hold for some of OpenAI's models."""

from __future__ import annotations

from collections.abc import Sequence

from lab.meter.rules import sources as src
from lab.meter.rules.chat_models import check_limit
from lab.meter.rules.chat_reasoning import ONLY_24H, newest
from lab.meter.rules.gpt import gpt
from lab.meter.rules.rule import Ask, Body, Example, bad, rule
from lab.meter.schemas.openai_words import supported, unsupported

_LOGPROBS = "message.output_text.logprobs"
_ENCRYPTED = "reasoning.encrypted_content"
_NO_LOGPROBS = "logprobs are not supported with reasoning models."
_NO_ENCRYPTED = "Encrypted content is not supported with this model."


def _on(model: str, **fields: object) -> Body:
    return {"model": model, **fields}


def _not_with(value: str, model: str, levels: Sequence[str]) -> str:
    return f"Unsupported value: '{value}' is not supported with the '{model}' model. {supported(levels)}"


@rule(
    "responses/max-tokens",
    "A limit that is more than the model can write",
    models="each of OpenAI's",
    source=src.OPENAI_REASONING,
    date="2026-11",
    sure=False,
    legal=(Example({"max_output_tokens": 32_768}),),
    illegal=(
        Example(
            {"max_output_tokens": 32_769},
            "max_output_tokens is too large: 32769. This model supports at most 32768 completion tokens, "
            "whereas you provided 32769.",
        ),
    ),
)
def _limit(ask: Ask) -> None:
    check_limit(ask, "max_output_tokens")


@rule(
    "responses/sampling",
    "A temperature or top_p other than 1, penalties, and log probabilities",
    models="models while they reason",
    source=src.MEASURED,
    date="2026-08-30",
    legal=(
        Example(_on("gpt-5.4", temperature=0.2)),
        Example(_on("gpt-5", temperature=1)),
        Example({"temperature": 0.2, "top_p": 0.5, "top_logprobs": 3, "include": [_LOGPROBS]}),
    ),
    illegal=(
        Example(_on("gpt-5", temperature=0.2), unsupported("temperature")),
        Example(_on("gpt-5.4", temperature=0.2, reasoning={"effort": "medium"}), unsupported("temperature")),
        Example(_on("gpt-5.6-sol", top_p=0.5), unsupported("top_p")),
        Example(_on("gpt-5.6-sol", top_logprobs=1), _NO_LOGPROBS),
        Example(_on("gpt-5.6-sol", include=[_LOGPROBS], top_logprobs=1), _NO_LOGPROBS),
    ),
)
def _sampling(ask: Ask) -> None:
    model, body = gpt(ask.model), ask.body
    if model is None or model.samples((body.get("reasoning") or {}).get("effort")):
        return
    chosen = {
        "temperature": body.get("temperature") not in (None, 1),
        "top_p": body.get("top_p") not in (None, 1),
        "presence_penalty": bool(body.get("presence_penalty")),
        "frequency_penalty": bool(body.get("frequency_penalty")),
    }
    for key, refused in chosen.items():
        if refused:
            raise bad(unsupported(key), param=key)
    for key, refused in (
        ("include", _LOGPROBS in (body.get("include") or ())),
        ("top_logprobs", bool(body.get("top_logprobs"))),
    ):
        if refused:
            raise bad(_NO_LOGPROBS, param=key, code="unsupported_parameter")


@rule(
    "responses/effort",
    "reasoning.effort on models that do not reason, and levels that the model does not have",
    models="each of OpenAI's",
    source=src.MEASURED,
    date="2026-08-31",
    legal=(
        Example(_on("gpt-5", reasoning={"effort": "minimal", "summary": "auto"})),
        Example(_on("gpt-5.6-sol", reasoning={"effort": "max"})),
        Example({"reasoning": {"effort": None}}),
    ),
    illegal=(
        Example({"reasoning": {"effort": "low"}}, unsupported("reasoning.effort")),
        Example(
            _on("o3", reasoning={"effort": "none"}),
            _not_with("none", "o3", ("low", "medium", "high")),
        ),
        Example(
            _on("gpt-5.4", reasoning={"effort": "max"}),
            _not_with("max", "gpt-5.4", ("none", "low", "medium", "high", "xhigh")),
        ),
    ),
)
def _effort(ask: Ask) -> None:
    model, effort = gpt(ask.model), (ask.body.get("reasoning") or {}).get("effort")
    if model is None or effort is None or effort in model.efforts:
        return
    if not model.reasons:
        raise bad(unsupported("reasoning.effort"), param="reasoning.effort", code="unsupported_parameter")
    text = _not_with(effort, ask.model, model.efforts)
    raise bad(text, param="reasoning.effort", code="unsupported_value")


@rule(
    "responses/verbosity",
    "A verbosity other than medium",
    models="models before GPT-5",
    source="https://github.com/enricoros/big-AGI/issues/947",
    date="2026-01-24",
    legal=(
        Example({"text": {"verbosity": "medium"}}),
        Example(_on("gpt-5", text={"verbosity": "low"})),
    ),
    illegal=(Example({"text": {"verbosity": "low"}}, _not_with("low", "gpt-4.1", ("medium",))),),
)
def _verbosity(ask: Ask) -> None:
    model, given = gpt(ask.model), (ask.body.get("text") or {}).get("verbosity")
    if model is not None and model.version < (5, 0) and given not in (None, "medium"):
        text = _not_with(given, ask.model, ("medium",))
        raise bad(text, param="text.verbosity", code="unsupported_value")


@rule(
    "responses/encrypted",
    "Encrypted reasoning among what is to be included",
    models="models that do not reason",
    source="https://github.com/microsoft/amplifier-module-provider-openai",
    date="2026",
    legal=(Example(_on("gpt-5", include=[_ENCRYPTED])), Example({"include": [_LOGPROBS]})),
    illegal=(Example({"include": [_ENCRYPTED]}, _NO_ENCRYPTED),),
)
def _encrypted(ask: Ask) -> None:
    model = gpt(ask.model)
    if model is not None and not model.reasons and _ENCRYPTED in (ask.body.get("include") or ()):
        raise bad(_NO_ENCRYPTED, param="include")


@rule(
    "responses/retention",
    "A prompt cache in memory",
    models="GPT-5.6 and later",
    source=src.MEASURED,
    date="2026-08-30",
    legal=(
        Example({"prompt_cache_retention": "in_memory"}),
        Example(_on("gpt-5.6-sol", prompt_cache_retention="24h")),
    ),
    illegal=(Example(_on("gpt-5.6-sol", prompt_cache_retention="in_memory"), ONLY_24H),),
)
def _retention(ask: Ask) -> None:
    if newest(ask) and ask.body.get("prompt_cache_retention") not in (None, "24h"):
        raise bad(ONLY_24H, param="prompt_cache_retention", code="invalid_parameter")
