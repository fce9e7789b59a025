"""What of a request's facts and tools a model server's own model got: nothing that was only handed over."""

from __future__ import annotations

from lab.exchange.facts.search import find_facts
from lab.exchange.got.calls import GotCall, got_calls
from lab.exchange.got.loss import Count
from lab.exchange.got.reading import reading_of
from lab.exchange.kept import FactsKept, ToolsKept
from lab.exchange.view import ExchangeView
from lab.records.models import ModelInput
from lab.tokens import TokenParts, count_text


def _seen(view: ExchangeView) -> ModelInput | None:
    """The last call of which the prompt was seen."""
    inputs = (call.model_input for call in reversed(view.chat) if call.status < 400)
    return next((one for one in inputs if one is not None and one.prompt is not None), None)


def _read(view: ExchangeView, given: ModelInput) -> str:
    return reading_of(given, view.bodies.text(given.prompt or "")).read


def facts_got(view: ExchangeView) -> FactsKept | None:
    """Facts in what the model read; None if the scenario has none, or the prompt was not seen."""
    facts, given = view.scenario.facts, _seen(view)
    if not facts or given is None:
        return None
    found = tuple(find_facts(facts, _read(view, given), view.scenario.facts_beside))
    lost = tuple(" ".join(fact) for fact, there in zip(facts, found, strict=True) if not there)
    return FactsKept(kept=len(facts) - len(lost), total=len(facts), lost=lost, found=found)


def tools_got(view: ExchangeView) -> ToolsKept | None:
    """Tools in what the model read, and which words of them are lost; None if the prompt was not seen."""
    calls = [call for call in got_calls(view) if call.seen_by]
    if _seen(view) is None or not calls:
        return None
    dropped = tuple(_count(calls[-1], "tool_names").lost)
    broken: dict[str, str] = {}
    for kind in ("schema_words", "tool_descriptions"):
        for what in _count(calls[-1], kind).lost:
            name, _, word = what.partition(": ")
            broken.setdefault(name, f"is handed on without {word or 'its description'}")
    broken |= dict.fromkeys(dropped, "does not reach the model")
    needed = view.scenario.tools_needed
    sent = view.exchange.tools_sent
    return ToolsKept(
        sent=len(sent),
        forwarded=len(sent) - len(dropped),
        dropped=dropped,
        added=(),
        needed=needed,
        broken={name: why for name, why in broken.items() if name in needed},
        altered={name: why for name, why in broken.items() if name not in needed and name not in dropped},
    )


def _count(call: GotCall, kind: str) -> Count:
    return next((count for name, count in call.counts.items() if name == kind), Count())


def tokens_got(view: ExchangeView) -> TokenParts | None:
    """What the model read, in o200k_base tokens, template and all; None if the prompts were not seen."""
    calls = [call for call in view.chat if call.status < 400]
    inputs = [call.model_input for call in calls]
    seen = [one for one in inputs if one is not None and one.prompt is not None]
    if not seen or len(seen) < len(calls):
        return None
    return TokenParts(messages=sum(count_text(_read(view, one)) for one in seen))
