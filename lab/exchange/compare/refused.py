"""What a provider refuses beside what else arrived, so that it had to be left out."""

from __future__ import annotations

from typing import Any, Final

from lab.exchange.compare.equalities import among
from lab.exchange.compare.sides import Pair, wire_name

# The fields of OpenAI's wires that models take only while they do not reason (docs/provider-rules.md:
# chat/temperature, chat/sampling, responses/sampling).
_WITHOUT_REASONING: Final = frozenset(
    {
        "frequency_penalty",
        "logit_bias",
        "logprobs",
        "presence_penalty",
        "temperature",
        "top_logprobs",
        "top_p",
    }
)
# The least top_p beside thinking (messages/thinking-sampling).
_TOP_P: Final = 0.95
_SAMPLING: Final = ("temperature", "top_p")
# Generations that take both of these at once (messages/temperature-or-top-p).
_TAKE_BOTH: Final = "claude-3"


def refused_beside(pair: Pair, name: str, before: Any, after: Any) -> str:
    """Why the provider would have refused a wish as it was sent, in a clause; empty if it takes it.

    Thinking that the gateway itself added is no reason, nor is a value that it put in place of the wish.
    """
    wire = wire_name(pair.arrived.kind)
    if after not in (None, "auto", 1):
        return ""
    if "thinking" in pair.before and _thinks(pair) and _clashes(pair, name, before):
        return f"the {wire} wire refuses it beside thinking"
    if pair.wire == "messages" and name in _SAMPLING and after is None:
        other = _SAMPLING[1 - _SAMPLING.index(name)]
        both = other in pair.before and other in pair.after
        if both and not (pair.arrived.model or "").startswith(_TAKE_BOTH):
            return f"the {wire} wire refuses it beside {other}"
    return ""


def _thinks(pair: Pair) -> bool:
    if pair.wire == "messages":
        thinking = pair.arrived.fields.get("thinking")
        return isinstance(thinking, dict) and among(thinking.get("type"), ("enabled", "adaptive"))
    return "thinking" in pair.after


def _clashes(pair: Pair, name: str, before: Any) -> bool:
    if pair.wire != "messages":
        return name in _WITHOUT_REASONING
    if name == "top_p":
        return isinstance(before, int | float) and before < _TOP_P
    return name in ("temperature", "top_k") or (
        name == "tool_choice" and str(before).startswith(("any", "tool"))
    )
