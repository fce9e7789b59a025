"""The table of thinking: which budgets, efforts and switches say the same across wires.

No provider documents a conversion between Anthropic's budgets in tokens and efforts in words. What public
gateways document spans a band per effort, and a budget within it is the same wish said another way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from lab.wires.units import Params


@dataclass(frozen=True, slots=True)
class Band:
    """One effort: the budgets that stand for it, in tokens (`most` None: no bound) and as a share of a limit.

    `least` is LiteLLM 1.109.1's budget for the effort (litellm/constants.py); `most` is below Google's budget
    for the next effort (ai.google.dev/gemini-api/docs/openai: 1,024, 8,192, 24,576), or Anthropic's least.
    `share` of max_tokens is OpenRouter's (openrouter.ai/docs/guides/best-practices/reasoning-tokens).
    """

    effort: str
    least: int
    most: int | None
    share: float


BANDS: Final = (
    Band("minimal", 0, 1_024, 0.1),
    Band("low", 1_024, 8_191, 0.2),
    Band("medium", 2_048, 24_575, 0.5),
    Band("high", 4_096, None, 0.8),
    Band("xhigh", 8_192, None, 0.95),
    Band("max", 16_384, None, 1.0),
)
# Adaptive thinking leaves it to the model how much; the default is high at Anthropic (docs:
# build-with-claude/effort, the same as stating it) and medium at OpenAI (docs: guides/reasoning).
ADAPTIVE: Final = frozenset({"medium", "high"})
DEFAULT: Final = "high"
# Anthropic's lowest setting, as the refusal of `disabled` calls it (lab/meter/rules/messages_thinking.py).
LOWEST: Final = frozenset({"minimal", "low"})
# The nearest word where a wire lacks one: Anthropic has none below low, Ollama none beyond high.
NEAREST: Final = {
    "messages": {"minimal": "low"},
    "ollama_chat": {"minimal": "low", "xhigh": "high", "max": "high"},
}


@dataclass(frozen=True, slots=True)
class Thinking:
    """One side's thinking as lab.wires.units reads it, and its limit of tokens, None if it states none."""

    wish: Params
    limit: Any = None


def same_thinking(before: Thinking, after: Thinking, kind: str) -> bool:
    """Whether the thinking that arrived on the wire `kind` says the same as what was sent on another."""
    sent, arrived = before.wish, after.wish
    if "budget" in sent and "budget" in arrived:
        return bool(sent["budget"] == arrived["budget"])
    if "effort" in sent and "effort" in arrived:
        word = arrived["effort"] in (sent["effort"], NEAREST.get(kind, {}).get(sent["effort"]))
        return word and ("budget" not in arrived or within(arrived["budget"], sent["effort"], after.limit))
    for one, other in ((before, after), (after, before)):
        if "budget" in one.wish and "effort" in other.wish:
            return within(one.wish["budget"], other.wish["effort"], one.limit)
    # Many of Ollama's models know no more than on and off.
    return kind == "ollama_chat" or _same_switch(before, after)


def _same_switch(before: Thinking, after: Thinking) -> bool:
    """Whether thinking that is on, or on between calls alone, says as much as the other side."""
    sent, arrived = before.wish, after.wish
    if arrived == sent:
        return True
    for one, other in ((sent, arrived), (arrived, sent)):
        if one == {"between": True}:
            return other.get("effort") in LOWEST
    if sent == {"on": True}:
        budgets = (within(arrived.get("budget"), word, after.limit) for word in ADAPTIVE)
        return arrived.get("effort") in ADAPTIVE or any(budgets)
    return sent.get("effort") == DEFAULT or within(sent.get("budget"), DEFAULT, before.limit)


def within(budget: Any, effort: Any, limit: Any) -> bool:
    """Whether a budget stands for an effort: in tokens, or nearest to its share of the limit."""
    band = next((one for one in BANDS if one.effort == effort), None)
    if band is None or isinstance(budget, bool) or not isinstance(budget, int | float):
        return False
    if band.least <= budget <= (budget if band.most is None else band.most):
        return True
    if isinstance(limit, bool) or not isinstance(limit, int | float) or limit <= 0:
        return False
    return min(BANDS, key=lambda one: abs(one.share - budget / limit)) is band
