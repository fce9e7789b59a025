"""Variants of a model server whose models get the context that the scenarios need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from lab.engines.modelserver.contexts import with_context
from lab.engines.modelserver.server import ModelServer
from lab.errors import EngineError, LabError, UsageError
from lab.progress import Reporter
from lab.run.plan import Plan
from lab.run.upstream import Upstream

# An estimate in another tokenizer, and what a template adds: tokens and share of the largest scenario.
_MORE: Final = 512
_SHARE: Final = 1.25
_STEP: Final = 1024


def needed(largest: int, max_tokens: int, trained: int | None) -> int:
    """The context in tokens that takes a scenario of `largest` tokens and its answer, if the model can."""
    tokens = round(largest * _SHARE) + max_tokens + _MORE
    rounded = -(-tokens // _STEP) * _STEP
    return min(rounded, trained) if trained else rounded


def raised(
    plan: Plan,
    server: ModelServer,
    ahead: Upstream,
    largest: Mapping[str, int],
    reporter: Reporter,
) -> tuple[dict[str, dict[str, Mapping[str, Any]]], dict[str, LabError]]:
    """Where calls of variants with a raised context go, by variant and model, and which cannot be had.

    `largest` is the largest scenario of each tier in its model's tokens.
    """
    targets: dict[str, dict[str, Mapping[str, Any]]] = {}
    missing: dict[str, LabError] = {}
    info = ahead.servers[0]
    for planned in plan.variants:
        if planned.variant.context != "needed":
            continue
        model = planned.variant.model
        tier = next((name for name, one in plan.lab.tiers.items() if one.model == model), "")
        target = ahead.forward.get(model)
        if server.kind != "ollama" or target is None or tier not in info.models:
            missing[planned.name] = UsageError(f"{server.kind} takes no other context for a single model")
            continue
        context = needed(largest.get(tier, 0), plan.lab.ollama.max_tokens, info.models[tier].trained_context)
        try:
            name = with_context(server, str(target["model"]), context, reporter.say)
        except EngineError as exc:
            missing[planned.name] = exc
            continue
        targets[planned.name] = {model: {**target, "model": name}}
    return targets, missing
