"""Rules of /v1/responses that hold for some of OpenAI's models."""

from __future__ import annotations

from lab.meter.rules import sources as src
from lab.meter.rules.chat_models import check_limit, check_sampling, not_among, unsupported
from lab.meter.rules.gpt import gpt
from lab.meter.rules.rule import Ask, Body, Example, bad, rule


def _on(model: str, **fields: object) -> Body:
    return {"model": model, **fields}


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
            "whereas "
            "you provided 32769.",
        ),
    ),
)
def _limit(ask: Ask) -> None:
    check_limit(ask, "max_output_tokens")


@rule(
    "responses/sampling",
    "A temperature or top_p other than 1, and log probabilities",
    models="models while they reason",
    source="https://developers.openai.com/api/docs/guides/reasoning",
    date="2026-11",
    legal=(
        Example(_on("gpt-5.4", temperature=0.2)),
        Example(_on("gpt-5", temperature=1)),
        Example({"temperature": 0.2, "top_p": 0.5}),
    ),
    illegal=(
        Example(_on("gpt-5", temperature=0.2), unsupported("temperature")),
        Example(_on("gpt-5.4", temperature=0.2, reasoning={"effort": "medium"}), unsupported("temperature")),
        Example(_on("gpt-5.6-sol", top_p=0.5), unsupported("top_p")),
    ),
)
def _sampling(ask: Ask) -> None:
    model = gpt(ask.model)
    if model is None:
        return
    samples = model.samples((ask.body.get("reasoning") or {}).get("effort"))
    if not samples and ask.body.get("temperature") not in (None, 1):
        raise bad(unsupported("temperature"), param="temperature")
    check_sampling(ask, samples=samples, code=None)


@rule(
    "responses/effort",
    "reasoning.effort on models that do not reason, and levels that the model does not have",
    models="each of OpenAI's",
    source=src.OPENAI_REASONING,
    date="2026-11",
    legal=(
        Example(_on("gpt-5", reasoning={"effort": "minimal", "summary": "auto"})),
        Example(_on("gpt-5.6-sol", reasoning={"effort": "max"})),
        Example({"reasoning": {"effort": None}}),
    ),
    illegal=(
        Example({"reasoning": {"effort": "low"}}, unsupported("reasoning.effort")),
        Example(
            _on("o3", reasoning={"effort": "none"}),
            not_among("reasoning.effort", "none", ("low", "medium", "high")),
        ),
        Example(
            _on("gpt-5.4", reasoning={"effort": "max"}),
            not_among("reasoning.effort", "max", ("none", "low", "medium", "high", "xhigh")),
        ),
    ),
)
def _effort(ask: Ask) -> None:
    model, effort = gpt(ask.model), (ask.body.get("reasoning") or {}).get("effort")
    if model is None or effort is None or effort in model.efforts:
        return
    if not model.reasons:
        raise bad(unsupported("reasoning.effort"), param="reasoning.effort", code="unsupported_parameter")
    text = not_among("reasoning.effort", effort, model.efforts)
    raise bad(text, param="reasoning.effort", code="unsupported_value")
