"""What an answer shows of the wishes that a model server honoured: calls forced, choices, ends and forms."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lab.exchange.got.loss import Counts
from lab.exchange.got.texts import of
from lab.wires.neutral import NeutralAnswer, NeutralRequest

_LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
_CUT = frozenset({"max_tokens", "length", "incomplete"})


def answer_counts(
    request: NeutralRequest, answer: NeutralAnswer, ceiling: int | None, held_to: str | None = None
) -> Counts:
    """What of the request's wishes the answer shows.

    `ceiling` is the lab's own limit of tokens, and `held_to` the form that the server holds the answer to
    (empty: none, None: not known).
    """
    counts: Counts = {}
    params = request.params
    _choice(params, answer, counts, held_to)
    _choices(params, answer, counts)
    for text in _stops(params):
        if text in answer.text:
            of(counts, "stop").add("lost", json.dumps(text, ensure_ascii=False))
        elif answer.stop_sequence == text:
            of(counts, "stop").add("kept", text)
    _limit(params, answer, counts, ceiling)
    _form(params, answer, counts, held_to)
    ended = bool(answer.stop_reason)
    of(counts, "ending").add("kept" if ended else "lost", "the answer says not why it ends")
    return counts


def _choice(params: Mapping[str, Any], answer: NeutralAnswer, counts: Counts, held_to: str | None) -> None:
    """A choice that must end in a call: made, or the answer is held to one.

    An answer that the limit cut off may have been about to make it, unless nothing holds it to that.
    """
    forced, name = _forced(params.get("tool_choice"))
    if not forced:
        return
    called = [call.name for call in answer.tool_calls]
    fate = "kept" if (name in called if name else called) or held_to else "lost"
    if fate == "lost" and not called and answer.stop_reason in _CUT and held_to is None:
        fate = "unsure"
    what = f"a call of {name or 'any tool'}, which nothing demands of the model"
    of(counts, "forced_choice").add(fate, what)


def _forced(choice: Any) -> tuple[bool, str]:
    """Whether a call is demanded, and of which tool (empty: of any)."""
    if choice in ("required", "any"):
        return True, ""
    if not isinstance(choice, dict):
        return False, ""
    if choice.get("type") == "any":
        return True, ""
    inner = choice.get("function")
    name = inner.get("name") if isinstance(inner, dict) else choice.get("name")
    return (isinstance(name, str), name if isinstance(name, str) else "")


def _choices(params: Mapping[str, Any], answer: NeutralAnswer, counts: Counts) -> None:
    wanted = params.get("n")
    if not isinstance(wanted, int) or wanted < 2:
        return
    got = 1 + sum(part.kind == "choice" for part in answer.parts)
    of(counts, "choices").add("kept" if got >= wanted else "lost", f"{wanted} choices asked for, {got} given")


def _stops(params: Mapping[str, Any]) -> tuple[str, ...]:
    options = params.get("options")
    native = options.get("stop") if isinstance(options, dict) else None
    given = params.get("stop_sequences") or params.get("stop") or native or ()
    texts = [given] if isinstance(given, str) else list(given) if isinstance(given, list) else []
    return tuple(text for text in texts if isinstance(text, str) and text)


def _limit(params: Mapping[str, Any], answer: NeutralAnswer, counts: Counts, ceiling: int | None) -> None:
    """A limit below the lab's own ceiling; one above it can't be seen."""
    options = params.get("options")
    native = options.get("num_predict") if isinstance(options, dict) else None
    limits = [params.get(name) for name in _LIMITS] + [native]
    asked = [limit for limit in limits if isinstance(limit, int) and limit > 0]
    made = answer.usage.output
    if not asked or made is None or (ceiling is not None and min(asked) >= ceiling):
        return
    what = f"{min(asked)} tokens at most, {made} given"
    of(counts, "max_tokens").add("kept" if made <= min(asked) else "lost", what)


def _form(params: Mapping[str, Any], answer: NeutralAnswer, counts: Counts, held_to: str | None) -> None:
    """JSON that was asked for; an answer that was cut off, or is a call, shows nothing."""
    named = params.get("response_format") or params.get("output_format") or params.get("format")
    for holder in ("text", "output_config"):
        held = params.get(holder)
        named = named or (held.get("format") if isinstance(held, dict) else None)
    kind = named.get("type", "object") if isinstance(named, dict) else named
    if kind not in {"json", "json_object", "json_schema", "object"}:
        return
    if held_to is not None:
        what = f"{kind}, to which the answer is not held"
        of(counts, "response_format").add("kept" if held_to else "lost", what)
        return
    if answer.stop_reason in _CUT or answer.tool_calls or not answer.text:
        of(counts, "response_format").add("unsure", str(kind))
        return
    try:
        json.loads(answer.text)
    except ValueError:
        of(counts, "response_format").add("lost", f"{kind} asked for, and the answer is no JSON")
    else:
        of(counts, "response_format").add("kept", str(kind))
